"""Cars: they keep their lane and their distance, slow down for turns, wait at crossings, and turn at random."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.movers.network import Crossing, Network, Way
from simulators.movers.path import Path, curve
from simulators.movers.states import Shape

_ACCELERATION = 1.6
_BRAKING = 2.5
_GAP_M = 3.0
_TURN_SPEED = 4.5
_STOP_CHANCE = 0.35
_DECIDE_EVERY_S = 0.1
LOOKS = 8


@dataclass(eq=False, slots=True)
class Car:
    """One car on its way along a path: a lane, or the turn from one lane into the next.

    Attributes:
        along_m: of its middle, from the start of the path.
        next_way: the lane it will take.
        turning: whether it is within a crossing.
        wait_s: how much longer it stands at the stop line.
    """

    id: str
    shape: Shape
    way: Way
    path: Path
    cruise_mps: float
    along_m: float
    speed_mps: float
    next_way: Way
    turning: bool = False
    wait_s: float = 0.0
    acceleration: float = 0.0


@dataclass(eq=False, slots=True)
class Cars:
    """All cars, and who has which crossing to itself."""

    network: Network
    rng: random.Random
    cars: list[Car] = field(default_factory=list)
    _taken: dict[Crossing, Car] = field(default_factory=dict)
    _until_decision_s: float = 0.0

    def populate(self, count: int) -> None:
        """Put cars on the lanes, with room between them."""
        lanes = [lane for crossing in sorted(self.network.lanes) for lane in self.network.lanes[crossing]]
        spaces = [(lane, at) for lane in lanes for at in range(6, int(lane.path.length_m) - 6, 16)]
        for number, (lane, at) in enumerate(self.rng.sample(spaces, min(count, len(spaces)))):
            rng = self.rng
            tall = rng.random() < 0.12
            size = (6.2, 2.1, 2.5) if tall else (rng.uniform(4.1, 4.8), rng.uniform(1.75, 1.9), rng.uniform(1.42, 1.65))
            shape = Shape(*size, look=rng.randrange(LOOKS))
            cruise = rng.uniform(8.0, 13.5)
            car = Car(f"car-{number + 1:02d}", shape, lane, lane.path, cruise, at, cruise, self._choose(lane))
            self.cars.append(car)

    def step(self, dt_s: float) -> None:
        """Advance all cars."""
        self._until_decision_s -= dt_s
        if self._until_decision_s <= 0:
            self._until_decision_s += _DECIDE_EVERY_S
            self._decide()
        for car in self.cars:
            speed = max(0.0, car.speed_mps + car.acceleration * dt_s)
            car.along_m += 0.5 * (speed + car.speed_mps) * dt_s
            car.speed_mps = speed
            if car.along_m >= car.path.length_m:
                self._go_on(car)

    def _decide(self) -> None:
        lines: dict[int, list[Car]] = {}
        for car in self.cars:
            lines.setdefault(id(car.path), []).append(car)
        for line in lines.values():
            line.sort(key=lambda car: -car.along_m)
            for ahead, car in zip([None, *line], line, strict=False):
                self._drive(car, ahead, lines)

    def _drive(self, car: Car, ahead: Car | None, lines: Mapping[int, list[Car]]) -> None:
        left = car.path.length_m - car.along_m
        target = _TURN_SPEED if car.turning else car.cruise_mps
        limit = target
        if not car.turning:
            may_go = ahead is None and car.wait_s <= 0 and left < 30 and self._enter(car, lines)
            if car.wait_s > 0 and left < 2.0 and car.speed_mps < 0.2:
                car.wait_s -= _DECIDE_EVERY_S
            end = _TURN_SPEED if may_go else 0.0
            room = max(0.0, left - (0.0 if may_go else 0.5))
            limit = min(limit, (end**2 + 2 * 0.6 * _BRAKING * room) ** 0.5)
        if ahead is not None:
            gap = ahead.along_m - car.along_m - 0.5 * (ahead.shape.length_m + car.shape.length_m) - _GAP_M
            limit = min(limit, (ahead.speed_mps**2 + 2 * 0.6 * _BRAKING * max(0.0, gap)) ** 0.5 if gap > 0 else 0.0)
        wanted = (limit - car.speed_mps) / 0.4
        car.acceleration = min(_ACCELERATION, max(-2 * _BRAKING, wanted))

    def _enter(self, car: Car, lines: Mapping[int, list[Car]]) -> bool:
        """Whether the car has, or now gets, the crossing ahead to itself, and room behind it."""
        crossing = car.way.end
        if self._taken.get(crossing) is car:
            return True
        queue = lines.get(id(car.next_way.path), [])
        room = min((other.along_m - other.shape.length_m / 2 for other in queue), default=1e9)
        if crossing in self._taken or room < car.shape.length_m + _GAP_M:
            return False
        self._taken[crossing] = car
        return True

    def _go_on(self, car: Car) -> None:
        beyond = car.along_m - car.path.length_m
        if car.turning:
            self._leave(car)
            car.way, car.path, car.turning = car.next_way, car.next_way.path, False
            car.next_way = self._choose(car.way)
            car.wait_s = self.rng.uniform(2.0, 9.0) if self.rng.random() < _STOP_CHANCE else 0.0
        elif self._taken.get(car.way.end) is not car:
            car.along_m, car.speed_mps, car.acceleration = car.path.length_m, 0.0, 0.0
            return
        else:
            here, there = car.path, car.next_way.path
            car.path = curve(here.points[-1], here.end_heading_deg, there.points[0], there.start_heading_deg)
            car.turning = True
        car.along_m = beyond

    def _leave(self, car: Car) -> None:
        if self._taken.get(car.way.end) is car:
            del self._taken[car.way.end]

    def _choose(self, way: Way) -> Way:
        onward = self.network.lanes.get(way.end, [])
        others = [lane for lane in onward if lane.street != way.street]
        return self.rng.choice(others or onward)
