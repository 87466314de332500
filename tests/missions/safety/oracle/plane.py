"""A point mass on wings: it banks with some delay, no further than its limit, toward a point ahead on its line.

Lines by the law of Park, Deyst and How (2004), circles by aiming at the centre until holding the circle asks for less;
the same laws that ArduPlane flies by.
"""

import math

import numpy as np

from missions.planning.profiles import VehicleProfile
from tests.missions.safety.oracle.copter import Copter
from tests.missions.safety.oracle.log import GRAVITY, STEP_S, Log, wing_power, wrapped
from tests.missions.safety.oracle.orders import Order
from tests.missions.safety.oracle.world import World

DAMPING = 0.75
ROLL_S = 0.6
ROLL_RAD_S = math.radians(30)
LOITER_M = 60.0
VTOL_CIRCLE_M = 80.0
SMALL_DROP_M = 15.0

Flat = tuple[float, float]


class Plane:
    """Flies orders; a VTOL's hovering is left to a `Copter`."""

    def __init__(self, world: World, profile: VehicleProfile, log: Log, speed_mps: float) -> None:
        self._world, self._profile, self._log = world, profile, log
        self._speed = speed_mps
        self._east, self._north, self._up = 0.0, 0.0, world.home[2]
        self._heading = self._bank = 0.0
        self._from: Flat | None = None
        self._carried = False

    @property
    def _flat(self) -> Flat:
        return self._east, self._north

    def fly(self, orders: list[Order]) -> None:
        """All of a plan."""
        for number, order in enumerate(orders):
            self._log.item, self._log.phase = order.item, 0
            ahead = next(((o.east_m, o.north_m) for o in orders[number + 1 :] if o.moves), None)
            if order.word == "speed":
                self._speed = min(max(order.speed_mps, self._profile.min_mps), self._profile.max_mps)
            elif order.word == "up":
                self._take_off(order, ahead)
            elif order.word == "circle":
                self._circle(order, ahead)
            elif order.word == "to":
                self._to(order, ahead)
            elif order.word == "home" and not self._profile.hovers:
                self._line((0.0, 0.0), self._up, 0.0)
            elif order.word == "stay":
                continue
            elif self._profile.hovers:
                self._down_vertically(order)
            else:
                self._glide(order)

    def _velocity(self) -> Flat:
        return (
            self._speed * math.cos(self._heading) + self._log.wind_mps[0],
            self._speed * math.sin(self._heading) + self._log.wind_mps[1],
        )

    def _step(self, leftward_mps2: float, up_m: float, *, limited: bool = True) -> None:
        """One step, asked for an acceleration to the left and a height."""
        limit = math.radians(self._profile.bank_deg or 0.0)
        wanted = max(-limit, min(limit, math.atan(leftward_mps2 / GRAVITY)))
        self._bank += max(-ROLL_RAD_S, min(ROLL_RAD_S, (wanted - self._bank) / ROLL_S)) * STEP_S
        self._heading += GRAVITY * math.tan(self._bank) / self._speed * STEP_S
        east, north = self._velocity()
        self._east, self._north = self._east + east * STEP_S, self._north + north * STEP_S
        rise = up_m - self._up
        if limited:
            rise = max(-self._profile.sink_mps * STEP_S, min(self._profile.climb_mps * STEP_S, rise))
        self._up += rise
        power = wing_power(self._profile, self._speed, rise / STEP_S, 1 / math.cos(self._bank))
        self._log.keep(self._east, self._north, self._up, power)

    def _aim(self, off_rad: float) -> float:
        """The acceleration that turns the way over the ground by an angle, at the reach of the law."""
        ground = math.hypot(*self._velocity())
        off = max(-math.pi / 2, min(math.pi / 2, wrapped(off_rad)))
        return 4 * DAMPING**2 * ground**2 / self._reach(ground) * math.sin(off)

    def _reach(self, ground_mps: float) -> float:
        return DAMPING * self._profile.guidance_period_s * max(ground_mps, 1.0) / math.pi

    def _along(self, begin: Flat, end: Flat) -> tuple[float, float, float, float]:
        """Course and length of a line, and where the aircraft is along it and to its left."""
        course, length = math.atan2(end[1] - begin[1], end[0] - begin[0]), math.dist(begin, end)
        east, north = self._east - begin[0], self._north - begin[1]
        return (
            course,
            length,
            east * math.cos(course) + north * math.sin(course),
            north * math.cos(course) - east * math.sin(course),
        )

    def _line(self, end: Flat, up_m: float, within_m: float, *, glide: bool = False) -> None:
        """Along the line to a place, until it is near or passed; what lies lower is come down to evenly."""
        begin = self._from or self._flat
        course, length, along, _ = self._along(begin, end)
        if length < 0.5:
            return
        drop, to_go = self._up - up_m, length if not glide else max(length - along, 1.0)
        slope = drop / to_go if glide or drop > SMALL_DROP_M else 0.0
        for _ in range(20_000):
            course, length, along, left = self._along(begin, end)
            if along >= length or math.dist(self._flat, end) <= within_m:
                break
            east, north = self._velocity()
            ground = math.hypot(east, north)
            ease = math.asin(max(-0.7071, min(0.7071, left / self._reach(ground))))
            wanted = min(self._up, up_m + slope * (length - along)) if slope else up_m
            self._step(self._aim(wrapped(course - math.atan2(north, east)) - ease), wanted, limited=not glide)
        self._from = end

    def _to(self, order: Order, ahead: Flat | None) -> None:
        place = (order.east_m, order.north_m)
        within = 0.0
        if ahead is not None:
            begin = self._from or self._flat
            first = math.atan2(place[1] - begin[1], place[0] - begin[0])
            turn = abs(wrapped(math.atan2(ahead[1] - place[1], ahead[0] - place[0]) - first))
            reach = self._reach(self._over_ground_mps(first))
            within = min(self._profile.acceptance_m, reach) * min(1.0, turn / (math.pi / 2))
        if order.agl_m is None:
            self._line(place, order.up_m, within)
            return
        begin = np.array(self._from or self._flat)
        steps = max(1, round(math.dist(begin, place) / 15.0))
        shares = np.arange(1, steps + 1) / steps
        ways = begin + shares[:, None] * (np.array(place) - begin)
        ground = self._world.ground_m(np.vstack([begin, ways]))
        above = self._up - ground[0]
        for share, way, below in zip(shares, ways, ground[1:], strict=True):
            height = float(below + above + (order.agl_m - above) * share)
            self._line((float(way[0]), float(way[1])), height, within if share == 1 else 0.0)
            if math.dist(self._flat, place) <= within:
                break
        self._from = place

    def _over_ground_mps(self, course: float) -> float:
        wind = self._log.wind_mps
        across = wind[1] * math.cos(course) - wind[0] * math.sin(course)
        along = wind[0] * math.cos(course) + wind[1] * math.sin(course)
        return along + math.sqrt(max(self._speed**2 - across**2, 1.0))

    def _crab(self, course: float) -> float:
        wind = self._log.wind_mps
        across = wind[1] * math.cos(course) - wind[0] * math.sin(course)
        return course - math.asin(max(-1.0, min(1.0, across / self._speed)))

    def _take_off(self, order: Order, ahead: Flat | None) -> None:
        self._log.phase = 1
        if self._profile.hovers:
            lift = Copter(self._world, self._profile, self._log, self._speed)
            lift.travel((0.0, 0.0, max(order.up_m, self._up)))
            self._up = lift.place[2]
            if ahead is not None:
                self._log.phase = 0
                self._take_wing(ahead)
            return
        place = (order.east_m, order.north_m)
        toward = place if math.dist(place, self._flat) > 1 else ahead or place
        course = math.atan2(toward[1] - self._north, toward[0] - self._east)
        self._heading, self._carried = self._crab(course), True
        far = (self._east + 1e4 * math.cos(course), self._north + 1e4 * math.sin(course))
        begin = self._flat
        while self._up < order.up_m - 0.01:
            course, _, _, left = self._along(begin, far)
            east, north = self._velocity()
            ease = math.asin(max(-0.7071, min(0.7071, left / self._reach(math.hypot(east, north)))))
            self._step(self._aim(course - math.atan2(north, east) - ease), order.up_m)
        self._from = None

    def _take_wing(self, toward: Flat) -> None:
        """From hover to flight on wings, speeding up evenly."""
        course = math.atan2(toward[1] - self._north, toward[0] - self._east)
        way = self._profile.transition_m + self._profile.transition_s * (
            self._log.wind_mps[0] * math.cos(course) + self._log.wind_mps[1] * math.sin(course)
        )
        steps = round(self._profile.transition_s / STEP_S)
        begin = self._flat
        for step in range(1, steps + 1):
            gone = max(way, 0.0) * (step / steps) ** 2
            self._east, self._north = begin[0] + gone * math.cos(course), begin[1] + gone * math.sin(course)
            self._log.keep(self._east, self._north, self._up, self._profile.transition_power)
        self._heading, self._bank, self._carried = self._crab(course), 0.0, True
        self._from = None

    def _circle(self, order: Order, ahead: Flat | None) -> None:
        centre, radius = (order.east_m, order.north_m), abs(order.radius_m) or LOITER_M
        if math.dist(self._flat, centre) > 3 * radius:
            self._line_to_circle(centre, radius, order.up_m)
        self._round(centre, radius, -1 if order.radius_m >= 0 else 1, order, ahead)
        self._from = None

    def _line_to_circle(self, centre: Flat, radius_m: float, up_m: float) -> None:
        begin = self._from or self._flat
        start, way = self._up, max(math.dist(self._flat, centre) - radius_m, 1.0)
        for _ in range(20_000):
            away = math.dist(self._flat, centre)
            if away <= 3 * radius_m:
                return
            course, _, _, left = self._along(begin, centre)
            east, north = self._velocity()
            ease = math.asin(max(-0.7071, min(0.7071, left / self._reach(math.hypot(east, north)))))
            wanted = self._easing(start, up_m, (away - radius_m) / way)
            self._step(self._aim(course - math.atan2(north, east) - ease), wanted)

    def _easing(self, start_m: float, end_m: float, share: float) -> float:
        """The height with a share of the way still to go."""
        if start_m - end_m > SMALL_DROP_M:
            return min(self._up, end_m + (start_m - end_m) * min(max(share, 0.0), 1.0))
        return end_m

    def _round(self, centre: Flat, radius_m: float, side: int, order: Order, ahead: Flat | None) -> None:
        period = 2 * math.pi / self._profile.guidance_period_s
        gone = elapsed = 0.0
        joined = False
        start, way = self._up, max(math.dist(self._flat, centre) - radius_m, 1.0)
        last = math.atan2(self._north - centre[1], self._east - centre[0])
        for _ in range(20_000):
            east, north = self._velocity()
            x, y = self._east - centre[0], self._north - centre[1]
            away = max(math.hypot(x, y), 0.1)
            outward, around = (x * east + y * north) / away, side * (x * north - y * east) / away
            beyond = away - radius_m
            hold = beyond * period**2 + 2 * DAMPING * period * outward
            if around < 0 < outward:
                hold = max(hold, 0.0)
            hold += around**2 / max(0.5 * radius_m, away)
            inward = self._aim(math.atan2(-y, -x) - math.atan2(north, east))
            joined = joined or (abs(beyond) < 0.15 * radius_m and around > 0.8 * math.hypot(east, north))
            wanted = self._easing(start, order.up_m, beyond / way) if not joined else order.up_m
            self._step(inward if beyond > 0 and side * inward < hold else side * hold, wanted)
            angle = math.atan2(self._north - centre[1], self._east - centre[0])
            if joined:
                gone, elapsed = gone + side * wrapped(angle - last), elapsed + STEP_S
            last = angle
            if joined and self._done(order, gone, elapsed) and self._looks_at(ahead, centre, radius_m):
                return

    def _done(self, order: Order, gone_rad: float, elapsed_s: float) -> bool:
        if order.turns is not None:
            return gone_rad >= 2 * math.pi * order.turns - math.radians(10)
        if order.seconds is not None:
            return elapsed_s >= order.seconds
        return abs(self._up - order.up_m) < 1.0

    def _looks_at(self, ahead: Flat | None, centre: Flat, radius_m: float) -> bool:
        if ahead is None or math.dist(ahead, centre) <= radius_m:
            return True
        east, north = self._velocity()
        wanted = math.atan2(ahead[1] - self._north, ahead[0] - self._east)
        return abs(wrapped(wanted - math.atan2(north, east))) < math.radians(10)

    def _glide(self, order: Order) -> None:
        self._log.phase = 2
        self._speed = min(self._speed, 1.3 * self._profile.min_mps)
        self._line((order.east_m, order.north_m), order.up_m, 0.0, glide=True)

    def _down_vertically(self, order: Order) -> None:
        place = (order.east_m, order.north_m)
        low = order.up_m + self._profile.hover_height_m
        if order.word == "home" and self._up > low + SMALL_DROP_M:
            turn = self._speed**2 / (GRAVITY * math.tan(math.radians(self._profile.bank_deg or 45.0)))
            circle = Order("circle", order.item, *place, low, radius_m=max(VTOL_CIRCLE_M, turn))
            self._circle(circle, None)
        self._from = None
        course = math.atan2(place[1] - self._north, place[0] - self._east)
        braking = self._over_ground_mps(course) ** 2 / (2 * self._profile.acceleration_mps2)
        if math.dist(self._flat, place) > braking:
            self._line(place, self._up, braking)
        hover = Copter(self._world, self._profile, self._log, self._speed)
        hover.place, hover.velocity = [self._east, self._north, self._up], [*self._velocity(), 0.0]
        hover.travel((*place, self._up))
        hover.settle(order.up_m)
