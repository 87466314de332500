"""Obstacles: the ground that a flight at some level may not pass over, and why.

What forbids it: a no-fly zone whose heights the flight is in, a ceiling that it would be over, everything outside the
flight areas, a building or a hill that leaves too little air below. Only zones in force at the time count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.instants import Instant
from maps.positions import FloatArray
from maps.zones import Zone, zones
from missions.margins import CLEAR_BY_M
from missions.planning.heights import TOLERANCE_M
from missions.planning.routing.levels import Level
from missions.planning.routing.relief import Relief

WINDOW_S = 2 * 3600.0
"""A zone counts when it is in force at any time of the two hours from planning: a clearance lasts half an hour, a
flight an hour or so."""

BEYOND_M = 100_000.0
EARTH_RADIUS_M = 6_371_000.0

Kind = Literal["no_fly", "ceiling", "flight_area", "building", "terrain"]


@dataclass(frozen=True, eq=False)
class Obstacle:
    """Forbidden ground, as it stands on the map, not widened.

    Attributes:
        kind: which rule forbids it.
        id: of the zone or building; empty for terrain.
        name: for people.
        shape_m: east and north.
        limit_m: the height in the level's reference from which (building, terrain) or up to which (ceiling) a flight
            may pass; None where no height helps.
        clear_amsl_m: the height AMSL from which a building may be flown over, whatever ground is beside it.
    """

    kind: Kind
    id: str
    name: str
    shape_m: BaseGeometry
    limit_m: float | None = None
    clear_amsl_m: float | None = None

    @property
    def words(self) -> tuple[str, str]:
        """For people, in English and Chinese."""
        match self.kind:
            case "no_fly":
                return f"the no-fly zone {self.name} ({self.id})", f"禁飞区“{self.name}”（{self.id}）"
            case "ceiling":
                return (
                    f"the ceiling of {self.name} ({self.id}; kept at {self.limit_m:.0f} m or lower)",
                    f"“{self.name}”（{self.id}）限高（不高于 {self.limit_m:.0f} 米）",
                )
            case "flight_area":
                return f"the edge of the flight area {self.name}", f"飞行区“{self.name}”边界"
            case "building":
                return (
                    f"the building {self.name} (flown over at {self.limit_m:.0f} m or higher)",
                    f"建筑物 {self.name}（飞越高度不低于 {self.limit_m:.0f} 米）",
                )
            case "terrain":
                return (
                    f"high ground (flown over at {self.limit_m:.0f} m or higher)",
                    f"高地（飞越高度不低于 {self.limit_m:.0f} 米）",
                )


@dataclass(frozen=True, eq=False)
class Stock:
    """What of a district does not depend on the flight; made once.

    Attributes:
        zones: all, in local metres.
        relief: the ground.
        footprints: (B,) of buildings.
        tops_amsl_m: (B,) of roofs.
        heights_m: (B,) of roofs above the ground beside them.
        names: (B,) of the buildings.
        uneven: whether a flight that follows the ground has anything to follow.
    """

    zones: tuple[Zone, ...]
    relief: Relief
    footprints: NDArray[np.object_]
    tops_amsl_m: FloatArray
    heights_m: FloatArray
    names: NDArray[np.object_]
    uneven: bool

    @classmethod
    def of(cls, district: District) -> "Stock":
        """Read a district."""
        surface = district.surface
        prisms = surface.prisms
        footprints = np.asarray(prisms.polygons, dtype=object)
        middles = shapely.get_coordinates(shapely.centroid(footprints)).reshape(-1, 2)
        drop = (middles**2).sum(axis=1) / (2 * EARTH_RADIUS_M)
        tops = prisms.tops_up_m + district.frame.origin.alt_amsl_m + drop
        over = prisms.tops_up_m - surface.ground_enu_m(middles[:, 0], middles[:, 1])
        rows = district.buildings
        named = rows["id"] if "id" in rows.columns else rows.index
        names = np.array([str(name) for name in named], dtype=object)[prisms.rows]
        relief = Relief.of(district)
        uneven = bool(relief.highest_m.max() - relief.lowest_m.min() > TOLERANCE_M)
        return cls(zones(district), relief, footprints, tops, over, names, uneven)


def in_force(stock: Stock, when: Instant | None) -> tuple[Zone, ...]:
    """The zones that count for a flight planned at an instant; with none given, all do whatever their hours."""
    return tuple(
        zone for zone in stock.zones if when is None or (zone.valid_from < when + WINDOW_S and zone.valid_to > when)
    )


def obstacles(stock: Stock, level: Level, counting: Sequence[Zone]) -> list[Obstacle]:
    """What forbids ground to a flight at a level, buildings apart; outside the flight areas it is never allowed."""
    areas = [zone for zone in stock.zones if zone.rule == "flight_area"]
    return [
        *_outside(areas),
        *(found for zone in counting if zone.rule == "no_fly" for found in _no_fly(stock, zone, level)),
        *(found for zone in counting if zone.rule in {"ceiling", "flight_area"} for found in _over(stock, zone, level)),
        *_hills(stock, level),
    ]


def _outside(areas: Sequence[Zone]) -> Iterator[Obstacle]:
    if not areas:
        return
    inside = shapely.union_all([area.shape_m for area in areas])
    west, south, east, north = inside.bounds
    frame = box(west - BEYOND_M, south - BEYOND_M, east + BEYOND_M, north + BEYOND_M)
    yield Obstacle("flight_area", areas[0].id, "、".join(area.name for area in areas), frame.difference(inside))


def _slack_m(stock: Stock, level: Level) -> float:
    """By how much a flight that follows the ground may be off its height."""
    return TOLERANCE_M if level.reference == "agl" and stock.uneven else 0.0


def _no_fly(stock: Stock, zone: Zone, level: Level) -> Iterator[Obstacle]:
    slack = _slack_m(stock, level)
    low, high = level.low_m - slack, level.high_m + slack
    if level.reference != zone.reference:
        lowest, highest = stock.relief.span_m(zone.shape_m)
        low, high = (low - highest, high - lowest) if zone.reference == "agl" else (low + lowest, high + highest)
    if high >= zone.floor_m and low <= zone.ceiling_m:
        yield Obstacle("no_fly", zone.id, zone.name, zone.shape_m)


def _over(stock: Stock, zone: Zone, level: Level) -> Iterator[Obstacle]:
    """Where in a zone the flight would be over its ceiling."""
    if not np.isfinite(zone.ceiling_m):
        return
    if level.reference == zone.reference:
        slack = _slack_m(stock, level) if zone.rule == "ceiling" else 0.0
        if level.high_m + slack > zone.ceiling_m:
            yield Obstacle("ceiling", zone.id, zone.name, zone.shape_m, zone.ceiling_m)
        return
    relief = stock.relief
    above = level.high_m - relief.lowest_m if zone.reference == "agl" else level.high_m + relief.highest_m
    lowest, highest = relief.span_m(zone.shape_m)
    limit = zone.ceiling_m + lowest if zone.reference == "agl" else zone.ceiling_m - highest
    if level.high_m <= limit:
        return
    if (above > zone.ceiling_m).all():
        yield Obstacle("ceiling", zone.id, zone.name, zone.shape_m, limit)
    elif (above > zone.ceiling_m).any():
        there = shapely.intersection(relief.outline(above > zone.ceiling_m), zone.shape_m)
        if there.area > 0:
            yield Obstacle("ceiling", zone.id, zone.name, there, limit)


def _hills(stock: Stock, level: Level) -> Iterator[Obstacle]:
    if level.reference == "agl":
        return
    relief = stock.relief
    high = relief.highest_m + CLEAR_BY_M > level.low_m
    if high.any():
        limit = float(relief.highest_m.max()) + CLEAR_BY_M
        for part in shapely.get_parts(relief.outline(high)):
            yield Obstacle("terrain", "", "", part, limit)


def tall_buildings(stock: Stock, level: Level) -> tuple[NDArray[np.intp], FloatArray]:
    """Which buildings of the stock reach a flight at a level, and from what height it would pass over each."""
    needed = (stock.heights_m if level.reference == "agl" else stock.tops_amsl_m) + CLEAR_BY_M
    needed = needed + _slack_m(stock, level)
    tall = np.flatnonzero(needed > level.low_m)
    return tall, needed[tall]
