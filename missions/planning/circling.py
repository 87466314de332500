"""Circling: how each kind of aircraft flies round a place, written so that ArduPilot and PX4 fly the same.

Rotorcraft fly waypoints on the circle: PX4 takes no LOITER_TURNS, and its rotorcraft hover on LOITER_TIME. Aircraft
with wings fly LOITER_TURNS round the centre, which the upload to PX4 turns into a LOITER_TIME of the same length and
radius. ArduPilot keeps a radius in whole metres up to 255 and in tens beyond, and whole turns.
"""

import math

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.heights import height_amsl_m
from missions.planning.items import Stay
from missions.planning.lines import arc
from missions.planning.profiles import GRAVITY_MPS2
from missions.planning.request import MissionRequest

EARTH_RADIUS_M = 6_371_000.0
DEFAULT_RADIUS_M = 60.0
SETTLE_S = 8.0
FINEST = 24
"""Waypoints to a turn, at most: their chords leave the circle by 0.9 % of its radius."""

COARSEST = 12
"""Waypoints to a turn, at least: 3.4 %."""

SAGITTA_M = 2.0
"""Between these bounds chords leave the circle by so much: ArduCopter flies legs of 13 m at 3 m/s, of 28 m at 6."""

EASE = 1.25
"""Bends made of waypoints are wider by this than the tightest turn, so that the aircraft can come back onto them."""

POINTS_AT_MOST = 480


def least_radius_m(request: MissionRequest, member: Member) -> float:
    """The tightest circle over the ground that an aircraft can hold in the wind: v^2 / (g tan bank), v downwind."""
    bank = member.profile.bank_deg
    if bank is None:
        return 0.0
    fastest = member.speed_mps + (request.wind.speed_mps if request.wind else 0.0)
    return fastest**2 / (GRAVITY_MPS2 * math.tan(math.radians(bank)))


def comfortable_radius_m(request: MissionRequest, member: Member) -> float:
    """The radius of bends that an aircraft follows from waypoint to waypoint without its bank limit: 0 on the spot."""
    return EASE * least_radius_m(request, member)


def settling_run_m(request: MissionRequest, member: Member) -> float:
    """The straight run on which an aircraft settles on a line, whichever way it comes from; 0 for rotorcraft.

    After half a circle it lies two radii beside the line, joins it at 45 degrees, and settles in some seconds.
    """
    if not member.profile.winged:
        return 0.0
    return 2 * least_radius_m(request, member) + SETTLE_S * member.speed_mps


def whole_radius_m(radius_m: float) -> float:
    """The next radius not smaller that ArduPilot keeps exactly in a LOITER_TURNS."""
    step = 1.0 if radius_m <= 255 else 10.0
    return math.ceil(radius_m / step - 1e-9) * step


def radius_for(request: MissionRequest, member: Member, asked_m: float | None, default_m: float, field: str) -> float:
    """The radius asked for, or else the default, widened to what the aircraft can hold.

    Raises:
        PlanningError: when the radius asked for is tighter than the aircraft can hold.
    """
    least = least_radius_m(request, member)
    if asked_m is None:
        radius = max(default_m, least)
    elif asked_m < least:
        raise PlanningError(
            f"at {member.speed_mps:g} m/s in this wind a {member.profile.kind} circles with {math.ceil(least)} m at "
            f"least, not {asked_m:g}: ask for a wider circle, fly slower, or send a rotorcraft",
            f"该机型以 {member.speed_mps:g} 米/秒在此风速下盘旋半径至少 {math.ceil(least)} 米，不能是 {asked_m:g} 米："
            "请增大半径、降低速度或改用旋翼机",
            field,
        )
    else:
        radius = asked_m
    return whole_radius_m(radius) if member.profile.winged else radius


def turns_of(seconds: float, radius_m: float, member: Member) -> Stay:
    """So many whole turns as last at least so long, in calm air."""
    turns = max(1, math.ceil(seconds * member.speed_mps / (2 * math.pi * radius_m) - 1e-6))
    return Stay(turns=float(turns), radius_m=radius_m)


def ring(centre_m: FloatArray, radius_m: float, start_rad: float, turns: float, clockwise: bool) -> FloatArray:
    """Waypoints (east, north) on a circle, from an angle on, for so many turns."""
    smooth = math.pi / math.acos(1 - min(1.0, SAGITTA_M / radius_m))
    per_turn = int(np.clip(min(math.ceil(smooth), POINTS_AT_MOST / turns), COARSEST, FINEST))
    sweep = 2 * math.pi * turns * (-1 if clockwise else 1)
    return arc(np.asarray(centre_m), radius_m, start_rad, sweep, max(2, math.ceil(per_turn * turns)))


def at_height(
    district: District, request: MissionRequest, member: Member, place_m: FloatArray, extra_m: float
) -> FloatArray:
    """(3,) a place at the height asked for."""
    place = np.asarray(place_m, dtype=np.float64)[:2]
    return np.array([*place, height_amsl_m(district, place, request.altitude, member.home, extra_m)])


def top_m(district: District, place_m: FloatArray) -> FloatArray:
    """(3,) a place at the height AMSL of the roof or ground there, which is what a camera looks at."""
    east, north = float(place_m[0]), float(place_m[1])
    up = float(district.surface.top_enu_m(east, north))
    return np.array([east, north, amsl_m(district, np.array([east, north, up]))[2]])


def amsl_m(district: District, enu_m: FloatArray) -> FloatArray:
    """ENU metres (..., 3) with "up" replaced by the height AMSL: the tangent plane leaves the round earth."""
    enu = np.array(enu_m, dtype=np.float64)
    enu[..., 2] += district.frame.origin.alt_amsl_m + _drop_m(enu)
    return enu


def enu_m(district: District, amsl: FloatArray) -> FloatArray:
    """The opposite: (east, north, AMSL) as ENU."""
    enu = np.array(amsl, dtype=np.float64)
    enu[..., 2] -= district.frame.origin.alt_amsl_m + _drop_m(enu)
    return enu


def _drop_m(enu: FloatArray) -> FloatArray:
    return np.asarray((enu[..., 0] ** 2 + enu[..., 1] ** 2) / (2 * EARTH_RADIUS_M))
