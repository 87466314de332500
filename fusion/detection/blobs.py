"""Connected patches of a mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blobs:
    """N patches of pixels.

    Attributes:
        boxes_px: left, top, width and height, shape (N, 4).
        areas_px: pixels in each, shape (N,).
        labels: number of the patch of each pixel, 0 for none, shape (height, width); patch i has the number numbers[i].
        numbers: shape (N,).
    """

    boxes_px: FloatArray
    areas_px: FloatArray
    labels: NDArray[np.int32]
    numbers: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.boxes_px)

    def only(self, chosen: NDArray[np.bool_]) -> "Blobs":
        """Those that are chosen."""
        return Blobs(self.boxes_px[chosen], self.areas_px[chosen], self.labels, self.numbers[chosen])

    def shares(self, mask: Image) -> FloatArray:
        """What share of each patch's pixels is set in a mask, shape (N,)."""
        shares = np.zeros(len(self))
        for i, (box, number) in enumerate(zip(self.boxes_px, self.numbers, strict=True)):
            x, y, width, height = (int(value) for value in box)
            inside = self.labels[y : y + height, x : x + width] == number
            shares[i] = np.count_nonzero(mask[y : y + height, x : x + width][inside]) / max(self.areas_px[i], 1)
        return shares


def blobs(mask: Image, min_area_px: int, at_most: int = 64) -> Blobs:
    """The patches of a mask (non-zero is in) of a minimal size, the largest ones first when there are too many."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    numbers = np.arange(1, count)
    areas = stats[1:, cv2.CC_STAT_AREA]
    numbers = numbers[areas >= min_area_px]
    if len(numbers) > at_most:
        numbers = numbers[np.argsort(-stats[numbers, cv2.CC_STAT_AREA])[:at_most]]
    return Blobs(
        stats[numbers, :4].astype(np.float64),
        stats[numbers, cv2.CC_STAT_AREA].astype(np.float64),
        np.asarray(labels, dtype=np.int32),
        numbers,
    )
