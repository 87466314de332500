"""The judge of the demonstration: wrong positions, missing tracks and broken promises are found."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import shapely

from maps.district import District
from service.demo.judge import Sample, Truth, score, take_sample
from service.demo.report import (
    MissionReport,
    PictureReport,
    RefusalReport,
    TrackingReport,
    VehicleReport,
    Verdict,
    VideoReport,
    judge,
)

EVERYWHERE = shapely.box(-1000, -1000, 1000, 1000)


def truth_file(folder: Path, district: District, offsets: list[tuple[float, float]]) -> Truth:
    rows = []
    for step in range(21):
        for number, (east, north) in enumerate(offsets):
            place = district.frame.to_geodetic([east + step, north, 0.0])
            rows.append(
                {"time": 100.0 + step, "id": f"p{number}", "kind": "person"}
                | {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg}
            )
    file = folder / "truth.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"time": 121, "id"')
    return Truth(file, district)


def sample(time: float, places: list[tuple[float, float]], ids: tuple[str, ...] = ("a", "b")) -> Sample:
    return Sample(time, ids[: len(places)], np.array(places, dtype=float).reshape(-1, 2), EVERYWHERE)


def test_a_steady_error_is_the_median(nanling: District, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, nanling, [(0, 0), (100, 0)])
    samples = [sample(100.5 + s, [(s + 0.5 + 3, 4), (s + 100.5, 5)]) for s in range(10)]
    result = score(samples, truth)
    assert result.truth_targets == 2
    assert np.median(result.errors_m) == pytest.approx(5.0, abs=0.01)
    assert result.id_switches == 0
    assert len(result.errors_m) == result.chances == 20


def test_a_track_that_changes_its_name_is_counted(nanling: District, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, nanling, [(0, 0)])
    result = score([sample(101.0, [(1, 0)], ("a",)), sample(102.0, [(2, 0)], ("b",))], truth)
    assert result.id_switches == 1


def test_missing_and_false_tracks_cost_gospa(nanling: District, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, nanling, [(0, 0)])
    missed = score([sample(101.0, [])], truth)
    assert missed.gospa_m == [pytest.approx((20**2 / 2) ** 0.5)]
    false = score([sample(101.0, [(1, 0), (500, 500)])], truth)
    assert false.gospa_m == [pytest.approx((20**2 / 2) ** 0.5, abs=0.01)]


def test_things_on_ground_that_nobody_sees_are_not_held_against_the_picture(nanling: District, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, nanling, [(0, 0), (400, 400)])
    seen = Sample(101.0, ("a",), np.array([[1.0, 0.0]]), shapely.box(-50, -50, 50, 50))
    assert score([seen], truth).chances == 1


def test_a_sample_moves_tracks_to_the_present_and_leaves_tentative_ones_out(nanling: District) -> None:
    home = nanling.home
    track: dict[str, Any] = {
        "id": "track/1",
        "kind": "track",
        "time": 100.0,
        "stale_time": 110.0,
        "position": {"lat_deg": home.lat_deg, "lon_deg": home.lon_deg, "alt_amsl_m": home.alt_amsl_m},
        "velocity_enu_mps": [2.0, 0.0, 0.0],
        "properties": {"status": "confirmed"},
    }
    tentative = track | {"id": "track/2", "properties": {"status": "tentative"}}
    taken = take_sample({"track/1": track, "track/2": tentative}, shapely.Polygon(), nanling, 100.5)
    assert taken.track_ids == ("track/1",)
    assert taken.tracks_m[0] == pytest.approx([1.0, 0.0], abs=1e-3)


GOOD: dict[str, Any] = {
    "ready_s": 5.0,
    "memory_mb": 500.0,
    "vehicles": (VehicleReport("uav-1", "rotorcraft", "ardupilot", "done", 8, 8, True, 900.0),),
    "missions": (MissionReport("m-1", "survey", "done"),),
    "video": (VideoReport("cam-001", "rtsp", 900, 8.0, 640, 360, 80.0),),
    "tracking": TrackingReport(20, 12.0, 1.0, 3, 0.7, 400.0),
    "picture": PictureReport(100, 2000, 20.0, 0),
    "refusal": RefusalReport("m-2", "no_fly", "the path enters the no-fly zone", "航线进入禁飞区", -40.0),
    "expected_vehicles": 1,
    "expected_video": 1,
}


def test_a_good_run_is_called_good() -> None:
    assert judge(**GOOD) == Verdict(ok=True, reasons=())


def changed(part: str, index: int | None, **fields: Any) -> dict[str, Any]:
    if index is None:
        return GOOD | {part: msgspec.structs.replace(GOOD[part], **fields)}
    return GOOD | {part: (msgspec.structs.replace(GOOD[part][index], **fields),)}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (GOOD | {"ready_s": 10.5}, "first picture"),
        (GOOD | {"ready_s": None}, "first picture"),
        (GOOD | {"memory_mb": 701.0}, "memory"),
        (GOOD | {"expected_vehicles": 3}, "1 of 3 vehicles"),
        (GOOD | {"expected_video": 9}, "1 of 9 videos"),
        (GOOD | {"refusal": None}, "school"),
        (GOOD | {"failures": ("it rains",)}, "it rains"),
        (changed("vehicles", 0, mission_state="flying"), "not completed"),
        (changed("vehicles", 0, items_reached=7), "7 of 8"),
        (changed("vehicles", 0, items_read_back_equal=False), "read back"),
        (changed("missions", 0, state="aborted"), "aborted"),
        (changed("video", 0, frames=0), "0 of 1 videos"),
        (changed("video", 0, frames_per_s=4.9), "frames a second"),
        (changed("video", 0, height_px=240), "too small"),
        (changed("tracking", None, position_median_m=3.1), "median position error"),
        (changed("tracking", None, position_median_m=None), "median position error"),
        (changed("tracking", None, latency_ms_p95=701.0), "sensor time"),
        (changed("picture", None, delivery_ms_p99=201.0), "delivery"),
    ],
)
def test_every_broken_promise_is_named(broken: dict[str, Any], words: str) -> None:
    verdict = judge(**broken)
    assert not verdict.ok
    assert any(words in reason for reason in verdict.reasons), verdict.reasons
