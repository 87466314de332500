"""Rolling ground: smooth noise, level around home."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from maps.positions import FloatArray, Geodetic, LocalFrame
from maps.terrain import WGS84, Terrain

POST_M = 10.0
HALF_M = 2300.0
MIDDLE_M, SWING_M = 229.0, 27.0


@dataclass(frozen=True, eq=False)
class Ground:
    """A raster of heights in EPSG:4326, and the same as `Terrain`."""

    heights_amsl_m: NDArray[np.float32]
    crs_from_pixel: Affine
    terrain: Terrain


def roll(home: Geodetic, rng: np.random.Generator) -> Ground:
    """Hills of 0.5 to 1.5 km between 200 and 260 m, level within about 150 m of home."""
    posts = round(2 * HALF_M / POST_M)
    noise = _smooth(posts, 480 / POST_M, rng) + 0.16 * _smooth(posts, 150 / POST_M, rng)
    heights = MIDDLE_M + SWING_M * noise / abs(noise).max()
    axis = (np.arange(posts) + 0.5) * POST_M - HALF_M
    distance = np.hypot(axis[None, :], axis[:, None])
    heights = home.alt_amsl_m + (heights - home.alt_amsl_m) * (1 - np.exp(-((distance / 330) ** 4)))
    lat_step = POST_M / 111_113.0
    lon_step = lat_step / np.cos(np.radians(home.lat_deg))
    corner_lon = home.lon_deg - posts / 2 * lon_step
    corner_lat = home.lat_deg + posts / 2 * lat_step
    transform = Affine(lon_step, 0, corner_lon, 0, -lat_step, corner_lat)
    rounded = (np.round(heights * 32) / 32).astype(np.float32)  # 3 cm; packs well
    return Ground(rounded, transform, Terrain(LocalFrame(home), rounded, transform, WGS84))


def _smooth(posts: int, sigma: float, rng: np.random.Generator) -> FloatArray:
    field = gaussian_filter(rng.standard_normal((posts, posts)), sigma, mode="wrap")
    return np.asarray(field / field.std())
