"""Planning: length of our sweeps over awkward areas, beside the usual single-direction to-and-fro."""

import math
from itertools import pairwise

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from missions.planning.sweep import SweepLine, order_lines, swath_polygon, sweep_lines
from service.benchmarks.measuring import Outcome

AREAS = 20
SWATH_M, SPACING_M = 90.0, 63.0


def measure() -> list[Outcome]:
    """Mean length and mean share imaged over seeded areas: turned, concave, long."""
    rng = np.random.default_rng(20)
    lengths, shares = [], []
    for _ in range(AREAS):
        area = _area(rng)
        ours = order_lines(sweep_lines(area, SPACING_M, SWATH_M), np.zeros(2), 0.0)
        plain = order_lines(_north_south(area), np.zeros(2), 0.0)
        lengths.append((_length(ours), _length(plain)))
        shares.append((_share(area, ours), _share(area, plain)))
    mine, theirs = np.mean(lengths, axis=0)
    seen, seen_plain = np.mean(shares, axis=0) * 100
    size, peer = f"{AREAS} seeded areas", "to and fro, north-south"
    return [
        Outcome("Length of a survey", size, float(mine), float(theirs), "m", float(mine / theirs), peer),
        Outcome("Area imaged", size, float(seen), float(seen_plain), "%", float(seen / seen_plain), peer),
    ]


def _area(rng: np.random.Generator) -> Polygon | MultiPolygon:
    parts = [
        affinity.rotate(box(0, 0, *rng.uniform(120, 900, 2)), rng.uniform(0, 90), origin=(0, 0))
        for _ in range(rng.integers(1, 4))
    ]
    area = shapely.union_all(parts)
    assert isinstance(area, Polygon | MultiPolygon)
    return area


def _north_south(area: Polygon | MultiPolygon) -> list[SweepLine]:
    """What a plain planner does: north-south passes across the bounding box, each cut to the area's extent."""
    west, south, east, north = area.bounds
    lines = []
    for x in np.arange(west + SPACING_M / 2, east + SPACING_M / 2, SPACING_M):
        strip = area.intersection(box(x - SWATH_M / 2, south, x + SWATH_M / 2, north))
        if strip.area > 0:
            _, low, _, high = strip.bounds
            lines.append(SweepLine((float(x), low), (float(x), high)))
    return lines


def _length(lines: list[SweepLine]) -> float:
    return sum(line.length_m for line in lines) + sum(math.dist(a.end_m, b.start_m) for a, b in pairwise(lines))


def _share(area: Polygon | MultiPolygon, lines: list[SweepLine]) -> float:
    return float(swath_polygon(lines, SWATH_M).intersection(area).area / area.area)
