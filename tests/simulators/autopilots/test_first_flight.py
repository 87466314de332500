"""A first look: the vehicle wakes up, is armed, climbs, comes home; and its state is in the district's frame."""

import pytest

from maps.positions import Geodetic, LocalFrame
from simulators.autopilots import Autopilot, Kind, VehicleSettings
from tests.simulators.autopilots.station import Station


def test_copter_climbs_and_comes_home() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=6)))
    station.wait(10)
    assert station.set_mode(4) == 0
    assert station.arm() == 0
    assert station.command(22, p7=20) == 0
    station.wait(20)
    state = station.vehicle.state
    assert state.position_enu_m[2] == pytest.approx(20, abs=0.7)
    assert not state.on_ground
    assert station.set_mode(6) == 0
    station.wait_until(lambda s: not s.armed, 120)
    assert station.vehicle.state.position_enu_m == pytest.approx((0, 0, 0), abs=0.6)


def test_arming_waits_for_a_position() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=41)))
    station.wait(25)
    assert station.set_mode(4) == 0
    assert station.arm() == 4
    assert "Arm: Need Position Estimate" in station.texts()
    station.wait(17.5)
    assert station.arm() == 0


def test_state_is_in_the_districts_frame() -> None:
    frame = LocalFrame(Geodetic(43.86, 125.32, 210.0))
    settings = VehicleSettings(kind=Kind.FIXED_WING, position=Geodetic(43.87, 125.33, 0.0), heading_deg=290)
    vehicle = Autopilot(settings, frame=frame)
    vehicle.step()
    state = vehicle.state
    assert state.geodetic.lat_deg == pytest.approx(43.87, abs=1e-8)
    assert state.position_enu_m == pytest.approx(tuple(frame.to_enu(state.geodetic)), abs=0.01)
    assert state.heading_deg == pytest.approx(290)
