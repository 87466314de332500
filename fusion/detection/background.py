"""What moves before a camera that stands still: each pixel's usual brightness and how much it usually strays.

A running mean and a running mean deviation of each pixel (as in Wren et al., "Pfinder", 1997, with a mean deviation in
place of the variance, which single outliers spoil less), on luma that is lightly smoothed against coding noise. A pixel
that is off by more than its usual straying is foreground. Changes of exposure are taken out first by the median change
of the whole picture. What stands still is taken into the background after some seconds; a patch counts only when it
also differs from the picture of some time ago, so that the place that something has left is not taken for a thing.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion.detection.blobs import Blobs, Image, blobs

Greys = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BackgroundSettings:
    """How the model learns and what it takes for foreground.

    Attributes:
        learn_s: time constant of the background.
        absorb_s: time constant at which what stands still becomes background.
        floor: grey levels that a pixel must be off by at least.
        strays: times its mean deviation that it must be off by.
        evidence_s: how old the picture is that a patch must differ from.
        evidence_share: share of a patch that must differ from it.
        warm_up_s: time to learn before anything is reported.
        upheaval_share: share of foreground from which the whole picture is taken to have changed.
    """

    learn_s: float = 4.0
    absorb_s: float = 25.0
    floor: float = 9.0
    strays: float = 4.0
    evidence_s: float = 0.8
    evidence_share: float = 0.12
    warm_up_s: float = 1.5
    upheaval_share: float = 0.35


class BackgroundModel:
    """The background of one camera that stands still; give it the frames in order."""

    def __init__(self, settings: BackgroundSettings | None = None) -> None:
        self._settings = settings or BackgroundSettings()
        self._mean: Greys | None = None
        self._deviation: Greys | None = None
        self._recent: deque[tuple[float, Image]] = deque(maxlen=32)
        self._begun = 0.0
        self._last = 0.0
        self._close = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 5))

    def moving(self, luma: Image, time: float, min_area_px: int = 10) -> Blobs:
        """Patches of a frame that move; empty while the model learns.

        Args:
            luma: shape (height, width), uint8.
            time: of the frame, seconds.
            min_area_px: patches smaller than this are noise.
        """
        smooth = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), dtype=np.uint8)
        image = smooth.astype(np.float32)
        if self._mean is None or self._deviation is None or self._mean.shape != image.shape or time < self._last:
            return self._begin(image, smooth, time)
        gap = time - self._last
        self._last = time
        self._follow_exposure(image)
        off = np.asarray(cv2.absdiff(image, self._mean), dtype=np.float32)
        limit = cv2.addWeighted(self._deviation, self._settings.strays, self._deviation, 0.0, self._settings.floor)
        foreground = np.asarray(cv2.compare(off, limit, cv2.CMP_GT), dtype=np.uint8)
        if cv2.countNonZero(foreground) > self._settings.upheaval_share * foreground.size:
            return self._begin(image, smooth, time)
        changed = self._changed(smooth, time)
        self._learn(image, off, foreground, gap)
        if time - self._begun < self._settings.warm_up_s or changed is None:
            return Blobs.none()
        closed = np.asarray(cv2.morphologyEx(foreground, cv2.MORPH_CLOSE, self._close), dtype=np.uint8)
        height, width = luma.shape
        found = blobs(closed, min_area_px).within(width, height)
        if not len(found):
            return found
        return found.only(found.shares(changed) >= self._settings.evidence_share)

    def _begin(self, image: Greys, smooth: Image, time: float) -> Blobs:
        self._mean = image.copy()
        self._deviation = np.full_like(image, 1.5)
        self._recent.clear()
        self._recent.append((time, smooth))
        self._begun = self._last = time
        return Blobs.none()

    def _follow_exposure(self, image: Greys) -> None:
        assert self._mean is not None
        shift = float(np.median(image[::8, ::8] - self._mean[::8, ::8]))
        if abs(shift) > 0.75:
            self._mean += np.float32(shift)

    def _changed(self, smooth: Image, time: float) -> Image | None:
        """Where the picture differs from that of some time ago; None while there is none so old."""
        before = next((past for then, past in reversed(self._recent) if time - then >= self._settings.evidence_s), None)
        while self._recent and time - self._recent[0][0] > 3 * self._settings.evidence_s + 0.5:
            self._recent.popleft()
        self._recent.append((time, smooth))
        if before is None:
            return None
        differs = cv2.absdiff(smooth, before)
        return np.asarray(cv2.threshold(differs, self._settings.floor, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)

    def _learn(self, image: Greys, off: Greys, foreground: Image, gap: float) -> None:
        assert self._mean is not None and self._deviation is not None
        usual = cv2.bitwise_not(foreground)
        rate = float(1 - np.exp(-gap / self._settings.learn_s))
        cv2.accumulateWeighted(image, self._mean, rate, mask=usual)
        cv2.accumulateWeighted(off, self._deviation, rate, mask=usual)
        slow = float(1 - np.exp(-gap / self._settings.absorb_s))
        cv2.accumulateWeighted(image, self._mean, slow, mask=foreground)
