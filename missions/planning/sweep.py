"""Sweep lines: parallel passes whose swaths together image an area.

For one direction the area is cut into strips as wide as the spacing, and each strip is flown from where its swath first
touches the area to where it last does. The direction is the one, among the directions of the convex hull's edges, that
needs the least flying: the optimal sweep of a convex polygon is parallel to one of its edges (Huang, "Optimal
line-sweep-based decompositions for coverage algorithms", ICRA 2001).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray

TURN_COST_M = 40.0
"""What a turn costs beside the length flown, as metres of flight: braking and speeding up."""


@dataclass(frozen=True)
class SweepLine:
    """One pass, from start to end, (east, north) metres."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]

    @property
    def length_m(self) -> float:
        """Along the pass."""
        return math.dist(self.start_m, self.end_m)

    def reversed(self) -> "SweepLine":
        """The same pass flown the other way."""
        return SweepLine(self.end_m, self.start_m)


def sweep_lines(area_m: Polygon | MultiPolygon, spacing_m: float, swath_m: float) -> list[SweepLine]:
    """Passes over an area in local metres, in order across it, all in one sense.

    Args:
        area_m: what to image; holes are left out where a whole strip lies in them.
        spacing_m: distance between passes at most.
        swath_m: width imaged by one pass; at least the spacing.

    Returns:
        The passes for the cheapest direction.
    """
    candidates = [_lines_along(area_m, angle, spacing_m, swath_m) for angle in _directions(area_m)]
    return min(candidates, key=lambda lines: sum(line.length_m + TURN_COST_M for line in lines))


def _directions(area_m: Polygon | MultiPolygon) -> list[float]:
    """Directions of the convex hull's edges in radians within [0, pi), near-equal ones once."""
    edges = np.diff(shapely.get_coordinates(shapely.convex_hull(area_m)), axis=0)
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    longest = edges[np.argsort(-lengths)][:24]
    angles = np.mod(np.arctan2(longest[:, 1], longest[:, 0]), math.pi)
    return sorted(set(np.round(angles, 2).tolist()))


def _lines_along(area_m: Polygon | MultiPolygon, angle: float, spacing_m: float, swath_m: float) -> list[SweepLine]:
    centre = area_m.centroid
    level = affinity.rotate(area_m, -math.degrees(angle), origin=centre)
    west, south, east, north = level.bounds
    across = north - south
    count = 1 if across <= swath_m else math.ceil((across - swath_m) / spacing_m) + 1
    offsets = np.linspace(south + swath_m / 2, north - swath_m / 2, count) if count > 1 else [(south + north) / 2]
    half = swath_m / 2
    lines = []
    for offset in offsets:
        strip = level.intersection(box(west - 1, offset - half, east + 1, offset + half))
        for first, last in _extents(strip, swath_m):
            lines.append(((first, float(offset)), (last, float(offset))))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    origin = np.array([centre.x, centre.y])

    def back(point: tuple[float, float]) -> tuple[float, float]:
        east_m, north_m = turn @ (np.asarray(point) - origin) + origin
        return float(east_m), float(north_m)

    return [SweepLine(back(start), back(end)) for start, end in lines]


def _extents(strip: BaseGeometry, swath_m: float) -> list[tuple[float, float]]:
    """The stretches of x that a strip's parts span, joined where the gap between them is below a swath."""
    spans = sorted((part.bounds[0], part.bounds[2]) for part in getattr(strip, "geoms", [strip]) if part.area > 0)
    joined: list[tuple[float, float]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + swath_m:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def swath_polygon(lines: list[SweepLine], swath_m: float) -> BaseGeometry:
    """The ground that passes of this swath image, in local metres."""
    bands = [
        shapely.buffer(shapely.LineString([line.start_m, line.end_m]), swath_m / 2, cap_style="flat") for line in lines
    ]
    return shapely.union_all(bands)


def order_lines(lines: list[SweepLine], start_m: FloatArray, turn_radius_m: float) -> list[SweepLine]:
    """Put passes in an order, and each in a sense, that flies little between them.

    An aircraft that turns on the spot flies to and fro. One with a turn radius cannot turn into the neighbouring pass
    when it is nearer than two radii, so it takes, each time, the pass that its turn reaches soonest.

    Args:
        lines: the passes, in order across the area.
        start_m: (east, north) where the aircraft comes from.
        turn_radius_m: 0 for an aircraft that turns on the spot.
    """
    if not lines:
        return []
    if turn_radius_m <= 0:
        return _to_and_fro(lines, start_m)
    best: tuple[float, list[SweepLine]] = (math.inf, [])
    for first in {0, len(lines) - 1, len(lines) // 2}:
        for entry in (lines[first], lines[first].reversed()):
            order = _nearest_by_turn(lines, first, entry, turn_radius_m)
            length = (
                math.dist(start_m, entry.start_m) + _turns_m(order, turn_radius_m) + math.dist(order[-1].end_m, start_m)
            )
            best = min(best, (length, order), key=lambda each: each[0])
    return best[1]


def _to_and_fro(lines: list[SweepLine], start_m: FloatArray) -> list[SweepLine]:
    choices = []
    for ordered in (lines, lines[::-1]):
        for odd in (0, 1):
            order = [line if index % 2 == odd else line.reversed() for index, line in enumerate(ordered)]
            choices.append((math.dist(start_m, order[0].start_m) + math.dist(order[-1].end_m, start_m), order))
    return min(choices, key=lambda each: each[0])[1]


def _nearest_by_turn(lines: list[SweepLine], first: int, entry: SweepLine, radius_m: float) -> list[SweepLine]:
    left = [line for index, line in enumerate(lines) if index != first]
    order = [entry]
    while left:
        costs = [
            (turn_length_m(order[-1], candidate, radius_m), index, candidate)
            for index, line in enumerate(left)
            for candidate in (line, line.reversed())
        ]
        _, index, chosen = min(costs, key=lambda each: each[0])
        left.pop(index)
        order.append(chosen)
    return order


def _turns_m(order: list[SweepLine], radius_m: float) -> float:
    return sum(turn_length_m(a, b, radius_m) for a, b in pairwise(order))


def turn_length_m(leaving: SweepLine, entering: SweepLine, radius_m: float) -> float:
    """About how far an aircraft flies from the end of one pass to the start of another.

    Half a circle where the passes lie two radii apart or more, and the straight way between; nearer than that the turn
    bulges out and back, which costs up to another 4/3 of a circle's half (the three-arc turn of Dubins, 1957).
    """
    gap = math.dist(leaving.end_m, entering.start_m)
    heading = math.atan2(leaving.end_m[1] - leaving.start_m[1], leaving.end_m[0] - leaving.start_m[0])
    target = math.atan2(entering.end_m[1] - entering.start_m[1], entering.end_m[0] - entering.start_m[0])
    change = abs(math.remainder(target - heading, 2 * math.pi))
    crowding = max(0.0, 1.0 - gap / (2 * radius_m)) * 4 / 3 * math.pi * radius_m
    return max(gap, radius_m * change + max(0.0, gap - 2 * radius_m)) + crowding
