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
ROLL_IN_S = 0.8
"""From level to the bank limit."""

SETTLED_M = 1.0
SETTLED_RAD = 0.03
MARK_RAD = 0.14
MARK_S = 4.0


@dataclass(frozen=True)
class Guidance:
    """What steers the aircraft: its speed through the air, greatest sideways acceleration, and L1's period."""

    speed_mps: float
    sideways_mps2: float
    period_s: float

    def reach_m(self, ground_mps: float) -> float:
        """The L1 distance: how far ahead on its line the aircraft aims."""
        return DAMPING * self.period_s * ground_mps / math.pi

    def turn_distance_m(self, ground_mps: float, acceptance_m: float, turn_rad: float) -> float:
        """How far before a waypoint the turn to the next leg begins: less for less than a right angle."""
        return min(acceptance_m, self.reach_m(ground_mps)) * min(1.0, abs(turn_rad) / (math.pi / 2))


@dataclass(frozen=True)
class Sample:
    """Where the aircraft is while it joins a line, measured along and to the left of it.

    Attributes:
        time_s: since it began.
        along_m, left_m: from the line's beginning.
        heading_rad: of the nose, from the line's direction.
        load_s: integral of the square of the load factor since the sample before.
    """

    time_s: float
    along_m: float
    left_m: float
    heading_rad: float
    load_s: float


def join(
    guidance: Guidance,
    start: tuple[float, float, float],
    drift_mps: tuple[float, float],
    length_m: float,
    accept_m: float,
) -> tuple[list[Sample], bool]:
    """Fly toward a line until it is joined, or until its end is reached.

    Args:
        guidance: of the aircraft.
        start: along and left of the line (m), heading of the nose from its direction (rad).
        drift_mps: the wind along the line and to its left.
        length_m: of the line.
        accept_m: distance at which its end counts as reached.

    Returns:
        Samples, thinned, the last one at the end; and whether the end of the line was reached.
    """
    along, left, heading = start
    wind_along, wind_left = drift_mps
    speed, most, step = guidance.speed_mps, guidance.sideways_mps2, STEP_S
    pull, reach_s = 4 * DAMPING**2, DAMPING * guidance.period_s / math.pi
    roll = most / ROLL_IN_S * step
    square = (step / GRAVITY_MPS2) ** 2 / step
    samples: list[Sample] = []
    time = marked_time = sideways = load = turned = 0.0
    turning = 0.0
    while True:
        east, north = speed * math.cos(heading) + wind_along, speed * math.sin(heading) + wind_left
        ground = max(math.hypot(east, north), 1.0)
        ended = along >= length_m or math.hypot(length_m - along, left) <= accept_m
        course = math.atan2(north, east)
        settled = abs(left) < SETTLED_M and abs(course) < SETTLED_RAD and abs(sideways) < 0.1 * most
        if ended or settled or time >= LONGEST_S:
            samples.append(Sample(time, along, left, heading, load))
            return samples, ended or time >= LONGEST_S
        reach = reach_s * ground
        off = -course - math.asin(max(-0.7071, min(0.7071, left / reach)))
        if abs(off) > math.pi:
            off -= math.copysign(2 * math.pi, off)
        if abs(off) > 2.8 and off * turning < 0:
            off = -off
        turning = off
        wanted = pull * ground**2 / reach * math.sin(max(-math.pi / 2, min(math.pi / 2, off)))
        wanted = max(-most, min(most, wanted))
        sideways += max(-roll, min(roll, wanted - sideways))
        change = sideways / speed * step
        heading += change
        middle = heading - change / 2
        along += (speed * math.cos(middle) + wind_along) * step
        left += (speed * math.sin(middle) + wind_left) * step
        time += step
        load += step + sideways**2 * square
        turned += abs(change)
        if turned > MARK_RAD or time - marked_time > MARK_S:
            samples.append(Sample(time, along, left, heading, load))
            load, turned, marked_time = 0.0, 0.0, time
