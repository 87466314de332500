"""The flight model: time and energy only grow, wind never helps there and back, turns fit, autopilots' habits."""

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position, VehicleKind
from maps.district import District
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.errors import PlanningError
from missions.planning.profiles import PROFILES, run_m
from missions.planning.request import Wind
from missions.planning.trajectory import Trajectory, fly

KINDS: tuple[VehicleKind, ...] = ("rotorcraft", "fixed_wing", "vtol")
FLOWN = Path(__file__).parents[2] / "data" / "flown"
kinds = st.sampled_from(KINDS)
places = st.tuples(st.floats(-1500, 1500), st.floats(-1500, 1500), st.floats(40, 150))
winds = st.builds(Wind, from_deg=st.floats(0, 360), speed_mps=st.floats(0, 9))


def home_of(district: District) -> Position:
    origin = district.frame.origin
    return Position(origin.lat_deg, origin.lon_deg, origin.alt_amsl_m)


def item(district: District, command: int, place: tuple[float, float, float], *params: float) -> PlanItem:
    """An item at (east, north, height over home)."""
    lat, lon, _ = district.frame.geodetic_from_enu([place[0], place[1], 0.0])
    padded = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem(int(command), int(Frame.HOME), float(lat), float(lon), place[2], padded)


def order(command: int, *params: float) -> PlanItem:
    return PlanItem(int(command), int(Frame.MISSION), params=(*params, 0.0, 0.0, 0.0, 0.0)[:4])


def take_off(district: District, up_m: float = 60.0) -> PlanItem:
    return item(district, Command.TAKEOFF, (0.0, 200.0, up_m), 12.0)


def flown(
    district: District, kind: VehicleKind, items: list[PlanItem], wind: Wind | None = None, **more: float
) -> Trajectory:
    return fly(items, home_of(district), PROFILES[kind], district, wind=wind, **more)


def up_m(path: Trajectory, district: District) -> np.ndarray:
    return path.enu_m[:, 2] - district.frame.origin.alt_amsl_m


@given(kinds, st.lists(places, min_size=1, max_size=6), winds, st.sampled_from([Frame.HOME, Frame.TERRAIN]))
@settings(deadline=None, max_examples=60)
def test_time_and_energy_grow_along_any_flight(
    nanling: District, kind: VehicleKind, stops: list[tuple[float, float, float]], wind: Wind, frame: Frame
) -> None:
    legs = [msgspec.structs.replace(item(nanling, Command.WAYPOINT, place), frame=int(frame)) for place in stops]
    path = flown(nanling, kind, [take_off(nanling), *legs, order(Command.RETURN_TO_LAUNCH)], wind)
    assert np.isfinite(path.enu_m).all()
    assert (np.diff(path.time_s) >= 0).all() and (np.diff(path.energy_s) >= 0).all()
    assert path.duration_s > 0 and path.energy_s[-1] > 0
    steps, seconds = np.linalg.norm(np.diff(path.enu_m[:, :2], axis=0), axis=1), np.diff(path.time_s)
    fastest = PROFILES[kind].cruise_mps + wind.speed_mps
    assert (steps <= fastest * seconds * 1.05 + 8.0).all()
    rates = np.diff(path.enu_m[:, 2]) / np.maximum(seconds, 1e-6)
    assert rates[seconds > 0.05].max(initial=0) <= PROFILES[kind].climb_mps + 1e-6


@given(kinds, st.floats(0, 359), st.floats(0, 8), st.floats(0.1, 3.5))
@settings(deadline=None, max_examples=60)
def test_more_head_wind_never_shortens_there_and_back(
    nanling: District, kind: VehicleKind, course_deg: float, less_mps: float, more_mps: float
) -> None:
    east, north = math.sin(math.radians(course_deg)), math.cos(math.radians(course_deg))
    out, back = (2000 * east, 2000 * north, 60.0), (200 * east, 200 * north, 60.0)
    items = [
        item(nanling, Command.TAKEOFF, back, 12.0),
        item(nanling, Command.WAYPOINT, out, 0.0, 5.0),
        item(nanling, Command.WAYPOINT, back, 0.0, 5.0),
    ]

    def seconds(speed_mps: float) -> float:
        path = flown(nanling, kind, items, Wind(from_deg=course_deg, speed_mps=speed_mps))
        return float(path.time_s[-1])

    assert seconds(less_mps + more_mps) >= seconds(less_mps) - 1.0


@given(kinds, st.floats(5, 25), st.floats(0.1, 10))
def test_turns_and_runs_grow_with_speed(kind: VehicleKind, speed: float, faster: float) -> None:
    profile = PROFILES[kind]
    slow, fast = profile.turn_radius_m(speed), profile.turn_radius_m(speed + faster)
    assert fast > slow > 0 if profile.winged else fast == slow == 0
    assert run_m(profile, speed + faster) >= run_m(profile, speed) >= 0


@given(st.lists(places, min_size=2, max_size=6), st.sampled_from(["fixed_wing", "vtol"]))
@settings(deadline=None, max_examples=40)
def test_wings_turn_no_tighter_than_they_bank(
    nanling: District, stops: list[tuple[float, float, float]], kind: VehicleKind
) -> None:
    items = [take_off(nanling), *(item(nanling, Command.WAYPOINT, place) for place in stops)]
    path = flown(nanling, kind, items)
    step, seconds = np.diff(path.enu_m[:, :2], axis=0), np.diff(path.time_s)
    course = np.arctan2(step[:, 1], step[:, 0])
    turned = np.abs((np.diff(course) + math.pi) % math.tau - math.pi)
    room = np.maximum(seconds[:-1], seconds[1:])
    moving = (np.hypot(*step.T)[:-1] > 3) & (np.hypot(*step.T)[1:] > 3)
    profile = PROFILES[kind]
    fastest = profile.cruise_mps / profile.turn_radius_m()
    assert (turned[moving] <= fastest * room[moving] * 1.1 + 0.06).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_leg_against_too_much_wind_is_refused_with_what_to_do(nanling: District, kind: VehicleKind) -> None:
    items = [take_off(nanling), item(nanling, Command.WAYPOINT, (0.0, 2000.0, 60.0))]
    with pytest.raises(PlanningError) as caught:
        flown(nanling, kind, items, Wind(from_deg=0, speed_mps=25))
    assert caught.value.field == "wind" and "wait" in caught.value.message_en and "等" in caught.value.message_zh


def test_a_rotorcraft_holds_its_ground_speed_and_pays_for_the_wind(nanling: District) -> None:
    items = [take_off(nanling), item(nanling, Command.WAYPOINT, (0.0, 2000.0, 60.0))]
    calm, windy = (
        flown(nanling, "rotorcraft", items),
        flown(nanling, "rotorcraft", items, Wind(from_deg=0, speed_mps=7)),
    )
    assert windy.duration_s == pytest.approx(calm.duration_s)
    assert windy.energy_s[-1] > 1.5 * calm.energy_s[-1]


def test_every_corner_costs_a_rotorcraft_time_and_a_straight_line_does_not(nanling: District) -> None:
    straight = [item(nanling, Command.WAYPOINT, (0.0, north, 60.0)) for north in (400.0, 800.0)]
    corner = [
        item(nanling, Command.WAYPOINT, (0.0, 400.0, 60.0)),
        item(nanling, Command.WAYPOINT, (400.0, 400.0, 60.0)),
    ]
    one, bent = (flown(nanling, "rotorcraft", [take_off(nanling), *legs]) for legs in (straight, corner))
    alone = flown(nanling, "rotorcraft", [take_off(nanling), straight[1]])
    assert one.duration_s == pytest.approx(alone.duration_s, abs=0.5)
    assert 1.5 < bent.duration_s - one.duration_s < 6.5


def test_wings_begin_a_turn_before_the_waypoint_unless_told_to_fly_over(nanling: District) -> None:
    def nearest(*params: float) -> float:
        corner = item(nanling, Command.WAYPOINT, (0.0, 1500.0, 60.0), *params)
        path = flown(
            nanling, "fixed_wing", [take_off(nanling), corner, item(nanling, Command.WAYPOINT, (1500.0, 1500.0, 60.0))]
        )
        return float(shapely.distance(shapely.LineString(path.enu_m[:, :2]), shapely.Point(0.0, 1500.0)))

    assert nearest() > 15
    assert nearest(0.0, 2.0) < 5


def test_a_climb_without_room_reaches_its_waypoint_low_and_goes_on(nanling: District) -> None:
    items = [
        take_off(nanling, 40.0),
        item(nanling, Command.WAYPOINT, (0.0, 500.0, 140.0)),
        item(nanling, Command.WAYPOINT, (0.0, 2500.0, 140.0)),
    ]
    path = flown(nanling, "fixed_wing", items)
    assert up_m(path, nanling)[path.item == 1].max() < 120
    assert up_m(path, nanling)[-1] == pytest.approx(140, abs=0.5)


def test_a_long_descent_is_spread_over_its_leg_and_ends_at_its_height(nanling: District) -> None:
    items = [take_off(nanling, 120.0), item(nanling, Command.WAYPOINT, (0.0, 3000.0, 60.0))]
    path = flown(nanling, "fixed_wing", items)
    leg = path.item == 1
    expected = np.interp(path.enu_m[leg, 1], [path.enu_m[leg, 1].min(), 3000.0], [120.0, 60.0])
    assert up_m(path, nanling)[leg] == pytest.approx(expected, abs=8)
    assert up_m(path, nanling)[-1] == pytest.approx(60, abs=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("minutes", [1.0, 240.0])
def test_loitering_takes_its_time_however_long_and_stays_around_its_place(
    nanling: District, kind: VehicleKind, minutes: float
) -> None:
    place = (600.0, 600.0, 60.0)
    items = [take_off(nanling), item(nanling, Command.LOITER_TIME, place, minutes * 60, 0.0, 70.0)]
    path = flown(nanling, kind, items)
    before = flown(nanling, kind, [take_off(nanling), item(nanling, Command.WAYPOINT, place)])
    assert path.duration_s - before.duration_s == pytest.approx(minutes * 60, rel=0.02, abs=15)
    away = np.hypot(path.enu_m[-10:, 0] - place[0], path.enu_m[-10:, 1] - place[1])
    if kind == "rotorcraft":
        assert away[-1] < 0.1
    else:
        assert away == pytest.approx(np.full(len(away), 70.0), abs=4)
    assert len(path.time_s) < 3000


@pytest.mark.parametrize(("radius", "side"), [(80.0, -1), (-80.0, 1)])
def test_turns_are_counted_in_the_direction_asked_for(nanling: District, radius: float, side: int) -> None:
    for kind in KINDS:
        items = [take_off(nanling), item(nanling, Command.LOITER_TURNS, (500.0, 800.0, 60.0), 3.0, 0.0, radius)]
        path = flown(nanling, kind, items)
        from_centre = path.enu_m[path.item == 1][:, :2] - (500.0, 800.0)
        angle = np.unwrap(np.arctan2(from_centre[:, 1], from_centre[:, 0]))
        near = np.hypot(*from_centre.T) < 85
        around = (angle[near][-1] - angle[near][0]) * side
        joining = 0.1 if kind == "rotorcraft" else math.radians(120)
        assert 3 * math.tau - 0.1 <= around <= 3 * math.tau + joining


def test_a_place_to_look_at_is_not_flown_to(nanling: District) -> None:
    look = item(nanling, Command.SET_ROI_LOCATION, (3000.0, 3000.0, 0.0))
    ahead = item(nanling, Command.WAYPOINT, (0.0, 600.0, 60.0))
    for kind in KINDS:
        path = flown(nanling, kind, [take_off(nanling), look, ahead])
        assert path.enu_m[:, 0].max() < 100


def test_a_vtol_rises_and_lands_vertically_and_flies_on_wings_between(nanling: District) -> None:
    ground = float(nanling.terrain.height_amsl_m(*reversed(lon_lat(nanling, (0.0, 0.0)))))
    items = [
        item(nanling, Command.VTOL_TAKEOFF, (0.0, 0.0, 60.0)),
        item(nanling, Command.WAYPOINT, (0.0, 900.0, 60.0)),
        item(nanling, Command.WAYPOINT, (900.0, 900.0, 60.0)),
        item(nanling, Command.VTOL_LAND, (0.0, 0.0, 0.0)),
    ]
    path = flown(nanling, "vtol", items)
    rising = path.item == 0
    above = up_m(path, nanling)
    assert np.hypot(*path.enu_m[rising & (above < 59), :2].T).max() < 0.1
    assert path.enu_m[-1] == pytest.approx([0.0, 0.0, ground], abs=0.1)
    last = path.enu_m[path.item == 3]
    assert (np.hypot(*last[last[:, 2] < ground + 55, :2].T) < 0.5).all()
    speeds = np.hypot(*np.diff(path.enu_m[path.item == 2][:, :2], axis=0).T) / np.diff(path.time_s[path.item == 2])
    assert np.median(speeds) == pytest.approx(PROFILES["vtol"].cruise_mps, rel=0.05)


def lon_lat(district: District, place: tuple[float, float]) -> tuple[float, float]:
    lat, lon, _ = district.frame.geodetic_from_enu([*place, 0.0])
    return float(lon), float(lat)


def test_a_fixed_wing_aircraft_climbs_out_the_way_it_is_launched(nanling: District) -> None:
    items = [take_off(nanling), item(nanling, Command.WAYPOINT, (0.0, 1500.0, 60.0))]
    path = flown(nanling, "fixed_wing", items, launch_heading_deg=90.0)
    out = path.enu_m[path.item == 0][-1]
    assert out[0] > 150 and abs(out[1]) < 1
    assert abs(path.enu_m[-1, 0]) < 60 and path.enu_m[-1, 1] > 1400


@pytest.mark.parametrize("kind", KINDS)
def test_many_items_are_flown_in_order(nanling: District, kind: VehicleKind) -> None:
    legs = [((i // 2) * 50.0 - 1000.0, 600.0 * ((i + 1) // 2 % 2), 90.0) for i in range(300)]
    path = flown(nanling, kind, [take_off(nanling), *(item(nanling, Command.WAYPOINT, leg) for leg in legs)])
    assert (np.diff(path.item) >= 0).all()
    line = shapely.LineString(path.enu_m[:, :2])
    away = shapely.distance(line, shapely.points([leg[:2] for leg in legs]))
    assert away.max() < (2.5 if kind == "rotorcraft" else 75)


def test_the_model_flies_a_survey_as_arduplane_flew_it(nanling: District) -> None:
    """Recorded from ArduPlane in the loop: turns, overshoots, the circle and the glide of a small survey."""
    record = json.loads((FLOWN / "arduplane_survey.json").read_text(encoding="utf-8"))
    plan = msgspec.convert(record["plan"], Plan)
    path = fly(plan.items, plan.home, PROFILES["fixed_wing"], nanling, speed_mps=plan.speed_mps)
    rows = np.array(record["flown"])
    enu = nanling.frame.enu_from_geodetic(rows[:, 1], rows[:, 2], rows[:, 3])
    line = shapely.LineString(path.enu_m[:, :2])
    aside = shapely.distance(line, shapely.points(enu[:, :2]))
    assert np.median(aside) < 3 and np.percentile(aside, 95) < 12 and aside.max() < 20
    passes = path.time_s[path.item == 12].max() - path.time_s[path.item == 4].max()
    assert passes == pytest.approx(198.6 - 49.9, rel=0.05)
