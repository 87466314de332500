"""Paths over the ground plane, measured along their length."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
"""East and north, metres."""


class Path:
    """A polyline in the ground plane.

    Attributes:
        points: (east, north) in metres, at least two, no two neighbours the same.
        length_m: along it.
    """

    __slots__ = ("_at", "_headings", "length_m", "points")

    def __init__(self, points: Sequence[Point]) -> None:
        kept = [points[0]]
        for point in points[1:]:
            if math.dist(point, kept[-1]) > 1e-6:
                kept.append(point)
        if len(kept) < 2:
            raise ValueError("a path needs two different points")
        self.points = tuple(kept)
        at = [0.0]
        for a, b in pairwise(kept):
            at.append(at[-1] + math.dist(a, b))
        self._at = at
        self._headings = [math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360 for a, b in pairwise(kept)]
        self.length_m = at[-1]

    def place(self, along_m: float) -> tuple[float, float, float]:
        """East, north and heading (deg from true north) at a distance from the start, kept within the path."""
        along = min(max(along_m, 0.0), self.length_m)
        leg = min(bisect_right(self._at, along), len(self._at) - 1) - 1
        (e0, n0), (e1, n1) = self.points[leg], self.points[leg + 1]
        part = (along - self._at[leg]) / (self._at[leg + 1] - self._at[leg])
        return e0 + (e1 - e0) * part, n0 + (n1 - n0) * part, self._headings[leg]

    @property
    def start_heading_deg(self) -> float:
        """Where it sets out to."""
        return self._headings[0]

    @property
    def end_heading_deg(self) -> float:
        """Where it is headed when it ends."""
        return self._headings[-1]

    def offset(self, right_m: float) -> "Path":
        """The path some metres to the right of it (negative: left), its corners mitred."""
        normals = [(math.cos(math.radians(h)), -math.sin(math.radians(h))) for h in self._headings]
        moved = []
        for index, (east, north) in enumerate(self.points):
            before, after = normals[max(index - 1, 0)], normals[min(index, len(normals) - 1)]
            scale = right_m / max(0.3, 0.5 * (1 + before[0] * after[0] + before[1] * after[1])) / 2
            moved.append((east + (before[0] + after[0]) * scale, north + (before[1] + after[1]) * scale))
        return Path(moved)

    def between(self, first_m: float, last_m: float) -> "Path":
        """The part from one distance along it to another, greater one."""
        inner = [point for at, point in zip(self._at, self.points, strict=True) if first_m < at < last_m]
        return Path([self.place(first_m)[:2], *inner, self.place(last_m)[:2]])

    def reversed(self) -> "Path":
        """The same way back."""
        return Path(self.points[::-1])


def curve(start: Point, start_heading_deg: float, end: Point, end_heading_deg: float, steps: int = 12) -> Path:
    """A smooth turn from one place and heading to another (a cubic Hermite curve)."""
    reach = math.dist(start, end) * 1.1
    away = math.radians(start_heading_deg)
    into = math.radians(end_heading_deg)
    m0 = (math.sin(away) * reach, math.cos(away) * reach)
    m1 = (math.sin(into) * reach, math.cos(into) * reach)
    points = []
    for step in range(steps + 1):
        t = step / steps
        h00, h10 = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
        h01, h11 = -2 * t**3 + 3 * t**2, t**3 - t**2
        points.append(
            (
                h00 * start[0] + h10 * m0[0] + h01 * end[0] + h11 * m1[0],
                h00 * start[1] + h10 * m0[1] + h01 * end[1] + h11 * m1[1],
            )
        )
    return Path(points)
