"""Plans: what one vehicle is to fly, in the words of MAVLink's mission protocol.

A plan is a value. It says nothing of whether it is safe: `missions.safety` turns it into a `ClearedPlan`, and nothing
else may be uploaded.
"""

from enum import IntEnum
from typing import Any

import msgspec

from fusion.messages import Position, VehicleKind


class Command(IntEnum):
    """The MAV_CMD numbers that Liti writes into plans (MAVLink common.xml)."""

    WAYPOINT = 16
    LOITER_TURNS = 18
    LOITER_TIME = 19
    RETURN_TO_LAUNCH = 20
    LAND = 21
    TAKEOFF = 22
    LOITER_TO_ALT = 31
    VTOL_TAKEOFF = 84
    VTOL_LAND = 85
    DELAY = 93
    CHANGE_SPEED = 178
    LAND_START = 189
    SET_ROI_LOCATION = 195
    SET_ROI_NONE = 197
    SET_CAM_TRIGG_DIST = 206
    GIMBAL_PITCHYAW = 1000
    IMAGE_START_CAPTURE = 2000
    IMAGE_STOP_CAPTURE = 2001
    VIDEO_START_CAPTURE = 2500
    VIDEO_STOP_CAPTURE = 2501


LAST_NAVIGATION = 95
"""MAV_CMD_NAV_LAST: commands above it move no vehicle, whatever place they carry."""


class Frame(IntEnum):
    """The MAV_FRAME numbers Liti uses; the altitude of an item is measured from what its frame says."""

    AMSL = 0
    MISSION = 2
    HOME = 3
    TERRAIN = 10


class PlanItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item of a plan, as MISSION_ITEM_INT carries it.

    Attributes:
        command: MAV_CMD number; numbers unknown to `Command` are kept (read from a plan file).
        frame: MAV_FRAME number.
        params: param1 to param4; None stands for NaN ("as the vehicle likes").
        lat_deg: degrees, 0 where the command has no place (param5).
        lon_deg: degrees (param6).
        alt_m: metres in the item's frame (param7).
        autocontinue: go on to the next item when done.
        purpose: why it is there, for people and for resuming: "takeoff", "transit", "survey", "turn", "camera",
            "return", "land" …
    """

    command: int
    frame: int
    lat_deg: float = 0.0
    lon_deg: float = 0.0
    alt_m: float = 0.0
    params: tuple[float | None, float | None, float | None, float | None] = (0.0, 0.0, 0.0, 0.0)
    autocontinue: bool = True
    purpose: str = ""

    @property
    def has_place(self) -> bool:
        """Whether the item sends the vehicle to a place of its own; what it only looks at does not count."""
        return (
            self.command <= LAST_NAVIGATION
            and self.frame != Frame.MISSION
            and (self.lat_deg != 0.0 or self.lon_deg != 0.0)
        )


class PathPoint(msgspec.Struct, frozen=True):
    """A point of the path as it will be flown: position, seconds from take-off, and the item being flown."""

    position: Position
    time_s: float
    item: int


class Fence(msgspec.Struct, frozen=True):
    """The vehicle's own fence: outer rings that must be kept within, rings that must be kept out of, a ceiling.

    Rings are (lat_deg, lon_deg) pairs, not closed.
    """

    inclusions: tuple[tuple[tuple[float, float], ...], ...] = ()
    exclusions: tuple[tuple[tuple[float, float], ...], ...] = ()
    ceiling_home_m: float | None = None


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """The items for one vehicle, and what flying them takes.

    Attributes:
        vehicle_id: for whom; empty when not yet given to a vehicle.
        vehicle_kind: for what.
        home: where it takes off and what HOME altitudes are measured from.
        items: in the order of flight, without ArduPilot's home item.
        speed_mps: cruise through the air.
        path: as it will be flown, turns included.
        duration_s: take-off to the end of the last item.
        distance_m: along the path.
        energy_fraction: of the battery that the path uses.
        swath_m: width imaged on the ground by one pass; None where nothing is imaged.
        imaged: GeoJSON of the ground to be imaged.
        takeoffs_s: seconds after the launch at which it takes off with this plan; several when it comes back to relieve
            others.
        sortie: which flight of its aircraft this is, from 1; more than 1 where its work takes more than a battery.
        notes: what the planner decided that the request did not ask for, each as (English, Chinese).
    """

    vehicle_id: str
    vehicle_kind: VehicleKind
    home: Position
    items: tuple[PlanItem, ...]
    speed_mps: float
    fence: Fence = Fence()
    rally: tuple[Position, ...] = ()
    path: tuple[PathPoint, ...] = ()
    duration_s: float = 0.0
    distance_m: float = 0.0
    energy_fraction: float = 0.0
    ground_resolution_m: float | None = None
    swath_m: float | None = None
    imaged: dict[str, Any] | None = None
    name: str = ""
    takeoffs_s: tuple[float, ...] = (0.0,)
    sortie: int = 1
    notes: tuple[tuple[str, str], ...] = ()


def landing_index(plan: Plan) -> int | None:
    """Index of the first item of a plan's landing, its approach included; None when it does not land at a place."""
    landing = [index for index, item in enumerate(plan.items) if item.purpose == "land"]
    if not landing:
        landing = [index for index, item in enumerate(plan.items) if item.command == Command.LAND]
    return landing[0] if landing else None
