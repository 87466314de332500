"""Extents of entities: the smallest box of longitudes and latitudes that holds a position and a GeoJSON geometry."""

import math
from collections.abc import Iterator
from typing import Any

from fusion.messages import Entity

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)
"""Of an entity that is at no place: it belongs to every area."""


class ExtentError(ValueError):
    """A position or geometry that cannot be placed: not finite, or not GeoJSON."""


def extent(entity: Entity) -> Box:
    """The box of an entity's position and geometry; `EVERYWHERE` when it has neither.

    Raises:
        ExtentError: when a coordinate is not a finite number, or the geometry is not GeoJSON.
    """
    points: list[tuple[float, float]] = []
    if entity.position is not None:
        points.append((entity.position.lon_deg, entity.position.lat_deg))
        if not math.isfinite(entity.position.alt_amsl_m):
            raise ExtentError(f"{entity.id}: the altitude is not a finite number")
    if entity.geometry is not None:
        points.extend(_vertices(entity.id, entity.geometry))
    if not points:
        return EVERYWHERE
    lons = [lon for lon, _ in points]
    lats = [lat for _, lat in points]
    if not all(map(math.isfinite, lons)) or not all(map(math.isfinite, lats)):
        raise ExtentError(f"{entity.id}: a coordinate is not a finite number")
    return min(lons), min(lats), max(lons), max(lats)


def _vertices(name: str, geometry: dict[str, Any]) -> Iterator[tuple[float, float]]:
    parts = geometry.get("geometries")
    if isinstance(parts, list | tuple):
        for part in parts:
            yield from _vertices(name, part)
        return
    try:
        yield from _pairs(geometry["coordinates"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ExtentError(f"{name}: the geometry is not GeoJSON ({error!r})") from error


def _pairs(coordinates: Any) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates, str):
        raise TypeError("a coordinate is text")
    if coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _pairs(part)
