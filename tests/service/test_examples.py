"""The example configurations: each is accepted, and fits what its comments tell to start beside it."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from service.config import load

EXAMPLES = Path(__file__).parents[2] / "examples"
SCENARIO = Path(__file__).parents[2] / "simulators" / "scenarios" / "patrol.toml"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("LITI_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_every_example_is_a_configuration(path):
    settings = load(path)
    assert settings.links
    assert settings.vehicles


@pytest.mark.parametrize(
    ("name", "kind"), [("arducopter", "rotorcraft"), ("arduplane", "fixed_wing"), ("px4", "rotorcraft")]
)
def test_the_real_autopilots_speak_to_the_link_that_waits_for_them(name, kind):
    path = EXAMPLES / f"{name}.toml"
    settings, text = load(path), path.read_text("utf-8")
    assert [(vehicle.system_id, vehicle.kind) for vehicle in settings.vehicles] == [(1, kind)]
    (link,) = settings.links
    for port in re.findall(r"udpclient:127\.0\.0\.1:(\d+)", text) or ["14550"]:
        assert link.url == f"udpin:127.0.0.1:{port}"
    assert f"liti serve --config examples/{name}.toml" in text
    assert settings.storage.folder.resolve() == EXAMPLES.parent / "var" / name


def test_the_planes_parameters_make_its_missions_landing_count():
    lines = [line.split() for line in (EXAMPLES / "arduplane.parm").read_text("utf-8").splitlines()]
    values = {line[0]: float(line[1]) for line in lines if line and not line[0].startswith("#")}
    assert values == {"RTL_AUTOLAND": 2.0}
    assert "examples/arduplane.parm" in (EXAMPLES / "arduplane.toml").read_text("utf-8")


def test_the_simulated_world_and_its_service_fit_each_other():
    settings = load(EXAMPLES / "simulated.toml")
    world = tomllib.loads(SCENARIO.read_text("utf-8"))
    aircraft = {each["id"]: each for each in world["vehicles"]}
    assert {(v.id, v.system_id, v.kind, v.camera) for v in settings.vehicles} == {
        (name, each["system_id"], each["kind"], each["camera"]["sensor_id"]) for name, each in aircraft.items()
    }
    (link,) = settings.links
    assert {each["mavlink"] for each in aircraft.values()} == {link.url.replace("udpin", "udpout")}
    port = world["fixed_cameras"]["rtsp_port"]
    sent = {camera: f"rtsp://127.0.0.1:{port}/{camera}" for camera in world["fixed_cameras"]["ids"]}
    sent |= {each["camera"]["sensor_id"]: each["camera"]["url"] for each in aircraft.values()}
    assert {source.sensor_id: source.url for source in settings.sources} == sent
    assert {s.vehicle_id for s in settings.sources if s.vehicle_id} == set(aircraft)
