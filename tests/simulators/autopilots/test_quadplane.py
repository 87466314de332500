"""A quadplane goes up and down on its rotors and flies between on its wings, by modes, by commands and by missions."""

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.positions import LocalFrame
from simulators.autopilots import Autopilot, Kind, VehicleSettings
from simulators.autopilots.modes import PlaneMode
from simulators.autopilots.wind import WindSettings
from tests.simulators.autopilots.station import Station

TRANSITION = mavlink.MAV_CMD_DO_VTOL_TRANSITION
TO_WINGS, TO_ROTORS, ON_ROTORS, ON_WINGS = 1, 2, 3, 4
REQUEST = mavlink.MAV_CMD_REQUEST_MESSAGE
TAKE_OFF = mavlink.MAV_CMD_NAV_VTOL_TAKEOFF


def quadplane(**changes: object) -> Station:
    settings = VehicleSettings(kind=Kind.VTOL, arming_delay_s=1, heading_deg=90)
    station = Station(Autopilot(settings, frame=LocalFrame(settings.position), **changes))
    station.wait(12)
    return station


def vtol_state(station: Station) -> int:
    station.command(REQUEST, 245)
    return int(station.last("EXTENDED_SYS_STATE").vtol_state)


def aloft(height_m: float = 30.0, **changes: object) -> Station:
    station = quadplane(**changes)
    station.set_mode(PlaneMode.GUIDED)
    assert station.arm() == 0
    assert station.command(TAKE_OFF, p7=height_m) == 0
    station.wait(height_m / 2.5 + 8)
    return station


def height_m(station: Station) -> float:
    return station.vehicle.state.geodetic.alt_amsl_m - station.vehicle.settings.position.alt_amsl_m


def speed_mps(station: Station) -> float:
    east, north, _ = station.vehicle.state.velocity_enu_mps
    return float((east**2 + north**2) ** 0.5)


def test_its_heartbeat_says_vtol_until_its_parameter_says_otherwise() -> None:
    station = quadplane()
    assert station.last("HEARTBEAT").type == mavlink.MAV_TYPE_VTOL_RESERVED2
    station.send(mavlink.MAVLink_param_set_message(1, 1, b"Q_MAV_TYPE", 0.0, mavlink.MAV_PARAM_TYPE_INT8))
    station.wait(2)
    assert station.last("HEARTBEAT").type == mavlink.MAV_TYPE_FIXED_WING


def test_it_takes_off_straight_up_and_stays_there_in_wind() -> None:
    station = aloft(wind=WindSettings(from_deg=200, speed_mps=7, gust_mps=1))
    assert height_m(station) == pytest.approx(30, abs=1)
    assert speed_mps(station) < 1
    assert max(map(abs, station.vehicle.state.position_enu_m[:2])) < 8
    assert vtol_state(station) == ON_ROTORS


def test_a_command_takes_it_to_its_wings_and_back() -> None:
    station = aloft()
    assert station.command(TRANSITION, ON_WINGS) == 0
    station.wait(1)
    assert vtol_state(station) == TO_WINGS
    station.wait(20)
    assert vtol_state(station) == ON_WINGS
    assert station.vehicle.state.airspeed_mps > 15
    assert height_m(station) == pytest.approx(30, abs=3)
    assert station.command(TRANSITION, ON_ROTORS) == 0
    station.wait(2)
    assert vtol_state(station) == TO_ROTORS
    station.wait(20)
    assert vtol_state(station) == ON_ROTORS
    assert speed_mps(station) < 0.5
    assert station.command(TRANSITION, 9) != 0


def test_qland_brakes_and_lands_where_it_stops() -> None:
    station = aloft()
    station.command(TRANSITION, ON_WINGS)
    station.wait(20)
    assert station.set_mode(PlaneMode.QLAND) == 0
    station.wait(70)
    assert station.vehicle.state.on_ground
    assert not station.vehicle.state.armed
    assert "Land complete" in station.texts()


def test_qrtl_lands_at_home() -> None:
    station = aloft()
    station.command(TRANSITION, ON_WINGS)
    station.wait(25)
    assert station.set_mode(PlaneMode.QRTL) == 0
    station.wait(130)
    assert station.vehicle.state.on_ground
    assert max(map(abs, station.vehicle.state.position_enu_m[:2])) < 3


def test_hovering_draws_several_times_what_its_wings_need() -> None:
    station = aloft()
    station.command(REQUEST, 147)
    hover = station.last("BATTERY_STATUS").current_battery
    station.command(TRANSITION, ON_WINGS)
    station.wait(30)
    station.command(REQUEST, 147)
    assert hover > 2.5 * station.last("BATTERY_STATUS").current_battery


def test_a_plane_without_rotors_knows_nothing_of_them() -> None:
    station = Station(Autopilot(VehicleSettings(kind=Kind.FIXED_WING, arming_delay_s=1)))
    station.wait(12)
    assert station.set_mode(PlaneMode.QLOITER) != 0
    assert station.command(TRANSITION, ON_WINGS) != 0
    assert station.last("HEARTBEAT").type == mavlink.MAV_TYPE_FIXED_WING
