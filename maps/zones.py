"""Zones: ground with a rule, read from a district's layer once for everybody who plans or checks by them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray

if TYPE_CHECKING:
    from maps.district import District
    from maps.positions import LocalFrame

Heights = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Zone:
    """A row of the zones layer, in the district's local metres.

    Attributes:
        id, name: as the layer has them; the id stands for a missing name.
        rule: ``flight_area``, ``no_fly``, ``ceiling`` or ``alert``.
        shape_m: a valid area, east and north.
        floor_m, ceiling_m: the band of heights, measured as ``reference`` says; infinite where the layer is silent.
        reference: ``agl`` or ``amsl``.
        valid_from, valid_to: Unix seconds between which it is in force; infinite where the layer is silent.
    """

    id: str
    name: str
    rule: str
    shape_m: BaseGeometry
    floor_m: float
    ceiling_m: float
    reference: str
    valid_from: float
    valid_to: float

    def in_force(self, time: ArrayLike) -> NDArray[np.bool_]:
        """Whether the zone counts at Unix times; ``valid_to`` itself is no longer within."""
        moments = np.asarray(time, dtype=np.float64)
        return np.asarray((moments >= self.valid_from) & (moments < self.valid_to))

    def in_force_during(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.bool_]:
        """Whether the zone counts at any moment of spans of Unix times, both ends included."""
        return np.asarray((np.asarray(end) >= self.valid_from) & (np.asarray(start) < self.valid_to))


@dataclass(frozen=True, eq=False)
class ZoneMap:
    """The zones of a district by place, so that what is asked of them grows with what is near and not with the city."""

    zones: tuple[Zone, ...]

    @classmethod
    def of(cls, layer: geopandas.GeoDataFrame, frame: "LocalFrame") -> "ZoneMap":
        """Read a zones layer, in its order."""
        if not len(layer):
            return cls(())
        shapes = shapely.make_valid(np.asarray(layer.geometry.to_crs(frame.crs).array))

        def column(name: str) -> list[Any]:
            return list(layer[name]) if name in layer.columns else [None] * len(layer)

        rows = zip(*map(column, _COLUMNS), shapes, strict=True)
        return cls(tuple(_zone(*row) for row in rows))

    @cached_property
    def _shapes_m(self) -> NDArray[np.object_]:
        """Prepared, so that many can be asked how near they are to one."""
        shapes = np.array([zone.shape_m for zone in self.zones], dtype=object)
        shapely.prepare(shapes)
        return shapes

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._shapes_m)

    @cached_property
    def _lids(self) -> NDArray[np.bool_]:
        return np.array([zone.rule in {"ceiling", "flight_area"} for zone in self.zones], dtype=bool)

    @cached_property
    def _floors_m(self) -> FloatArray:
        return np.array([zone.floor_m for zone in self.zones], dtype=np.float64)

    @cached_property
    def _ceilings_m(self) -> FloatArray:
        return np.array([zone.ceiling_m for zone in self.zones], dtype=np.float64)

    @cached_property
    def _over_ground(self) -> NDArray[np.bool_]:
        return np.array([zone.reference == "agl" for zone in self.zones], dtype=bool)

    def near(
        self, shapes_m: NDArray[np.object_], within_m: float, agl_m: Heights, amsl_m: Heights
    ) -> list[tuple[Zone, NDArray[np.intp]]]:
        """The zones that have anything to say of air: near any of the shapes, and reached by its heights.

        Args:
            shapes_m: (M,) lines or areas, east and north.
            within_m: how near a zone must be.
            agl_m, amsl_m: (M,) each: the lowest and the highest height over each, above the ground and above the sea.

        Returns:
            Zones in the layer's order, each with the indices of the shapes concerned: a ceiling or a flight area is
            reached by what lies higher than its ceiling, the others by what meets their band.
        """
        if not self.zones or not len(shapes_m):
            return []
        west, south, east, north = shapely.bounds(shapes_m).reshape(-1, 4).T
        around = shapely.box(west - within_m, south - within_m, east + within_m, north + within_m)
        shape, zone = self._tree.query(around)
        reached = self._reached(shape, zone, agl_m, amsl_m)
        shape, zone = shape[reached], zone[reached]
        close = shapely.dwithin(self._shapes_m[zone], shapes_m[shape], within_m)
        shape, zone = shape[close], zone[close]
        order = np.lexsort((shape, zone))
        shape, zone = shape[order], zone[order]
        found, starts = np.unique(zone, return_index=True)
        parts = np.split(shape, starts[1:])
        return [(self.zones[int(index)], np.asarray(part)) for index, part in zip(found, parts, strict=False)]

    def _reached(
        self, shape: NDArray[np.intp], zone: NDArray[np.intp], agl_m: Heights, amsl_m: Heights
    ) -> NDArray[np.bool_]:
        """(P,) whether the heights over a shape reach what a zone shuts, pair by pair."""
        over_ground = self._over_ground[zone]
        low = np.where(over_ground, agl_m[0][shape], amsl_m[0][shape])
        high = np.where(over_ground, agl_m[1][shape], amsl_m[1][shape])
        within = (high >= self._floors_m[zone]) & (low <= self._ceilings_m[zone])
        return np.asarray(np.where(self._lids[zone], high > self._ceilings_m[zone], within))


_COLUMNS = ("id", "name", "rule", "floor_m", "ceiling_m", "reference", "valid_from", "valid_to")


def zones(district: "District") -> tuple[Zone, ...]:
    """The zones of a district, in the layer's order."""
    return district.zone_map.zones


def _zone(
    id: Any,
    name: Any,
    rule: Any,
    floor_m: Any,
    ceiling_m: Any,
    reference: Any,
    valid_from: Any,
    valid_to: Any,
    shape_m: BaseGeometry,
) -> Zone:
    return Zone(
        str(id),
        _text(name, str(id)),
        str(rule),
        shape_m,
        _number(floor_m, -np.inf),
        _number(ceiling_m, np.inf),
        _text(reference, "amsl"),
        _instant(valid_from, -np.inf),
        _instant(valid_to, np.inf),
    )


def _text(value: Any, missing: str) -> str:
    return missing if value is None or pd.isna(value) or value == "" else str(value)


def _number(value: Any, missing: float) -> float:
    return missing if value is None or pd.isna(value) else float(value)


def _instant(value: Any, missing: float) -> float:
    if value is None or pd.isna(value) or value == "":
        return missing
    stamp = pd.Timestamp(value)
    return float((stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp).timestamp())
