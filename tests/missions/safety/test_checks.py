"""Checks: each rule with a plan just inside and one just outside, and the one door to a cleared plan."""

import ast
from dataclasses import replace
from pathlib import Path

import geopandas
import msgspec
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.profiles import profile
from missions.planning.request import Wind
from missions.safety import ClearedPlan, Finding, NotClearedError, clear
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)


@pytest.fixture
def plain(nanling: District) -> District:
    """The demonstration district with flat ground and nothing on it: no buildings, no zones."""
    from maps.terrain import Terrain

    return replace(
        nanling,
        terrain=Terrain.flat(nanling.frame),
        buildings=nanling.buildings.iloc[:0],
        zones=nanling.zones.iloc[:0],
        missing=(),
    )


def with_zone(district: District, rule: str, shape_m: object, **columns: object) -> District:
    row = {"id": ["z"], "name": ["试区"], "rule": [rule], "floor_m": [np.nan], "ceiling_m": [np.nan]}
    row |= {"reference": ["agl"], "valid_from": [pd.NaT], "valid_to": [pd.NaT]}
    row |= {name: [value] for name, value in columns.items()}
    zones = geopandas.GeoDataFrame(row, geometry=[shape_m], crs=district.frame.crs).to_crs(4326)
    return replace(district, zones=zones)


def flight(
    district: District, *places_m: tuple[float, float], height_m: float = 60.0, kind: VehicleKind = "rotorcraft"
) -> Plan:
    """Up, along the places at one height above home, and back."""
    home = district.home
    items = [PlanItem(int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, height_m, purpose="takeoff")]
    for east, north in places_m:
        there = district.frame.to_geodetic([east, north, 0.0])
        items.append(PlanItem(int(Command.WAYPOINT), int(Frame.HOME), there.lat_deg, there.lon_deg, height_m))
    items.append(PlanItem(int(Command.RETURN_TO_LAUNCH), int(Frame.MISSION), purpose="return"))
    place = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
    return Plan("uav-1", kind, place, tuple(items), profile(kind).cruise_mps)


def rules(findings: list[Finding], severity: str = "blocking") -> set[str]:
    return {finding.rule for finding in findings if finding.severity == severity}


def test_nothing_is_found_on_a_flight_over_an_empty_plain(plain: District) -> None:
    assert check(flight(plain, (200, 0), (200, 200)), plain, NOW) == []


@pytest.mark.parametrize(("edge_m", "blocked"), [(206.0, False), (204.0, True), (150.0, True)])
def test_the_flight_area_must_hold_the_path_and_its_error(plain: District, edge_m: float, blocked: bool) -> None:
    district = with_zone(plain, "flight_area", box(-100, -100, edge_m, 100))
    findings = check(flight(plain, (200, 0)), district, NOW)
    assert ("flight_area" in rules(findings)) is blocked


@pytest.mark.parametrize(("edge_m", "blocked"), [(6.0, False), (4.0, True), (-8.0, True)])
def test_a_leg_must_pass_a_no_fly_zone_at_a_distance(plain: District, edge_m: float, blocked: bool) -> None:
    """The zone lies beside the middle of a leg, far from any waypoint."""
    district = with_zone(plain, "no_fly", box(140, edge_m, 160, 60))
    findings = check(flight(plain, (300, 0)), district, NOW)
    assert ("no_fly" in rules(findings)) is blocked
    if blocked:
        (found,) = [f for f in findings if f.rule == "no_fly"]
        assert found.margin_m == pytest.approx(edge_m - 5, abs=1.0)
        assert found.position is not None


@pytest.mark.parametrize(
    ("columns", "blocked"),
    [
        ({"floor_m": 70.0}, False),
        ({"floor_m": 50.0}, True),
        ({"ceiling_m": 50.0}, False),
        ({"valid_to": pd.Timestamp(NOW - 1, unit="s", tz="UTC")}, False),
        ({"valid_from": pd.Timestamp(NOW + 3600, unit="s", tz="UTC")}, False),
        ({"valid_from": pd.Timestamp(NOW + 30, unit="s", tz="UTC")}, True),
        ({"floor_m": 290.0, "reference": "amsl"}, False),
        ({"ceiling_m": 290.0, "reference": "amsl"}, True),
    ],
)
def test_a_no_fly_zone_counts_in_its_band_and_its_time(
    plain: District, columns: dict[str, object], blocked: bool
) -> None:
    district = with_zone(plain, "no_fly", box(140, -50, 160, 50), **columns)
    height = 280.0 - plain.home.alt_amsl_m
    plan = flight(plain, (300, 0), height_m=height if "amsl" in columns.values() else 60.0)
    assert ("no_fly" in rules(check(plan, district, NOW))) is blocked


@pytest.mark.parametrize(("ceiling_m", "blocked"), [(61.0, False), (59.0, True)])
def test_a_ceiling_must_be_kept_below(plain: District, ceiling_m: float, blocked: bool) -> None:
    district = with_zone(plain, "ceiling", box(100, -50, 200, 50), ceiling_m=ceiling_m)
    assert ("ceiling" in rules(check(flight(plain, (300, 0)), district, NOW))) is blocked
    area = with_zone(plain, "flight_area", box(-500, -500, 500, 500), ceiling_m=ceiling_m)
    assert ("ceiling" in rules(check(flight(plain, (300, 0)), area, NOW))) is blocked


@pytest.mark.parametrize(("height_m", "blocked"), [(49.0, False), (51.0, True)])
def test_buildings_need_room_above_them(plain: District, height_m: float, blocked: bool) -> None:
    tower = geopandas.GeoDataFrame(
        {"height_m": [height_m], "base_amsl_m": [plain.home.alt_amsl_m]},
        geometry=[box(140, 2, 160, 30)],
        crs=plain.frame.crs,
    ).to_crs(4326)
    district = replace(plain, buildings=tower)
    assert ("terrain" in rules(check(flight(plain, (300, 0)), district, NOW))) is blocked


def test_a_flight_longer_than_its_battery_is_refused_where_it_can_no_longer_get_home(plain: District) -> None:
    usable = profile("rotorcraft").endurance_s * 0.8
    there = usable * 10.0 / 2
    near = check(flight(plain, (there - 800, 0)), plain, NOW)
    far = check(flight(plain, (there + 100, 0)), plain, NOW)
    assert "endurance" not in rules(near)
    assert "endurance" in rules(far)


def test_wind_costs_endurance_and_has_a_limit(plain: District) -> None:
    usable = profile("rotorcraft").endurance_s * 0.8
    plan = flight(plain, (usable * 10.0 / 2 - 800, 0))
    assert "endurance" in rules(check(plan, plain, NOW, wind=Wind(from_deg=270, speed_mps=7)))
    assert "wind" in rules(check(flight(plain, (100, 0)), plain, NOW, wind=Wind(from_deg=270, speed_mps=11)))


def test_altitude_above_sea_level_taken_for_height_is_noticed(plain: District) -> None:
    assert "altitude" in rules(check(flight(plain, (100, 0), height_m=1300), plain, NOW))


def test_swapped_coordinates_and_impossible_numbers_are_noticed(plain: District) -> None:
    plan = flight(plain, (100, 0))
    swapped = msgspec.structs.replace(plan.items[1], lat_deg=plan.items[1].lon_deg - 60, lon_deg=plan.items[1].lat_deg)
    assert rules(check(msgspec.structs.replace(plan, items=(plan.items[0], swapped)), plain, NOW)) >= {"distance"}
    broken = msgspec.structs.replace(plan.items[1], alt_m=float("nan"))
    assert rules(check(msgspec.structs.replace(plan, items=(plan.items[0], broken)), plain, NOW)) == {"items"}
    assert rules(check(msgspec.structs.replace(plan, items=()), plain, NOW)) == {"items"}


def test_what_the_district_lacks_is_said(plain: District) -> None:
    district = replace(plain, missing=("zones", "terrain"))
    found = [f for f in check(flight(plain, (100, 0)), district, NOW) if f.rule == "not_checked"]
    assert len(found) == 2
    assert all(f.severity == "warning" and f.message_zh for f in found)


def test_a_plan_that_never_returns_is_warned_of(plain: District) -> None:
    plan = flight(plain, (100, 0))
    findings = check(msgspec.structs.replace(plan, items=plan.items[:-1]), plain, NOW)
    assert rules(findings, "warning") == {"no_return"}
    assert clear(plan, findings, NOW).findings == tuple(findings)


def test_the_path_a_plan_claims_is_not_believed(plain: District) -> None:
    district = with_zone(plain, "no_fly", box(140, -50, 160, 50))
    plan = msgspec.structs.replace(flight(plain, (300, 0)), path=())
    assert "no_fly" in rules(check(plan, district, NOW))


def test_a_plan_with_blocking_findings_is_not_cleared(plain: District) -> None:
    plan = flight(plain, (300, 0))
    findings = check(plan, with_zone(plain, "no_fly", box(140, -50, 160, 50)), NOW)
    with pytest.raises(NotClearedError) as caught:
        clear(plan, findings, NOW)
    assert caught.value.findings == tuple(findings)


def test_a_clearance_expires(plain: District) -> None:
    cleared = clear(flight(plain, (100, 0)), [], NOW)
    assert cleared.valid_at(NOW)
    assert not cleared.valid_at(cleared.expiry_time)
    assert not cleared.valid_at(Instant(NOW - 1))


def test_nobody_else_makes_a_cleared_plan(plain: District) -> None:
    plan = flight(plain, (100, 0))
    with pytest.raises(TypeError):
        ClearedPlan(plan, (), NOW, Instant(NOW + 60), object())
    cleared = clear(plan, [], NOW)
    root = Path(__file__).parents[3]
    for room in ("maps", "fusion", "missions", "service", "simulators"):
        for file in (root / room).rglob("*.py"):
            if file.parts[-3:] == ("missions", "safety", "clearance.py"):
                continue
            names = {
                node.attr if isinstance(node, ast.Attribute) else node.id
                for node in ast.walk(ast.parse(file.read_text("utf-8")))
                if isinstance(node, ast.Attribute | ast.Name)
            }
            calls = {
                node.func.id
                for node in ast.walk(ast.parse(file.read_text("utf-8")))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert "_SEAL" not in names, file
            assert "ClearedPlan" not in calls, file
    assert cleared.plan is plan
