"""Proposals: plans that would be refused get rally points, or a word on what would help that is true."""

import re
from typing import Any

import numpy as np
import pytest
import shapely

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.zones import zones
from missions.execution.proposals import propose
from missions.plan import Plan
from missions.planning import MissionRequest, draft
from missions.planning.profiles import profile
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)
BEHIND_THE_SCHOOL = ((-1100.0, 900.0), (-900.0, 950.0))
NEAR = ((150.0, 200.0), (250.0, 100.0))


def request(district: District, kind: VehicleKind, places_m: Any, **more: Any) -> MissionRequest:
    there = [district.frame.to_geodetic([east, north, 0.0]) for east, north in places_m]
    geometry = {"type": "MultiPoint", "coordinates": [[place.lon_deg, place.lat_deg] for place in there]}
    asked = {"kind": "route", "geometry": geometry, "altitude": {"value_m": 100}, "vehicles": {"kind": kind}}
    return MissionRequest.model_validate(asked | more)


def proposed(district: District, asked: MissionRequest) -> Plan:
    return propose(asked, district, [], NOW)[0]


def blocking(district: District, plan: Plan) -> set[str]:
    return {found.rule for found in check(plan, district, NOW) if found.severity == "blocking"}


def metres(district: District, place: Position) -> shapely.Point:
    east, north = district.frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)[:2]
    return shapely.Point(east, north)


@pytest.mark.parametrize("kind", ["rotorcraft", "vtol"])
def test_rally_points_on_open_ground_clear_a_plan_whose_way_home_is_barred(
    nanling: District, kind: VehicleKind
) -> None:
    asked = request(nanling, kind, BEHIND_THE_SCHOOL)
    assert "way_home" in blocking(nanling, draft(asked, nanling, [], NOW)[0])
    plan = proposed(nanling, asked)
    assert blocking(nanling, plan) == set()
    assert 1 <= len(plan.rally) <= 5
    forbidden = shapely.union_all([zone.shape_m for zone in zones(nanling) if zone.rule == "no_fly"])
    roofs = shapely.union_all(nanling.surface.prisms.polygons)
    error = profile(kind).position_error_m
    for place in plan.rally:
        assert metres(nanling, place).distance(forbidden) > error
        assert metres(nanling, place).distance(roofs) > error + 5
    (note,) = [words for words in plan.notes if "rally" in words[0]]
    assert "集结点" in note[1]


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing", "vtol"])
def test_what_would_be_cleared_is_left_as_it_was_drawn(nanling: District, kind: VehicleKind) -> None:
    asked = request(nanling, kind, NEAR)
    assert propose(asked, nanling, [], NOW) == draft(asked, nanling, [], NOW)


@pytest.mark.parametrize(("value_m", "kind"), [(125.0, "rotorcraft"), (130.0, "vtol")])
def test_the_height_that_is_named_would_be_cleared(nanling: District, value_m: float, kind: VehicleKind) -> None:
    places = (*NEAR, (400.0, -300.0))
    plan = proposed(nanling, request(nanling, kind, places, altitude={"value_m": value_m}))
    assert blocking(nanling, plan)
    (note,) = [words for words in plan.notes if "not cleared" in words[0] and "would be" in words[0]]
    height = float(re.findall(r"at ([\d.]+) m", note[0])[1])
    assert f"{height:g} 米" in note[1]
    other = proposed(nanling, request(nanling, kind, places, altitude={"value_m": height}))
    assert blocking(nanling, other) == set()


def test_a_place_in_a_zone_is_said_to_be_moved_in_both_languages(nanling: District) -> None:
    hospital = next(zone for zone in zones(nanling) if zone.id == "zone-02")
    inside = hospital.shape_m.centroid
    plan = proposed(nanling, request(nanling, "rotorcraft", [(inside.x, inside.y)]))
    assert "no_fly" in blocking(nanling, plan)
    assert "move it away from the zone" in plan.notes[-1][0]
    assert "禁飞区" in plan.notes[-1][1]


def test_a_home_among_buildings_is_said_to_be_changed(nanling: District) -> None:
    roof = nanling.surface.prisms.polygons[0].centroid
    there = nanling.frame.to_geodetic([roof.x, roof.y, 0.0])
    home = {"lat_deg": there.lat_deg, "lon_deg": there.lon_deg}
    plan = proposed(nanling, request(nanling, "rotorcraft", [(roof.x + 100, roof.y)], home=home))
    assert "terrain" in blocking(nanling, plan)
    assert "choose another home" in plan.notes[-1][0]
    assert "更换起飞点" in plan.notes[-1][1]


def test_a_fixed_wing_aircraft_gets_no_rally_points_since_it_returns_to_its_landing(nanling: District) -> None:
    plan = proposed(nanling, request(nanling, "fixed_wing", [(-1268.0, 689.0)], altitude={"value_m": 110}))
    assert plan.rally == ()
    assert "way_home" in blocking(nanling, plan)
    assert "not cleared" in plan.notes[-1][0]


def test_the_same_request_gets_the_same_rally_points(nanling: District) -> None:
    asked = request(nanling, "rotorcraft", BEHIND_THE_SCHOOL)
    first, again = proposed(nanling, asked), proposed(nanling, asked)
    assert first.rally == again.rally
    assert np.ptp([place.alt_amsl_m for place in first.rally]) == 0
