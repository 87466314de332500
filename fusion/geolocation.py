"""From pixels to places on the ground, with the uncertainty of the places.

A ray through the pixel meets the surface at P = C + t d, where the ground is taken as its tangent plane with the unit
normal n. A small change of the ray moves the meeting point along the plane: with S = I - d n^T / (n . d),

    dP = S dC + t S dd - d (n_z / (n . d)) dz    (dz: the ground is higher than the map says)

dd comes from the pixel (through the lens) and from a small turn w of the camera, dd = w x d. Each cause is independent,
so the covariances add: first-order propagation, as in Hartley and Zisserman, "Multiple View Geometry", section 5.2.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.optics import Lens, Pose
from maps.positions import FloatArray

GROUND, ROOF, FACADE = 1, 2, 3
_SLOPE_STEP_M = 2.0


class Meetings(Protocol):
    """What `maps.surface.Surface.cast` gives."""

    @property
    def points_enu_m(self) -> FloatArray:
        """Shape (N, 3), NaN where nothing was met."""

    @property
    def range_m(self) -> FloatArray:
        """Shape (N,)."""

    @property
    def on(self) -> NDArray[np.int8]:
        """Shape (N,)."""


class Ground(Protocol):
    """What rays are sent onto; `maps.surface.Surface` is one."""

    def cast(self, origins_enu_m: ArrayLike, directions_enu: ArrayLike, max_range_m: ArrayLike = ...) -> Meetings:
        """Where rays meet the surface first."""

    def ground_enu_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """ "Up" of the ground."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Standard deviations of what a place is computed from.

    Attributes:
        position_m: of each coordinate of the camera.
        angle_deg: of each angle of the camera.
        terrain_m: of the height of the ground.
        height_m: of the assumed height above the ground.
    """

    position_m: float = 1.0
    angle_deg: float = 0.5
    terrain_m: float = 0.3
    height_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Located:
    """Places of N pixels.

    Attributes:
        points_enu_m: on the surface, shape (N, 3), NaN where the ray meets nothing.
        covariances_m2: of east and north, shape (N, 2, 2), NaN likewise.
        range_m: from the camera, shape (N,).
        on: what was met, shape (N,): 0 nothing, 1 ground, 2 roof, 3 facade.
        grazing_deg: angle between the ray and the surface's plane, shape (N,).
    """

    points_enu_m: FloatArray
    covariances_m2: FloatArray
    range_m: FloatArray
    on: NDArray[np.int8]
    grazing_deg: FloatArray

    @property
    def sigma_m(self) -> FloatArray:
        """The largest standard deviation in any direction, shape (N,)."""
        a, b, c = self.covariances_m2[:, 0, 0], self.covariances_m2[:, 0, 1], self.covariances_m2[:, 1, 1]
        return np.asarray(np.sqrt((a + c) / 2 + np.hypot((a - c) / 2, b)))


def locate(
    pixels_px: ArrayLike,
    pixel_sigma_px: ArrayLike,
    pose: Pose,
    lens: Lens,
    surface: Ground,
    errors: Errors | None = None,
    *,
    heights_m: ArrayLike = 0.0,
    max_range_m: float = 1500.0,
) -> Located:
    """Put pixels on the ground.

    Args:
        pixels_px: shape (N, 2).
        pixel_sigma_px: of x and y, one number, shape (2,) or (N, 2).
        pose, lens: of the camera.
        surface: ground and buildings.
        errors: of everything but the pixels.
        heights_m: how high above the ground the thing seen at the pixel is, one number or shape (N,); the place is the
            ground beneath it.
        max_range_m: how far to look.
    """
    errors = errors or Errors()
    pixels = np.asarray(pixels_px, dtype=np.float64).reshape(-1, 2)
    count = len(pixels)
    sigma = np.broadcast_to(np.asarray(pixel_sigma_px, dtype=np.float64), (count, 2))
    heights = np.broadcast_to(np.asarray(heights_m, dtype=np.float64), (count,))
    if count == 0:
        return Located(np.empty((0, 3)), np.empty((0, 2, 2)), np.empty(0), np.empty(0, np.int8), np.empty(0))
    rays = pose.rays_enu(lens, pixels)
    hits = surface.cast(np.asarray(pose.position_enu_m), rays, max_range_m)
    points, ranges = np.array(hits.points_enu_m), np.array(hits.range_m)
    met = hits.on > 0
    normal = np.tile(np.array([0.0, 0.0, 1.0]), (count, 1))
    ground = hits.on == GROUND
    if ground.any():
        normal[ground] = normals(surface, points[ground])
    along = np.einsum("ij,ij->i", normal, rays)
    along = np.where(np.abs(along) < 1e-4, -1e-4, along)
    back = heights * normal[:, 2] / along
    points = points + rays * back[:, None]
    points[:, 2] -= heights
    ranges = ranges + back
    covariances = _covariances(rays, normal, along, ranges, sigma, pose, lens, errors)
    covariances[~met] = np.nan
    grazing = np.degrees(np.arcsin(np.clip(-along, -1.0, 1.0)))
    return Located(points, covariances, ranges, hits.on, np.where(met, grazing, np.nan))


def normals(surface: Ground, points_enu_m: FloatArray) -> FloatArray:
    """Unit normals of the ground, shape (N, 3), at points of shape (N, 3)."""
    east, north = points_enu_m[:, 0], points_enu_m[:, 1]
    step = _SLOPE_STEP_M
    up = surface.ground_enu_m(
        np.concatenate([east + step, east - step, east, east]),
        np.concatenate([north, north, north + step, north - step]),
    ).reshape(4, -1)
    normal = np.stack([(up[1] - up[0]) / (2 * step), (up[3] - up[2]) / (2 * step), np.ones(len(east))], axis=1)
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _covariances(
    rays: FloatArray,
    normal: FloatArray,
    along: FloatArray,
    ranges: FloatArray,
    pixel_sigma: FloatArray,
    pose: Pose,
    lens: Lens,
    errors: Errors,
) -> FloatArray:
    """East-north covariances, shape (N, 2, 2)."""
    slide = np.eye(3) - rays[:, :, None] * normal[:, None, :] / along[:, None, None]
    forward = pose.enu_from_camera[:, 2]
    depth = rays @ forward
    fx, fy = lens.focal_px
    by_pixel = pose.enu_from_camera[:, :2] * np.array([1 / fx, 1 / fy])  # of the ray of depth 1
    unscaled = depth[:, None, None] * by_pixel[None]
    by_pixel_unit = unscaled - rays[:, :, None] * np.einsum("ni,nij->nj", rays, unscaled)[:, None, :]
    turned = np.zeros((len(rays), 3, 3))  # dd/dw = -[d]x
    turned[:, 0, 1], turned[:, 0, 2] = rays[:, 2], -rays[:, 1]
    turned[:, 1, 0], turned[:, 1, 2] = -rays[:, 2], rays[:, 0]
    turned[:, 2, 0], turned[:, 2, 1] = rays[:, 1], -rays[:, 0]
    reach = ranges[:, None, None]
    causes = [
        slide * errors.position_m,
        reach * slide @ turned * np.radians(errors.angle_deg),
        reach * slide @ by_pixel_unit * pixel_sigma[:, None, :],
        (rays * (normal[:, 2] / along)[:, None] * np.hypot(errors.terrain_m, errors.height_m))[:, :, None],
    ]
    jacobian = np.concatenate(causes, axis=2)[:, :2]
    return np.asarray(jacobian @ jacobian.transpose(0, 2, 1))
