"""Where buildings are in a picture: things that stand up seem to move when the camera does."""

import cv2
import numpy as np
import shapely

from fusion.detection.blobs import Image
from maps.district import District
from maps.optics import Lens, Pose
from maps.positions import FloatArray

_CORNERS_AT_MOST = 24
_NEAR_M = 0.5


class Structures:
    """The buildings of a district, ready to be drawn as seen by a camera."""

    def __init__(self, district: District) -> None:
        bases, tops, rings = [], [], []
        frame, surface = district.frame, district.surface
        for row in district.buildings.explode(index_parts=False).itertuples():
            ring = shapely.get_exterior_ring(shapely.convex_hull(row.geometry))
            if ring is None or shapely.is_empty(ring):
                continue
            lon, lat = shapely.get_coordinates(ring)[:-1].T
            if len(lon) > _CORNERS_AT_MOST:
                lon, lat = lon[:: len(lon) // _CORNERS_AT_MOST + 1], lat[:: len(lat) // _CORNERS_AT_MOST + 1]
            enu = frame.enu_from_geodetic(lat, lon, frame.origin.alt_amsl_m)[:, :2]
            middle = enu.mean(axis=0)
            base = float(surface.ground_enu_m(middle[0], middle[1]))
            rings.append(enu)
            bases.append(base - 1.0)
            tops.append(base + float(row.height_m))
        count = len(rings)
        self._corners = np.zeros((count, _CORNERS_AT_MOST, 2))
        for i, ring in enumerate(rings):
            self._corners[i] = ring[np.minimum(np.arange(_CORNERS_AT_MOST), len(ring) - 1)]
        self._bases, self._tops = np.array(bases), np.array(tops)
        self._middles = self._corners.mean(axis=1) if count else np.empty((0, 2))

    def mask(self, pose: Pose, lens: Lens, reach_m: float, margin_px: int = 3) -> Image:
        """255 where a building is in the picture, 0 elsewhere, shape (height, width); buildings within ``reach_m``."""
        mask = np.zeros((lens.height_px, lens.width_px), dtype=np.uint8)
        if not len(self._middles):
            return mask
        position = np.asarray(pose.position_enu_m)
        near = np.flatnonzero(np.hypot(*(self._middles - position[:2]).T) < reach_m)
        if not len(near):
            return mask
        corners = self._corners[near]
        low = np.concatenate([corners, np.broadcast_to(self._bases[near, None, None], (*corners.shape[:2], 1))], axis=2)
        high = np.concatenate([corners, np.broadcast_to(self._tops[near, None, None], (*corners.shape[:2], 1))], axis=2)
        points = np.concatenate([low, high], axis=1)
        pixels = _pixels(points, pose, lens)
        low_px, high_px = pixels.min(axis=1), pixels.max(axis=1)
        touches = (high_px > 0).all(axis=1) & (low_px[:, 0] < lens.width_px) & (low_px[:, 1] < lens.height_px)
        for outline in np.clip(pixels[touches], -20_000, 20_000).astype(np.int32):
            cv2.fillConvexPoly(mask, cv2.convexHull(outline), 255)
        if margin_px:
            kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * margin_px + 1, 2 * margin_px + 1))
            mask = np.asarray(cv2.dilate(mask, kernel), dtype=np.uint8)
        return mask


def _pixels(points: FloatArray, pose: Pose, lens: Lens) -> FloatArray:
    """Pixels of points of shape (N, K, 3), those behind the camera as if they were a little before it.

    Groups that are behind the camera altogether are left out.
    """
    relative = (points - np.asarray(pose.position_enu_m)) @ pose.enu_from_camera
    ahead = relative[(relative[..., 2] >= _NEAR_M).any(axis=1)]
    ahead[..., 2] = np.maximum(ahead[..., 2], _NEAR_M)
    return lens.pixels(ahead)
