"""What the items of plans order: pictures, where the camera looks, take-off, landing, runs, patterns as asked."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Plan, PlanItem
from missions.planning import MissionRequest, draft
from missions.planning.profiles import profile
from missions.planning.tasks import to_geojson

NOW = Instant(1_790_000_000.0)
CAMERA = {"hfov_deg": 70.0, "vfov_deg": 50.0, "width_px": 4000, "height_px": 3000, "overlap": 0.7, "sidelap": 0.5}


def plans(district: District, kind: str, geometry: BaseGeometry, crew: object, **more: object) -> tuple[Plan, ...]:
    asked = {"kind": kind, "geometry": to_geojson(district, geometry), "vehicles": crew, "altitude": {"value_m": 110}}
    return draft(MissionRequest.model_validate({**asked, **more}), district, [], NOW)


def plan(district: District, kind: str, geometry: BaseGeometry, aircraft: str = "rotorcraft", **more: object) -> Plan:
    (made,) = plans(district, kind, geometry, {"kind": aircraft}, **more)
    return made


def places_m(district: District, items: list[PlanItem]) -> NDArray[np.float64]:
    """(N, 2) east and north of items."""
    lat, lon = [item.lat_deg for item in items], [item.lon_deg for item in items]
    return district.frame.enu_from_geodetic(lat, lon, np.full(len(items), district.frame.origin.alt_amsl_m))[:, :2]


def bearing_deg(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    return math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360


@pytest.mark.parametrize("aircraft", ["rotorcraft", "fixed_wing", "vtol"])
def test_pictures_are_taken_on_passes_and_nowhere_else(nanling: District, aircraft: str) -> None:
    made = plan(nanling, "survey", box(-150, -100, 150, 100), aircraft, camera=CAMERA)
    every, taken = 0.0, []
    for item in made.items:
        if item.has_place:
            taken.append((item.purpose, every))
        if item.command == Command.SET_CAM_TRIGG_DIST:
            every = item.params[0] or 0.0
    assert every == 0.0, "pictures end"
    on_passes = {each for purpose, each in taken if purpose == "survey"}
    length = 2 * 110 * math.tan(math.radians(25))
    assert len(on_passes) == 1
    assert 0.85 * length * 0.3 < on_passes.pop() <= length * 0.3 + 0.05, "as the overlap asks"
    if aircraft != "rotorcraft":
        between = [each for (_, each), (after, _) in zip(taken[1:], taken, strict=False) if after == "survey"]
        assert 0.0 in between, "no pictures in turns"
    assert {each for purpose, each in taken if purpose in ("takeoff", "land")} == {0.0}


def test_neighbouring_passes_share_the_sidelap(nanling: District) -> None:
    made = plan(nanling, "survey", box(-200, -150, 200, 150), camera=CAMERA, direction_deg=0)
    north = sorted(set(np.round(places_m(nanling, [i for i in made.items if i.purpose == "survey"])[:, 0])))
    swath = 2 * 110 * math.tan(math.radians(35))
    assert max(np.diff(north)) <= swath * 0.5 + 1.0


@pytest.mark.parametrize("aircraft", ["fixed_wing", "vtol"])
def test_wings_settle_on_a_straight_run_before_each_pass_and_leave_it_straight(
    nanling: District, aircraft: str
) -> None:
    made = plan(nanling, "corridor", LineString([(-250, -50), (250, 50)]), aircraft, width_m=20)
    placed = [item for item in made.items if item.has_place]
    mine = [index for index, item in enumerate(placed) if item.purpose == "corridor"]
    first, last = mine[0] - 1, mine[-1]
    at = places_m(nanling, placed)
    radius = profile(aircraft).turn_radius_m(made.speed_mps)  # type: ignore[arg-type]
    for outer, end, inner in ((at[first - 1], at[first], at[first + 1]), (at[last + 1], at[last], at[last - 1])):
        assert math.dist(outer, end) >= 0.9 * radius
        assert bearing_deg(outer, end) == pytest.approx(bearing_deg(end, inner), abs=1.0)


def test_a_fixed_wing_plan_ends_with_a_circle_down_a_gate_and_a_touchdown(nanling: District) -> None:
    made = plan(nanling, "route", LineString([(-150, 0), (150, 100)]), "fixed_wing")
    assert [item.command for item in made.items[-4:]] == [
        Command.LAND_START, Command.LOITER_TO_ALT, Command.WAYPOINT, Command.LAND,
    ]  # fmt: skip
    circle, gate, touchdown = made.items[-3:]
    centre, begin, end = places_m(nanling, [circle, gate, touchdown])
    radius = circle.params[1] or 0.0
    assert abs(radius) >= profile("fixed_wing").turn_radius_m()
    assert circle.alt_m == gate.alt_m > touchdown.alt_m == pytest.approx(0.0, abs=0.5)
    forward = (end - begin) / math.dist(begin, end)
    right_of_glide = float((centre - begin) @ np.array([forward[1], -forward[0]]))
    assert right_of_glide == pytest.approx(radius, abs=1.0), "clockwise circles lie to the right of the way out"
    assert made.items[0].command == Command.TAKEOFF


def test_a_vtol_takes_off_and_lands_as_one(nanling: District) -> None:
    made = plan(nanling, "route", LineString([(-150, 0), (150, 100)]), "vtol")
    assert made.items[0].command == Command.VTOL_TAKEOFF
    landing = [item.command for item in made.items if item.purpose == "land"]
    assert (landing[0], landing[-1]) == (Command.LAND_START, Command.VTOL_LAND)
    assert set(landing[1:-1]) == {Command.LOITER_TO_ALT}
    assert abs(made.items[-2].params[1] or 0.0) >= profile("vtol").turn_radius_m()


def test_aircraft_of_one_mission_keep_apart_in_height(nanling: District) -> None:
    made = plans(nanling, "survey", box(-200, -150, 200, 150), {"count": 3}, altitude={"value_m": 60})
    heights = [
        np.median([p.position.alt_agl_m or 0.0 for p in each.path if each.items[p.item].purpose == "survey"])
        for each in made
    ]
    assert np.diff(sorted(heights)).min() >= 8.0


@pytest.mark.parametrize("clockwise", [True, False])
@pytest.mark.parametrize("aircraft", ["rotorcraft", "fixed_wing", "vtol"])
def test_an_orbit_is_flown_in_the_sense_asked_for_with_its_camera_let_go_afterwards(
    nanling: District, aircraft: str, clockwise: bool
) -> None:
    made = plan(nanling, "orbit", Point(60, 40), aircraft, radius_m=80, clockwise=clockwise)
    at = [p.position for p in made.path if made.items[p.item].purpose == "orbit"]
    enu = nanling.frame.enu_from_geodetic([p.lat_deg for p in at], [p.lon_deg for p in at], [p.alt_amsl_m for p in at])
    angles = np.unwrap(np.arctan2(enu[:, 1] - 40, enu[:, 0] - 60))
    assert (angles[-1] < angles[0]) == clockwise
    commands = [item.command for item in made.items]
    looks = commands.index(Command.SET_ROI_LOCATION)
    orbiting = [index for index, item in enumerate(made.items) if item.purpose == "orbit"]
    assert looks < orbiting[0] <= orbiting[-1] < commands.index(Command.SET_ROI_NONE)


def test_a_search_keeps_the_spacing_asked_for(nanling: District) -> None:
    square = plan(nanling, "search", Point(0, 0), radius_m=200, spacing_m=40, direction_deg=0)
    first, second, *_ = places_m(nanling, [i for i in square.items if i.has_place and i.command == Command.WAYPOINT])
    assert math.dist(first, second) == pytest.approx(40, abs=0.5)
    creeping = plan(
        nanling, "search", box(-200, -100, 200, 100), pattern="creeping_line", spacing_m=25, direction_deg=0
    )
    tracks = places_m(nanling, [item for item in creeping.items if item.purpose == "search"])[:, 0]
    steps = np.diff(sorted(set(np.round(tracks, 1))))
    assert 21 < steps.max() <= 25.1


def test_an_expanding_square_goes_into_the_wind_first_and_squares_flown_together_are_turned(nanling: District) -> None:
    wind = {"from_deg": 250, "speed_mps": 5}

    def first_leg_deg(made: Plan) -> float:
        legs = [item for item in made.items if item.has_place and item.command == Command.WAYPOINT]
        start, end = places_m(nanling, legs)[:2]
        return bearing_deg(start, end)

    one, other = plans(nanling, "search", Point(0, 0), {"count": 2}, radius_m=200, wind=wind)
    assert first_leg_deg(one) == pytest.approx(250, abs=1)
    assert (first_leg_deg(other) - first_leg_deg(one)) % 360 == pytest.approx(45, abs=1)


def test_a_rotorcraft_follows_at_its_stand_off_behind_or_in_a_bearing(nanling: District) -> None:
    way = LineString([(-200, 0), (200, 0)])

    def first_place(**more: object) -> NDArray[np.float64]:
        made = plan(nanling, "follow", way, target_speed_mps=5, standoff_m=60, **more)
        return places_m(nanling, [i for i in made.items if i.command == Command.WAYPOINT and i.purpose != "camera"])[0]

    assert np.allclose(first_place(), (-260, 0), atol=1.0), "so far behind"
    assert np.allclose(first_place(bearing_deg=0), (-200, 60), atol=1.0), "so far beside"


def test_a_dispatch_stays_as_long_as_asked(nanling: District) -> None:
    made = plan(nanling, "dispatch", Point(100, 50), stay_s=75)
    (stay,) = [item for item in made.items if item.command == Command.LOITER_TIME]
    assert stay.params[0] == 75
    times = [point.time_s for point in made.path if made.items[point.item].command == Command.LOITER_TIME]
    assert times[-1] - times[0] == pytest.approx(75, abs=0.1)


@pytest.mark.parametrize("aircraft", ["fixed_wing", "vtol"])
def test_wings_settle_before_every_pass_of_a_survey(nanling: District, aircraft: str) -> None:
    made = plan(nanling, "survey", box(-250, -100, 250, 100), aircraft)
    placed = [item for item in made.items if item.has_place]
    at = places_m(nanling, placed)
    radius = profile(aircraft).turn_radius_m(made.speed_mps)  # type: ignore[arg-type]
    begins = [i for i, item in enumerate(placed) if item.purpose == "survey" and placed[i - 1].purpose != "survey"]
    assert begins
    for run, begin, on in ((at[index - 2], at[index - 1], at[index]) for index in begins):
        assert math.dist(run, begin) >= 0.9 * radius
        assert abs((bearing_deg(run, begin) - bearing_deg(begin, on) + 180) % 360 - 180) < 2.0
