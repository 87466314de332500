"""Work longer than a battery: several flights of one aircraft, going on where it stopped, the reserve untouched."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely

from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning import MissionRequest, PlanningError, draft, schedule
from missions.planning.profiles import profile

NOW = Instant(1_790_000_000.0)
LOOP_M = [[-900, -900], [900, -900], [900, 900], [-900, 900], [-900, -600], [600, -600], [600, 600], [-600, 600]]
SQUARE_M = [[-1000, -900], [1000, -900], [1000, 900], [-1000, 900], [-1000, -900]]
WIND = {"from_deg": 250, "speed_mps": 5}


@pytest.fixture(scope="module")
def nanling(nanling: District) -> District:
    """The district with nothing in the way, so that all of the work is flown."""
    buildings = nanling.buildings
    return replace(nanling, zones=nanling.zones.iloc[:0], buildings=buildings[buildings["height_m"] < 30.0])


def asked(district: District, kind: str, places_m: object, **more: object) -> MissionRequest:
    places = np.asarray(places_m, dtype=np.float64)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([places, np.zeros(len(places))]))
    points: object = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    kinds = {"survey": "Polygon", "search": "Polygon", "perimeter": "Polygon", "orbit": "Point"}
    shape = kinds.get(kind, "LineString")
    coordinates = {"Polygon": [points], "Point": points[0]}.get(shape, points)  # type: ignore[index]
    return MissionRequest.model_validate(
        {
            "kind": kind,
            "geometry": {"type": shape, "coordinates": coordinates},
            "wind": WIND,
            "battery_swaps": True,
            **more,
        }
    )


def at_work(plan: Plan, district: District, kind: str) -> np.ndarray:
    """(N, 2) the path while a plan does its work."""
    points = [p.position for p in plan.path if plan.items[p.item].purpose == kind]
    return np.array([district.frame.enu_from_geodetic(p.lat_deg, p.lon_deg, p.alt_amsl_m)[:2] for p in points])


def in_battery(plan: Plan) -> bool:
    return plan.energy_fraction <= 1 - profile(plan.vehicle_kind).reserve_fraction


@pytest.mark.parametrize("vehicle", ["rotorcraft", "vtol"])
@pytest.mark.parametrize("kind", ["route", "corridor", "perimeter", "search", "survey", "orbit"])
def test_every_kind_is_split_into_flights_that_each_keep_their_reserve(
    nanling: District, kind: str, vehicle: str
) -> None:
    longer = {"orbit": {"turns": 50, "radius_m": 300}, "survey": {}, "search": {}}.get(kind, {"repeat": 8})
    places = {"route": LOOP_M, "corridor": LOOP_M, "orbit": [[200, 100]]}.get(kind, SQUARE_M)
    plans = draft(asked(nanling, kind, places, vehicles={"kind": vehicle}, **longer), nanling, [], NOW)
    assert len(plans) > 1 and [plan.sortie for plan in plans] == list(range(1, len(plans) + 1))
    assert all(in_battery(plan) for plan in plans)
    for before, after in itertools.pairwise(plans):
        landed = before.takeoffs_s[0] + before.duration_s
        assert after.takeoffs_s[0] == pytest.approx(landed + profile(plans[0].vehicle_kind).turnaround_s)


def test_a_route_goes_on_where_it_stopped_and_none_of_it_is_left_out(nanling: District) -> None:
    plans = draft(asked(nanling, "route", LOOP_M, repeat=2), nanling, [], NOW)
    flown = shapely.union_all([shapely.LineString(at_work(plan, nanling, "route")) for plan in plans])
    assert len(plans) > 1
    missed = shapely.LineString(LOOP_M).difference(flown.buffer(5.0))
    assert missed.length < 1.0
    for before, after in itertools.pairwise(plans):
        gap = np.hypot(*(at_work(before, nanling, "route")[-1] - at_work(after, nanling, "route")[0]))
        assert gap < 5.0 or gap == pytest.approx(np.hypot(*np.subtract(LOOP_M[0], LOOP_M[-1])), abs=5.0)


def test_pictures_leave_no_gap_where_a_survey_was_broken_off(nanling: District) -> None:
    wanted = shapely.Polygon(SQUARE_M)
    plans = draft(asked(nanling, "survey", SQUARE_M), nanling, [], NOW)
    grounds = []
    for plan in plans:
        degrees = shapely.geometry.shape(plan.imaged)
        xy = shapely.get_coordinates(degrees)
        enu = nanling.frame.enu_from_geodetic(xy[:, 1], xy[:, 0], np.full(len(xy), 220.0))
        grounds.append(shapely.set_coordinates(degrees, enu[:, :2]))
    assert shapely.union_all(grounds).intersection(wanted).area >= 0.998 * wanted.area


def test_two_aircraft_that_split_an_area_are_done_in_little_more_than_half_the_time(nanling: District) -> None:
    finish = [
        schedule.of(draft(asked(nanling, "survey", SQUARE_M, vehicles={"count": n}), nanling, [], NOW)).finish_s
        for n in (1, 2)
    ]
    assert finish[1] < 0.65 * finish[0]


def test_a_leg_too_far_for_a_battery_is_refused_with_what_to_do(nanling: District) -> None:
    with pytest.raises(PlanningError, match=r"way there and back alone takes \d+% of a battery.*choose a nearer home"):
        draft(asked(nanling, "route", [[0, 0], [0, 9000]]), nanling, [], NOW)


def test_flights_in_turn_are_groups_with_one_plan_for_each_aircraft(nanling: District) -> None:
    plans = draft(asked(nanling, "survey", SQUARE_M, vehicles={"count": 2}), nanling, [], NOW)
    groups = schedule.in_turn(plans)
    assert sum(len(group) for group in groups) == len(plans)
    for number, group in enumerate(groups, start=1):
        assert {plan.sortie for plan in group} == {number}
        assert min(plan.takeoffs_s[0] for plan in group) == 0.0
