"""Courses: a plan flown in the model of clearance, with what lies below it, ready to be drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import VehicleKind
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Plan
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind
from missions.safety.flightpath import FlightPath

PLACE_TOLERANCE_M = 0.4
HEIGHT_TOLERANCE_M = 0.5
DISTANCE_TOLERANCE_M = 2.0
"""A drawn course departs from the flown one by no more in place, in height, and in distance at any time."""


@dataclass(frozen=True, eq=False)
class Course:
    """One plan's path with one row a sample, at most 5 m apart.

    Attributes:
        plan: whose.
        number: of the plan in the mission, from 1.
        profile: of its aircraft.
        path: as clearance sees it; None for a plan that cannot be flown at all.
    """

    plan: Plan
    number: int
    profile: VehicleProfile
    path: FlightPath | None

    @property
    def label(self) -> str:
        """The vehicle's name, or the plan's number where no vehicle is chosen."""
        return self.plan.vehicle_id or f"#{self.number}"

    @cached_property
    def enu_m(self) -> FloatArray:
        """(N, 3) east, north, height AMSL; empty when it cannot be flown."""
        return self.path.enu_m if self.path is not None else np.zeros((0, 3))

    @cached_property
    def time_s(self) -> FloatArray:
        """(N,) since take-off."""
        return self.path.time_s if self.path is not None else np.zeros(0)

    @cached_property
    def distance_m(self) -> FloatArray:
        """(N,) along the path."""
        steps = np.linalg.norm(np.diff(self.enu_m, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])[: len(self.enu_m)]

    @cached_property
    def energy_fraction(self) -> FloatArray:
        """(N,) of the battery, used so far."""
        if self.path is None:
            return np.zeros(0)
        return self.path.energy_s / self.profile.endurance_s

    @property
    def duration_s(self) -> float:
        """From take-off to the end."""
        return float(self.time_s[-1]) if len(self.time_s) else self.plan.duration_s

    @property
    def length_m(self) -> float:
        """Of the whole path."""
        return float(self.distance_m[-1]) if len(self.distance_m) else self.plan.distance_m

    @property
    def battery_fraction(self) -> float:
        """Of the battery that the whole path uses."""
        return float(self.energy_fraction[-1]) if len(self.energy_fraction) else self.plan.energy_fraction

    @cached_property
    def ground_amsl_m(self) -> FloatArray:
        """(N,) height of the ground below."""
        return self.path.ground_amsl_m if self.path is not None else np.zeros(0)

    @cached_property
    def roof_amsl_m(self) -> FloatArray:
        """(N,) height of whatever stands below: a roof, or the ground."""
        if self.path is None:
            return np.zeros(0)
        district = self.path.district
        top = district.surface.top_enu_m(self.enu_m[:, 0], self.enu_m[:, 1])
        ground = district.terrain.height_enu_m(self.enu_m[:, 0], self.enu_m[:, 1])
        return self.ground_amsl_m + np.maximum(0.0, top - ground)

    @cached_property
    def speed_mps(self) -> FloatArray:
        """(N,) over the ground and up, over a few seconds round each sample."""
        if len(self.time_s) < 2:
            return np.zeros(len(self.time_s))
        before = np.interp(self.time_s - 2, self.time_s, self.distance_m)
        after = np.interp(self.time_s + 2, self.time_s, self.distance_m)
        span = np.minimum(self.time_s + 2, self.time_s[-1]) - np.maximum(self.time_s - 2, 0.0)
        return np.asarray((after - before) / np.maximum(span, 0.1))

    @cached_property
    def imaging(self) -> NDArray[np.bool_]:
        """(N,) whether pictures are taken there."""
        on = np.array([every is not None for every in self._triggers], dtype=bool)
        if self.path is None or not len(on):
            return np.zeros(len(self.enu_m), dtype=bool)
        return np.asarray(on[np.clip(self.path.item, 0, len(on) - 1)])

    @cached_property
    def pictures(self) -> int:
        """How many pictures are taken along it, those taken in one place not counted."""
        if self.path is None:
            return 0
        every = np.array([each or np.inf for each in self._triggers])
        steps = np.diff(self.distance_m) / every[np.clip(self.path.item[1:], 0, len(every) - 1)]
        return round(float(steps.sum()))

    @property
    def _triggers(self) -> list[float | None]:
        """For each item, the distance between pictures on the way to it; None when none are taken."""
        every: float | None = None
        states = []
        for item in self.plan.items:
            states.append(every)
            if item.command == Command.SET_CAM_TRIGG_DIST:
                asked = item.params[0] or 0.0
                every = asked if asked > 0 else None
        return states

    def drawn(self, limit: int) -> NDArray[np.int64]:
        """Indices of the samples that suffice to draw it, at most about ``limit`` of them.

        They keep the path within the tolerances of this module; those are doubled until the limit is kept.
        """
        count = len(self.enu_m)
        if count < 3:
            return np.arange(count)
        scale = 1.0
        while True:
            kept = np.unique(np.concatenate(list(self._corners(scale))))
            if len(kept) <= limit or scale > 1e4:
                return kept
            scale *= 2

    def _corners(self, scale: float) -> Iterator[NDArray[np.int64]]:
        flat = self.enu_m[:, :2]
        yield _kept(flat[:, 0], flat[:, 1], PLACE_TOLERANCE_M * scale)
        yield _kept(self.distance_m, self.enu_m[:, 2], HEIGHT_TOLERANCE_M * scale)
        yield _kept(self.time_s, self.distance_m, DISTANCE_TOLERANCE_M * scale)

    def at_item(self, index: int) -> int | None:
        """The sample at which an item's place is reached; None when it is never flown to."""
        if self.path is None:
            return None
        samples = np.flatnonzero(self.path.item == index)
        if not len(samples):
            return None
        item = self.plan.items[index]
        if not item.has_place:
            return int(samples[-1])
        frame = self.path.district.frame
        east, north, _ = frame.enu_from_geodetic(item.lat_deg, item.lon_deg, frame.origin.alt_amsl_m)
        away = np.hypot(self.enu_m[samples, 0] - east, self.enu_m[samples, 1] - north)
        return int(samples[np.argmin(away)])


def _kept(across: FloatArray, up: FloatArray, tolerance: float) -> NDArray[np.int64]:
    """Indices of the points that Douglas and Peucker's simplification keeps."""
    line = shapely.LineString(np.column_stack([across, up, np.arange(len(across))]))
    kept = shapely.get_coordinates(line.simplify(tolerance, preserve_topology=False), include_z=True)
    return np.asarray(np.rint(kept[:, 2]), dtype=np.int64)


def courses(
    plans: Sequence[Plan],
    district: District,
    wind: Wind | None,
    profiles: Mapping[VehicleKind, VehicleProfile],
    flyable: Sequence[bool],
) -> list[Course]:
    """A course for each plan; those that are not flyable get none of their path."""
    return [
        Course(
            plan,
            number,
            profiles[plan.vehicle_kind],
            FlightPath.of(plan, district, wind, profiles) if can else None,
        )
        for number, (plan, can) in enumerate(zip(plans, flyable, strict=True), start=1)
    ]
