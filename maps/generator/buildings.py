"""Buildings: each block gets a use, and its lot is filled with what that use builds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon

from maps.generator.streets import Block

STOREY_M = 3.0


@dataclass(frozen=True)
class Building:
    """A footprint in local metres, its height above the ground, and what it is for."""

    footprint: Polygon
    height_m: float
    use: str


Shape = tuple[Polygon, float]
Fill = Callable[[tuple[float, float, float, float], np.random.Generator], Iterator[Shape]]


def fill(block: Block, use: str, rng: np.random.Generator) -> list[Building]:
    """Buildings of a block, all within its lot and apart from each other."""
    if use not in _FILLS:
        return []
    pivot = block.outline.centroid
    level = affinity.rotate(block.lot, -block.angle_deg, origin=pivot)
    shapely.prepare(level)
    buildings: list[Building] = []
    for shape, height in _FILLS[use](level.bounds, rng):
        if not level.contains(shape) or any(shape.distance(other.footprint) < 6.0 for other in buildings):
            continue
        buildings.append(Building(shape, round(height, 1), use))
    return [
        Building(affinity.rotate(building.footprint, block.angle_deg, origin=pivot), building.height_m, use)
        for building in buildings
    ]


def _box(west: float, south: float, width: float, depth: float) -> Polygon:
    return shapely.box(west, south, west + width, south + depth)


def _ell(west: float, south: float, width: float, depth: float, thick: float) -> Polygon:
    return Polygon(
        [
            (west, south),
            (west + width, south),
            (west + width, south + thick),
            (west + thick, south + thick),
            (west + thick, south + depth),
            (west, south + depth),
        ]
    )


def _horseshoe(west: float, south: float, width: float, depth: float, thick: float) -> Polygon:
    east, low, high = west + width, south + thick, south + depth
    return Polygon(
        [
            (west, south),
            (east, south),
            (east, high),
            (east - thick, high),
            (east - thick, low),
            (west + thick, low),
            (west + thick, high),
            (west, high),
        ]
    )


def _slabs(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    """Rows of flats facing south, one height for the whole estate."""
    west, south, east, north = bounds
    storeys = int(rng.choice([5, 6, 6, 7, 9, 11, 13]))
    deep, apart = rng.uniform(12.5, 15), max(22.0, storeys * STOREY_M * 0.95)
    long, gap = rng.uniform(38, 58), rng.uniform(12, 18)
    across = max(1, int((east - west - 4 + gap) // (long + gap)))
    start = west + ((east - west) - across * long - (across - 1) * gap) / 2
    y = south + rng.uniform(2, 5)
    while y + deep < north:
        for k in range(across):
            yield _box(start + k * (long + gap), y, long, deep), storeys * STOREY_M + 1.2
        y += deep + apart


def _towers(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    for x in np.arange(west + 8, east - 30, rng.uniform(52, 64)):
        for y in np.arange(south + 8, north - 30, rng.uniform(58, 70)):
            side = rng.uniform(22, 28)
            yield (
                _box(x + rng.uniform(0, 8), y + rng.uniform(0, 8), side, side * rng.uniform(0.8, 1)),
                float(rng.integers(15, 26) * STOREY_M + 2),
            )


def _offices(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    half_width, half_depth = (east - west) / 2, (north - south) / 2
    for column in range(2):
        for row in range(2):
            x, y = west + column * half_width + 6, south + row * half_depth + 6
            width, depth = half_width - rng.uniform(14, 24), half_depth - rng.uniform(14, 26)
            form = rng.integers(3)
            shape = _box(x, y, width * 0.8, depth * 0.7) if form == 0 else None
            shape = _ell(x, y, width, depth, 17) if form == 1 else shape
            shape = _horseshoe(x, y, width, depth, 15) if shape is None else shape
            yield shape, float(rng.integers(4, 13) * 3.6 + 1)


def _halls(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    y = south + 5
    while y + 22 < north:
        deep = rng.uniform(22, 34)
        yield _box(west + 6, y, (east - west) * rng.uniform(0.5, 0.8), deep), float(rng.uniform(8, 14))
        y += deep + rng.uniform(16, 24)


def _houses(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    for x in np.arange(west + 4, east - 18, 27):
        for y in np.arange(south + 4, north - 16, 25):
            if rng.random() < 0.86:
                yield _horseshoe(x + rng.uniform(0, 4), y + rng.uniform(0, 4), 17, 13, 5), float(rng.uniform(6, 9.5))


def _market(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    yield _box(west + 14, south + 14, (east - west) * 0.6, (north - south) * 0.45), float(rng.uniform(14, 19))
    for x in np.arange(west + 12, east - 20, 30):
        yield _box(x, north - 40, 20, 12), 6.5


def _school(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    yield _ell(west + 10, north - 70, 74, 52, 14), 18.5
    yield _box(west + 10, south + 14, 34, 24), 11.0
    yield _box(east - 40, north - 34, 24, 16), float(rng.uniform(9, 13))


def _hospital(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    yield _box(west + 24, north - 60, 70, 22), 52.0
    yield _horseshoe(west + 16, south + 14, 86, 50, 16), float(rng.uniform(19, 24))
    yield _box(east - 40, south + 20, 22, 30), 12.0


def _prison(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    for k in range(3):
        yield _box(west + 22, south + 20 + k * 34, (east - west) - 60, 13), 13.0
    yield _box(east - 30, north - 32, 14, 14), float(rng.uniform(16, 20))


def _station(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    yield _box(west + 12, (south + north) / 2 - 18, (east - west) - 26, 34), float(rng.uniform(17, 21))
    yield _box(west + 14, south + 10, 30, 14), 6.0


def _town_hall(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    yield _horseshoe(west + 20, north - 80, (east - west) - 44, 60, 18), float(rng.uniform(24, 30))
    yield _box(west + 24, south + 12, 26, 16), 9.0


def _pavilions(bounds: tuple[float, float, float, float], rng: np.random.Generator) -> Iterator[Shape]:
    west, south, east, north = bounds
    for _ in range(3):
        yield _box(rng.uniform(west + 10, east - 20), rng.uniform(south + 10, north - 20), 8, 8), 4.2


_FILLS: dict[str, Fill] = {
    "flats": _slabs,
    "towers": _towers,
    "offices": _offices,
    "industry": _halls,
    "houses": _houses,
    "market": _market,
    "school": _school,
    "hospital": _hospital,
    "prison": _prison,
    "station": _station,
    "government": _town_hall,
    "park": _pavilions,
    "utility": _halls,
}
