"""What stands still, as entities of the picture: zones, sites, and cameras that do not stream."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fusion.messages import Entity, Position
from service.layers import DECIMALS

if TYPE_CHECKING:
    import geopandas

    from maps.district import District

VALID_FOR_S = 24 * 3600.0
"""What stands still is said again well before this."""

ZONE_COLUMNS = ("name", "name_en", "rule", "floor_m", "ceiling_m", "reference", "valid_from", "valid_to")
SITE_COLUMNS = ("name", "name_en", "class", "grade")
CAMERA_COLUMNS = ("name", "name_en", "azimuth_deg", "tilt_deg", "hfov_deg", "vfov_deg", "range_m", "ptz", "status")


def entities(district: "District", streaming: Collection[str], now: float) -> Iterator[Entity]:
    """Zones, sites and the cameras that are not streaming (those speak for themselves)."""
    yield from zone_entities(district.zones, now)
    yield from _areas(district.sites, "site", SITE_COLUMNS, now)
    yield from _cameras(district, frozenset(streaming), now)


def zone_entities(zones: "geopandas.GeoDataFrame", now: float) -> Iterator[Entity]:
    """The rows of a layer of zones."""
    yield from _areas(zones, "zone", ZONE_COLUMNS, now)


def _areas(frame: "geopandas.GeoDataFrame", kind: Any, columns: tuple[str, ...], now: float) -> Iterator[Entity]:
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda degrees: np.round(degrees, DECIMALS))
    for (_, row), geometry in zip(frame.iterrows(), shapes, strict=True):
        yield Entity(
            id=f"{kind}/{row['id']}",
            kind=kind,
            time=now,
            stale_time=now + VALID_FOR_S,
            source="district",
            geometry=shapely.geometry.mapping(geometry),
            properties=_properties(row, columns),
        )


def _cameras(district: "District", streaming: frozenset[str], now: float) -> Iterator[Entity]:
    cameras = district.cameras
    if cameras.empty:
        return
    ground = district.terrain.height_amsl_m(cameras.geometry.y.to_numpy(), cameras.geometry.x.to_numpy())
    for height, (_, row) in zip(np.asarray(ground, dtype=float), cameras.iterrows(), strict=True):
        if str(row["id"]) in streaming:
            continue
        point, above = row["geometry"], float(row["height_m"])
        yield Entity(
            id=f"camera/{row['id']}",
            kind="camera",
            time=now,
            stale_time=now + VALID_FOR_S,
            source="district",
            position=Position(float(point.y), float(point.x), round(float(height) + above, 2), above),
            properties={**_properties(row, CAMERA_COLUMNS), "roll_deg": 0.0, "video": False},
        )


def _properties(row: "pd.Series[Any]", columns: tuple[str, ...]) -> dict[str, Any]:
    values = {column: row[column] for column in columns if column in row.index and not pd.isna(row[column])}
    return {column: value.item() if isinstance(value, np.generic) else value for column, value in values.items()}
