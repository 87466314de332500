"""Edges of the rules of height: tops of climbs, slopes beside the way, roofs near home, and ways home over roofs."""

import numpy as np
import pytest

from maps.district import District
from missions.plan import Command, PlanItem
from tests.missions.safety.oracle.cases import HOME
from tests.missions.safety.oracle.earth import Array, metres
from tests.missions.safety.oracle.world import POST_DEG, Building, World, Zone
from tests.missions.safety.test_rule_edges import HOMEWARD, blocked_by, box, item


def up(height_m: float) -> PlanItem:
    return item(Command.TAKEOFF, 0, 0, height_m, purpose="takeoff")


def roofs(ring_m: Array, height_m: float) -> World:
    return World(HOME, buildings=(Building(ring_m, HOME[2] + height_m),))


@pytest.mark.parametrize(("ceiling_m", "blocked"), [(61.5, True), (62.5, False)])
def test_the_top_of_a_climb_counts_under_a_ceiling(nanling: District, ceiling_m: float, blocked: bool) -> None:
    zone = Zone("ceiling", box(-50, -50, 50, 50), ceiling_m=ceiling_m)
    assert ("ceiling" in blocked_by(nanling, "rotorcraft", [up(62), HOMEWARD], zone)) is blocked


@pytest.mark.parametrize(
    ("floor_m", "ceiling_m", "agl", "blocked"),
    [
        (270.0, 290.0, False, True),
        (285.0, 350.0, False, False),
        (100.0, 275.0, False, False),
        (50.0, 70.0, True, True),
        (65.0, 350.0, True, False),
        (0.0, 55.0, True, False),
    ],
)
def test_a_band_is_measured_from_the_sea_or_from_the_ground(
    nanling: District, floor_m: float, ceiling_m: float, agl: bool, blocked: bool
) -> None:
    """60 m over home, which lies at 220 m."""
    zone = Zone("no_fly", box(100, -50, 120, 50), floor_m, ceiling_m, agl)
    items = [up(60), item(Command.WAYPOINT, 200, 0, 60), HOMEWARD]
    assert ("no_fly" in blocked_by(nanling, "rotorcraft", items, zone)) is blocked


def slope(rise: float, foot_m: float) -> World:
    """Ground that rises to the east from a place on, so many metres for each."""
    posts = 60
    corner = (HOME[0] + posts / 2 * POST_DEG, HOME[1] - posts / 2 * POST_DEG)
    lon = corner[1] + np.arange(posts) * POST_DEG
    east = metres(HOME, np.full(posts, HOME[0]), lon)[:, 0]
    heights = HOME[2] + np.clip(rise * (east - foot_m), 0, 200)
    return World(HOME, corner_deg=corner, hills_m=np.tile(heights, (posts, 1)))


@pytest.mark.parametrize(("north_leg_east_m", "blocked"), [(117.0, False), (122.5, True)])
def test_ground_that_rises_beside_the_way_counts_as_far_as_it_may_drift(
    nanling: District, north_leg_east_m: float, blocked: bool
) -> None:
    """70 m over home, to a place on a slope of 2 m for each, with more than 10 m of room right below."""
    world = slope(2.0, 95.0)
    here = np.array([[north_leg_east_m, 200.0], [north_leg_east_m + 5, 200.0]])
    room = HOME[2] + 70 - world.ground_m(here)
    assert room[0] > 10
    assert bool(room[1] < 10) is blocked
    way = [item(Command.WAYPOINT, 0, 100, 70), item(Command.WAYPOINT, north_leg_east_m, 200, 70)]
    back = [item(Command.WAYPOINT, 0, 300, 70), HOMEWARD]
    assert ("terrain" in blocked_by(nanling, "rotorcraft", [up(70), *way, *back], world)) is blocked


@pytest.mark.parametrize(("height_m", "blocked"), [(49.0, False), (51.0, True)])
def test_a_roof_near_home_needs_room_on_the_way_back_to_it(nanling: District, height_m: float, blocked: bool) -> None:
    world = roofs(box(20, 15, 30, 25), height_m)
    items = [up(60), item(Command.WAYPOINT, 0, 200, 60), item(Command.WAYPOINT, 200, 175, 60), HOMEWARD]
    assert ("terrain" in blocked_by(nanling, "rotorcraft", items, world)) is blocked


@pytest.mark.parametrize(("height_m", "blocked"), [(36.0, False), (39.0, True)])
def test_a_plane_climbs_out_some_metres_over_roofs(nanling: District, height_m: float, blocked: bool) -> None:
    """It climbs 4 m/s at 18 m/s: 41 m at the near end of where it may be over the roof, 4 m of which must be left."""
    world = roofs(box(200, -5, 205, 5), height_m)
    items = [
        item(Command.TAKEOFF, 400, 0, 80, purpose="takeoff"),
        item(Command.WAYPOINT, 900, 0, 100),
        item(Command.WAYPOINT, 900, 700, 100),
        item(Command.LOITER_TO_ALT, 300, 700, 100, 1.0, 90.0, purpose="land"),
        item(Command.WAYPOINT, 300, 500, 60, purpose="land"),
        item(Command.LAND, 300, 80, 0, purpose="land"),
    ]
    assert ("terrain" in blocked_by(nanling, "fixed_wing", items, world)) is blocked


@pytest.mark.parametrize(("east_m", "blocked"), [(100.0, True), (330.0, False)])
def test_the_leg_to_a_landing_elsewhere_has_a_way_home_too(nanling: District, east_m: float, blocked: bool) -> None:
    """It flies east, north and lands in the west; from the last leg the straight way home crosses the zone."""
    items = [
        up(60),
        item(Command.WAYPOINT, 300, 0, 60),
        item(Command.WAYPOINT, 300, 300, 60),
        item(Command.LAND, 0, 300, 0, purpose="land"),
    ]
    zone = Zone("no_fly", box(east_m, 180, east_m + 5, 190))
    assert ("way_home" in blocked_by(nanling, "rotorcraft", items, zone)) is blocked


@pytest.mark.parametrize(("height_m", "blocked"), [(20.0, False), (26.0, True)])
def test_a_steep_descent_keeps_its_room_at_the_far_side_of_a_roof(
    nanling: District, height_m: float, blocked: bool
) -> None:
    """One metre down for each, over a wall at 120 m; 5 m beyond it, as far as it may drift, it is 35 m high."""
    world = roofs(box(119.5, -20, 120, 20), height_m)
    items = [up(60), item(Command.WAYPOINT, 100, 0, 60), item(Command.WAYPOINT, 140, 0, 20), HOMEWARD]
    items.insert(3, item(Command.WAYPOINT, 140, 0, 60))
    assert ("terrain" in blocked_by(nanling, "rotorcraft", items, world)) is blocked


@pytest.mark.parametrize(("notch_m", "blocked"), [(160.0, True), (100.0, False)])
def test_the_way_home_stays_in_the_flight_area(nanling: District, notch_m: float, blocked: bool) -> None:
    """It flies around a notch that the flight area has on its northern side; the straight way back crosses it."""
    ring = [(-50, -50), (450, -50), (450, 250), (205, 250), (200, 250 - notch_m), (195, 250), (-50, 250)]
    zone = Zone("flight_area", np.array(ring, dtype=float))
    places = [(0, 200), (180, 60), (220, 60), (400, 200)]
    items = [up(60), *(item(Command.WAYPOINT, east, north, 60) for east, north in places)]
    items += [item(Command.WAYPOINT, 400, 20, 60), HOMEWARD]
    assert ("way_home" in blocked_by(nanling, "rotorcraft", items, zone)) is blocked
