"""Straight legs as a rotorcraft flies them: a target that slides along the line, and the vehicle follows it."""

import math
from dataclasses import dataclass

from simulators.autopilots.places import Place, clamp

_FOLLOW_GAIN = 1.0
_LEASH_M = 6.0
_EFFORT = 0.65
_LEAD_S = 0.55
"""Acceleration is led by as much as the vehicle's velocity lags behind what is asked of it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Speeds (m/s), accelerations (m/s2) and jerk (m/s3) that a leg may ask for."""

    speed: float
    up: float
    down: float
    acceleration: float
    climb_acceleration: float
    jerk: float


class Leg:
    """A target moving from start to end; it slows down for the end, and waits when the vehicle cannot keep up.

    Attributes:
        end: where it leads.
        target: where the vehicle should be now.
    """

    def __init__(
        self, start: Place, end: Place, limits: Limits, *, start_speed: float = 0.0, end_speed: float = 0.0
    ) -> None:
        self.start, self.end, self.target = start, end, start
        self.speed = start_speed
        self._end_speed = end_speed
        flat = start.distance(end)
        rise = end.amsl - start.amsl
        self.length = math.hypot(flat, rise)
        self._along = 0.0
        unit = max(self.length, 1e-6)
        self._direction = ((end.east - start.east) / unit, (end.north - start.north) / unit, rise / unit)
        level, steep = flat / unit, abs(rise) / unit
        climb = limits.up if rise > 0 else limits.down
        speed = min(limits.speed, max(peak_speed(flat, limits), start_speed)) if flat > 1 else limits.speed
        self._most = min(speed / max(level, 1e-3), climb / max(steep, 1e-3))
        self._change = min(limits.acceleration / max(level, 1e-3), limits.climb_acceleration / max(steep, 1e-3))

    @property
    def done(self) -> bool:
        """Whether the target has come to the end."""
        return self._along >= self.length - 1e-6

    @property
    def bearing(self) -> float | None:
        """Direction of the leg, radians from north; None for one that leads (almost) straight up or down."""
        return self.start.bearing(self.end) if self.start.distance(self.end) > 1 else None

    def limit_speed(self, speed: float) -> None:
        """Change the horizontal speed while flying it."""
        level = math.hypot(self._direction[0], self._direction[1])
        if level > 1e-3:
            self._most = min(speed / level, self._most if level < 0.7 else math.inf)

    def step(self, dt: float, place: Place, *, paused: bool = False) -> tuple[float, float, float]:
        """Move the target for dt seconds; the velocity (east, north, up) that keeps the vehicle on it."""
        left = max(self.length - self._along, 0.0)
        behind = math.dist(place, self.target)
        allowed = 0.0 if paused else min(self._most, math.sqrt(self._end_speed**2 + 2 * _EFFORT * self._change * left))
        allowed *= clamp(2 - behind / _LEASH_M, 0.0, 1.0)
        before = self.speed
        self.speed = clamp(allowed, before - 1.2 * self._change * dt, before + _EFFORT * self._change * dt)
        lead = _LEAD_S * clamp((self.speed - before) / dt, -self._change, self._change)
        self._along = min(self._along + self.speed * dt, self.length)
        if left < 0.05 and not paused:
            self._along = self.length
        east, north, up = self._direction
        self.target = self.start.moved(east * self._along, north * self._along, up * self._along)
        moving = 0.0 if self.done and self._end_speed == 0 else self.speed + lead
        return (
            moving * east + _FOLLOW_GAIN * (self.target.east - place.east),
            moving * north + _FOLLOW_GAIN * (self.target.north - place.north),
            moving * up + _FOLLOW_GAIN * (self.target.amsl - place.amsl),
        )


def corner_speed(before: Place, corner: Place, after: Place, acceleration: float, radius_m: float) -> float:
    """The speed at which a corner can be flown through when it may be cut by a radius; 0 for a reversal."""
    if before.distance(corner) < 1 or corner.distance(after) < 1:
        return 0.0
    turn = abs(math.remainder(corner.bearing(after) - before.bearing(corner), math.tau))
    if turn > math.radians(150):
        return 0.0
    return math.sqrt(acceleration * radius_m / max(math.tan(turn / 2), 0.02))


def peak_speed(length_m: float, limits: Limits) -> float:
    """The speed to which an S-curve gets over half of a leg, so that the other half is left to brake.

    It takes v sqrt(v / j) to reach v while the acceleration builds up, and v^2 / 2a + v a / 2j beyond. ArduCopter 4.6.2
    was seen to fly legs of 13 m between gentle corners at 3.3 m/s, however fast it was told to go.
    """
    half, acceleration, jerk = length_m / 2, limits.acceleration, limits.jerk
    building = math.cbrt(half * half * jerk)
    if building <= acceleration * acceleration / jerk:
        return building
    ramp = acceleration / (2 * jerk)
    return acceleration * (math.sqrt(ramp * ramp + 2 * half / acceleration) - ramp)


def closing_speed(distance_m: float, deceleration: float) -> float:
    """The speed from which the vehicle can stop at a distance: proportional when near, by the square root when far."""
    if distance_m <= deceleration:
        return distance_m
    return math.sqrt(2 * deceleration * (distance_m - deceleration / 2))


def capped(velocity: tuple[float, float, float], speed: float) -> tuple[float, float, float]:
    """The velocity, its horizontal part not much above a speed."""
    size = math.hypot(velocity[0], velocity[1])
    scale = 1.05 * speed / size if size > 1.05 * speed else 1.0
    return velocity[0] * scale, velocity[1] * scale, velocity[2]
