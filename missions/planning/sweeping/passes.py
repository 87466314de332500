"""Passes: the straight stretches of a sweep, and the ground their swaths take in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray

GRID_M = 1e-4
"""Grounds are put together on a grid this fine; without one, GEOS 3.14 loses rectangles that all but share a side."""


@dataclass(frozen=True)
class Pass:
    """One straight pass with the camera at work, from start to end, (east, north) metres."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]

    @property
    def length_m(self) -> float:
        """Along the pass."""
        return math.dist(self.start_m, self.end_m)

    def reversed(self) -> "Pass":
        """The same pass flown the other way."""
        return Pass(self.end_m, self.start_m)


def ends_of(passes: Sequence[Pass]) -> FloatArray:
    """The ends of passes as an array (N, 2, 2): pass, start or end, east and north."""
    return np.array([(each.start_m, each.end_m) for each in passes], dtype=np.float64).reshape(-1, 2, 2)


def passes_of(ends_m: FloatArray) -> list[Pass]:
    """Passes from an array (N, 2, 2) as `ends_of` gives it."""
    return [
        Pass((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))) for a, b in np.asarray(ends_m, dtype=np.float64)
    ]


def forward(ends_m: FloatArray) -> FloatArray:
    """Unit vectors (N, 2) along passes given as (N, 2, 2); east for a pass without length."""
    step = ends_m[:, 1] - ends_m[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    unit = step / np.maximum(length, 1e-9)[:, None]
    unit[length < 1e-9] = (1.0, 0.0)
    return unit


def bands(ends_m: FloatArray, swath_m: float) -> list[Polygon]:
    """The ground under each pass: a rectangle as long as the pass and as wide as the swath."""
    side = forward(ends_m)[:, ::-1] * np.array([-1.0, 1.0]) * (swath_m / 2)
    start, end = ends_m[:, 0], ends_m[:, 1]
    rings = np.stack([start + side, end + side, end - side, start - side, start + side], axis=1)
    return [Polygon(ring) for ring in rings]


def swath_ground(passes: Sequence[Pass], swath_m: float) -> BaseGeometry:
    """The ground that passes of this swath take in together, in local metres."""
    return shapely.union_all(bands(ends_of(passes), swath_m), grid_size=GRID_M) if passes else Polygon()
