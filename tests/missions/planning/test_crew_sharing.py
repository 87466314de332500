"""Several tasks, several unlike aircraft: every task is done once, in layers, within the batteries, and soon."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.profiles import profile

NOW = Instant(1_790_000_000.0)


def dispatches(district: District, places_m: object, **more: object) -> MissionRequest:
    """Places (east, north) to be looked at."""
    places = np.asarray(places_m, dtype=np.float64)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([places, np.zeros(len(places))]))
    points = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    asked = {"kind": "dispatch", "geometry": {"type": "MultiPoint", "coordinates": points}, "stay_s": 30, **more}
    return MissionRequest.model_validate(asked)


def crew_of(**kinds: int) -> list[dict[str, object]]:
    return [{"count": count, "kind": kind} for kind, count in kinds.items()]


def watched(plans: tuple[Plan, ...], district: District) -> list[np.ndarray]:
    """Where the plans watch something, (east, north), plan by plan."""
    places = []
    for plan in plans:
        for item in plan.items:
            if item.purpose == "watch":
                places.append(district.frame.enu_from_geodetic(item.lat_deg, item.lon_deg, 300.0)[:2])
    return places


def spread(count: int, seed: int, reach_m: float = 700.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach_m, reach_m, (count, 2))


@given(st.integers(0, 1000), st.integers(2, 8), st.integers(0, 2), st.integers(0, 2))
@settings(deadline=None, max_examples=10)
def test_every_place_is_seen_once_and_nobody_touches_the_reserve(
    nanling: District, seed: int, count: int, rotorcraft: int, fixed_wing: int
) -> None:
    if rotorcraft + fixed_wing == 0:
        rotorcraft = 1
    crew = crew_of(**{k: n for k, n in {"rotorcraft": rotorcraft, "fixed_wing": fixed_wing}.items() if n})
    places = spread(count, seed)
    plans = draft(dispatches(nanling, places, vehicles=crew), nanling, [], NOW)
    seen = np.array(watched(plans, nanling))
    assert len(seen) == count
    apart = np.hypot(*(seen[:, None] - places[None]).transpose(2, 0, 1))
    assert sorted(apart.argmin(axis=1).tolist()) == list(range(count))
    assert apart.min(axis=1).max() < 1.0
    for plan in plans:
        assert plan.energy_fraction <= 1 - profile(plan.vehicle_kind).reserve_fraction


def test_two_aircraft_are_done_much_sooner_than_one(nanling: District) -> None:
    places = spread(10, 3)
    finish = [
        max(each.duration_s for each in draft(dispatches(nanling, places, vehicles=crew), nanling, [], NOW))
        for crew in (crew_of(rotorcraft=1), crew_of(rotorcraft=2), crew_of(rotorcraft=2, fixed_wing=1))
    ]
    assert finish[1] < 0.7 * finish[0]
    assert finish[2] < 0.9 * finish[1]


def test_aircraft_of_one_allocation_fly_in_layers_of_their_own(nanling: District) -> None:
    places = spread(8, 1, reach_m=150.0)
    crew = crew_of(rotorcraft=4)
    plans = draft(
        dispatches(nanling, places, vehicles=crew, altitude={"value_m": 60, "reference": "home"}), nanling, [], NOW
    )
    heights = sorted(max(item.alt_m for item in plan.items) for plan in plans)
    assert len(plans) == 4
    assert np.diff(heights).min() >= 11.9


def test_a_far_place_goes_to_the_aircraft_with_wings(nanling: District) -> None:
    places = [[150.0, 0.0], [0.0, 150.0], [100.0, 150.0], [-1800.0, 1800.0]]
    plans = draft(dispatches(nanling, places, vehicles=crew_of(rotorcraft=1, fixed_wing=1)), nanling, [], NOW)
    for plan in plans:
        for place in watched((plan,), nanling):
            assert (np.hypot(*place) > 1000) == (plan.vehicle_kind == "fixed_wing")


def test_the_notes_of_a_plan_name_its_tasks(nanling: District) -> None:
    plans = draft(dispatches(nanling, spread(6, 5), vehicles=crew_of(rotorcraft=2)), nanling, [], NOW)
    named = [
        int(word) for plan in plans for word in plan.notes[0][0].removeprefix("does task ").split(" of")[0].split(", ")
    ]
    assert sorted(named) == [1, 2, 3, 4, 5, 6]


def test_too_many_tasks_for_the_batteries_say_how_many_aircraft_would_do(nanling: District) -> None:
    places = spread(12, 4)
    asked = {"stay_s": 300, "vehicles": crew_of(rotorcraft=2)}
    with pytest.raises(
        PlanningError, match=r"2 aircraft do not carry these 12 tasks.*: (\d+) aircraft would do"
    ) as error:
        draft(dispatches(nanling, places, **asked), nanling, [], NOW)
    assert error.value.field == "vehicles"
    words = error.value.message_en.split()
    needed = int(words[words.index("would") - 2])
    asked["vehicles"] = crew_of(rotorcraft=needed)
    plans = draft(dispatches(nanling, places, **asked), nanling, [], NOW)
    assert all(plan.energy_fraction <= 0.8 for plan in plans)


def test_fewer_tasks_would_do_as_well(nanling: District) -> None:
    places = spread(12, 4)
    asked = {"stay_s": 300, "vehicles": crew_of(rotorcraft=2)}
    with pytest.raises(PlanningError, match=r"or (\d+) of the tasks") as error:
        draft(dispatches(nanling, places, **asked), nanling, [], NOW)
    most = int(error.value.message_en.split(" of the tasks")[0].rsplit(" ", 1)[1])
    assert 2 <= most < 12
    near = places[np.argsort(np.hypot(*places.T))[:most]]
    assert draft(dispatches(nanling, near, **asked), nanling, [], NOW)


def test_a_place_beyond_every_battery_is_named(nanling: District) -> None:
    places = [[100.0, 0.0], [0.0, 9000.0]]
    with pytest.raises(PlanningError, match="alone, task 2"):
        draft(dispatches(nanling, places, vehicles=crew_of(rotorcraft=3)), nanling, [], NOW)


def test_the_same_request_gives_the_same_plans(nanling: District) -> None:
    asked = dispatches(nanling, spread(12, 9), vehicles=crew_of(rotorcraft=2, fixed_wing=2))
    assert draft(asked, nanling, [], NOW) == draft(asked, nanling, [], NOW)


def test_repetitions_are_paid_for(nanling: District) -> None:
    places = spread(4, 2)
    asked = dispatches(nanling, places, vehicles=crew_of(rotorcraft=2), repeat=3)
    plans = draft(asked, nanling, [], NOW)
    assert len(watched(plans, nanling)) == 12
    assert all(plan.energy_fraction <= 0.8 for plan in plans)
