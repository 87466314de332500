"""Surveys: the area is imaged, turns fit the aircraft, shares are fair, bad requests are told what to change."""

import math

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from fusion.messages import VehicleState
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.profiles import profile

NOW = Instant(1_790_000_000.0)


def request(district: District, area_m: Polygon, **more: object) -> MissionRequest:
    corners = np.asarray(area_m.exterior.coords)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([corners, np.zeros(len(corners))]))
    ring = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    return MissionRequest.model_validate(
        {"kind": "survey", "geometry": {"type": "Polygon", "coordinates": [ring]}, **more}
    )


def test_a_rotorcraft_survey_takes_off_sweeps_and_returns(nanling: District) -> None:
    (plan,) = draft(request(nanling, box(-100, -100, 200, 100)), nanling, [], NOW)
    commands = [item.command for item in plan.items]
    assert commands[0] == Command.TAKEOFF
    assert commands[-1] == Command.RETURN_TO_LAUNCH
    assert commands.count(Command.WAYPOINT) >= 4
    assert commands.index(Command.GIMBAL_PITCHYAW) < commands.index(Command.WAYPOINT)
    heights = [p.position.alt_agl_m for p in plan.path if plan.items[p.item].purpose == "survey"]
    assert all(height is not None and abs(height - 80) < 6 for height in heights)
    assert 0 < plan.energy_fraction < 1


def test_a_fixed_wing_survey_turns_no_tighter_than_it_can(nanling: District) -> None:
    (plan,) = draft(request(nanling, box(-250, -150, 250, 150), vehicles={"kind": "fixed_wing"}), nanling, [], NOW)
    enu = nanling.frame.enu_from_geodetic(
        [p.position.lat_deg for p in plan.path],
        [p.position.lon_deg for p in plan.path],
        [p.position.alt_amsl_m for p in plan.path],
    )[:, :2]
    step = np.diff(enu, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    course = np.arctan2(step[:, 1], step[:, 0])
    change = np.abs(np.remainder(np.diff(course) + math.pi, 2 * math.pi) - math.pi)
    # In a turn of radius R the course changes by L / R over a step of length L: the gentler step of each corner counts.
    shorter = np.minimum(length[:-1], length[1:])
    turning = (change > 0.02) & (shorter > 1)
    radius = profile("fixed_wing").turn_radius_m(plan.speed_mps)
    assert turning.any()
    assert np.all(np.maximum(length[:-1], length[1:])[turning] / change[turning] > 0.8 * radius)
    assert [item.command for item in plan.items][-1] == Command.LAND


def test_vehicles_share_the_passes_and_fly_in_layers(nanling: District) -> None:
    plans = draft(request(nanling, box(-300, -200, 300, 200), vehicles={"count": 2}), nanling, [], NOW)
    assert len(plans) == 2
    surveys = [[item for item in plan.items if item.purpose == "survey"] for plan in plans]
    assert all(surveys)
    assert abs(len(surveys[0]) - len(surveys[1])) <= 2
    assert min(item.alt_m for item in surveys[1]) > max(item.alt_m for item in surveys[0]) - 6
    places = [{(item.lat_deg, item.lon_deg) for item in survey} for survey in surveys]
    assert not places[0] & places[1]


def test_items_are_written_above_home(nanling: District) -> None:
    (plan,) = draft(request(nanling, box(0, 0, 200, 200)), nanling, [], NOW)
    placed = [item for item in plan.items if item.has_place]
    assert all(item.frame == Frame.HOME for item in placed)
    first = next(item for item in placed if item.purpose == "survey")
    ground = float(nanling.terrain.height_amsl_m(first.lat_deg, first.lon_deg))
    assert first.alt_m + plan.home.alt_amsl_m == pytest.approx(ground + 80, abs=5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vehicles": ["nobody"]}, "vehicles"),
        ({"vehicles": {"count": 40}}, "vehicles"),
        ({"speed_mps": 3.0, "vehicles": {"kind": "fixed_wing"}}, "speed_mps"),
        ({"altitude": {"value_m": 200, "reference": "amsl"}}, "altitude.value_m"),
        ({"altitude": {"value_m": 2}, "camera": {"sidelap": 0.95, "hfov_deg": 5}}, "geometry"),
    ],
)
def test_a_request_that_cannot_be_planned_names_the_part_to_change(
    nanling: District, change: dict[str, object], field: str
) -> None:
    with pytest.raises(PlanningError) as caught:
        draft(request(nanling, box(0, 0, 300, 300), **change), nanling, [], NOW)
    assert caught.value.field == field
    assert caught.value.message_zh


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "survey", "geometry": {"type": "Point", "coordinates": [125.3, 43.8]}},
        {"kind": "survey", "geometry": {"type": "Polygon", "coordinates": []}},
        {"kind": "survey", "geometry": {"type": "Polygon"}},
        {
            "kind": "survey",
            "geometry": {"type": "Polygon", "coordinates": [[[43.8, 125], [43.9, 125], [43.9, 126]]]},
        },
        {"kind": "survey", "geometry": "here"},
        {"kind": "joyride", "geometry": {"type": "Point", "coordinates": [125.3, 43.8]}},
        {"kind": "route", "geometry": {"type": "Point", "coordinates": [125.3, 43.8]}, "surprise": 1},
        {"kind": "route", "geometry": {"type": "Point", "coordinates": [125.3, 43.8]}, "vehicles": []},
        {"kind": "route", "geometry": {"type": "Point", "coordinates": [float("nan"), 43.8]}},
    ],
)
def test_a_malformed_request_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        MissionRequest.model_validate(broken)


def test_a_vehicle_that_does_not_know_where_it_stands_is_not_planned_for(nanling: District) -> None:
    lost = VehicleState("uav-1", "fixed_wing", "ardupilot", NOW, NOW, "up", fix_type=6)
    asked = request(nanling, box(-250, -150, 250, 150), vehicles=["uav-1"])
    with pytest.raises(PlanningError) as error:
        draft(asked, nanling, [lost], NOW)
    assert error.value.field == "vehicles"
    assert "uav-1 does not know yet where it stands" in error.value.message_en
    assert "uav-1" in error.value.message_zh
    origin = {"lat_deg": nanling.home.lat_deg, "lon_deg": nanling.home.lon_deg}
    named = request(nanling, box(-250, -150, 250, 150), vehicles=["uav-1"], home=origin)
    (plan,) = draft(named, nanling, [lost], NOW)
    assert plan.home.alt_amsl_m == pytest.approx(float(nanling.terrain.height_amsl_m(*origin.values())))


def test_a_route_passes_its_places_in_order(nanling: District) -> None:
    line = {"type": "LineString", "coordinates": [[125.320, 43.861], [125.322, 43.861], [125.322, 43.862]]}
    route = MissionRequest.model_validate({"kind": "route", "geometry": line})
    (plan,) = draft(route, nanling, [], NOW)
    places = [(item.lon_deg, item.lat_deg) for item in plan.items if item.purpose == "route"]
    for lon, lat in line["coordinates"]:
        assert any(abs(x - lon) < 1e-6 and abs(y - lat) < 1e-6 for x, y in places)


def test_a_dispatch_stays_over_its_place(nanling: District) -> None:
    place = {"type": "Point", "coordinates": [125.322, 43.861]}
    (plan,) = draft(MissionRequest.model_validate({"kind": "dispatch", "geometry": place}), nanling, [], NOW)
    watch = [item for item in plan.items if item.command == Command.LOITER_TIME]
    assert [(item.lon_deg, item.lat_deg) for item in watch] == [(125.322, 43.861)]
