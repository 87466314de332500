"""Writing an invented district as the folder that `maps.district.District` loads."""

from pathlib import Path

import pyogrio
import rasterio

from maps.generator.invention import Invention

_HEAD = """\
# {name_en}: an invented district on real coordinates. No street, building, camera or site in it exists.
# Made by: python -m maps.generator --seed {seed} FOLDER

name = "{name}"
name_en = "{name_en}"
invented = true
seed = {seed}

[home]
lat_deg = {lat}
lon_deg = {lon}
alt_amsl_m = {alt}

[notes]
data = "Invented by a seeded generator; any likeness to a real place, name or camera is chance."
datum = "Horizontal: WGS84 (EPSG:4326). Heights: metres above an invented mean sea level, taken as AMSL."
cameras = "height_m is above the ground, also for cameras on roofs."
streets = "Centre lines; a vertex is shared exactly where streets cross. 5 m of sidewalk on both sides of width_m."
"""


def write(invention: Invention, folder: Path) -> None:
    """Write all layers; files of an earlier district there are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    home = invention.home
    head = _HEAD.format(
        name=invention.name,
        name_en=invention.name_en,
        seed=invention.seed,
        lat=home.lat_deg,
        lon=home.lon_deg,
        alt=home.alt_amsl_m,
    )
    (folder / "district.toml").write_text(head, encoding="utf-8")
    heights = invention.ground.heights_amsl_m
    with rasterio.open(
        folder / "terrain.tif",
        "w",
        driver="GTiff",
        height=heights.shape[0],
        width=heights.shape[1],
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=invention.ground.crs_from_pixel,
        compress="deflate",
        predictor=3,
        tiled=True,
    ) as raster:
        raster.write(heights, 1)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    try:
        for name, layer in invention.layers.items():
            path = folder / f"{name}.gpkg"
            path.unlink(missing_ok=True)
            kinds = set(layer.geom_type)
            kind = kinds.pop() if len(kinds) == 1 else "Unknown"
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", geometry_type=kind)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
