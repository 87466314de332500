"""Configuration of the weather's feed and of the station from which aircraft are flown."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

if TYPE_CHECKING:
    from maps.positions import Geodetic
    from missions.safety.station import Station


class WeatherSettings(BaseModel):
    """The table ``[weather]``; without a feed pilots set the weather.

    Attributes:
        metar_file: a file with a METAR report, written by some other program.
        metar_url: an address that answers with one (``http://`` or ``https://``).
        every_s: how often it is read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    metar_file: Path | None = None
    metar_url: str | None = Field(default=None, max_length=1024)
    every_s: float = Field(default=300.0, ge=10, le=3600)

    @field_validator("metar_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("write http://… or https://…")
        return url

    @model_validator(mode="after")
    def _one_feed(self) -> "WeatherSettings":
        if self.metar_file is not None and self.metar_url is not None:
            raise ValueError("name metar_file or metar_url, not both")
        return self

    @property
    def has_feed(self) -> bool:
        """Whether the weather is read from somewhere."""
        return self.metar_file is not None or self.metar_url is not None


class StationSettings(BaseModel):
    """The table ``[station]``: where the radio to the aircraft stands; by default at the district's home.

    Attributes:
        antenna_m: height of the antenna over the ground, or over the roof where it stands on one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lat_deg: float | None = Field(default=None, ge=-90, le=90)
    lon_deg: float | None = Field(default=None, ge=-180, le=180)
    antenna_m: float = Field(default=3.0, ge=0, le=500)

    @model_validator(mode="after")
    def _place_is_whole(self) -> "StationSettings":
        if (self.lat_deg is None) != (self.lon_deg is None):
            raise ValueError("lat_deg and lon_deg must be given together")
        return self

    def station(self, home: "Geodetic") -> "Station":
        """The station; at the district's home where no place is named."""
        from missions.safety.station import Station

        lat = home.lat_deg if self.lat_deg is None else self.lat_deg
        lon = home.lon_deg if self.lon_deg is None else self.lon_deg
        return Station(lat, lon, self.antenna_m)
