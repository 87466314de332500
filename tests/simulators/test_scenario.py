"""A scenario is read whole, and what is wrong with one is said by its key."""

from pathlib import Path
from typing import Any

import pytest

from simulators import scenarios
from simulators.scenario import Scenario, ScenarioError

VEHICLE: dict[str, Any] = {"id": "uav-1", "kind": "rotorcraft", "system_id": 1, "mavlink": "udpout:127.0.0.1:14550"}


def test_the_shipped_patrol_has_three_aircraft_and_six_cameras() -> None:
    scenario = Scenario.load(scenarios.path("patrol"))
    assert [vehicle.kind for vehicle in scenario.vehicles] == ["rotorcraft", "rotorcraft", "fixed_wing"]
    assert len(scenario.sensor_ids) == 9
    assert scenario.vehicles[0].camera is not None
    assert scenario.vehicles[0].camera.address == ("127.0.0.1", 5601)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "name: Field required"),
        ({"name": "x", "vehicels": []}, "vehicels: is not a key"),
        ({"name": "x", "seed": "one"}, "seed: Input should be a valid integer"),
        ({"name": "x", "vehicles": [VEHICLE | {"mavlink": "14550"}]}, "vehicles.0.mavlink: '14550' is not of the form"),
        ({"name": "x", "vehicles": [VEHICLE, VEHICLE]}, "uav-1 is used more than once"),
        ({"name": "x", "vehicles": [VEHICLE | {"lat_deg": 43.0}]}, "give both lat_deg and lon_deg"),
        ({"name": "x", "wind": {"speed_mps": -1}}, "wind.speed_mps: Input should be greater than or equal to 0"),
        ({"name": "x", "faults": [{"at_s": 1, "kind": "link_loss", "target": "uav-9"}]}, "has the target 'uav-9'"),
        ({"name": "x", "faults": [{"at_s": 1, "kind": "sulk", "target": "uav-9"}]}, "faults.0.kind: Input should be"),
        ({"name": "x", "fixed_cameras": {"ids": ["cam-001", "cam-001"]}}, "cam-001 is used more than once"),
    ],
)
def test_a_wrong_key_is_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(values)
    assert says in str(caught.value)


def test_a_missing_file_and_a_broken_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.toml: cannot be read"):
        Scenario.load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(ScenarioError, match=r"broken\.toml: is not TOML"):
        Scenario.load(broken)


def test_seed_and_speed_can_be_changed_and_are_checked_again() -> None:
    scenario = Scenario.load({"name": "x", "vehicles": [VEHICLE]})
    changed = scenario.changed(seed=7, speed=2.0)
    assert (changed.seed, changed.speed, changed.vehicles) == (7, 2.0, scenario.vehicles)
    with pytest.raises(ScenarioError, match="speed"):
        scenario.changed(speed=0.0)
