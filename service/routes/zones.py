"""Ground with a rule: read all zones; add, change and remove those beside the district's own."""

import math
import secrets
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from maps.instants import Instant
from service.access import Looker, TheHouse, Zoner
from service.problems import Problem
from service.replies import Reply, gives
from service.routes.district import GEOJSON, layer_of
from service.storage.accounts import Identity
from service.storage.zones import AddedZone

router = APIRouter(prefix="/api/v1/zones", tags=["zones"])

MOST_CORNERS = 2_000
HEIGHTS_M = 20_000.0
ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Corner = Annotated[list[float], Field(min_length=2, max_length=3)]
Ring = Annotated[list[Corner], Field(min_length=4)]
ZoneId = Annotated[str, Path(pattern=ID)]
Height = Annotated[float | None, Field(default=None, ge=-HEIGHTS_M, le=HEIGHTS_M)]


class Area(BaseModel):
    """A GeoJSON area in degrees: longitude before latitude, rings closed, at most `MOST_CORNERS` corners in all."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Ring] | list[Annotated[list[Ring], Field(min_length=1)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_an_area(self) -> "Area":
        if isinstance(self.coordinates[0][0][0], list) != (self.type == "MultiPolygon"):
            raise ValueError(f"the coordinates are not those of a {self.type}")
        parts = self.coordinates if self.type == "MultiPolygon" else [self.coordinates]
        rings: list[list[list[float]]] = [ring for part in parts for ring in part]  # type: ignore[misc]
        if sum(map(len, rings)) > MOST_CORNERS:
            raise ValueError(f"it has more than {MOST_CORNERS} corners: simplify it, or make several zones of it")
        for ring in rings:
            if ring[0] != ring[-1]:
                raise ValueError("a ring must end with the corner that it begins with")
            if any(abs(corner[0]) > 180 or abs(corner[1]) > 90 for corner in ring):
                raise ValueError("a corner is not on the earth: longitude comes before latitude, in degrees")
        return self


class ZoneBody(BaseModel):
    """A zone as it is added or changed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    id: str | None = Field(default=None, pattern=ID, description="Left out of POST: chosen. PUT: that of the address.")
    name: str = Field(min_length=1, max_length=200)
    rule: Literal["flight_area", "no_fly", "ceiling", "alert"]
    geometry: Area
    floor_m: Height
    ceiling_m: Height
    reference: Literal["amsl", "agl"] | None = None
    valid_from: AwareDatetime | None = Field(default=None, description="ISO 8601 with its offset, or Unix seconds.")
    valid_to: AwareDatetime | None = None

    @field_validator("name")
    @classmethod
    def _name_is_printed(cls, name: str) -> str:
        if not name.strip() or not name.isprintable():
            raise ValueError("must be text that can be printed")
        return name.strip()

    @model_validator(mode="after")
    def _fits_together(self) -> "ZoneBody":
        band = [each for each in (self.floor_m, self.ceiling_m) if each is not None]
        if band and self.reference is None:
            raise ValueError("say what floor_m and ceiling_m are measured from: reference agl or amsl")
        if len(band) == 2 and math.isclose(*band):
            raise ValueError("floor_m and ceiling_m are the same: there is nothing in between")
        if self.valid_from is not None and self.valid_to is not None and self.valid_from >= self.valid_to:
            raise ValueError("valid_to must be later than valid_from")
        return self

    def zone(self, zone_id: str, who: Identity, now: Instant) -> AddedZone:
        """The zone to keep."""
        return AddedZone(
            id=zone_id,
            name=self.name,
            rule=self.rule,
            geometry=self.geometry.model_dump(),
            by=who.name,
            changed_time=now,
            floor_m=self.floor_m,
            ceiling_m=self.ceiling_m,
            reference=self.reference,
            valid_from=_utc(self.valid_from),
            valid_to=_utc(self.valid_to),
        )


@router.get("", summary="Zones with a rule", responses=GEOJSON, response_class=Response)
async def zones(request: Request, who: Looker, house: TheHouse) -> Response:
    """No-fly zones, ceilings, flight areas and alert zones; those with ``by`` were added beside the district's own."""
    return await layer_of(request, "zones", house)


@router.post("", status_code=201, summary="Add a zone", responses=gives(AddedZone, "Added, and in force", 201))
async def add(request: Request, body: ZoneBody, who: Zoner, house: TheHouse) -> Response:
    """Put a zone in force, at once and for good; what is cleared or flies is judged again."""
    zone = body.zone(body.id or f"z-{secrets.token_hex(4)}", who, house.clock())
    async with house.audit.command(request, who, "zone.add", zone.id):
        return Reply(await house.zoning.get().put(zone, new=True), status_code=201)


@router.put("/{zone_id}", summary="Change or add a zone", responses=gives(AddedZone, "In force as it is now"))
async def change(request: Request, zone_id: ZoneId, body: ZoneBody, who: Zoner, house: TheHouse) -> Response:
    """Put a zone in force in place of the one of that id, if there is one."""
    if body.id not in (None, zone_id):
        raise Problem(422, "invalid", f"id: {body.id} is not the id in the address, {zone_id}", field="id")
    async with house.audit.command(request, who, "zone.change", zone_id):
        return Reply(await house.zoning.get().put(body.zone(zone_id, who, house.clock()), new=False))


@router.delete("/{zone_id}", status_code=204, summary="Remove a zone", response_class=Response)
async def remove(request: Request, zone_id: ZoneId, who: Zoner, house: TheHouse) -> Response:
    """Take an added zone out of force; those of the district's folder stay."""
    async with house.audit.command(request, who, "zone.remove", zone_id):
        await house.zoning.get().remove(zone_id)
    return Response(status_code=204)


def _utc(moment: AwareDatetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
