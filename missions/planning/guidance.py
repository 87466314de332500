"""How an aircraft with wings joins a line: the guidance law of real autopilots, flown in small steps.

S. Park, J. Deyst, J. How, "A new nonlinear guidance logic for trajectory tracking", AIAA GNC 2004, in the form of
ArduPilot's L1 controller: the demanded acceleration is 4 damping^2 v^2 / L1 sin(nu), with L1 in proportion to the
ground speed, and a line is joined at 45 degrees at most. PX4's controller of aircraft with wings behaves alike.
"""

import math
from dataclasses import dataclass

from missions.planning.profiles import GRAVITY_MPS2

DAMPING = 0.75
STEP_S = 0.25
LONGEST_S = 400.0
ROLL_IN_S = 2.0
"""From level to the bank limit, as real flights of ArduPlane fit best."""

EITHER_SIDE_RAD = 2.8
"""Turned further than this, an aircraft may turn to either side."""

TURNED_BACK_RAD = math.radians(150)
"""So far off the course it wants, wind and a few metres decide to which side an aircraft turns."""

JOIN_SINE = math.sin(math.pi / 4)
SETTLED_M = 1.0
SETTLED_RAD = 0.03
ON_CIRCLE_M = 3.0
MARK_RAD = 0.14
MARK_S = 4.0


@dataclass(frozen=True)
class Guidance:
    """What steers the aircraft.

    Attributes:
        speed_mps: through the air.
        sideways_mps2: greatest acceleration across its way.
        period_s: of L1.
        side: to which it turns where either side would do, +1 left, -1 right; 0 the nearer one.
    """

    speed_mps: float
    sideways_mps2: float
    period_s: float
    side: int = 0

    def reach_m(self, ground_mps: float) -> float:
        """The L1 distance: how far ahead on its line the aircraft aims."""
        return DAMPING * self.period_s * ground_mps / math.pi

    def turn_distance_m(self, ground_mps: float, acceptance_m: float, turn_rad: float) -> float:
        """How far before a waypoint the turn to the next leg begins: less for less than a right angle."""
        return min(acceptance_m, self.reach_m(ground_mps)) * min(1.0, abs(turn_rad) / (math.pi / 2))


@dataclass(frozen=True)
class Sample:
    """Where the aircraft is while it joins a line or a circle.

    Attributes:
        time_s: since it began.
        along_m, left_m: from the line's beginning along it and to its left; from a circle's centre, east and north.
        heading_rad: of the nose, from the line's direction; for a circle from east.
        load_s: integral of the square of the load factor since the sample before.
    """

    time_s: float
    along_m: float
    left_m: float
    heading_rad: float
    load_s: float


@dataclass(frozen=True)
class Joined:
    """How a line or a circle was joined.

    Attributes:
        samples: thinned, the last one at the end.
        ended: whether the end of the line was reached first; of a circle, whether it is followed.
        turned_back: whether it may as well have turned to the other side.
    """

    samples: list[Sample]
    ended: bool
    turned_back: bool


class _Airframe:
    """A point that moves through the air, banks with some delay, and keeps samples of its way, thinned."""

    def __init__(self, guidance: Guidance, start: tuple[float, float, float], drift_mps: tuple[float, float]) -> None:
        self.x, self.y, self.heading = start
        self._drift_x, self._drift_y = drift_mps
        self._speed, self._most = guidance.speed_mps, guidance.sideways_mps2
        self._roll = self._most / ROLL_IN_S * STEP_S
        self.time = self.sideways = self._load = self._turned = self._marked_s = 0.0
        self._turning = float(guidance.side)
        self.turned_back = False
        self.samples: list[Sample] = []

    def velocity(self) -> tuple[float, float]:
        """Over the ground."""
        return (
            self._speed * math.cos(self.heading) + self._drift_x,
            self._speed * math.sin(self.heading) + self._drift_y,
        )

    def steady(self, off_rad: float) -> float:
        """An angle off the wanted course, on the same side as before where either side would do."""
        if abs(off_rad) > math.pi:
            off_rad -= math.copysign(2 * math.pi, off_rad)
        self.turned_back |= abs(off_rad) > TURNED_BACK_RAD
        if abs(off_rad) > EITHER_SIDE_RAD and off_rad * self._turning < 0:
            off_rad = -off_rad
        self._turning = off_rad
        return max(-math.pi / 2, min(math.pi / 2, off_rad))

    def step(self, wanted_mps2: float) -> None:
        """Fly on for a moment, asked for an acceleration to the left."""
        wanted = max(-self._most, min(self._most, wanted_mps2))
        self.sideways += max(-self._roll, min(self._roll, wanted - self.sideways))
        change = self.sideways / self._speed * STEP_S
        middle = self.heading + change / 2
        self.heading += change
        self.x += (self._speed * math.cos(middle) + self._drift_x) * STEP_S
        self.y += (self._speed * math.sin(middle) + self._drift_y) * STEP_S
        self.time += STEP_S
        self._load += STEP_S * (1 + (self.sideways / GRAVITY_MPS2) ** 2)
        self._turned += abs(change)
        if self._turned > MARK_RAD or self.time - self._marked_s > MARK_S:
            self.mark()

    def mark(self) -> None:
        """Keep the present place."""
        self.samples.append(Sample(self.time, self.x, self.y, self.heading, self._load))
        self._load, self._turned, self._marked_s = 0.0, 0.0, self.time


def join(
    guidance: Guidance,
    start: tuple[float, float, float],
    drift_mps: tuple[float, float],
    length_m: float,
    accept_m: float,
) -> Joined:
    """Fly toward a line until it is joined, or until its end is reached.

    Args:
        guidance: of the aircraft.
        start: along and left of the line (m), heading of the nose from its direction (rad).
        drift_mps: the wind along the line and to its left.
        length_m: of the line.
        accept_m: distance at which its end counts as reached.
    """
    body = _Airframe(guidance, start, drift_mps)
    pull, reach_s, calm = 4 * DAMPING**2, guidance.reach_m(1.0), 0.1 * guidance.sideways_mps2
    while True:
        forward, leftward = body.velocity()
        course = math.atan2(leftward, forward)
        ended = body.x >= length_m or math.hypot(length_m - body.x, body.y) <= accept_m or body.time >= LONGEST_S
        settled = abs(body.y) < SETTLED_M and abs(course) < SETTLED_RAD and abs(body.sideways) < calm
        if ended or settled:
            body.mark()
            return Joined(body.samples, ended, body.turned_back)
        ground = max(math.hypot(forward, leftward), 1.0)
        reach = reach_s * ground
        off = body.steady(-course - math.asin(max(-JOIN_SINE, min(JOIN_SINE, body.y / reach))))
        body.step(pull * ground**2 / reach * math.sin(off))


def capture(
    guidance: Guidance,
    start: tuple[float, float, float],
    drift_mps: tuple[float, float],
    radius_m: float,
    side: int,
) -> Joined:
    """Fly to a circle until it is followed: toward its centre first, then held on it by its distance.

    Args:
        guidance: of the aircraft.
        start: east and north of the circle's centre (m), heading of the nose (mathematical, rad).
        drift_mps: the wind toward east and north.
        radius_m: of the circle.
        side: +1 counter-clockwise, -1 clockwise.
    """
    body = _Airframe(guidance, start, drift_mps)
    while True:
        wanted, followed = _to_circle(body, guidance, radius_m, side)
        if followed or body.time >= LONGEST_S:
            body.mark()
            return Joined(body.samples, followed, body.turned_back)
        body.step(wanted)


def around(
    guidance: Guidance,
    start: tuple[float, float, float],
    drift_mps: tuple[float, float],
    radius_m: float,
    side: int,
    sweep_rad: float,
) -> list[Sample]:
    """Fly around a circle that was reached, as well as bank and wind allow.

    Args:
        guidance, start, drift_mps, radius_m, side: as for `capture`.
        sweep_rad: how far around.

    Returns:
        Samples, thinned, the last one at the end.
    """
    body = _Airframe(guidance, start, drift_mps)
    swept, angle = 0.0, math.atan2(body.y, body.x)
    while swept < sweep_rad and body.time < LONGEST_S + 3 * sweep_rad * radius_m / guidance.speed_mps:
        body.step(_to_circle(body, guidance, radius_m, side)[0])
        before, angle = angle, math.atan2(body.y, body.x)
        swept += side * math.remainder(angle - before, 2 * math.pi)
    body.mark()
    return body.samples


def _to_circle(body: _Airframe, guidance: Guidance, radius_m: float, side: int) -> tuple[float, bool]:
    """The acceleration to the left that leads to a circle and holds it, and whether it is followed now."""
    turn = 2 * math.pi / guidance.period_s
    east, north = body.velocity()
    away = max(math.hypot(body.x, body.y), 0.1)
    out = (body.x * east + body.y * north) / away
    forth = side * (body.x * north - body.y * east) / away
    beyond = away - radius_m
    ground = max(math.hypot(east, north), 1.0)
    pull = 4 * DAMPING**2 * ground / guidance.reach_m(1.0)
    toward = pull * math.sin(body.steady(math.atan2(side * forth, -out)))
    hold = beyond * turn**2 + 2 * DAMPING * turn * out
    if out > 0 and forth < 0:
        hold = max(hold, 0.0)
    hold += forth**2 / max(0.5 * radius_m, away)
    followed = abs(beyond) < ON_CIRCLE_M and abs(out) < 0.05 * guidance.speed_mps and forth > 0
    return (toward if beyond > 0 and side * toward < hold else side * hold), followed
