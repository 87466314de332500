"""Landings: a fixed-wing aircraft circles down beside its place and glides straight to it; a VTOL brakes and sinks.

A fixed-wing landing is chosen among sixteen directions, each with the circle to the left or to the right, with the
profile's own glide first, from two heights, and a steeper one where nothing else is clear. Best is one
whose ground lies in the flight area and out of no-fly zones, whose glide and circle are clear of buildings and
terrain; of those that are, the one most into the wind, and in calm air the one with the most room below.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from maps.district import District
from maps.positions import FloatArray
from maps.zones import zones
from missions.margins import DRIFTS
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind

STEEPEST_GLIDE_DEG = 8.0
"""Where the profile's own glide is not clear: what a small aircraft with flaps or a folded propeller keeps."""

ENTRY_HEIGHTS_M = (60.0, 40.0)
"""Heights of the glide's beginning that are tried, the better one first."""

CLEAR_BY_M = 6.0
CIRCLE_CLEAR_BY_M = 12.0
STRAIGHT_IN_M = 60.0
"""From leaving the circle to the beginning of the glide."""

THRESHOLD_M = 60.0
"""The last stretch, over the field itself, needs no room below."""

JOINED_FROM_M = 60.0
"""So far from the circle an aircraft may be down at its height already."""

GLIDE_STEP_M = 4.0
"""Distance between the places at which a glide is held against what stands below."""

DIRECTIONS_DEG = np.arange(0, 360, 22.5)
BREEZE_MPS = 1.0
"""Less wind than this does not decide the direction."""


@dataclass(frozen=True)
class Landing:
    """Where to circle down and where to touch the ground, (east, north, AMSL).

    Attributes:
        entry_m: centre of the circle, at the height where the glide begins; it is left on the landing course.
        radius_m: of the circle.
        clockwise: how the circle is flown, seen from above.
        gate_m: the point of the glide's beginning, straight behind the touchdown.
        touchdown_m: on the ground.
        room_m: least distance of the glide over what stands below it.
        circle_room_m: the same of the circle.
        within_zones: whether it keeps to the flight area and out of no-fly zones.
    """

    entry_m: FloatArray
    radius_m: float
    clockwise: bool
    gate_m: FloatArray
    touchdown_m: FloatArray
    room_m: float
    circle_room_m: float
    within_zones: bool

    @property
    def signed_radius_m(self) -> float:
        """The radius as LOITER_TO_ALT takes it: negative for a circle flown counter-clockwise."""
        return self.radius_m if self.clockwise else -self.radius_m


@dataclass(frozen=True)
class VerticalLanding:
    """The end of a VTOL's flight, (east, north, AMSL).

    Attributes:
        entry_m: centre of the circle on which it comes down to the height of its approach.
        radius_m: of the circle, flown clockwise.
        touchdown_m: on the ground; it brakes on the way there from the circle, and sinks.
    """

    entry_m: FloatArray
    radius_m: float
    touchdown_m: FloatArray

    @property
    def signed_radius_m(self) -> float:
        """As of a `Landing`."""
        return self.radius_m


def landing(
    district: District, place_m: FloatArray, profile: VehicleProfile, wind: Wind | None, above_m: float = 0.0
) -> Landing:
    """The best landing of a fixed-wing aircraft at a place (east, north, AMSL of the ground).

    It comes to the circle so far above the ground (``above_m``), and keeps away from lower ceilings.
    """
    place = np.asarray(place_m, dtype=np.float64)
    radius = max(profile.turn_radius_m() * 1.2, 60.0)
    allowed = _Allowed.over(district, place[2] + max(ENTRY_HEIGHTS_M), profile.position_error_m, above_m)
    best: list[tuple[tuple[bool, bool, float, float], Landing]] = []
    for glide_deg in (profile.glide_deg, max(profile.glide_deg, STEEPEST_GLIDE_DEG)):
        for height in ENTRY_HEIGHTS_M:
            glide = _Glide(place, math.tan(math.radians(glide_deg)), height, profile.position_error_m)
            options = [
                _valued(_along(district, glide, course, radius, clockwise, allowed), wind, course)
                for course in np.radians(DIRECTIONS_DEG)
                for clockwise in (True, False)
            ]
            best.append(max(options, key=lambda option: option[0]))
            if best[-1][0][:2] == (True, True):
                return best[-1][1]
    return max(best, key=lambda option: option[0])[1]


@dataclass(frozen=True, eq=False)
class _Glide:
    """A glide to a place: metres down for each metre forward, the height where it begins, and how far it may drift."""

    place_m: FloatArray
    slope: float
    height_m: float
    drift_m: float


def _valued(made: Landing, wind: Wind | None, course_rad: float) -> tuple[tuple[bool, bool, float, float], Landing]:
    """A landing behind what it is worth; the greater, the better."""
    glide = made.gate_m - made.touchdown_m
    at_threshold_m = THRESHOLD_M * float(glide[2] / np.hypot(glide[0], glide[1]))
    clear = made.room_m >= min(CLEAR_BY_M, 0.95 * at_threshold_m) and made.circle_room_m >= CIRCLE_CLEAR_BY_M
    room = min(made.room_m, made.circle_room_m)
    headwind = round(_headwind_mps(wind, course_rad), 6) if clear else 0.0
    return (made.within_zones, clear, headwind, room), made


def vertical_landing(
    district: District, place_m: FloatArray, profile: VehicleProfile, wind: Wind | None, above_m: float = 0.0
) -> VerticalLanding:
    """The best vertical landing of a VTOL at a place (east, north, AMSL of the ground).

    It comes down on a circle downwind of the place, to its hover height or as high as buildings on the way demand. It
    comes to the circle so far above the ground (``above_m``), and keeps away from lower ceilings.
    """
    place = np.asarray(place_m, dtype=np.float64)
    radius = max(profile.turn_radius_m() * 1.2, 60.0)
    allowed = _Allowed.over(district, place[2] + profile.hover_height_m, profile.position_error_m, above_m)
    back = profile.transition_m + radius + STRAIGHT_IN_M

    def option(course: float) -> tuple[tuple[bool, float, float], VerticalLanding]:
        forward = np.array([math.sin(course), math.cos(course)])
        centre = place[:2] - forward * back
        ground = shapely.union(shapely.Point(centre).buffer(radius), shapely.LineString([centre, place[:2]]))
        way = np.vstack([_disc(centre, radius), _stretch(centre, place[:2])])
        up = max(place[2] + profile.hover_height_m, float(_tops(district, way).max()) + CIRCLE_CLEAR_BY_M)
        made = VerticalLanding(np.array([*centre, up]), radius, place)
        return (allowed.holds(ground), round(_headwind_mps(wind, course), 6), -up), made

    return max((option(course) for course in np.radians(DIRECTIONS_DEG)), key=lambda each: each[0])[1]


def _headwind_mps(wind: Wind | None, course_rad: float) -> float:
    if wind is None or wind.speed_mps <= BREEZE_MPS:
        return 0.0
    return wind.speed_mps * math.cos(math.radians(wind.from_deg) - course_rad)


@dataclass(frozen=True, eq=False)
class _Allowed:
    """Where the zones let an aircraft fly low, its lateral error set aside; None: nothing is said."""

    inside: shapely.Geometry | None
    outside: shapely.Geometry | None

    @classmethod
    def over(cls, district: District, up_to_amsl_m: float, error_m: float, above_m: float) -> "_Allowed":
        """From the zones that begin below a height, or end below one above the ground, whatever their hours."""
        every = zones(district)
        areas = [zone.shape_m for zone in every if zone.rule == "flight_area"]
        forbidden = [
            zone.shape_m
            for zone in every
            if (zone.rule == "no_fly" and not (zone.reference == "amsl" and zone.floor_m > up_to_amsl_m))
            or (zone.rule == "ceiling" and zone.reference == "agl" and zone.ceiling_m < above_m)
        ]
        return cls(
            shapely.union_all(areas).buffer(-error_m) if areas else None,
            shapely.union_all(forbidden).buffer(error_m) if forbidden else None,
        )

    def holds(self, ground: shapely.Geometry) -> bool:
        """Whether all of a piece of ground may be flown over."""
        if self.inside is not None and not shapely.covers(self.inside, ground):
            return False
        return self.outside is None or not shapely.intersects(self.outside, ground)


def _along(
    district: District, glide: _Glide, course_rad: float, radius_m: float, clockwise: bool, allowed: _Allowed
) -> Landing:
    """The landing on a course (clockwise from north) with the circle on one side of it."""
    forward = np.array([math.sin(course_rad), math.cos(course_rad)])
    aside = np.array([forward[1], -forward[0]]) * (1 if clockwise else -1)
    place_m, length = glide.place_m, glide.height_m / glide.slope
    back = np.linspace(0, length, math.ceil(length / GLIDE_STEP_M) + 1)
    line = (place_m[:2] - forward * back[:, None])[:, None, :] + glide.drift_m * DRIFTS
    tops = _tops(district, line.reshape(-1, 2)).reshape(len(back), -1).max(axis=1)
    room = place_m[2] + back * glide.slope - tops
    gate = np.array([*(place_m[:2] - forward * length), place_m[2] + glide.height_m])
    leaving = gate[:2] - forward * STRAIGHT_IN_M
    centre = leaving + aside * radius_m
    circling = np.vstack([_disc(centre, radius_m), _stretch(leaving, gate[:2])])
    ground = shapely.union(shapely.Point(centre).buffer(radius_m), shapely.LineString([leaving, place_m[:2]]))
    return Landing(
        np.array([*centre, gate[2]]),
        radius_m,
        clockwise,
        gate,
        place_m,
        float(room[back > THRESHOLD_M].min()),
        float(gate[2] - _tops(district, circling).max()),
        allowed.holds(ground),
    )


def _tops(district: District, places_m: FloatArray) -> FloatArray:
    """(N,) height AMSL of what stands at places (N, 2)."""
    tops = district.surface.top_enu_m(places_m[:, 0], places_m[:, 1])
    return np.asarray(tops) + district.frame.origin.alt_amsl_m


def _disc(centre_m: FloatArray, radius_m: float) -> FloatArray:
    """(N, 2) places on a circle, a little beside it, and where it is joined."""
    return np.vstack(list(_rings(centre_m, radius_m)))


def _rings(centre_m: FloatArray, radius_m: float) -> Iterator[FloatArray]:
    angles = np.arange(36) * math.pi / 18
    for away in (radius_m - 10, radius_m, radius_m + 10, *(radius_m + JOINED_FROM_M * np.array([0.5, 1.0]))):
        yield centre_m + away * np.column_stack([np.cos(angles), np.sin(angles)])


def _stretch(start_m: FloatArray, end_m: FloatArray) -> FloatArray:
    """(N, 2) places on a straight line."""
    return start_m + np.linspace(0, 1, 25)[:, None] * (end_m - start_m)
