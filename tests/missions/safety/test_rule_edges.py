"""Edges of the rules that show only in how an aircraft really flies: circles in wind, hours, a VTOL that brakes."""

import math

import numpy as np
import pytest

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.profiles import PROFILES
from missions.planning.request import Wind
from missions.safety.checks import check
from tests.missions.safety.oracle.cases import HOME
from tests.missions.safety.oracle.earth import Array, degrees
from tests.missions.safety.oracle.world import World, Zone

NOW = Instant(1_790_000_000.0)
HOME_PLACE = Position(*HOME)


def item(command: Command, east_m: float, north_m: float, up_m: float, *params: float, purpose: str = "") -> PlanItem:
    lat, lon = (float(each) for each in degrees(HOME, [east_m, north_m]))
    values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem(int(command), int(Frame.HOME), lat, lon, up_m, values, True, purpose)


HOMEWARD = PlanItem(int(Command.RETURN_TO_LAUNCH), int(Frame.MISSION), purpose="return")


def box(west: float, south: float, east: float, north: float) -> Array:
    return np.array([(west, south), (east, south), (east, north), (west, north)])


def blocked_by(
    nanling: District, kind: VehicleKind, items: list[PlanItem], within: Zone | World, wind_mps: float = 0.0
) -> set[str]:
    """The rules that block a flight in a wind from the west."""
    plan = Plan("", kind, HOME_PLACE, tuple(items), PROFILES[kind].cruise_mps)
    world = within if isinstance(within, World) else World(HOME, (within,))
    wind = Wind(from_deg=270, speed_mps=wind_mps) if wind_mps else None
    found = check(plan, world.district(nanling, NOW), NOW, wind=wind)
    return {each.rule for each in found if each.severity == "blocking"}


def circling(radius_m: float) -> list[PlanItem]:
    return [
        item(Command.TAKEOFF, 400, 0, 60, purpose="takeoff"),
        item(Command.LOITER_TURNS, 800, 0, 60, 5.0, 0.0, radius_m),
        HOMEWARD,
    ]


@pytest.mark.parametrize(
    ("radius_m", "wind_mps", "inside"),
    [(60.0, 0.0, False), (60.0, 8.0, True), (100.0, 8.0, False), (20.0, 0.0, True)],
)
def test_a_circle_tighter_than_bank_and_wind_allow_is_wider_than_it_says(
    nanling: District, radius_m: float, wind_mps: float, inside: bool
) -> None:
    """The zone lies downwind, 17 m outside the ordered rim: out of reach of one that is held."""
    edge = 800 + radius_m + 17
    zone = Zone("no_fly", box(edge, -300, edge + 20, 300))
    assert ("no_fly" in blocked_by(nanling, "fixed_wing", circling(radius_m), zone, wind_mps)) is inside


def there_and_back(north_m: float) -> list[PlanItem]:
    return [
        item(Command.TAKEOFF, 0, 0, 60, purpose="takeoff"),
        item(Command.WAYPOINT, 0, north_m, 60),
        item(Command.DELAY, 0, 0, 0, 100.0),
        HOMEWARD,
    ]


@pytest.mark.parametrize(
    ("from_s", "to_s", "blocked"),
    [(80, 90, True), (-50, 30, False), (-50, 50, True), (150, math.inf, True), (400, math.inf, False)],
)
def test_hours_of_a_zone_count_while_it_stands_in_the_air_and_for_flights_early_or_late(
    nanling: District, from_s: float, to_s: float, blocked: bool
) -> None:
    """It is 200 m away after some 46 s in the model, 40 s at the earliest, and stands there for 100 s."""
    zone = Zone("no_fly", box(-20, 190, 20, 210), from_s=from_s, to_s=to_s)
    items = there_and_back(200)
    assert ("no_fly" in blocked_by(nanling, "rotorcraft", items, zone)) is blocked


@pytest.mark.parametrize(("south_m", "inside"), [(-104.0, True), (-116.0, False)])
def test_a_vtol_that_leaves_its_circle_over_home_swings_out_before_it_stands(
    nanling: District, south_m: float, inside: bool
) -> None:
    """The circle reaches 80 m south, with what it may drift 95 m; it is left there, and braked along the course."""
    items = [
        item(Command.VTOL_TAKEOFF, 0, 0, 70, purpose="takeoff"),
        item(Command.WAYPOINT, 0, 700, 70),
        HOMEWARD,
    ]
    zone = Zone("no_fly", box(-400, south_m - 20, 400, south_m))
    assert ("no_fly" in blocked_by(nanling, "vtol", items, zone)) is inside


@pytest.mark.parametrize(("west_m", "inside"), [(40, True), (-60, True), (220, False), (-240, False)])
def test_a_plane_that_turns_back_may_turn_to_either_side(nanling: District, west_m: float, inside: bool) -> None:
    """It flies 900 m north and straight back: the circle of its turn lies on one side or on the other."""
    items = [
        item(Command.TAKEOFF, 0, 400, 60, purpose="takeoff"),
        item(Command.WAYPOINT, 0, 900, 60),
        HOMEWARD,
    ]
    zone = Zone("no_fly", box(west_m, 840, west_m + 20, 960))
    assert ("no_fly" in blocked_by(nanling, "fixed_wing", items, zone)) is inside


def test_an_area_narrower_than_the_drift_holds_no_flight_and_says_by_how_much(nanling: District) -> None:
    plan = Plan("", "rotorcraft", HOME_PLACE, tuple(there_and_back(200)), 10.0)
    district = World(HOME, (Zone("flight_area", box(-4, -20, 4, 220)),)).district(nanling, NOW)
    (found,) = [each for each in check(plan, district, NOW) if each.rule == "flight_area"]
    assert found.margin_m is not None
    assert -120 < found.margin_m < -80
