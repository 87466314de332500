"""The stretch of ground that a page shows, and lines and areas written as compact SVG paths.

Drawings are in local metres with north up: x is east, y is minus north.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from service.plan_page.words import number

MAP_PX = (860.0, 560.0)
"""The map's size on the screen for which its marks are first placed."""

LEAST_SPAN_M = 240.0


@dataclass(frozen=True)
class View:
    """What is shown at first, and how much around it is drawn for those who move the map.

    Attributes:
        west_m, south_m, east_m, north_m: in the district's frame.
    """

    west_m: float
    south_m: float
    east_m: float
    north_m: float

    @classmethod
    def of(cls, places_m: FloatArray) -> "View":
        """Everything that matters, with a margin; ``places_m`` has the shape (N, 2), N >= 1."""
        low, high = places_m.min(axis=0), places_m.max(axis=0)
        centre, span = (low + high) / 2, np.maximum((high - low) * 1.16, LEAST_SPAN_M)
        west, south = centre - span / 2
        east, north = centre + span / 2
        return cls(float(west), float(south), float(east), float(north))

    @property
    def width_m(self) -> float:
        """From west to east."""
        return self.east_m - self.west_m

    @property
    def height_m(self) -> float:
        """From south to north."""
        return self.north_m - self.south_m

    @property
    def metres_per_px(self) -> float:
        """On a screen of `MAP_PX`."""
        return max(self.width_m / MAP_PX[0], self.height_m / MAP_PX[1])

    def around(self) -> "View":
        """The ground that is drawn: what fills a map of any shape, and some more."""
        width = max(self.width_m, self.height_m * 1.8)
        height = max(self.height_m, self.width_m / 1.2)
        east, north = (self.west_m + self.east_m) / 2, (self.south_m + self.north_m) / 2
        return View(east - 0.7 * width, north - 0.7 * height, east + 0.7 * width, north + 0.7 * height)

    @property
    def box(self) -> BaseGeometry:
        """As an area in local metres."""
        return shapely.box(self.west_m, self.south_m, self.east_m, self.north_m)

    def degrees(self, district: District) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        corners = np.array([[x, y, 0.0] for x in (self.west_m, self.east_m) for y in (self.south_m, self.north_m)])
        lat, lon, _ = district.frame.geodetic_from_enu(corners)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def local(district: District, degrees: BaseGeometry) -> BaseGeometry:
    """A geometry in longitude and latitude, in the district's metres."""
    coordinates = shapely.get_coordinates(degrees)
    height = np.full(len(coordinates), district.frame.origin.alt_amsl_m)
    enu = district.frame.enu_from_geodetic(coordinates[:, 1], coordinates[:, 0], height)
    moved: BaseGeometry = shapely.set_coordinates(shapely.force_2d(degrees), enu[:, :2])
    return moved


def line_path(points_m: FloatArray, *, closed: bool = False) -> str:
    """An SVG path through points (N, 2), to a decimetre, written in steps from point to point."""
    tenths = np.rint(np.asarray(points_m)[:, :2] * [10, -10]).astype(int)
    if closed and len(tenths) > 1 and (tenths[0] == tenths[-1]).all():
        tenths = tenths[:-1]
    steps = np.diff(tenths, axis=0)
    moved = steps[(steps != 0).any(axis=1)]
    start = f"M{number(tenths[0][0] / 10)} {number(tenths[0][1] / 10)}"
    rest = "".join(f"l{number(x / 10)} {number(y / 10)}" for x, y in moved)
    return start + rest + ("z" if closed else "")


def area_path(geometry: BaseGeometry) -> str:
    """An SVG path of polygons, their holes included, for the even-odd rule."""
    return "".join(
        line_path(shapely.get_coordinates(ring), closed=True)
        for polygon in polygons(geometry)
        for ring in (polygon.exterior, *polygon.interiors)
    )


def polygons(geometry: BaseGeometry) -> Iterable[shapely.Polygon]:
    """The polygons of a geometry of any type."""
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            if not part.is_empty:
                yield part
        elif part.geom_type in {"MultiPolygon", "GeometryCollection"}:
            yield from polygons(part)


def lines(geometry: BaseGeometry) -> Iterable[shapely.LineString]:
    """The lines of a geometry of any type."""
    for part in shapely.get_parts(geometry):
        if part.geom_type == "LineString":
            if not part.is_empty:
                yield part
        elif part.geom_type in {"MultiLineString", "GeometryCollection"}:
            yield from lines(part)
