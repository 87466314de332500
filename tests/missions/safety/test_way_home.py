"""The way home: what lies between the path and the place to which the vehicle returns by itself."""

from dataclasses import replace

import geopandas
import msgspec
import pytest
from shapely.geometry import box

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.planning.profiles import PROFILES, profile
from missions.safety.checks import check, judge
from missions.safety.circumstances import Circumstances
from missions.safety.findings import Finding

NOW = Instant(1_790_000_000.0)
ROUND = ((0.0, 300.0), (400.0, 300.0), (400.0, 0.0), (400.0, 300.0), (0.0, 300.0), (0.0, 0.0))
"""Round the north of what stands between home and the place 400 m east of it, and back the same way."""


@pytest.fixture
def plain(nanling: District) -> District:
    """The demonstration district with flat ground and nothing on it."""
    from maps.terrain import Terrain

    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def with_zone(district: District, rule: str, shape_m: object, **columns: object) -> District:
    row = {"id": ["z"], "name": ["试区"], "rule": [rule]} | {name: [value] for name, value in columns.items()}
    zones = geopandas.GeoDataFrame(row, geometry=[shape_m], crs=district.frame.crs).to_crs(4326)
    return replace(district, zones=zones)


def with_tower(district: District, shape_m: object, height_m: float) -> District:
    columns = {"height_m": [height_m], "base_amsl_m": [district.home.alt_amsl_m]}
    tower = geopandas.GeoDataFrame(columns, geometry=[shape_m], crs=district.frame.crs).to_crs(4326)
    return replace(district, buildings=tower)


def around(district: District, height_m: float = 60.0, places: tuple[tuple[float, float], ...] = ROUND) -> Plan:
    home = district.home
    items = [PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, height_m, purpose="takeoff")]
    for east, north in places:
        there = district.frame.to_geodetic([east, north, 0.0])
        items.append(PlanItem(int(Command.WAYPOINT), int(Frame.HOME), there.lat_deg, there.lon_deg, height_m))
    items.append(PlanItem(int(Command.LAND), int(Frame.HOME), home.lat_deg, home.lon_deg, 0.0, purpose="land"))
    place = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
    return Plan("uav-1", "rotorcraft", place, tuple(items), profile("rotorcraft").cruise_mps)


def replace_kind(plan: Plan, kind: VehicleKind) -> Plan:
    items = (*plan.items[:-1], PlanItem(int(Command.RETURN_TO_LAUNCH), int(Frame.MISSION), purpose="return"))
    return msgspec.structs.replace(plan, vehicle_kind=kind, speed_mps=profile(kind).cruise_mps, items=items)


def blocking(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings if finding.severity == "blocking"}


def place(district: District, east: float, north: float) -> Position:
    there = district.frame.to_geodetic([east, north, 0.0])
    return Position(there.lat_deg, there.lon_deg, district.home.alt_amsl_m)


@pytest.mark.parametrize(("north_m", "rules"), [(60.0, {"way_home"}), (-20.0, set())])
def test_a_zone_between_the_path_and_home_blocks(plain: District, north_m: float, rules: set[str]) -> None:
    """The path keeps 240 m away from the zone; only a straight return meets it, where the zone reaches that far."""
    district = with_zone(plain, "no_fly", box(180, -60, 220, north_m))
    findings = check(
        around(plain, places=((0, 300), (400, 300), (400, 0), (400, 300), (0, 300), (0, 0))), district, NOW
    )
    if north_m < 0:
        findings = check(around(plain, places=((0, 300), (400, 300), (400, 60), (400, 300), (0, 300))), district, NOW)
    assert blocking(findings) == rules
    for found in findings:
        assert found.item is not None
        assert found.position is not None
        assert "返航" in found.message_zh


@pytest.mark.parametrize(("floor_m", "rules"), [(50.0, {"way_home"}), (70.0, set())])
def test_a_zone_counts_on_the_way_home_in_its_heights(plain: District, floor_m: float, rules: set[str]) -> None:
    district = with_zone(plain, "no_fly", box(180, -60, 220, 60), floor_m=floor_m, reference="agl")
    assert blocking(check(around(plain), district, NOW)) == rules


@pytest.mark.parametrize(("height_m", "rules"), [(49.0, set()), (51.0, {"way_home"})])
def test_the_way_home_needs_room_over_towers(plain: District, height_m: float, rules: set[str]) -> None:
    district = with_tower(plain, box(199.5, 9.5, 200.5, 10.5), height_m)
    assert blocking(check(around(plain), district, NOW)) == rules


@pytest.mark.parametrize(("return_m", "rules"), [(89.0, {"way_home"}), (91.0, set())])
def test_a_greater_return_height_leads_over_a_tower(plain: District, return_m: float, rules: set[str]) -> None:
    district = with_tower(plain, box(190, 0, 210, 20), 80.0)
    higher = msgspec.structs.replace(PROFILES["rotorcraft"], return_height_m=return_m)
    findings = check(around(plain), district, NOW, profiles={**PROFILES, "rotorcraft": higher})
    assert blocking(findings) == rules
    if rules:
        assert "90 m above home" in findings[0].message


@pytest.mark.parametrize(("return_m", "rules"), [(89.0, {"way_home"}), (91.0, set())])
def test_what_the_aircraft_says_of_its_return_height_counts_more_than_its_profile(
    plain: District, return_m: float, rules: set[str]
) -> None:
    district = with_tower(plain, box(190, 0, 210, 20), 80.0)
    assert blocking(judge(around(plain), district, Circumstances(now=NOW, return_height_m=return_m))) == rules


@pytest.mark.parametrize(("top_m", "rules"), [(49.0, set()), (79.0, {"way_home"})])
def test_close_to_home_it_climbs_only_into_a_cone(plain: District, top_m: float, rules: set[str]) -> None:
    """From 20 to 28 m away it climbs to 60 to 85 m, however high it would return from farther off."""
    district = with_tower(plain, box(8, 8, 12, 12), top_m)
    plan = around(plain, places=((0, 20), (20, 20), (0, 20)), height_m=40.0)
    assert blocking(judge(plan, district, Circumstances(now=NOW, return_height_m=200.0))) == rules


@pytest.mark.parametrize(("return_m", "rules"), [(100.0, {"way_home"}), (-1.0, set())])
def test_on_wings_it_may_be_told_to_keep_its_height(plain: District, return_m: float, rules: set[str]) -> None:
    plan = replace_kind(around(plain, places=((300, 0), (900, 0), (900, 400))), "fixed_wing")
    low = with_zone(plain, "no_fly", box(390, -60, 410, 600), floor_m=75.0, reference="agl")
    found = judge(plan, low, Circumstances(now=NOW, return_height_m=return_m))
    assert blocking(found) & {"way_home"} == rules


def test_a_return_height_over_a_ceiling_is_warned_of(plain: District) -> None:
    higher = {**PROFILES, "rotorcraft": msgspec.structs.replace(PROFILES["rotorcraft"], return_height_m=130.0)}
    district = with_zone(plain, "ceiling", box(100, -50, 300, 350), ceiling_m=120.0, reference="agl")
    (found,) = check(around(plain), district, NOW, profiles=higher)
    assert (found.rule, found.severity) == ("way_home", "warning")
    assert check(around(plain), district, NOW) == []


def test_a_rally_point_on_this_side_makes_the_way_safe(plain: District) -> None:
    district = with_zone(plain, "no_fly", box(180, -60, 220, 60))
    saved = msgspec.structs.replace(around(plain), rally=(place(plain, 420.0, 0.0), place(plain, 200.0, 330.0)))
    assert blocking(check(saved, district, NOW)) == set()


def test_the_plans_own_fence_holds_on_the_way_home_too(plain: District) -> None:
    hole = tuple(
        (p.lat_deg, p.lon_deg) for p in (place(plain, *c) for c in ((180, -60), (220, -60), (220, 60), (180, 60)))
    )
    fenced = msgspec.structs.replace(around(plain), fence=Fence(exclusions=(hole,)))
    (found,) = check(fenced, plain, NOW)
    assert (found.rule, found.severity) == ("way_home", "warning")


def test_a_rally_point_counts_where_the_autopilots_agree(plain: District) -> None:
    """ArduCopter goes home when the nearest rally point is over 300 m away, whatever PX4 does."""
    district = with_zone(plain, "no_fly", box(180, -60, 220, 60))
    far = msgspec.structs.replace(around(plain), rally=(place(plain, 400.0, 310.0), place(plain, 200.0, 330.0)))
    near = msgspec.structs.replace(around(plain), rally=(place(plain, 400.0, 290.0), place(plain, 200.0, 330.0)))
    assert blocking(check(far, district, NOW)) == {"way_home"}
    assert blocking(check(near, district, NOW)) == set()


def test_a_plane_returns_to_its_landing(plain: District) -> None:
    """With a landing in its plan it flies to where that begins, not home."""
    home, cruise = plain.home, profile("fixed_wing").cruise_mps
    begin, down = place(plain, 700.0, -500.0), place(plain, 0.0, -500.0)
    there = place(plain, 900.0, 600.0)
    items = (
        PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, 80.0, purpose="takeoff"),
        PlanItem(int(Command.WAYPOINT), int(Frame.HOME), there.lat_deg, there.lon_deg, 80.0, purpose="transit"),
        PlanItem(int(Command.WAYPOINT), int(Frame.HOME), begin.lat_deg, begin.lon_deg, 60.0, purpose="land"),
        PlanItem(int(Command.LAND), int(Frame.HOME), down.lat_deg, down.lon_deg, 0.0, purpose="land"),
    )
    plan = Plan("p", "fixed_wing", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), items, cruise)
    toward_home = with_zone(plain, "no_fly", box(290, -75, 310, -45))
    assert "way_home" not in blocking(check(plan, toward_home, NOW))
    toward_landing = with_zone(plain, "no_fly", box(630, 80, 670, 120))
    assert blocking(check(plan, toward_landing, NOW)) >= {"way_home"}


def test_a_plane_may_be_at_any_height_between_its_own_and_that_of_its_return(plain: District) -> None:
    """It flies at 60 m and returns at 100 m, climbing on the way: a band of zone between the two is met."""
    home, there = plain.home, place(plain, 1200.0, 0.0)
    items = (
        PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, 60.0, purpose="takeoff"),
        PlanItem(int(Command.WAYPOINT), int(Frame.HOME), there.lat_deg, there.lon_deg, 60.0, purpose="transit"),
    )
    cruise = profile("fixed_wing").cruise_mps
    plan = Plan("p", "fixed_wing", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), items, cruise)
    for floor, ceiling, blocked in ((75, 85, True), (101, 200, False), (0, 59, False)):
        zone = {"floor_m": float(floor), "ceiling_m": float(ceiling), "reference": "agl"}
        district = with_zone(plain, "no_fly", box(600, -30, 640, 30), **zone)
        assert (blocking(check(plan, district, NOW)) == {"way_home"}) is blocked


@pytest.mark.parametrize(("share", "rules"), [(0.2, set()), (0.85, {"way_home"})])
def test_a_climbing_return_is_at_least_even(plain: District, share: float, rules: set[str]) -> None:
    """From 60 m it returns at 100 m: a tower of 75 m stands on the straight way, near its end or near its beginning."""
    home, corners = plain.home, (place(plain, 0.0, 600.0), place(plain, 1200.0, 600.0))
    items = [PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, 60.0, purpose="takeoff")]
    items += [PlanItem(int(Command.WAYPOINT), int(Frame.HOME), c.lat_deg, c.lon_deg, 60.0) for c in corners]
    start = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
    plan = Plan("p", "fixed_wing", start, tuple(items), profile("fixed_wing").cruise_mps)
    middle = (1200.0 * share, 600.0 * share)
    district = with_tower(plain, box(middle[0] - 2, middle[1] - 2, middle[0] + 2, middle[1] + 2), 75.0)
    assert blocking(check(plan, district, NOW)) == rules


def test_a_plane_returns_to_where_its_landing_begins_behind_the_mark_that_tells_so(plain: District) -> None:
    """DO_LAND_START has no place of its own: the first place behind it counts, and its height."""
    home, begin = plain.home, place(plain, 900.0, 0.0)
    there, beyond = place(plain, 0.0, 1200.0), place(plain, 900.0, 1200.0)
    items = (
        PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, 80.0, purpose="takeoff"),
        PlanItem(int(Command.WAYPOINT), int(Frame.HOME), there.lat_deg, there.lon_deg, 80.0, purpose="transit"),
        PlanItem(int(Command.WAYPOINT), int(Frame.HOME), beyond.lat_deg, beyond.lon_deg, 80.0, purpose="transit"),
        PlanItem(int(Command.LAND_START), int(Frame.MISSION), purpose="land"),
        PlanItem(int(Command.LOITER_TO_ALT), int(Frame.HOME), begin.lat_deg, begin.lon_deg, 60.0, purpose="land"),
        PlanItem(int(Command.LAND), int(Frame.HOME), home.lat_deg, home.lon_deg, 0.0, purpose="land"),
    )
    start = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
    plan = Plan("p", "fixed_wing", start, items, profile("fixed_wing").cruise_mps)
    toward_landing = with_zone(plain, "no_fly", box(340, 700, 380, 740))
    assert blocking(check(plan, toward_landing, NOW)) == {"way_home"}
