"""Conformance: a flown path beside its plan; departures are found where they are, and nothing else is found."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.positions import Geodetic, LocalFrame
from missions.plan import Command, Frame, PathPoint, Plan, PlanItem
from missions.planning.conformance import Bounds, bounds, conformance
from missions.planning.profiles import profile

HOME = Geodetic(43.86, 125.32, 220.0)
FRAME = LocalFrame(HOME)
SPEED_MPS = 10.0
ALLOWED = Bounds(lateral_m=5.0, turn_m=12.0, vertical_m=4.0, slope_m=6.0, missed_m=5.0)
CORNERS = np.array(
    # Up, along two passes that the third crosses in their middle, and down again.
    [(0, 0, 0), (0, 0, 60), (100, 0, 60), (100, 80, 60), (0, 80, 60), (50, 120, 60), (50, -60, 60), (50, -60, 0)],
    dtype=float,
)
PURPOSES = ("takeoff", "survey", "transit", "survey", "transit", "corridor", "return")


def position(point):
    lat, lon, _ = FRAME.geodetic_from_enu(np.array([point[0], point[1], 0.0]))
    return Position(float(lat), float(lon), 220.0 + float(point[2]))


def plan(corners=CORNERS, purposes=PURPOSES):
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    path = tuple(
        PathPoint(position(point), float(far) / SPEED_MPS, max(index - 1, 0))
        for index, (point, far) in enumerate(zip(corners, along, strict=True))
    )
    items = tuple(PlanItem(Command.WAYPOINT, Frame.HOME, purpose=purpose) for purpose in purposes)
    return Plan("uav-1", "rotorcraft", position((0, 0, 0)), items, SPEED_MPS, path=path, duration_s=path[-1].time_s)


def flown(corners=CORNERS, every_m=3.0):
    """Places at even distances along straight legs."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    at = np.append(np.arange(0, along[-1], every_m), along[-1])
    return np.column_stack([np.interp(at, along, corners[:, axis]) for axis in range(3)])


def compared(points, allowed=ALLOWED, the_plan=None):
    times = np.arange(len(points)) * 0.3
    return conformance(the_plan or plan(), times.tolist(), [position(each) for each in points], allowed)


def test_a_flight_on_its_path_is_within_and_takes_the_time_of_its_phases():
    found = compared(flown())
    assert found.within, found.reasons
    assert [each.phase for each in found.phases if " " not in each.phase] == [
        "takeoff", "survey", "transit", "corridor", "return",
    ]  # fmt: skip
    assert max(each.lateral_max_m for each in found.phases) < 0.2
    assert found.flown_s == pytest.approx(found.planned_s, rel=0.03)
    for each in found.phases:
        assert each.flown_s == pytest.approx(each.planned_s, abs=1.0), each.phase


def test_a_bulge_on_one_pass_is_found_there_with_its_side_though_other_passes_cross_it():
    points = flown()
    on_second = (points[:, 1] == 80) & (abs(points[:, 0] - 50) < 30)
    points[on_second, 1] += 9.0
    found = compared(points)
    assert not found.within
    assert found.reasons == ("survey: 9.0 m beside the path, 5.0 m are allowed",)
    assert found.lateral_m[np.argmax(abs(found.lateral_m))] == pytest.approx(9.0, abs=0.3), "north of westward is right"


def test_a_flight_too_low_says_by_how_much():
    points = flown()
    points[:, 2] = np.minimum(points[:, 2], 52.0)
    found = compared(points)
    assert any("survey: 8.0 m above or below the path, 4.0 m are allowed" in reason for reason in found.reasons)


def test_climbing_faster_than_planned_is_no_departure_but_rising_over_the_take_off_height_is():
    corners = np.array([(0, 0, 0), (200, 0, 50), (500, 0, 50)], dtype=float)
    the_plan = plan(corners, ("takeoff", "transit"))
    steep = np.array([(0, 0, 0), (100, 0, 50), (500, 0, 50)], dtype=float)
    assert compared(flown(steep), the_plan=the_plan).within
    too_high = np.array([(0, 0, 0), (120, 0, 60), (200, 0, 50), (500, 0, 50)], dtype=float)
    assert any(reason.startswith("takeoff: ") for reason in compared(flown(too_high), the_plan=the_plan).reasons)
    shallow = np.array([(0, 0, 0), (160, 0, 20), (200, 0, 50), (500, 0, 50)], dtype=float)
    assert any(reason.startswith("takeoff: ") for reason in compared(flown(shallow), the_plan=the_plan).reasons)


def test_a_pass_that_was_left_out_is_missed():
    skipping = np.delete(CORNERS, [3, 4], axis=0)
    found = compared(flown(skipping), Bounds(200.0, 12.0, 4.0, 4.0, 5.0))
    assert found.missed_m > 150
    assert not found.within


def test_standing_before_and_after_the_flight_is_not_counted():
    points = flown()
    points = np.concatenate([np.repeat(points[:1], 200, axis=0), points, np.repeat(points[-1:], 100, axis=0)])
    found = compared(points)
    assert found.within
    assert found.flown_s == pytest.approx(found.planned_s, rel=0.05)


def test_a_cut_corner_counts_as_turn_and_has_the_turn_s_bound():
    cut = np.array([(0, 0, 0), (0, 0, 60), (85, 0, 60), (100, 15, 60), *CORNERS[3:]])
    found = compared(flown(cut))
    turns = next(each for each in found.phases if each.phase in ("transit turn", "survey turn"))
    assert 5 < turns.lateral_max_m < 12
    assert found.within, found.reasons


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 360), st.floats(0, 3.5), st.floats(-3.5, 3.5))
def test_an_offset_of_the_whole_flight_is_never_told_larger_than_it_is(toward_deg, offset_m, higher_m):
    shift = (offset_m * math.sin(math.radians(toward_deg)), offset_m * math.cos(math.radians(toward_deg)), higher_m)
    found = compared(flown() + shift)
    assert np.hypot(found.lateral_m, found.vertical_m).max() <= math.hypot(offset_m, higher_m) + 0.1
    assert found.within, found.reasons


def test_a_long_flight_is_thinned_and_still_compared():
    passes = [(500 * (k % 2), 40 * (k // 2), 60) for k in range(1, 50)]
    corners = np.array([(0, 0, 0), (0, 0, 60), *passes], dtype=float)
    purposes = ("takeoff", *["survey"] * 49)
    found = compared(flown(corners), the_plan=plan(corners, purposes))
    assert found.within, found.reasons
    assert len(found.along_m) <= 4_000


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing", "vtol"])
def test_bounds_come_from_the_profile(kind):
    of_kind = profile(kind)
    allowed = bounds(of_kind)
    assert allowed.lateral_m == of_kind.position_error_m
    assert allowed.turn_m >= allowed.lateral_m


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="no path"):
        conformance(Plan("", "rotorcraft", position((0, 0, 0)), (), 5.0), [0, 1], [position((0, 0, 0))] * 2, ALLOWED)
    with pytest.raises(ValueError, match="1 times"):
        conformance(plan(), [0.0], [position((0, 0, 0))] * 2, ALLOWED)
