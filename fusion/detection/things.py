"""From a patch of pixels to a person or a vehicle on the ground.

The model: people and vehicles are boxes standing on the ground (people 1.7 m high and 0.5 m across; vehicles 1.5 m
high, 1.8 m wide, 4.4 m long). Where the camera looks down on them steeply, the middle of a patch is the middle of the
thing: the place is where the ray through it is half the thing's height above the ground. (A box is symmetric about its
middle, and so, nearly, is its picture.) Where the camera looks across, the patch's lower edge is the thing's near edge
on the ground, and its middle lies half its extent along the line of sight further away; for vehicles that extent
follows from how wide they look, since a vehicle that looks wide is seen from its side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.geolocation import GROUND, Errors, Ground, Located, locate
from fusion.messages import TargetKind
from maps.optics import Lens, Pose
from maps.positions import FloatArray

PERSON_HEIGHT_M, PERSON_ACROSS_M = 1.7, 0.5
VEHICLE_HEIGHT_M, VEHICLE_WIDTH_M, VEHICLE_LENGTH_M = 1.5, 1.8, 4.4
STEEP_DEG = 25.0
RANGE_AT_MOST_M = 600.0
_SMEAR_PX = 0.3  # smoothing and coding carry a patch this far beyond the thing's edge
_SIGMA_AT_MOST_M = 10.0
_GRAZING_AT_LEAST_DEG = 1.5


@dataclass(frozen=True, slots=True)
class Things:
    """N things on the ground.

    Attributes:
        points_enu_m: of the middle of the thing on the ground, shape (N, 3).
        covariances_m2: east and north, shape (N, 2, 2).
        boxes_px: left, top, width, height, shape (N, 4).
        kinds: N words.
        scores: 0 to 1, shape (N,): how well the size fits the kind.
    """

    points_enu_m: FloatArray
    covariances_m2: FloatArray
    boxes_px: FloatArray
    kinds: tuple[TargetKind, ...]
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.kinds)


def things(boxes_px: FloatArray, pose: Pose, lens: Lens, surface: Ground, errors: Errors) -> Things:
    """Put boxes (left, top, width, height; shape (N, 4)) on the ground; those of impossible size or place drop out."""
    boxes = np.asarray(boxes_px, dtype=np.float64).reshape(-1, 4)
    if not len(boxes):
        return Things(np.empty((0, 3)), np.empty((0, 2, 2)), np.empty((0, 4)), (), np.empty(0))
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    rays = pose.rays_enu(lens, middle)
    steep = -rays[:, 2] > np.sin(np.radians(STEEP_DEG))
    pixels = np.column_stack([middle[:, 0], np.where(steep, middle[:, 1], boxes[:, 1] + boxes[:, 3] - _SMEAR_PX)])
    sigma = np.column_stack([np.hypot(0.6, 0.05 * boxes[:, 2]), np.hypot(0.8, 0.03 * boxes[:, 3])])
    found = locate(pixels, sigma, pose, lens, surface, errors, max_range_m=RANGE_AT_MOST_M)
    size = _Sizes.of(boxes, rays, found, pose, lens)
    person = size.persons()
    with np.errstate(invalid="ignore"):
        usable = (found.on == GROUND) & (found.sigma_m < _SIGMA_AT_MOST_M)
        usable &= (found.grazing_deg > _GRAZING_AT_LEAST_DEG) & (person | size.vehicles(person))
    heights = np.where(person, PERSON_HEIGHT_M, VEHICLE_HEIGHT_M)
    across = np.where(steep, -heights / 2 / np.maximum(np.tan(size.down_rad), 0.1), size.depths_m(person) / 2)
    points = found.points_enu_m.copy()
    points[:, :2] += size.towards * across[:, None]
    model = np.where(person, 0.2, 0.6) * np.where(steep, 0.6, 1.0)
    spread = np.einsum("ni,nj->nij", size.towards, size.towards) * (model**2)[:, None, None] + np.eye(2) * 0.15**2
    index = np.flatnonzero(usable)
    points[index, 2] = surface.ground_enu_m(points[index, 0], points[index, 1])
    kinds: tuple[TargetKind, ...] = tuple("person" if person[i] else "vehicle" for i in index)
    scores = np.clip(boxes[index, 2] * boxes[index, 3] / 60.0, 0.3, 1.0)
    return Things(points[index], (found.covariances_m2 + spread)[index], boxes[index], kinds, scores)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How large patches are where they stand.

    Attributes:
        wide_m, high_m: across the line of sight, shape (N,).
        down_rad: of the line of sight below the horizon, shape (N,).
        towards: horizontal direction away from the camera, shape (N, 2).
    """

    wide_m: FloatArray
    high_m: FloatArray
    down_rad: FloatArray
    towards: FloatArray

    @staticmethod
    def of(boxes: FloatArray, rays: FloatArray, found: Located, pose: Pose, lens: Lens) -> "_Sizes":
        depth = (found.points_enu_m - np.asarray(pose.position_enu_m)) @ pose.enu_from_camera[:, 2]
        fx, fy = lens.focal_px
        level = np.linalg.norm(rays[:, :2], axis=1)
        return _Sizes(
            wide_m=boxes[:, 2] * depth / fx,
            high_m=boxes[:, 3] * depth / fy,
            down_rad=np.arctan2(-rays[:, 2], level),
            towards=rays[:, :2] / np.maximum(level, 1e-9)[:, None],
        )

    def persons(self) -> NDArray[np.bool_]:
        """Which may be a person."""
        high = PERSON_HEIGHT_M * np.cos(self.down_rad) + PERSON_ACROSS_M * np.sin(self.down_rad)
        fits = (self.wide_m > 0.2) & (self.wide_m < 1.5) & (self.high_m > 0.4 * high) & (self.high_m < 1.55 * high)
        return fits & (self.high_m > 0.6 * self.wide_m * np.cos(self.down_rad))

    def vehicles(self, person: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which may be a vehicle and are no person."""
        long = VEHICLE_LENGTH_M * 1.6
        high = VEHICLE_HEIGHT_M * 1.7 * np.cos(self.down_rad) + long * np.sin(self.down_rad)
        wide = (self.wide_m > 1.2) | ((self.high_m > 1.8) & (self.wide_m > 0.8))
        return ~person & wide & (self.wide_m < long) & (self.high_m > 0.5) & (self.high_m < high)

    def depths_m(self, person: NDArray[np.bool_]) -> FloatArray:
        """Extent along the line of sight."""
        length, width = VEHICLE_LENGTH_M, VEHICLE_WIDTH_M
        turned = np.linspace(0.0, np.arctan2(length, width), 32)
        looks_wide = length * np.sin(turned) + width * np.cos(turned)
        deep = length * np.cos(turned) + width * np.sin(turned)
        return np.where(person, PERSON_ACROSS_M * 0.8, np.interp(self.wide_m, looks_wide, deep))
