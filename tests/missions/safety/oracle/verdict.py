"""How near a plan comes to breaking each rule, if its aircraft keeps exactly to its way.

An aircraft flies the items in steps of a tenth of a second (`copter`, `plane`) through a world of plain numbers
(`world`, `earth`). Only profiles' figures and the plan itself are shared with the checks that are judged by this.
"""

import math
from dataclasses import dataclass

import numpy as np

from missions.margins import CLEAR_BY_M
from missions.plan import Plan
from missions.planning.profiles import VehicleProfile
from tests.missions.safety.oracle.copter import Copter
from tests.missions.safety.oracle.earth import Array
from tests.missions.safety.oracle.log import STEP_S, Log
from tests.missions.safety.oracle.orders import orders
from tests.missions.safety.oracle.plane import Plane
from tests.missions.safety.oracle.world import World, Zone, outside_m

FIELD_M = 60.0
"""So near to its take-off and landing place an aircraft may be near the ground, never near a building."""


@dataclass(frozen=True)
class Margin:
    """The least margin of one rule: metres (seconds for hours; minutes of battery are told in metres flown)."""

    rule: str
    metres: float
    time_s: float
    east_m: float
    north_m: float
    up_m: float


def simulate(plan: Plan, world: World, profile: VehicleProfile, wind_mps: tuple[float, float]) -> Array:
    """(N, 6) the flight of a plan, one row each `STEP_S`; columns as in `Log`."""
    log = Log(profile, wind_mps)
    log.keep(0.0, 0.0, world.home[2], 0.0)
    pilot = (Plane if profile.winged else Copter)(world, profile, log, plan.speed_mps)
    pilot.fly(orders(plan, world))
    return log.table()


def margins(flown: Array, world: World, profile: VehicleProfile, wind_mps: tuple[float, float]) -> list[Margin]:
    """The least margin of each rule that this world has."""
    places, up = flown[:, :2], flown[:, 2]
    time = np.arange(len(flown)) * STEP_S
    ground = world.ground_m(places)
    found: list[tuple[str, Array]] = []
    areas = [zone for zone in world.zones if zone.rule == "flight_area"]
    if areas:
        found.append(("flight_area", np.max([-_apart(zone, places, time) for zone in areas], axis=0)))
    for zone in world.zones:
        heights = up - (ground if zone.agl else 0.0)
        if zone.rule == "no_fly":
            band = np.maximum(zone.floor_m - heights, heights - zone.ceiling_m)
            found.append(("no_fly", np.maximum(_apart(zone, places, time), band)))
        else:
            found.append(("ceiling", np.maximum(_apart(zone, places, time), zone.ceiling_m - heights)))
    found.append(("terrain", np.where(_over_field(flown, ground), np.inf, up - ground)))
    for each in world.buildings:
        found.append(("terrain", np.maximum(outside_m(each.ring_m, places), up - each.top_amsl_m)))
    found.append(("endurance", _battery(flown, world, profile, wind_mps)))
    least: dict[str, Margin] = {}
    for rule, values in found:
        row = int(np.argmin(values))
        margin = Margin(rule, float(values[row]), float(time[row]), *(float(part) for part in flown[row, :3]))
        if rule not in least or margin.metres < least[rule].metres:
            least[rule] = margin
    return list(least.values())


def _apart(zone: Zone, places: Array, time: Array) -> Array:
    """(N,) metres outside a zone's corners, or seconds outside its hours, whichever is more."""
    outside = outside_m(zone.ring_m, places)
    if zone.rule == "flight_area":
        return np.maximum(outside, np.where(np.isfinite([zone.from_s]), zone.from_s - time, -np.inf))
    return np.maximum(outside, np.maximum(zone.from_s - time, time - zone.to_s))


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
