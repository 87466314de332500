"""QGroundControl's patterns computed from their parameters: lines, entries, turns and pictures as it lays them."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from missions.plan import Command, Frame, PlanItem
from missions.planning.formats import read

DATA = Path(__file__).parents[2] / "data" / "plans"
LAT, LON = 43.86, 125.32
METRE = math.degrees(1 / 6_371_008.8)
AREA = ((0, 0), (0, 300), (210, 300), (210, 0))
"""(north, east) metres: 300 m wide, 210 m long."""


def placed(corners: Any) -> list[list[float]]:
    """Places (north, east) in metres as degrees."""
    east = METRE / math.cos(math.radians(LAT + 100 * METRE))
    return [[LAT + north * METRE, LON + along * east] for north, along in corners]


def survey(transect: dict[str, Any] | None = None, camera: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    item = copy.deepcopy(json.loads((DATA / "qgc_survey_parameters.plan").read_text())["mission"]["items"][1])
    style = item["TransectStyleComplexItem"]
    style["TurnAroundDistance"] = 0
    style["CameraCalc"] |= {"AdjustedFootprintSide": 30} | (camera or {})
    style |= transect or {}
    return item | {"polygon": placed(AREA), "angle": 0, "entryLocation": 2} | more


def corridor(transect: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    items = json.loads((DATA / "qgc_corridor.plan").read_text())["mission"]["items"]
    item = next(each for each in items if each.get("complexItemType") == "CorridorScan")
    item["TransectStyleComplexItem"] |= {"TurnAroundDistance": 0} | (transect or {})
    item["TransectStyleComplexItem"]["CameraCalc"]["AdjustedFootprintSide"] = 20
    return item | {"polyline": placed(((0, 0), (200, 0))), "CorridorWidth": 60} | more


def expanded(item: dict[str, Any]) -> tuple[PlanItem, ...]:
    mission = {"plannedHomePosition": [LAT, LON, 219.4], "items": [item]}
    return read(json.dumps({"fileType": "Plan", "mission": mission}).encode(), ".plan").plan.items


def lines_m(items: tuple[PlanItem, ...]) -> np.ndarray:
    """(N, 2) the places of items, (north, east) metres."""
    origin = placed(((0, 0), (1, 1)))
    scale = np.array(origin[1]) - np.array(origin[0])
    at = np.array([(item.lat_deg, item.lon_deg) for item in items if item.has_place])
    return np.asarray((at - np.array(origin[0])) / scale)


def test_lines_lie_at_whole_spacings_from_the_western_edge_of_a_square_around_the_area() -> None:
    """As QGroundControl 3.4 to 5 lay them: the square reaches 1000 m beyond the area's longer side at both ends."""
    at = lines_m(expanded(survey()))
    east = at[::2, 1]
    assert np.allclose(east, np.arange(-1000 + 34 * 30, 300, 30), atol=0.05)
    assert np.allclose(np.sort(at[:, 0].reshape(-1, 2), axis=1), (0, 210), atol=0.05)


def test_an_area_narrower_than_the_spacing_gets_one_line_through_its_middle() -> None:
    at = lines_m(expanded(survey(polygon=placed(((0, 0), (0, 20), (200, 20), (200, 0))))))
    assert np.allclose(at[:, 1], 10, atol=0.05)
    assert len(at) == 2


def test_a_line_goes_straight_over_a_notch() -> None:
    notched = ((0, 0), (0, 300), (200, 300), (200, 200), (80, 200), (80, 100), (120, 100), (120, 50), (200, 0))
    at = lines_m(expanded(survey(polygon=placed(notched), angle=90)))
    assert len(at) % 2 == 0
    rows = np.unique(np.round(at[:, 0]))
    assert len(rows) == len(at) / 2, "one line for each row"


@pytest.mark.parametrize("angle", [30, -40, 120, 340])
def test_lines_run_in_the_bearing_of_the_angle(angle: float) -> None:
    at = lines_m(expanded(survey(angle=angle)))
    step = at[1] - at[0]
    bearing = math.degrees(math.atan2(step[1], step[0]))
    assert abs((bearing - angle + 90) % 180 - 90) < 0.1


def test_half_a_turn_of_the_angle_changes_nothing() -> None:
    assert np.allclose(lines_m(expanded(survey(angle=100))), lines_m(expanded(survey(angle=-80))), atol=0.01)
    assert np.allclose(lines_m(expanded(survey(angle=-100))), lines_m(expanded(survey(angle=80))), atol=0.01)


@pytest.mark.parametrize(
    ("entry", "north", "west"), [(0, True, True), (1, True, False), (2, False, True), (3, False, False)]
)
def test_a_survey_begins_at_its_entry(entry: int, north: bool, west: bool) -> None:
    first, second = lines_m(expanded(survey(entryLocation=entry)))[:2]
    assert (first[0] > 100) == north and (first[1] < 150) == west
    assert (second[0] > 100) != north


def test_alternate_lines_are_flown_out_and_the_others_back() -> None:
    east = lines_m(expanded(survey(flyAlternateTransects=True)))[::2, 1]
    assert np.allclose(np.diff(east), [60] * 4 + [30] + [-60] * 4, atol=0.1)


def test_reflown_at_a_right_angle_an_area_has_lines_both_ways() -> None:
    at = lines_m(expanded(survey({"Refly90Degrees": True})))
    along = np.abs(np.diff(at.reshape(-1, 2, 2), axis=1)[:, 0])
    assert np.sum(along[:, 0] > 100) == 10
    assert np.sum(along[:, 1] > 100) == 7


def test_turns_reach_beyond_both_ends_and_pictures_are_taken_between() -> None:
    items = expanded(survey({"TurnAroundDistance": 25}))
    assert [item.command for item in items[:6]] == [16, 16, 206, 16, 206, 16]
    assert np.allclose(lines_m(items)[:4, 0], [-25, 0, 210, 235], atol=0.1)
    assert [items[2].params[0], items[4].params[0]] == [20, 0]
    kept = expanded(survey({"TurnAroundDistance": 25, "CameraTriggerInTurnAround": True}))
    assert [item.params[0] for item in kept if item.command == Command.SET_CAM_TRIGG_DIST] == [20] * 10 + [0]


@pytest.mark.parametrize(
    ("transect", "camera", "frame"),
    [
        ({}, {"DistanceMode": 1}, Frame.HOME),
        ({}, {"DistanceMode": 2}, Frame.AMSL),
        ({}, {"DistanceMode": 3}, Frame.TERRAIN),
        ({}, {"DistanceMode": 4}, Frame.TERRAIN),
        ({"FollowTerrain": True}, {"DistanceMode": None}, Frame.TERRAIN),
        ({}, {"DistanceMode": None, "DistanceToSurfaceRelative": False}, Frame.AMSL),
        ({}, {"DistanceMode": None, "DistanceToSurfaceRelative": True}, Frame.HOME),
    ],
)
def test_heights_are_measured_from_what_the_pattern_says(
    transect: dict[str, Any], camera: dict[str, Any], frame: Frame
) -> None:
    assert {item.frame for item in expanded(survey(transect, camera)) if item.has_place} == {frame}


@pytest.mark.parametrize(("landscape", "spacing"), [(True, 80.0), (False, 40.0)])
def test_a_camera_turned_upright_images_a_narrower_strip(landscape: bool, spacing: float) -> None:
    lens = {"SensorWidth": 16, "SensorHeight": 8, "FocalLength": 6, "SideOverlap": 50, "FrontalOverlap": 50}
    camera = lens | {"Landscape": landscape, "AdjustedFootprintSide": None, "AdjustedFootprintFrontal": None}
    east = lines_m(expanded(survey(camera=camera)))[::2, 1]
    assert np.allclose(np.diff(east), spacing, atol=0.1)


@pytest.mark.parametrize(
    ("entry", "north", "left"), [(0, False, True), (1, False, False), (2, True, True), (3, True, False)]
)
def test_a_corridor_has_lines_over_its_width_and_begins_at_its_entry(entry: int, north: bool, left: bool) -> None:
    at = lines_m(expanded(corridor(EntryPoint=entry)))
    assert np.allclose(sorted(set(np.round(at[:, 1]))), [-20, 0, 20], atol=0.1)
    assert (at[0, 0] > 100) == north
    assert (at[0, 1] < 0) == left
