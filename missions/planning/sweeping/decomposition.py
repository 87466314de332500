"""Decomposition: an area cut into pieces, each swept in a direction of its own where that is shorter.

Cuts go on from corners that point into the area (reflex corners) along the edges that meet there, as far as the area
reaches. Which of them are worth while is found by a beam search over sets of cuts, each piece valued by its best
direction.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray
from missions.planning.sweeping.strips import outline

Area = Polygon | MultiPolygon
Value = Callable[[Polygon], float]

MAX_CUTS = 14
DEPTH = 4
BEAM = 3
WORTH = 0.995
"""A further cut must bring the value below this share of what it was."""


@dataclass(frozen=True, eq=False)
class Partition:
    """Pieces of an area and what sweeping them is worth (less is better)."""

    pieces: tuple[Polygon, ...]
    value: float


def partitions(area_m: Area, value: Value, detail_m: float) -> list[Partition]:
    """The most promising ways of cutting an area, the best first; the area's parts uncut are always among them.

    Args:
        area_m: valid, in metres.
        value: metres that sweeping a piece takes; called once for each piece.
        detail_m: corners that stand out less than this are not cut at.
    """
    plain = Partition(tuple(shapely.get_parts(area_m)), math.nan)
    simple = area_m.simplify(detail_m)
    lines = _cuts(simple, detail_m) if isinstance(simple, Area) and simple.area > 0 else []
    known: dict[bytes, float] = {}

    def worth(pieces: tuple[Polygon, ...]) -> float:
        total = 0.0
        for piece in pieces:
            key = shapely.normalize(piece).wkb
            if key not in known:
                known[key] = value(piece)
            total += known[key]
        return total

    base = tuple(shapely.get_parts(simple)) if lines else plain.pieces
    whole = Partition(plain.pieces, worth(base))
    found: dict[frozenset[int], Partition] = {frozenset(): Partition(base, whole.value)}
    beam = [(frozenset[int](), found[frozenset()])]
    for _ in range(DEPTH):
        grown = []
        for chosen, parent in beam:
            for index in range(len(lines)):
                cuts = chosen | {index}
                if index in chosen or cuts in found:
                    continue
                pieces = _pieces(simple, [lines[each] for each in cuts])
                made = Partition(pieces, worth(pieces)) if len(pieces) > len(parent.pieces) else parent
                found[cuts] = made
                if made is not parent:
                    grown.append((cuts, made))
        beam = sorted(grown, key=lambda each: each[1].value)[:BEAM]
        if not beam:
            break
    better = [
        (cuts, made)
        for cuts, made in found.items()
        if cuts and made.value < WORTH * whole.value and len(made.pieces) > 1
    ]
    better.sort(key=lambda each: (each[1].value, len(each[0])))
    cut = [Partition(_pieces(area_m, [lines[each] for each in cuts]), made.value) for cuts, made in better[:BEAM]]
    # A face may be lost to rounding where cuts all but coincide; a partition must be the whole area.
    sound = [made for made in cut if sum(piece.area for piece in made.pieces) > (1 - 1e-6) * area_m.area]
    return sorted([whole, *sound], key=lambda each: each.value)


def _pieces(area_m: BaseGeometry, cuts: list[LineString]) -> tuple[Polygon, ...]:
    """The faces into which cuts divide an area."""
    lines = shapely.union_all([area_m.boundary, *cuts])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.contains(area_m, shapely.point_on_surface(faces))
    return tuple(faces[inside])


def _cuts(area_m: Area, detail_m: float) -> list[LineString]:
    """Cuts on from reflex corners, the most telling corners first."""
    west, south, east, north = area_m.bounds
    reach = math.hypot(east - west, north - south) + 1.0
    shapely.prepare(area_m)
    made: list[tuple[float, LineString]] = []
    for polygon in shapely.get_parts(area_m):
        for ring in shapely.get_rings(shapely.orient_polygons(polygon)):
            for weight, corner, along in _reflex(np.asarray(ring.coords)[:-1], detail_m):
                cut = _chord(area_m, corner, along, reach)
                if cut is not None and cut.length > detail_m:
                    made.append((weight, cut))
    made.sort(key=lambda each: -each[0])
    distinct: list[LineString] = []
    for _, cut in made:
        if len(distinct) < MAX_CUTS and not any(cut.equals_exact(other, 0.01) for other in distinct):
            distinct.append(cut)
    return distinct


def _reflex(corners_m: FloatArray, detail_m: float) -> list[tuple[float, FloatArray, FloatArray]]:
    """For each reflex corner of a ring that has the area on its left, both ways on: weight, corner, direction."""
    arriving = corners_m - np.roll(corners_m, 1, axis=0)
    leaving = np.roll(corners_m, -1, axis=0) - corners_m
    in_m, out_m = np.hypot(*arriving.T), np.hypot(*leaving.T)
    turn = arriving[:, 0] * leaving[:, 1] - arriving[:, 1] * leaving[:, 0]
    sharp = turn / np.maximum(in_m * out_m, 1e-12)
    found = []
    for index in np.flatnonzero((sharp < -0.1) & (np.minimum(in_m, out_m) > detail_m)):
        weight = float(-sharp[index] * min(in_m[index], out_m[index]))
        found.append((weight, corners_m[index], arriving[index] / in_m[index]))
        found.append((weight, corners_m[index], -leaving[index] / out_m[index]))
    return found


def _chord(area_m: Area, corner_m: FloatArray, along: FloatArray, reach_m: float) -> LineString | None:
    """The stretch of a ray from a corner that lies in the area, a little longer at its far end; None without any."""
    ray = LineString([corner_m, corner_m + along * reach_m])
    inside: BaseGeometry = shapely.intersection(ray, area_m)
    stretches = [part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]
    start = shapely.Point(corner_m)
    first = min(stretches, key=start.distance, default=None)
    if first is None or start.distance(first) > 0.01:
        return None
    far = max(start.distance(shapely.Point(place)) for place in first.coords)
    return LineString([corner_m - along * 0.01, corner_m + along * (far + 0.01)])


def edge_directions(area_m: Area, most: int) -> list[float]:
    """Directions in [0, pi) of the longest edges of an area and of its convex hull, near-equal ones once."""
    found: list[float] = []
    for geometry in (shapely.convex_hull(area_m), area_m):
        if not isinstance(geometry, Area) or geometry.is_empty:
            continue
        edges = outline(geometry)
        step = edges.ends_m - edges.starts_m
        longest = step[np.argsort(-np.hypot(step[:, 0], step[:, 1]), kind="stable")][:most]
        for angle in np.mod(np.arctan2(longest[:, 1], longest[:, 0]), math.pi).tolist():
            if all(abs(math.remainder(angle - other, math.pi)) > 2e-4 for other in found):
                found.append(angle)
    return found
