"""Plans as the items of MAVLink's mission protocol, and the comparison of what was sent with what the vehicle holds.

Autopilots do not give back what they got. What they may change without changing the flight was taken from recordings of
real ones (ArduCopter and ArduPlane 4.6.2, PX4 1.16.1) and from ArduPilot's ``AP_Mission.cpp``; the rest differs.
"""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from fusion.messages import Position, VehicleKind
from missions.dialects import Autopilot, first_number, renumbered, spoken, unsaid
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.vehicles.dialect import Message, mavlink


class MissionType(IntEnum):
    """What a transfer carries (MAV_MISSION_TYPE)."""

    MISSION = 0
    FENCE = 1
    RALLY = 2


@dataclass(frozen=True, slots=True)
class WireItem:
    """One MISSION_ITEM_INT: x and y in 1e-7 degrees where the command has a place, z in metres of its frame."""

    frame: int
    command: int
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: int = 1

    def message(self, seq: int, target: tuple[int, int], mission_type: MissionType) -> Message:
        """The MISSION_ITEM_INT that carries this item."""
        return mavlink.MAVLink_mission_item_int_message(
            *target, seq, self.frame, self.command, 0, self.autocontinue,
            *self.params, self.x, self.y, self.z, int(mission_type),
        )  # fmt: skip

    @classmethod
    def from_message(cls, message: Message) -> "WireItem":
        """The item that a MISSION_ITEM_INT carries."""
        return cls(
            message.frame,
            message.command,
            (message.param1, message.param2, message.param3, message.param4),
            message.x,
            message.y,
            message.z,
            message.autocontinue,
        )


def mission_items(plan: Plan, autopilot: Autopilot) -> tuple[WireItem, ...]:
    """The items to upload, in the autopilot's dialect (`missions.dialects`); for ArduPilot with home in front."""
    shift = first_number(autopilot) - 1
    items = tuple(_item(renumbered(item, shift), unsaid(autopilot)) for item in spoken(plan, autopilot))
    if autopilot != "ardupilot":
        return items
    home = plan.home
    return (WireItem(Frame.AMSL, Command.WAYPOINT, x=_e7(home.lat_deg), y=_e7(home.lon_deg), z=home.alt_amsl_m), *items)


def _item(item: PlanItem, instead: float) -> WireItem:
    return WireItem(
        frame=item.frame,
        command=item.command,
        params=tuple(instead if value is None else value for value in item.params),  # type: ignore[arg-type]
        x=_e7(item.lat_deg),
        y=_e7(item.lon_deg),
        z=item.alt_m,
        autocontinue=int(item.autocontinue),
    )


def fence_items(fence: Fence) -> tuple[WireItem, ...]:
    """The vertices of a fence's polygons, each with its polygon's number of vertices."""
    items: list[WireItem] = []
    for command, rings in (
        (mavlink.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION, fence.inclusions),
        (mavlink.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION, fence.exclusions),
    ):
        for ring in rings:
            items += [
                WireItem(Frame.AMSL, command, (float(len(ring)), 0.0, 0.0, 0.0), _e7(lat), _e7(lon))
                for lat, lon in ring
            ]
    return tuple(items)


def rally_items(points: tuple[Position, ...], home: Position) -> tuple[WireItem, ...]:
    """Rally points; their heights go above home, which is what both autopilots keep."""
    return tuple(
        WireItem(
            Frame.HOME,
            mavlink.MAV_CMD_NAV_RALLY_POINT,
            x=_e7(point.lat_deg),
            y=_e7(point.lon_deg),
            z=point.alt_amsl_m - home.alt_amsl_m,
        )
        for point in points
    )


def _e7(degrees: float) -> int:
    return round(degrees * 1e7)


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the vehicle's item departs from what was sent; ``seq`` is the vehicle's number, -1 for all."""

    seq: int
    field: str
    sent: Any
    held: Any

    def __str__(self) -> str:
        where = "number of items" if self.seq < 0 else f"item {self.seq}: {self.field}"
        return f"{where} was sent as {self.sent} and reads back as {self.held}"


# Frames that mean the same to an autopilot: *_INT beside its float twin.
_SAME_FRAME = {5: 0, 6: 3, 11: 10}
_ALTITUDE_TOLERANCE_M = 0.02
_PARAM_TOLERANCE = 1e-3
_PLACELESS = {
    Command.RETURN_TO_LAUNCH, Command.DELAY, Command.CHANGE_SPEED, Command.SET_ROI_NONE, Command.SET_CAM_TRIGG_DIST,
    Command.GIMBAL_PITCHYAW, Command.IMAGE_START_CAPTURE, Command.IMAGE_STOP_CAPTURE, Command.VIDEO_START_CAPTURE,
    Command.VIDEO_STOP_CAPTURE,
}  # fmt: skip

# Parameters (0 to 3) that ArduPilot keeps of a command; the others read back as 0 or as a sign. Where a command is not
# listed all four must come back.
_ARDUPILOT_KEEPS: dict[int, tuple[int, ...]] = {
    Command.LOITER_TURNS: (0, 2),
    Command.LOITER_TIME: (0,),
    Command.RETURN_TO_LAUNCH: (),
    Command.LAND: (0,),
    Command.TAKEOFF: (0,),
    Command.LOITER_TO_ALT: (1,),
    Command.VTOL_TAKEOFF: (),
    Command.VTOL_LAND: (),
    Command.DELAY: (0,),
    Command.CHANGE_SPEED: (0, 1, 2),
    Command.LAND_START: (),
    Command.SET_ROI_LOCATION: (),
    Command.SET_ROI_NONE: (),
    Command.SET_CAM_TRIGG_DIST: (0, 2),
    Command.GIMBAL_PITCHYAW: (0, 1),
    Command.IMAGE_START_CAPTURE: (0, 1, 2),
    Command.IMAGE_STOP_CAPTURE: (0,),
    Command.VIDEO_START_CAPTURE: (0,),
    Command.VIDEO_STOP_CAPTURE: (0,),
}


def differences(
    sent: tuple[WireItem, ...],
    held: tuple[WireItem, ...],
    mission_type: MissionType,
    autopilot: Autopilot,
    kind: VehicleKind,
) -> tuple[Difference, ...]:
    """Where what the vehicle holds departs from what was sent, item by item; empty when it will fly the same."""
    if len(sent) != len(held):
        return (Difference(-1, "count", len(sent), len(held)),)
    home_first = autopilot == "ardupilot" and mission_type is MissionType.MISSION
    found: list[Difference] = []
    for seq, (ours, theirs) in enumerate(zip(sent, held, strict=True)):
        if seq == 0 and home_first:
            continue  # the vehicle writes its own home there
        found += _item_differences(seq, ours, theirs, mission_type=mission_type, autopilot=autopilot, kind=kind)
    return tuple(found)


def _item_differences(
    seq: int, ours: WireItem, theirs: WireItem, *, mission_type: MissionType, autopilot: Autopilot, kind: VehicleKind
) -> list[Difference]:
    found: list[Difference] = []
    if ours.command != theirs.command:
        return [Difference(seq, "command", ours.command, theirs.command)]
    if ours.command not in _PLACELESS and ours.frame != Frame.MISSION:
        if _SAME_FRAME.get(ours.frame, ours.frame) != _SAME_FRAME.get(theirs.frame, theirs.frame):
            found.append(Difference(seq, "frame", ours.frame, theirs.frame))
        if abs(ours.x - theirs.x) > 1 or abs(ours.y - theirs.y) > 1:
            found.append(Difference(seq, "place (1e-7 deg)", (ours.x, ours.y), (theirs.x, theirs.y)))
        if mission_type is not MissionType.FENCE and abs(ours.z - theirs.z) > _ALTITUDE_TOLERANCE_M:
            found.append(Difference(seq, "altitude (m)", ours.z, theirs.z))
    if mission_type is MissionType.MISSION and autopilot == "px4" and ours.autocontinue != theirs.autocontinue:
        found.append(Difference(seq, "autocontinue", ours.autocontinue, theirs.autocontinue))
    for index in _compared_params(ours.command, mission_type, autopilot, kind):
        if not _same_param(ours.params[index], theirs.params[index], angle=autopilot == "px4" and index == 3):
            found.append(Difference(seq, f"param{index + 1}", ours.params[index], theirs.params[index]))
    return found


def _compared_params(
    command: int, mission_type: MissionType, autopilot: Autopilot, kind: VehicleKind
) -> tuple[int, ...]:
    if mission_type is MissionType.FENCE:
        return (0,)
    if mission_type is MissionType.RALLY:
        return ()
    if autopilot != "ardupilot":
        # PX4 takes its climb-out pitch from FW_TKO_PITCH_MIN and gives back 0.
        return (1, 2, 3) if command == Command.TAKEOFF else (0, 1, 2, 3)
    if command == Command.WAYPOINT:
        # Copters keep the time to hold, planes the acceptance radius instead.
        return (0,) if kind == "rotorcraft" else (1,)
    return _ARDUPILOT_KEEPS.get(command, (0, 1, 2, 3))


def _same_param(sent: float, held: float, *, angle: bool) -> bool:
    if math.isnan(sent) or math.isnan(held):
        return math.isnan(sent) == math.isnan(held)
    apart = abs(sent - held)
    if angle:
        apart = abs((sent - held + 180.0) % 360.0 - 180.0)
    return apart <= max(_PARAM_TOLERANCE, 1e-5 * abs(sent))
