"""Items as files carry them: heights by what they are measured from, commands that have no place, purposes."""

import msgspec

from fusion.messages import Position, VehicleKind
from missions.dialects import names_place
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.formats.results import Remarks
from missions.planning.profiles import profile

MAV_TYPES: dict[int, VehicleKind] = {1: "fixed_wing", **dict.fromkeys(range(19, 26), "vtol")}
"""MAV_TYPE to kind; every other number is a rotorcraft."""

SAME_FRAME = {5: int(Frame.AMSL), 6: int(Frame.HOME), 11: int(Frame.TERRAIN)}
"""Frames of MISSION_ITEM_INT that mean the same as those of MISSION_ITEM (MAV_FRAME_GLOBAL_INT and the like)."""

TERRAIN_FRAMES = (int(Frame.TERRAIN), 11)
AMSL_FRAMES = (int(Frame.AMSL), 5)

REFERENCES = {int(Frame.AMSL): "amsl", int(Frame.MISSION): "none", int(Frame.HOME): "home", int(Frame.TERRAIN): "agl"}
"""What heights of a frame are measured from, in words."""

DEFAULT_HEIGHT_M = 80.0
"""Above home, for paths that say no height: the default of a mission request."""

# Commands whose param5 to param7 are no place, although ground stations write them with a frame of one
# (MAVLink common.xml and ardupilotmega.xml: conditions, jumps, servos, relays, camera and gimbal control …).
_PLACELESS = frozenset(
    {92, 112, 113, 114, 115, 176, 177, 178, 180, 181, 182, 183, 184, 196, 197, 200, 202, 203, 204, 205, 206, 207, 208,
     210, 211, 212, 214, 222, 223, 530, 531, 532, 3000}
)  # fmt: skip


def tidied(item: PlanItem) -> PlanItem:
    """An item read from a file, its frame as `Frame` has it.

    Numbers that its command does not take for a place no longer look like one.
    """
    frame = SAME_FRAME.get(item.frame, item.frame)
    if names_place(item) and item.command in _PLACELESS and item.command not in Command.__members__.values():
        frame = int(Frame.MISSION)
    return item if frame == item.frame else msgspec.structs.replace(item, frame=frame)


def purpose(command: int) -> str:
    """What an item is for, as far as its command tells."""
    match command:
        case Command.TAKEOFF | Command.VTOL_TAKEOFF:
            return "takeoff"
        case Command.LAND | Command.VTOL_LAND | Command.LAND_START:
            return "land"
        case Command.RETURN_TO_LAUNCH:
            return "return"
        case _:
            return ""


def kind_of(items: tuple[PlanItem, ...]) -> VehicleKind:
    """The kind of aircraft that items are for, where a file does not say it: VTOL commands are for nobody else."""
    return "vtol" if any(item.command in (Command.VTOL_TAKEOFF, Command.VTOL_LAND) for item in items) else "rotorcraft"


def purposes_lost(items: tuple[PlanItem, ...]) -> bool:
    """Whether purposes differ from those that the commands tell."""
    return any(item.purpose != purpose(item.command) for item in items)


def amsl_m(item: PlanItem, home: Position) -> float | None:
    """Height of an item above mean sea level; None where it is measured from terrain, which no file carries."""
    if item.frame in TERRAIN_FRAMES:
        return None
    return item.alt_m if item.frame in AMSL_FRAMES else home.alt_amsl_m + item.alt_m


def waypoint(lat_deg: float, lon_deg: float, alt_m: float, frame: int) -> PlanItem:
    """A point to fly through, whatever the heading."""
    return PlanItem(int(Command.WAYPOINT), frame, lat_deg, lon_deg, alt_m, (0.0, 0.0, 0.0, None))


def assumed_home(items: tuple[PlanItem, ...], remarks: Remarks) -> Position:
    """The first place of a plan whose file does not say where home is, at height 0."""
    remarks.home_assumed = True
    place = next((item for item in items if item.has_place), None)
    remarks.add(
        "the file does not say where home is: the first place of the plan stands for it, at 0 m above the sea",
        "文件未说明起飞点：以计划的第一个位置代替，海拔按 0 米计",
    )
    return Position(place.lat_deg, place.lon_deg, 0.0) if place is not None else Position(0.0, 0.0, 0.0)


def bare_plan(items: tuple[PlanItem, ...], home: Position, kind: VehicleKind | None, speed_mps: float | None) -> Plan:
    """A plan out of a file that says no more than this; the speed is else the profile's."""
    known = kind or kind_of(items)
    return Plan("", known, home, items, speed_mps or profile(known).cruise_mps)
