"""Degrees and metres on the WGS84 ellipsoid, by way of earth-centred coordinates."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_A = 6378137.0
_E2 = 0.00669437999014


def _centred(lat_deg: ArrayLike, lon_deg: ArrayLike, alt_m: ArrayLike) -> Array:
    lat, lon = np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lon_deg, float))
    alt = np.asarray(alt_m, float)
    normal = _A / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    flat = (normal + alt) * np.cos(lat)
    return np.stack(
        np.broadcast_arrays(flat * np.cos(lon), flat * np.sin(lon), (normal * (1 - _E2) + alt) * np.sin(lat)), -1
    )


def metres(home: tuple[float, float, float], lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
    """(..., 2) east and north of places at home's height.

    Args:
        home: latitude and longitude in degrees, height in metres.
    """
    lat, lon = math.radians(home[0]), math.radians(home[1])
    apart = _centred(lat_deg, lon_deg, home[2]) - _centred(*home)
    east = -math.sin(lon) * apart[..., 0] + math.cos(lon) * apart[..., 1]
    outward = math.cos(lon) * apart[..., 0] + math.sin(lon) * apart[..., 1]
    return np.stack([east, math.cos(lat) * apart[..., 2] - math.sin(lat) * outward], -1)


def degrees(home: tuple[float, float, float], places_m: ArrayLike) -> Array:
    """(..., 2) latitude and longitude of places east and north of home; the inverse of `metres`."""
    wanted = np.asarray(places_m, float)
    scale = np.array([math.degrees(1 / 6.36e6), math.degrees(1 / (6.385e6 * math.cos(math.radians(home[0]))))])
    found = np.array(home[:2]) + wanted[..., ::-1] * scale
    for _ in range(4):
        missing = wanted - metres(home, found[..., 0], found[..., 1])
        found = found + missing[..., ::-1] * scale
    return found
