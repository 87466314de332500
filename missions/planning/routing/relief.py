"""Relief: the least and the greatest height of the ground, cell by cell, of a district."""

import math
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.heights import ground_amsl_m

POSTS_A_SIDE = 400
"""At most so many heights are read along each side of a district."""


@dataclass(frozen=True, eq=False)
class Relief:
    """Square cells over a district; beyond them the ground goes on as at their edge.

    Attributes:
        west_m, south_m: lower left corner.
        cell_m: width of a cell.
        lowest_m, highest_m: height AMSL of the ground within each cell, (rows from south, columns from west).
    """

    west_m: float
    south_m: float
    cell_m: float
    lowest_m: FloatArray
    highest_m: FloatArray

    @classmethod
    def of(cls, district: District) -> "Relief":
        """Read the terrain; one endless cell where the ground is not known."""
        origin = district.frame.origin.alt_amsl_m
        if not district.terrain.known:
            level = np.full((1, 1), origin)
            return cls(0.0, 0.0, 1.0, level, level)
        west, south, east, north = district.terrain.bounds_deg
        corners = district.frame.enu_from_geodetic([south, south, north, north], [west, east, west, east], origin)
        low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
        step = max(district.terrain.resolution_m, float((high - low).max()) / POSTS_A_SIDE)
        counts = np.ceil((high - low) / (2 * step)).astype(int) * 2 + 1
        easts, norths = (low[axis] + np.arange(counts[axis]) * step for axis in (0, 1))
        ground = ground_amsl_m(district, np.stack(np.meshgrid(easts, norths), axis=-1))
        within = np.s_[1::2, 1::2]
        return cls(
            float(low[0]),
            float(low[1]),
            2 * step,
            minimum_filter(ground, 3)[within],
            maximum_filter(ground, 3)[within],
        )

    def span_m(self, shape_m: BaseGeometry) -> tuple[float, float]:
        """The lowest and the highest ground AMSL in the box around a shape."""
        west, south, east, north = shape_m.bounds
        rows, columns = self.lowest_m.shape
        first, last = self._index(south, self.south_m, rows), self._index(north, self.south_m, rows)
        left, right = self._index(west, self.west_m, columns), self._index(east, self.west_m, columns)
        part = np.s_[first : last + 1, left : right + 1]
        return float(self.lowest_m[part].min()), float(self.highest_m[part].max())

    def _index(self, place_m: float, first_m: float, count: int) -> int:
        return min(max(math.floor((place_m - first_m) / self.cell_m), 0), count - 1)

    def outline(self, cells: NDArray[np.bool_]) -> BaseGeometry:
        """The ground of some cells, half a cell wider, with its steps smoothed away."""
        grid = Affine(self.cell_m, 0, self.west_m, 0, self.cell_m, self.south_m)
        parts = rasterio.features.shapes(cells.astype(np.uint8), mask=cells, transform=grid)
        ground = shapely.union_all([shapely.geometry.shape(part) for part, _ in parts])
        return ground.buffer(self.cell_m / 2, quad_segs=2).simplify(self.cell_m / 2)
