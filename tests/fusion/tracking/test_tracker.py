"""The tracker by itself, on arrays."""

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.tracking import SensorModel, Tracker, TrackerSettings, Tracks

UNIT = np.eye(2)
SEES_ALL = [(-500.0, -500.0), (500.0, -500.0), (500.0, 500.0), (-500.0, 500.0)]


def shown(tracks: Tracks) -> list[int]:
    return np.flatnonzero(np.isin(tracks.status, ["confirmed", "coasting"])).tolist()


def follow(tracker: Tracker, seconds: float, *, begin_s: float = 0.0, speed: float = 4.0, sensor: str = "cam") -> float:
    """One thing going east, seen at 5 Hz without noise; returns the last instant."""
    time = begin_s
    for step in range(round(seconds * 5) + 1):
        time = begin_s + step / 5
        tracker.update(time, [[speed * time, 0.0]], [UNIT], sensor=sensor)
    return time


def test_a_thing_is_tentative_then_confirmed_then_coasting_then_dropped() -> None:
    tracker = Tracker()
    tracker.update(0.0, [[0.0, 0.0]], [UNIT])
    assert tracker.tracks().status.tolist() == ["tentative"]
    last = follow(tracker, 4.0, begin_s=0.2)
    tracks = tracker.tracks(last)
    assert tracks.status.tolist() == ["confirmed"]
    assert tracks.positions_m[0] == pytest.approx([4.0 * last, 0.0], abs=0.3)
    assert tracks.velocities_mps[0] == pytest.approx([4.0, 0.0], abs=0.3)
    tracker.update(last + 0.4, [], [])
    assert tracker.tracks(last + 0.8).status.tolist() == ["coasting"]
    heard = set()
    for step in range(60):
        tracker.update(last + 1.0 + step / 5, [], [])
        heard |= set(tracker.tracks().status.tolist())
    assert heard == {"coasting", "dropped"}
    assert len(tracker.tracks()) == 0


def test_a_track_is_told_at_any_instant_and_less_surely_further_on() -> None:
    tracker = Tracker()
    last = follow(tracker, 5.0)
    now, later = tracker.tracks(last), tracker.tracks(last + 2.0)
    assert later.positions_m[0] == pytest.approx(now.positions_m[0] + 2.0 * now.velocities_mps[0])
    assert np.trace(later.covariances_m2[0]) > np.trace(now.covariances_m2[0])
    assert later.existence[0] < now.existence[0]
    assert tracker.tracks(last).positions_m[0] == pytest.approx(now.positions_m[0])


def test_misses_count_only_where_the_sensor_looked() -> None:
    elsewhere = [(800.0, 800.0), (900.0, 800.0), (900.0, 900.0)]
    unseen, unknown, watched = Tracker(), Tracker(), Tracker()
    for tracker, seen in ((unseen, elsewhere), (unknown, []), (watched, SEES_ALL)):
        last = follow(tracker, 4.0)
        for step in range(1, 11):
            tracker.update(last + step / 5, [], [], seen_m=seen)
    assert unseen.tracks().existence[0] > 0.9
    assert unknown.tracks().existence[0] == pytest.approx(unseen.tracks().existence[0])
    assert len(shown(watched.tracks())) == 0 or watched.tracks().existence[0] < 0.6


def test_what_three_sensors_see_is_one_track_that_remembers_them() -> None:
    rng = np.random.default_rng(3)
    tracker = Tracker()
    bias = {"cam-001": [0.8, 0.0], "cam-002": [-0.8, 0.5], "uav-1-eo": [0.0, -0.9]}
    for step in range(80):
        for number, (sensor, off) in enumerate(bias.items()):
            time = step / 8 + number * 0.03
            spot = np.array([3.0 * time, -2.0 * time]) + off + rng.normal(0, 1.0, 2)
            tracker.update(time, [spot], [2.0 * UNIT], sensor=sensor, kinds=["person"])
    tracks = tracker.tracks()
    assert len(shown(tracks)) == 1
    assert tracks.sensors[shown(tracks)[0]] == ("cam-001", "cam-002", "uav-1-eo")
    assert tracks.kinds[shown(tracks)[0]] == "person"


def test_two_tracks_of_one_thing_become_one_and_the_older_name_stays() -> None:
    tracker = Tracker()
    old = None
    for step in range(40):
        time = step / 5
        tracker.update(time, [[2.0 * time, 0.0]], [0.1 * UNIT], sensor="cam-001")
        if step == 10:
            old = int(tracker.tracks().ids[0])
        if step > 10:  # 3 m off: beyond the gate, so that it first looks like another thing
            off = max(0.0, 3.0 - 0.2 * (step - 10))
            tracker.update(time + 0.1, [[2.0 * (time + 0.1), off]], [0.1 * UNIT], sensor="cam-002")
    tracks = tracker.tracks()
    assert [int(tracks.ids[row]) for row in shown(tracks)] == [old]


def test_two_people_side_by_side_stay_two() -> None:
    rng = np.random.default_rng(5)
    tracker = Tracker()
    for step in range(100):
        time = step / 5
        spots = np.array([[1.2 * time, 0.0], [1.2 * time, 1.5]]) + rng.normal(0, 0.3, (2, 2))
        tracker.update(time, spots, np.tile(0.09 * UNIT, (2, 1, 1)))
    assert len(shown(tracker.tracks())) == 2


def test_a_thing_that_is_seen_again_after_a_while_keeps_its_name() -> None:
    tracker = Tracker(TrackerSettings(hide_per_s=0.2))
    last = follow(tracker, 5.0)
    name = tracker.tracks().ids[0]
    follow(tracker, 3.0, begin_s=last + 3.0)
    tracks = tracker.tracks()
    assert [tracks.ids[row] for row in shown(tracks)] == [name]


def test_clutter_alone_confirms_nothing() -> None:
    rng = np.random.default_rng(9)
    tracker = Tracker(TrackerSettings(sensor=SensorModel(clutter_per_m2=2e-5)))
    for step in range(150):
        count = rng.poisson(20)
        tracker.update(step / 5, rng.uniform(-500, 500, (count, 2)), np.tile(UNIT, (count, 1, 1)))
        assert len(shown(tracker.tracks())) <= 1


@pytest.mark.parametrize(
    ("scene", "most_m", "switches"),
    [
        ({"targets": 20}, 7.5, 0),
        ({"targets": 50}, 11.8, 1),
        ({"targets": 30, "turning": True}, 11.0, 1),
        ({"targets": 30, "side_m": 400.0}, 11.5, 6),
    ],
)
def test_seeded_scenes_are_tracked_as_well_as_before(scene: dict[str, Any], most_m: float, switches: int) -> None:
    scenes = _scenes()
    outcome = scenes.judge(scenes.Scene(seconds=20.0, **scene))
    assert outcome.gospa_m < most_m
    assert outcome.switches <= switches
    assert 1.0 < outcome.nees < 3.0


def test_once_begun_it_is_close_to_a_filter_that_is_told_the_association() -> None:
    scenes = _scenes()
    scene = scenes.Scene(targets=20, seconds=30.0, clutter=2.0)
    assert scenes.judge(scene, after_s=5.0).gospa_m < 1.25 * scenes.limit(scene, after_s=5.0)


def _scenes() -> Any:
    path = Path(__file__).with_name("scenes.py")
    spec = importlib.util.spec_from_file_location("tracking_scenes", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


Scan = tuple[float, str, list[list[float]]]


def arrivals() -> list[Scan]:
    rng = np.random.default_rng(11)
    scans: list[Scan] = []
    for step in range(40):
        for number, sensor in enumerate(("cam-001", "cam-002", "uav-1-eo")):
            time = step / 10 + number * 0.013
            spots = np.array([[3.0 * time, 0.0], [0.0, 2.0 * time], [40.0, 40.0]]) + rng.normal(0, 0.5, (3, 2))
            seen = spots[rng.random(3) < 0.8]
            scans.append((time, sensor, seen.tolist()))
    return scans


def run(scans: list[Scan], peek: bool = False) -> Tracks:
    tracker = Tracker()
    for number, (time, sensor, spots) in enumerate(scans):
        tracker.update(time, spots, np.tile(0.25 * UNIT, (len(spots), 1, 1)), sensor=sensor)
        if peek and number % 3 == 0:
            tracker.tracks()
    return tracker.tracks(4.0)


def assert_same(one: Tracks, other: Tracks) -> None:
    assert one.ids.tolist() == other.ids.tolist()
    assert one.status.tolist() == other.status.tolist()
    assert np.array_equal(one.positions_m, other.positions_m)
    assert np.array_equal(one.covariances_m2, other.covariances_m2)
    assert np.array_equal(one.existence, other.existence)
    assert one.sensors == other.sensors


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_arrival_within_the_window_changes_nothing(random: Any, peek: bool) -> None:
    scans = arrivals()
    late = sorted(scans, key=lambda scan: scan[0] + random.uniform(0.0, 0.9))
    assert_same(run(scans), run(late, peek))


def test_relabelling_sensors_changes_nothing() -> None:
    scans = arrivals()
    names = {"cam-001": "z", "cam-002": "a", "uav-1-eo": "m"}
    one, other = run(scans), run([(time, names[sensor], spots) for time, sensor, spots in scans])
    assert one.ids.tolist() == other.ids.tolist()
    assert np.array_equal(one.positions_m, other.positions_m)


def test_what_comes_too_late_and_what_comes_twice_is_refused_and_counted() -> None:
    tracker = Tracker()
    follow(tracker, 5.0)
    before = tracker.tracks(5.0)
    tracker.update(3.9, [[900.0, 900.0]], [UNIT])
    tracker.update(5.0, [[20.0, 0.0]], [UNIT], sensor="cam")
    assert_same(tracker.tracks(5.0), before)
    assert (tracker.counts.too_late, tracker.counts.duplicates) == (1, 1)


def test_a_clock_that_goes_back_for_good_starts_tracking_anew() -> None:
    tracker = Tracker()
    follow(tracker, 5.0, begin_s=10_000.0)
    last = follow(tracker, 8.0, begin_s=0.0)
    assert tracker.counts.restarts == 1
    tracks = tracker.tracks(last)
    assert tracks.positions_m[shown(tracks)] == pytest.approx(np.array([[4.0 * last, 0.0]]), abs=0.5)


BAD: list[tuple[Any, Any]] = [
    ([[math.nan, 0.0]], [UNIT]),
    ([[math.inf, 0.0]], [UNIT]),
    ([[1e300, 0.0]], [UNIT]),
    ([[0.0, 0.0]], [[[0.0, 0.0], [0.0, 0.0]]]),
    ([[0.0, 0.0]], [[[-1.0, 0.0], [0.0, 1.0]]]),
    ([[0.0, 0.0]], [[[1.0, 2.0], [2.0, 1.0]]]),
    ([[0.0, 0.0]], [[[1.0, 0.5], [-0.5, 1.0]]]),
    ([[0.0, 0.0]], [[[math.nan, 0.0], [0.0, 1.0]]]),
    ([[0.0, 0.0]], [[[1e30, 0.0], [0.0, 1e30]]]),
]


@pytest.mark.parametrize(("positions", "covariances"), BAD)
def test_observations_that_make_no_sense_are_left_out_and_counted(positions: Any, covariances: Any) -> None:
    tracker = Tracker()
    last = follow(tracker, 4.0)
    before = tracker.tracks(last)
    tracker.update(last, positions, covariances, sensor="broken", seen_m=[])
    assert tracker.counts.refused == 1
    assert_same(tracker.tracks(last), before)


@pytest.mark.parametrize(
    ("time", "positions", "covariances"),
    [
        (math.nan, [[0.0, 0.0]], [UNIT]),
        (math.inf, [], []),
        (1.0, [[0.0, 0.0, 0.0]], [UNIT]),
        (1.0, [[0.0, 0.0]], [[1.0, 2.0]]),
        (1.0, [["a", "b"]], [UNIT]),
        (1.0, [[0.0, 0.0], [1.0]], [UNIT, UNIT]),
    ],
)
def test_batches_that_do_not_fit_together_are_refused_and_counted(
    time: float, positions: Any, covariances: Any
) -> None:
    tracker = Tracker()
    tracker.update(time, positions, covariances)
    assert tracker.counts.malformed == 1
    assert len(tracker.tracks()) == 0


def test_thousands_of_observations_in_a_frame_are_survived_within_bounds() -> None:
    rng = np.random.default_rng(2)
    tracker = Tracker(TrackerSettings(max_tracks=1_500, max_observations=1_000))
    for step in range(5):
        tracker.update(step / 5, rng.uniform(-300, 300, (3_000, 2)), np.tile(UNIT, (3_000, 1, 1)))
    assert len(tracker.tracks()) <= 1_500
    assert tracker.counts.refused == 5 * 2_000
    assert tracker.counts.crowded > 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 3.0),
            st.lists(
                st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(0.01, 50), st.floats(0.01, 50)), max_size=4
            ),
        ),
        max_size=30,
    )
)
def test_covariances_stay_positive_definite(scans: list[tuple[float, list[tuple[float, float, float, float]]]]) -> None:
    tracker = Tracker()
    for time, seen in scans:
        tracker.update(
            time,
            [[east, north] for east, north, _, _ in seen],
            [[[a, 0.9 * math.sqrt(a * b)], [0.9 * math.sqrt(a * b), b]] for _, _, a, b in seen],
        )
        tracks = tracker.tracks()
        assert np.isfinite(tracks.positions_m).all()
        assert (np.linalg.eigvalsh(tracks.covariances_m2) > 0).all()
        assert ((tracks.existence > 0) & (tracks.existence <= 1)).all()


@pytest.mark.parametrize(
    "wrong",
    [{"noise_m2ps3": (1.0,), "sojourn_s": (1.0, 2.0)}, {"noise_m2ps3": (-1.0, 1.0)}, {"gate": 0.0}, {"window_s": -1.0}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        TrackerSettings(**wrong)
    with pytest.raises(ValueError):
        SensorModel(detection_probability=1.5)
