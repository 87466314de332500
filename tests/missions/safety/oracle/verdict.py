"""How near a plan comes to breaking each rule, if its aircraft keeps exactly to its way.

An aircraft flies the items in steps of a tenth of a second (`copter`, `plane`) through a world of plain numbers
(`world`, `earth`). Only profiles' figures and the plan itself are shared with the checks that are judged by this.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from missions.margins import CLEAR_BY_M
from missions.plan import Plan
from missions.planning.profiles import VehicleProfile
from tests.missions.safety.oracle.copter import Copter
from tests.missions.safety.oracle.earth import Array, metres
from tests.missions.safety.oracle.log import STEP_S, Log
from tests.missions.safety.oracle.orders import orders
from tests.missions.safety.oracle.plane import Plane
from tests.missions.safety.oracle.world import World, Zone, outside_m

FIELD_M = 60.0
"""So near to its take-off and landing place an aircraft may be near the ground, never near a building."""

HARD = {"no_fly", "flight_area", "terrain"}
"""What a way home must keep; of a ceiling or a fence there a pilot is only to be warned."""


@dataclass(frozen=True)
class Margin:
    """The least margin of one rule: metres (seconds for hours; minutes of battery are told in metres flown)."""

    rule: str
    metres: float
    time_s: float
    east_m: float
    north_m: float
    up_m: float


@dataclass(frozen=True, eq=False)
class Track:
    """Places (N, 2), heights above the sea (N,) and seconds since take-off (N,)."""

    places: Array
    up: Array
    time: Array

    @classmethod
    def of(cls, flown: Array) -> "Track":
        """From the rows of a log."""
        return cls(flown[:, :2], flown[:, 2], np.arange(len(flown)) * STEP_S)


def simulate(plan: Plan, world: World, profile: VehicleProfile, wind_mps: tuple[float, float]) -> Array:
    """(N, 6) the flight of a plan, one row each `STEP_S`; columns as in `Log`."""
    log = Log(profile, wind_mps)
    log.keep(0.0, 0.0, world.home[2], 0.0)
    pilot = (Plane if profile.winged else Copter)(world, profile, log, plan.speed_mps)
    pilot.fly(orders(plan, world))
    return log.table()


def margins(plan: Plan, world: World, profile: VehicleProfile, wind_mps: tuple[float, float]) -> list[Margin]:
    """The least margin of each rule that there is something to say about, on the flight and on the ways home."""
    flown = simulate(plan, world, profile, wind_mps)
    track = Track.of(flown)
    ground = world.ground_m(track.places)
    room = np.where(_over_field(flown, ground), np.inf, track.up - ground)
    found = [("terrain", track, room), ("endurance", track, _battery(flown, world, profile, wind_mps))]
    found += [(rule, track, values) for rule, values in _beside(track, world, plan)]
    home = ways_home(plan, flown, world, profile)
    found.append(("way_home", home, home.up - world.ground_m(home.places)))
    for rule, values in _beside(home, world, plan):
        found.append(("way_home" if rule in HARD else "way_home_warned", home, values))
    least: dict[str, Margin] = {}
    for rule, where, values in found:
        if not len(values):
            continue
        row = int(np.argmin(values))
        place = (float(part) for part in where.places[row])
        margin = Margin(rule, float(values[row]), float(where.time[row]), *place, float(where.up[row]))
        if rule not in least or margin.metres < least[rule].metres:
            least[rule] = margin
    return list(least.values())


def _beside(track: Track, world: World, plan: Plan) -> Iterator[tuple[str, Array]]:
    """Margins to zones, buildings and the plan's own fence, one value a row of the track."""
    ground = world.ground_m(track.places)
    areas = [zone for zone in world.zones if zone.rule == "flight_area"]
    if areas:
        yield "flight_area", np.max([-outside_m(zone.ring_m, track.places) for zone in areas], axis=0)
    for zone in world.zones:
        heights = track.up - (ground if zone.agl else 0.0)
        band = zone.ceiling_m - heights
        if zone.rule == "no_fly":
            band = np.maximum(zone.floor_m - heights, -band)
        yield "no_fly" if zone.rule == "no_fly" else "ceiling", np.maximum(_apart(zone, track), band)
    for each in world.buildings:
        yield "terrain", np.maximum(outside_m(each.ring_m, track.places), track.up - each.top_amsl_m)
    for rings, side in ((plan.fence.inclusions, -1), (plan.fence.exclusions, 1)):
        for ring in rings:
            corners = np.array(ring)
            yield "fence", side * outside_m(metres(world.home, corners[:, 0], corners[:, 1]), track.places)
    if plan.fence.ceiling_home_m is not None:
        yield "fence", world.home[2] + plan.fence.ceiling_home_m - track.up


def ways_home(plan: Plan, flown: Array, world: World, profile: VehicleProfile) -> Track:
    """Straight ways to where the autopilot returns to, from places along the flight, one after the other."""
    landing = next((i for i, item in enumerate(plan.items) if item.purpose == "land"), None)
    goal, goal_up = np.zeros(2), world.home[2] + profile.return_height_m
    over = [i for i, item in enumerate(plan.items) if item.purpose in {"takeoff", "land", "return"}]
    if profile.kind == "fixed_wing" and landing is not None:
        item = plan.items[landing]
        goal, goal_up = metres(world.home, item.lat_deg, item.lon_deg), world.home[2] + item.alt_m
    rows = np.flatnonzero((flown[:, 5] == 0) & ~np.isin(flown[:, 4], over))[::30]
    places, heights, times = [], [], []
    for row in rows:
        begin, up = flown[row, :2], flown[row, 2]
        length = float(np.hypot(*(goal - begin)))
        along = np.arange(0, length, 8.0)
        seconds = along / profile.cruise_mps
        rise = np.clip(goal_up - up, -profile.sink_mps * seconds, profile.climb_mps * seconds)
        choices = [up + rise, np.full(len(along), max(up, goal_up))]
        for height in choices if profile.winged else choices[1:]:
            places.append(begin + along[:, None] / max(length, 0.1) * (goal - begin))
            heights.append(height)
            times.append(row * STEP_S + seconds)
    if not places:
        return Track(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    return Track(np.concatenate(places), np.concatenate(heights), np.concatenate(times))


def _apart(zone: Zone, track: Track) -> Array:
    """(N,) metres outside a zone's corners, or seconds outside its hours, whichever is more."""
    hours = np.maximum(zone.from_s - track.time, track.time - zone.to_s)
    return np.maximum(outside_m(zone.ring_m, track.places), hours)


def _over_field(flown: Array, ground: Array) -> Array:
    """(N,) on the way up or down, near its end on the ground or over ground that is no higher than that."""
    begin, end = flown[0, :3], flown[-1, :3]
    up, down = flown[:, 5] == 1, flown[:, 5] == 2
    up[0] = True

    def field(place: Array) -> Array:
        near = np.hypot(*(flown[:, :2] - place[:2]).T) <= FIELD_M
        return near | ((ground <= place[2] + 1.0) & (flown[:, 2] >= place[2]))

    return (up & field(begin)) | (down & field(end))


def _battery(flown: Array, world: World, profile: VehicleProfile, wind_mps: tuple[float, float]) -> Array:
    """(N,) of the whole battery, what would be left above the reserve, straight home from each place; in percent."""
    way = -flown[:, :2]
    distance = np.hypot(way[:, 0], way[:, 1])
    course = np.arctan2(way[:, 1], way[:, 0])
    along = wind_mps[0] * np.cos(course) + wind_mps[1] * np.sin(course)
    across = wind_mps[1] * np.cos(course) - wind_mps[0] * np.sin(course)
    ground = along + np.sqrt(np.maximum(profile.cruise_mps**2 - across**2, 0.01))
    ground = np.maximum(np.minimum(ground, profile.cruise_mps) if not profile.winged else ground, 0.01)
    if not profile.winged:
        ground = np.full(len(way), profile.cruise_mps)
    high = np.maximum(flown[:, 2] - world.home[2], 0.0)
    if not profile.hovers:
        down = high / profile.sink_mps * profile.sink_power
    else:
        upright = np.minimum(high, profile.hover_height_m) if profile.winged else high
        slow = np.minimum(upright, 10.0)
        power = profile.hover_power * (1.0 if profile.winged else 0.9)
        down = (slow / profile.landing_mps + (upright - slow) / profile.sink_mps) * power
        down += (high - upright) / profile.sink_mps * profile.sink_power
    needed = flown[:, 3] + distance / ground + down
    return 100 * (1 - profile.reserve_fraction - needed / profile.endurance_s)


def clear_by(rule: str, profile: VehicleProfile) -> float:
    """A margin (m, or percent of the battery) with which a flight is clearly safe."""
    return 10.0 if rule == "endurance" else 2 * max(profile.position_error_m, CLEAR_BY_M) + 20.0


def unsafe_below(rule: str, profile: VehicleProfile) -> float:
    """A margin below which it is not safe: half of the reserve touched, or harm done."""
    return -50 * profile.reserve_fraction if rule == "endurance" else 0.0


def unsafe(found: list[Margin], profile: VehicleProfile) -> set[str]:
    """The rules that are broken."""
    return {margin.rule for margin in found if margin.metres < unsafe_below(margin.rule, profile)}


def clearly_safe(found: list[Margin], profile: VehicleProfile) -> bool:
    """Whether every rule is kept by far."""
    return all(margin.metres > clear_by(margin.rule, profile) or math.isinf(margin.metres) for margin in found)
