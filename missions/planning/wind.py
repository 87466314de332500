"""The wind triangle: speed over the ground from speed through the air and a steady wind.

Aircraft with wings hold their speed through the air. Rotorcraft hold theirs over the ground (ArduCopter's WPNAV_SPEED,
PX4's MPC_XY_CRUISE) as long as that takes no more speed through the air than they have.
"""

import math
from dataclasses import dataclass

import numpy as np

from maps.positions import FloatArray
from missions.planning.errors import PlanningError
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind

LEAST_PROGRESS_MPS = 1.0
"""Slower than this over the ground a leg is not flown: a gust would stop it."""


@dataclass(frozen=True)
class AirMass:
    """The air's own motion over the ground, metres a second toward east and north."""

    east_mps: float = 0.0
    north_mps: float = 0.0

    @classmethod
    def of(cls, wind: Wind | None) -> "AirMass":
        """From a wind as people give it: the direction it comes from, clockwise from north."""
        if wind is None:
            return cls()
        toward = math.radians(wind.from_deg + 180)
        return cls(wind.speed_mps * math.sin(toward), wind.speed_mps * math.cos(toward))

    @property
    def speed_mps(self) -> float:
        """How fast the air moves."""
        return math.hypot(self.east_mps, self.north_mps)

    def along_mps(self, course_rad: FloatArray | float) -> FloatArray:
        """Its part along courses (mathematical angles from east): positive is a tail wind."""
        return np.asarray(self.east_mps * np.cos(course_rad) + self.north_mps * np.sin(course_rad))

    def across_mps(self, course_rad: FloatArray | float) -> FloatArray:
        """Its part across courses: positive blows toward the left."""
        return np.asarray(self.north_mps * np.cos(course_rad) - self.east_mps * np.sin(course_rad))


def ground_speed_mps(
    profile: VehicleProfile, air: AirMass, course_rad: FloatArray | float, speed_mps: float
) -> FloatArray:
    """Speed over the ground on courses, at most that asked for by a rotorcraft; negative where the wind wins.

    Args:
        profile: of the aircraft.
        air: the wind.
        course_rad: courses of any shape.
        speed_mps: through the air with wings, over the ground for rotorcraft.
    """
    along, across = air.along_mps(course_rad), air.across_mps(course_rad)
    through_air = speed_mps if profile.winged else max(profile.max_mps, speed_mps)
    rest = through_air**2 - across**2
    reached = np.where(rest > 0, along + np.sqrt(np.maximum(rest, 0.0)), -np.inf)
    return np.asarray(reached if profile.winged else np.minimum(reached, speed_mps))


def air_speed_mps(
    profile: VehicleProfile, air: AirMass, course_rad: FloatArray | float, speed_mps: float, ground_mps: FloatArray
) -> FloatArray:
    """Speed through the air that goes with a ground speed on a course."""
    if profile.winged:
        return np.full(np.shape(course_rad), speed_mps)
    return np.asarray(np.hypot(ground_mps - air.along_mps(course_rad), air.across_mps(course_rad)))


def require_progress(ground_mps: float, course_rad: float, speed_mps: float, air: AirMass) -> float:
    """The ground speed, when a leg can be flown at it.

    Raises:
        PlanningError: when the wind is too strong for this course.
    """
    if ground_mps >= min(LEAST_PROGRESS_MPS, 0.5 * speed_mps):
        return ground_mps
    compass = (90 - math.degrees(course_rad)) % 360
    raise PlanningError(
        f"against a wind of {air.speed_mps:.0f} m/s a leg toward {compass:.0f}° cannot be flown at {speed_mps:g} m/s: "
        "wait for less wind, or fly faster",
        f"风速 {air.speed_mps:.0f} 米/秒时，无法以 {speed_mps:g} 米/秒沿航向 {compass:.0f}° 飞行："
        "请等风减弱，或提高速度",
        "wind",
    )
