"""The district's layers for the doors: GeoJSON, made once and kept compressed."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import numpy as np
import pandas as pd
import shapely

from service.layer_names import LayerName

if TYPE_CHECKING:
    import geopandas

    from maps.district import District

DECIMALS = 7
"""Of degrees: about a centimetre."""


@dataclass(frozen=True, slots=True)
class Document:
    """A GeoJSON document as it is sent: gzip bytes and an entity tag of its content."""

    compressed: bytes
    tag: str

    @classmethod
    def of(cls, content: bytes) -> "Document":
        """The document of that JSON."""
        return cls(gzip.compress(content, 6, mtime=0), hashlib.sha256(content).hexdigest()[:24])


class Layers:
    """The layers of one district; each is made when it is first asked for. Used from one thread at a time each."""

    def __init__(self, district: "District") -> None:
        self._district = district
        self._made: dict[str, Document] = {}

    def with_zones_of(self, district: "District") -> "Layers":
        """The layers of the same district with other zones: what was made of the other layers holds."""
        layers = Layers(district)
        layers._made = {name: made for name, made in self._made.items() if name != "zones"}
        return layers

    def get(self, name: LayerName) -> Document:
        """A layer as a GeoJSON FeatureCollection; takes up to seconds the first time (call it in a thread)."""
        if name not in self._made:
            if name not in get_args(LayerName):
                raise KeyError(name)
            self._made[name] = Document.of(self._collection(name))
        return self._made[name]

    def _collection(self, name: LayerName) -> bytes:
        frame = getattr(self._district, name)
        extra: Callable[[geopandas.GeoDataFrame], geopandas.GeoDataFrame] | None = None
        if name == "buildings":
            extra = self._with_ground
        elif name == "cameras":
            extra = self._with_height
        return feature_collection(frame if extra is None or frame.empty else extra(frame))

    def _with_ground(self, buildings: "geopandas.GeoDataFrame") -> "geopandas.GeoDataFrame":
        """Where the base of a building is not said, it stands on the ground."""
        points = buildings.geometry.representative_point()
        ground = self._district.terrain.height_amsl_m(points.y.to_numpy(), points.x.to_numpy())
        return buildings.assign(
            base_amsl_m=buildings["base_amsl_m"].fillna(pd.Series(ground, buildings.index)).round(2)
        )

    def _with_height(self, cameras: "geopandas.GeoDataFrame") -> "geopandas.GeoDataFrame":
        points = cameras.geometry
        ground = self._district.terrain.height_amsl_m(points.y.to_numpy(), points.x.to_numpy())
        return cameras.assign(alt_amsl_m=np.round(ground + cameras["height_m"].to_numpy(dtype=float), 2))


def feature_collection(frame: "geopandas.GeoDataFrame") -> bytes:
    """GeoJSON of a frame in EPSG:4326; what is unknown is left out, never null."""
    rounded = shapely.transform(frame.geometry.to_numpy(), lambda degrees: np.round(degrees, DECIMALS))
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    rows = frame[columns].astype(object).to_numpy().tolist()
    features = [
        {
            "type": "Feature",
            "properties": {key: _plain(value) for key, value in zip(columns, row, strict=True) if _known(value)},
            "geometry": msgspec.Raw(shape.encode()),
        }
        for row, shape in zip(rows, shapely.to_geojson(rounded), strict=True)
        if shape is not None
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _known(value: Any) -> bool:
    return bool(np.any(pd.notna(value)))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)
