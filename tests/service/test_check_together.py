"""``liti check`` of several plan files: each is judged as ever, and no two may come near one another."""

import json
from pathlib import Path

from typer.testing import CliRunner

from maps.district import District
from service.cli import app

RUNNER = CliRunner()


def written(folder: Path, name: str, north_m: float, height_m: float) -> str:
    """A flight of 300 m to the east and back, as QGroundControl writes waypoints."""
    home = District.embedded().home
    lat, far = home.lat_deg + north_m / 111_000.0, home.lon_deg + 0.0037
    rows = [
        (0, 16, home.lon_deg, home.alt_amsl_m),
        (3, 22, home.lon_deg, height_m),
        (3, 16, far, height_m),
        (2, 20, 0.0, 0.0),
    ]
    lines = [
        f"{number}\t{int(number == 0)}\t{frame}\t{command}\t0\t0\t0\t0\t{lat if lon else 0.0}\t{lon}\t{up}\t1"
        for number, (frame, command, lon, up) in enumerate(rows)
    ]
    path = folder / f"{name}.waypoints"
    path.write_text("\n".join(["QGC WPL 110", *lines, ""]))
    return str(path)


def checked(*paths: str) -> dict:
    result = RUNNER.invoke(app, ["check", *paths, "--district", "nanling", "--json"])
    return json.loads(result.stdout)


def test_the_second_plan_through_the_same_air_is_refused_with_the_name_of_the_first(tmp_path):
    first, second = written(tmp_path, "first", 0, 60), written(tmp_path, "second", 0, 62)
    answer = checked(first, second)
    assert [each["plan"] for each in answer["plans"]] == [first, second]
    assert "separation" not in {each["rule"] for each in answer["plans"][0]["findings"]}
    (found,) = [each for each in answer["plans"][1]["findings"] if each["rule"] == "separation"]
    assert f"of {first}" in found["message"]
    assert not answer["cleared"]


def test_plans_side_by_side_are_no_trouble_to_each_other(tmp_path):
    answer = checked(written(tmp_path, "first", 0, 60), written(tmp_path, "second", 60, 62))
    assert "separation" not in {each["rule"] for plan in answer["plans"] for each in plan["findings"]}


def test_a_plan_that_makes_no_sense_is_in_nobodys_way(tmp_path):
    good, bad = written(tmp_path, "good", 0, 60), written(tmp_path, "bad", 0, 5000)
    answer = checked(bad, good)
    assert not answer["plans"][0]["cleared"]
    assert "separation" not in {each["rule"] for each in answer["plans"][1]["findings"]}


def test_one_plan_is_answered_as_ever(tmp_path):
    assert checked(written(tmp_path, "alone", 0, 60)).keys() == {"cleared", "findings"}
