"""What the camera's own motion makes of the picture: from the ground to the frame and back.

All ground in view is taken as one plane; a pinhole picture of a plane is related to any map of it by a homography
(Hartley and Zisserman, "Multiple View Geometry", section 13.1). The pose predicts it; features of the ground that are
found again correct what the pose does not know, robustly (RANSAC), so that moving things have no say.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fusion.detection.blobs import Image
from fusion.geolocation import Ground
from maps.optics import Lens, Pose
from maps.positions import FloatArray

_FEATURES = 80
_INLIERS_AT_LEAST = 12
_TOLERANCE_PX = 0.7
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


def ground_map(plane: Plane, pose: Pose, lens: Lens) -> FloatArray | None:
    """The homography, 3 x 3, from a frame's pixels to east and north in metres; None where the horizon is too near."""
    low = lens.height_px * 0.35
    pixels = np.array([[0, low], [lens.width_px, low], [lens.width_px, lens.height_px], [0, lens.height_px]])
    ground = plane.meet(np.asarray(pose.position_enu_m), pose.rays_enu(lens, pixels))
    if not np.isfinite(ground).all():
        return None
    middle = np.array([*ground[:, :2].mean(axis=0), 0.0])
    flat = (ground - middle)[:, :2].astype(np.float32)
    back = np.array([[1, 0, middle[0]], [0, 1, middle[1]], [0, 0, 1]])
    return np.asarray(back @ cv2.getPerspectiveTransform(pixels.astype(np.float32), flat))


def correction(picture: Image, expected: Image, known: Image, at_most_px: float) -> FloatArray | None:
    """How an expected picture is to be moved to fit a picture: a similarity, 3 x 3, from its pixels to the expected's.

    None where too few corners agree, or where it would move the picture's corners by more than ``at_most_px``.

    Args:
        picture, expected: of the same shape.
        known: where both show ground, 255, else 0.
        at_most_px: how far the pose may be off.
    """
    corners: Any = cv2.goodFeaturesToTrack(picture, _FEATURES, 0.02, 8, mask=known, blockSize=3)
    if corners is None or len(corners) < _INLIERS_AT_LEAST:
        return None
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        picture, expected, corners, corners.copy(), winSize=(13, 13), maxLevel=1, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    height, width = picture.shape
    inside = (found[:, 0, 0] > 2) & (found[:, 0, 0] < width - 3) & (found[:, 0, 1] > 2) & (found[:, 0, 1] < height - 3)
    good = (status[:, 0] == 1) & inside
    if np.count_nonzero(good) < _INLIERS_AT_LEAST:
        return None
    fitted: Any = cv2.estimateAffinePartial2D(
        corners[good], found[good], ransacReprojThreshold=_TOLERANCE_PX, maxIters=200
    )
    move, agree = fitted
    if move is None or np.count_nonzero(agree) < max(_INLIERS_AT_LEAST, 0.4 * np.count_nonzero(good)):
        return None
    similarity = np.vstack([move, [0.0, 0.0, 1.0]])
    box = np.array([[0.0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    if float(np.abs(box @ similarity.T - box).max()) > at_most_px:
        return None
    return np.asarray(similarity)
