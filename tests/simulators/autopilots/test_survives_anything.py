"""Whatever comes in on the port, the vehicle flies on: noise, broken packets, absurd values."""

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import STEP_S, Autopilot, Kind, VehicleSettings
from simulators.autopilots.items import KNOWN
from tests.simulators.autopilots.station import Message, Station, item

KINDS = list(Kind)
COMMANDS = sorted(set(KNOWN) | {*range(176, 260), 300, 400, 410, 510, 511, 512, 519, 520, 521, 2000, 2001, 2500, 9999})
ABSURD = st.sampled_from([0.0, 1.0, -1.0, 5.0, 100.0, 1e30, -1e30, 3.4e38, math.nan, math.inf, -math.inf, 1e-40])
INTEGERS = st.sampled_from([0, 1, -1, 438600000, 1253200000, 2**31 - 1, -(2**31)])


def flying(kind: Kind) -> Station:
    """A vehicle in the air, ready to be confused."""
    station = Station(Autopilot(VehicleSettings(kind=kind, arming_delay_s=1)))
    station.wait(4)
    station.set_mode(4 if kind is Kind.ROTORCRAFT else 13)
    assert station.arm() == 0
    station.command(22, p7=25)
    station.wait(15)
    assert not station.vehicle.state.on_ground
    return station


def assert_sane(vehicle: Autopilot) -> None:
    state = vehicle.state
    numbers = (*state.position_enu_m, *state.velocity_enu_mps, state.roll_deg, state.pitch_deg, state.heading_deg,
               state.gimbal_azimuth_deg, state.gimbal_tilt_deg, state.battery_fraction, state.airspeed_mps)  # fmt: skip
    assert all(map(math.isfinite, numbers)), state
    assert max(map(abs, state.velocity_enu_mps)) < 60
    assert abs(state.roll_deg) < 75


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=600))
def test_random_bytes_change_nothing(data: bytes) -> None:
    vehicle = Autopilot(VehicleSettings())
    vehicle.receive(data)
    vehicle.step(STEP_S)
    assert_sane(vehicle)
    assert vehicle.state.mode == "STABILIZE"


def test_broken_packets_are_skipped_and_the_next_good_one_is_heard() -> None:
    vehicle = Autopilot(VehicleSettings(arming_delay_s=1))
    station = Station(vehicle)
    station.wait(3)
    rng = random.Random(5)
    encoder = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    good = mavlink.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1).pack(encoder)
    for _ in range(300):
        broken = bytearray(good)
        match rng.randrange(3):
            case 0:
                broken = broken[: rng.randrange(len(broken))]
            case 1:
                broken[rng.randrange(1, len(broken))] ^= 1 << rng.randrange(8)
            case _:
                broken += rng.randbytes(rng.randrange(1, 40))
        vehicle.receive(bytes(broken), "noisy")
    vehicle.outgoing()
    answers = station.send(mavlink.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1))
    assert [a.param_id for a in answers if a.get_type() == "PARAM_VALUE"] == ["WPNAV_SPEED"]


def test_noise_of_one_client_does_not_disturb_another() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=1)))
    station.wait(3)
    encoder = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    packet = mavlink.MAVLink_param_request_read_message(1, 1, b"RTL_ALT", -1).pack(encoder)
    station.vehicle.receive(packet[:20], "a")
    station.vehicle.receive(b"\xfd\xff\x00\xfd" * 30, "b")
    station.vehicle.receive(packet[20:], "a")
    assert any(m.get_type() == "PARAM_VALUE" for m in station.wait(0.1))


@pytest.fixture(scope="module", params=KINDS)
def confused(request: pytest.FixtureRequest) -> Station:
    return flying(request.param)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=st.sampled_from(COMMANDS), params=st.tuples(*[ABSURD] * 7))
def test_absurd_commands_are_answered_and_survived(confused: Station, command: int, params: tuple[float, ...]) -> None:
    answers = confused.send(mavlink.MAVLink_command_long_message(confused.target, 1, command, 0, *params))
    assert len([a for a in answers if a.get_type() == "COMMAND_ACK" and a.command == command]) == 1
    confused.wait(0.2)
    assert_sane(confused.vehicle)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    command=st.sampled_from(COMMANDS), frame=st.integers(0, 30), params=st.tuples(*[ABSURD] * 4),
    x=INTEGERS, y=INTEGERS, z=ABSURD,
)  # fmt: skip
def test_absurd_positions_are_answered_and_survived(
    confused: Station, command: int, frame: int, params: tuple[float, ...], x: int, y: int, z: float
) -> None:
    message = mavlink.MAVLink_command_int_message(confused.target, 1, frame, command, 0, 0, *params, x, y, z)
    answers = confused.send(message)
    assert len([a for a in answers if a.get_type() == "COMMAND_ACK" and a.command == command]) == 1
    for mask in (0, 0xFFF8, 0x0FC7, 0b1111_1111_1111_1011):
        confused.send(mavlink.MAVLink_set_position_target_global_int_message(
            0, confused.target, 1, frame, mask, x, y, z, *params[:3], 0, 0, 0, params[3], params[0]))  # fmt: skip
        confused.send(mavlink.MAVLink_set_position_target_local_ned_message(
            0, confused.target, 1, frame, mask, *params[:3], z, *params[:2], 0, 0, 0, params[3], 0))  # fmt: skip
    confused.wait(0.2)
    assert_sane(confused.vehicle)


@settings(max_examples=120, deadline=None)
@given(
    command=st.sampled_from(COMMANDS), frame=st.integers(0, 30), params=st.tuples(*[ABSURD] * 4),
    x=INTEGERS, y=INTEGERS, z=ABSURD, mission_type=st.sampled_from([0, 1, 2]),
)  # fmt: skip
def test_absurd_items_are_refused_or_flown_without_harm(
    command: int, frame: int, params: tuple[float, ...], x: int, y: int, z: float, mission_type: int
) -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=0.5)))
    station.wait(2)
    odd = mavlink.MAVLink_mission_item_int_message(1, 1, 1, frame, command, 0, 1, *params, x, y, z, mission_type)
    listed: list[Message] = [item(0, 16), odd]
    if mission_type:
        listed = [odd]
    result = station.upload(listed, mission_type)
    if result == 0:
        assert len(station.download(mission_type)) == len(listed)
        station.set_mode(4)
        station.arm()
        station.command(22, p7=5)
        station.wait(4)
        station.set_mode(3)
    station.wait(1)
    assert_sane(station.vehicle)


def test_counts_beyond_reason_are_refused() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=1)))
    station.wait(2)
    for kind in (0, 1, 2):
        answers = station.send(mavlink.MAVLink_mission_count_message(1, 1, 65535, kind))
        assert [(a.get_type(), a.type) for a in answers if a.get_type() == "MISSION_ACK"] == [("MISSION_ACK", 4)]


def test_parameters_without_sense_are_not_taken() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=1)))
    station.wait(2)
    for value in (math.nan, math.inf, -math.inf):
        answers = station.send(mavlink.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", value, 9))
        assert [a.param_value for a in answers if a.get_type() == "PARAM_VALUE"] == [1000.0]


def test_nobody_fetching_does_not_fill_the_memory() -> None:
    vehicle = Autopilot(VehicleSettings(arming_delay_s=1))
    encoder = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    vehicle.receive(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 50, 1).pack(encoder))
    for _ in range(500):
        vehicle.step(STEP_S)
    assert len(vehicle.outgoing()) <= 4096


def test_steps_that_are_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        Autopilot(VehicleSettings()).step(0.5)
