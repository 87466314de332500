"""Schedules: take-offs of neighbours are spaced, the longest flight goes first, the summary is that of the plans."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning import MissionRequest, draft, schedule
from missions.planning.schedule import LANDING_SPACING_S, NEAR_M, TAKEOFF_SPACING_S, staggered, worst_uncovered_s

NOW = Instant(1_790_000_000.0)


def plan(duration_s: float, north_m: float = 0.0, **more: object) -> Plan:
    home = Position(43.86 + north_m / 111_195.0, 125.3, 220.0)
    return Plan("", "rotorcraft", home, (), 10.0, duration_s=duration_s, **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(60, 3000), st.sampled_from([0.0, 30.0, 500.0, 5000.0])), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_neighbours_take_off_one_after_another_and_nobody_waits_for_those_far_away(
    crew: list[tuple[float, float]],
) -> None:
    plans = staggered([plan(duration, north) for duration, north in crew])
    for (one, (_, north)), (other, (_, north_too)) in itertools.combinations(zip(plans, crew, strict=True), 2):
        if abs(north - north_too) < NEAR_M:
            assert abs(one.takeoffs_s[0] - other.takeoffs_s[0]) >= TAKEOFF_SPACING_S - 1e-6
            landed = [each.takeoffs_s[0] + each.duration_s for each in (one, other)]
            assert abs(landed[0] - landed[1]) >= LANDING_SPACING_S - 1e-6
    for here in {north for _, north in crew if north >= NEAR_M}:
        assert min(each.takeoffs_s[0] for each, (_, north) in zip(plans, crew, strict=True) if north == here) == 0


def test_the_longest_flight_takes_off_first() -> None:
    starts = [each.takeoffs_s[0] for each in staggered([plan(300), plan(900), plan(600)])]
    assert starts == [2 * TAKEOFF_SPACING_S, 0.0, TAKEOFF_SPACING_S]


def test_take_offs_already_planned_stay_and_others_keep_away_from_them() -> None:
    fixed = plan(300, takeoffs_s=(5.0, 900.0))
    plans = staggered([fixed, plan(600)])
    assert plans[0] == fixed
    assert abs(plans[1].takeoffs_s[0] - 5.0) >= TAKEOFF_SPACING_S


def test_a_lone_aircraft_does_not_wait() -> None:
    assert staggered([plan(300)])[0].takeoffs_s == (0.0,)


def test_the_schedule_counts_every_flight_from_the_launch() -> None:
    crew = [plan(300, takeoffs_s=(0.0, 700.0)), plan(500, takeoffs_s=(100.0,), energy_fraction=0.4)]
    planned = schedule.of(crew)
    assert [(each.plan, each.time_s) for each in planned.takeoffs] == [(0, 0.0), (1, 100.0), (0, 700.0)]
    assert planned.finish_s == 1000.0
    assert planned.energy_fractions == (0.0, 0.4)
    assert planned.worst_uncovered_s is None


@pytest.mark.parametrize(
    ("stays", "persist", "worst"),
    [
        ([(10.0, 110.0)], 100.0, 0.0),
        ([(10.0, 110.0)], 150.0, 50.0),
        ([(10.0, 110.0), (100.0, 210.0)], 200.0, 0.0),
        ([(130.0, 210.0), (10.0, 110.0)], 200.0, 20.0),
        ([(10.0, 50.0), (300.0, 400.0)], 100.0, 60.0),
        ([(10.0, 300.0), (20.0, 30.0)], 250.0, 0.0),
        ([], 70.0, 70.0),
    ],
)
def test_the_worst_uncovered_time(stays: list[tuple[float, float]], persist: float, worst: float) -> None:
    assert worst_uncovered_s(stays, persist) == pytest.approx(worst)


def test_a_drafted_mission_is_staggered_and_says_it_on_the_wire(nanling: District) -> None:
    home = nanling.home
    asked = MissionRequest.model_validate(
        {
            "kind": "dispatch",
            "geometry": {
                "type": "MultiPoint",
                "coordinates": [[home.lon_deg + 0.003, home.lat_deg], [home.lon_deg - 0.003, home.lat_deg]],
            },
            "vehicles": {"count": 2},
        }
    )
    plans = draft(asked, nanling, [], NOW)
    first, second = sorted(plans, key=lambda each: each.takeoffs_s)
    assert first.takeoffs_s == (0.0,)
    assert second.takeoffs_s[0] >= TAKEOFF_SPACING_S
    assert second.takeoffs_s[0] + second.duration_s - first.duration_s == pytest.approx(LANDING_SPACING_S)
    assert msgspec.to_builtins(second)["takeoffs_s"] == second.takeoffs_s
    planned = schedule.of(plans)
    assert planned.finish_s == max(each.takeoffs_s[0] + each.duration_s for each in plans)
    for flight in planned.takeoffs:
        assert flight.on_station_s is not None
        begin, end = flight.on_station_s
        assert flight.time_s < begin < end < flight.landed_s
        assert end - begin == pytest.approx(asked.stay_s, abs=5)
