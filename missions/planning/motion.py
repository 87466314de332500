"""Legs of an aircraft that stops and goes: times under limits of speed, acceleration and jerk.

Autopilots that hover fly each leg from rest to rest along an S-shaped curve of speed, and begin the next leg before the
last has ended where the corner stays within the acceptance radius (ArduCopter's SCurve; PX4's VelocitySmoothing alike).
"""

import math
from dataclasses import dataclass

VERTICAL_ACCELERATION_MPS2 = 1.0
"""ArduCopter's WPNAV_ACCEL_Z."""


@dataclass(frozen=True)
class Limits:
    """Along a leg: speed, acceleration and jerk."""

    speed_mps: float
    acceleration_mps2: float
    jerk_mps3: float

    def rise_s(self, speed_mps: float) -> float:
        """Time from rest to a speed."""
        if speed_mps >= self.acceleration_mps2**2 / self.jerk_mps3:
            return speed_mps / self.acceleration_mps2 + self.acceleration_mps2 / self.jerk_mps3
        return 2 * math.sqrt(speed_mps / self.jerk_mps3)

    def top_mps(self, length_m: float) -> float:
        """Fastest speed reached on a leg from rest to rest."""
        if length_m >= self.speed_mps * self.rise_s(self.speed_mps):
            return self.speed_mps
        ease = self.acceleration_mps2 / self.jerk_mps3
        full = self.acceleration_mps2 * (math.sqrt(ease**2 + 4 * length_m / self.acceleration_mps2) - ease) / 2
        if full >= self.acceleration_mps2 * ease:
            return full
        return math.pow(length_m / 2 * math.sqrt(self.jerk_mps3), 2 / 3)

    def leg_s(self, length_m: float) -> float:
        """Time of a leg from rest to rest."""
        if length_m <= 0:
            return 0.0
        top = self.top_mps(length_m)
        rise = self.rise_s(top)
        return 2 * rise + (length_m - top * rise) / top

    def gone_m(self, time_s: float) -> float:
        """Distance from rest after a time of speeding up, the top speed left aside."""
        ease = self.acceleration_mps2 / self.jerk_mps3
        if time_s <= ease:
            return self.jerk_mps3 * time_s**3 / 6
        after = time_s - ease
        return self.jerk_mps3 * ease**3 / 6 + self.acceleration_mps2 * (ease * after + after**2) / 2


def overlap_s(
    before: Limits, before_m: float, after: Limits, after_m: float, turn_rad: float, within_m: float
) -> float:
    """By how much the next leg begins before the last one ends.

    Half-way through, both legs are equally far from the corner, and the aircraft by ``2 d sin(turn / 2)`` off it.

    Args:
        before, after: limits of the two legs.
        before_m, after_m: their lengths.
        turn_rad: angle between them; 0 goes straight on.
        within_m: how near the corner is passed.
    """
    longest = min(before.rise_s(before.top_mps(before_m)), after.rise_s(after.top_mps(after_m)))
    bend = 2 * math.sin(min(abs(turn_rad), math.pi) / 2)
    if bend * after.gone_m(longest / 2) <= within_m:
        return longest
    low, high = 0.0, longest
    for _ in range(12):
        half = (low + high) / 2
        low, high = (half, high) if bend * after.gone_m(half / 2) <= within_m else (low, half)
    return low
