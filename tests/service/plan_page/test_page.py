"""The plan page: sound HTML that holds the whole plan, loads nothing, and takes no orders from names."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest
import shapely
from msgspec.structs import replace

from missions.plan import Command, Frame, PlanItem
from missions.planning.formats import read_plan, write_plan
from missions.safety import Finding
from service.plan_page import plan_page
from tests.service.plan_page.pages import NASTY, NOW, SURVEY, THROUGH_A_ZONE, Reader, embedded, page_of, planned, points


@pytest.fixture(scope="module")
def survey() -> Reader:
    return Reader(page_of(SURVEY))


def test_the_map_draws_the_path_of_every_vehicle_to_within_a_metre(survey):
    _, plans = planned(SURVEY)
    drawn = [
        shapely.LineString(points(attrs["d"] or "")) for attrs in survey.with_class("line") if "l" in (attrs["d"] or "")
    ]
    on_the_map = drawn[: len(plans)]
    assert len(on_the_map) == len(plans) == 2
    frame = embedded().frame
    for plan, line in zip(plans, on_the_map, strict=True):
        for point in plan.path:
            place = point.position
            east, north, _ = frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)
            assert line.distance(shapely.Point(east, -north)) < 1.0


def test_its_data_say_where_each_vehicle_is_at_any_time(survey):
    _, plans = planned(SURVEY)
    frame = embedded().frame
    for plan, course in zip(plans, survey.data["courses"], strict=True):
        for point in plan.path:
            up = np.interp(point.time_s, course["t"], course["z"])
            east = np.interp(point.time_s, course["t"], course["x"])
            expected = frame.enu_from_geodetic(
                point.position.lat_deg, point.position.lon_deg, point.position.alt_amsl_m
            )
            assert abs(up - point.position.alt_amsl_m) < 1.5
            assert abs(east - expected[0]) < 5.0
        assert course["t"][-1] == pytest.approx(plan.duration_s, abs=0.2)
        assert course["d"][-1] == pytest.approx(plan.distance_m, abs=0.5)
        assert course["e"][-1] == pytest.approx(100 * plan.energy_fraction, abs=0.2)


def test_the_profile_is_drawn_along_distance_and_time_over_the_ground(survey):
    for axis in ("by-distance", "by-time"):
        profiles = survey.with_class(axis)
        assert [attrs["data-plan"] for attrs in profiles] == ["0", "1"]
        for attrs in profiles:
            assert float(attrs["data-low"] or "nan") < float(attrs["data-high"] or "nan")
    assert len(survey.with_class("earth")) == len(survey.with_class("roofs")) == 4


def test_the_figures_are_those_of_the_plans(survey):
    _, plans = planned(SURVEY)
    longest = round(max(plan.duration_s for plan in plans))
    assert f"{longest // 60}:{longest % 60:02d}" in survey.words
    assert f"{sum(plan.distance_m for plan in plans) / 1000:.2f} km" in re.sub(r" (?=千米)", "", survey.words).replace(
        "千米", ""
    )
    assert "Imaged" in survey.words and "照片" in survey.words


@pytest.mark.parametrize("request_", [SURVEY, THROUGH_A_ZONE], ids=["survey", "route"])
def test_nothing_is_loaded_from_outside(request_):
    page = page_of(request_)
    assert re.findall(r"(?:https?|file|ftp)://", page) == []
    assert re.findall(r"//[a-z0-9-]+\.", page) == []
    for tag, attrs in Reader(page).elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert (attrs.get(name) or "data:").startswith("data:")
        assert not [name for name in attrs if name.startswith("on")]
    assert re.findall(r"url\((?!#hatch-)", page) == []
    assert "@import" not in page


def test_names_cannot_bring_markup_into_the_page():
    request = {**SURVEY, "name": NASTY}
    asked, plans = planned(request)
    named = [replace(plan, vehicle_id=NASTY, notes=((NASTY, NASTY),)) for plan in plans]
    finding = Finding("no_fly", "blocking", NASTY, NASTY, item=3, position=plans[0].path[5].position)
    reader = Reader(plan_page(named, embedded(), NOW, request=asked, findings=[[finding], []]))
    assert [tag for tag, _ in reader.elements].count("script") == 2
    assert "img" not in {tag for tag, _ in reader.elements}
    assert NASTY in reader.words
    assert {course["name"] for course in reader.data["courses"]} == {NASTY}


def test_only_the_pages_own_program_is_allowed_to_run(survey):
    (policy,) = [attrs["content"] or "" for tag, attrs in survey.elements if attrs.get("http-equiv")]
    digest = base64.b64encode(hashlib.sha256(survey.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_numbers_are_finite_and_short(survey):
    numbers = [
        attrs[name] or "" for _, attrs in survey.elements for name in ("d", "transform", "viewBox") if name in attrs
    ]
    text = " ".join(numbers)
    assert "nan" not in text.lower() and "inf" not in text.lower() and "e-" not in text
    assert re.findall(r"\d\.\d{5,}", text) == []
    json.dumps(survey.data, allow_nan=False)


def test_both_languages_say_the_same_things(survey):
    chinese, english = survey.with_class("zh"), survey.with_class("en")
    assert len(chinese) == len(english) > 100
    assert {attrs["lang"] for attrs in chinese if "lang" in attrs} == {"zh-CN"}


def test_a_zone_on_the_way_and_what_the_checks_say_of_it_are_shown():
    page = Reader(page_of(THROUGH_A_ZONE))
    assert "Nanling Central Hospital no-fly zone" in page.words and "南岭区中心医院禁飞区" in page.words
    assert "阻止起飞" in page.words
    assert page.with_class("band")
    marks = [attrs for attrs in page.with_class("finding") if "blocking" in (attrs["class"] or "")]
    assert marks


def test_what_the_request_left_out_is_named_with_its_default(survey):
    defaults = survey.with_class("default")
    assert len(defaults) >= 5
    assert "calm" in survey.words and "无风" in survey.words


def test_a_plan_from_a_file_is_shown_with_its_figures_from_the_model():
    _, plans = planned(THROUGH_A_ZONE)
    read = read_plan(write_plan(plans[0], ".waypoints"), ".waypoints", "rotorcraft")
    assert read.path == ()
    reader = Reader(plan_page([read], embedded(), NOW))
    assert reader.data["courses"][0]["d"][-1] == pytest.approx(plans[0].distance_m, rel=0.02)


def test_a_plan_that_makes_no_sense_is_still_a_page():
    _, plans = planned(THROUGH_A_ZONE)
    astray = PlanItem(Command.WAYPOINT, Frame.HOME, 43.9, 125.3, 60.0, (float("inf"), 0.0, 0.0, None))
    nonsense = replace(plans[0], items=(*plans[0].items, astray), path=())
    reader = Reader(plan_page([nonsense], embedded(), NOW))
    assert "阻止起飞" in reader.words
    assert reader.data["courses"][0]["t"] == []


def test_a_page_needs_a_plan():
    with pytest.raises(ValueError, match="at least one plan"):
        plan_page([], embedded(), NOW)


def test_a_survey_of_ten_square_kilometres_stays_below_three_megabytes():
    corners = [[125.3003, 43.8458], [125.3397, 43.8458], [125.3397, 43.8742], [125.3003, 43.8742], [125.3003, 43.8458]]
    request = {**SURVEY, "geometry": {"type": "Polygon", "coordinates": [corners]}, "altitude": {"value_m": 80}}
    page = page_of({**request, "vehicles": {"count": 8, "kind": "fixed_wing"}})
    assert len(page.encode()) < 3_000_000
    Reader(page)
