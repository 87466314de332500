"""Positions for flying: a local plane with heights above mean sea level, in plain floats.

`maps.positions.LocalFrame` converts arrays; an autopilot converts one position at a time, hundreds of times a second,
so the same WGS84 formulas stand here in scalar form. A `Place` is (east, north) in the frame's plane and the height
AMSL, so that heights need no correction for the curvature of the earth while flying.
"""

import math
from typing import NamedTuple, Protocol

from maps.positions import Geodetic, LocalFrame

_A = 6_378_137.0
_F = 1 / 298.257_223_563
_E2 = _F * (2 - _F)
_B = _A * (1 - _F)
_EP2 = _E2 / (1 - _E2)
_MEAN_RADIUS = 6_371_000.0


class Place(NamedTuple):
    """East and north in metres in the district's plane, and metres above mean sea level."""

    east: float
    north: float
    amsl: float

    def moved(self, east: float = 0.0, north: float = 0.0, up: float = 0.0) -> "Place":
        """The place some metres away."""
        return Place(self.east + east, self.north + north, self.amsl + up)

    def distance(self, other: "Place") -> float:
        """Horizontal distance in metres."""
        return math.hypot(other.east - self.east, other.north - self.north)

    def bearing(self, other: "Place") -> float:
        """Direction to another place, radians clockwise from north, in -pi to pi."""
        return math.atan2(other.east - self.east, other.north - self.north)

    def toward(self, bearing_rad: float, distance_m: float) -> "Place":
        """The place at a distance in a direction (radians from north), at the same height."""
        return Place(
            self.east + math.sin(bearing_rad) * distance_m, self.north + math.cos(bearing_rad) * distance_m, self.amsl
        )


class Ground(Protocol):
    """What is underneath; `maps.terrain.Terrain` is one."""

    def height_enu_m(self, east: float, north: float) -> float:
        """Up of the ground in the local frame, metres."""
        ...


class FlatGround:
    """Ground at the height of the frame's origin."""

    def height_enu_m(self, east: float, north: float) -> float:
        """Up of the ground: a level surface through the origin, seen from the tangent plane."""
        return -(east * east + north * north) / (2 * _MEAN_RADIUS)


class Chart:
    """Conversions between a frame's plane and WGS84, for one position at a time."""

    def __init__(self, frame: LocalFrame, ground: Ground | None = None) -> None:
        self.frame = frame
        self.ground: Ground = FlatGround() if ground is None else ground
        lat, lon = math.radians(frame.origin.lat_deg), math.radians(frame.origin.lon_deg)
        self._sin_lat, self._cos_lat = math.sin(lat), math.cos(lat)
        self._sin_lon, self._cos_lon = math.sin(lon), math.cos(lon)
        self._origin_amsl = frame.origin.alt_amsl_m
        self._x0, self._y0, self._z0 = self._ecef(lat, lon, self._origin_amsl)

    @staticmethod
    def _ecef(lat: float, lon: float, height: float) -> tuple[float, float, float]:
        radius = _A / math.sqrt(1 - _E2 * math.sin(lat) ** 2)
        return (
            (radius + height) * math.cos(lat) * math.cos(lon),
            (radius + height) * math.cos(lat) * math.sin(lon),
            (radius * (1 - _E2) + height) * math.sin(lat),
        )

    def up(self, place: Place) -> float:
        """Up in the local frame: the height AMSL, less the origin's, less the curvature of the earth."""
        drop = (place.east * place.east + place.north * place.north) / (2 * _MEAN_RADIUS)
        return place.amsl - self._origin_amsl - drop

    def ground_amsl(self, east: float, north: float) -> float:
        """Height of the ground AMSL."""
        drop = (east * east + north * north) / (2 * _MEAN_RADIUS)
        return float(self.ground.height_enu_m(east, north)) + self._origin_amsl + drop

    def place(self, lat_deg: float, lon_deg: float, amsl_m: float) -> Place:
        """The place at WGS84 degrees and a height AMSL."""
        x, y, z = self._ecef(math.radians(lat_deg), math.radians(lon_deg), amsl_m)
        x, y, z = x - self._x0, y - self._y0, z - self._z0
        out = self._cos_lon * x + self._sin_lon * y
        return Place(
            -self._sin_lon * x + self._cos_lon * y,
            -self._sin_lat * out + self._cos_lat * z,
            amsl_m,
        )

    def geodetic(self, place: Place) -> Geodetic:
        """WGS84 degrees of a place (Bowring's formula; below 1e-9 degrees near the ground)."""
        up = self.up(place)
        out = self._cos_lat * up - self._sin_lat * place.north
        x = self._x0 + self._cos_lon * out - self._sin_lon * place.east
        y = self._y0 + self._sin_lon * out + self._cos_lon * place.east
        z = self._z0 + self._sin_lat * up + self._cos_lat * place.north
        p = math.hypot(x, y)
        angle = math.atan2(z * _A, p * _B)
        lat = math.atan2(z + _EP2 * _B * math.sin(angle) ** 3, p - _E2 * _A * math.cos(angle) ** 3)
        return Geodetic(math.degrees(lat), math.degrees(math.atan2(y, x)), place.amsl)


def wrap_pi(angle_rad: float) -> float:
    """The same angle in -pi to pi."""
    return math.remainder(angle_rad, math.tau)


def approach(value: float, target: float, step: float) -> float:
    """The value moved toward the target by at most a step."""
    return min(target, value + step) if target > value else max(target, value - step)


def clamp(value: float, low: float, high: float) -> float:
    """The value, kept within limits."""
    return low if value < low else min(value, high)
