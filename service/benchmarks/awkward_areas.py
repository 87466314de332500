"""Twenty awkward areas to survey, the same for a given seed."""

import math

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

Area = Polygon | MultiPolygon


def awkward_areas(seed: int = 20) -> dict[str, Area]:
    """Name to area in metres: arms, combs, holes, slivers, stars, parts, coasts; each turned at random."""
    rng = np.random.default_rng(seed)
    cross = shapely.union(box(-110, -600, 110, 600), box(-600, -110, 600, 110))
    ring = Point(0, 0).buffer(700).difference(Point(150, 0).buffer(350))
    made: dict[str, BaseGeometry] = {
        "L": shapely.union(box(0, 0, 1100, 210), box(0, 0, 230, 900)),
        "U": box(0, 0, 1000, 900).difference(box(220, 200, 790, 901)),
        "T": shapely.union(box(-110, -700, 110, 500), box(-650, 400, 650, 640)),
        "plus": cross,
        "comb, wide teeth": _comb(6, 150, 90, 800),
        "comb, narrow teeth": _comb(10, 50, 60, 600),
        "two combs": shapely.union(_comb(5, 80, 140, 500), affinity.translate(_comb(5, 80, 140, -500), 0, 60)),
        "square hole": box(0, 0, 1000, 1000).difference(box(320, 260, 700, 730)),
        "four holes": _holes(),
        "ring": ring,
        "sliver": box(0, 0, 4000, 8),
        "bent sliver": shapely.union(box(0, 0, 1800, 25), box(0, 0, 25, 1500)),
        "star of five": _star(5, 900, 380),
        "star of nine": _star(9, 900, 500),
        "touching itself": MultiPolygon([box(0, 0, 500, 400), box(500, 400, 1100, 900)]),
        "islands": MultiPolygon([box(x, y, x + 260, y + 140) for x in range(0, 1500, 420) for y in range(0, 900, 380)]),
        "turned rectangle": box(0, 0, 1700, 850),
        "triangle": Polygon([(0, 0), (1500, 150), (350, 1200)]),
        "coast": _coast(rng, 60),
        "ragged coast": _coast(rng, 400),
    }
    return {name: _polygonal(affinity.rotate(area, rng.uniform(0, 180), origin=(0, 0))) for name, area in made.items()}


def _polygonal(area: BaseGeometry) -> Area:
    assert isinstance(area, Polygon | MultiPolygon)
    return area


def _comb(teeth: int, tooth_m: float, gap_m: float, length_m: float) -> Area:
    pitch = tooth_m + gap_m
    low, high = min(0.0, length_m), max(0.0, length_m)
    fingers = [box(index * pitch, low, index * pitch + tooth_m, high) for index in range(teeth)]
    return _polygonal(shapely.union_all([box(0, 0, teeth * pitch - gap_m, 100), *fingers]))


def _holes() -> Area:
    taken = [box(x, y, x + 180, y + 180) for x in (180, 720) for y in (200, 700)]
    return _polygonal(box(0, 0, 1100, 1100).difference(shapely.union_all(taken)))


def _star(points: int, outer_m: float, inner_m: float) -> Polygon:
    angle = np.arange(2 * points) * math.pi / points
    radius = np.where(np.arange(2 * points) % 2, inner_m, outer_m)
    return Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


def _coast(rng: np.random.Generator, corners: int) -> Area:
    """A closed line whose radius is a sum of waves, finer ones lower."""
    angle = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    waves = [rng.normal(0, 130 / k) * np.cos(k * angle + rng.uniform(0, 2 * math.pi)) for k in range(1, corners // 4)]
    radius = np.maximum(750 + np.sum(waves, axis=0), 150)
    return Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
