"""The ground: elevation above mean sea level from a raster of any CRS, at any place."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from maps.positions import FloatArray, LocalFrame

WGS84 = pyproj.CRS.from_epsg(4326)


class TerrainError(ValueError):
    """The raster cannot be used as terrain; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Terrain:
    """A raster of heights, read between its posts bilinearly and beyond its edge as its edge.

    Attributes:
        frame: the district's local frame.
        heights_amsl_m: metres above mean sea level, shape (rows, columns); a post stands in the middle of its pixel.
        crs_from_pixel: from (column, row) of a pixel's upper left corner to the raster's own coordinates.
        crs: of the raster.
        known: False where there was no raster and the ground is taken as flat.
    """

    frame: LocalFrame
    heights_amsl_m: NDArray[np.float32]
    crs_from_pixel: Affine
    crs: pyproj.CRS
    known: bool = True

    @classmethod
    def flat(cls, frame: LocalFrame) -> "Terrain":
        """Ground at the height of the frame's origin everywhere."""
        level = np.full((1, 1), frame.origin.alt_amsl_m, dtype=np.float32)
        return cls(frame, level, Affine.identity(), WGS84, known=False)

    @classmethod
    def read(cls, path: Path, frame: LocalFrame) -> "Terrain":
        """The first band of a raster file; holes are filled with the nearest height.

        Raises:
            TerrainError: when the file cannot be read, has no CRS or holds no height at all.
        """
        heights, transform, crs = _read_raster(path)
        return cls(frame, heights, transform, crs)

    def moved_to(self, frame: LocalFrame) -> "Terrain":
        """The same ground in another local frame."""
        return Terrain(frame, self.heights_amsl_m, self.crs_from_pixel, self.crs, self.known)

    @cached_property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east and north edges; the origin alone when the ground is not known."""
        if not self.known:
            origin = self.frame.origin
            return origin.lon_deg, origin.lat_deg, origin.lon_deg, origin.lat_deg
        rows, columns = self.heights_amsl_m.shape
        t = self.crs_from_pixel
        xs = [t.a * column + t.b * row + t.c for column in (0, columns) for row in (0, rows)]
        ys = [t.d * column + t.e * row + t.f for column in (0, columns) for row in (0, rows)]
        to_degrees = pyproj.Transformer.from_crs(self.crs, WGS84, always_xy=True)
        west, south, east, north = to_degrees.transform_bounds(min(xs), min(ys), max(xs), max(ys))
        return float(west), float(south), float(east), float(north)

    @cached_property
    def resolution_m(self) -> float:
        """Distance between neighbouring posts, roughly: the smaller of the two axes; infinite when flat."""
        if not self.known:
            return float("inf")
        west, south, east, north = self.bounds_deg
        rows, columns = self.heights_amsl_m.shape
        corners = self.frame.enu_from_geodetic([south, south, north], [west, east, west], 0.0)
        width = float(np.hypot(*(corners[1] - corners[0])[:2]))
        height = float(np.hypot(*(corners[2] - corners[0])[:2]))
        return float(min(width / columns, height / rows))

    def height_amsl_m(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Height of the ground, metres AMSL, of the arguments' common shape."""
        lat, lon = np.broadcast_arrays(np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64))
        if not self.known:
            return np.full(lat.shape, self.frame.origin.alt_amsl_m)
        x, y = (lon, lat) if self._to_raster is None else self._to_raster.transform(lon, lat)
        inverse = self._pixel_from_crs
        column = inverse.a * x + inverse.b * y + inverse.c - 0.5
        row = inverse.d * x + inverse.e * y + inverse.f - 0.5
        return bilinear(self.heights_amsl_m, row, column)

    def height_enu_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """The ground's "up" in the local frame, below or above (east, north), of the arguments' common shape."""
        east, north = np.broadcast_arrays(np.asarray(east_m, dtype=np.float64), np.asarray(north_m, dtype=np.float64))
        up = np.zeros(east.shape)
        for _ in range(2):  # latitude and longitude move by millimetres only with the second guess of "up"
            lat, lon, alt = self.frame.geodetic_from_enu(np.stack([east, north, up], axis=-1))
            up = up + self.height_amsl_m(lat, lon) - alt
        return up

    @cached_property
    def _pixel_from_crs(self) -> Affine:
        inverse: Affine = ~self.crs_from_pixel
        return inverse

    @cached_property
    def _to_raster(self) -> pyproj.Transformer | None:
        if self.crs == WGS84:
            return None
        return pyproj.Transformer.from_crs(WGS84, self.crs, always_xy=True)


def bilinear(grid: NDArray[np.float32], row: FloatArray, column: FloatArray) -> FloatArray:
    """Values of ``grid`` between its posts, at fractional rows and columns; beyond its edge, the edge's values."""
    rows, columns = grid.shape
    row = np.clip(row, 0, rows - 1)
    column = np.clip(column, 0, columns - 1)
    r0 = np.minimum(row.astype(np.intp), max(rows - 2, 0))
    c0 = np.minimum(column.astype(np.intp), max(columns - 2, 0))
    down, right = row - r0, column - c0
    corner = r0 * columns + c0
    below = columns if rows > 1 else 0
    beside = 1 if columns > 1 else 0
    flat = grid.reshape(-1)
    upper = flat[corner] * (1 - right) + flat[corner + beside] * right
    corner = corner + below
    lower = flat[corner] * (1 - right) + flat[corner + beside] * right
    return np.asarray(upper * (1 - down) + lower * down, dtype=np.float64)


def _read_raster(path: Path) -> tuple[NDArray[np.float32], Affine, pyproj.CRS]:
    try:
        with rasterio.open(path) as raster:
            heights = raster.read(1, masked=True, out_dtype="float32").filled(np.nan)
            transform, crs = raster.transform, raster.crs
    except rasterio.errors.RasterioError as error:
        raise TerrainError(f"is not a raster that can be read ({error}); write it as a GeoTIFF") from error
    if crs is None:
        raise TerrainError("has no coordinate reference system; assign the one it was made in")
    known = np.isfinite(heights)
    if not known.any():
        raise TerrainError("holds no heights, only holes")
    if not known.all():
        nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
        heights = heights[tuple(nearest)]
    lowest, highest = float(heights.min()), float(heights.max())
    if lowest < -500 or highest > 9000:
        raise TerrainError(
            f"holds heights from {lowest:.0f} to {highest:.0f} m; the earth's lie between -500 and 9000: "
            "check the unit (metres) and the value that stands for holes"
        )
    return heights, transform, pyproj.CRS.from_user_input(crs.to_wkt())
