"""Sweeping beside an exhaustive search over directions and decompositions, written apart from it.

For each small area every subset of up to three cuts from its reflex corners is tried; each piece is swept along each of
180 directions by strips cut with shapely, from edge to edge; the pieces' best sweeps are joined in every order, entered
at every end. Its passes reach exactly over the ground of their strips, as ours do.
"""

import math
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from missions.planning.sweeping import Swath, cover

WIDTH_M, SPACING_M = 90.0, 65.0
AREAS = {
    "rectangle": affinity.rotate(box(0, 0, 700, 300), 25),
    "triangle": Polygon([(0, 0), (800, 100), (200, 600)]),
    "kite": Polygon([(0, 0), (250, -200), (900, 0), (250, 260)]),
    "L": Polygon([(0, 0), (800, 0), (800, 200), (220, 200), (220, 700), (0, 700)]),
    "T": Polygon([(0, 0), (900, 0), (900, 180), (560, 180), (560, 800), (340, 800), (340, 180), (0, 180)]),
    "U": Polygon([(0, 0), (800, 0), (800, 700), (600, 700), (600, 190), (200, 190), (200, 700), (0, 700)]),
    "slanted L": affinity.skew(Polygon([(0, 0), (800, 0), (800, 200), (220, 200), (220, 700), (0, 700)]), 20),
    "arrow": Polygon([(0, 0), (500, 200), (0, 400), (150, 200)]),
}


def line_strips(piece: BaseGeometry, angle_deg: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """The passes of a piece in one direction, in order across it."""
    level = affinity.rotate(piece, -angle_deg, origin=(0, 0))
    west, south, east, north = level.bounds
    count = max(1, math.ceil((north - south - WIDTH_M) / SPACING_M - 1e-9) + 1)
    offsets = np.linspace(south + WIDTH_M / 2, north - WIDTH_M / 2, count) if count > 1 else [(south + north) / 2]
    found = []
    for index, offset in enumerate(offsets):
        low = south if index == 0 else (offsets[index - 1] + offset) / 2
        high = north if index == count - 1 else (offsets[index + 1] + offset) / 2
        inside = level.intersection(box(west - 1, low, east + 1, high))
        first, _, last, _ = inside.bounds
        ends = affinity.rotate(LineString([(first, offset), (last, offset)]), angle_deg, origin=(0, 0)).coords
        found.append((np.array(ends[0]), np.array(ends[1])))
    return found


def to_and_fro(passes: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """(length, first place, last place) of flying passes in turn, from either end of the first one."""
    flights = []
    for sense in (0, 1):
        places = [each[(sense + index) % 2 :: -1 if (sense + index) % 2 else 1] for index, each in enumerate(passes)]
        way = np.array([place for pair in places for place in pair])
        flights.append((float(np.hypot(*np.diff(way, axis=0).T).sum()), way[0], way[-1]))
    return flights


def best_of_piece(piece: BaseGeometry) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """The shortest flights over a piece, as one that is begun at each end."""
    flights = [flight for angle in range(180) for flight in to_and_fro(line_strips(piece, angle))]
    flights.sort(key=lambda each: each[0])
    return flights[:4]


def chords(area: Polygon) -> list[LineString]:
    """From each reflex corner on along both of its edges, to where the area ends."""
    ring = np.array(shapely.orient_polygons(area).exterior.coords)[:-1]
    found = []
    for index, corner in enumerate(ring):
        before, after = ring[index - 1], ring[(index + 1) % len(ring)]
        arriving, leaving = corner - before, after - corner
        if arriving[0] * leaving[1] - arriving[1] * leaving[0] >= 0:
            continue
        for along in (arriving, -leaving):
            unit = along / np.hypot(*along)
            ray = LineString([corner, corner + unit * 5_000]).intersection(area.buffer(1e-6))
            parts = [part for part in shapely.get_parts(ray) if part.distance(Point(corner)) < 1e-3 and part.length > 1]
            found += [LineString([corner - unit, corner + unit * (part.length + 1)]) for part in parts]
    return found


def exhaustive_m(area: Polygon) -> float:
    """The length of the shortest sweep found."""
    known: dict[bytes, list[tuple[float, np.ndarray, np.ndarray]]] = {}
    best = math.inf
    cuts = chords(area)
    for number in range(4):
        for chosen in combinations(cuts, number):
            pieces: list[BaseGeometry] = [area]
            for cut in chosen:
                pieces = [part for piece in pieces for part in split(piece, cut).geoms]
            pieces = [piece for piece in pieces if piece.area > 1]
            if len(pieces) > 4:
                continue
            flights = []
            for piece in pieces:
                key = shapely.normalize(shapely.set_precision(piece, 1e-3)).wkb
                if key not in known:
                    known[key] = best_of_piece(piece)
                flights.append(known[key])
            for order in permutations(range(len(pieces))):
                for ways in product(*(flights[index] for index in order)):
                    for senses in product((False, True), repeat=len(ways)):
                        ends = [(b, a) if back else (a, b) for (_, a, b), back in zip(ways, senses, strict=True)]
                        hops = sum(math.dist(one[1], other[0]) for one, other in pairwise(ends))
                        best = min(best, sum(way[0] for way in ways) + hops)
    return best


@pytest.mark.parametrize("name", AREAS)
def test_no_sweep_found_by_trying_everything_is_a_tenth_shorter(name: str) -> None:
    area = AREAS[name]
    passes = cover(area, Swath(WIDTH_M, SPACING_M))
    way = np.array([place for each in passes for place in (each.start_m, each.end_m)])
    ours = float(np.hypot(*np.diff(way, axis=0).T).sum())
    assert ours <= 1.1 * exhaustive_m(area)
