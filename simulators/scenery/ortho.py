"""The ground seen from straight above, at several resolutions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray

Places = Callable[["Level"], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Gives the columns and rows, in a level's picture, of what is to be shown."""


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

    def sample(self, level: int, places: Places, out: NDArray[np.uint8]) -> None:
        """Fill a picture with the ground at given places; a finer level that ends is continued by the coarsest."""
        chosen, whole = self.levels[level], self.levels[-1]
        column, row = places(chosen)
        rows, columns = chosen.picture.shape[:2]
        ends = column.min() < 0 or row.min() < 0 or column.max() > columns - 1 or row.max() > rows - 1
        if chosen is whole or not ends:
            cv2.remap(chosen.picture, column, row, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)
            return
        cv2.remap(whole.picture, *places(whole), cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)
        outside = (column < 0) | (row < 0) | (column > columns - 1) | (row > rows - 1)
        if not outside.all():
            column[outside] = -1e6
            cv2.remap(chosen.picture, column, row, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_TRANSPARENT)
