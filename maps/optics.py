"""The pinhole camera: from a pixel to a ray, and from a point to a pixel.

The camera frame is x right, y down, z forward. Pixel coordinates have their origin at the upper left corner of the
upper left pixel, so the image spans [0, width] x [0, height] and its centre is (width / 2, height / 2).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from maps.positions import FloatArray


@dataclass(frozen=True)
class Lens:
    """An ideal lens: image size in pixels and full fields of view in degrees."""

    width_px: int
    height_px: int
    hfov_deg: float
    vfov_deg: float

    @cached_property
    def focal_px(self) -> tuple[float, float]:
        """Focal lengths (fx, fy) in pixels."""
        return (
            self.width_px / 2 / float(np.tan(np.radians(self.hfov_deg) / 2)),
            self.height_px / 2 / float(np.tan(np.radians(self.vfov_deg) / 2)),
        )

    @cached_property
    def matrix(self) -> FloatArray:
        """The 3 x 3 intrinsic matrix K."""
        fx, fy = self.focal_px
        return np.array([[fx, 0, self.width_px / 2], [0, fy, self.height_px / 2], [0, 0, 1]], dtype=np.float64)

    def rays(self, pixels_px: ArrayLike) -> FloatArray:
        """Unit rays in the camera frame, shape (..., 3), through pixels of shape (..., 2)."""
        pixels = np.asarray(pixels_px, dtype=np.float64)
        fx, fy = self.focal_px
        rays = np.stack(
            [
                (pixels[..., 0] - self.width_px / 2) / fx,
                (pixels[..., 1] - self.height_px / 2) / fy,
                np.ones(pixels.shape[:-1]),
            ],
            axis=-1,
        )
        return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))

    def pixels(self, points_m: ArrayLike) -> FloatArray:
        """Pixels, shape (..., 2), of points in the camera frame, shape (..., 3); NaN for points not in front."""
        points = np.asarray(points_m, dtype=np.float64)
        fx, fy = self.focal_px
        depth = np.where(points[..., 2] > 1e-6, points[..., 2], np.nan)
        return np.stack(
            [
                points[..., 0] / depth * fx + self.width_px / 2,
                points[..., 1] / depth * fy + self.height_px / 2,
            ],
            axis=-1,
        )


@dataclass(frozen=True)
class Pose:
    """Where a camera is and where it looks.

    Attributes:
        position_enu_m: (east, north, up) in a district's local frame.
        azimuth_deg: of the optical axis, clockwise from true north.
        tilt_deg: of the optical axis: 0 level, negative down.
        roll_deg: of the image about the optical axis; positive turns its right side down.
    """

    position_enu_m: tuple[float, float, float]
    azimuth_deg: float
    tilt_deg: float
    roll_deg: float = 0.0

    @cached_property
    def enu_from_camera(self) -> FloatArray:
        """The 3 x 3 rotation whose columns are the camera's right, down and forward axes in ENU."""
        level_north = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
        turn = Rotation.from_euler("ZXY", [-self.azimuth_deg, self.tilt_deg, self.roll_deg], degrees=True)
        return np.asarray(turn.as_matrix() @ level_north)

    def rays_enu(self, lens: Lens, pixels_px: ArrayLike) -> FloatArray:
        """Unit rays in ENU, shape (..., 3), through pixels of shape (..., 2)."""
        return np.asarray(lens.rays(pixels_px) @ self.enu_from_camera.T)

    def pixels(self, lens: Lens, points_enu_m: ArrayLike) -> FloatArray:
        """Pixels, shape (..., 2), of points in ENU, shape (..., 3); NaN for points that are not in front."""
        relative = np.asarray(points_enu_m, dtype=np.float64) - np.asarray(self.position_enu_m)
        return lens.pixels(relative @ self.enu_from_camera)
