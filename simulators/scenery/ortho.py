"""The ground seen from straight above, at several resolutions."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """A north-up picture of ground.

    Attributes:
        picture: shape (rows, columns, 3), BGR.
        west_m: east coordinate of its left edge; north_m: north coordinate of its upper edge.
        metres_per_px: size of a pixel.
    """

    picture: NDArray[np.uint8]
    west_m: float
    north_m: float
    metres_per_px: float

    def halved(self) -> "Level":
        """The same ground at half the resolution."""
        rows, columns = self.picture.shape[:2]
        small = cv2.resize(self.picture, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        return Level(np.asarray(small, dtype=np.uint8), self.west_m, self.north_m, self.metres_per_px * 2)

    def holds(self, east: NDArray[np.float32], north: NDArray[np.float32]) -> bool:
        """Whether all points are within."""
        rows, columns = self.picture.shape[:2]
        size = self.metres_per_px
        return bool(
            east.min() > self.west_m
            and east.max() < self.west_m + columns * size
            and north.max() < self.north_m
            and north.min() > self.north_m - rows * size
        )


@dataclass(frozen=True, eq=False, slots=True)
class Ortho:
    """Levels from fine to coarse; the last one holds the whole district, finer ones perhaps only its middle."""

    levels: tuple[Level, ...]

    def bands(self, metres_per_px: FloatArray) -> Iterator[tuple[int, int, int]]:
        """Runs of rows (first, one past the last) and the level whose pixels are about as large as theirs."""
        sizes = np.array([level.metres_per_px for level in self.levels])
        wanted = np.searchsorted(sizes, metres_per_px * 1.1, side="right") - 1
        chosen = np.clip(wanted, 0, len(sizes) - 1)
        edges = [0, *(np.nonzero(np.diff(chosen))[0] + 1).tolist(), len(chosen)]
        for first, last in pairwise(edges):
            yield first, last, int(chosen[first])

    def sample(self, level: int, east: NDArray[np.float32], north: NDArray[np.float32], out: NDArray[np.uint8]) -> None:
        """Fill a picture with the ground at given places; a finer level that ends is continued by the coarsest."""
        chosen = self.levels[level]
        whole = self.levels[-1]
        if chosen is whole or chosen.holds(east, north):
            _sample(chosen, east, north, out, cv2.BORDER_REPLICATE)
            return
        _sample(whole, east, north, out, cv2.BORDER_REPLICATE)
        rows, columns = chosen.picture.shape[:2]
        size = chosen.metres_per_px
        inside = (east > chosen.west_m + size) & (east < chosen.west_m + (columns - 1) * size)
        inside &= (north < chosen.north_m - size) & (north > chosen.north_m - (rows - 1) * size)
        if inside.any():
            _sample(chosen, np.where(inside, east, -1e6), np.where(inside, north, 1e6), out, cv2.BORDER_TRANSPARENT)


def _sample(
    level: Level, east: NDArray[np.float32], north: NDArray[np.float32], out: NDArray[np.uint8], border: int
) -> None:
    scale = np.float32(1 / level.metres_per_px)
    x = (east - np.float32(level.west_m)) * scale - np.float32(0.5)
    y = (np.float32(level.north_m) - north) * scale - np.float32(0.5)
    cv2.remap(level.picture, x, y, cv2.INTER_LINEAR, dst=out, borderMode=border)
