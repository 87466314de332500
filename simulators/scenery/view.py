"""A camera's view: how points become pixels, and how pixels become rays, in forms that are quick to use."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.optics import Lens, Pose
from maps.positions import FloatArray

NEAR_M = 0.3
"""Nothing closer than this to the image plane is drawn."""


@dataclass(frozen=True)
class View:
    """A pose and a lens. Pixels are `maps.optics` pixels: (0, 0) is the corner of the first pixel, not its middle."""

    pose: Pose
    lens: Lens

    @cached_property
    def position(self) -> FloatArray:
        """East, north, up."""
        return np.asarray(self.pose.position_enu_m, dtype=np.float64)

    @cached_property
    def enu_from_camera(self) -> FloatArray:
        """Rotation; its columns are right, down and forward."""
        return self.pose.enu_from_camera

    def camera(self, points_enu_m: ArrayLike) -> FloatArray:
        """Points (..., 3) in the camera's frame: right, down, forward."""
        return np.asarray((np.asarray(points_enu_m, dtype=np.float64) - self.position) @ self.enu_from_camera)

    def pixels(self, camera_m: FloatArray) -> FloatArray:
        """Pixels (..., 2) of points in the camera's frame that are in front of it."""
        fx, fy = self.lens.focal_px
        depth = camera_m[..., 2]
        x = camera_m[..., 0] / depth * fx + self.lens.width_px / 2
        return np.stack([x, camera_m[..., 1] / depth * fy + self.lens.height_px / 2], axis=-1)

    @cached_property
    def ray_terms(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Three vectors (3,), so that the ray of depth 1 through pixel (u, v) is ``a + u * b + v * c`` in ENU."""
        fx, fy = self.lens.focal_px
        right, down, forward = self.enu_from_camera.T
        b, c = right / fx, down / fy
        return forward - b * (self.lens.width_px / 2) - c * (self.lens.height_px / 2), b, c

    def scaled(self, factor: int) -> "View":
        """The same view with more pixels."""
        lens = self.lens
        return View(self.pose, Lens(lens.width_px * factor, lens.height_px * factor, lens.hfov_deg, lens.vfov_deg))


def clipped(polygon_camera_m: FloatArray) -> FloatArray:
    """A polygon in the camera's frame, shape (K, 3), without what lies behind `NEAR_M`; may be empty."""
    result = []
    for index, point in enumerate(polygon_camera_m):
        before = polygon_camera_m[index - 1]
        if (point[2] > NEAR_M) != (before[2] > NEAR_M):
            part = (NEAR_M - before[2]) / (point[2] - before[2])
            result.append(before + part * (point - before))
        if point[2] > NEAR_M:
            result.append(point)
    return np.array(result).reshape(-1, 3)


def fixed_point(pixels: FloatArray, shift: int) -> NDArray[np.int32]:
    """Pixels as OpenCV's drawing functions take them with ``shift``: pixel middles at whole numbers."""
    return np.rint((pixels - 0.5) * (1 << shift)).astype(np.int32)
