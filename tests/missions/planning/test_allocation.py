"""Allocation: everything is done once, soon, and within the batteries; held against the exact best of small cases."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.planning.allocation import Allocation, Costs, DoesNotFitError, allocate, most_in_order, share_in_order

SPEEDS_MPS = (10.0, 18.0)
LAST_S = 1e6


def scattered(seed: int, units: int, vehicles: int, usable_s: float = LAST_S) -> list[Costs]:
    """Places over 2 km, each with some work of its own, for vehicles of two speeds from one home."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-1000, 1000, (units + 1, 2))
    work_s = np.array([0.0, *rng.uniform(0, 120, units)])
    return [_costs(places, work_s, SPEEDS_MPS[index % 2], usable_s) for index in range(vehicles)]


def _costs(places: np.ndarray, work_s: np.ndarray, speed_mps: float, usable_s: float) -> Costs:
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    time = apart / speed_mps + work_s[None, :]
    time[0, 1:] += 20.0  # take-off
    return Costs(time, time * 1.1, usable_s)


def best_finish_s(vehicles: list[Costs]) -> float:
    """The least time to finish, by trying everything."""
    units = vehicles[0].units
    alone: list[dict[frozenset[int], float]] = []
    for costs in vehicles:
        best = {frozenset[int](): 0.0}
        for count in range(1, units + 1):
            for chosen in itertools.combinations(range(units), count):
                orders = itertools.permutations(chosen)
                within = (costs.tour_s(order) for order in orders if costs.tour_energy_s(order) <= costs.usable_s)
                best[frozenset(chosen)] = min(within, default=math.inf)
        alone.append(best)
    finish = math.inf
    for owners in itertools.product(range(len(vehicles)), repeat=units):
        shares = [frozenset(u for u in range(units) if owners[u] == v) for v in range(len(vehicles))]
        finish = min(finish, max(alone[v][share] for v, share in enumerate(shares)))
    return finish


def best_runs_finish_s(vehicles: list[Costs]) -> float:
    """The least time to finish when everybody takes a contiguous run, by trying everything."""
    units, finish = vehicles[0].units, math.inf
    for order in itertools.permutations(vehicles):
        for cuts in itertools.combinations_with_replacement(range(units + 1), len(vehicles) - 1):
            ends = [0, *cuts, units]
            runs = [range(first, end) for first, end in itertools.pairwise(ends)]
            if all(each.tour_energy_s(run) <= each.usable_s for each, run in zip(order, runs, strict=True)):
                finish = min(finish, max(each.tour_s(run) for each, run in zip(order, runs, strict=True)))
    return finish


def assert_sound(shared: Allocation, vehicles: list[Costs]) -> None:
    assert sorted(unit for order in shared.orders for unit in order) == list(range(vehicles[0].units))
    for each, order, time_s, energy_s in zip(vehicles, shared.orders, shared.times_s, shared.energies_s, strict=True):
        assert time_s == pytest.approx(each.tour_s(order))
        assert energy_s == pytest.approx(each.tour_energy_s(order))
        assert energy_s <= each.usable_s
    assert shared.finish_s == max(shared.times_s)


@pytest.mark.parametrize("seed", range(12))
def test_small_cases_finish_within_a_twentieth_of_the_best_there_is(seed: int) -> None:
    vehicles = scattered(seed, units=3 + seed % 3, vehicles=2 + seed % 2)
    shared = allocate(vehicles)
    assert_sound(shared, vehicles)
    assert shared.finish_s <= 1.05 * best_finish_s(vehicles)


@pytest.mark.parametrize("seed", range(6))
def test_so_do_they_when_the_batteries_are_barely_enough(seed: int) -> None:
    roomy = allocate(scattered(seed, 5, 2))
    vehicles = scattered(seed, 5, 2, usable_s=1.02 * max(roomy.energies_s))
    shared = allocate(vehicles)
    assert_sound(shared, vehicles)
    assert shared.finish_s <= 1.05 * best_finish_s(vehicles)


@given(st.integers(0, 10_000), st.integers(1, 14), st.integers(1, 5), st.floats(0.7, 3.0))
@settings(deadline=None, max_examples=25)
def test_every_unit_is_done_once_and_nobody_goes_beyond_the_battery(
    seed: int, units: int, vehicles: int, room: float
) -> None:
    total = sum(scattered(seed, units, 1)[0].tour_energy_s([unit]) for unit in range(units))
    crew = scattered(seed, units, vehicles, usable_s=total * room / vehicles)
    for share in (allocate, share_in_order):
        try:
            shared = share(crew)
        except DoesNotFitError:
            continue
        assert_sound(shared, crew)


def test_the_same_request_is_allocated_the_same_way() -> None:
    assert allocate(scattered(3, 15, 4)) == allocate(scattered(3, 15, 4))


def test_a_longer_list_is_shared_better_than_by_splitting_it() -> None:
    vehicles = scattered(7, 30, 5)
    everyone = [each.tour_s([*range(index * 6, index * 6 + 6)]) for index, each in enumerate(vehicles)]
    assert allocate(vehicles).finish_s < 0.7 * max(everyone)


def test_what_only_the_fast_one_can_carry_is_given_to_it() -> None:
    vehicles = scattered(5, 4, 2)
    slow = Costs(vehicles[0].time_s, np.where(np.arange(5) == 2, np.inf, vehicles[0].energy_s), LAST_S)
    shared = allocate([slow, vehicles[1]])
    assert 1 in shared.orders[1]


def test_work_beyond_all_batteries_is_refused() -> None:
    with pytest.raises(DoesNotFitError):
        allocate(scattered(1, 6, 2, usable_s=60.0))
    with pytest.raises(DoesNotFitError):
        share_in_order(scattered(1, 6, 2, usable_s=60.0))


def test_no_work_takes_no_time() -> None:
    assert allocate(scattered(1, 0, 3)).finish_s == 0.0
    assert share_in_order(scattered(1, 0, 3)).orders == ((), (), ())


@pytest.mark.parametrize("share", [allocate, share_in_order])
def test_nobody_is_asked_for_nothing(share: object) -> None:
    with pytest.raises(ValueError, match="no vehicles"):
        share([])  # type: ignore[operator]
    with pytest.raises(ValueError, match="same units"):
        share([scattered(1, 3, 1)[0], scattered(1, 4, 1)[0]])  # type: ignore[operator]


def passes(lengths_m: list[float], crew: list[tuple[float, float]]) -> list[Costs]:
    """Neighbouring passes 50 m apart, flown to and fro, for vehicles given as (m/s, usable s)."""
    made = {}
    for speed, usable in set(crew):
        time = np.zeros((len(lengths_m) + 1,) * 2)
        offsets = np.arange(len(lengths_m)) * 50.0
        time[1:, 1:] = (np.abs(offsets[:, None] - offsets) + np.array(lengths_m)) / speed
        time[0, 1:] = (300 + offsets + np.array(lengths_m)) / speed
        time[1:, 0] = (300 + offsets) / speed
        made[speed, usable] = Costs(time, time, usable)
    return [made[each] for each in crew]


@given(
    st.lists(st.floats(10, 800), min_size=1, max_size=7),
    st.lists(st.sampled_from([(10.0, LAST_S), (18.0, LAST_S), (10.0, 200.0)]), min_size=1, max_size=3),
)
@settings(deadline=None, max_examples=40)
def test_runs_of_passes_finish_as_soon_as_any_runs_can(lengths_m: list[float], crew: list[tuple[float, float]]) -> None:
    vehicles = passes(lengths_m, crew)
    best = best_runs_finish_s(vehicles)
    if math.isinf(best):
        with pytest.raises(DoesNotFitError):
            share_in_order(vehicles)
        return
    shared = share_in_order(vehicles)
    assert_sound(shared, vehicles)
    assert all(list(order) == sorted(order) for order in shared.orders)
    assert shared.finish_s <= 1.002 * best


def test_the_faster_aircraft_gets_the_longer_run() -> None:
    shared = share_in_order(passes([400.0] * 20, [(10.0, LAST_S), (18.0, LAST_S)]))
    assert len(shared.orders[1]) > 1.4 * len(shared.orders[0])


def test_many_unlike_vehicles_share_a_long_list_too() -> None:
    vehicles = scattered(2, 60, 12)
    shared = share_in_order(vehicles)
    assert_sound(shared, vehicles)
    assert sum(bool(order) for order in shared.orders) >= 10


def test_how_much_the_batteries_carry_is_known_beforehand() -> None:
    vehicles = passes([400.0] * 20, [(10.0, 400.0)] * 2)
    most = most_in_order(vehicles)
    assert 0 < most < 20
    short = passes([400.0] * most, [(10.0, 400.0)] * 2)
    assert_sound(share_in_order(short), short)
    with pytest.raises(DoesNotFitError):
        share_in_order(passes([400.0] * (most + 1), [(10.0, 400.0)] * 2))
