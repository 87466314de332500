"""``liti plan`` and ``liti check`` fly the aircraft of the configuration, and count items as plan files do."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from maps.district import District
from service.cli import app

WEAK = "[profiles.rotorcraft]\nendurance_s = 120\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def request(folder: Path) -> str:
    home = District.embedded().home
    place = {"type": "Point", "coordinates": [home.lon_deg + 0.003, home.lat_deg]}
    path = folder / "request.json"
    path.write_text(json.dumps({"kind": "dispatch", "geometry": place}))
    return str(path)


def config(folder: Path, text: str) -> str:
    path = folder / "weak.toml"
    path.write_text(text)
    return str(path)


def test_a_configured_battery_decides_what_can_be_flown(tmp_path: Path) -> None:
    made = str(tmp_path / "made.plan")
    assert run("plan", request(tmp_path), "-o", made).exit_code == 0
    assert run("check", made, "--district", "nanling").exit_code == 0
    weak = config(tmp_path, WEAK)
    assert run("plan", request(tmp_path), "--config", weak).exit_code == 1
    checked = run("check", made, "--district", "nanling", "--config", weak, "--json")
    assert checked.exit_code == 1
    assert "endurance" in checked.output


def test_the_page_shows_the_configured_aircraft(tmp_path: Path) -> None:
    page = tmp_path / "made.html"
    slow = config(tmp_path, "[profiles.rotorcraft]\ncruise_mps = 7\n")
    run("plan", request(tmp_path), "-o", str(page), "--config", slow)
    assert "7 m/s cruise" in page.read_text("utf-8")


def test_items_are_numbered_as_in_plan_files(tmp_path: Path) -> None:
    made = tmp_path / "made.plan"
    run("plan", request(tmp_path), "-o", str(made))
    content = json.loads(made.read_text("utf-8"))
    wrong = content["mission"]["items"][3]
    wrong["command"] = 92  # a command that the checks do not follow, so that they name its item
    made.write_text(json.dumps(content))
    said = json.loads(run("check", str(made), "--json").stdout)["findings"]
    (named,) = [each for each in said if each["rule"] == "not_modelled"]
    assert named["item"] == 3
    assert f"item {wrong['doJumpId']} is MAV_CMD 92" in named["message"]
