"""Strips: an area cut into parallel strips of a direction, and how far the pass over each has to reach.

The projection of the part of an area within a strip onto the strip's axis is the union of the projections of that
part's boundary: the pieces of the area's edges within the strip, and the stretches of the strip's two sides that lie in
the area. Both come from the edges alone, so that hundreds of directions can be tried without building a geometry.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon

from maps.positions import FloatArray

IndexArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Outline:
    """The edges of an area, holes included: (E, 2) east and north of their starts and ends."""

    starts_m: FloatArray
    ends_m: FloatArray


@dataclass(frozen=True, eq=False)
class Strips:
    """The passes over the strips of one direction, in a frame whose x runs along them.

    Attributes:
        angle_rad: of the x axis, counter-clockwise from east.
        row: (S,) number of the strip that a pass belongs to, in order across the area.
        y_m: (S,) of the pass.
        first_m: (S,) x where the pass begins.
        last_m: (S,) x where it ends.
    """

    angle_rad: float
    row: IndexArray
    y_m: FloatArray
    first_m: FloatArray
    last_m: FloatArray

    @property
    def length_m(self) -> float:
        """Of all passes together."""
        return float(np.sum(self.last_m - self.first_m))

    def ends_m(self) -> FloatArray:
        """The passes as (S, 2, 2): start and end, east and north."""
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        x = np.stack([self.first_m, self.last_m], axis=1)
        y = self.y_m[:, None]
        return np.stack([x * cos - y * sin, x * sin + y * cos], axis=2)


def outline(area_m: Polygon | MultiPolygon) -> Outline:
    """The edges of an area."""
    rings = shapely.get_rings(shapely.get_parts(area_m))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return Outline(points[:-1][same], points[1:][same])


def strips(edges: Outline, angle_rad: float, spacing_m: float, swath_m: float, join_m: float) -> Strips:
    """The passes that image an area in one direction.

    Args:
        edges: of the area.
        angle_rad: of the passes, counter-clockwise from east.
        spacing_m: distance between passes at most.
        swath_m: width imaged by a pass; at least the spacing.
        join_m: a gap of at most this length within a strip is flown across; a longer one makes two passes.
    """
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    x0, y0 = edges.starts_m @ (cos, sin), edges.starts_m @ (-sin, cos)
    x1, y1 = edges.ends_m @ (cos, sin), edges.ends_m @ (-sin, cos)
    up = y0 <= y1
    x0, x1 = np.where(up, x0, x1), np.where(up, x1, x0)
    y0, y1 = np.where(up, y0, y1), np.where(up, y1, y0)
    south, north = float(y0.min()), float(y1.max())
    across = north - south
    count = 1 if across <= swath_m else math.ceil((across - swath_m) / spacing_m - 1e-9) + 1
    offsets = np.linspace(south + swath_m / 2, north - swath_m / 2, count) if count > 1 else [(south + north) / 2]
    offset = np.asarray(offsets, dtype=np.float64)
    sides = (offset[1:] + offset[:-1]) / 2
    row, low, high = _along_edges(x0, y0, x1, y1, sides)
    side, left, right = _along_sides(x0, y0, x1, y1, sides)
    row = np.concatenate([row, side, side + 1])
    low, high = np.concatenate([low, left, left]), np.concatenate([high, right, right])
    row, first, last = _merged(row, low, high, join_m)
    return Strips(angle_rad, row, offset[row], first, last)


def _along_edges(
    x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray, sides: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """For each piece of an edge within a strip: the strip, and its least and greatest x."""
    lowest = np.searchsorted(sides, y0, side="right")
    highest = np.maximum(np.searchsorted(sides, y1, side="left"), lowest)
    pieces = highest - lowest + 1
    edge = np.repeat(np.arange(len(x0)), pieces)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + lowest[edge]
    floors = np.concatenate([[-np.inf], sides])
    ceilings = np.concatenate([sides, [np.inf]])
    slope = (x1 - x0) / np.maximum(y1 - y0, 1e-12)
    bottom = np.maximum(y0[edge], floors[row])
    top = np.minimum(y1[edge], ceilings[row])
    xa = np.where(bottom <= y0[edge], x0[edge], x0[edge] + (bottom - y0[edge]) * slope[edge])
    xb = np.where(top >= y1[edge], x1[edge], x0[edge] + (top - y0[edge]) * slope[edge])
    return row, np.minimum(xa, xb), np.maximum(xa, xb)


def _along_sides(
    x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray, sides: FloatArray
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """For each stretch of a side between strips that lies in the area: the lower strip, where it begins and ends.

    An edge counts for a side at or above its lower end and below its upper end, so that each side is crossed evenly.
    """
    lowest = np.searchsorted(sides, y0, side="left")
    crossings = np.searchsorted(sides, y1, side="left") - lowest
    edge = np.repeat(np.arange(len(x0)), crossings)
    side = np.arange(len(edge)) - np.repeat(np.cumsum(crossings) - crossings, crossings) + lowest[edge]
    x = x0[edge] + (sides[side] - y0[edge]) * (x1 - x0)[edge] / (y1 - y0)[edge]
    order = np.lexsort((x, side))
    side, x = side[order], x[order]
    return side[::2], x[::2], x[1::2]


def _merged(
    row: IndexArray, low: FloatArray, high: FloatArray, join_m: float
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Intervals of the same strip joined where they overlap or lie within ``join_m`` of each other."""
    west = float(low.min())
    # Strips are laid end to end, too far apart to be joined, so that one running maximum serves them all.
    width = float(high.max()) - west
    gap = min(join_m, width + 1.0)
    shift = row * (width + gap + 1.0) - west
    order = np.argsort(low + shift)
    begins, reaches = (low + shift)[order], np.maximum.accumulate((high + shift)[order])
    opens = np.concatenate([[True], begins[1:] > reaches[:-1] + gap])
    closes = np.concatenate([opens[1:], [True]])
    rows = row[order][opens]
    back = rows * (width + gap + 1.0) - west
    return rows, begins[opens] - back, reaches[closes] - back
