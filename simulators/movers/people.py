"""People: they walk along the sidewalks, round corners and over crossings, and stand still now and then."""

import math
import random
from dataclasses import dataclass, field

from simulators.movers.network import Network, Way
from simulators.movers.path import Path
from simulators.movers.states import Shape

_TURN_BACK_CHANCE = 0.05
_PAUSE_RATE_HZ = 1 / 90
LOOKS = 8


@dataclass(eq=False, slots=True)
class Person:
    """One person on a path: a sidewalk, or the way from one to the next."""

    id: str
    shape: Shape
    way: Way
    path: Path
    pace_mps: float
    along_m: float
    aside_m: float
    next_way: Way | None = None
    pause_s: float = 0.0

    @property
    def speed_mps(self) -> float:
        """Over ground."""
        return 0.0 if self.pause_s > 0 else self.pace_mps


@dataclass(eq=False, slots=True)
class People:
    """All people."""

    network: Network
    rng: random.Random
    people: list[Person] = field(default_factory=list)

    def populate(self, count: int) -> None:
        """Put people on the sidewalks."""
        walks = [walk for crossing in sorted(self.network.sidewalks) for walk in self.network.sidewalks[crossing]]
        if not walks:
            return
        weights = [walk.path.length_m for walk in walks]
        for number, walk in enumerate(self.rng.choices(walks, weights, k=count)):
            rng = self.rng
            shape = Shape(0.45, 0.5, rng.uniform(1.55, 1.85), rng.randrange(LOOKS))
            aside = rng.uniform(-1.2, 1.2)
            along = rng.uniform(0, walk.path.length_m)
            path = walk.path.offset(aside)
            pace = rng.uniform(0.9, 1.7)
            self.people.append(Person(f"person-{number + 1:02d}", shape, walk, path, pace, along, aside))

    def step(self, dt_s: float) -> None:
        """Advance all people."""
        for person in self.people:
            if person.pause_s > 0:
                person.pause_s -= dt_s
                continue
            if self.rng.random() < _PAUSE_RATE_HZ * dt_s:
                person.pause_s = self.rng.uniform(3.0, 15.0)
                continue
            person.along_m += person.pace_mps * dt_s
            if person.along_m >= person.path.length_m:
                self._go_on(person)

    def _go_on(self, person: Person) -> None:
        person.along_m -= person.path.length_m
        if person.next_way is None:
            person.next_way = self._choose(person.way)
            onward = person.next_way.path.offset(person.aside_m)
            here, there = person.path.points[-1], onward.points[0]
            if math.dist(here, there) > 0.5:
                person.path = Path([here, there])
                return
        person.way, person.next_way = person.next_way, None
        person.path = person.way.path.offset(person.aside_m)

    def _choose(self, way: Way) -> Way:
        """The next sidewalk: one that begins close by, rather than across the whole crossing."""
        onward = self.network.sidewalks.get(way.end, [])
        here = way.path.points[-1]
        weights = []
        for each in onward:
            near = math.exp(-math.dist(here, each.path.points[0]) / 8)
            weights.append(near * (_TURN_BACK_CHANCE if each.street == way.street else 1.0) + 1e-9)
        return self.rng.choices(onward, weights)[0]
