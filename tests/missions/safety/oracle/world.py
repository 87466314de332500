"""A small world in plain numbers: areas with rules, buildings, hills; and what lies how far from a place in it."""

import math
from dataclasses import dataclass, replace

import geopandas
import numpy as np
import pandas as pd
from affine import Affine
from shapely.geometry import Polygon

from maps.district import District
from maps.terrain import WGS84, Terrain
from tests.missions.safety.oracle.earth import Array, degrees

POST_DEG = 0.0004
"""Distance between the posts of the hills' raster."""


def outside_m(ring_m: Array, places_m: Array) -> Array:
    """(N,) distance of places (N, 2) from a ring (K, 2), not closed; negative inside, by the even-odd rule."""
    start, end = ring_m, np.roll(ring_m, -1, axis=0)
    along = end - start
    rel = places_m[:, None, :] - start
    share = np.clip((rel * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12), 0, 1)
    apart = rel - share[..., None] * along
    distance = np.sqrt((apart**2).sum(-1)).min(axis=1)
    north = places_m[:, 1][:, None]
    crosses = (start[:, 1] > north) != (end[:, 1] > north)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (north - start[:, 1]) / along[:, 1] * along[:, 0]
    inside = (crosses & (places_m[:, 0][:, None] < at)).sum(axis=1) % 2 == 1
    return np.where(inside, -distance, distance)


@dataclass(frozen=True, eq=False)
class Zone:
    """An area with a rule, a band of heights and hours.

    Attributes:
        rule: as in the zones layer.
        ring_m: (K, 2) corners.
        floor_m, ceiling_m: the band; infinite where there is none.
        agl: whether it is measured from the ground, else from the sea.
        from_s, to_s: seconds after take-off between which it counts.
    """

    rule: str
    ring_m: Array
    floor_m: float = -math.inf
    ceiling_m: float = math.inf
    agl: bool = True
    from_s: float = -math.inf
    to_s: float = math.inf


@dataclass(frozen=True, eq=False)
class Building:
    """A prism: corners, and the height of its roof above the sea."""

    ring_m: Array
    top_amsl_m: float


@dataclass(frozen=True, eq=False)
class World:
    """Where a plan is flown.

    Attributes:
        home: latitude, longitude, height of the ground.
        zones, buildings: all of them.
        corner_deg: latitude and longitude of the north-west post of the hills; None: flat at home's height.
        hills_m: (rows, columns) heights of the posts, from north and west.
    """

    home: tuple[float, float, float]
    zones: tuple[Zone, ...] = ()
    buildings: tuple[Building, ...] = ()
    corner_deg: tuple[float, float] | None = None
    hills_m: Array | None = None

    def ground_m(self, places_m: Array) -> Array:
        """(N,) height of the ground above the sea, between posts bilinear, beyond the last ones as there."""
        if self.hills_m is None or self.corner_deg is None:
            return np.full(len(places_m), self.home[2])
        where = degrees(self.home, places_m)
        rows, columns = self.hills_m.shape
        row = np.clip((self.corner_deg[0] - where[:, 0]) / POST_DEG, 0, rows - 1.000001)
        column = np.clip((where[:, 1] - self.corner_deg[1]) / POST_DEG, 0, columns - 1.000001)
        top, left = np.floor(row).astype(int), np.floor(column).astype(int)
        down, right = row - top, column - left
        grid = self.hills_m
        upper = grid[top, left] * (1 - right) + grid[top, left + 1] * right
        lower = grid[top + 1, left] * (1 - right) + grid[top + 1, left + 1] * right
        return upper * (1 - down) + lower * down

    def district(self, like: District, takeoff_time: float) -> District:
        """The same as a district: everything else of ``like`` taken away."""
        return replace(
            like,
            terrain=self._terrain(like),
            buildings=self._buildings(),
            zones=self._zones(takeoff_time),
            missing=(),
        )

    def _polygon(self, ring_m: Array) -> Polygon:
        return Polygon(degrees(self.home, ring_m)[:, ::-1])

    def _terrain(self, like: District) -> Terrain:
        if self.hills_m is None or self.corner_deg is None:
            return Terrain.flat(like.frame)
        north, west = self.corner_deg
        pixels = Affine(POST_DEG, 0, west - POST_DEG / 2, 0, -POST_DEG, north + POST_DEG / 2)
        return Terrain(like.frame, self.hills_m.astype(np.float32), pixels, WGS84)

    def _buildings(self) -> geopandas.GeoDataFrame:
        bases = [float(self.ground_m(each.ring_m.mean(axis=0)[None])[0]) for each in self.buildings]
        heights = [each.top_amsl_m - base for each, base in zip(self.buildings, bases, strict=True)]
        shapes = [self._polygon(each.ring_m) for each in self.buildings]
        return geopandas.GeoDataFrame({"height_m": heights, "base_amsl_m": bases}, geometry=shapes, crs=4326)

    def _zones(self, takeoff_time: float) -> geopandas.GeoDataFrame:
        rows = {
            "id": [f"z{number}" for number in range(len(self.zones))],
            "name": ["" for _ in self.zones],
            "rule": [zone.rule for zone in self.zones],
            "floor_m": [zone.floor_m if math.isfinite(zone.floor_m) else math.nan for zone in self.zones],
            "ceiling_m": [zone.ceiling_m if math.isfinite(zone.ceiling_m) else math.nan for zone in self.zones],
            "reference": ["agl" if zone.agl else "amsl" for zone in self.zones],
            "valid_from": [_instant(takeoff_time + zone.from_s) for zone in self.zones],
            "valid_to": [_instant(takeoff_time + zone.to_s) for zone in self.zones],
        }
        return geopandas.GeoDataFrame(rows, geometry=[self._polygon(zone.ring_m) for zone in self.zones], crs=4326)


def _instant(time: float) -> object:
    return pd.Timestamp(time, unit="s", tz="UTC") if math.isfinite(time) else pd.NaT
