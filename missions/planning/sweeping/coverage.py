"""Coverage: the passes that image an area with little flying.

Ways of cutting the area into pieces, and directions for each piece, are valued by what their strips alone tell; the
most promising are then made in full (trimmed where other passes image the same ground, and ordered) and the shortest is
taken.
For one convex piece the best direction is that of an edge (Huang, "Optimal line-sweep-based decompositions for coverage
algorithms", ICRA 2001); for others a grid of directions is tried too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry import Polygon

from maps.positions import FloatArray
from missions.planning.sweeping.cells import cells
from missions.planning.sweeping.decomposition import Area, edge_directions, partitions
from missions.planning.sweeping.hops import Hops, hops
from missions.planning.sweeping.ordering import StateArray, best_tour, tour_length
from missions.planning.sweeping.passes import Pass, ends_of, passes_of
from missions.planning.sweeping.strips import Outline, Strips, outline, strips
from missions.planning.sweeping.trimming import trimmed

MAX_PASSES = 3_000
GRID_DEG = 6.0
EDGES = 12
FULL = 6
"""So many of the best valued ways are made in full; fewer where there are many passes."""

START_WEIGHT = 0.5
"""What a metre of the way from and to the start counts beside one of the sweep itself."""

TURN_M = 3.0
"""What a pass more counts beside its length: turns take time."""


class TooManyPassesError(ValueError):
    """The area would take more than `MAX_PASSES` passes."""


@dataclass(frozen=True)
class Swath:
    """How passes image the ground, and how the aircraft turns between them.

    Attributes:
        width_m: imaged by one pass for certain.
        spacing_m: between neighbouring passes at most; not above the width.
        turn_radius_m: 0 for an aircraft that turns on the spot.
        run_m: straight flight before and after each pass.
    """

    width_m: float
    spacing_m: float
    turn_radius_m: float = 0.0
    run_m: float = 0.0

    @property
    def hop_m(self) -> float:
        """About what it takes from one pass to the next."""
        if self.turn_radius_m <= 0:
            return self.spacing_m
        crowded = max(0.0, 2 * self.turn_radius_m - self.spacing_m)
        return math.pi * self.turn_radius_m + 0.5 * crowded + 2 * self.run_m

    @property
    def skips(self) -> tuple[int, ...]:
        """How many passes on to turn, so that turns need not be tighter than the aircraft."""
        if self.turn_radius_m <= 0:
            return (1,)
        wide = math.ceil(2 * self.turn_radius_m / self.spacing_m - 1e-6)
        return (1,) if wide <= 1 else (1, wide, wide + 1)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Passes over an area, and their cells.

    Attributes:
        ends_m: (N, 2, 2) pass, start or end, east and north.
        cells: numbers of passes that lie side by side, in order across each cell.
    """

    ends_m: FloatArray
    cells: tuple[tuple[int, ...], ...]

    @property
    def length_m(self) -> float:
        """Of all passes together."""
        step = self.ends_m[:, 1] - self.ends_m[:, 0]
        return float(np.hypot(step[:, 0], step[:, 1]).sum())


def cover(
    area_m: Area, swath: Swath, start_m: FloatArray | None = None, direction_deg: float | None = None
) -> list[Pass]:
    """The passes that image an area, in the order and the sense of flight.

    Args:
        area_m: valid, in local metres (east, north).
        swath: of the camera and the aircraft.
        start_m: (east, north) where the aircraft comes from and returns to; None: anywhere.
        direction_deg: of all passes, clockwise from north; by default whatever is shortest.

    Raises:
        TooManyPassesError: when the area is far too large for the swath.
    """
    return ordered(sweep(area_m, swath, start_m, direction_deg), swath, start_m)


def ordered(made: Sweep, swath: Swath, start_m: FloatArray | None) -> list[Pass]:
    """The passes of a sweep in the order and the sense of flight."""
    costs = _costs(made, swath, start_m)
    return passes_of(_flown(made, best_tour(costs, made.cells, swath.skips)))


def order(passes: Sequence[Pass], swath: Swath, start_m: FloatArray | None = None) -> list[Pass]:
    """Some passes, as of one aircraft's share, in the order and the sense of flight.

    Args:
        passes: neighbours beside each other as far as possible.
        swath: of the camera and the aircraft.
        start_m: (east, north) where the aircraft comes from and returns to; None: anywhere.
    """
    return ordered(Sweep(ends_of(passes), (tuple(range(len(passes))),)), swath, start_m)


def sweep(area_m: Area, swath: Swath, start_m: FloatArray | None = None, direction_deg: float | None = None) -> Sweep:
    """The passes of `cover`, not yet ordered."""
    ways = _ways(area_m, swath, direction_deg)
    best: tuple[float, Sweep] | None = None
    passes = 0
    for way in ways[:FULL]:
        made = _made(area_m, way, swath)
        costs = _costs(made, swath, start_m)
        tour = best_tour(costs, made.cells, swath.skips, 0.2)
        length = made.length_m + tour_length(tour, costs) + TURN_M * len(tour)
        if best is None or length < best[0]:
            best = (length, made)
        passes += len(tour)
        if passes > 300:
            break
    assert best is not None
    return best[1]


@dataclass(frozen=True, eq=False)
class _Way:
    """Strips for each piece of a way of cutting the area."""

    strips: tuple[Strips, ...]
    value: float


def _value(made: Strips, swath: Swath) -> float:
    return made.length_m + len(made.row) * (swath.hop_m + TURN_M)


def _ways(area_m: Area, swath: Swath, direction_deg: float | None) -> list[_Way]:
    """Ways of sweeping the area, the most promising first."""
    edges = outline(area_m)
    _bounded(area_m, swath)
    if direction_deg is not None:
        angles = [math.radians(90 - direction_deg) % math.pi]
    else:
        angles = [*edge_directions(area_m, EDGES), *np.radians(np.arange(0, 180, GRID_DEG))]
    joins = [swath.width_m / 2, 3 * swath.width_m, math.inf]
    whole = [_Way((made,), _way_value([made], swath)) for made in _distinct(edges, angles, swath, joins)]
    cut = _cut_ways(area_m, swath, direction_deg)
    whole.sort(key=lambda way: way.value)
    cut.sort(key=lambda way: way.value)
    mixed = [*whole[:FULL], *cut[:FULL]]
    return sorted(mixed, key=lambda way: way.value)


def _bounded(area_m: Area, swath: Swath) -> None:
    west, south, east, north = area_m.bounds
    if math.hypot(east - west, north - south) / swath.spacing_m > MAX_PASSES:
        raise TooManyPassesError(f"over {MAX_PASSES} passes")


def _distinct(edges: Outline, angles: Sequence[float], swath: Swath, joins: Sequence[float]) -> list[Strips]:
    found = []
    for angle in angles:
        counts: set[int] = set()
        for join in joins:
            made = strips(edges, angle, swath.spacing_m, swath.width_m, join)
            if len(made.row) not in counts:
                counts.add(len(made.row))
                found.append(made)
            if len(made.row) == made.row[-1] + 1:
                break
    return found


def _way_value(pieces: Sequence[Strips], swath: Swath) -> float:
    """What strips take, with the hops of each cell as they would be flown and a way between cells."""
    total = 0.0
    for made in pieces:
        total += _value(made, swath)
    return total


def _cut_ways(area_m: Area, swath: Swath, direction_deg: float | None) -> list[_Way]:
    """Ways in which each piece of the area is swept by itself."""

    def best(piece: Polygon) -> Strips:
        if direction_deg is not None:
            angles = [math.radians(90 - direction_deg) % math.pi]
        else:
            angles = edge_directions(piece, 4)
        tried = [
            strips(edges, angle, swath.spacing_m, swath.width_m, swath.width_m)
            for edges in [outline(piece)]
            for angle in angles
        ]
        return min(tried, key=lambda made: _value(made, swath))

    found = partitions(area_m, lambda piece: _value(best(piece), swath), swath.width_m / 8)
    ways = []
    for partition in found:
        if len(partition.pieces) > 1:
            made = tuple(best(piece) for piece in partition.pieces)
            ways.append(_Way(made, _way_value(made, swath)))
    return ways


def _made(area_m: Area, way: _Way, swath: Swath) -> Sweep:
    """The passes of a way, trimmed."""
    ends = np.concatenate([each.ends_m() for each in way.strips])
    first = np.cumsum([0, *(len(each.row) for each in way.strips)])
    grouped = [
        [int(base) + index for index in cell]
        for base, each in zip(first[:-1], way.strips, strict=True)
        for cell in cells(each)
    ]
    kept, flown = trimmed(area_m, ends, swath.spacing_m, swath.width_m)
    number = np.cumsum(flown) - 1
    left = ([int(number[index]) for index in cell if flown[index]] for cell in grouped)
    return Sweep(kept[flown], tuple(tuple(cell) for cell in left if cell))


def _costs(made: Sweep, swath: Swath, start_m: FloatArray | None) -> Hops:
    return hops(made.ends_m, swath.turn_radius_m, swath.run_m, start_m, START_WEIGHT)


def _flown(made: Sweep, tour: StateArray) -> FloatArray:
    ends: FloatArray = made.ends_m[tour // 2]
    back = tour % 2 == 1
    ends[back] = ends[back][:, ::-1]
    return ends
