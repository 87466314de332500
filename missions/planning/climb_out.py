"""The climb-out of a fixed-wing aircraft: the course nearest to its way that has room over what stands below."""

import math

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.margins import DRIFTS, LANDING_CLEAR_BY_M
from missions.planning.profiles import VehicleProfile
from missions.planning.wind import AirMass, ground_speed_mps

LENGTH_M = 450.0
"""So far ahead of the take-off place the climb is looked at; it is over the roofs of most places there."""

FREE_M = 60.0
"""The first metres lie over the field itself."""

STEP_M = 5.0
SPARE_M = 2.0
"""Room beside what clearance demands, for roofs between the places looked at."""

TURNED_RAD = tuple(
    math.radians(side * turned) for turned in range(0, 181, 15) for side in ((1, -1) if turned else (1,))
)


def climb_out_course_rad(
    district: District,
    home_m: FloatArray,
    toward_rad: float,
    profile: VehicleProfile,
    speed_mps: float,
    top_m: float,
    air: AirMass,
) -> float:
    """The course to take off on, a mathematical angle from east.

    Args:
        district: for its ground and buildings.
        home_m: (east, north, AMSL) of the take-off place.
        toward_rad: where the way leads on; the course is this one, or the nearest with room.
        profile: of the aircraft, for its climb and the distance by which it may miss its path.
        speed_mps: through the air.
        top_m: height AMSL at which the climb ends.
        air: the wind; with it in the back the climb is the flatter.

    Returns:
        Of all courses in steps of 15 degrees the one nearest to ``toward_rad`` with `LANDING_CLEAR_BY_M` and some more
        of room; where there is none, the one with the most.
    """
    along = np.arange(FREE_M, LENGTH_M, STEP_M)

    def room_m(course_rad: float) -> float:
        ground_mps = max(float(ground_speed_mps(profile, air, course_rad, speed_mps)), profile.climb_mps)
        heights = np.minimum(home_m[2] + along * profile.climb_mps / ground_mps, top_m)
        return _room_m(district, home_m, course_rad, along, heights, profile)

    rooms = [room_m(toward_rad + turned) for turned in TURNED_RAD]
    clear = [index for index, room in enumerate(rooms) if room >= LANDING_CLEAR_BY_M + SPARE_M]
    return toward_rad + TURNED_RAD[clear[0] if clear else int(np.argmax(rooms))]


def _room_m(
    district: District,
    home_m: FloatArray,
    course_rad: float,
    along: FloatArray,
    heights: FloatArray,
    profile: VehicleProfile,
) -> float:
    """The least distance above ground and roofs, on the course and as far beside it as the aircraft may drift."""
    forward = np.array([math.cos(course_rad), math.sin(course_rad)])
    places = (home_m[:2] + along[:, None] * forward)[:, None, :] + profile.position_error_m * DRIFTS
    tops = district.surface.top_enu_m(places[..., 0].ravel(), places[..., 1].ravel()).reshape(places.shape[:2])
    return float(np.min(heights[:, None] - tops - district.frame.origin.alt_amsl_m))
