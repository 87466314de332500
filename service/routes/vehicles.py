"""Vehicles, and commands to them."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Literal

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fusion.messages import Position, VehicleState
from service.access import Flyer, Looker, TheHouse
from service.problems import not_found
from service.replies import Reply, gives

if TYPE_CHECKING:
    from missions.vehicles.vehicle import Vehicle

router = APIRouter(prefix="/api/v1/vehicles", tags=["vehicles"])

URGENT = frozenset({"hold", "return", "land"})
"""Commands that wait for nothing, not even for the audit log."""


class Place(BaseModel):
    """A position in the air or on the ground."""

    model_config = ConfigDict(extra="forbid")

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=180)
    alt_amsl_m: float = Field(ge=-500, le=10_000)


class VehicleCommand(BaseModel):
    """What the vehicle is to do; ``look_at`` without a position lets the camera go."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["hold", "resume", "return", "land", "look_at"]
    position: Place | None = None

    @model_validator(mode="after")
    def _position_fits(self) -> "VehicleCommand":
        if self.position is not None and self.command != "look_at":
            raise ValueError(f"{self.command} takes no position")
        return self


class Accepted(msgspec.Struct, frozen=True):
    """The vehicle has acknowledged the command."""

    accepted: bool
    vehicle_id: str
    command: str


@router.get("", summary="Vehicles", responses=gives(list[VehicleState], "What is known of each"))
async def vehicles(who: Looker, house: TheHouse) -> Response:
    """Every vehicle that was heard of."""
    return Reply(sorted(house.vehicles.values(), key=lambda state: state.id))


@router.get("/{vehicle_id}", summary="One vehicle", responses=gives(VehicleState, "What is known of it"))
async def vehicle(vehicle_id: str, who: Looker, house: TheHouse) -> Response:
    """The newest state of one vehicle."""
    state = house.vehicles.get(vehicle_id)
    if state is None:
        raise not_found("vehicle", vehicle_id)
    return Reply(state)


@router.post(
    "/{vehicle_id}/commands",
    status_code=202,
    summary="Command a vehicle",
    responses=gives(Accepted, "The vehicle has acknowledged it", 202),
)
async def command(request: Request, vehicle_id: str, body: VehicleCommand, who: Flyer, house: TheHouse) -> Response:
    """Hold, resume, return, land or look at a place; answered when the vehicle has acknowledged or refused."""
    urgent = body.command in URGENT
    async with house.audit.command(request, who, f"vehicle.{body.command}", vehicle_id, urgent=urgent):
        it = house.fleet.get().vehicles.get(vehicle_id)
        if it is None:
            raise not_found("vehicle", vehicle_id)
        await _order(it, body)
    return Reply(Accepted(True, vehicle_id, body.command), status_code=202)


def _order(vehicle: "Vehicle", body: VehicleCommand) -> Awaitable[None]:
    match body.command:
        case "hold":
            return vehicle.hold()
        case "resume":
            return vehicle.resume()
        case "return":
            return vehicle.return_home()
        case "land":
            return vehicle.land()
        case "look_at":
            place = body.position
            if place is None:
                return vehicle.look_at(None)
            return vehicle.look_at(Position(place.lat_deg, place.lon_deg, place.alt_amsl_m))
