"""Edges of the rules of battery and items: the way down, wind on the way home, too many items, a wrong home."""

import msgspec
import pytest

from fusion.messages import Position
from maps.district import District
from missions.plan import Command, Plan, PlanItem
from missions.planning.profiles import PROFILES
from missions.planning.request import Wind
from missions.safety.checks import check
from missions.safety.soundness import MAX_ITEMS
from tests.missions.safety.oracle.cases import HOME
from tests.missions.safety.oracle.world import World
from tests.missions.safety.test_rule_edges import HOMEWARD, NOW, item
from tests.missions.safety.test_rule_edges_heights import slope, up


def told(
    nanling: District,
    items: list[PlanItem],
    *,
    endurance_s: float = 1500.0,
    home_m: float = HOME[2],
    world: World | None = None,
    wind: Wind | None = None,
) -> set[tuple[str, str]]:
    """Rule and severity of what is found on a rotorcraft's flight."""
    table = {"rotorcraft": msgspec.structs.replace(PROFILES["rotorcraft"], endurance_s=endurance_s)}
    plan = Plan("", "rotorcraft", Position(HOME[0], HOME[1], home_m), tuple(items), 10.0)
    district = (world or World(HOME)).district(nanling, NOW)
    return {(each.rule, each.severity) for each in check(plan, district, NOW, wind=wind, profiles=table)}


@pytest.mark.parametrize(("endurance_s", "blocked"), [(530.0, True), (620.0, False)])
def test_the_way_down_counts_where_a_plan_ends_in_the_air(nanling: District, endurance_s: float, blocked: bool) -> None:
    """Up 100 m and waiting takes some 385 s of cruise, coming down 80 s more; four fifths may be used."""
    items = [up(100), item(Command.DELAY, 0, 0, 0, 300.0)]
    assert (("endurance", "blocking") in told(nanling, items, endurance_s=endurance_s)) is blocked


@pytest.mark.parametrize(("wind", "blocked"), [(None, False), (Wind(from_deg=270, speed_mps=9), True)])
def test_the_wind_on_the_way_home_counts(nanling: District, wind: Wind | None, blocked: bool) -> None:
    """2 km east with the wind; nothing in the plan brings it back against it."""
    items = [up(40), item(Command.WAYPOINT, 2000, 0, 40)]
    assert (("endurance", "blocking") in told(nanling, items, endurance_s=750, wind=wind)) is blocked


@pytest.mark.parametrize(("count", "blocked"), [(MAX_ITEMS, False), (MAX_ITEMS + 1, True)])
def test_there_is_a_number_of_items_at_most(nanling: District, count: int, blocked: bool) -> None:
    items = [up(40), *([item(Command.WAYPOINT, 100, 0, 40)] * (count - 2)), HOMEWARD]
    assert (("items", "blocking") in told(nanling, items)) is blocked


@pytest.mark.parametrize(("home_m", "warned"), [(HOME[2] + 19, False), (HOME[2] + 21, True), (HOME[2] - 21, True)])
def test_a_home_that_lies_off_the_ground_is_told(nanling: District, home_m: float, warned: bool) -> None:
    found = told(nanling, [up(60), HOMEWARD], home_m=home_m, world=slope(0.1, 500.0))
    assert (("home", "warning") in found) is warned


@pytest.mark.parametrize(("height_m", "rule"), [(999.0, None), (1001.0, "altitude")])
def test_a_height_that_must_be_an_altitude_is_told(nanling: District, height_m: float, rule: str | None) -> None:
    found = told(nanling, [up(60), item(Command.WAYPOINT, 100, 0, height_m), HOMEWARD], endurance_s=9000)
    assert {each for each, severity in found if severity == "blocking"} == ({rule} if rule else set())


@pytest.mark.parametrize(("east_m", "blocked"), [(29_900.0, False), (30_100.0, True)])
def test_a_place_too_far_from_home_is_told(nanling: District, east_m: float, blocked: bool) -> None:
    found = told(nanling, [up(60), item(Command.WAYPOINT, east_m, 0, 60), HOMEWARD], endurance_s=9000)
    assert (("distance", "blocking") in found) is blocked
