"""The path that clearance judges: densely sampled, in local metres, with the ground and what stands on it below."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Plan
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.planning.trajectory import Trajectory, fly

SAMPLE_M = 5.0
NEAR_GROUND_M = 60.0
"""Within this distance of its take-off and landing place an aircraft may be near the ground."""


@dataclass(frozen=True, eq=False)
class FlightPath:
    """A plan's path over a district, sampled at most `SAMPLE_M` apart; arrays have one row a sample.

    Attributes:
        plan: whose.
        district: where.
        profile: of the aircraft.
        flown: the path's corners, from the items themselves.
        enu_m: (N, 3) east, north, height AMSL.
        time_s: (N,) since take-off.
        item: (N,) index of the item being flown.
        energy_s: (N,) battery used, seconds of cruise.
    """

    plan: Plan
    district: District
    profile: VehicleProfile
    flown: Trajectory
    enu_m: FloatArray
    time_s: FloatArray
    item: NDArray[np.int64]
    energy_s: FloatArray

    @classmethod
    def of(
        cls,
        plan: Plan,
        district: District,
        wind: Wind | None,
        profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
    ) -> "FlightPath":
        """Fly the plan's items in the model; what the plan itself says of its path is not believed."""
        known = profiles[plan.vehicle_kind]
        flown = fly(plan.items, plan.home, known, district, speed_mps=plan.speed_mps, wind=wind)
        steps = np.linalg.norm(np.diff(flown.enu_m, axis=0), axis=1)
        counts = np.maximum(1, np.ceil(steps / SAMPLE_M)).astype(int)
        index = np.repeat(np.arange(len(steps)), counts)
        share = np.concatenate([np.arange(count) / count for count in counts]) if len(counts) else np.zeros(0)

        def between(values: FloatArray) -> FloatArray:
            rise = np.diff(values, axis=0)[index]
            part = share[:, None] if values.ndim > 1 else share
            return np.concatenate([values[index] + rise * part, values[-1:]])

        item = np.concatenate([flown.item[1:][index], flown.item[-1:]]).astype(np.int64)
        return cls(
            plan,
            district,
            known,
            flown,
            between(flown.enu_m),
            between(flown.time_s),
            item,
            between(flown.energy_s),
        )

    @property
    def error_m(self) -> float:
        """Lateral distance by which the aircraft may miss this path."""
        return self.profile.position_error_m

    @cached_property
    def ground_amsl_m(self) -> FloatArray:
        """(N,) height of the ground below."""
        lat, lon = self.degrees
        return np.asarray(self.district.terrain.height_amsl_m(lat, lon))

    @cached_property
    def degrees(self) -> tuple[FloatArray, FloatArray]:
        """Latitudes and longitudes, (N,) each."""
        up = self.enu_m[:, 2:] - self.district.frame.origin.alt_amsl_m
        lat, lon, _ = self.district.frame.geodetic_from_enu(np.column_stack([self.enu_m[:, :2], up]))
        return lat, lon

    @cached_property
    def segments(self) -> NDArray[np.object_]:
        """(N - 1,) shapely lines between neighbouring samples, east and north."""
        flat = self.enu_m[:, :2]
        return np.asarray(shapely.linestrings(np.stack([flat[:-1], flat[1:]], axis=1)))

    @cached_property
    def near_ground(self) -> NDArray[np.bool_]:
        """(N,) whether a sample belongs to the first or last metres of the flight, near its take-off or landing."""
        taking_off = {i for i, item in enumerate(self.plan.items) if item.command in _TAKE_OFFS}
        landing = {i for i, item in enumerate(self.plan.items) if item.command in _LANDINGS}
        first, last = self.enu_m[0, :2], self.enu_m[-1, :2]
        from_first = np.hypot(*(self.enu_m[:, :2] - first).T) <= NEAR_GROUND_M
        from_last = np.hypot(*(self.enu_m[:, :2] - last).T) <= NEAR_GROUND_M
        starts = (np.isin(self.item, list(taking_off)) | (self.time_s == 0)) & from_first
        return np.asarray(starts | (np.isin(self.item, list(landing)) & from_last))

    def position(self, sample: int) -> Position:
        """Where a sample is."""
        lat, lon = self.degrees
        up = float(self.enu_m[sample, 2])
        return Position(float(lat[sample]), float(lon[sample]), up, up - float(self.ground_amsl_m[sample]))


_TAKE_OFFS = {Command.TAKEOFF, Command.VTOL_TAKEOFF}
_LANDINGS = {Command.LAND, Command.VTOL_LAND, Command.RETURN_TO_LAUNCH}
