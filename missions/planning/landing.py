"""The landing of a fixed-wing aircraft: circle down beside the place, then a straight glide to it.

The direction is chosen among sixteen: the glide must stay clear of buildings and terrain; of those that do, the one
most into the wind, and in calm air the one with the most room below.
"""

import math
from dataclasses import dataclass

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind

GLIDE_SLOPE = 1 / 7.0
"""Metres down for each metre forward: 8 degrees, which a small aircraft with flaps or a folded propeller keeps."""

ENTRY_HEIGHT_M = 60.0
CLEAR_BY_M = 8.0
STRAIGHT_IN_M = 60.0
"""From leaving the circle to the beginning of the glide."""

THRESHOLD_M = 60.0
"""The last stretch, over the field itself, needs no room below."""


@dataclass(frozen=True)
class Landing:
    """Where to circle down and where to touch the ground, (east, north, AMSL).

    Attributes:
        entry_m: centre of the circle, at the height where the glide begins; flown clockwise, it is left on the
            landing course.
        radius_m: of the circle.
        gate_m: the point of the glide's beginning, straight behind the touchdown.
        touchdown_m: on the ground.
        room_m: least distance of the glide over what stands below it.
    """

    entry_m: FloatArray
    radius_m: float
    gate_m: FloatArray
    touchdown_m: FloatArray
    room_m: float


def landing(district: District, place_m: FloatArray, profile: VehicleProfile, wind: Wind | None) -> Landing:
    """The best landing at a place (east, north, AMSL of the ground)."""
    options = [(course, _along(district, place_m, math.radians(course), profile)) for course in np.arange(0, 360, 22.5)]

    def worth(option: tuple[float, Landing]) -> tuple[bool, float, float]:
        course, made = option
        headwind = 0.0
        if wind is not None and wind.speed_mps > 1:
            headwind = wind.speed_mps * math.cos(math.radians(wind.from_deg - course))
        return made.room_m >= CLEAR_BY_M, headwind, made.room_m

    return max(options, key=worth)[1]


def _along(district: District, place_m: FloatArray, course_rad: float, profile: VehicleProfile) -> Landing:
    """The landing on a course (clockwise from north)."""
    forward = np.array([math.sin(course_rad), math.cos(course_rad)])
    length = ENTRY_HEIGHT_M / GLIDE_SLOPE
    back = np.linspace(0, length, 60)
    places = place_m[:2] - forward * back[:, None]
    tops = district.surface.top_enu_m(places[:, 0], places[:, 1]) + district.frame.origin.alt_amsl_m
    room = place_m[2] + back * GLIDE_SLOPE - tops
    gate = np.array([*(place_m[:2] - forward * length), place_m[2] + ENTRY_HEIGHT_M])
    radius = max(profile.turn_radius_m() * 1.2, 60.0)
    right = np.array([forward[1], -forward[0]])
    entry = np.array([*(gate[:2] - forward * STRAIGHT_IN_M + right * radius), gate[2]])
    return Landing(entry, radius, gate, np.asarray(place_m, dtype=np.float64), float(room[back > THRESHOLD_M].min()))
