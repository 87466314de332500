"""What moves on the ground below a camera that flies.

The present frame is compared with two earlier ones, each brought to where the camera is now (`egomotion`). A pixel is
foreground when it is brighter or darker than everything within a pixel of the same ground in *both* earlier frames:
the place that a thing has left differs from one of them only. Buildings are left out, for they do not lie in the plane
of the ground and so seem to move.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from fusion.detection.blobs import Blobs, Image, blobs
from fusion.detection.egomotion import features, ground_plane, predicted, refined, seen_before
from fusion.detection.structures import Structures
from fusion.geolocation import Ground
from maps.optics import Lens, Pose


@dataclass(frozen=True, slots=True)
class FlyingSettings:
    """How frames are compared.

    Attributes:
        ago_s: how old the two earlier frames should be.
        floor: grey levels that a pixel must stand out by.
        upheaval_share: share of foreground from which the comparison is taken to have failed.
    """

    ago_s: tuple[float, float] = (0.6, 1.2)
    floor: float = 10.0
    upheaval_share: float = 0.04


@dataclass(frozen=True, slots=True)
class _Past:
    time: float
    picture: Image
    pose: Pose


class FlyingDetector:
    """Moving things below one flying camera; give it the frames in order."""

    def __init__(self, structures: Structures, settings: FlyingSettings | None = None) -> None:
        self._structures = structures
        self._settings = settings or FlyingSettings()
        self._past: deque[_Past] = deque(maxlen=48)
        self._band = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
        self._join = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))

    def moving(
        self, luma: Image, time: float, pose: Pose, lens: Lens, surface: Ground, min_area_px: int = 6
    ) -> Blobs | None:
        """Patches of a frame that move; None while there is nothing to compare it with."""
        smooth = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), dtype=np.uint8)
        past = self._remember(_Past(time, smooth, pose))
        plane = ground_plane(pose, lens, surface)
        if plane is None or len(past) < 2:
            return None
        reach = 4.0 * max(20.0, abs(pose.position_enu_m[2] - plane.offset / plane.normal[2]))
        built = self._structures.mask(pose, lens, reach)
        free = np.asarray(cv2.bitwise_not(built), dtype=np.uint8)
        corners = features(smooth, free)
        foreground = free
        for before in past:
            guess = predicted(plane, pose, before.pose, lens)
            if guess is None:
                return None
            homography, sure = refined(guess, smooth, corners, before.picture)
            stands_out = self._stands_out(smooth, seen_before(before.picture, homography), sure)
            foreground = np.asarray(cv2.bitwise_and(foreground, stands_out), dtype=np.uint8)
        if cv2.countNonZero(foreground) > self._settings.upheaval_share * foreground.size:
            return None
        joined = np.asarray(cv2.morphologyEx(foreground, cv2.MORPH_CLOSE, self._join), dtype=np.uint8)
        return blobs(joined, min_area_px)

    def _remember(self, now: _Past) -> list[_Past]:
        """Keep a frame; the two earlier ones to compare it with, fewer while there are none so old."""
        if self._past and (now.time <= self._past[-1].time or self._past[-1].picture.shape != now.picture.shape):
            self._past.clear()
        chosen = []
        for ago in self._settings.ago_s:
            old = [each for each in self._past if 0.6 * ago <= now.time - each.time <= 1.6 * ago]
            if old:
                chosen.append(min(old, key=lambda each: abs(now.time - each.time - ago)))
        self._past.append(now)
        while now.time - self._past[0].time > 2.0 * self._settings.ago_s[-1]:
            self._past.popleft()
        return chosen if len(chosen) == 2 and chosen[0] is not chosen[1] else []

    def _stands_out(self, now: Image, then: Image, sure: bool) -> Image:
        """255 where the present picture is outside of what the earlier one holds within a pixel (two when unsure)."""
        steps = 1 if sure else 2
        high = cv2.dilate(then, self._band, iterations=steps)
        low = cv2.erode(then, self._band, iterations=steps)
        above, below = cv2.subtract(now, high), cv2.subtract(low, now)
        _, differs = cv2.threshold(cv2.max(above, below), self._settings.floor, 255, cv2.THRESH_BINARY)
        reached = cv2.erode(cv2.threshold(then, 0, 255, cv2.THRESH_BINARY)[1], self._band, iterations=2)
        return np.asarray(cv2.bitwise_and(differs, reached), dtype=np.uint8)
