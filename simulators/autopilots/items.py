"""Items of missions, fences and rally lists: what is accepted, how it is kept, and how it reads back.

ArduPilot packs an item into a few bytes, so that what is read back is not always what was sent: frames 5 and 6 come
back as 0 and 3, unused parameters as 0, and a command without a place comes back in frame 0.
"""

import math
import struct
from dataclasses import dataclass, replace

from pymavlink.dialects.v20 import ardupilotmega as mavlink

MISSION, FENCE, RALLY = 0, 1, 2
ACCEPTED, FAILED, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE, INVALID = range(6)
INVALID_PARAM1, INVALID_X, INVALID_Y, INVALID_Z = 6, 10, 11, 12
INVALID_SEQUENCE, DENIED, CANCELLED = 13, 14, 15
"""MAV_MISSION_RESULT."""

AMSL, RELATIVE, TERRAIN = 0, 3, 10
_KEPT_FRAME = {0: AMSL, 2: AMSL, 5: AMSL, 3: RELATIVE, 6: RELATIVE, 10: TERRAIN, 11: TERRAIN}

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RETURN_TO_LAUNCH, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
CONTINUE_AND_CHANGE_ALT, LOITER_TO_ALT, SPLINE_WAYPOINT = 30, 31, 82
VTOL_TAKEOFF, VTOL_LAND, DELAY = 84, 85, 93
CONDITION_DELAY, CONDITION_DISTANCE, CONDITION_YAW = 112, 114, 115
JUMP, CHANGE_SPEED, SET_HOME, LAND_START, VTOL_TRANSITION = 177, 178, 179, 189, 3000
ROI_LOCATION, ROI_NONE, ROI = 195, 197, 201
DIGICAM_CONTROL, MOUNT_CONTROL, CAM_TRIGG_DIST, FENCE_ENABLE = 203, 205, 206, 207
GIMBAL_PITCHYAW, IMAGE_START, IMAGE_STOP, VIDEO_START, VIDEO_STOP = 1000, 2000, 2001, 2500, 2501
RALLY_POINT = 5100
INCLUSION_VERTEX, EXCLUSION_VERTEX, INCLUSION_CIRCLE, EXCLUSION_CIRCLE, RETURN_POINT = 5001, 5002, 5003, 5004, 5000
"""MAV_CMD."""

NAVIGATION = frozenset({16, 17, 18, 19, 20, 21, 22, 30, 31, 82, 84, 85, 93})
WITH_PLACE = frozenset({16, 17, 18, 19, 21, 22, 30, 31, 82, 84, 85, 94, 179, 189, 191, 195, 201})
"""Commands that are kept with a position."""
_OTHERS = frozenset(
    {92, 94, 112, 114, 115, 177, 178, 180, 181, 182, 183, 184, 191, 194, 197, 202, 203, 205, 206, 207, 208, 210, 211}
    | {212, 213, 218, 222, 252, 216, 1000, 2000, 2001, 530, 531, 532, 534, 2500, 2501, 42600, 83, 188, 3000}
)
KNOWN = NAVIGATION | WITH_PLACE | _OTHERS
_NAN_YAW = frozenset({WAYPOINT, LAND, TAKEOFF, VTOL_TAKEOFF, VTOL_LAND})


@dataclass(frozen=True, slots=True)
class Item:
    """One item as it is kept. x, y: degrees times 1e7 where the command has a place; z: metres in the frame."""

    command: int
    frame: int = AMSL
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: int = 1

    @property
    def has_place(self) -> bool:
        """Whether it names a position of its own (0, 0 stands for: where the vehicle is)."""
        return (self.command in WITH_PLACE or self.command == RALLY_POINT) and (self.x != 0 or self.y != 0)


class ItemError(Exception):
    """An item that is refused; `result` is its MAV_MISSION_RESULT."""

    def __init__(self, result: int) -> None:
        super().__init__(f"mission item refused with result {result}")
        self.result = result


def _f32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0]) if abs(value) < 3.4e38 else value


def _place_checked(x: int, y: int) -> None:
    if abs(x) > 900_000_000:
        raise ItemError(INVALID_X)
    if abs(y) > 1_800_000_000:
        raise ItemError(INVALID_Y)


def received(message: mavlink.MAVLink_message, mission_type: int, copter: bool) -> Item:
    """The item of a MISSION_ITEM_INT (or MISSION_ITEM, whose degrees are floats), as it is kept.

    Raises:
        ItemError: the item is refused.
    """
    if message.get_type() == "MISSION_ITEM":
        if not (math.isfinite(message.x) and abs(message.x) <= 90):
            raise ItemError(INVALID_X)
        if not (math.isfinite(message.y) and abs(message.y) <= 180):
            raise ItemError(INVALID_Y)
        x, y = round(message.x * 1e7), round(message.y * 1e7)
    else:
        x, y = message.x, message.y
    item = Item(
        message.command,
        message.frame,
        (message.param1, message.param2, message.param3, message.param4),
        x,
        y,
        message.z,
        message.autocontinue,
    )
    if mission_type == FENCE:
        return _fence_item(item)
    if mission_type == RALLY:
        return _rally_item(item)
    return _mission_item(item, copter)


def _mission_item(item: Item, copter: bool) -> Item:
    if item.command not in KNOWN:
        raise ItemError(UNSUPPORTED)
    params = item.params
    if math.isnan(params[3]) and item.command in _NAN_YAW:
        params = (*params[:3], 0.0)
    for index, value in enumerate(params):
        if not math.isfinite(value):
            raise ItemError(INVALID_PARAM1 + index)
    if not math.isfinite(item.z):
        raise ItemError(INVALID_Z)
    params = _kept_params(item.command, params, copter)
    if item.command not in WITH_PLACE:
        keeps_xyz = item.command in (GIMBAL_PITCHYAW, DIGICAM_CONTROL, MOUNT_CONTROL)
        x, y, z = (item.x, item.y, _f32(item.z)) if keeps_xyz else (0, 0, 0.0)
        return Item(item.command, AMSL, params, x, y, z)
    _place_checked(item.x, item.y)
    if item.frame not in _KEPT_FRAME:
        raise ItemError(UNSUPPORTED_FRAME)
    if abs(item.z) > 83_000:
        raise ItemError(INVALID_Z)
    return replace(item, frame=_KEPT_FRAME[item.frame], params=params, z=round(item.z * 100) / 100, autocontinue=1)


def _kept_params(
    command: int, params: tuple[float, float, float, float], copter: bool
) -> tuple[float, float, float, float]:
    """What is left of the parameters after ArduPilot has packed them."""
    p1, p2, p3, p4 = params
    turn, cross = (-1.0 if p3 < 0 else 1.0), float(p4 > 0)
    word = float(min(max(int(p1), 0), 65535))
    match command:
        case 16:
            return (word, 0.0, 0.0, 0.0) if copter else (0.0, float(int(p2) & 255), float(int(p3) & 255), 0.0)
        case 17:
            return (0.0, 0.0, float(min(int(abs(p3)), 65535)) * turn, 0.0)
        case 18:
            radius = min(int(abs(p3)), 2550)
            radius = radius if radius <= 255 else radius // 10 * 10
            turns = p1 if p1 >= 1 else round(p1 * 256) / 256
            return (float(min(max(turns if turns < 1 else int(turns), 0), 255)), 0.0, radius * turn, cross)
        case 19:
            return (word, 0.0, turn, cross)
        case 20 | 189 | 197 | 2001 | 2501:
            return (0.0, 0.0, 0.0, 0.0)
        case 21:
            return (word, 0.0, 0.0, -1.0 if p4 < 0 else 1.0)
        case 22 | 30 | 82 | 84 | 179 | 195 | 201:
            return (word, 0.0, 0.0, 0.0)
        case 31:
            return (0.0, float(min(int(abs(p2)), 65535)) * (-1.0 if p2 < 0 else 1.0), 0.0, cross)
        case 177:
            return (word, float(min(max(int(p2), -32768), 32767)), 0.0, 0.0)
        case 206:
            return (_f32(p1), 0.0, float(p3 == 1), 0.0)
        case _:
            return (_f32(p1), _f32(p2), _f32(p3), _f32(p4))


def _fence_item(item: Item) -> Item:
    if item.command not in (5000, 5001, 5002, 5003, 5004):
        raise ItemError(UNSUPPORTED)
    if item.frame not in (0, 3, 5, 6):
        raise ItemError(UNSUPPORTED_FRAME)
    _place_checked(item.x, item.y)
    first = item.params[0]
    polygon = item.command in (INCLUSION_VERTEX, EXCLUSION_VERTEX)
    if not math.isfinite(first) or (polygon and not 3 <= first <= 255) or (first <= 0 and item.command != RETURN_POINT):
        raise ItemError(INVALID_PARAM1)
    return Item(item.command, AMSL, (_f32(first), 0.0, 0.0, 0.0), item.x, item.y, 0.0, 0)


def _rally_item(item: Item) -> Item:
    if item.command != RALLY_POINT:
        raise ItemError(UNSUPPORTED)
    if item.frame not in _KEPT_FRAME:
        raise ItemError(UNSUPPORTED_FRAME)
    _place_checked(item.x, item.y)
    if not math.isfinite(item.z) or abs(item.z) > 32_767:
        raise ItemError(INVALID_Z)
    return Item(item.command, _KEPT_FRAME[item.frame], (0.0, 0.0, 0.0, 0.0), item.x, item.y, float(round(item.z)), 0)


def message_of(
    item: Item, seq: int, mission_type: int, current: int, target: tuple[int, int]
) -> mavlink.MAVLink_mission_item_int_message:
    """MISSION_ITEM_INT of a kept item."""
    return mavlink.MAVLink_mission_item_int_message(
        *target,
        seq,
        item.frame,
        item.command,
        current,
        item.autocontinue,
        *item.params,
        item.x,
        item.y,
        item.z,
        mission_type,
    )
