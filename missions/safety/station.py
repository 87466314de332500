"""The station from which aircraft are flown: where the radio to them stands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Station:
    """Where the radio to the aircraft stands.

    Attributes:
        lat_deg, lon_deg: where.
        antenna_m: height of its antenna over the ground, or over the roof where it stands on one.
    """

    lat_deg: float
    lon_deg: float
    antenna_m: float = 3.0
