"""Room to climb: a circle after take-off where the way to the first place is too short to climb on.

An aircraft with wings passes a waypoint at whatever height it has reached; without this a survey would begin too low.
"""

import math
from dataclasses import dataclass

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.planning.profiles import VehicleProfile

SHORT_BY_M = 10.0
"""So much too low at the first place is made up on the straight run before a pass."""

CLEAR_BY_M = 14.0
"""A circle is flown no nearer than this over what stands below it."""

LEAST_RADIUS_M = 60.0


_RINGS = np.array([0.7, 1.0, 1.3, 1.6])
"""Radii, as shares of the circle's, of the ground that is flown over: it is not joined along a tangent."""


@dataclass(frozen=True)
class ClimbCircle:
    """A circle on which an aircraft climbs: its centre (east, north, AMSL to reach), and how it is flown.

    Attributes:
        centre_m: (3,).
        signed_radius_m: as LOITER_TO_ALT takes it, negative for counter-clockwise.
    """

    centre_m: FloatArray
    signed_radius_m: float


def climb_circle(
    district: District,
    start_m: FloatArray,
    course_rad: float,
    over_m: FloatArray,
    first_m: FloatArray,
    profile: VehicleProfile,
    speed_mps: float,
) -> ClimbCircle | None:
    """The circle to climb on between the end of the climb-out and the first place.

    None where the way is long enough to climb on, and where buildings leave no room for a circle.

    Args:
        district: for what stands below.
        start_m: (3,) end of the climb-out.
        course_rad: of the climb-out, mathematical angle from east.
        over_m: (3,) the same place at the height to fly there; the circle leads higher only where the way on is too
            short.
        first_m: (3,) the place to be reached at its height.
        profile: of the aircraft.
        speed_mps: through the air.
    """
    rise = float(first_m[2] - start_m[2]) - SHORT_BY_M
    way = math.dist(start_m[:2], first_m[:2])
    on_way = way * profile.climb_on_way_mps / speed_mps
    if rise <= on_way:
        return None
    up = min(float(first_m[2]), max(float(over_m[2]), float(first_m[2]) - on_way))
    radius = max(1.3 * profile.turn_radius_m(speed_mps), LEAST_RADIUS_M)
    forward = np.array([math.cos(course_rad), math.sin(course_rad)])
    left = np.array([-forward[1], forward[0]])
    ring = (np.exp(1j * np.arange(36) * math.pi / 18) * radius * _RINGS[:, None]).ravel()

    def highest_m(side: int) -> float:
        centre = start_m[:2] + side * radius * left
        tops = district.surface.top_enu_m(centre[0] + ring.real, centre[1] + ring.imag)
        return float(np.max(tops)) + district.frame.origin.alt_amsl_m

    side = min((1, -1), key=lambda each: (round(highest_m(each)), -each * float(left @ (first_m[:2] - start_m[:2]))))
    if highest_m(side) + CLEAR_BY_M > start_m[2]:
        return None
    centre = start_m[:2] + side * radius * left
    return ClimbCircle(np.array([*centre, up]), -side * radius)
