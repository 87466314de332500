"""A flight judged in the air: what is behind counts no more, what is ahead does, and where it can still go."""

from dataclasses import replace

import geopandas
import numpy as np
import pytest
from shapely.geometry import box

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.terrain import Terrain
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning import MissionRequest, draft
from missions.planning.profiles import PROFILES
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances, UnderWay
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.way_out import WayOut, cause, way_out
from tests.missions.planning.flying import geojson

NOW = Instant(1_790_000_000.0)
UP_M = 60.0
SQUARE = ((0.0, 400.0), (400.0, 400.0), (400.0, 0.0))
"""North, east, south: items 1, 2 and 3; item 4 returns home, straight west."""


@pytest.fixture
def plain(nanling: District) -> District:
    """The demonstration district with flat ground and nothing on it."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def with_zones(district: District, **shapes_m: object) -> District:
    rows = {"id": list(shapes_m), "name": list(shapes_m), "rule": ["no_fly"] * len(shapes_m)}
    zones = geopandas.GeoDataFrame(rows, geometry=list(shapes_m.values()), crs=district.frame.crs).to_crs(4326)
    return replace(district, zones=zones)


def place(district: District, east_m: float, north_m: float, up_m: float = UP_M) -> Position:
    there = district.frame.to_geodetic([east_m, north_m, up_m])
    return Position(there.lat_deg, there.lon_deg, district.home.alt_amsl_m + up_m)


def item(district: District, command: Command, east_m: float, north_m: float, *params: float) -> PlanItem:
    there, values = place(district, east_m, north_m), (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem(int(command), int(Frame.HOME), there.lat_deg, there.lon_deg, UP_M, values)


def around(district: District, corners: tuple[tuple[float, float], ...] = SQUARE) -> Plan:
    first = item(district, Command.TAKEOFF, 0, 0)
    items = [PlanItem(first.command, first.frame, first.lat_deg, first.lon_deg, UP_M, purpose="takeoff")]
    items += [item(district, Command.WAYPOINT, *corner) for corner in corners]
    items.append(PlanItem(int(Command.RETURN_TO_LAUNCH), int(Frame.MISSION), purpose="return"))
    home = district.home
    return Plan("uav-1", "rotorcraft", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), tuple(items), 10.0)


def given(
    district: District, at_item: int, east_m: float, north_m: float, battery: float | None = None
) -> Circumstances:
    return Circumstances(now=NOW, under_way=UnderWay(at_item, place(district, east_m, north_m), battery))


def found(district: District, plan: Plan, circumstances: Circumstances) -> dict[str, Finding]:
    return {each.rule: each for each in judge(plan, district, circumstances)}


NORTHWARD = box(-20, 150, 20, 250)
"""Across the first leg."""


@pytest.mark.parametrize(("north_m", "counts"), [(50.0, True), (140.0, True), (270.0, False), (390.0, False)])
def test_a_zone_counts_until_it_is_passed(plain: District, north_m: float, counts: bool) -> None:
    area = with_zones(plain, z=NORTHWARD)
    assert ("no_fly" in found(area, around(area), given(area, 1, 0, north_m))) is counts


@pytest.mark.parametrize(("at_item", "counts"), [(1, True), (2, False), (3, False)])
def test_items_that_are_done_count_no_more(plain: District, at_item: int, counts: bool) -> None:
    area = with_zones(plain, z=NORTHWARD)
    east, north = (0, 100) if at_item == 1 else (200, 400) if at_item == 2 else (400, 200)
    assert ("no_fly" in found(area, around(area), given(area, at_item, east, north))) is counts


def test_drift_within_the_error_of_the_aircraft_is_no_new_reason(plain: District) -> None:
    """The zone lies so far from the path that the plan was cleared; the wind has blown the aircraft toward it."""
    error = PROFILES["rotorcraft"].position_error_m
    area = with_zones(plain, z=box(error + 0.5, 100, 40, 300))
    assert "no_fly" not in found(area, around(area), Circumstances(now=NOW))
    assert "no_fly" not in found(area, around(area), given(area, 1, error - 1, 150))


def test_of_a_circle_flown_several_times_no_round_is_forgotten(plain: District) -> None:
    area = with_zones(plain, z=box(-20, 240, 20, 300))
    plan = around(area)
    circle = item(area, Command.LOITER_TURNS, 0, 200, 3.0, 0.0, 60.0)
    plan = Plan("uav-1", "rotorcraft", plan.home, (plan.items[0], circle, plan.items[-1]), 10.0)
    assert "no_fly" in found(area, plan, given(area, 1, 60, 200))


def test_a_zone_that_opens_later_counts_by_the_time_that_is_left(plain: District) -> None:
    """From the middle of the first leg it is some 35 s to the zone; it is in force for the next 10 s only."""
    area = with_zones(plain, z=box(190, 380, 210, 420))
    for until_s, counts in ((10.0, False), (300.0, True)):
        zones = area.zones.assign(valid_to=[_iso(NOW + until_s)])
        assert ("no_fly" in found(replace(area, zones=zones), around(area), given(area, 1, 0, 200))) is counts


def _iso(time: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time, UTC).isoformat()


@pytest.mark.parametrize(
    ("battery", "severity"), [(None, None), (1.0, None), (0.42, None), (0.33, "warning"), (0.22, "blocking")]
)
def test_a_battery_lower_than_planned_is_told_and_becomes_a_reason_to_return(
    plain: District, battery: float | None, severity: str | None
) -> None:
    """Some 240 s are left to fly and land of 1500 s, 300 of them in reserve."""
    finding = found(plain, around(plain), given(plain, 1, 0, 100, battery)).get("endurance")
    assert (finding.severity if finding else None) == severity


def test_on_its_way_home_by_its_plan_nobody_is_told_to_return(plain: District) -> None:
    assert "endurance" not in found(plain, around(plain), given(plain, 4, 200, 0, 0.1))


AHEAD = box(-50, 250, 50, 300)


@pytest.mark.parametrize(
    ("zone", "position", "expected"),
    [
        (AHEAD, (0, 200), WayOut(inside=False, home_clear=True)),
        (AHEAD, (0, 270), WayOut(inside=True, home_clear=True)),
        (AHEAD, (0, 247), WayOut(inside=True, home_clear=True)),
        (box(-50, 100, 50, 300), (0, 350), WayOut(inside=False, home_clear=False)),
        (box(-50, -50, 50, 300), (0, 200), WayOut(inside=True, home_clear=False)),
    ],
)
def test_the_way_out(plain: District, zone: object, position: tuple[float, float], expected: WayOut) -> None:
    area = with_zones(plain, z=zone)
    assert way_out(around(area), area, given(area, 1, *position), {("no_fly", "z")}) == expected


def test_a_way_out_through_another_zone_is_none(plain: District) -> None:
    area = with_zones(plain, z=AHEAD, other=box(-50, 100, 50, 150))
    assert way_out(around(area), area, given(area, 1, 0, 270), {("no_fly", "z")}) == WayOut(True, False)


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing", "vtol"])
def test_who_keeps_to_a_cleared_plan_is_given_no_reason_to_break_off(nanling: District, kind: VehicleKind) -> None:
    """Within its error beside the path, earlier or later than the model, over the terrain and zones of a city."""
    ring = [(-150.0, 350.0), (450.0, 400.0), (400.0, 700.0), (-200.0, 650.0), (-150.0, 350.0)]
    geometry = geojson(nanling, "Polygon", [ring])
    request = {
        "kind": "survey",
        "geometry": geometry,
        "altitude": {"value_m": 100},
        "vehicles": {"count": 1, "kind": kind},
    }
    (plan,) = draft(MissionRequest.model_validate(request), nanling, [], NOW)
    known = judge(plan, nanling, Circumstances(now=NOW))
    assert not [each for each in known if each.severity == "blocking"]
    path, randomly = FlightPath.of(plan, nanling, None), np.random.default_rng(4)
    for sample in randomly.integers(0, len(path.time_s), 12):
        lat, lon = path.degrees
        aside = randomly.uniform(-0.6, 0.6, 3) * path.error_m
        up = float(path.enu_m[sample, 2] + aside[2] / 3)
        north, east = aside[0] / 111_200.0, aside[1] / 80_300.0
        there = Position(float(lat[sample]) + north, float(lon[sample]) + east, up)
        now = Instant(NOW + path.time_s[sample] * randomly.uniform(0.9, 1.3))
        left = 1.0 - float(path.energy_s[sample]) / path.profile.endurance_s
        circumstances = Circumstances(now=now, under_way=UnderWay(int(path.item[sample]), there, left))
        new = {cause(each) for each in judge(plan, nanling, circumstances)} - {cause(each) for each in known}
        assert not new, f"item {path.item[sample]} after {path.time_s[sample]:.0f} s"
