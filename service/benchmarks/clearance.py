"""Clearance: a long plan judged over a city, beside looking the same air up in GeoPandas, place by place.

The peer does what one would write with GeoPandas alone: the path cut into places, and from each sample of it the
straight way home too, all joined with zones and buildings within the distance of drift (spatial index included) and
their heights compared. It knows nothing of wind, energy, turns, hours, terrain, or the errors told to people.
"""

import math
import time
from functools import cache

import geopandas
import msgspec
import numpy as np
import shapely

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from maps.positions import FloatArray
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.profiles import PROFILES
from missions.safety import Finding
from missions.safety.checks import check
from service.benchmarks.city import city
from service.benchmarks.measuring import Outcome, compare

NOW = Instant(1_790_000_000.0)
HEIGHT_M = 100.0
STEP_M, PITCH_M = 30.0, 60.0
BUILDINGS = 200_000
ITEMS = 500
CITIES = (2_000, 20_000, BUILDINGS)
PLANS = (125, 250, ITEMS, 1_000)
PROFILE = msgspec.structs.replace(PROFILES["rotorcraft"], endurance_s=6 * 3600.0)
"""With a battery that carries the longest of the plans."""

PEER = "GeoPandas, sampled"
_PLACES_M, _ORIGINS_M = 10.0, 40.0


def measure() -> list[Outcome]:
    """The curves over the city and over the plan; then what is paid once for a city."""
    outcomes = [_compared(ITEMS, buildings) for buildings in CITIES]
    outcomes += [_compared(items, BUILDINGS) for items in PLANS if items != ITEMS]
    return [*outcomes, _first(BUILDINGS)]


def spiral(district: District, items: int, height_m: float = HEIGHT_M) -> Plan:
    """A plan of so many items for a rotorcraft: outward round home, `STEP_M` between items, then home."""
    number = np.arange(1, items - 1)
    radius = np.sqrt(STEP_M * PITCH_M * number / math.pi)
    angle = radius / PITCH_M * 2 * math.pi
    lat, lon, _ = district.frame.geodetic_from_enu(
        np.column_stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(len(radius))])
    )
    home = district.home
    places = [
        PlanItem(Command.WAYPOINT, Frame.HOME, at_lat, at_lon, height_m, purpose="transit")
        for at_lat, at_lon in zip(lat.tolist(), lon.tolist(), strict=True)
    ]
    return Plan(
        vehicle_id="uav-1",
        vehicle_kind="rotorcraft",
        home=Position(home.lat_deg, home.lon_deg, home.alt_amsl_m, 0.0),
        items=(
            PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, height_m, purpose="takeoff"),
            *places,
            PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION, purpose="return"),
        ),
        speed_mps=PROFILE.cruise_mps,
    )


def judged(plan: Plan, district: District) -> list[Finding]:
    """What clearance says."""
    return check(plan, district, NOW, profiles={"rotorcraft": PROFILE})


def _compared(items: int, buildings: int) -> Outcome:
    district = _ready(buildings)
    plan = spiral(district, items)
    layers = _layers(district)
    ours, peer = compare(lambda: judged(plan, district), lambda: looked_up(plan, district, layers))
    size = f"{items} items, {len(district.zones) - 1} zones, {buildings} buildings"
    return Outcome("Checks of a plan", size, ours * 1e3, peer * 1e3, "ms", ours / peer, PEER)


def _first(buildings: int) -> Outcome:
    """What the first plan over a city takes, its indices included, beside making the peer's."""
    district = city(buildings)
    begun = time.process_time()
    judged(spiral(district, ITEMS), district)
    ours = time.process_time() - begun
    begun = time.process_time()
    for layer in _layers(district):
        _ = layer.sindex
    peer = time.process_time() - begun
    return Outcome("First plan of a city, once", f"{buildings} buildings", ours, peer, "s", ours / peer, PEER)


@cache
def _ready(buildings: int) -> District:
    district = city(buildings)
    judged(spiral(district, 10), district)
    return district


Layers = tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]


def _layers(district: District) -> Layers:
    """Zones and buildings in metres, with the heights between which they close the air, above home."""
    zones = district.zones.to_crs(district.frame.crs)
    shut = np.array([rule == "no_fly" for rule in zones["rule"]])
    zones = zones.assign(
        low_m=np.where(shut, zones["floor_m"].fillna(-np.inf), zones["ceiling_m"].fillna(np.inf)),
        high_m=np.where(shut, zones["ceiling_m"].fillna(np.inf), np.inf),
    )
    buildings = district.buildings.to_crs(district.frame.crs)
    return zones, buildings.assign(low_m=-np.inf, high_m=buildings["height_m"] + 10.0)


def looked_up(plan: Plan, district: District, layers: Layers) -> bool:
    """Whether all places of the path and of the ways home from it are free, by spatial joins."""
    lat, lon = np.array([(item.lat_deg, item.lon_deg) for item in plan.items if item.has_place]).T
    path = shapely.LineString(district.frame.enu_from_geodetic(lat, lon, plan.home.alt_amsl_m)[:, :2])
    origins = shapely.get_coordinates(shapely.segmentize(path, _ORIGINS_M))[1:]
    home = np.zeros_like(origins)
    ways = shapely.segmentize(shapely.linestrings(np.stack([origins, home], axis=1)), _PLACES_M)
    places = np.vstack([shapely.get_coordinates(shapely.segmentize(path, _PLACES_M)), shapely.get_coordinates(ways)])
    return all(_free(places, plan.items[0].alt_m, layer) for layer in layers)


def _free(places_m: FloatArray, height_m: float, layer: geopandas.GeoDataFrame) -> bool:
    points = geopandas.GeoDataFrame(geometry=shapely.points(places_m), crs=layer.crs)
    met = points.sjoin(layer, predicate="dwithin", distance=PROFILE.position_error_m)
    return not bool(((met["low_m"] < height_m) & (height_m < met["high_m"])).any())
