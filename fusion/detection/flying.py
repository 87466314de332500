"""What moves on the ground below a camera that flies.

The present frame is compared with the ground as it is known from earlier ones (`mosaic`), brought to where the camera
is now (`egomotion`). A pixel is foreground when it is brighter or darker than everything within a pixel of the same
ground. Buildings are left out, now and when the ground is learnt, for they do not lie in the plane of the ground and so
seem to move. What a thing leaves behind when it goes away is foreground as well for some seconds, but does not change.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from fusion.detection.blobs import Blobs, Image, blobs
from fusion.detection.egomotion import correction, ground_map, ground_plane
from fusion.detection.mosaic import GroundMosaic
from fusion.detection.structures import Structures
from fusion.geolocation import Ground
from maps.optics import Lens, Pose
from maps.positions import FloatArray

_FULL_FROM_HALF = np.array([[2.0, 0, 0.5], [0, 2.0, 0.5], [0, 0, 1]])  # centres of pixels at half size
_HALF_FROM_FULL = np.linalg.inv(_FULL_FROM_HALF)


@dataclass(frozen=True, slots=True)
class FlyingSettings:
    """How frames are compared.

    Attributes:
        floor: grey levels that a pixel must stand out by.
        upheaval_share: share of foreground from which the comparison is taken to have failed.
        join_m: patches nearer to each other than this are parts of one thing.
        learn_every_s: how often a frame is learnt.
        corrected_px: how far features may correct the pose, in pixels at the picture's corners.
        evidence_s: how old the frame is that a patch must differ from: what a thing has left behind does not change.
        evidence_share: share of a patch that must differ from it.
    """

    floor: float = 10.0
    upheaval_share: float = 0.05
    join_m: float = 0.8
    learn_every_s: float = 0.3
    corrected_px: float = 14.0
    evidence_s: float = 0.3
    evidence_share: float = 0.15


@dataclass(frozen=True, slots=True)
class _Past:
    time: float
    picture: Image
    ground: FloatArray


class FlyingDetector:
    """Moving things below one flying camera; give it the frames in order."""

    def __init__(self, structures: Structures, settings: FlyingSettings | None = None) -> None:
        self._structures = structures
        self._settings = settings or FlyingSettings()
        self._mosaic = GroundMosaic()
        self._past: deque[_Past] = deque(maxlen=16)
        self._band = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
        self._time = 0.0
        self._learnt = 0.0
        self._failures = 0

    def moving(
        self, luma: Image, time: float, pose: Pose, lens: Lens, surface: Ground, min_area_px: int = 8
    ) -> Blobs | None:
        """Patches of a frame that stand out from the ground and change; None while too little is known of it."""
        if not 0 <= time - self._time < 5.0:
            self._mosaic.clear()
            self._past.clear()
        self._time = time
        plane = ground_plane(pose, lens, surface)
        ground = None if plane is None else ground_map(plane, pose, lens)
        if plane is None or ground is None or not self._mosaic.place(ground, lens):
            return None
        smooth = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), dtype=np.uint8)
        height = max(20.0, pose.position_enu_m[2] - plane.offset / float(plane.normal[2]))
        free = np.asarray(cv2.bitwise_not(self._structures.mask(pose, lens, _reach(ground, pose, lens))), np.uint8)
        fitted = self._fit(smooth, free, ground, lens)
        if fitted is None:
            self._learn_some(smooth, free, None, ground, time)
            return None
        ground, sure = fitted
        expected = self._mosaic.seen_from(self._mosaic.raster_from(ground), lens.width_px, lens.height_px)
        foreground = self._stands_out(smooth, expected, free, 1 if sure else 2)
        if cv2.countNonZero(foreground) > self._settings.upheaval_share * foreground.size:
            self._fail()
            return None
        self._failures = 0
        self._learn_some(smooth, free, foreground, ground, time)
        found = self._things(foreground, lens.focal_px[0] / height, min_area_px).within(lens.width_px, lens.height_px)
        before = next((past for past in reversed(self._past) if time - past.time >= self._settings.evidence_s), None)
        self._past.append(_Past(time, smooth, ground))
        if before is None or not len(found):
            return Blobs.none()
        return found.only(self._changed(found, smooth, ground, before) >= self._settings.evidence_share)

    def _fit(self, smooth: Image, free: Image, ground: FloatArray, lens: Lens) -> tuple[FloatArray, bool] | None:
        """The frame's homography to the ground corrected by what it shows, and whether it could be; at half size.

        None where too little of the ground is known.
        """
        width, height = lens.width_px // 2, lens.height_px // 2
        expected = self._mosaic.seen_from(self._mosaic.raster_from(ground @ _FULL_FROM_HALF), width, height)
        known = cv2.threshold(expected, 0, 255, cv2.THRESH_BINARY)[1]
        free = np.asarray(cv2.resize(free, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
        inner = np.asarray(cv2.erode(cv2.bitwise_and(known, free), self._band, iterations=2), dtype=np.uint8)
        if cv2.countNonZero(inner) < 0.02 * inner.size:
            return None
        small = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        move = correction(small, expected, inner, self._settings.corrected_px / 2)
        if move is None:
            return ground, False
        return np.asarray(ground @ _FULL_FROM_HALF @ move @ _HALF_FROM_FULL), True

    def _things(self, foreground: Image, px_per_m: float, min_area_px: int) -> Blobs:
        """Patches of foreground, with what belongs together joined."""
        size = int(np.clip(round(self._settings.join_m * px_per_m), 3, 15)) | 1
        join = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
        closed = np.asarray(cv2.morphologyEx(foreground, cv2.MORPH_CLOSE, join), dtype=np.uint8)
        return blobs(closed, min_area_px).joined(1.2 * px_per_m, 6.0 * px_per_m)

    def _changed(self, found: Blobs, smooth: Image, ground: FloatArray, before: _Past) -> FloatArray:
        """What share of each patch's area differs from the same ground a short time ago."""
        before_from_now = np.linalg.inv(before.ground) @ ground
        shares = np.zeros(len(found))
        for i, (x, y, width, height) in enumerate(found.boxes_px.astype(int)):
            at = before_from_now @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            then = cv2.warpPerspective(before.picture, at, (int(width), int(height)), flags=flags)
            now = smooth[y : y + height, x : x + width]
            above = cv2.subtract(now, cv2.dilate(then, self._band))
            below = cv2.subtract(cv2.erode(then, self._band), now)
            _, differs = cv2.threshold(cv2.max(above, below), self._settings.floor, 255, cv2.THRESH_BINARY)
            shares[i] = cv2.countNonZero(differs) / max(found.areas_px[i], 1.0)
        return shares

    def _fail(self) -> None:
        """A frame that does not fit: forget the ground when it happens again and again."""
        self._failures += 1
        if self._failures > 8:
            self._mosaic.clear()
            self._failures = 0

    def _stands_out(self, now: Image, expected: Image, free: Image, steps: int) -> Image:
        """255 where the frame is outside of what the known ground holds within so many pixels."""
        known = cv2.threshold(expected, 0, 255, cv2.THRESH_BINARY)[1]
        valid = np.asarray(cv2.erode(cv2.bitwise_and(known, free), self._band, iterations=steps + 1), dtype=np.uint8)
        shift = _median(now, valid) - _median(expected, valid)
        if shift:
            expected = np.asarray(cv2.convertScaleAbs(expected, alpha=1.0, beta=shift), dtype=np.uint8)
        above = cv2.subtract(now, cv2.dilate(expected, self._band, iterations=steps))
        below = cv2.subtract(cv2.erode(expected, self._band, iterations=steps), now)
        _, differs = cv2.threshold(cv2.max(above, below), self._settings.floor, 255, cv2.THRESH_BINARY)
        return np.asarray(cv2.bitwise_and(differs, valid), dtype=np.uint8)

    def _learn_some(
        self, smooth: Image, free: Image, foreground: Image | None, ground: FloatArray, time: float
    ) -> None:
        if 0 <= time - self._learnt < self._settings.learn_every_s:
            return
        self._learnt = time
        use = np.array(free)
        if foreground is not None:
            use[cv2.dilate(foreground, self._band) > 0] = 128
            use &= free
        self._mosaic.learn(smooth, use, self._mosaic.raster_from(ground))


def _reach(ground: FloatArray, pose: Pose, lens: Lens) -> float:
    """How far from the camera buildings can be that are in the picture."""
    width, height = lens.width_px, lens.height_px
    corners = np.array([[[0, height * 0.35], [width, height * 0.35], [width, height], [0, height]]], dtype=np.float64)
    away = cv2.perspectiveTransform(corners, ground)[0] - np.asarray(pose.position_enu_m[:2])
    return float(np.clip(1.4 * np.linalg.norm(away, axis=1).max() + 40.0, 60.0, 600.0))


def _median(picture: Image, where: Image) -> int:
    """Median brightness of every eighth pixel where a mask is set; 0 where it is nowhere."""
    sample = picture[::8, ::8][where[::8, ::8] > 0]
    return int(np.median(sample)) if len(sample) else 0
