"""What one sensor's frames show of the ground: its footprint, and what moves on it."""

import threading

from fusion.detection import FixedObserver, FlyingObserver, Observer
from fusion.detection.structures import Structures
from fusion.footprints import Footprint
from fusion.geolocation import Errors
from fusion.messages import CameraPose, Observation, ObservationBatch
from fusion.sources.frames import Frame
from fusion.sources.poses import local_pose
from fusion.sources.publishing import seen_ground
from fusion.sources.settings import SourceSettings
from maps.district import District
from maps.optics import Lens

_FOOTPRINT_EVERY_S = 0.3
_NEAR_M = 30_000.0
_TERRAIN_SIGMA_M = 0.3
_NEAR_TERRAIN_SIGMA_M = 0.15  # against the foot of a pole from which the camera's height is measured
_FIXED_EVERY_S = 0.09  # faster streams tell no more of people and cars, but cost more
_FLYING_EVERY_S = 0.18


class StructuresOnce:
    """The district's buildings made ready for drawing, when someone needs them first."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._lock = threading.Lock()
        self._structures: Structures | None = None

    def get(self) -> Structures:
        """The buildings."""
        with self._lock:
            if self._structures is None:
                self._structures = Structures(self._district)
            return self._structures


class Observing:
    """Looks at the frames of one sensor, in the analyst's thread."""

    def __init__(
        self,
        settings: SourceSettings,
        district: District,
        structures: StructuresOnce,
        fixed: CameraPose | None,
        range_m: float | None,
    ) -> None:
        """For a camera of the inventory, which is fixed and has a range, or for an aircraft's, which has neither."""
        self._settings = settings
        self._district = district
        self._structures = structures
        self._fixed = fixed
        self._range_m = range_m
        self._observer: Observer | None = None
        self._seen: tuple[tuple[float, float], ...] = ()
        self._seen_s: float | None = None
        self._observed: float | None = None

    def footprint(self, pose: CameraPose, now_s: float) -> Footprint | None:
        """The ground in view, some times a second; None in between, and where none is in view.

        A camera that stands still is asked once.
        """
        if self._seen_s is not None and (self._fixed is not None or now_s - self._seen_s < _FOOTPRINT_EVERY_S):
            return None
        self._seen_s = now_s
        seen = seen_ground(self._district, pose, self._range_m)
        self._seen = seen.ring_deg if seen else ()
        return seen

    def observe(self, frame: Frame, pose: CameraPose) -> ObservationBatch | None:
        """What moves in a frame; None for a frame that comes too soon after the one before."""
        every = _FLYING_EVERY_S if self._fixed is None else _FIXED_EVERY_S
        if self._observed is not None and 0 <= frame.time - self._observed < every:
            return None
        self._observed = frame.time
        placed = local_pose(pose, self._district.frame)
        found: tuple[Observation, ...] = ()
        if abs(placed.position_enu_m[0]) < _NEAR_M and abs(placed.position_enu_m[1]) < _NEAR_M:
            height, width = frame.luma.shape
            lens = Lens(width, height, pose.hfov_deg, pose.vfov_deg)
            terrain_m = _TERRAIN_SIGMA_M if self._fixed is None else _NEAR_TERRAIN_SIGMA_M
            errors = Errors(pose.position_sigma_m, pose.angle_sigma_deg, terrain_m)
            found = self._the_observer().observe(frame.luma, frame.time, placed, lens, errors)
        return ObservationBatch(frame.time, frame.arrival_time, frame.sensor_id, found, self._seen)

    def _the_observer(self) -> Observer:
        if self._observer is None:
            frame, surface = self._district.frame, self._district.surface
            if self._fixed is not None:
                self._observer = FixedObserver(frame, surface)
            else:
                self._observer = FlyingObserver(frame, surface, self._structures.get())
        return self._observer
