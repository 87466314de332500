"""A made-up city of any size, for benchmarks: buildings, and zones between them; the same for a given seed."""

from dataclasses import replace

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from maps.district import District
from maps.positions import FloatArray

BUILDINGS_PER_KM2 = 500
OPEN_M = 150.0
"""Nothing stands nearer to home than this."""

ZONES_PER_KM2 = 25


def city(buildings: int, seed: int = 4) -> District:
    """So many buildings at `BUILDINGS_PER_KM2`, and zones at `ZONES_PER_KM2`, around home on flat ground.

    Buildings are 4 to 60 m high. Zones are circles of 40 to 150 m: schools and hospitals closed up to 60 m above the
    ground, landing sites closed above 200 m, and ceilings of 150 m.
    """
    rng = np.random.default_rng(seed)
    like = District.embedded()
    half_m = 500 * (buildings / BUILDINGS_PER_KM2) ** 0.5
    sides = rng.uniform(8, 40, (buildings, 2))
    middles = _scattered(rng, buildings, half_m)
    (west, south), (east, north) = (middles - sides / 2).T, (middles + sides / 2).T
    heights = 4 + 56 * rng.beta(1.2, 5, buildings)
    houses = geopandas.GeoDataFrame(
        {"height_m": heights, "base_amsl_m": np.full(buildings, like.frame.origin.alt_amsl_m)},
        geometry=_placed(like, shapely.box(west, south, east, north)),
        crs=4326,
    )
    return replace(like, buildings=houses, zones=_zones(like, half_m, rng), missing=())


def _zones(like: District, half_m: float, rng: np.random.Generator) -> geopandas.GeoDataFrame:
    count = round(ZONES_PER_KM2 * (2 * half_m / 1000) ** 2)
    kind = rng.integers(0, 3, count)
    circles = shapely.buffer(shapely.points(_scattered(rng, count, half_m)), rng.uniform(40, 150, count))
    area = shapely.box(-half_m - 500, -half_m - 500, half_m + 500, half_m + 500)
    return geopandas.GeoDataFrame(
        {
            "id": ["city", *(f"z{number}" for number in range(count))],
            "name": ["city", *(f"zone {number} (invented)" for number in range(count))],
            "rule": ["flight_area", *np.array(["no_fly", "no_fly", "ceiling"])[kind]],
            "floor_m": [np.nan, *np.array([0.0, 200.0, 0.0])[kind]],
            "ceiling_m": [np.nan, *np.array([60.0, 1000.0, 150.0])[kind]],
            "reference": ["agl"] * (count + 1),
            "valid_from": [None] * (count + 1),
            "valid_to": [None] * (count + 1),
        },
        geometry=_placed(like, np.concatenate([[area], circles])),
        crs=4326,
    )


def _scattered(rng: np.random.Generator, count: int, half_m: float) -> FloatArray:
    """(count, 2) places in a square, and none near home."""
    places = rng.uniform(-half_m, half_m, (count, 2))
    away = np.linalg.norm(places, axis=1, keepdims=True)
    return np.asarray(places * np.maximum(1.0, 2 * OPEN_M / np.maximum(away, 1.0)))


def _placed(like: District, shapes_m: NDArray[np.object_]) -> geopandas.GeoSeries:
    """Shapes in local metres, in degrees."""
    return geopandas.GeoSeries(shapes_m, crs=like.frame.crs).to_crs(4326)
