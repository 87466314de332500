"""The path that an aircraft flies for given items: places, turns, times and energy.

One model serves both sides: planning previews with it, clearance checks what it says. Rotorcraft fly straight legs and
turn on the spot. Fixed-wing aircraft arrive at a waypoint with some heading, turn at their bank limit until they point
at the next one, and fly straight on; they climb at once, then fly level. Ground speed follows from the wind triangle;
climbing and sinking at the profile's rates can make a leg longer in time. Altitudes are AMSL throughout.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Frame, PathPoint, PlanItem
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind

TERRAIN_STEP_M = 30.0
ARC_STEP_RAD = math.radians(10)
FINAL_DESCENT_M = 10.0
STOP_AND_GO_MPS2 = 2.5
"""Rotorcraft speed up and brake at this rate on each leg (ArduPilot's WPNAV_ACCEL), which costs v / a a leg."""

RETURN_WAIT_S = 5.0
"""How long a rotorcraft waits over home before it lands (ArduPilot's RTL_LOIT_TIME)."""

DEFAULT_LOITER_RADIUS_M = 60.0
MAX_TURNS = 50


@dataclass(frozen=True)
class Trajectory:
    """A flown path, each array with one row for each point.

    Attributes:
        enu_m: (N, 3) east and north in the district's frame, and height AMSL.
        time_s: (N,) since take-off.
        item: (N,) index of the item being flown.
        energy_s: (N,) battery used so far, as seconds of cruise.
    """

    enu_m: FloatArray
    time_s: FloatArray
    item: FloatArray
    energy_s: FloatArray

    @property
    def distance_m(self) -> float:
        """Length of the path."""
        return float(np.linalg.norm(np.diff(self.enu_m, axis=0), axis=1).sum())

    @property
    def duration_s(self) -> float:
        """From take-off to the last point."""
        return float(self.time_s[-1]) if len(self.time_s) else 0.0

    def path(self, district: District) -> tuple[PathPoint, ...]:
        """The same as `PathPoint` values."""
        lat, lon, _ = district.frame.geodetic_from_enu(
            np.column_stack([self.enu_m[:, :2], self.enu_m[:, 2] - district.frame.origin.alt_amsl_m])
        )
        ground = district.terrain.height_amsl_m(lat, lon)
        return tuple(
            PathPoint(Position(float(la), float(lo), float(up), float(up - floor)), float(t), int(i))
            for la, lo, up, floor, t, i in zip(lat, lon, self.enu_m[:, 2], ground, self.time_s, self.item, strict=True)
        )


@dataclass
class _Flight:
    """The aircraft on its way through the items; collects the points it passes."""

    profile: VehicleProfile
    wind: Wind | None
    speed_mps: float
    place: FloatArray
    heading_rad: float | None = None
    time_s: float = 0.0
    energy_s: float = 0.0
    item: int = 0
    rows: list[tuple[float, float, float, float, int, float]] = field(default_factory=list)

    def mark(self) -> None:
        east, north, up = self.place
        self.rows.append((float(east), float(north), float(up), self.time_s, self.item, self.energy_s))

    def ground_speed(self, course_rad: float) -> float:
        """The wind triangle: speed over the ground along a course (mathematical angle from east)."""
        if self.wind is None:
            return self.speed_mps
        toward = math.radians(90 - (self.wind.from_deg + 180))
        along = self.wind.speed_mps * math.cos(toward - course_rad)
        across = self.wind.speed_mps * math.sin(toward - course_rad)
        if abs(across) >= self.speed_mps:
            return 0.5
        return max(0.5, along + math.sqrt(self.speed_mps**2 - across**2))

    def leg(self, target: FloatArray) -> None:
        """Straight to a point; rotorcraft climb evenly on the way, aircraft with wings as soon as they can."""
        step = target - self.place
        run = self._climb_run_m(step)
        if 0 < run < math.hypot(step[0], step[1]) - 1:
            top = self.place + step * run / math.hypot(step[0], step[1])
            self._straight(np.array([top[0], top[1], target[2]]))
        self._straight(target)

    def _climb_run_m(self, step: FloatArray) -> float:
        """Distance over the ground that a climb takes; 0 for those that climb evenly."""
        if self.profile.bank_deg is None or step[2] <= 0:
            return 0.0
        return float(step[2] / self.profile.climb_mps * self.ground_speed(math.atan2(step[1], step[0])))

    def _straight(self, target: FloatArray) -> None:
        step = target - self.place
        across = math.hypot(step[0], step[1])
        course = math.atan2(step[1], step[0])
        level_s = across / self.ground_speed(course) if across > 0 else 0.0
        rate = self.profile.climb_mps if step[2] > 0 else self.profile.sink_mps
        if self.profile.bank_deg is None and across > 1:
            level_s += self.speed_mps / STOP_AND_GO_MPS2
        seconds = max(level_s, abs(step[2]) / rate)
        if across > 0.5:
            self.heading_rad = course
        self.spend(seconds, step[2])
        self.place = target
        self.mark()

    def spend(self, seconds: float, climb_m: float = 0.0) -> None:
        """Let time pass, with the power of the phase for the share of it spent climbing or sinking."""
        rate, power = (
            (self.profile.climb_mps, self.profile.climb_power)
            if climb_m > 0
            else (self.profile.sink_mps, self.profile.sink_power)
        )
        changing = min(seconds, abs(climb_m) / rate)
        self.time_s += seconds
        self.energy_s += seconds - changing + changing * power

    def descend(self, ground_m: float) -> None:
        """Straight down to the ground, slowly over the last metres."""
        slow_from = ground_m + min(FINAL_DESCENT_M, max(0.0, float(self.place[2]) - ground_m))
        self.leg(np.array([self.place[0], self.place[1], slow_from]))
        self.spend((slow_from - ground_m) / self.profile.landing_mps)
        self.place = np.array([self.place[0], self.place[1], ground_m])
        self.mark()

    def turn_toward(self, target: FloatArray) -> None:
        """Turn at the bank limit, level, until the nose points at a place."""
        radius = self.profile.turn_radius_m(self.speed_mps)
        if self.heading_rad is None or radius <= 0:
            return
        arc = _turn_arc(self.place[:2], self.heading_rad, target[:2], radius)
        if arc is None:
            return
        side, sweep = arc
        centre = self.place[:2] + radius * side * np.array([-math.sin(self.heading_rad), math.cos(self.heading_rad)])
        self.arc(centre, side, sweep)

    def arc(self, centre: FloatArray, side: int, sweep_rad: float, climb_m: float = 0.0) -> None:
        """Around a centre: ``side`` +1 counter-clockwise, -1 clockwise."""
        start = self.place[:2] - centre
        radius = float(np.hypot(*start))
        count = max(1, math.ceil(sweep_rad / ARC_STEP_RAD))
        bottom = float(self.place[2])
        angle = math.atan2(start[1], start[0])
        for step in range(1, count + 1):
            turned = angle + side * sweep_rad * step / count
            self.heading_rad = turned + side * math.pi / 2
            self.spend(radius * sweep_rad / count / self.ground_speed(self.heading_rad), climb_m / count)
            up = bottom + climb_m * step / count
            self.place = np.array([*(centre + radius * np.array([math.cos(turned), math.sin(turned)])), up])
            self.mark()


def _turn_arc(place: FloatArray, heading: float, target: FloatArray, radius: float) -> tuple[int, float] | None:
    """The side (+1 left, -1 right) and angle of the turn after which the target lies straight ahead.

    None when it already does, or when it lies within the turning circle of either side.
    """
    choices = []
    for side in (1, -1):
        centre = place + radius * side * np.array([-math.sin(heading), math.cos(heading)])
        offset = target - centre
        distance = float(np.hypot(*offset))
        if distance <= radius:
            continue
        leaving = math.atan2(offset[1], offset[0]) - side * math.acos(radius / distance)
        entering = heading - side * math.pi / 2
        choices.append((math.fmod(side * (leaving - entering) + 4 * math.pi, 2 * math.pi), side))
    if not choices:
        return None
    sweep, side = min(choices)
    return None if sweep < 1e-3 or sweep > 2 * math.pi - 1e-3 else (side, sweep)


def fly(
    items: Sequence[PlanItem],
    home: Position,
    profile: VehicleProfile,
    district: District,
    *,
    speed_mps: float | None = None,
    wind: Wind | None = None,
) -> Trajectory:
    """The path for a list of items, from the ground at home.

    Args:
        items: in the order of flight; those without a place only change speed or take time.
        home: where the vehicle stands; HOME altitudes are measured from its ``alt_amsl_m``.
        profile: of the aircraft.
        district: for its frame and terrain.
        speed_mps: air speed until an item changes it; by default the profile's cruise.
        wind: steady, everywhere.
    """
    start = _place(district, home.lat_deg, home.lon_deg, home.alt_amsl_m)
    flight = _Flight(profile, wind, speed_mps or profile.cruise_mps, start)
    flight.mark()
    for index, item in enumerate(items):
        flight.item = index
        _fly_item(flight, item, items[index + 1 :], start, home, district)
    rows = np.array(flight.rows, dtype=np.float64)
    return Trajectory(rows[:, :3], rows[:, 3], rows[:, 4], rows[:, 5])


def _fly_item(
    flight: _Flight,
    item: PlanItem,
    later: Sequence[PlanItem],
    start: FloatArray,
    home: Position,
    district: District,
) -> None:
    match item.command:
        case Command.TAKEOFF | Command.VTOL_TAKEOFF:
            _take_off(flight, item, later, home, district)
        case Command.CHANGE_SPEED:
            if item.params[1] and item.params[1] > 0:
                flight.speed_mps = item.params[1]
        case Command.DELAY:
            flight.spend(max(0.0, item.params[0] or 0.0))
        case Command.RETURN_TO_LAUNCH:
            _go(flight, np.array([start[0], start[1], flight.place[2]]))
            if flight.profile.bank_deg is None:
                flight.spend(RETURN_WAIT_S)
                flight.descend(float(start[2]))
        case Command.LAND | Command.VTOL_LAND:
            _land(flight, item, start, district)
        case Command.LOITER_TO_ALT if item.has_place and flight.profile.bank_deg is not None:
            _circle_to_height(flight, item, later, home, district)
        case _ if item.has_place:
            for target in _targets(flight, item, home, district):
                _go(flight, target)
            _stay(flight, item)
        case _:
            pass


def _take_off(flight: _Flight, item: PlanItem, later: Sequence[PlanItem], home: Position, district: District) -> None:
    height = altitude_amsl_m(item, home, district) - float(flight.place[2])
    if flight.profile.bank_deg is None:
        flight.leg(flight.place + np.array([0.0, 0.0, max(0.0, height)]))
        return
    ahead = next((each for each in (item, *later) if each.has_place), None)
    course = 0.0
    if ahead is not None:
        toward = _place(district, ahead.lat_deg, ahead.lon_deg, 0.0) - flight.place
        course = math.atan2(toward[1], toward[0])
    run = max(0.0, height) / flight.profile.climb_mps * flight.ground_speed(course)
    flight.leg(flight.place + np.array([run * math.cos(course), run * math.sin(course), max(0.0, height)]))


def _land(flight: _Flight, item: PlanItem, start: FloatArray, district: District) -> None:
    if item.has_place:
        ground = float(district.terrain.height_amsl_m(item.lat_deg, item.lon_deg))
        target = _place(district, item.lat_deg, item.lon_deg, ground)
    else:
        target = np.array([flight.place[0], flight.place[1], start[2]])
    if flight.profile.bank_deg is None:
        _go(flight, np.array([target[0], target[1], flight.place[2]]))
        flight.descend(float(target[2]))
    else:
        _go(flight, target)


def _go(flight: _Flight, target: FloatArray) -> None:
    flight.turn_toward(target)
    flight.leg(target)


def _stay(flight: _Flight, item: PlanItem) -> None:
    """What an item does once its place is reached: wait, or circle."""
    radius = abs(item.params[2] or 0.0) or DEFAULT_LOITER_RADIUS_M
    if item.command == Command.LOITER_TIME or (item.command == Command.WAYPOINT and (item.params[0] or 0.0) > 0):
        seconds = max(0.0, item.params[0] or 0.0)
        if flight.profile.bank_deg is None:
            flight.spend(seconds)
            flight.mark()
        else:
            _circle(flight, radius, seconds * flight.speed_mps / radius)
    elif item.command == Command.LOITER_TURNS:
        _circle(flight, radius, 2 * math.pi * max(0.0, item.params[0] or 0.0))


def _circle(flight: _Flight, radius_m: float, sweep_rad: float) -> None:
    heading = flight.heading_rad or 0.0
    centre = flight.place[:2] + radius_m * np.array([math.sin(heading), -math.cos(heading)])
    flight.arc(centre, -1, min(sweep_rad, 2 * math.pi * MAX_TURNS))


def _circle_to_height(
    flight: _Flight, item: PlanItem, later: Sequence[PlanItem], home: Position, district: District
) -> None:
    """Join a circle along its tangent, change height on it, and leave it along the tangent to the next place."""
    radius = abs(item.params[1] or 0.0) or DEFAULT_LOITER_RADIUS_M
    side = 1 if (item.params[1] or 0.0) < 0 else -1
    target = _place(district, item.lat_deg, item.lon_deg, altitude_amsl_m(item, home, district))
    centre = target[:2]
    toward = centre - flight.place[:2]
    distance = max(float(np.hypot(*toward)), radius)
    joining = math.atan2(toward[1], toward[0]) - side * math.asin(radius / distance) - side * math.pi / 2
    rim = centre + radius * np.array([math.cos(joining), math.sin(joining)])
    _go(flight, np.array([rim[0], rim[1], flight.place[2]]))
    change = float(target[2] - flight.place[2])
    rate = flight.profile.climb_mps if change > 0 else flight.profile.sink_mps
    needed = abs(change) / rate * flight.speed_mps / radius
    sweep = needed
    if (following := next((each for each in later if each.has_place), None)) is not None:
        onward = _place(district, following.lat_deg, following.lon_deg, 0.0)[:2] - centre
        away = max(float(np.hypot(*onward)), radius)
        leaving = math.atan2(onward[1], onward[0]) - side * math.acos(radius / away)
        sweep = math.fmod(side * (leaving - joining) + 4 * math.pi, 2 * math.pi)
        sweep += 2 * math.pi * max(0, math.ceil((needed - sweep) / (2 * math.pi)))
    flight.arc(centre, side, min(sweep, 2 * math.pi * MAX_TURNS), change)


def _targets(flight: _Flight, item: PlanItem, home: Position, district: District) -> Iterator[FloatArray]:
    """Where an item leads: its place, and before it the points of a leg that follows the terrain."""
    target = _place(district, item.lat_deg, item.lon_deg, altitude_amsl_m(item, home, district))
    if item.frame == Frame.TERRAIN:
        start = flight.place
        count = math.ceil(math.dist(start[:2], target[:2]) / TERRAIN_STEP_M)
        above = float(start[2]) - _ground(district, start)
        for step in range(1, count):
            share = step / count
            between = start + (target - start) * share
            yield np.array([*between[:2], _ground(district, between) + above + (item.alt_m - above) * share])
    yield target


def _ground(district: District, place: FloatArray) -> float:
    origin_m = district.frame.origin.alt_amsl_m
    lat, lon, _ = district.frame.geodetic_from_enu([place[0], place[1], place[2] - origin_m])
    return float(district.terrain.height_amsl_m(lat, lon))


def _place(district: District, lat_deg: float, lon_deg: float, alt_amsl_m: float) -> FloatArray:
    """(east, north, AMSL) of a position."""
    enu = district.frame.enu_from_geodetic(lat_deg, lon_deg, alt_amsl_m)
    return np.array([enu[0], enu[1], alt_amsl_m])


def altitude_amsl_m(item: PlanItem, home: Position, district: District) -> float:
    """The height AMSL at which an item is flown, by its frame."""
    match item.frame:
        case Frame.AMSL | 5:
            return item.alt_m
        case Frame.TERRAIN | 11:
            return float(district.terrain.height_amsl_m(item.lat_deg, item.lon_deg)) + item.alt_m
        case _:
            return home.alt_amsl_m + item.alt_m
