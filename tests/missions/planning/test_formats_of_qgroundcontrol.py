"""QGroundControl's plans as others wrote them: complex items, altitude modes, fences, older versions."""

import copy
import json
import math
from pathlib import Path

import pytest
from shapely.geometry import LineString, Point, Polygon

from missions.plan import Command, Frame, Plan
from missions.planning import PlanningError
from missions.planning.formats import Read, export, read

DATA = Path(__file__).parents[2] / "data" / "plans"
LAT, LON = 43.86, 125.32
METRES = math.radians(6_371_008.8)


def named(name: str) -> Read:
    return read(DATA / name)


def content(name: str) -> dict:
    return json.loads((DATA / name).read_text())


def read_json(value: object) -> Read:
    return read(json.dumps(value).encode(), ".plan")


def commands(plan: Plan) -> list[int]:
    return [item.command for item in plan.items]


def metres(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    return (lon_deg - LON) * METRES * math.cos(math.radians(LAT)), (lat_deg - LAT) * METRES


def test_a_survey_is_the_items_that_it_stores() -> None:
    found = named("qgc_survey.plan")
    assert commands(found.plan) == [22, 16, 206, 16, 206, 177, 20]
    assert [item.purpose for item in found.plan.items[1:5]] == ["survey", "camera", "survey", "camera"]
    assert found.plan.items[1].params == (0.0, 0.0, 0.0, None)
    assert found.plan.home.alt_amsl_m == 219.4
    assert found.plan.speed_mps == 6


def test_a_jump_goes_to_the_same_item_after_a_survey_was_expanded() -> None:
    plan = content("qgc_survey.plan")
    target = {**copy.deepcopy(plan["mission"]["items"][0]), "command": 16, "doJumpId": 90}
    plan["mission"]["items"].insert(2, target)
    plan["mission"]["items"][3]["params"][0] = 90
    jump = next(item for item in read_json(plan).plan.items if item.command == 177)
    assert jump.params[0] == 6  # take-off, four of the survey, then it


def test_a_fence_keeps_its_circle_on_the_safe_side_and_rally_points_are_above_home() -> None:
    found = named("qgc_survey.plan")
    (ring,) = found.plan.fence.inclusions
    far = [math.hypot(*metres(*corner)) for corner in ring]
    assert max(far) <= 800.5
    assert min(far) > 795
    assert len(found.plan.fence.exclusions) == 1
    assert found.plan.rally[0].alt_amsl_m == pytest.approx(219.4 + 45)
    said = " ".join(str(remark) for remark in found.remarks)
    assert "circle" in said
    assert "breachReturn" in said


def test_an_exclusion_circle_is_enclosed_by_its_ring() -> None:
    plan = content("qgc_survey.plan")
    plan["geoFence"]["circles"][0]["inclusion"] = False
    ring = Polygon([metres(*corner) for corner in read_json(plan).plan.fence.exclusions[-1]])
    assert ring.exterior.distance(Point(0, 0)) >= 799.5


@pytest.mark.parametrize(
    ("name", "spacing_m", "height_m"),
    [("qgc_survey_parameters.plan", 30.0, 60.0), ("qgc_survey_version3.plan", 30.0, 50.0)],
)
def test_a_survey_without_its_items_is_computed_in_lines_all_over_its_polygon(
    name: str, spacing_m: float, height_m: float
) -> None:
    found = named(name)
    assert any("computed" in str(remark) for remark in found.remarks)
    survey = [item for item in found.plan.items if item.purpose == "survey"]
    assert {item.alt_m for item in survey} == {height_m}
    assert {item.frame for item in survey} == {Frame.HOME}
    area = Polygon([metres(*c) for c in ((LAT + a, LON + b) for a, b in CORNERS)])
    path = LineString([metres(item.lat_deg, item.lon_deg) for item in survey])
    assert area.difference(path.buffer(spacing_m + 0.5, cap_style="flat")).area < 0.002 * area.area
    assert path.length < 2.2 * area.area / spacing_m
    triggers = [item.params[0] for item in found.plan.items if item.command == Command.SET_CAM_TRIGG_DIST]
    assert triggers[-1] == 0
    assert max(triggers) in (20, 25)


CORNERS = ((0.001, 0.001), (0.001, 0.003), (0.003, 0.003), (0.003, 0.001))


def test_the_spacing_of_a_survey_follows_from_lens_and_overlap_where_it_is_not_written() -> None:
    plan = content("qgc_survey_parameters.plan")
    camera = plan["mission"]["items"][1]["TransectStyleComplexItem"]["CameraCalc"]
    del camera["AdjustedFootprintSide"], camera["AdjustedFootprintFrontal"]
    camera |= {"SensorWidth": 12, "SensorHeight": 9, "FocalLength": 12, "SideOverlap": 50, "FrontalOverlap": 60}
    items = read_json(plan).plan.items
    assert max(item.params[0] for item in items if item.command == Command.SET_CAM_TRIGG_DIST) == pytest.approx(18)
    assert sum(item.purpose == "survey" for item in items) == 4 * 7  # 222 m in lines 30 m apart


def test_the_angle_of_a_survey_is_the_bearing_of_its_lines() -> None:
    first, second = [item for item in named("qgc_survey_parameters.plan").plan.items if item.purpose == "survey"][1:3]
    start, end = metres(first.lat_deg, first.lon_deg), metres(second.lat_deg, second.lon_deg)
    assert abs(end[0] - start[0]) > 100
    assert abs(end[1] - start[1]) < 0.1


@pytest.mark.parametrize("entry", range(4))
def test_each_entry_of_a_survey_begins_at_a_corner_of_its_own(entry: int) -> None:
    plan = content("qgc_survey_parameters.plan")
    plan["mission"]["items"][1] |= {"entryLocation": entry, "angle": 0}
    first = read_json(plan).plan.items[1]
    assert (first.lat_deg > LAT + 0.002) == (entry in (0, 1))
    assert (first.lon_deg > LON + 0.002) == (entry in (1, 3))


def test_pictures_while_standing_still_are_taken_one_by_one() -> None:
    plan = content("qgc_survey_parameters.plan")
    plan["mission"]["items"][1]["TransectStyleComplexItem"]["HoverAndCapture"] = True
    found = read_json(plan).plan
    shots = [item for item in found.items if item.command == Command.IMAGE_START_CAPTURE]
    assert len(shots) > 40
    assert all(item.params[2] == 1 for item in shots)


def test_a_corridor_without_its_items_is_imaged_over_its_width() -> None:
    found = named("qgc_corridor.plan")
    centre = LineString([metres(LAT + a, LON + b) for a, b in ((0.001, 0), (0.001, 0.003), (0.003, 0.003))])
    flown = [item for item in found.plan.items if item.purpose == "corridor"]
    path = LineString([metres(item.lat_deg, item.lon_deg) for item in flown])
    wanted = centre.buffer(25, cap_style="flat", join_style="mitre")
    assert wanted.difference(path.buffer(15.5)).area < 0.02 * wanted.area
    assert len(flown) == 6


def test_a_structure_is_flown_around_in_layers_at_its_distance() -> None:
    found = named("qgc_structure.plan")
    house = Polygon(
        [metres(LAT + a, LON + b) for a, b in ((0.001, 0.001), (0.001, 0.0014), (0.0013, 0.0014), (0.0013, 0.001))]
    )
    rings = [item for item in found.plan.items if item.purpose == "structure"]
    assert [item.alt_m for item in rings] == [70.0] + [11.0] * 5 + [23.0] * 5 + [35.0] * 5 + [70.0]
    path = LineString([metres(item.lat_deg, item.lon_deg) for item in rings])
    assert house.distance(path) == pytest.approx(15, abs=0.2)
    assert Command.SET_ROI_NONE in commands(found.plan)
    assert sum(item.command == Command.SET_CAM_TRIGG_DIST and item.params[0] == 8 for item in found.plan.items) == 3


def test_a_fixed_wing_landing_pattern_is_a_landing() -> None:
    found = named("qgc_fixed_wing_landing.plan").plan
    assert found.vehicle_kind == "fixed_wing"
    assert found.speed_mps == 15
    assert commands(found)[2:] == [189, 206, 2001, 2501, 31, 21]
    loiter, land = found.items[-2:]
    assert loiter.params == (1.0, -75.0, 0.0, 1.0)
    assert (loiter.alt_m, loiter.frame) == (40.0, Frame.HOME)
    assert (land.lat_deg, land.lon_deg, land.alt_m) == (LAT, LON, 0.0)
    assert {item.purpose for item in found.items[2:]} == {"land"}


def test_a_vtol_landing_pattern_without_a_circle_is_a_waypoint_and_a_landing() -> None:
    found = named("qgc_vtol_landing.plan").plan
    assert found.vehicle_kind == "vtol"
    assert commands(found) == [84, 189, 16, 85]
    assert (found.items[-1].alt_m, found.items[-1].frame) == (219.4, Frame.AMSL)


def test_heights_are_measured_from_what_each_item_says() -> None:
    found = named("qgc_altitude_modes.plan")
    assert [(item.frame, item.alt_m) for item in found.plan.items[1:]] == [(0, 281.5), (10, 60.0), (10, 55.0)]
    assert any("never computed" in str(remark) for remark in found.remarks)


def test_the_first_version_of_the_format_is_read() -> None:
    found = named("qgc_first_version.mission").plan
    assert commands(found) == [22, 16]
    assert (found.items[0].params[0], found.items[1].alt_m) == (15.0, 50.0)
    assert found.home.alt_amsl_m == 219.4


def test_only_the_type_of_file_and_a_mission_are_needed() -> None:
    item = {"type": "SimpleItem", "command": 16, "params": [0, 0, 0, None, LAT, LON, "50"]}
    found = read_json({"fileType": "Plan", "mission": {"items": [item]}})
    assert found.plan.items[0].alt_m == 50.0
    assert found.plan.items[0].frame == Frame.HOME
    assert (found.plan.home.lat_deg, found.plan.home.alt_amsl_m) == (LAT, 0.0)
    assert "home" in str(found.remarks[0])


def test_what_is_not_known_is_named() -> None:
    plan = content("qgc_survey.plan") | {"weather": {}}
    assert any("weather" in str(remark) for remark in read_json(plan).remarks)
    plan["mission"]["items"][1] = {"type": "ComplexItem", "complexItemType": "spiral"}
    with pytest.raises(PlanningError, match="spiral") as error:
        read_json(plan)
    assert error.value.field == "mission.items[1]"
    assert "spiral" in error.value.message_zh


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"polygon": [[1, 2], [3, 4]]}, "polygon"),
        ({"polygon": [[0, 0], [60, 100], [10, 10]]}, "wider"),
        ({"polygon": [[LAT, LON]] * 4}, "encloses nothing"),
        ({"polygon": [[LON, LAT]] * 4}, "latitude"),
        ({"polygon": "x"}, "polygon"),
        ({"TransectStyleComplexItem": {"CameraCalc": {"AdjustedFootprintSide": "wide"}}}, "DistanceToSurface"),
        ({"TransectStyleComplexItem": None}, "TransectStyleComplexItem"),
        ({"angle": []}, "angle"),
    ],
)
def test_a_broken_survey_says_what_is_broken(change: dict, where: str) -> None:
    plan = content("qgc_survey_parameters.plan")
    plan["mission"]["items"][1] |= change
    with pytest.raises(PlanningError, match=where):
        read_json(plan)


def test_a_survey_of_millimetres_is_refused_before_its_lines_are_made() -> None:
    plan = content("qgc_survey_parameters.plan")
    plan["mission"]["items"][1]["polygon"] = [[LAT, LON], [LAT + 0.5, LON], [LAT + 0.5, LON + 0.5]]
    plan["mission"]["items"][1]["TransectStyleComplexItem"]["CameraCalc"]["AdjustedFootprintSide"] = 0.6
    with pytest.raises(PlanningError, match="lines"):
        read_json(plan)


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("qgc_*")))
def test_what_was_read_from_others_survives_being_written_again(name: str) -> None:
    found = named(name).plan
    written = export(found, ".plan")
    assert written.losses == ()
    assert read(written.data, ".plan").plan == found
