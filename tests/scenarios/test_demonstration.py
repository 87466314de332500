"""The main job, end to end: the world, the service and a pilot as processes of their own, judged against the truth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("demonstration")
    file = folder / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "service", "demo", "--headless", "--seconds", "330", "--seed", "7"),
            *("--report", str(file), "--truth", str(folder / "truth.jsonl")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=450,
        check=False,
    )
    assert file.exists(), done.stdout + done.stderr
    told = json.loads(file.read_text())
    assert (done.returncode == 0) is told["verdict"]["ok"], done.stdout + done.stderr
    told["truth_lines"] = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()[:-1]]
    return dict(told)


@pytest.mark.scenario
@pytest.mark.timeout(500)
def test_every_aircraft_completes_its_plan(report: dict[str, list[dict[str, object]]]) -> None:
    vehicles = {vehicle["id"]: vehicle for vehicle in report["vehicles"]}
    assert sorted(str(vehicle["kind"]) for vehicle in vehicles.values()) == ["fixed_wing", "rotorcraft", "rotorcraft"]
    for vehicle in vehicles.values():
        assert vehicle["mission_state"] == "done", vehicle
        assert vehicle["items"] and vehicle["items_reached"] == vehicle["items"]
        assert vehicle["items_read_back_equal"] is True
    assert {mission["state"] for mission in report["missions"]} == {"done"}


@pytest.mark.scenario
def test_a_plan_through_a_school_zone_is_refused_in_both_languages(report: dict[str, dict[str, object]]) -> None:
    refusal = report["refusal"]
    assert refusal["rule"] == "no_fly"
    assert "松泉小学禁飞区" in str(refusal["message"]) and "go around it" in str(refusal["message"])
    assert "航线进入禁飞区“松泉小学禁飞区”" in str(refusal["message_zh"]) and "请绕行" in str(refusal["message_zh"])
    assert float(str(refusal["margin_m"])) < -20


@pytest.mark.scenario
def test_all_nine_videos_are_decoded(report: dict[str, list[dict[str, object]]]) -> None:
    assert len(report["video"]) == 9
    for video in report["video"]:
        assert isinstance(video["frames"], int) and video["frames"] > 100, video
        assert (video["width_px"], video["height_px"]) == (640, 360)
    assert sorted({str(video["protocol"]) for video in report["video"]}) == ["mpegts", "rtsp"]


@pytest.mark.scenario
def test_what_moves_is_put_where_it_is(report: dict[str, dict[str, float]]) -> None:
    tracking = report["tracking"]
    assert tracking["truth_targets"] > 10
    assert tracking["position_median_m"] <= 3.0
    assert tracking["gospa_mean_m"] > 0
    assert tracking["matched_share"] > 0.2


@pytest.mark.scenario
def test_the_truth_names_people_vehicles_and_aircraft(report: dict[str, list[dict[str, object]]]) -> None:
    kinds = {str(line["kind"]) for line in report["truth_lines"]}
    assert {"person", "vehicle", "rotorcraft", "fixed_wing"} <= kinds
    assert set(report["truth_lines"][0]) >= {
        *("time", "id", "kind", "lat_deg", "lon_deg", "alt_amsl_m", "speed_mps", "heading_deg")
    }
