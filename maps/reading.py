"""Reading a district's vector layer, and holding it against `maps.layers`."""

import math
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from maps.layers import Column, Layer
from maps.positions import Geodetic
from maps.problems import Problem

NEAR_HOME_KM = 100.0
"""Features farther from home than this are taken for misplaced."""
_FLAGS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False, "false": False, "no": False}
_EACH = 20  # problems named per column before the rest is summed up


def empty(layer: Layer) -> geopandas.GeoDataFrame:
    """The layer with all its columns and no row."""
    columns: dict[str, Any] = {column.name: pd.Series(dtype=_dtype(column)) for column in layer.columns}
    return geopandas.GeoDataFrame(columns, geometry=geopandas.GeoSeries([], crs=4326), crs=4326)


def read_layer(
    path: Path, layer: Layer, home: Geodetic | None
) -> tuple[geopandas.GeoDataFrame | None, tuple[Problem, ...]]:
    """The layer in EPSG:4326 with its known columns in their types, or what is wrong with it.

    Extra columns are kept; known columns that are missing and not required are added, empty.
    """
    frame, problem = _open(path, layer)
    if frame is None:
        return None, (Problem(layer.name, None, None, problem),)
    missing = [column for column in layer.columns if column.required and column.name not in frame.columns]
    problems = [
        Problem(layer.name, None, column.name, f"the column is missing; it holds {column.allowed()}")
        for column in missing
    ]
    if frame.crs is None or not (frame.crs.is_geographic or frame.crs.is_projected or frame.crs.is_bound):
        message = "the layer has no coordinate reference system; assign the one its coordinates were made in"
        return None, (*problems, Problem(layer.name, None, None, message))
    problems += _check_geometry(frame, layer, home)
    for column in layer.columns:
        if column.name in frame.columns:
            values, found = _typed(frame[column.name], column, layer.name)
            frame[column.name] = values
            problems += found
        elif not column.required:
            frame[column.name] = pd.Series([None] * len(frame), index=frame.index, dtype=_dtype(column))
    if layer.row_check is not None and not problems:
        problems += [
            Problem(layer.name, int(row), field, message)
            for row, values in zip(frame.index, frame.drop(columns="geometry").to_dict("records"), strict=True)
            for field, message in layer.row_check(values)
        ]
    if problems:
        return None, tuple(problems)
    known = [column.name for column in layer.columns]
    extra = [name for name in frame.columns if name not in known and name != "geometry"]
    return frame[[*known, *extra, "geometry"]].to_crs(4326), ()


def _open(path: Path, layer: Layer) -> tuple[geopandas.GeoDataFrame | None, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's remarks; what cannot be read raises
            names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            if layer.name not in names and len(names) != 1:
                return None, f"the file holds the layers {names}; it should hold one, or one named {layer.name}"
            name = layer.name if layer.name in names else names[0]
            frame = geopandas.read_file(path, layer=name, engine="pyogrio", fid_as_index=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        return None, f"{path.name} is not a GeoPackage that can be read ({error}); export the layer again"
    if not isinstance(frame, geopandas.GeoDataFrame):
        return None, f"{path.name} holds a table without geometry"
    return frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame, ""


def _check_geometry(frame: geopandas.GeoDataFrame, layer: Layer, home: Geodetic | None) -> list[Problem]:
    kinds = frame.geometry.geom_type
    absent = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    wrong = ~absent & ~kinds.isin(layer.geometries).to_numpy()
    invalid = ~absent & ~wrong & ~frame.geometry.is_valid.to_numpy()
    problems = _name_rows(frame.index[absent], layer.name, "geometry", lambda _: "the geometry is empty")
    problems += _name_rows(
        frame.index[wrong],
        layer.name,
        "geometry",
        lambda row: f"the geometry is a {kinds.loc[row]}; it must be {' or '.join(layer.geometries)}",
    )
    problems += _name_rows(
        frame.index[invalid],
        layer.name,
        "geometry",
        lambda row: f"the geometry is not valid: {shapely.is_valid_reason(frame.geometry.loc[row])}",
    )
    return problems + _check_place(frame[~absent], layer.name, home)


def _check_place(frame: geopandas.GeoDataFrame, layer: str, home: Geodetic | None) -> list[Problem]:
    if frame.empty:
        return []
    points = np.asarray(frame.geometry.to_crs(4326).bounds, dtype=np.float64)
    lon, lat = (points[:, 0] + points[:, 2]) / 2, (points[:, 1] + points[:, 3]) / 2
    with np.errstate(invalid="ignore"):
        on_earth = np.isfinite(lon) & np.isfinite(lat) & (abs(lon) <= 180) & (abs(lat) <= 90)
        far = ~on_earth if home is None else ~(_distance_km(lat, lon, home) <= NEAR_HOME_KM)
        swapped = far & (_distance_km(lon, lat, home) <= NEAR_HOME_KM) if home is not None else far & (abs(lon) <= 90)

    def message(row: int) -> str:
        at = frame.index.get_loc(row)
        place = f"it lies at latitude {lat[at]:.5f}, longitude {lon[at]:.5f}"
        if swapped[at]:
            return f"{place}: latitude and longitude are swapped"
        if not on_earth[at]:
            return f"{place}, which is not on the earth: check the coordinate reference system"
        return f"{place}, more than {NEAR_HOME_KM:.0f} km from home: check the coordinate reference system"

    return _name_rows(frame.index[far], layer, "geometry", message)


def _distance_km(lat: Any, lon: Any, home: Geodetic) -> Any:
    north = (lat - home.lat_deg) * 111.2
    east = (lon - home.lon_deg) * 111.2 * math.cos(math.radians(home.lat_deg))
    return np.hypot(north, east)


def _typed(values: pd.Series, column: Column, layer: str) -> tuple[pd.Series, list[Problem]]:
    """The column in its type, and what is wrong in it."""
    absent = values.isna()
    if column.kind == "text":
        absent |= values.astype(str).str.strip() == ""
    problems: list[Problem] = []
    if column.required:
        problems = _name_rows(
            values.index[absent], layer, column.name, lambda _: f"is empty; it must be {column.allowed()}"
        )
    converted = pd.Series([_convert(v, column) if not a else None for v, a in zip(values, absent, strict=True)])
    converted.index = values.index
    wrong = values.index[converted.isna() & ~absent]
    problems += _name_rows(
        wrong, layer, column.name, lambda row: f"is {values.loc[row]!r}; it must be {column.allowed()}"
    )
    if column.unique:
        repeated = converted[converted.notna() & converted.duplicated()]
        firsts = converted[converted.notna()].drop_duplicates()
        problems += _name_rows(
            repeated.index,
            layer,
            column.name,
            lambda row: f"{repeated.loc[row]!r} is already that of row {firsts.index[firsts == repeated.loc[row]][0]}",
        )
    if problems:
        return values, problems
    typed: pd.Series[Any] = converted.astype(_dtype(column))  # type: ignore[call-overload]
    return typed, problems


def _convert(value: Any, column: Column) -> Any:
    """The value in the column's type; None when it is not allowed."""
    if column.kind == "text":
        text = f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value).strip()
        return text if not column.one_of or text in column.one_of else None
    if column.kind == "time":
        return _time(value)
    if column.kind == "flag":
        return _FLAGS.get(str(value).strip().lower())
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if _within(number, column) and (column.kind == "number" or number.is_integer()) else None


def _within(number: float, column: Column) -> bool:
    return (
        math.isfinite(number)
        and (column.at_least is None or number >= column.at_least)
        and (column.at_most is None or number <= column.at_most)
        and (column.above is None or number > column.above)
        and (column.below is None or number < column.below)
    )


def _time(value: Any) -> str | None:
    """The instant as ISO 8601 in UTC, so that texts sort as times do."""
    try:
        moment: Any = pd.Timestamp(value if isinstance(value, datetime) else str(value).strip())
    except ValueError:
        return None
    if pd.isna(moment):
        return None
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _dtype(column: Column) -> str:
    if column.kind == "number":
        return "float64"
    if column.kind == "whole":
        return "int64" if column.required else "float64"
    return "boolean" if column.kind == "flag" else "object"


def _name_rows(rows: Any, layer: str, field: str, message: Any) -> list[Problem]:
    problems = [Problem(layer, int(row), field, message(row)) for row in rows[:_EACH]]
    if len(rows) > _EACH:
        problems.append(Problem(layer, None, field, f"and {len(rows) - _EACH} more rows like these"))
    return problems
