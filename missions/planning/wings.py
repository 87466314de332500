"""Flight on wings: lines joined and turns begun early as autopilots do, climbs and glides, circles.

Heights follow ArduPlane: a climb begins at once and goes on whether or not a waypoint is passed meanwhile; a descent of
more than `SLOPE_FROM_M` is spread evenly over the leg, a smaller one begins at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from missions.planning.energy import flight_power, turn_load_square
from missions.planning.flight import Flight, Point
from missions.planning.guidance import Guidance, Sample, around, capture, join
from missions.planning.profiles import GRAVITY_MPS2

SLOPE_FROM_M = 15.0
"""ArduPlane's GLIDE_SLOPE_MIN."""

CIRCLE_STEP_RAD = math.radians(10)
MAX_TURNS_DRAWN = 50
SETTLE_RAD = math.pi / 2
"""Way around a circle on which what is left of the distance to it goes away."""

FAR_RADII = 3.0
"""Farther than this from a circle its centre is flown to like a waypoint (ArduPlane)."""

EXIT_WITHIN_RAD = math.radians(10)
"""A circle is left when the nose points at the next place this closely (ArduPlane)."""

JUST_PASSED_RAD = math.radians(25)
"""On joining a circle, a place to leave it that lies so far behind is still taken."""

HOLDING_SHARE = 0.95
"""Of the sideways acceleration that its bank gives, what a circle may ask for; the rest corrects."""

_ON_LINE_M = 2.0
_ON_LINE_RAD = 0.04


@dataclass(frozen=True)
class Line:
    """A leg between two places."""

    start: Point
    end: Point

    @property
    def length_m(self) -> float:
        """Over the ground."""
        return math.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])

    @property
    def course_rad(self) -> float:
        """Mathematical angle from east."""
        return math.atan2(self.end[1] - self.start[1], self.end[0] - self.start[0])

    def seen_from(self, place: Point) -> tuple[float, float]:
        """A place's distance along the line and to its left."""
        east, north = place[0] - self.start[0], place[1] - self.start[1]
        cosine, sine = math.cos(self.course_rad), math.sin(self.course_rad)
        return east * cosine + north * sine, north * cosine - east * sine

    def at(self, along_m: float, left_m: float) -> tuple[float, float]:
        """East and north of a place along the line and to its left."""
        cosine, sine = math.cos(self.course_rad), math.sin(self.course_rad)
        return self.start[0] + along_m * cosine - left_m * sine, self.start[1] + along_m * sine + left_m * cosine


@dataclass
class Height:
    """The height while a leg is flown: how it goes from the present one to that of the leg's end.

    Attributes:
        target_m: AMSL.
        slope: metres of height over the target for each metre still to go; 0 goes there at once.
        end_m: distance before the leg's end at which the target height is reached.
        limited: whether the rate of descent is limited; not so on the final glide.
        rate_mps: of a climb; None: the profile's on its way.
    """

    target_m: float
    slope: float = 0.0
    end_m: float = 0.0
    limited: bool = True
    rate_mps: float | None = None

    @classmethod
    def toward(cls, flight: Flight, target_m: float, way_m: float) -> "Height":
        """For a leg of this length."""
        drop = flight.place[2] - target_m
        return cls(target_m, drop / max(way_m, 1.0) if drop > SLOPE_FROM_M else 0.0)

    def after(self, flight: Flight, seconds: float, to_go_m: float) -> float:
        """The height after so many seconds, with so many metres still to go."""
        up = flight.place[2]
        wanted = self.target_m + self.slope * max(to_go_m - self.end_m, 0.0)
        if wanted >= up:
            return min(wanted, up + self._climb_mps(flight) * seconds) if self.slope == 0 else up
        return max(wanted, up - flight.profile.sink_mps * seconds) if self.limited else wanted

    def change_s(self, flight: Flight) -> float:
        """Time after which the target height is reached; 0 where it is spread over the leg."""
        change = self.target_m - flight.place[2]
        if self.slope or abs(change) < 0.5:
            return 0.0
        return change / self._climb_mps(flight) if change > 0 else -change / flight.profile.sink_mps

    def _climb_mps(self, flight: Flight) -> float:
        return self.rate_mps or flight.profile.climb_on_way_mps


def guidance(flight: Flight) -> Guidance:
    """What steers this aircraft at its present speed."""
    sideways = GRAVITY_MPS2 * math.tan(math.radians(flight.profile.bank_deg or 45.0))
    return Guidance(flight.speed_mps, sideways, flight.profile.guidance_period_s, flight.turn_side)


def go(flight: Flight, line: Line, accept_m: float, height: Height | None = None) -> None:
    """Join a line and fly along it until its end counts as reached.

    Raises:
        PlanningError: when the wind is too strong for the line.
    """
    if height is None:
        height = Height.toward(flight, line.end[2], line.length_m)
    ground, _ = flight.speeds(line.course_rad)
    wind_along = float(flight.air.along_mps(line.course_rad))
    wind_left = float(flight.air.across_mps(line.course_rad))
    crab = _nose(flight, line.course_rad) - line.course_rad
    along, left = line.seen_from(flight.place)
    heading = crab if flight.heading_rad is None else _small(flight.heading_rad - line.course_rad)
    if abs(left) > _ON_LINE_M or abs(heading - crab) > _ON_LINE_RAD:
        start = (along, left, heading)
        joined = join(guidance(flight), start, (wind_along, wind_left), line.length_m, accept_m)
        flight.either_side |= joined.turned_back
        samples = joined.samples
        time = 0.0
        for each in samples:
            seconds, time = each.time_s - time, each.time_s
            if seconds > 0:
                to_go = line.length_m - each.along_m
                _fly(flight, line.at(each.along_m, each.left_m), seconds, each.load_s / seconds, height, to_go)
        flight.heading_rad = line.course_rad + samples[-1].heading_rad
        if joined.ended:
            return
        along, left = samples[-1].along_m, samples[-1].left_m
    _straight(flight, line, along, max(line.length_m - accept_m, along), ground, height)
    flight.heading_rad = line.course_rad + crab


def _straight(flight: Flight, line: Line, along_m: float, until_m: float, ground_mps: float, height: Height) -> None:
    """Along a line that was joined, with a point kept where a climb or descent ends."""
    seconds = (until_m - along_m) / ground_mps
    change_s = height.change_s(flight)
    if 0.5 < change_s < seconds - 0.5:
        along_m += change_s * ground_mps
        _fly(flight, line.at(along_m, 0.0), change_s, 1.0, height, line.length_m - along_m)
        seconds -= change_s
    if seconds > 0.01:
        _fly(flight, line.at(until_m, 0.0), seconds, 1.0, height, line.length_m - until_m)


def _fly(
    flight: Flight, flat: tuple[float, float], seconds: float, load_square: float, height: Height, to_go_m: float
) -> None:
    up = height.after(flight, seconds, to_go_m)
    power = flight_power(flight.profile, flight.speed_mps, (up - flight.place[2]) / seconds, load_square)
    flight.move((*flat, up), seconds, seconds * power)


def circle(
    flight: Flight,
    centre: Point,
    radius_m: float,
    *,
    clockwise: bool,
    turns: float | None = None,
    seconds: float | None = None,
    onward: Point | None = None,
    line_from: Point | None = None,
) -> None:
    """Join a circle, go around it, and leave it toward the next place.

    Args:
        flight: who.
        centre: with the height to which it climbs or sinks, on the way and on the circle.
        radius_m: of the circle.
        clockwise: seen from above.
        turns: so many times around.
        seconds: or so long; with neither, until the height of the centre is reached.
        onward: it goes on around until this lies ahead.
        line_from: where the line to it begins.

    Raises:
        PlanningError: when the wind is too strong for it.
    """
    side = -1 if clockwise else 1
    line = Line(line_from or flight.place, centre)
    if math.dist(flight.place[:2], centre[:2]) > FAR_RADII * radius_m:
        way = math.dist(flight.place[:2], centre[:2]) - radius_m
        height = Height.toward(flight, centre[2], way)
        height.end_m = radius_m
        go(flight, line, FAR_RADII * radius_m, height)
    begin = _join_circle(flight, centre, radius_m, side)
    if turns is not None:
        sweep = 2 * math.pi * turns
    elif seconds is not None:
        sweep = seconds * flight.speed_mps / radius_m
    else:
        change = centre[2] - flight.place[2]
        rate = flight.profile.climb_on_way_mps if change > 0 else flight.profile.sink_mps
        sweep = abs(change) / rate * flight.speed_mps / radius_m
    if onward is not None and (leaving := _leaving(centre, radius_m, side, onward)) is not None:
        ahead = (side * (leaving - begin)) % (2 * math.pi)
        if 2 * math.pi - ahead < JUST_PASSED_RAD:
            ahead -= 2 * math.pi
        sweep = max(0.0, ahead + 2 * math.pi * math.ceil((sweep - EXIT_WITHIN_RAD - ahead) / (2 * math.pi)))
    _around(flight, centre, radius_m, begin, side, sweep)


def _join_circle(flight: Flight, centre: Point, radius_m: float, side: int) -> float:
    """Fly to a circle; the angle at which it is joined."""
    east, north = flight.place[0] - centre[0], flight.place[1] - centre[1]
    away = math.hypot(east, north)
    heading = flight.heading_rad if flight.heading_rad is not None else math.atan2(-north, -east)
    flight.speeds(math.atan2(-north, -east))
    height = Height.toward(flight, centre[2], max(away - radius_m, 1.0))
    joined = capture(guidance(flight), (east, north, heading), _drift(flight), radius_m, side)
    flight.either_side |= joined.turned_back
    _follow(flight, centre, joined.samples, height, radius_m)
    return math.atan2(flight.place[1] - centre[1], flight.place[0] - centre[0])


def _follow(flight: Flight, centre: Point, samples: Sequence[Sample], height: Height, radius_m: float) -> None:
    """Along samples around a centre."""
    time = 0.0
    for each in samples:
        seconds, time = each.time_s - time, each.time_s
        if seconds > 0:
            to_go = math.hypot(each.along_m, each.left_m) - radius_m
            flat = (centre[0] + each.along_m, centre[1] + each.left_m)
            _fly(flight, flat, seconds, each.load_s / seconds, height, to_go)
    flight.heading_rad = samples[-1].heading_rad


def _drift(flight: Flight) -> tuple[float, float]:
    return flight.air.east_mps, flight.air.north_mps


def _held(flight: Flight, radius_m: float) -> bool:
    """Whether its bank suffices for a circle where the wind carries it along fastest."""
    fastest = flight.speed_mps + flight.air.speed_mps
    return fastest**2 / radius_m <= HOLDING_SHARE * guidance(flight).sideways_mps2


def _around(flight: Flight, centre: Point, radius_m: float, begin: float, side: int, sweep_rad: float) -> None:
    if sweep_rad < 1e-3:
        return
    not_drawn = max(0, math.ceil(sweep_rad / (2 * math.pi) - MAX_TURNS_DRAWN))
    sweep_rad -= 2 * math.pi * not_drawn
    began_s, began_energy_s = flight.time_s, flight.energy_s
    if _held(flight, radius_m):
        _on_circle(flight, centre, radius_m, begin, side, sweep_rad)
    else:
        east, north = flight.place[0] - centre[0], flight.place[1] - centre[1]
        start = (east, north, flight.heading_rad or 0.0)
        samples = around(guidance(flight), start, _drift(flight), radius_m, side, sweep_rad)
        _follow(flight, centre, samples, Height(centre[2]), radius_m)
    more = not_drawn * 2 * math.pi / sweep_rad
    if more:
        flight.move(flight.place, more * (flight.time_s - began_s), more * (flight.energy_s - began_energy_s))


def _on_circle(flight: Flight, centre: Point, radius_m: float, begin: float, side: int, sweep_rad: float) -> None:
    """Around a circle that can be held; what is left of the distance to it goes away."""
    height = Height(centre[2])
    load = turn_load_square(flight.speed_mps, radius_m)
    count = max(1, math.ceil(sweep_rad / CIRCLE_STEP_RAD))
    beyond = math.dist(flight.place[:2], centre[:2]) - radius_m
    for step in range(1, count + 1):
        gone = sweep_rad * step / count
        angle, away = begin + side * gone, radius_m + beyond * max(0.0, 1 - gone / SETTLE_RAD)
        ground, _ = flight.speeds(angle + side * math.pi / 2)
        place = (centre[0] + away * math.cos(angle), centre[1] + away * math.sin(angle))
        _fly(flight, place, away * sweep_rad / count / ground, load, height, 0.0)
    flight.heading_rad = _nose(flight, begin + side * (sweep_rad + math.pi / 2))


def _leaving(centre: Point, radius_m: float, side: int, onward: Point) -> float | None:
    """The angle on the circle at which a place lies straight ahead; None when it lies inside the circle."""
    east, north = onward[0] - centre[0], onward[1] - centre[1]
    away = math.hypot(east, north)
    if away <= radius_m:
        return None
    return math.atan2(north, east) - side * math.acos(radius_m / away)


def _nose(flight: Flight, course_rad: float) -> float:
    """Heading of the nose that holds a course over the ground."""
    left = float(flight.air.across_mps(course_rad))
    return course_rad - math.asin(max(-1.0, min(1.0, left / flight.speed_mps)))


def _small(angle_rad: float) -> float:
    """The same angle between -pi and pi."""
    return (angle_rad + math.pi) % (2 * math.pi) - math.pi
