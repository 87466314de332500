"""The command line: what it prints, and how it exits."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.storage import accounts
from service.storage.database import Database
from tests.service.asked import SURVEY

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def plan_file(tmp_path: Path, **changes: object) -> Path:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({**SURVEY, **changes}))
    made = RUNNER.invoke(app, ["plan", str(request), "-o", str(tmp_path / "made.plan")])
    assert (tmp_path / "made.plan").is_file(), made.output
    return tmp_path / "made.plan"


def test_a_good_plan_is_cleared(tmp_path):
    checked = RUNNER.invoke(app, ["check", str(plan_file(tmp_path)), "--district", "nanling", "--json"])
    says = json.loads(checked.stdout)
    assert (checked.exit_code, says["cleared"]) == (0, True)


def test_a_plan_that_is_too_high_is_not_cleared_and_exits_with_1(tmp_path):
    path = plan_file(tmp_path, altitude={"value_m": 300})
    checked = RUNNER.invoke(app, ["check", str(path), "--district", "nanling", "--json"])
    says = json.loads(checked.stdout)
    assert (checked.exit_code, says["cleared"]) == (1, False)
    assert "ceiling" in {finding["rule"] for finding in says["findings"] if finding["severity"] == "blocking"}


def test_a_plan_is_checked_in_the_weather_of_a_file(tmp_path):
    path, weather = plan_file(tmp_path), tmp_path / "weather.json"
    fair = {"wind_from_deg": 270, "wind_mps": 3, "gust_mps": 6, "temperature_c": 15, "precipitation_mmh": 0}
    asked = ["check", str(path), "--district", "nanling", "--json", "--weather", str(weather)]
    weather.write_text(json.dumps({**fair, "visibility_m": 10_000}))
    assert RUNNER.invoke(app, asked).exit_code == 0
    weather.write_text(json.dumps({**fair, "visibility_m": 400}))
    result = RUNNER.invoke(app, asked)
    assert result.exit_code == 1
    assert "visibility" in {each["rule"] for each in json.loads(result.stdout)["findings"]}
    weather.write_text(json.dumps({"wind_mps": "much"}))
    assert RUNNER.invoke(app, asked).exit_code == 2


def test_without_a_district_a_check_says_what_it_could_not_check(tmp_path):
    checked = RUNNER.invoke(app, ["check", str(plan_file(tmp_path)), "--json"])
    unchecked = [f["message"] for f in json.loads(checked.stdout)["findings"] if f["rule"] == "not_checked"]
    assert checked.exit_code == 0
    for layer in ("terrain", "buildings", "zones"):
        assert any(layer in message for message in unchecked)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nothing.plan"], "nothing.plan"),
        (["check", "text.docx"], "plans are read from"),
        (["plan", "garbage.json"], "is not JSON"),
        (["plan", "empty.json"], "kind"),
        (["coverage", "no-such-district"], "no-such-district"),
        (["coverage", "nanling", "-o", "x.shp"], ".gpkg"),
        (["replay", "x.mp4"], ".tlog"),
        (["replay", "missing.tlog"], "no such file"),
        (["serve", "--config", "missing.toml"], "no such file"),
        (["serve", "--config", "bad.toml"], "did you mean port"),
        (["watch", "ftp://x"], "http://"),
        (["watch", "http://127.0.0.1:1"], "token"),
        (["user", "add", "x", "--role", "king"], "there is no role"),
        (["user", "code", "nobody"], "there is no user"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(arguments, words):
    Path("text.docx").write_text("x")
    Path("garbage.json").write_text("{")
    Path("empty.json").write_text("{}")
    Path("x.mp4").write_text("")
    Path("bad.toml").write_text("[server]\nprot = 1\n")
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 2
    assert words in result.output.replace("\n", " ")
    assert "Traceback" not in result.output


def test_the_doctor_tells_what_there_is(tmp_path):
    result = RUNNER.invoke(app, ["doctor", "--json"])
    items = {item["name"]: item for item in json.loads(result.stdout)}
    assert items["Python"]["grade"] == "ok"
    assert items["district"]["grade"] == "ok"
    assert {"console", "storage", "memory", "port"} <= items.keys()


def test_the_doctor_finds_a_broken_configuration(tmp_path):
    Path("liti.toml").write_text("[district]\nfolder = 'nowhere'\n")
    result = RUNNER.invoke(app, ["doctor", "--json"])
    items = {item["name"]: item for item in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert items["district"]["grade"] == "missing"
    assert "nowhere" in items["district"]["detail"]


def test_users_are_made_listed_and_removed():
    made = RUNNER.invoke(app, ["user", "add", "chen", "--role", "pilot"])
    assert made.exit_code == 0
    database = Database(Path("var/liti.sqlite"))
    assert database.now(lambda session: accounts.redeem(session, made.stdout.strip(), 0.0)) == "chen"
    database.close()
    assert "chen" in RUNNER.invoke(app, ["user", "list"]).stdout
    assert RUNNER.invoke(app, ["user", "remove", "chen"]).exit_code == 0
    assert "chen" not in RUNNER.invoke(app, ["user", "list"]).stdout


def test_a_port_that_is_taken_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = RUNNER.invoke(app, ["serve", "--port", str(other.getsockname()[1])])
    assert result.exit_code == 2
    assert "choose another with --host and --port" in result.output.replace("\n", " ")


def test_one_call_writes_several_formats_and_a_page_of_the_whole_mission(tmp_path):
    request = tmp_path / "request.json"
    request.write_text(json.dumps({**SURVEY, "vehicles": {"count": 2}}))
    targets = [str(tmp_path / name) for name in ("made.html", "made.plan", "made.geojson")]
    result = RUNNER.invoke(app, ["plan", str(request), *(word for target in targets for word in ("-o", target))])
    assert result.exit_code == 0, result.output
    names = {"made.html", "made-1.plan", "made-2.plan", "made-1.geojson", "made-2.geojson"}
    assert {path.name for path in tmp_path.iterdir()} == {*names, "request.json"}
    assert (tmp_path / "made.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_format_that_cannot_be_written_is_said_before_anything_is_planned(tmp_path):
    (tmp_path / "request.json").write_text(json.dumps(SURVEY))
    result = RUNNER.invoke(app, ["plan", "request.json", "-o", "made.plan", "-o", "made.pdf"])
    assert result.exit_code == 2
    assert ".html" in result.output and ".plan" in result.output
    assert not (tmp_path / "made.plan").exists()


def test_a_checked_plan_file_is_shown_on_a_page(tmp_path):
    path = plan_file(tmp_path, altitude={"value_m": 300})
    result = RUNNER.invoke(app, ["check", str(path), "--district", "nanling", "--html", str(tmp_path / "check.html")])
    assert result.exit_code == 1
    assert "阻止起飞" in (tmp_path / "check.html").read_text("utf-8")
