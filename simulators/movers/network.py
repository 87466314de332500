"""The streets as a network: crossings, lanes for cars that keep to the right, and sidewalks on both sides."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import geopandas
import numpy as np
import shapely

from maps.positions import LocalFrame
from simulators.movers.path import Path, Point

_STOP_LINE_M = 4.0  # from the edge of the crossing street
_WALK_FROM_KERB_M = 2.2
_SHORTEST_M = 8.0
_DEFAULT_WIDTH_M = 8.0

Crossing = tuple[int, int]
"""A crossing is named by its place in centimetres."""


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """A one-way path from one crossing to another: a lane or one side's sidewalk in one direction.

    Attributes:
        street: name of the street; the ways of both directions share it.
        outer_m: for a sidewalk, how far from the street's centre line it lies; for a lane 0.
    """

    street: int
    start: Crossing
    end: Crossing
    path: Path
    outer_m: float = 0.0


@dataclass(slots=True)
class Network:
    """Ways by the crossing that they leave from."""

    lanes: dict[Crossing, list[Way]] = field(default_factory=lambda: defaultdict(list))
    sidewalks: dict[Crossing, list[Way]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def of(streets: geopandas.GeoDataFrame, frame: LocalFrame, area_m: float) -> "Network":
        """The network of a district's streets within a square of half-size ``area_m`` around the frame's origin."""
        network = Network()
        edges = [edge for edge in _edges(streets, frame) if _within(edge, area_m)]
        widths: dict[Crossing, list[float]] = defaultdict(list)
        for edge in edges:
            for crossing in (edge.start, edge.end):
                widths[crossing].append(edge.width_m)
        for number, edge in enumerate(edges):
            network._add(number, edge, *(_clearance(widths[crossing]) for crossing in (edge.start, edge.end)))
        return network

    def _add(self, street: int, edge: "_Edge", clear_start_m: float, clear_end_m: float) -> None:
        for path, start, end, clear_first, clear_last in (
            (edge.path, edge.start, edge.end, clear_start_m, clear_end_m),
            (edge.path.reversed(), edge.end, edge.start, clear_end_m, clear_start_m),
        ):
            first, last = clear_first + _STOP_LINE_M, path.length_m - clear_last - _STOP_LINE_M
            if last - first > _SHORTEST_M:
                lane = path.between(first, last).offset(edge.width_m / 4)
                self.lanes[start].append(Way(street, start, end, lane))
            first, last = clear_first + _WALK_FROM_KERB_M, path.length_m - clear_last - _WALK_FROM_KERB_M
            if last - first > _SHORTEST_M:
                outer = edge.width_m / 2 + _WALK_FROM_KERB_M
                for side in (-1, 1):
                    walk = path.between(first, last).offset(side * outer)
                    self.sidewalks[start].append(Way(street, start, end, walk, outer))


@dataclass(frozen=True, slots=True)
class _Edge:
    path: Path
    start: Crossing
    end: Crossing
    width_m: float


def _clearance(widths_m: list[float]) -> float:
    """Half of the widest street that meets at a crossing; nothing where a street merely ends or goes on."""
    return max(widths_m) / 2 if len(widths_m) > 2 else 0.0


def _within(edge: _Edge, area_m: float) -> bool:
    return all(max(abs(east), abs(north)) <= area_m for east, north in (edge.path.points[0], edge.path.points[-1]))


def _edges(streets: geopandas.GeoDataFrame, frame: LocalFrame) -> list[_Edge]:
    """The streets cut where they meet."""
    if not len(streets):
        return []
    local = streets.geometry.to_crs(frame.crs)
    lines = shapely.get_parts(np.asarray(local.array))
    width = streets["width_m"] if "width_m" in streets.columns else [_DEFAULT_WIDTH_M] * len(streets)
    widths = [float(each) if math.isfinite(float(each)) else _DEFAULT_WIDTH_M for each in width]
    tree = shapely.STRtree(np.asarray(local.array))
    ends: dict[Crossing, int] = defaultdict(int)
    pieces = [
        [(float(e), float(n)) for e, n in shapely.get_coordinates(piece)]
        for piece in shapely.get_parts(shapely.node(shapely.multilinestrings(lines)))
    ]
    for piece in pieces:
        for point in (piece[0], piece[-1]):
            ends[_crossing(point)] += 1
    edges = []
    for piece in _joined(pieces, ends):
        path = Path(piece)
        middle = path.place(path.length_m / 2)
        street = int(tree.nearest(shapely.Point(middle[0], middle[1])))
        edges.append(_Edge(path, _crossing(piece[0]), _crossing(piece[-1]), widths[street]))
    return sorted(edges, key=lambda edge: edge.path.points)


def _joined(pieces: list[list[Point]], ends: dict[Crossing, int]) -> list[list[Point]]:
    """Pieces put together where exactly two meet, for that is no crossing."""
    merged = shapely.line_merge(shapely.multilinestrings([shapely.linestrings(piece) for piece in pieces]))
    result: list[list[Point]] = []
    for line in shapely.get_parts(merged):
        points = [(float(e), float(n)) for e, n in shapely.get_coordinates(line)]
        cuts = [0, *(i for i in range(1, len(points) - 1) if ends[_crossing(points[i])] > 2), len(points) - 1]
        result.extend(points[a : b + 1] for a, b in pairwise(cuts) if b > a)
    return result


def _crossing(point: Point) -> Crossing:
    return round(point[0] * 100), round(point[1] * 100)
