"""A small district for tests, written to a folder; each test breaks what it is about."""

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
from rasterio.transform import from_bounds
from shapely import Geometry, Point, box

from maps.positions import Geodetic, LocalFrame

HOME = Geodetic(43.86, 125.32, 220.0)
FRAME = LocalFrame(HOME)
CAMERA: dict[str, Any] = {
    "id": "cam-1",
    "name": "门口",
    "height_m": 8.0,
    "azimuth_deg": 0.0,
    "tilt_deg": -20.0,
    "hfov_deg": 60.0,
    "vfov_deg": 36.0,
    "width_px": 1920,
    "height_px": 1080,
}


def head(folder: Path, alt: str = "alt_amsl_m = 220.0") -> Path:
    """``district.toml`` alone."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f'name = "小区"\nname_en = "Small"\n[home]\nlat_deg = 43.86\nlon_deg = 125.32\n{alt}\n'
    (folder / "district.toml").write_text(text, encoding="utf-8")
    return folder


def layer(folder: Path, name: str, rows: list[dict[str, Any]], crs: Any = 4326) -> None:
    """A layer whose geometries are given in local metres, written in a CRS."""
    frame = geopandas.GeoDataFrame(rows, crs=FRAME.crs)
    frame.to_crs(crs).to_file(folder / f"{name}.gpkg", layer=name, driver="GPKG")


def terrain(folder: Path, height: Any, crs: Any = 4326) -> None:
    """A raster of 90 x 90 posts over 900 m around home; ``height`` of arrays (east, north)."""
    corners = geopandas.GeoSeries([box(-450, -450, 450, 450)], crs=FRAME.crs).to_crs(crs).total_bounds
    transform = from_bounds(*corners, 90, 90)
    axis = (np.arange(90) - 44.5) * 10
    heights = np.broadcast_to(height(axis[None, :], -axis[:, None]), (90, 90)).astype("float32")
    profile = {"driver": "GTiff", "width": 90, "height": 90, "count": 1, "dtype": "float32"}
    with rasterio.open(folder / "terrain.tif", "w", crs=crs, transform=transform, **profile) as raster:
        raster.write(heights, 1)


def building(footprint: Geometry, height_m: float, **more: Any) -> dict[str, Any]:
    return {"geometry": footprint, "height_m": height_m} | more


def camera(east: float = 0.0, north: float = 0.0, **changes: Any) -> dict[str, Any]:
    return CAMERA | changes | {"geometry": Point(east, north)}
