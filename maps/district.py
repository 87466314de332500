"""A district: one folder of map layers, loaded and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import geopandas
import msgspec
import pandas as pd

from maps import districts
from maps.layers import LAYERS
from maps.positions import Geodetic, LocalFrame
from maps.problems import DistrictError, Problem
from maps.reading import empty, read_layer
from maps.surface import Surface
from maps.terrain import Terrain, TerrainError
from maps.zones import ZoneMap

__all__ = ["District", "DistrictError", "Problem"]


class _Home(msgspec.Struct, forbid_unknown_fields=True):
    lat_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon_deg: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    alt_amsl_m: Annotated[float, msgspec.Meta(ge=-500, le=9000)] | None = None


class _Head(msgspec.Struct):
    """What ``district.toml`` must hold; more is kept in `District.head`."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    home: _Home
    name_en: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class District:
    """One folder of map layers.

    Attributes:
        folder: where it was read from.
        name: in the language of the place.
        name_en: in English; empty when not said.
        head: all of ``district.toml``.
        frame: the local frame; its origin is home, on the ground.
        terrain: the ground; flat at home's height where there is no ``terrain.tif``.
        buildings, cameras, sites, zones, cells, streets: the layers in EPSG:4326 with the columns of
            `maps.layers.LAYERS` and any others the file has; empty when missing.
        missing: names of the layers (and ``terrain``) that the folder lacks.
    """

    folder: Path
    name: str
    name_en: str
    head: Mapping[str, Any]
    frame: LocalFrame
    terrain: Terrain
    buildings: geopandas.GeoDataFrame
    cameras: geopandas.GeoDataFrame
    sites: geopandas.GeoDataFrame
    zones: geopandas.GeoDataFrame
    cells: geopandas.GeoDataFrame
    streets: geopandas.GeoDataFrame
    missing: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path) -> "District":
        """Read and check a folder.

        Raises:
            DistrictError: when anything is wrong; it names every problem by layer, row and field.
        """
        head, problems = _read_head(folder)
        home = Geodetic(head.home.lat_deg, head.home.lon_deg, head.home.alt_amsl_m or 0.0) if head else None
        missing: list[str] = []
        terrain: Terrain | None = None
        if not (folder / "terrain.tif").is_file():
            missing.append("terrain")
        elif home is not None:
            try:
                terrain = Terrain.read(folder / "terrain.tif", LocalFrame(home))
            except TerrainError as error:
                problems.append(Problem("terrain", None, None, f"terrain.tif {error}"))
        layers: dict[str, geopandas.GeoDataFrame] = {}
        for layer in LAYERS:
            path = folder / f"{layer.name}.gpkg"
            if not path.is_file():
                missing.append(layer.name)
                layers[layer.name] = empty(layer)
                continue
            frame, found = read_layer(path, layer, home)
            problems += found
            if frame is not None:
                layers[layer.name] = frame
        if problems or head is None or home is None:
            raise DistrictError(folder, problems)
        if terrain is not None and head.home.alt_amsl_m is None:
            ground = float(terrain.height_amsl_m(home.lat_deg, home.lon_deg))
            home = Geodetic(home.lat_deg, home.lon_deg, ground)
        local = LocalFrame(home)
        terrain = terrain.moved_to(local) if terrain is not None else Terrain.flat(local)
        raw = MappingProxyType(tomllib.loads((folder / "district.toml").read_text("utf-8")))
        return cls(folder, head.name, head.name_en, raw, local, terrain, missing=tuple(missing), **layers)

    @classmethod
    def embedded(cls, name: str = "nanling") -> "District":
        """A district that comes with Liti.

        Raises:
            FileNotFoundError: when there is none of that name.
        """
        return cls.load(districts.folder(name))

    def __repr__(self) -> str:
        return f"District({self.name!r}, {str(self.folder)!r})"

    @property
    def home(self) -> Geodetic:
        """Where its aircraft stand, and the origin of its frame."""
        return self.frame.origin

    @cached_property
    def surface(self) -> Surface:
        """Ground and buildings, for rays."""
        return Surface(self)

    @cached_property
    def zone_map(self) -> ZoneMap:
        """The zones in local metres, by place."""
        return ZoneMap.of(self.zones, self.frame)

    def with_zones(self, more: geopandas.GeoDataFrame) -> "District":
        """The same district with further zones behind its own; all else is shared, so that it costs next to nothing.

        Args:
            more: rows of the layer zones, in EPSG:4326.
        """
        if not len(more):
            return self
        changed = replace(self, zones=pd.concat([self.zones, more], ignore_index=True) if len(self.zones) else more)
        zone_map = ZoneMap(self.zone_map.zones + ZoneMap.of(more, self.frame).zones)
        vars(changed).update(zone_map=zone_map, surface=self.surface, cameras_by_id=self.cameras_by_id)
        return changed

    @cached_property
    def cameras_by_id(self) -> Mapping[str, "pd.Series[Any]"]:
        """The rows of ``cameras`` by their id."""
        return MappingProxyType({str(row["id"]): row for _, row in self.cameras.iterrows()})

    @cached_property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east and north of everything in it."""
        frames = (self.buildings, self.cameras, self.sites, self.zones, self.cells, self.streets)
        boxes = [tuple(float(edge) for edge in frame.total_bounds) for frame in frames if len(frame)]
        boxes.append(self.terrain.bounds_deg)
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


def _read_head(folder: Path) -> tuple[_Head | None, list[Problem]]:
    path = folder / "district.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Head), []
    except FileNotFoundError:
        message = 'there is no such file; write one with name = "…" and [home] lat_deg = …, lon_deg = …'
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except msgspec.ValidationError as error:
        message = f"{error}"
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"is not TOML: {error}"
    return None, [Problem("district.toml", None, None, message)]
