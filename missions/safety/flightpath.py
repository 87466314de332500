"""The path that clearance judges: densely sampled, in local metres, with the ground and what stands on it below."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.positions import FloatArray
from missions.margins import CLEAR_BY_M, LANDING_CLEAR_BY_M
from missions.plan import Command, Plan
from missions.planning.leeway import Leeway
from missions.planning.places import altitude_amsl_m, moves
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.planning.trajectory import Trajectory, fly
from missions.safety.circumstances import UnderWay
from missions.safety.swept import Swept, highest_beside_amsl_m

SAMPLE_M = 5.0
NEAR_GROUND_M = 60.0
"""Within this distance of its take-off and landing place an aircraft with wings may be near the ground."""

UPRIGHT_WITHIN_M = 2.0
"""The same for one that hovers: it goes straight up and down."""

EARLY, LATE = 0.85, 1.35
"""A place may be passed so much earlier or later than in the model, as a share of the time flown; real autopilots took
from 12 % less to 33 % more than planned (docs/autopilots.md)."""

ROOF_TOLERANCE_M = 1.0
"""An aircraft that stands on a roof may be said to stand so far below it."""


@dataclass(frozen=True, eq=False)
class FlightPath:
    """A plan's path over a district, sampled at most `SAMPLE_M` apart; arrays have one row a sample.

    Attributes:
        plan: whose.
        district: where.
        profile: of the aircraft.
        flown: the path's corners, from the items themselves.
        enu_m: (N, 3) east, north, height AMSL.
        time_s: (N,) since take-off, or since now for one under way.
        item: (N,) index of the item being flown.
        energy_s: (N,) battery used, seconds of cruise.
        began_s, began_m: how long after take-off, and how far along the path, the first sample is.
        under_way: where the vehicle is, when only what is left is judged.
    """

    plan: Plan
    district: District
    profile: VehicleProfile
    flown: Trajectory
    enu_m: FloatArray
    time_s: FloatArray
    item: NDArray[np.int64]
    energy_s: FloatArray
    began_s: float = 0.0
    began_m: float = 0.0
    under_way: UnderWay | None = None

    @classmethod
    def of(
        cls,
        plan: Plan,
        district: District,
        wind: Wind | None,
        profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
        turn_side: int = 0,
    ) -> "FlightPath":
        """Fly the plan's items in the model; what the plan itself says of its path is not believed."""
        known = profiles[plan.vehicle_kind]
        flown = fly(plan.items, plan.home, known, district, speed_mps=plan.speed_mps, wind=wind, turn_side=turn_side)
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

    def ahead(self, now: UnderWay) -> "FlightPath":
        """What is left of the path, from the place nearest to the vehicle on.

        That it may be beside the path is heeded by `error_m` as it is before the flight. The battery used is what the
        vehicle reports; where it reports none, what the path has used so far.
        """
        place = now.position
        flat = self.district.frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)[:2]
        reached = min(self._nearest(np.append(flat, place.alt_amsl_m), now.item), len(self.time_s) - 2)
        passed_s, used_s = float(self.time_s[reached]), float(self.energy_s[reached])
        if now.battery_fraction is not None:
            used_s = self.profile.endurance_s * (1.0 - now.battery_fraction)
        left = replace(
            self,
            enu_m=self.enu_m[reached:],
            time_s=self.time_s[reached:] - passed_s,
            item=self.item[reached:],
            energy_s=self.energy_s[reached:] - float(self.energy_s[reached]) + used_s,
            began_s=self.began_s + passed_s,
            began_m=self.began_m + float(np.linalg.norm(np.diff(self.enu_m[: reached + 1], axis=0), axis=1).sum()),
            under_way=now,
        )
        # The air ahead is that of the whole flight: cut off here, climbs and circles would look like other ones.
        air = self.air.only(np.arange(reached, len(self.time_s) - 1))
        air = replace(air, start_s=EARLY * left.time_s[:-1], end_s=LATE * left.time_s[1:])
        vars(left).update(air=air, near_ground=self.near_ground[reached:])
        return left

    def _nearest(self, here_m: FloatArray, item: int) -> int:
        """The sample of an item nearest to a place; where the item comes by several times, on the first."""
        left = np.flatnonzero(self.item >= item)
        if not len(left):
            return len(self.item) - 1
        flown = left[self.item[left] == self.item[left[0]]]
        away = np.linalg.norm(self.enu_m[flown] - here_m, axis=1)
        near = np.flatnonzero(away <= away.min() + self.error_m)
        passes = np.split(near, np.flatnonzero(np.diff(near) > 1) + 1)
        return int(flown[passes[0][np.argmin(away[passes[0]])]])

    @property
    def coming_home(self) -> bool:
        """Whether nothing but the return or the landing is left of it."""
        left = [self.plan.items[index] for index in np.unique(self.item)]
        return all(item.command in _LANDINGS or item.purpose in {"return", "land"} for item in left)

    @property
    def home_m(self) -> FloatArray:
        """(3,) where it took off: east, north, height AMSL."""
        return np.asarray(self.flown.enu_m[0])

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
    def near_ground(self) -> NDArray[np.bool_]:
        """(N,) whether a sample belongs to the first or last metres of the flight, near its take-off or landing."""
        taking_off = {i for i, item in enumerate(self.plan.items) if item.command in _TAKE_OFFS}
        landing = {i for i, item in enumerate(self.plan.items) if item.command in _LANDINGS}
        first, last = self.enu_m[0, :2], self.enu_m[-1, :2]
        near = UPRIGHT_WITHIN_M if self.profile.hovers else NEAR_GROUND_M
        from_first = np.hypot(*(self.enu_m[:, :2] - first).T) <= near
        from_last = np.hypot(*(self.enu_m[:, :2] - last).T) <= near
        starts = (np.isin(self.item, list(taking_off)) | (self.time_s == 0)) & from_first
        return np.asarray(starts | (np.isin(self.item, list(landing)) & from_last))

    @cached_property
    def air(self) -> Swept:
        """The path as pieces of air, one for each pair of neighbouring samples."""
        flat = self.enu_m[:, :2]
        plan = self.plan
        heights = [altitude_amsl_m(each, plan.home, self.district) if moves(each) else np.nan for each in plan.items]
        leeway = Leeway.of(
            plan.items,
            plan.home,
            self.district.frame,
            self.enu_m,
            self.item.astype(np.intp),
            winged=self.profile.winged,
            heights_m=np.array(heights),
        )
        beside = highest_beside_amsl_m(self.district, flat, self.error_m)
        clearance = np.where(np.isin(self.item[1:], self._slopes), LANDING_CLEAR_BY_M, CLEAR_BY_M)
        return Swept(
            self.district,
            self.error_m,
            np.asarray(shapely.linestrings(np.stack([flat[:-1], flat[1:]], axis=1))),
            _least(leeway.floor_m),
            _most(leeway.top_m),
            _least(self.ground_amsl_m),
            _most(self.ground_amsl_m),
            _most(beside),
            EARLY * self.time_s[:-1],
            LATE * self.time_s[1:],
            self.item[1:],
            np.where(self.near_ground[:-1] | self.near_ground[1:], -np.inf, clearance),
        )

    @cached_property
    def ends(self) -> Swept:
        """Of the air, what is near the ground where it takes off and lands: nothing may be flown through there."""
        near = self.air.only(np.isneginf(self.air.clearance_m))
        nothing = np.full(len(near), -np.inf)
        return replace(near, error_m=0.0, ground_beside_m=nothing, clearance_m=np.full(len(near), -ROOF_TOLERANCE_M))

    @property
    def _slopes(self) -> list[int]:
        """Items on which an aircraft with wings climbs out or glides in."""
        if not self.profile.winged:
            return []
        return [i for i, item in enumerate(self.plan.items) if item.purpose in {"takeoff", "land"}]

    def position(self, sample: int) -> Position:
        """Where a sample is."""
        lat, lon = self.degrees
        up = float(self.enu_m[sample, 2])
        return Position(float(lat[sample]), float(lon[sample]), up, up - float(self.ground_amsl_m[sample]))


def _least(values: FloatArray) -> FloatArray:
    return np.asarray(np.minimum(values[:-1], values[1:]))


def _most(values: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(values[:-1], values[1:]))


_TAKE_OFFS = {Command.TAKEOFF, Command.VTOL_TAKEOFF}
_LANDINGS = {Command.LAND, Command.VTOL_LAND, Command.RETURN_TO_LAUNCH}
