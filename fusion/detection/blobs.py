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
        areas_px: pixels within each one's outline, shape (N,).
    """

    boxes_px: FloatArray
    areas_px: FloatArray

    def __len__(self) -> int:
        return len(self.boxes_px)

    def only(self, chosen: NDArray[np.bool_]) -> "Blobs":
        """Those that are chosen."""
        return Blobs(self.boxes_px[chosen], self.areas_px[chosen])

    def shares(self, mask: Image) -> FloatArray:
        """How many pixels of a mask are set within each patch's box, as a share of the patch's area, shape (N,)."""
        shares = np.zeros(len(self))
        for i, (x, y, width, height) in enumerate(self.boxes_px.astype(int)):
            shares[i] = cv2.countNonZero(mask[y : y + height, x : x + width]) / max(self.areas_px[i], 1.0)
        return shares

    def within(self, width_px: int, height_px: int, margin_px: int = 2) -> "Blobs":
        """Those that do not touch the picture's edges: of others only a part is seen."""
        x, y, wide, high = self.boxes_px.T
        return self.only(
            (x >= margin_px)
            & (y >= margin_px)
            & (x + wide <= width_px - margin_px)
            & (y + high <= height_px - margin_px)
        )

    def joined(self, gap_px: float, size_px: float) -> "Blobs":
        """Patches nearer to each other than a gap made one, as long as that is no larger than a size."""
        boxes = [tuple(box) for box in self.boxes_px]
        areas = list(self.areas_px)
        i = 0
        while i < len(boxes):
            for j in range(i + 1, len(boxes)):
                whole = _around(boxes[i], boxes[j])
                if _gap(boxes[i], boxes[j]) <= gap_px and max(whole[2:]) <= size_px:
                    boxes[i], areas[i] = whole, areas[i] + areas[j]
                    del boxes[j], areas[j]
                    i = -1
                    break
            i += 1
        return Blobs(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(areas, dtype=np.float64))

    @staticmethod
    def none() -> "Blobs":
        """No patches."""
        return Blobs(np.empty((0, 4)), np.empty(0))


def blobs(mask: Image, min_area_px: float, at_most: int = 48) -> Blobs:
    """The patches of a mask (non-zero is in) of a minimal size, the largest ones when there are too many."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes, areas = [], []
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        if width * height < min_area_px:
            continue
        area = cv2.contourArea(outline) + (width + height) / 2.0  # the outline runs through the middles of edge pixels
        if area >= min_area_px:
            boxes.append((x, y, width, height))
            areas.append(area)
    if not boxes:
        return Blobs.none()
    chosen = np.argsort(-np.array(areas), kind="stable")[:at_most]
    return Blobs(np.array(boxes, dtype=np.float64)[chosen], np.array(areas, dtype=np.float64)[chosen])


def _around(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right, bottom = max(one[0] + one[2], other[0] + other[2]), max(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top


def _gap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    across = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    down = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return max(across, down)
