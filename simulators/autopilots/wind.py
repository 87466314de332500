"""The wind that the vehicles fly in: steady, with gusts that come and go."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindSettings:
    """Wind as the weather report gives it.

    Attributes:
        from_deg: direction it blows from, clockwise from true north.
        speed_mps: mean speed.
        gust_mps: standard deviation of the gusts along each axis.
        gust_time_s: how long a gust lasts (time constant).
    """

    from_deg: float = 0.0
    speed_mps: float = 0.0
    gust_mps: float = 0.0
    gust_time_s: float = 4.0


class Wind:
    """Wind at one vehicle: the mean and an Ornstein-Uhlenbeck process for gusts (a first-order Dryden model)."""

    def __init__(self, settings: WindSettings, rng: random.Random) -> None:
        self.settings = settings
        toward = math.radians(settings.from_deg + 180)
        self._mean = (settings.speed_mps * math.sin(toward), settings.speed_mps * math.cos(toward))
        self._rng = rng
        self._gust = [0.0, 0.0]
        self.east, self.north = self._mean

    def step(self, dt: float, height_m: float) -> None:
        """Advance the gusts; near the ground the wind is weaker (1/7 power law, full at 10 m and above)."""
        settings = self.settings
        if settings.gust_mps > 0:
            keep = math.exp(-dt / settings.gust_time_s)
            kick = settings.gust_mps * math.sqrt(1 - keep * keep)
            self._gust = [keep * gust + kick * self._rng.gauss(0, 1) for gust in self._gust]
        shear = min(1.0, max(height_m, 0.1) / 10) ** (1 / 7)
        self.east = (self._mean[0] + self._gust[0]) * shear
        self.north = (self._mean[1] + self._gust[1]) * shear
