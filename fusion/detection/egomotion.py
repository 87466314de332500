"""What the camera's own motion makes of the picture: from one frame to another by way of the ground.

All ground in view is taken as one plane; two pinhole pictures of a plane are related by a homography (Hartley and
Zisserman, "Multiple View Geometry", section 13.1). The poses predict it; features of the ground that are found again
correct what the poses do not know, robustly (RANSAC), so that roofs, walls and moving things have no say.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fusion.detection.blobs import Image
from fusion.geolocation import Ground
from maps.optics import Lens, Pose
from maps.positions import FloatArray

_FEATURES = 90
_INLIERS_AT_LEAST = 14
_BASE_M = 25.0


@dataclass(frozen=True, slots=True)
class Plane:
    """The ground in view as a plane: normal . point = offset, ENU metres."""

    normal: FloatArray
    offset: float

    def meet(self, origin: FloatArray, rays: FloatArray) -> FloatArray:
        """Where rays of shape (N, 3) meet it; NaN for those that do not."""
        along = rays @ self.normal
        reach = (self.offset - origin @ self.normal) / np.where(np.abs(along) > 1e-6, along, np.nan)
        return np.asarray(origin + rays * np.where(reach > 0, reach, np.nan)[:, None])


def ground_plane(pose: Pose, lens: Lens, surface: Ground) -> Plane | None:
    """The plane of the ground about the middle of the picture; None when the camera does not look down enough."""
    origin = np.asarray(pose.position_enu_m)
    ray = pose.rays_enu(lens, [[lens.width_px / 2, lens.height_px / 2]])[0]
    if ray[2] > -0.08:
        return None
    reach = 100.0
    for _ in range(6):
        at = origin + ray * reach
        reach += float((at[2] - surface.ground_enu_m(at[0], at[1])) / -ray[2])
        if not 0 < reach < 3000:
            return None
    at = origin + ray * reach
    east = np.array([at[0] + _BASE_M, at[0] - _BASE_M, at[0], at[0], at[0]])
    north = np.array([at[1], at[1], at[1] + _BASE_M, at[1] - _BASE_M, at[1]])
    up = surface.ground_enu_m(east, north)
    normal = np.array([(up[1] - up[0]) / (2 * _BASE_M), (up[3] - up[2]) / (2 * _BASE_M), 1.0])
    normal /= np.linalg.norm(normal)
    return Plane(normal, float(normal @ np.array([at[0], at[1], up[4]])))


def predicted(plane: Plane, now: Pose, before: Pose, lens: Lens) -> FloatArray | None:
    """The homography (3 x 3) from pixels of the present frame to those of an earlier one; None without overlap."""
    low = lens.height_px * 0.35
    pixels = np.array([[0, low], [lens.width_px, low], [lens.width_px, lens.height_px], [0, lens.height_px]])
    points = plane.meet(np.asarray(now.position_enu_m), now.rays_enu(lens, pixels))
    seen = before.pixels(lens, points)
    if not np.isfinite(seen).all() or np.abs(seen).max() > 10 * lens.width_px:
        return None
    return np.asarray(cv2.getPerspectiveTransform(pixels.astype(np.float32), seen.astype(np.float32)))


def features(picture: Image, mask: Image | None = None) -> FloatArray:
    """Corners that can be found again, shape (N, 1, 2), float32."""
    corners: Any = cv2.goodFeaturesToTrack(picture, _FEATURES, 0.01, 14, mask=mask, blockSize=5)
    return np.empty((0, 1, 2), np.float32) if corners is None else np.asarray(corners, dtype=np.float32)


def refined(
    guess: FloatArray, picture: Image, corners: FloatArray, earlier: Image, *, tolerance_px: float = 1.2
) -> tuple[FloatArray, bool]:
    """The homography corrected by features, and whether enough of them agreed; without them the guess stands."""
    if len(corners) < _INLIERS_AT_LEAST:
        return guess, False
    expected = cv2.perspectiveTransform(corners, guess).astype(np.float32)
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        picture, earlier, corners, expected.copy(), winSize=(13, 13), maxLevel=2, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    height, width = earlier.shape
    inside = (found[:, 0, 0] > 2) & (found[:, 0, 0] < width - 3) & (found[:, 0, 1] > 2) & (found[:, 0, 1] < height - 3)
    good = (status[:, 0] == 1) & inside
    if np.count_nonzero(good) < _INLIERS_AT_LEAST:
        return guess, False
    fitted: Any = cv2.findHomography(corners[good], found[good], cv2.RANSAC, tolerance_px, maxIters=300)
    better, agree = fitted
    if better is None or np.count_nonzero(agree) < max(_INLIERS_AT_LEAST, 0.35 * np.count_nonzero(good)):
        return guess, False
    box = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], dtype=np.float32)
    moved = cv2.perspectiveTransform(box, better) - cv2.perspectiveTransform(box, guess)
    if float(np.abs(moved).max()) > 0.2 * width:
        return guess, False
    return np.asarray(better), True


def seen_before(earlier: Image, homography: FloatArray) -> Image:
    """An earlier picture as it would look from where the camera is now; 0 where it does not reach."""
    height, width = earlier.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(earlier, homography, (width, height), flags=flags), dtype=np.uint8)
