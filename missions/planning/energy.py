"""Power by phase of flight, as a multiple of the power of level cruise in still air.

Level flight: a share grows with the cube of the speed through the air (drag of the body), the rest carries the weight.
On wings the latter falls with the speed and grows with the square of the load factor (induced drag: Anderson,
Introduction to Flight, section 6.3); a rotorcraft's falls from that of hovering the faster it flies (Leishman,
Principles of Helicopter Aerodynamics, section 5.4). Climbing and sinking add in proportion to their rate.
"""

import math

import numpy as np

from maps.positions import FloatArray
from missions.planning.profiles import GRAVITY_MPS2, VehicleProfile
from missions.planning.wind import AirMass, air_speed_mps, ground_speed_mps

LEAST_POWER = 0.05
"""What the electronics draw, whatever the aircraft does."""

VERTICAL_CLIMB = 1.2
VERTICAL_SINK = 0.95
"""Power of a VTOL going straight up and down, as multiples of hovering."""


def level_power(profile: VehicleProfile, air_mps: float, load_square: float = 1.0) -> float:
    """Power of level flight.

    Args:
        profile: of the aircraft.
        air_mps: speed through the air.
        load_square: square of the load factor in a turn; of no effect on rotorcraft.
    """
    ratio, carry = air_mps / profile.cruise_mps, 1.0 - profile.parasite_share
    parasite = profile.parasite_share * ratio**3
    if profile.winged:
        return parasite + carry * load_square / max(ratio, 0.3)
    return parasite + profile.hover_power / (1 + (profile.hover_power / carry - 1) * ratio)


def climb_power(profile: VehicleProfile, rate_mps: float) -> float:
    """What climbing (positive) or sinking at a rate adds to the power of level flight."""
    if rate_mps >= 0:
        return (profile.climb_power - 1) * rate_mps / profile.climb_mps
    return (profile.sink_power - 1) * -rate_mps / profile.sink_mps


def flight_power(profile: VehicleProfile, air_mps: float, rate_mps: float, load_square: float = 1.0) -> float:
    """Power of flight at a speed through the air with a rate of climb."""
    return max(LEAST_POWER, level_power(profile, air_mps, load_square) + climb_power(profile, rate_mps))


def hover_power(profile: VehicleProfile, wind_mps: float, rate_mps: float = 0.0) -> float:
    """Power of standing in the air, or of going straight up or down; a wind may cost more, never less."""
    if profile.winged:
        factor = VERTICAL_CLIMB if rate_mps > 0 else VERTICAL_SINK if rate_mps < 0 else 1.0
        return profile.hover_power * factor
    return max(profile.hover_power, level_power(profile, wind_mps)) + climb_power(profile, rate_mps)


def load_square(bank_deg: float) -> float:
    """Square of the load factor in a level turn, 1 / cos^2 of the bank."""
    return 1 / math.cos(math.radians(bank_deg)) ** 2


def turn_load_square(speed_mps: float, radius_m: float) -> float:
    """The same for a circle flown at a speed."""
    return 1 + (speed_mps**2 / max(radius_m, 1.0) / GRAVITY_MPS2) ** 2


def straight_cost_s(
    profile: VehicleProfile, air: AirMass, course_rad: FloatArray, distance_m: FloatArray, speed_mps: float
) -> FloatArray:
    """(N,) seconds of cruise power that level legs take; infinite where they cannot be flown against the wind.

    Args:
        profile: of the aircraft.
        air: the wind.
        course_rad: (N,) mathematical angles from east.
        distance_m: (N,) lengths.
        speed_mps: through the air with wings, over the ground for rotorcraft.
    """
    ground = ground_speed_mps(profile, air, course_rad, speed_mps)
    flown = air_speed_mps(profile, air, course_rad, speed_mps, ground)
    power = np.array([level_power(profile, float(each), 1.0) for each in np.where(ground > 0, flown, 0.0)])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance_m <= 0, 0.0, np.where(ground > 0, distance_m / ground * power, np.inf))
