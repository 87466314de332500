"""Transits: plans of every aircraft lead around zones and towers, between parts and on the way home."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString

from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.zones import zones
from missions.plan import Command, Plan
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.profiles import profile
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)
BEHIND_THE_SCHOOL = (-1100.0, 900.0)
BEHIND_THE_HOSPITAL = (1200.0, 1000.0)
BEHIND_THE_MIDDLE_SCHOOL = (1400.0, -1000.0)
KINDS: tuple[VehicleKind, ...] = ("rotorcraft", "fixed_wing", "vtol")


def degrees(district: District, places_m: list[tuple[float, float]]) -> list[list[float]]:
    found = (district.frame.to_geodetic([east, north, 0.0]) for east, north in places_m)
    return [[place.lon_deg, place.lat_deg] for place in found]


def planned(
    district: District, kind: VehicleKind, *places_m: tuple[float, float], value_m: float = 100.0, **more: Any
) -> Plan:
    geometry = {"type": "MultiPoint", "coordinates": degrees(district, list(places_m))}
    asked = {"kind": "route", "geometry": geometry, "altitude": {"value_m": value_m, "reference": "agl"}}
    request = MissionRequest.model_validate(asked | {"vehicles": {"count": 1, "kind": kind}} | more)
    return draft(request, district, [], NOW)[0]


def flown_m(district: District, plan: Plan) -> np.ndarray[Any, np.dtype[np.float64]]:
    places = [point.position for point in plan.path]
    heights = [each.alt_amsl_m for each in places]
    return district.frame.enu_from_geodetic(
        [each.lat_deg for each in places], [each.lon_deg for each in places], heights
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [BEHIND_THE_SCHOOL, BEHIND_THE_HOSPITAL, BEHIND_THE_MIDDLE_SCHOOL])
def test_places_behind_zones_are_reached_and_left_around_them(
    nanling: District, kind: VehicleKind, behind: tuple[float, float]
) -> None:
    forbidden = shapely.union_all([zone.shape_m for zone in zones(nanling) if zone.rule == "no_fly"])
    assert LineString([(0, 0), behind]).crosses(forbidden), "the straight way must not be free"
    plan = planned(nanling, kind, behind)
    path = LineString(flown_m(nanling, plan)[:, :2])
    assert path.distance(forbidden) >= profile(kind).position_error_m
    assert {finding.rule for finding in check(plan, nanling, NOW)} & {"no_fly", "flight_area", "terrain"} == set()
    assert any("禁飞区" in chinese for _, chinese in plan.notes)


def test_a_return_flies_straight_only_from_where_home_lies_free_ahead(nanling: District) -> None:
    plan = planned(nanling, "rotorcraft", BEHIND_THE_SCHOOL)
    last = next(index for index, item in enumerate(plan.items) if item.command == Command.RETURN_TO_LAUNCH)
    assert plan.items[last - 1].purpose == "transit"
    item = plan.items[last - 1]
    there = nanling.frame.enu_from_geodetic(item.lat_deg, item.lon_deg, 0.0)[:2]
    forbidden = [zone.shape_m for zone in zones(nanling) if zone.rule == "no_fly"]
    assert min(LineString([there, (0, 0)]).distance(shape) for shape in forbidden) >= 5.0


def test_nothing_is_added_and_noted_where_the_way_is_free(nanling: District) -> None:
    plan = planned(nanling, "rotorcraft", (150.0, 200.0), (250.0, 100.0))
    assert [item.purpose for item in plan.items if item.has_place] == ["takeoff", "route", "route"]
    assert not any("go around" in english for english, _ in plan.notes)


def test_transits_keep_their_height_above_the_ground(nanling: District) -> None:
    plan = planned(nanling, "rotorcraft", BEHIND_THE_SCHOOL, BEHIND_THE_HOSPITAL)
    above = [point.position.alt_agl_m for point in plan.path if plan.items[point.item].purpose == "transit"]
    assert above
    assert all(abs((each or 0.0) - 100.0) <= 6.0 for each in above)


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing"])
def test_passes_on_both_sides_of_a_zone_are_joined_around_it(nanling: District, kind: VehicleKind) -> None:
    """A survey bent around the hospital: its passes stay clear, and so must the ways between them."""
    corners = [(600, 420), (1200, 420), (1200, 1050), (1130, 1050), (1130, 480), (670, 480), (670, 900), (600, 900)]
    polygon = {"type": "Polygon", "coordinates": [degrees(nanling, [*corners, corners[0]])]}
    hospital = next(zone for zone in zones(nanling) if zone.id == "zone-02")
    request = {"kind": "survey", "geometry": polygon, "altitude": {"value_m": 100}, "vehicles": {"kind": kind}}
    plan = draft(MissionRequest.model_validate(request), nanling, [], NOW)[0]
    path = flown_m(nanling, plan)
    items = [point.item for point in plan.path]
    between = [
        LineString([a[:2], b[:2]])
        for (a, b), item in zip(pairwise(path), items[1:], strict=True)
        if plan.items[item].purpose == "transit"
    ]
    assert min(line.distance(hospital.shape_m) for line in between) >= profile(kind).position_error_m - 1.0


def test_a_place_in_a_zone_is_planned_and_refused_by_clearance(nanling: District) -> None:
    hospital = next(zone for zone in zones(nanling) if zone.id == "zone-02")
    inside = hospital.shape_m.centroid
    findings = check(planned(nanling, "rotorcraft", (inside.x, inside.y)), nanling, NOW)
    assert [finding.rule for finding in findings if finding.severity == "blocking"] == ["no_fly"]


def test_a_walled_off_place_is_refused_in_both_languages(nanling: District) -> None:
    area = nanling.zones.iloc[:1].to_crs(nanling.frame.crs)
    halves = shapely.difference(area.geometry.iloc[0], shapely.box(400, -3000, 500, 3000))
    cut = area.set_geometry([halves], crs=nanling.frame.crs).to_crs(4326)
    with pytest.raises(PlanningError) as caught:
        planned(replace(nanling, zones=cut), "rotorcraft", BEHIND_THE_HOSPITAL)
    assert "flight area" in caught.value.message_en
    assert "飞行区" in caught.value.message_zh


def test_a_zone_that_is_not_in_force_is_flown_over(nanling: District) -> None:
    ended = nanling.zones.copy()
    ended["valid_to"] = pd.Timestamp(NOW - 60, unit="s", tz="UTC").isoformat()
    plan = planned(replace(nanling, zones=ended), "rotorcraft", BEHIND_THE_MIDDLE_SCHOOL)
    assert not any("禁飞区" in chinese for _, chinese in plan.notes)
    assert plan.distance_m < 2 * np.hypot(*BEHIND_THE_MIDDLE_SCHOOL) + 300
