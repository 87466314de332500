"""Relief: somebody is on station before somebody leaves; where there are too few, the gap is told as it is."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from missions.planning import MissionRequest, PlanningError, draft, schedule
from missions.planning.profiles import profile
from missions.planning.relief import OVERLAP_S, Round, Tour, enough, rota_of, uncovered_s

NOW = Instant(1_790_000_000.0)
SWAP_S = profile("rotorcraft").turnaround_s
NEAR_M = [[150.0, 200.0]]
TWO_HOURS_S = 7200.0


def patrol(district: District, kind: str, places_m: list[list[float]], **more: object) -> MissionRequest:
    places = np.array(places_m)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([places, np.zeros(len(places))]))
    points = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    geometry = {"type": "MultiPoint", "coordinates": points}
    return MissionRequest.model_validate({"kind": kind, "geometry": geometry, "persist_s": TWO_HOURS_S, **more})


def crews(most: int) -> st.SearchStrategy[list[Round]]:
    """So many aircraft at most, all with the same number of legs in a round."""
    tour = st.builds(Tour, st.floats(10, 400), st.floats(60, 3000), st.floats(20, 400), st.floats(0, 600))
    return st.integers(1, 4).flatmap(lambda legs: st.lists(st.tuples(*[tour] * legs), min_size=1, max_size=most))


def alike(count: int, tour: Tour) -> list[Round]:
    return [(tour,)] * count


@given(crews(5), st.floats(100, 20_000))
@settings(deadline=None, max_examples=80)
def test_a_rota_flies_nobody_who_is_still_out_and_covers_the_patrol(crew: list[Round], persist_s: float) -> None:
    rota = rota_of(crew, persist_s)
    arrivals = [each.takeoff_s + crew[each.member][each.leg].out_s for each in rota]
    assert arrivals == sorted(arrivals)
    assert [each.leg for each in rota] == [index % len(crew[0]) for index in range(len(rota))]
    for member, legs in enumerate(crew):
        for before, after in itertools.pairwise(each for each in rota if each.member == member):
            tour = legs[before.leg]
            flown = tour.out_s + tour.stay_s + tour.back_s + tour.swap_s
            assert after.takeoff_s >= before.takeoff_s + flown - 1e-6
    assert max(a + crew[e.member][e.leg].stay_s for a, e in zip(arrivals, rota, strict=True)) >= arrivals[0] + persist_s


@given(crews(4), st.floats(100, 20_000))
@settings(deadline=None, max_examples=60)
def test_the_worst_uncovered_time_is_what_a_clock_on_station_counts(crew: list[Round], persist_s: float) -> None:
    rota = rota_of(crew, persist_s)
    stays = [(e.takeoff_s + crew[e.member][e.leg].out_s, crew[e.member][e.leg].stay_s) for e in rota]
    ticks = np.linspace(0, persist_s, 4001) + stays[0][0]
    alone = ~np.any([(ticks >= begin) & (ticks <= begin + stay) for begin, stay in stays], axis=0)
    longest = max((len(list(run)) for empty, run in itertools.groupby(alone) if empty), default=0)
    tick_s = persist_s / 4000
    assert uncovered_s(crew, rota, persist_s) == pytest.approx(longest * tick_s, abs=1.01 * tick_s)


def test_a_reliever_comes_before_the_relieved_leaves() -> None:
    crew = alike(3, Tour(60, 900, 80))
    rota = rota_of(crew, TWO_HOURS_S)
    for before, after in itertools.pairwise(rota):
        assert before.takeoff_s + 60 + 900 - (after.takeoff_s + 60) == pytest.approx(OVERLAP_S)
    assert uncovered_s(crew, rota, TWO_HOURS_S) == 0


def test_a_single_aircraft_leaves_its_station_for_the_way_and_the_battery() -> None:
    crew = alike(1, Tour(60, 900, 80))
    assert uncovered_s(crew, rota_of(crew, TWO_HOURS_S), TWO_HOURS_S) == pytest.approx(80 + SWAP_S + 60)
    assert enough(crew, TWO_HOURS_S) == 2


def test_a_gap_beyond_the_end_of_the_patrol_counts_for_nothing() -> None:
    crew = alike(1, Tour(60, 900, 80))
    assert uncovered_s(crew, rota_of(crew, 900), 900) == 0
    assert uncovered_s(crew, rota_of(crew, 1000), 1000) == pytest.approx(100)


def test_too_short_a_stay_is_no_patrol() -> None:
    with pytest.raises(PlanningError, match="on station"):
        rota_of(alike(1, Tour(600, 30, 600)), 3600)


@pytest.mark.parametrize("crew", [{"rotorcraft": 3}, {"fixed_wing": 2}, {"rotorcraft": 2, "fixed_wing": 1}])
def test_a_place_is_watched_for_two_hours_without_a_gap(nanling: District, crew: dict[str, int]) -> None:
    counts = [{"count": count, "kind": kind} for kind, count in crew.items()]
    plans = draft(patrol(nanling, "dispatch", NEAR_M, vehicles=counts), nanling, [], NOW)
    planned = schedule.of(plans, TWO_HOURS_S)
    assert planned.worst_uncovered_s == 0
    assert len(planned.takeoffs) > len(plans)
    for plan in plans:
        assert plan.energy_fraction <= 1 - profile(plan.vehicle_kind).reserve_fraction
    begin = planned.takeoffs[0].on_station_s
    assert begin is not None
    assert max(f.on_station_s[1] for f in planned.takeoffs if f.on_station_s) >= begin[0] + TWO_HOURS_S


def test_aircraft_that_change_on_station_fly_in_layers(nanling: District) -> None:
    altitude = {"value_m": 60, "reference": "home"}
    plans = draft(patrol(nanling, "dispatch", NEAR_M, vehicles={"count": 3}, altitude=altitude), nanling, [], NOW)
    heights = sorted(max(item.alt_m for item in plan.items) for plan in plans)
    assert np.diff(heights).min() >= 11.9


def test_too_small_a_crew_is_told_its_gap_and_how_many_would_do(nanling: District) -> None:
    plans = draft(patrol(nanling, "dispatch", NEAR_M), nanling, [], NOW)
    worst = schedule.of(plans, TWO_HOURS_S).worst_uncovered_s
    assert worst is not None
    assert worst > SWAP_S
    words = " ".join(english for english, _ in plans[0].notes)
    assert f"without anybody on station {worst:.0f} s" in words
    assert "2 aircraft would never leave the station alone" in words
    two = draft(patrol(nanling, "dispatch", NEAR_M, vehicles={"count": 2}), nanling, [], NOW)
    assert schedule.of(two, TWO_HOURS_S).worst_uncovered_s == 0


def test_an_orbit_is_flown_as_often_as_the_battery_allows(nanling: District) -> None:
    plan = draft(patrol(nanling, "orbit", NEAR_M), nanling, [], NOW)[0]
    usable = 1 - profile("rotorcraft").reserve_fraction
    assert 0.85 * usable <= plan.energy_fraction <= usable
    assert len(plan.items) <= 700


def test_a_patrol_beyond_one_battery_is_refused(nanling: District) -> None:
    with pytest.raises(PlanningError, match="way there and back alone"):
        draft(patrol(nanling, "dispatch", [[0.0, 9000.0]]), nanling, [], NOW)


def big_round(district: District, count: int, kind: str = "rotorcraft") -> MissionRequest:
    """A way round the town that takes a rotorcraft some 16 minutes at a time, kept up for two hours."""
    corners = np.array([[-1200, -1000], [1200, -1000], [1200, 1000], [-1200, 1000], [-1200, 0], [900, 0], [0, -900]])
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([corners, np.zeros(len(corners))]))
    line = {"type": "LineString", "coordinates": [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]}
    asked = {"kind": "route", "geometry": line, "persist_s": TWO_HOURS_S, "vehicles": {"count": count, "kind": kind}}
    return MissionRequest.model_validate({**asked, "wind": {"from_deg": 300, "speed_mps": 4}})


def near(a: Position, b: Position) -> bool:
    """Within some metres of each other over the ground."""
    return abs(a.lat_deg - b.lat_deg) < 5e-5 and abs(a.lon_deg - b.lon_deg) < 7e-5


def test_a_round_longer_than_a_battery_is_handed_over_along_the_way(nanling: District) -> None:
    plans = draft(big_round(nanling, 4), nanling, [], NOW)
    assert all(plan.energy_fraction <= 1 - profile("rotorcraft").reserve_fraction for plan in plans)
    flights = sorted(((start, plan) for plan in plans for start in plan.takeoffs_s), key=lambda flight: flight[0])
    legs = []
    for start, plan in flights:
        working = [p for p in plan.path if plan.items[p.item].purpose == "route"]
        legs.append((start + working[0].time_s, start + working[-1].time_s, working[0].position, working[-1].position))
    for (_, end, _, last), (begin, _, first, _) in itertools.pairwise(legs):
        assert begin <= end
        assert near(first, last) or near(first, legs[0][2])
    assert schedule.of(plans, TWO_HOURS_S).worst_uncovered_s == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_worst_gap_of_a_handed_over_round_is_that_of_a_sampled_timeline(nanling: District, count: int) -> None:
    plans = draft(big_round(nanling, count), nanling, [], NOW)
    stays = []
    for plan in plans:
        working = [p.time_s for p in plan.path if plan.items[p.item].purpose == "route"]
        stays += [(start + working[0], start + working[-1]) for start in plan.takeoffs_s]
    begin = min(stay[0] for stay in stays)
    ticks = begin + np.arange(0.0, TWO_HOURS_S, 0.5)
    alone = ~np.any([(ticks >= first) & (ticks <= last) for first, last in stays], axis=0)
    longest = max((len(list(run)) for empty, run in itertools.groupby(alone) if empty), default=0) * 0.5
    told = schedule.of(plans, TWO_HOURS_S).worst_uncovered_s
    assert told == pytest.approx(longest, abs=12.0)
    assert f"without anybody on station {told:.0f} s" in " ".join(english for english, _ in plans[0].notes)


def test_nobody_takes_off_again_before_the_battery_is_swapped(nanling: District) -> None:
    plans = draft(big_round(nanling, 1), nanling, [], NOW)
    flights = sorted((start, start + plan.duration_s) for plan in plans for start in plan.takeoffs_s)
    assert all(after[0] >= before[1] + SWAP_S - 1e-6 for before, after in itertools.pairwise(flights))


def test_a_round_is_not_handed_over_among_unlike_aircraft(nanling: District) -> None:
    asked = big_round(nanling, 1).model_dump(mode="json")
    asked["vehicles"] = [{"count": 1, "kind": "rotorcraft"}, {"count": 1, "kind": "fixed_wing"}]
    with pytest.raises(PlanningError, match="aircraft of one kind"):
        draft(MissionRequest.model_validate(asked), nanling, [], NOW)
