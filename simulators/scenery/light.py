"""Sun, sky and haze: what the colours of things come from. Colours are BGR, 0 to 255."""

import math

import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray

SUN_AZIMUTH_DEG = 205.0
SUN_ELEVATION_DEG = 44.0
HAZE = np.array([214.0, 203.0, 190.0])
ZENITH = np.array([205.0, 158.0, 112.0])
_HAZE_M = 2600.0
_AMBIENT, _DIFFUSE = 0.62, 0.55

_AWAY = math.radians(SUN_AZIMUTH_DEG)
_RISE = math.radians(SUN_ELEVATION_DEG)
SUN_ENU = np.array([math.sin(_AWAY) * math.cos(_RISE), math.cos(_AWAY) * math.cos(_RISE), math.sin(_RISE)])
"""Unit vector toward the sun."""

SHADOW_PER_METRE = -SUN_ENU[:2] / SUN_ENU[2]
"""East and north by which the shadow of a point a metre up is away from it."""


def shade(normals_enu: FloatArray) -> FloatArray:
    """Brightness (1 for level ground) of faces with unit normals of shape (..., 3)."""
    lit = _AMBIENT + _DIFFUSE * np.clip(normals_enu @ SUN_ENU, 0, None)
    return np.asarray(lit / (_AMBIENT + _DIFFUSE * SUN_ENU[2]))


def haze(distance_m: FloatArray) -> FloatArray:
    """Share of haze (0 to 1) in the colour of what is at a distance."""
    return np.asarray(1 - np.exp(-np.maximum(distance_m - 60, 0) / _HAZE_M))


def hazed(colours: FloatArray, distance_m: FloatArray) -> FloatArray:
    """Colours of shape (N, 3) as they appear at distances of shape (N,)."""
    part = haze(distance_m)[:, None]
    return np.asarray(colours * (1 - part) + HAZE * part)


def sky(rows: int, above_horizon_rad: FloatArray) -> NDArray[np.uint8]:
    """Colours of the sky, shape (rows, 3), at angles above the horizon of shape (rows,)."""
    part = np.clip(above_horizon_rad / 0.6, 0, 1)[:, None] ** 0.7
    return np.asarray(HAZE * (1 - part) + ZENITH * part).round().astype(np.uint8).reshape(rows, 3)
