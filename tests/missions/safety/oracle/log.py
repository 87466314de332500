"""What is kept of a simulated flight."""

import math
from dataclasses import dataclass, field

import numpy as np

from missions.planning.profiles import VehicleProfile
from tests.missions.safety.oracle.earth import Array

STEP_S = 0.1
GRAVITY = 9.80665


@dataclass
class Log:
    """A flight, one row each `STEP_S`.

    Attributes:
        rows: east, north, height above the sea, battery used (seconds of cruise), index of the item, and whether it
            is on its way up from the ground (1), or down to it (2), or neither (0).
    """

    profile: VehicleProfile
    wind_mps: tuple[float, float]
    rows: list[tuple[float, float, float, float, int, int]] = field(default_factory=list)
    used_s: float = 0.0
    item: int = 0
    phase: int = 0

    def keep(self, east: float, north: float, up: float, power: float) -> None:
        """One step."""
        self.used_s += power * STEP_S
        self.rows.append((east, north, up, self.used_s, self.item, self.phase))

    def table(self) -> Array:
        """(N, 6)."""
        return np.array(self.rows)


def lift_power(profile: VehicleProfile, air_mps: float, rate_mps: float) -> float:
    """Power of an aircraft carried by rotors, in multiples of cruise: straight from hover to cruise, then cubic."""
    share = air_mps / profile.cruise_mps
    level = profile.hover_power + (1 - profile.hover_power) * min(share, 1.0)
    if profile.winged:
        level = profile.hover_power
    if share > 1:
        level += profile.parasite_share * (share**3 - 1)
    return level + _rise(profile, rate_mps)


def wing_power(profile: VehicleProfile, air_mps: float, rate_mps: float, load: float) -> float:
    """Power of an aircraft on its wings: drag of the body by the cube, of the lift by the square of the load."""
    share = air_mps / profile.cruise_mps
    level = profile.parasite_share * share**3 + (1 - profile.parasite_share) * load**2 / share
    return max(0.05, level + _rise(profile, rate_mps))


def _rise(profile: VehicleProfile, rate_mps: float) -> float:
    if rate_mps > 0:
        return (profile.climb_power - 1) * rate_mps / profile.climb_mps
    return (1 - profile.sink_power) * rate_mps / profile.sink_mps


def wrapped(angle: float) -> float:
    """The same angle between -pi and pi."""
    return math.remainder(angle, 2 * math.pi)
