"""Layers: the aircraft of one mission fly above one another, and all of them below the ceiling.

The first flies at the height asked for, each next `LAYER_M` higher. Where the highest would then break a ceiling, all
of them are lowered together, so far as that leaves most of the height asked for.
"""

import numpy as np
import shapely

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from maps.positions import FloatArray
from maps.zones import Zone, zones
from missions.planning.heights import RISE_M, TOLERANCE_M, ground_amsl_m
from missions.planning.request import MissionRequest

LAYER_M = 12.0
"""Aircraft of one mission fly this much higher than one another, so that their transits never meet."""

SPARE_M = TOLERANCE_M + RISE_M
"""Left below a ceiling: legs follow the ground within the tolerance, and are climbed at once by aircraft with wings."""

LEAST_SHARE = 0.6
"""Of the height asked for, which lowering must leave; else clearance is left to say what is wrong."""

Note = tuple[str, str]


def layer_m(index: int) -> float:
    """How much higher than the first the ``index``-th aircraft of a mission flies."""
    return index * LAYER_M


def stacked(
    request: MissionRequest, district: District, homes: list[Position], now: Instant
) -> tuple[MissionRequest, tuple[Note, ...]]:
    """The request with its height lowered so far that every aircraft's layer fits below the ceilings, and a note of it.

    Args:
        request: as asked.
        district: for its zones and terrain.
        homes: of all aircraft, which take the layers in this order.
        now: ceilings not in force are not minded.
    """
    if len(homes) < 2:
        return request, ()
    places = np.vstack([_places(request, district), _homes(homes, district)])
    room = _room_m(request, district, homes[0], places, now)
    excess = layer_m(len(homes) - 1) + SPARE_M - room
    asked = request.altitude.value_m
    above = asked if request.altitude.reference != "amsl" else asked - float(ground_amsl_m(district, places).max())
    if excess <= 0 or room < 0 or above - excess < LEAST_SHARE * above:
        return request, ()
    lowered = request.altitude.model_copy(update={"value_m": asked - excess})
    return request.model_copy(update={"altitude": lowered}), (
        (
            f"flown {excess:.0f} m lower than asked, so that {len(homes)} aircraft fit above one another under the "
            "ceiling",
            f"为使 {len(homes)} 架飞机在限高以下分层飞行，整体比要求低 {excess:.0f} 米",
        ),
    )


def _places(request: MissionRequest, district: District) -> FloatArray:
    """(N, 2) corners of what is asked for, east and north."""
    degrees = shapely.get_coordinates(request.shape)
    level = np.full(len(degrees), district.frame.origin.alt_amsl_m)
    return np.asarray(district.frame.enu_from_geodetic(degrees[:, 1], degrees[:, 0], level))[:, :2]


def _homes(homes: list[Position], district: District) -> FloatArray:
    """(N, 2) places of aircraft, east and north."""
    return np.array([district.frame.enu_from_geodetic(p.lat_deg, p.lon_deg, p.alt_amsl_m)[:2] for p in homes])


def _room_m(request: MissionRequest, district: District, home: Position, places_m: FloatArray, now: Instant) -> float:
    """Metres between the height asked for and the lowest ceiling over the places; infinite without a ceiling.

    Ceilings so low that not even the first aircraft fits below them do not count: they are gone around.
    """
    ground = ground_amsl_m(district, places_m)
    base = {"agl": ground, "home": np.full(len(ground), home.alt_amsl_m), "amsl": np.zeros(len(ground))}
    flown = base[request.altitude.reference] + request.altitude.value_m
    hull = shapely.MultiPoint(places_m).convex_hull
    room = np.inf
    for zone in zones(district):
        if _concerns(zone, hull, now):
            ceiling = zone.ceiling_m + (ground if zone.reference == "agl" else 0.0)
            left = float(np.min(ceiling - flown))
            if zone.rule == "flight_area" or left >= 0:
                room = min(room, left)
    return room


def _concerns(zone: Zone, hull: shapely.Geometry, now: Instant) -> bool:
    if zone.rule not in {"flight_area", "ceiling"} or not np.isfinite(zone.ceiling_m):
        return False
    return bool(zone.in_force(now)) and bool(zone.shape_m.intersects(hull))
