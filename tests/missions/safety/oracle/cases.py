"""Random plans, and random worlds made so that their edges lie beside what the plans fly."""

import math
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np
from numpy.random import Generator, default_rng

from fusion.messages import Position, VehicleKind
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from tests.missions.safety.oracle.earth import Array, degrees
from tests.missions.safety.oracle.world import POST_DEG, Building, World, Zone

KINDS: tuple[VehicleKind, ...] = ("rotorcraft", "fixed_wing", "vtol")
HOME = (43.86, 125.32, 220.0)


@dataclass(frozen=True, eq=False)
class Case:
    """A plan, where it is flown, by what and in which wind."""

    seed: int
    plan: Plan
    world: World
    profile: VehicleProfile
    wind: Wind | None

    @property
    def wind_mps(self) -> tuple[float, float]:
        """Of the air over the ground, toward east and north."""
        if self.wind is None:
            return 0.0, 0.0
        toward = math.radians(self.wind.from_deg + 180)
        return self.wind.speed_mps * math.sin(toward), self.wind.speed_mps * math.cos(toward)


def case(seed: int) -> Case:
    """The case of a seed; three seeds in a row have the three kinds of aircraft."""
    rng = default_rng(seed)
    kind = KINDS[seed % 3]
    world = _hills(rng) if rng.random() < 0.35 else World(HOME)
    draft = _Draft(rng, kind, world)
    draft.fill()
    profile = PROFILES[kind]
    fence = _fence(rng, np.array(draft.way), max(draft.heights)) if rng.random() < 0.3 else Fence()
    plan = Plan("", kind, Position(*HOME), tuple(draft.items), profile.cruise_mps, fence)
    if rng.random() < 0.1:
        profile = msgspec.structs.replace(profile, endurance_s=profile.endurance_s * rng.uniform(0.1, 0.4))
    wind = None
    if rng.random() < 0.4:
        wind = Wind(from_deg=float(rng.uniform(0, 360)), speed_mps=float(rng.uniform(1, 8)))
    return Case(seed, plan, _furnished(rng, world, draft), profile, wind)


def _hills(rng: Generator) -> World:
    """Some rounded hills away from home, steeper than an aircraft with wings climbs in places."""
    posts = 90
    north, west = HOME[0] + posts / 2 * POST_DEG, HOME[1] - posts / 2 * POST_DEG
    row, column = np.mgrid[0:posts, 0:posts].astype(float)
    heights = np.full((posts, posts), HOME[2])
    for _ in range(int(rng.integers(1, 4))):
        middle = posts / 2 + rng.uniform(9, 30) * np.array([math.cos(a := rng.uniform(0, 6.28)), math.sin(a)])
        wide = rng.uniform(3, 8)
        away = (row - middle[0]) ** 2 + (column - middle[1]) ** 2
        heights += rng.uniform(10, 90) * np.exp(-away / (2 * wide**2))
    return World(HOME, corner_deg=(north, west), hills_m=np.round(heights, 2))


class _Draft:
    """A plan in the making: its items, and the places over which it leads."""

    def __init__(self, rng: Generator, kind: VehicleKind, world: World) -> None:
        self._rng, self._kind, self._world = rng, kind, world
        self._winged = kind != "rotorcraft"
        self.items: list[PlanItem] = []
        self.way: list[Array] = [np.zeros(2)]
        self.heights: list[float] = []
        self._height = float(rng.uniform(30, 130))
        self._course = float(rng.uniform(0, 2 * math.pi))

    def fill(self) -> None:
        """Take-off, some tasks, and a landing."""
        rng = self._rng
        if self._kind == "fixed_wing":
            self._height = max(self._height, 50.0)
            self._next(300, 400)
            self._add(Command.TAKEOFF, self._height * 0.6, purpose="takeoff")
        else:
            self._add(Command.TAKEOFF if self._kind == "rotorcraft" else Command.VTOL_TAKEOFF, self._height, "takeoff")
        for _ in range(int(rng.integers(1, 6))):
            task = rng.choice(["to", "to", "to", "circle", "time", "climb", "survey", "speed", "stay"])
            getattr(self, f"_{task}")()
        self._end()

    def _next(self, least_m: float, most_m: float) -> None:
        turn = self._rng.uniform(-2.6, 2.6) if self._rng.random() < 0.9 else math.pi + self._rng.uniform(-0.02, 0.02)
        if math.hypot(*self.way[-1]) > 900:
            self._course = math.atan2(-self.way[-1][1], -self.way[-1][0]) + turn / 4
        else:
            self._course += turn
        step = np.array([math.cos(self._course), math.sin(self._course)])
        self.way.append(self.way[-1] + step * self._rng.uniform(least_m, most_m))

    def _add(
        self, command: Command, height_m: float, purpose: str = "", *params: float, frame: Frame = Frame.HOME
    ) -> None:
        lat, lon = degrees(HOME, self.way[-1])
        values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
        self.items.append(
            PlanItem(
                int(command), int(frame), round(float(lat), 7), round(float(lon), 7), height_m, values, True, purpose
            )
        )
        self.heights.append(height_m)

    def _placed(self, command: Command, *params: float) -> None:
        """An item at the last place, its height told in one of the frames."""
        frame = self._rng.choice([Frame.HOME, Frame.HOME, Frame.AMSL, Frame.TERRAIN])
        height = self._height + (HOME[2] if frame == Frame.AMSL else 0.0)
        self._add(command, height, "", *params, frame=Frame(int(frame)))
        self.heights[-1] = self._height

    def _to(self) -> None:
        self._next(*((220, 650) if self._winged else (15, 350)))
        self._placed(Command.WAYPOINT)

    def _climb(self) -> None:
        self._height = float(np.clip(self._height + self._rng.uniform(-60, 60), 20 if not self._winged else 45, 140))
        self._to()

    def _radius(self) -> float:
        radius = (
            self._rng.uniform(25 if self._rng.random() < 0.1 else 80, 150)
            if self._winged
            else self._rng.uniform(10, 60)
        )
        return round(float(radius * self._rng.choice([-1, 1])), 1)

    def _circle(self) -> None:
        self._next(*((300, 600) if self._winged else (80, 300)))
        radius = self._radius()
        self._placed(Command.LOITER_TURNS, float(self._rng.integers(1, 3)), 0.0, radius, 0.0)
        self._rim(radius)

    def _time(self) -> None:
        self._next(*((300, 600) if self._winged else (80, 300)))
        radius = self._radius()
        self._placed(Command.LOITER_TIME, round(float(self._rng.uniform(10, 90)), 1), 0.0, radius, 0.0)
        if self._winged:
            self._rim(radius)

    def _rim(self, radius_m: float) -> None:
        centre = self.way[-1]
        angles = np.arange(8) * math.pi / 4
        self.way += list(centre + abs(radius_m) * np.column_stack([np.cos(angles), np.sin(angles)]))
        self.way.append(centre)

    def _survey(self) -> None:
        course, side = self._rng.uniform(0, 2 * math.pi), self._rng.choice([-1, 1])
        length, apart = self._rng.uniform(150, 350), self._rng.uniform(25, 60)
        if self._winged:
            length, apart = length + 200, apart + 80
        self._next(200, 400)
        corner = self.way.pop()
        ahead = np.array([math.cos(course), math.sin(course)])
        aside = side * np.array([-ahead[1], ahead[0]])
        for number in range(int(self._rng.integers(2, 5))):
            for end in (0, 1) if number % 2 == 0 else (1, 0):
                self.way.append(corner + ahead * length * end + aside * apart * number)
                self._add(Command.WAYPOINT, self._height, "survey")

    def _speed(self) -> None:
        speed = self._rng.uniform(14, 22) if self._winged else self._rng.uniform(3, 15)
        self.items.append(
            PlanItem(int(Command.CHANGE_SPEED), int(Frame.MISSION), params=(0.0, float(speed), -1.0, 0.0))
        )
        self._to()

    def _stay(self) -> None:
        if not self._winged:
            self.items.append(PlanItem(int(Command.DELAY), int(Frame.MISSION), params=(20.0, -1.0, -1.0, 0.0)))
        self._to()

    def _end(self) -> None:
        rng = self._rng
        if rng.random() < 0.6:
            if self._kind == "fixed_wing" and rng.random() < 0.7:
                self._landing()
                return
            self.items.append(PlanItem(int(Command.RETURN_TO_LAUNCH), int(Frame.MISSION), purpose="return"))
            self.way.append(np.zeros(2))
        elif self._kind == "fixed_wing":
            self._landing()
        else:
            self._next(200, 400)
            self._add(Command.LAND if self._kind == "rotorcraft" else Command.VTOL_LAND, 0.0, "land")

    def _landing(self) -> None:
        """A circle down to 60 m, left onto a glide of 8 degrees to home or near it."""
        course = self._rng.uniform(0, 2 * math.pi)
        ahead, radius = np.array([math.cos(course), math.sin(course)]), 90.0
        aside = np.array([ahead[1], -ahead[0]])
        place = self._rng.uniform(-60, 60, 2)
        self.way.append(place - ahead * 490 + aside * radius)
        self._add(Command.LOITER_TO_ALT, 60.0, "land", 1.0, radius, 0.0, 1.0)
        self._rim(radius)
        self.way.append(place - ahead * 427)
        self._add(Command.WAYPOINT, 60.0, "land")
        self.way.append(place)
        self._add(Command.LAND, 0.0, "land")


def _furnished(rng: Generator, world: World, draft: _Draft) -> World:
    """Zones and buildings, in half of the cases far from the way, in the others beside it or on it."""
    way = np.array(draft.way)
    near = rng.random() < 0.5
    zones: list[Zone] = []
    buildings: list[Building] = []
    for _ in range(int(rng.integers(1, 5))):
        ring = _ring(rng)
        gap = rng.uniform(-30, 60) if near and rng.random() < 0.6 else rng.uniform(120, 400)
        ring = _beside(rng, ring, way, gap)
        if not near and min(np.hypot(*(_dense(way) - ring.mean(axis=0)).T)) < 200:
            continue
        what = rng.choice(["no_fly", "no_fly", "ceiling", "building", "building"])
        height = float(rng.choice(draft.heights))
        if what == "building":
            small = ring.mean(axis=0) + (ring - ring.mean(axis=0)) * rng.choice([0.02, 0.2, 0.5])
            top = float(world.ground_m(small.mean(axis=0)[None])[0]) + max(3.0, height + rng.uniform(-50, 30))
            if rng.random() < 0.5:
                small = _beside(rng, small, way, gap if gap > 60 else rng.uniform(-20, 20))
            buildings.append(Building(small, top))
        else:
            zones.append(_zone(rng, str(what), ring, height))
    if rng.random() < 0.5:
        zones.append(_area(rng, way, near))
    return World(world.home, tuple(zones), tuple(buildings), world.corner_deg, world.hills_m)


def _ring(rng: Generator) -> Array:
    """A triangle, a rectangle, an L or a star."""
    size, turned = rng.uniform(15, 120), rng.uniform(0, 2 * math.pi)
    shape = rng.integers(4)
    if shape == 0:
        angles = np.sort(rng.uniform(0, 2 * math.pi, 3)) + np.array([0.0, 0.2, 0.4])
        ring = size * np.column_stack([np.cos(angles), np.sin(angles)])
    elif shape == 1:
        ring = size * np.array([(-1, -0.4), (1, -0.4), (1, 0.4), (-1, 0.4)])
    elif shape == 2:
        ring = size * np.array([(-1, -1), (1, -1), (1, -0.5), (-0.5, -0.5), (-0.5, 1), (-1, 1)])
    else:
        angles = np.arange(12) * math.pi / 6
        ring = size * rng.uniform(0.4, 1.0, 12)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    cosine, sine = math.cos(turned), math.sin(turned)
    return ring @ np.array([[cosine, sine], [-sine, cosine]])


def _dense(way: Array) -> Array:
    """Places on the straight lines between those of a way, about 20 m apart."""
    parts = [np.linspace(a, b, max(2, int(np.hypot(*(b - a)) / 20))) for a, b in pairwise(way)]
    return np.concatenate(parts)


def _beside(rng: Generator, ring: Array, way: Array, gap_m: float) -> Array:
    """A shape moved so that its nearest corner or so lies a gap from some place of a way."""
    places = _dense(way)
    anchor = places[rng.integers(len(places)) if rng.random() < 0.8 else -1]
    away = np.array([math.cos(angle := rng.uniform(0, 2 * math.pi)), math.sin(angle)])
    return ring - away * float((ring @ away).min()) + anchor + away * gap_m


def _zone(rng: Generator, rule: str, ring: Array, height_m: float) -> Zone:
    agl = bool(rng.random() < 0.6)
    datum = 0.0 if agl else HOME[2]
    floor, ceiling = -math.inf, math.inf
    if rule == "ceiling":
        return Zone(rule, ring, -math.inf, datum + height_m + rng.uniform(-20, 60), agl)
    if rng.random() < 0.4:
        floor = datum + height_m + rng.uniform(-30, 60)
    if rng.random() < 0.4:
        ceiling = max(floor + rng.uniform(1, 5), datum + height_m + rng.uniform(-30, 40))
    begin, end = -math.inf, math.inf
    if rng.random() < 0.3:
        begin = rng.uniform(-100, 300)
    if rng.random() < 0.3:
        end = max(begin, 0.0) + rng.uniform(5, rng.choice([30, 300]))
    return Zone(rule, ring, floor, ceiling, agl, begin, end)


def _area(rng: Generator, way: Array, near: bool) -> Zone:
    """A flight area about a way, its edge now and then across it, sometimes with a notch."""
    turned = rng.uniform(0, math.pi)
    axes = np.array([[math.cos(turned), math.sin(turned)], [-math.sin(turned), math.cos(turned)]])
    seen = way @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    spare = rng.uniform(0, 150, 4) if near else rng.uniform(220, 500, 4)
    west, south, east, north = low[0] - spare[0], low[1] - spare[1], high[0] + spare[2], high[1] + spare[3]
    corners = [(west, south), (east, south), (east, north), (west, north)]
    if near and rng.random() < 0.4:
        middle = rng.uniform(west + 0.3 * (east - west), west + 0.7 * (east - west))
        corners[3:3] = [(middle + 3, north), (middle, north - rng.uniform(10, 200)), (middle - 3, north)]
    ceiling = float(rng.uniform(130, 200)) if rng.random() < 0.3 else math.inf
    return Zone("flight_area", np.array(corners) @ axes, -math.inf, ceiling, True)


def _fence(rng: Generator, way: Array, height_m: float) -> Fence:
    """One ring to stay within, now and then one to stay out of and a ceiling."""
    keep_in = _degrees(_area(rng, way, bool(rng.random() < 0.5)).ring_m)
    gap = rng.uniform(-30, 60) if rng.random() < 0.5 else rng.uniform(120, 400)
    keep_out = (_degrees(_beside(rng, _ring(rng), way, gap)),) if rng.random() < 0.4 else ()
    ceiling = float(height_m + rng.uniform(-10, 80)) if rng.random() < 0.4 else None
    return Fence((keep_in,), keep_out, ceiling)


def _degrees(ring_m: Array) -> tuple[tuple[float, float], ...]:
    return tuple((float(lat), float(lon)) for lat, lon in degrees(HOME, ring_m))
