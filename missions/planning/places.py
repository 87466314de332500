"""Where the items of a plan lead: places and heights AMSL, looked up on the map all at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Frame, PlanItem
from missions.planning.flight import Point

TERRAIN_STEP_M = 30.0
"""Distance between the points of a leg that follows the terrain."""

TERRAIN_TOLERANCE_M = 1.5

LANDINGS = frozenset({Command.LAND, Command.VTOL_LAND})
TAKE_OFFS = frozenset({Command.TAKEOFF, Command.VTOL_TAKEOFF})

_ENDS = LANDINGS | {Command.RETURN_TO_LAUNCH}
_LAST_MOVING = 95
_REGION_OF_INTEREST = 80
"""MAV_CMD_NAV_LAST, and the one command up to it that moves nothing but the camera."""


def moves(item: PlanItem) -> bool:
    """Whether an item sends the vehicle to a place, and does not only name one to look at."""
    return item.has_place and item.command <= _LAST_MOVING and item.command != _REGION_OF_INTEREST


def altitude_amsl_m(item: PlanItem, home: Position, district: District) -> float:
    """The height AMSL at which an item is flown, by its frame."""
    if item.frame in TERRAIN_FRAMES:
        return float(district.terrain.height_amsl_m(item.lat_deg, item.lon_deg)) + item.alt_m
    return item.alt_m if item.frame in AMSL_FRAMES else home.alt_amsl_m + item.alt_m


AMSL_FRAMES = {int(Frame.AMSL), 5}
TERRAIN_FRAMES = {int(Frame.TERRAIN), 11}


@dataclass(frozen=True, eq=False)
class Route:
    """Where the items lead, looked up on the map all at once.

    Attributes:
        home: on the ground.
        places: one for each item; at home for those without.
        between: points of legs that follow the terrain, by item.
        onward: index of the next item that moves or comes home, by item; None after the last.
    """

    home: Point
    places: list[Point]
    between: dict[int, list[Point]]
    onward: list[int | None]

    @classmethod
    def of(cls, items: Sequence[PlanItem], home: Position, district: District) -> "Route":
        """Look up every place, height and ground."""
        base = district.frame.enu_from_geodetic(home.lat_deg, home.lon_deg, home.alt_amsl_m)
        start = (float(base[0]), float(base[1]), home.alt_amsl_m)
        moving = [index for index, item in enumerate(items) if item.has_place]
        lat = np.array([items[index].lat_deg for index in moving])
        lon = np.array([items[index].lon_deg for index in moving])
        up = np.array([items[index].alt_m for index in moving], dtype=np.float64)
        if moving:
            up += _reference(items, moving, home, district, lat, lon)
        flat = np.asarray(district.frame.enu_from_geodetic(lat, lon, up)).reshape(-1, 3)
        places: list[Point] = [
            (start[0], start[1], start[2] + item.alt_m if item.command in TAKE_OFFS else start[2]) for item in items
        ]
        for row, index in enumerate(moving):
            places[index] = (float(flat[row, 0]), float(flat[row, 1]), float(up[row]))
        onward: list[int | None] = [None] * len(items)
        following = None
        for index in reversed(range(len(items))):
            onward[index] = following
            if moves(items[index]) or items[index].command in _ENDS:
                following = index
        return cls(start, places, _between(items, places, start, district), onward)

    def next_place(self, index: int) -> Point | None:
        """Where the aircraft goes after an item."""
        following = self.onward[index]
        return None if following is None else self.places[following]


def _reference(
    items: Sequence[PlanItem],
    moving: list[int],
    home: Position,
    district: District,
    lat: FloatArray,
    lon: FloatArray,
) -> FloatArray:
    """(N,) height AMSL from which the altitude of each moving item is measured; of landings, so that they end below."""
    frames = np.array([items[index].frame for index in moving])
    landing = np.array([items[index].command in LANDINGS for index in moving])
    over_ground = np.isin(frames, list(TERRAIN_FRAMES))
    reference = np.where(np.isin(frames, list(AMSL_FRAMES)), 0.0, home.alt_amsl_m)
    if (over_ground | landing).any():
        ground = np.asarray(district.terrain.height_amsl_m(lat, lon))
        altitudes = np.array([items[index].alt_m for index in moving])
        reference = np.where(over_ground, ground, reference)
        reference = np.where(landing, ground - altitudes, reference)
    return reference


def _between(
    items: Sequence[PlanItem], places: list[Point], start: Point, district: District
) -> dict[int, list[Point]]:
    """Points on legs of items in a terrain frame: the height above the ground changes evenly along them."""
    legs: list[tuple[int, FloatArray, float]] = []
    before = start
    for index, item in enumerate(items):
        if not moves(item):
            continue
        count = math.ceil(math.dist(before[:2], places[index][:2]) / TERRAIN_STEP_M)
        if item.frame in TERRAIN_FRAMES and count > 1:
            share = np.arange(count + 1) / count
            flat = np.array(before[:2]) + share[:, None] * (np.array(places[index][:2]) - before[:2])
            legs.append((index, flat, before[2]))
        before = places[index]
    if not legs:
        return {}
    flats = np.concatenate([flat for _, flat, _ in legs])
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([flats, np.zeros(len(flats))]))
    ground = np.asarray(district.terrain.height_amsl_m(lat, lon))
    between: dict[int, list[Point]] = {}
    for index, flat, up in legs:
        below, ground = ground[: len(flat)], ground[len(flat) :]
        above = np.linspace(up - below[0], places[index][2] - below[-1], len(flat))
        points = np.column_stack([flat, below + above])
        kept = _bends(points)
        between[index] = [(float(e), float(n), float(u)) for e, n, u in points[kept][1:-1]]
    return between


def _bends(points: FloatArray) -> FloatArray:
    """Indices of the points of a straight leg that its heights need, to `TERRAIN_TOLERANCE_M`."""
    line = shapely.LineString(np.column_stack([np.arange(len(points)) * TERRAIN_STEP_M, points[:, 2]]))
    kept = shapely.get_coordinates(line.simplify(TERRAIN_TOLERANCE_M))[:, 0]
    return np.asarray(np.rint(kept / TERRAIN_STEP_M).astype(int))
