"""Every kind of mission, for every kind of aircraft: planned, sensible in its figures, cleared where placed well."""

import math

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Plan
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.gap import covered_m, worst_revisit_s
from missions.planning.request import Wind
from missions.planning.tasks import to_geojson, to_metres
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)
KINDS = ("rotorcraft", "fixed_wing", "vtol")
CASES: dict[str, tuple[str, BaseGeometry, dict[str, object]]] = {
    "route": ("route", LineString([(-200, 0), (0, 150), (150, -100)]), {}),
    "places": ("route", MultiPoint([(100, 100), (-100, 50), (0, -200)]), {}),
    "corridor": ("corridor", LineString([(-250, -100), (-50, -80), (50, 100), (250, 120)]), {"width_m": 120}),
    "perimeter": ("perimeter", Polygon([(-250, -200), (250, -200), (250, 200), (0, 20), (-250, 200)]), {}),
    "orbit": ("orbit", Point(50, 50), {"turns": 2, "radius_m": 70}),
    "orbit of an area": ("orbit", box(-50, -60, 100, 40), {}),
    "expanding square": ("search", Point(0, 0), {"radius_m": 200}),
    "sector search": ("search", Point(0, 0), {"radius_m": 250, "pattern": "sector"}),
    "creeping line": ("search", box(-250, -150, 250, 150), {}),
    "dispatch": ("dispatch", Point(100, 50), {}),
    "stand-off": ("dispatch", Point(100, 50), {"standoff_m": 70}),
    "follow": ("follow", LineString([(-200, 0), (0, 50), (150, -100)]), {}),
    "command vehicle": ("follow", Point(50, 50), {}),
    "gap": ("gap", box(-200, -150, 200, 150), {}),
}


def plan(district: District, kind: str, geometry: BaseGeometry, aircraft: str = "rotorcraft", **more: object) -> Plan:
    (made,) = plans(district, kind, geometry, {"kind": aircraft}, **more)
    return made


def plans(district: District, kind: str, geometry: BaseGeometry, crew: object, **more: object) -> tuple[Plan, ...]:
    asked = {"kind": kind, "geometry": to_geojson(district, geometry), "vehicles": crew, "altitude": {"value_m": 110}}
    return draft(MissionRequest.model_validate({**asked, **more}), district, [], NOW)


def path_m(district: District, made: Plan, purpose: str | None = None) -> np.ndarray:
    """(N, 3) east, north, AMSL of a plan's path, or of its points on the way to items of a purpose."""
    points = [p for p in made.path if purpose is None or made.items[p.item].purpose == purpose]
    at = np.array([(p.position.lat_deg, p.position.lon_deg, p.position.alt_amsl_m) for p in points])
    enu = district.frame.enu_from_geodetic(at[:, 0], at[:, 1], at[:, 2])
    return np.column_stack([enu[:, :2], at[:, 2]])


def places_m(district: District, made: Plan, *commands: Command) -> np.ndarray:
    """(N, 2) the places of a plan's items of some commands."""
    items = [item for item in made.items if item.command in commands]
    lat, lon = [item.lat_deg for item in items], [item.lon_deg for item in items]
    return district.frame.enu_from_geodetic(lat, lon, np.full(len(items), district.frame.origin.alt_amsl_m))[:, :2]


def imaged_m(district: District, made: Plan) -> BaseGeometry:
    assert made.imaged is not None
    return shapely.make_valid(to_metres(district, shape(made.imaged)))


@pytest.mark.parametrize("aircraft", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_every_kind_is_planned_for_every_aircraft(nanling: District, case: str, aircraft: str) -> None:
    kind, geometry, more = CASES[case]
    made = plan(nanling, kind, geometry, aircraft, **more)
    path = path_m(nanling, made)
    assert np.isfinite(path).all()
    assert np.all(np.diff([point.time_s for point in made.path]) >= 0)
    assert np.hypot(path[:, 0], path[:, 1]).max() < 1_500
    assert 0 < made.energy_fraction < 1
    assert made.ground_resolution_m is not None and 0.05 < made.ground_resolution_m < 1
    assert imaged_m(nanling, made).area > 1_000
    blocking = [finding for finding in check(made, nanling, NOW) if finding.severity == "blocking"]
    assert not [finding for finding in blocking if finding.rule != "terrain"], blocking


@pytest.mark.parametrize("aircraft", KINDS)
def test_an_orbit_keeps_its_radius_with_the_camera_on_its_middle(nanling: District, aircraft: str) -> None:
    made = plan(nanling, "orbit", Point(60, 40), aircraft, turns=3, radius_m=80)
    flown = path_m(nanling, made, "orbit")
    angles = np.unwrap(np.arctan2(flown[:, 1] - 40, flown[:, 0] - 60))
    distances = np.hypot(flown[:, 0] - 60, flown[:, 1] - 40)
    on_it = np.abs(distances - 80) < 4
    assert abs(angles[on_it][-1] - angles[on_it][0]) > 2 * math.pi * 2.8
    assert angles[on_it][-1] < angles[on_it][0], "clockwise by default"
    (target,) = places_m(nanling, made, Command.SET_ROI_LOCATION)
    assert np.allclose(target, (60, 40), atol=0.05)
    height = next(item.alt_m for item in made.items if item.command == Command.SET_ROI_LOCATION) + made.home.alt_amsl_m
    top = float(nanling.surface.top_enu_m(60.0, 40.0)) + nanling.frame.origin.alt_amsl_m
    assert height == pytest.approx(top, abs=0.1)


def test_rotorcraft_orbit_by_waypoints_since_px4_takes_no_turns(nanling: District) -> None:
    rotor = plan(nanling, "orbit", Point(60, 40), "rotorcraft")
    assert not {Command.LOITER_TURNS, Command.LOITER_TIME} & {item.command for item in rotor.items}
    wing = plan(nanling, "orbit", Point(60, 40), "fixed_wing", radius_m=80.4)
    (turns,) = [item for item in wing.items if item.command == Command.LOITER_TURNS]
    assert turns.params[2] == 81, "ArduPilot keeps whole metres"
    assert turns.params[3] == 1, "it goes on from where it leaves the circle, not on the line from its middle"


def test_an_orbit_tighter_than_the_aircraft_turns_in_this_wind_is_refused(nanling: District) -> None:
    windy = Wind(from_deg=0, speed_mps=10).model_dump()
    with pytest.raises(PlanningError) as caught:
        plan(nanling, "orbit", Point(0, 0), "fixed_wing", radius_m=40, wind=windy)
    assert caught.value.field == "radius_m"
    assert plan(nanling, "orbit", Point(0, 0), "fixed_wing", wind=windy).items, "left open, it is wide enough"


def test_aircraft_share_an_orbit_evenly(nanling: District) -> None:
    made = plans(nanling, "orbit", Point(60, 40), {"count": 3})
    starts = [path_m(nanling, each, "orbit")[0, :2] - (60, 40) for each in made]
    angles = np.degrees([math.atan2(y, x) for x, y in starts])
    assert np.allclose(np.sort(np.mod(angles - angles[0], 360)), [0, 120, 240], atol=3)


def test_a_perimeter_is_closed_keeps_its_offset_and_turns_as_asked(nanling: District) -> None:
    area = Polygon([(-200, -150), (200, -150), (200, 150), (-200, 150)], [[(-50, -50), (50, -50), (50, 50), (-50, 50)]])
    for clockwise in (True, False):
        made = plan(nanling, "perimeter", area, offset_m=30, clockwise=clockwise)
        ring = places_m(nanling, made, Command.WAYPOINT)
        assert np.allclose(ring[0], ring[-1], atol=0.05)
        assert shapely.LinearRing(ring).is_ccw != clockwise
        assert np.allclose(shapely.distance(shapely.points(ring), box(-200, -150, 200, 150)), 30, atol=1)
        line = LineString(ring)
        assert line.distance(box(-50, -50, 50, 50)) > 100, "holes do not count"


def test_a_perimeter_so_far_inside_that_nothing_is_left_is_refused(nanling: District) -> None:
    with pytest.raises(PlanningError) as caught:
        plan(nanling, "perimeter", box(0, 0, 60, 60), offset_m=-40)
    assert caught.value.field == "offset_m"


@pytest.mark.parametrize("aircraft", ["fixed_wing", "vtol"])
def test_winged_aircraft_stay_near_a_perimeter_round_a_notch(nanling: District, aircraft: str) -> None:
    area = CASES["perimeter"][1]
    made = plan(nanling, "perimeter", area, aircraft)
    flown = path_m(nanling, made, "perimeter")[:, :2]
    assert shapely.distance(shapely.points(flown), area.exterior).max() < 90
    assert LineString(flown).length > 0.8 * area.exterior.length


def test_a_dispatch_stands_where_it_sees_its_place(nanling: District) -> None:
    street = (100.0, 50.0)
    for bearing in range(0, 360, 45):
        made = plan(nanling, "dispatch", Point(*street), standoff_m=60, bearing_deg=bearing, altitude={"value_m": 60})
        (stand,) = places_m(nanling, made, Command.LOITER_TIME)
        assert math.dist(stand, street) == pytest.approx(60, abs=0.2)
        up = path_m(nanling, made, "watch")[-1, 2] - nanling.frame.origin.alt_amsl_m
        target = (*street, float(nanling.surface.top_enu_m(*street)) + 1.5)
        assert nanling.surface.visible((*stand, up), target)[0] or made.notes
        taken = math.degrees(math.atan2(stand[0] - street[0], stand[1] - street[1]))
        assert abs((taken - bearing + 180) % 360 - 180) < 1 or made.notes


def test_a_rotorcraft_keeps_pace_with_what_it_follows(nanling: District) -> None:
    way = LineString([(-200, 0), (100, 0), (100, -150)])
    made = plan(nanling, "follow", way, target_speed_mps=4, standoff_m=50, bearing_deg=90, stay_s=0)
    followed = [i for i, item in enumerate(made.items) if item.purpose == "follow"]
    times = [point.time_s for point in made.path if point.item in followed]
    assert LineString(path_m(nanling, made, "follow")[:, :2]).length == pytest.approx(way.length, rel=0.02)
    assert times[-1] - times[0] == pytest.approx(way.length / 4, rel=0.12)
    speeds = [item.params[1] for item in made.items if item.command == Command.CHANGE_SPEED]
    assert speeds == [made.speed_mps, 4, made.speed_mps]
    targets = places_m(nanling, made, Command.SET_ROI_LOCATION)
    assert shapely.distance(shapely.points(targets), way).max() < 0.1


@pytest.mark.parametrize("aircraft", ["fixed_wing", "vtol"])
@pytest.mark.parametrize("speed", [3.0, 7.0, 11.0, 16.0])
def test_winged_aircraft_stay_about_a_slower_target(nanling: District, speed: float, aircraft: str) -> None:
    way = LineString([(-300, 0), (300, 0)])
    made = plan(nanling, "follow", way, aircraft, target_speed_mps=speed)
    enu, time = path_m(nanling, made), np.array([point.time_s for point in made.path])
    following = np.array([made.items[point.item].purpose == "follow" for point in made.path])
    there = time[np.flatnonzero(following & (np.hypot(enu[:, 0] + 300, enu[:, 1]) < 180))[0]]
    during = following & (time >= there) & (time <= there + way.length / speed)
    away = np.hypot(enu[during, 0] + 300 - speed * (time[during] - there), enu[during, 1])
    assert away.max() < 190
    assert away.mean() < 120


def test_a_target_faster_than_the_aircraft_is_refused(nanling: District) -> None:
    with pytest.raises(PlanningError) as caught:
        plan(nanling, "follow", LineString([(0, 0), (200, 0)]), target_speed_mps=38)
    assert caught.value.field == "target_speed_mps"


def test_gaps_are_ground_that_no_camera_sees_and_are_imaged(nanling: District) -> None:
    area = box(-150, -100, 150, 100)
    made = plan(nanling, "gap", area)
    built = shapely.union_all(nanling.buildings.geometry.to_crs(nanling.frame.crs).array)
    gap = area.difference(covered_m(nanling)).difference(built)
    assert imaged_m(nanling, made).intersection(gap).area >= 0.998 * gap.area


def test_gaps_are_seen_again_in_time_or_it_is_said_how_many_aircraft_would_do(nanling: District) -> None:
    area = box(-120, -80, 120, 80)
    made = plan(nanling, "gap", area, revisit_s=600)
    worst = worst_revisit_s(made)
    assert 0 < worst <= 600
    assert made.energy_fraction > 0.4, "as often as the battery allows"
    assert made.energy_fraction <= 0.8
    assert f"{worst:.0f} s" in made.notes[-1][0]
    with pytest.raises(PlanningError) as caught:
        plan(nanling, "gap", area, revisit_s=30)
    assert caught.value.field == "revisit_s"
    assert "aircraft" in caught.value.message_en and caught.value.message_zh


def test_unlike_aircraft_share_a_gap_and_leave_nothing_out(nanling: District) -> None:
    area = box(-200, -150, 200, 150)
    crew = [{"count": 1, "kind": "rotorcraft"}, {"count": 1, "kind": "fixed_wing"}]
    made = plans(nanling, "gap", area, crew)
    built = shapely.union_all(nanling.buildings.geometry.to_crs(nanling.frame.crs).array)
    gap = area.difference(covered_m(nanling)).difference(built)
    together = shapely.union_all([imaged_m(nanling, each) for each in made])
    assert together.intersection(gap).area >= 0.998 * gap.area
    assert all(imaged_m(nanling, each).intersection(gap).area < 0.8 * gap.area for each in made)
