"""Levels: the heights at which a way is flown."""

from dataclasses import dataclass
from typing import Literal

from fusion.messages import Position
from missions.planning.request import Altitude


@dataclass(frozen=True)
class Level:
    """A band of heights that a way keeps within.

    Attributes:
        reference: what the heights are measured from: the ground straight below, or sea level.
        low_m: the lowest, which decides what stands in the way below.
        high_m: the highest, which decides under which ceilings it fits.
    """

    reference: Literal["agl", "amsl"]
    low_m: float
    high_m: float

    @classmethod
    def amsl(cls, *heights_m: float) -> "Level":
        """The band that holds some heights above mean sea level."""
        return cls("amsl", min(heights_m), max(heights_m))

    @classmethod
    def of(cls, altitude: Altitude, home: Position, extra_m: float = 0.0) -> "Level":
        """The level of a request's altitude, ``extra_m`` higher; heights above home become heights AMSL."""
        height = altitude.value_m + extra_m
        if altitude.reference == "agl":
            return cls("agl", height, height)
        return cls.amsl(height + (home.alt_amsl_m if altitude.reference == "home" else 0.0))

    @property
    def words(self) -> tuple[str, str]:
        """For people, in English and Chinese."""
        span = f"{self.low_m:.0f}" if self.high_m - self.low_m < 0.5 else f"{self.low_m:.0f}-{self.high_m:.0f}"
        if self.reference == "agl":
            return f"{span} m above the ground", f"离地 {span} 米"
        return f"{span} m AMSL", f"海拔 {span} 米"
