"""Buildings as prisms in the local frame, and which of them a cell of the plane touches."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray, LocalFrame
from maps.terrain import Terrain

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Prisms:
    """Footprints extruded to flat roofs; walls go down without end, for the ground hides their feet.

    A roof is a plane of constant "up" with the right height at a point within it; across a 100 m building 2 km from
    home the earth's curve makes that 2 cm wrong at its ends.

    Attributes:
        polygons: footprints in ENU, shape (B,), outer rings counter-clockwise; multi-polygons in their parts.
        rows: for each the position of its row in the district's buildings, shape (B,).
        tops_up_m: roofs, shape (B,).
        starts_m, ends_m: of all edges, shape (E, 2); the inside is on the left.
        owners: the prism each edge belongs to, shape (E,).
    """

    polygons: NDArray[np.object_]
    rows: IntArray
    tops_up_m: FloatArray
    starts_m: FloatArray
    ends_m: FloatArray
    owners: IntArray

    @classmethod
    def of(cls, buildings: geopandas.GeoDataFrame, frame: LocalFrame, terrain: Terrain) -> "Prisms":
        """A district's buildings; one without ``base_amsl_m`` stands on the ground at its middle."""
        local = np.asarray(buildings.geometry.to_crs(frame.crs).array)
        parts, rows = shapely.get_parts(local, return_index=True)
        parts = shapely.orient_polygons(parts)
        shapely.prepare(parts)
        middle = shapely.get_coordinates(shapely.point_on_surface(parts)) if len(parts) else np.zeros((0, 2))
        ground = terrain.height_enu_m(middle[:, 0], middle[:, 1])
        lat, lon, ground_amsl = frame.geodetic_from_enu(np.column_stack([middle, ground]))
        base = buildings["base_amsl_m"].to_numpy(dtype=np.float64)[rows]
        base = np.where(np.isfinite(base), base, ground_amsl)
        height = buildings["height_m"].to_numpy(dtype=np.float64)[rows]
        tops = frame.enu_from_geodetic(lat, lon, base + height)[:, 2]
        return cls(parts, rows, tops, *_edges(parts))

    def contains(self, prisms: IntArray, east_m: FloatArray, north_m: FloatArray) -> NDArray[np.bool_]:
        """Whether each prism's footprint holds (edges included) the point of the same index."""
        return np.asarray(shapely.intersects_xy(self.polygons[prisms], east_m, north_m), dtype=bool)


def _edges(polygons: NDArray[np.object_]) -> tuple[FloatArray, FloatArray, IntArray]:
    rings, owner_of_ring = shapely.get_rings(polygons, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    joined = ring_of_point[1:] == ring_of_point[:-1]
    starts, ends = points[:-1][joined], points[1:][joined]
    owners = owner_of_ring[ring_of_point[:-1][joined]] if len(points) else np.zeros(0, dtype=np.intp)
    return starts.reshape(-1, 2), ends.reshape(-1, 2), np.asarray(owners, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Cells:
    """A square grid over the plane; a cell's index is ``row * columns + column``, rows from the south."""

    west_m: float
    south_m: float
    size_m: float
    rows: int
    columns: int

    def index(self, east_m: FloatArray, north_m: FloatArray) -> IntArray:
        """The cell of each point; for points outside the nearest cell."""
        column = np.clip((east_m - self.west_m) / self.size_m, 0, self.columns - 1).astype(np.intp)
        row = np.clip((north_m - self.south_m) / self.size_m, 0, self.rows - 1).astype(np.intp)
        return row * self.columns + column

    def overlapping(self, boxes_m: FloatArray) -> tuple[IntArray, IntArray]:
        """All pairs (box, cell) that overlap, for boxes of shape (N, 4): west, south, east, north."""
        low = np.array([self.west_m, self.south_m])
        limits = np.array([self.columns - 1, self.rows - 1])
        first = np.clip(np.floor((boxes_m[:, :2] - low) / self.size_m), 0, limits).astype(np.intp)
        last = np.clip(np.floor((boxes_m[:, 2:] - low) / self.size_m), 0, limits).astype(np.intp)
        across, along = (last - first + 1).T if len(boxes_m) else (np.zeros(0, np.intp), np.zeros(0, np.intp))
        box, within = expand(across * along)
        column = first[box, 0] + within % across[box]
        row = first[box, 1] + within // across[box]
        return box, row * self.columns + column

    def middles(self, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """East and north of the middles of cells."""
        east = self.west_m + (cells % self.columns + 0.5) * self.size_m
        north = self.south_m + (cells // self.columns + 0.5) * self.size_m
        return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of indices for each cell, all in one array: the list of cell c is ``items[starts[c]:starts[c + 1]]``."""

    starts: NDArray[np.int32]
    items: NDArray[np.int32]

    @classmethod
    def gather(cls, cells: IntArray, items: IntArray, count: int) -> "Lists":
        """From pairs (cell, item)."""
        order = np.argsort(cells, kind="stable")
        starts = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(np.bincount(cells, minlength=count), out=starts[1:])
        return cls(starts, items[order].astype(np.int32))

    def of(self, cells: IntArray) -> tuple[IntArray, IntArray]:
        """All pairs (position in ``cells``, item), in the order of ``cells``."""
        first = self.starts[cells].astype(np.intp)
        position, within = expand(self.starts[cells + 1].astype(np.intp) - first)
        return position, self.items[first[position] + within].astype(np.intp)


def expand(counts: IntArray) -> tuple[IntArray, IntArray]:
    """For each index i ``counts[i]`` times (i, 0), (i, 1), …"""
    index = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    within = np.arange(len(index)) - (ends - counts)[index] if len(index) else np.zeros(0, dtype=np.intp)
    return index, within


def lists(prisms: Prisms, cells: Cells, margin_m: float) -> tuple[Lists, Lists]:
    """For each cell, grown by ``margin_m`` on all sides, the edges that cross it and the prisms that overlap it."""
    half = cells.size_m / 2 + margin_m
    low, high = np.minimum(prisms.starts_m, prisms.ends_m), np.maximum(prisms.starts_m, prisms.ends_m)
    edge, cell = cells.overlapping(np.column_stack([low - margin_m, high + margin_m]))
    crossing = _segment_meets_square(prisms.starts_m[edge], prisms.ends_m[edge], *cells.middles(cell), half)
    edge, cell = edge[crossing], cell[crossing]
    count = cells.rows * cells.columns
    bounds = shapely.bounds(prisms.polygons).reshape(-1, 4)
    prism, covered = cells.overlapping(bounds)
    inside = prisms.contains(prism, *cells.middles(covered))
    pairs = np.concatenate(
        [cell * len(prisms.rows) + prisms.owners[edge], covered[inside] * len(prisms.rows) + prism[inside]]
    )
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    touched, touching = (pairs // len(prisms.rows), pairs % len(prisms.rows)) if len(pairs) else (pairs, pairs)
    return Lists.gather(cell, edge, count), Lists.gather(touched, touching, count)


def _segment_meets_square(
    start: FloatArray, end: FloatArray, east: FloatArray, north: FloatArray, half: float
) -> NDArray[np.bool_]:
    """Separating axes: the square's two, and the segment's normal."""
    a = start - np.column_stack([east, north])
    d = end - start
    middle = a + d / 2
    reach = abs(d) / 2 + half
    within: Callable[[int], NDArray[np.bool_]] = lambda axis: abs(middle[:, axis]) <= reach[:, axis]  # noqa: E731
    across = abs(a[:, 0] * d[:, 1] - a[:, 1] * d[:, 0]) <= half * (abs(d[:, 0]) + abs(d[:, 1]))
    return within(0) & within(1) & across
