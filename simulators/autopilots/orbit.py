"""Circles as a rotorcraft flies them: a point that runs around, and the nose toward the centre."""

import math
from dataclasses import dataclass, field

from simulators.autopilots.places import Place

_ON_CIRCLE_M = 4.0


@dataclass(slots=True)
class Orbit:
    """Turns about a centre.

    Attributes:
        centre: its height is flown.
        radius_m: negative turns counter-clockwise.
        turns: to fly; 0 for no end.
        angle: where the running point is, radians from north as seen from the centre.
        flown: radians flown so far.
    """

    centre: Place
    radius_m: float
    turns: float
    angle: float
    flown: float = field(default=0.0)

    @property
    def done(self) -> bool:
        """Whether all turns are flown."""
        return self.turns > 0 and self.flown >= self.turns * math.tau

    @property
    def point(self) -> Place:
        """The running point."""
        return self.centre.toward(self.angle, abs(self.radius_m))

    def step(self, dt: float, place: Place, fastest: float) -> tuple[float, float]:
        """Move the point while the vehicle is near it; the velocity (east, north) of the point."""
        size = max(abs(self.radius_m), 0.5)
        if place.distance(self.point) > max(_ON_CIRCLE_M, 0.15 * size):
            return 0.0, 0.0
        step = fastest / size * dt
        self.angle += math.copysign(step, self.radius_m)
        self.flown += step
        along = self.angle + math.copysign(math.pi / 2, self.radius_m)
        return math.sin(along) * fastest, math.cos(along) * fastest
