"""Heights between posts, beyond the edge, in other coordinate systems, and rasters that are no terrain."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from maps.terrain import Terrain, TerrainError
from tests.maps import small


def slope(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    return 220 + 0.05 * east - 0.02 * north


@pytest.mark.parametrize("crs", [4326, 4490, 32651, 3857])
def test_a_slope_is_read_alike_in_any_coordinate_system(tmp_path: Path, crs: int) -> None:
    small.terrain(tmp_path, slope, crs)
    terrain = Terrain.read(tmp_path / "terrain.tif", small.FRAME)
    east, north = np.random.default_rng(1).uniform(-300, 300, (2, 200))
    lat, lon, _ = small.FRAME.geodetic_from_enu(np.column_stack([east, north, np.zeros(200)]))
    turned = 0.9 if crs in (32651,) else 0.05  # UTM's north is 1.6 degrees from true here, so is its raster's slope
    assert abs(terrain.height_amsl_m(lat, lon) - slope(east, north)).max() < turned


def test_local_height_is_the_same_ground(nanling) -> None:
    east, north = np.random.default_rng(2).uniform(-2000, 2000, (2, 500))
    up = nanling.terrain.height_enu_m(east, north)
    lat, lon, alt = nanling.frame.geodetic_from_enu(np.column_stack([east, north, up]))
    assert abs(nanling.terrain.height_amsl_m(lat, lon) - alt).max() < 1e-3


def test_beyond_its_edge_the_ground_goes_on_at_the_height_of_the_edge(tmp_path: Path) -> None:
    small.terrain(tmp_path, slope)
    terrain = Terrain.read(tmp_path / "terrain.tif", small.FRAME)
    _, south, east, north = terrain.bounds_deg
    middle = (south + north) / 2
    assert np.isclose(terrain.height_amsl_m(middle, east + 1), terrain.height_amsl_m(middle, east))


def test_holes_take_the_nearest_height(tmp_path: Path) -> None:
    small.terrain(tmp_path, lambda e, n: np.where(abs(e) < 60, np.nan, slope(e, n)))
    terrain = Terrain.read(tmp_path / "terrain.tif", small.FRAME)
    assert 215 < float(terrain.height_amsl_m(small.HOME.lat_deg, small.HOME.lon_deg)) < 225


def test_without_a_raster_the_ground_is_flat_and_says_so() -> None:
    terrain = Terrain.flat(small.FRAME)
    assert not terrain.known
    assert (terrain.height_amsl_m([43.0, 44.0], 125.0) == 220.0).all()
    assert terrain.height_enu_m(1000.0, 0.0) == pytest.approx(-(1000**2) / 2 / 6.38e6, abs=0.001)


def test_what_is_no_terrain_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "terrain.tif"
    path.write_bytes(b"not a raster at all")
    with pytest.raises(TerrainError, match="not a raster"):
        Terrain.read(path, small.FRAME)
    small.terrain(tmp_path, lambda e, n: e * np.nan)
    with pytest.raises(TerrainError, match="only holes"):
        Terrain.read(path, small.FRAME)
    small.terrain(tmp_path, lambda e, n: 40 * slope(e, n))
    with pytest.raises(TerrainError, match="check the unit"):
        Terrain.read(path, small.FRAME)
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", transform=Affine(10, 0, 0, 0, -10, 0), **profile) as raster:
        raster.write(np.full((2, 2), 220.0, dtype="float32"), 1)
    with pytest.raises(TerrainError, match="no coordinate reference system"):
        Terrain.read(path, small.FRAME)
