"""The example requests: each is planned for every kind of aircraft by the command line, without a blocking finding."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from missions.planning import MissionRequest
from service.cli import app
from tests.service.plan_page.pages import Reader, embedded

EXAMPLES = Path(__file__).parents[3] / "examples" / "requests"
AIRCRAFT = ("rotorcraft", "fixed_wing", "vtol")


@pytest.fixture(autouse=True)
def one_district(monkeypatch):
    """Load the district once for all of them."""
    monkeypatch.setattr("service.district.load", lambda name: embedded())


def cases():
    """Each example with each kind of aircraft; those that name their crew as they are."""
    for path in sorted(EXAMPLES.glob("*.json")):
        own_crew = "vehicles" in json.loads(path.read_text("utf-8"))
        for kind in (None,) if own_crew else AIRCRAFT:
            yield pytest.param(path, kind, id=f"{path.stem}-{kind or 'its own crew'}")


@pytest.mark.parametrize(("path", "kind"), list(cases()))
def test_every_example_is_planned_for_every_kind_of_aircraft(path, kind, tmp_path):
    written = [tmp_path / "made.html", tmp_path / "made.plan"]
    options = [word for target in written for word in ("-o", str(target))]
    options += ["--vehicle", kind] if kind else []
    result = CliRunner().invoke(app, ["plan", str(path), *options])
    assert result.exit_code == 0, result.output
    page = Reader(written[0].read_text("utf-8"))
    assert all(course["t"][-1] > 60 for course in page.data["courses"])
    plans = sorted(tmp_path.glob("made*.plan"))
    assert len(plans) == len(page.data["courses"])
    assert all(json.loads(plan.read_text())["fileType"] == "Plan" for plan in plans)


def test_the_examples_show_every_kind_of_mission_and_say_that_they_are_invented():
    requests = [json.loads(path.read_text("utf-8")) for path in EXAMPLES.glob("*.json")]
    kinds = {request["kind"] for request in requests}
    assert kinds == set(MissionRequest.model_fields["kind"].annotation.__args__)
    assert all("虚构" in request["name"] for request in requests)
