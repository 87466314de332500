"""Heights: turning "80 m above the ground" into the altitudes of items, leg by leg."""

import math

import numpy as np
import shapely

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.planning.request import Altitude

SAMPLE_M = 15.0
TOLERANCE_M = 4.0
"""A leg gets another item where the straight line between its ends would leave the asked height by more."""


def height_amsl_m(district: District, place_m: FloatArray, altitude: Altitude, home: Position, extra_m: float) -> float:
    """The flight height AMSL over a place (east, north), ``extra_m`` higher than asked."""
    if altitude.reference == "amsl":
        return altitude.value_m + extra_m
    if altitude.reference == "home":
        return home.alt_amsl_m + altitude.value_m + extra_m
    return float(ground_amsl_m(district, place_m)) + altitude.value_m + extra_m


def ground_amsl_m(district: District, places_m: FloatArray) -> FloatArray:
    """Height of the ground AMSL at places of shape (..., 2)."""
    places = np.asarray(places_m, dtype=np.float64)
    lat, lon, _ = district.frame.geodetic_from_enu(np.concatenate([places, np.zeros((*places.shape[:-1], 1))], axis=-1))
    return np.asarray(district.terrain.height_amsl_m(lat, lon))


def follow(
    district: District,
    start_m: tuple[float, float],
    end_m: tuple[float, float],
    altitude: Altitude,
    home: Position,
    extra_m: float,
) -> list[FloatArray]:
    """The points (east, north, AMSL) of a straight leg that keeps the asked height within `TOLERANCE_M`."""
    start, end = np.asarray(start_m), np.asarray(end_m)
    length = math.dist(start, end)
    count = max(2, math.ceil(length / SAMPLE_M) + 1) if altitude.reference == "agl" else 2
    share = np.linspace(0, 1, count)
    places = start + (end - start) * share[:, None]
    heights = np.array([height_amsl_m(district, place, altitude, home, extra_m) for place in places[[0, -1]]])
    if altitude.reference == "agl":
        heights = ground_amsl_m(district, places) + altitude.value_m + extra_m
    profile = shapely.LineString(np.column_stack([share * max(length, 1.0), heights])).simplify(TOLERANCE_M)
    kept = np.asarray(profile.coords)
    along = kept[:, 0] / max(length, 1.0)
    return [np.array([*(start + (end - start) * s), up]) for s, up in zip(along, kept[:, 1], strict=True)]
