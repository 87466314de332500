"""Configuration of what each kind of aircraft can do: ``[profiles.rotorcraft] cruise_mps = 12``.

Only what differs from the defaults of `missions.planning.profiles` is named; the rest of a profile stays. Planning is
imported only where a profile is made: it is large, and the command line reads this module before it says a word.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from fusion.messages import VehicleKind
    from missions.planning.profiles import VehicleProfile


class ProfileSettings(BaseModel):
    """Figures of one kind of aircraft; what each means stands at `missions.planning.profiles.VehicleProfile`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cruise_mps: float | None = Field(default=None, gt=0, le=60)
    min_mps: float | None = Field(default=None, gt=0, le=60)
    max_mps: float | None = Field(default=None, gt=0, le=80)
    climb_on_way_mps: float | None = Field(default=None, gt=0, le=20)
    climb_mps: float | None = Field(default=None, gt=0, le=20)
    sink_mps: float | None = Field(default=None, gt=0, le=20)
    landing_mps: float | None = Field(default=None, gt=0, le=10)
    acceleration_mps2: float | None = Field(default=None, gt=0, le=20)
    jerk_mps3: float | None = Field(default=None, gt=0, le=100)
    bank_deg: float | None = Field(default=None, ge=5, le=65)
    glide_deg: float | None = Field(default=None, ge=2, le=20)
    guidance_period_s: float | None = Field(default=None, ge=2, le=60)
    acceptance_m: float | None = Field(default=None, gt=0, le=500)
    endurance_s: float | None = Field(default=None, ge=60, le=172_800)
    hover_power: float | None = Field(default=None, gt=0, le=20)
    climb_power: float | None = Field(default=None, gt=0, le=20)
    sink_power: float | None = Field(default=None, ge=0, le=20)
    parasite_share: float | None = Field(default=None, ge=0, le=0.95)
    transition_s: float | None = Field(default=None, ge=0, le=120)
    transition_m: float | None = Field(default=None, ge=0, le=2000)
    transition_power: float | None = Field(default=None, gt=0, le=20)
    hover_height_m: float | None = Field(default=None, ge=0, le=300)
    return_height_m: float | None = Field(default=None, ge=0, le=1000)
    reserve_fraction: float | None = Field(default=None, ge=0, lt=1)
    position_error_m: float | None = Field(default=None, ge=0, le=200)
    max_wind_mps: float | None = Field(default=None, ge=0, le=60)
    max_gust_mps: float | None = Field(default=None, ge=0, le=80)
    icing_below_c: float | None = Field(default=None, ge=-60, le=20)
    max_precipitation_mmh: float | None = Field(default=None, ge=0, le=200)
    min_visibility_m: float | None = Field(default=None, ge=0, le=50_000)
    min_temperature_c: float | None = Field(default=None, ge=-60, le=60)
    max_temperature_c: float | None = Field(default=None, ge=-60, le=70)
    turnaround_s: float | None = Field(default=None, ge=0, le=86_400)

    def over(self, default: "VehicleProfile") -> "VehicleProfile":
        """A profile with the figures given here in place of its own.

        Raises:
            ValueError: when the figures contradict one another.
        """
        return msgspec.structs.replace(default, **self.model_dump(exclude_none=True))


class ProfilesSettings(BaseModel):
    """The table ``[profiles]``: one part for each kind of aircraft."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rotorcraft: ProfileSettings = ProfileSettings()
    fixed_wing: ProfileSettings = ProfileSettings()
    vtol: ProfileSettings = ProfileSettings()

    @model_validator(mode="after")
    def _profiles_are_sound(self) -> "ProfilesSettings":
        if self.model_fields_set:
            self._made()
        return self

    @property
    def table(self) -> "Mapping[VehicleKind, VehicleProfile]":
        """Every kind's profile, for planning and clearance."""
        return MappingProxyType(self._made())

    def _made(self) -> "dict[VehicleKind, VehicleProfile]":
        from missions.planning.profiles import PROFILES

        made = {}
        for kind, default in PROFILES.items():
            changes: ProfileSettings = getattr(self, kind)
            try:
                made[kind] = changes.over(default)
            except ValueError as error:
                raise ValueError(f"{kind}: {error}") from None
        return made
