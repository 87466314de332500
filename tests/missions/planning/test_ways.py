"""Lines of every kind of mission over forbidden ground: cut there, gone around, and told in a note."""

from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString

from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.zones import zones
from missions.plan import Plan
from missions.planning import MissionRequest, draft
from missions.planning.profiles import profile
from missions.planning.tasks import to_metres
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)
KINDS: tuple[VehicleKind, ...] = ("rotorcraft", "fixed_wing", "vtol")
ACROSS = [(500.0, 500.0), (700.0, 640.0), (1100.0, 760.0), (1400.0, 760.0)]
ROUND = [(500.0, 400.0), (1300.0, 400.0), (1300.0, 900.0), (500.0, 900.0), (500.0, 400.0)]
"""A line across, and an area round, the no-fly zone of the hospital."""


def degrees(district: District, places_m: list[tuple[float, float]]) -> list[list[float]]:
    found = (district.frame.to_geodetic([east, north, 0.0]) for east, north in places_m)
    return [[place.lon_deg, place.lat_deg] for place in found]


def planned(district: District, kind: str, vehicle: VehicleKind, value_m: float = 100.0, **more: Any) -> Plan:
    area = kind in {"survey", "search", "gap", "perimeter"}
    places = degrees(district, ROUND if area else ACROSS)
    shape = {"type": "Polygon", "coordinates": [places]} if area else {"type": "LineString", "coordinates": places}
    asked = {"kind": kind, "geometry": shape, "altitude": {"value_m": value_m}, "vehicles": {"kind": vehicle}}
    return draft(MissionRequest.model_validate(asked | more), district, [], NOW)[0]


def path_of(district: District, plan: Plan) -> LineString:
    places = [point.position for point in plan.path]
    lat, lon = [each.lat_deg for each in places], [each.lon_deg for each in places]
    return LineString(np.asarray(district.frame.enu_from_geodetic(lat, lon, 0.0))[:, :2])


@pytest.mark.parametrize("vehicle", KINDS)
@pytest.mark.parametrize("kind", ["route", "corridor", "search", "follow"])
def test_lines_over_a_zone_are_cut_and_gone_around(nanling: District, kind: str, vehicle: VehicleKind) -> None:
    hospital = next(zone for zone in zones(nanling) if zone.id == "zone-02")
    more = {"target_speed_mps": 6.0} if kind == "follow" else {}
    plan = planned(nanling, kind, vehicle, **more)
    assert path_of(nanling, plan).distance(hospital.shape_m) >= profile(vehicle).position_error_m
    on_path = [finding for finding in check(plan, nanling, NOW) if finding.rule == "no_fly"]
    assert not any(hospital.id in finding.message for finding in on_path)
    assert any("left out" in english and "zone-02" in english for english, _ in plan.notes)
    assert any("未飞" in chinese and "zone-02" in chinese for _, chinese in plan.notes)


def test_a_survey_over_a_zone_is_planned_whole_and_refused_by_clearance(nanling: District) -> None:
    plan = planned(nanling, "survey", "rotorcraft")
    imaged = to_metres(nanling, shapely.geometry.shape(plan.imaged))
    assert imaged.intersection(shapely.Polygon(ROUND)).area >= 0.998 * shapely.Polygon(ROUND).area
    (found,) = [finding for finding in check(plan, nanling, NOW) if finding.rule == "no_fly"]
    assert "zone-02" in found.message


def test_buildings_that_a_line_passes_over_with_room_do_not_cut_it(nanling: District) -> None:
    tops = nanling.buildings.to_crs(nanling.frame.crs)
    forbidden = shapely.union_all([zone.shape_m for zone in zones(nanling) if zone.rule in {"no_fly", "ceiling"}])
    tops = tops[tops.geometry.distance(forbidden) > 300.0]
    tallest = tops.loc[tops["height_m"].idxmax()]
    middle = tallest.geometry.centroid
    line = [(middle.x - 200.0, middle.y), (middle.x + 200.0, middle.y)]
    shape = {"type": "LineString", "coordinates": degrees(nanling, line)}
    for value_m, cut in ((tallest.height_m + 16.0, False), (tallest.height_m + 2.0, True)):
        asked = {"kind": "route", "geometry": shape, "altitude": {"value_m": float(value_m)}}
        plan = draft(MissionRequest.model_validate(asked), nanling, [], NOW)[0]
        assert any("left out" in english for english, _ in plan.notes) is cut
        assert "terrain" not in {finding.rule for finding in check(plan, nanling, NOW)}


def test_work_that_lies_in_a_zone_altogether_is_drawn_and_said_not_to_be_cleared(nanling: District) -> None:
    inside = next(zone for zone in zones(nanling) if zone.id == "zone-02").shape_m.centroid
    line = degrees(nanling, [(inside.x - 20.0, inside.y), (inside.x + 20.0, inside.y)])
    asked = {"kind": "route", "geometry": {"type": "LineString", "coordinates": line}}
    plan = draft(MissionRequest.model_validate(asked), nanling, [], NOW)[0]
    assert any("not cleared" in english and "zone-02" in english for english, _ in plan.notes)
    assert not any("left out" in english for english, _ in plan.notes)
    assert "no_fly" in {finding.rule for finding in check(plan, nanling, NOW)}
