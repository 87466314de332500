"""The protocols in detail: streams, parameters, missions, commands."""

import math

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.positions import Geodetic
from simulators.autopilots import Autopilot, Kind, VehicleSettings
from tests.simulators.autopilots.station import Message, Station, item


def awake(kind: Kind = Kind.ROTORCRAFT, delay_s: float = 1.0, **changes: object) -> Station:
    station = Station(Autopilot(VehicleSettings(kind=kind, arming_delay_s=delay_s, **changes)))  # type: ignore[arg-type]
    station.wait(4)
    return station


def names(messages: list[Message]) -> set[str]:
    return {m.get_type() for m in messages}


def count(messages: list[Message], name: str) -> int:
    return sum(m.get_type() == name for m in messages)


# Streams


def test_copter_sends_only_heartbeats_until_asked() -> None:
    assert names(awake().wait(4)) == {"HEARTBEAT"}


def test_an_interval_is_kept_and_told_and_stopped() -> None:
    station = awake()
    assert station.command(511, 33, 100_000) == 0
    assert count(station.wait(5), "GLOBAL_POSITION_INT") == pytest.approx(50, abs=1)
    assert station.command(510, 33) == 0
    assert station.last("MESSAGE_INTERVAL").interval_us == 100_000
    assert station.command(511, 33, -1) == 0
    assert count(station.wait(2), "GLOBAL_POSITION_INT") == 0
    assert station.command(511, 54321, 100_000) == 2


def test_a_data_stream_brings_its_group() -> None:
    station = awake()
    station.send(mavlink.MAVLink_request_data_stream_message(1, 1, 10, 4, 1))
    came = station.wait(5)
    assert count(came, "ATTITUDE") == pytest.approx(20, abs=1)
    assert "VFR_HUD" not in names(came)
    station.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 2, 1))
    came = station.wait(5)
    assert {"VFR_HUD", "SYS_STATUS", "BATTERY_STATUS", "GPS_RAW_INT", "EKF_STATUS_REPORT", "RAW_IMU"} <= names(came)
    assert count(came, "SYS_STATUS") == pytest.approx(10, abs=1)


@pytest.mark.parametrize("number", [24, 30, 33, 74, 148, 242, 245, 285, 262])
def test_a_message_can_be_asked_for_once(number: int) -> None:
    station = awake()
    assert station.command(512, number) == 0
    assert sum(m.get_msgId() == number for m in station.heard) >= 1


@pytest.mark.parametrize("number", [300, 435, 436])
def test_messages_that_ardupilot_does_not_have_fail(number: int) -> None:
    assert awake().command(512, number) == 4


def test_timesync_is_answered_and_ping_is_not() -> None:
    station = awake()
    answers = station.send(mavlink.MAVLink_timesync_message(0, 12345))
    assert [(a.ts1, a.tc1 > 0) for a in answers] == [(12345, True)]
    assert station.send(mavlink.MAVLink_ping_message(0, 1, 0, 0)) == []


def test_position_is_nonsense_before_the_fix() -> None:
    station = Station(Autopilot(VehicleSettings(arming_delay_s=41)))
    station.wait(3)
    station.command(511, 33, 100_000)
    station.command(511, 24, 100_000)
    early = station.wait(5)
    assert all(abs(m.lat) < 10_000 for m in early if m.get_type() == "GLOBAL_POSITION_INT")
    assert {m.fix_type for m in early if m.get_type() == "GPS_RAW_INT"} == {0}
    later = [m for m in station.wait(12) if m.get_type() == "GPS_RAW_INT"]
    first = next(m for m in later if m.lat != 0)
    assert first.fix_type == 1
    assert abs(first.lat - 438600000) > 1_000_000
    assert later[-1].fix_type == 6
    assert later[-1].lat == pytest.approx(438600000, abs=100)


# Parameters


def test_the_whole_list_comes_in_order_and_is_believable() -> None:
    station = awake()
    station.heard.clear()
    station.send(mavlink.MAVLink_param_request_list_message(1, 1))
    listed = [m for m in station.wait(2) if m.get_type() == "PARAM_VALUE"]
    assert [m.param_index for m in listed] == list(range(len(listed)))
    assert {m.param_count for m in listed} == {len(listed)}
    assert len(listed) >= 150
    assert {"WPNAV_SPEED", "RTL_ALT", "FENCE_ENABLE", "SYSID_THISMAV", "BATT_CAPACITY"} <= {m.param_id for m in listed}


def test_a_change_is_echoed_with_no_index_and_unknown_names_get_silence() -> None:
    station = awake()
    (echo,) = station.send(mavlink.MAVLink_param_set_message(1, 1, b"RTL_ALT", 2500.7, 6))
    assert (echo.param_id, echo.param_value, echo.param_index, echo.param_type) == ("RTL_ALT", 2501.0, 65535, 6)
    assert station.send(mavlink.MAVLink_param_set_message(1, 1, b"NO_SUCH_PARAM", 1, 9)) == []
    assert station.send(mavlink.MAVLink_param_request_read_message(1, 1, b"NO_SUCH_PARAM", -1)) == []
    (by_index,) = station.send(mavlink.MAVLink_param_request_read_message(1, 1, b"", 7))
    assert by_index.param_index == 7


# Missions


def square(target: int = 1) -> list[Message]:
    return [item(0, 16, target=target), item(1, 22, up_m=20), item(2, 16, 50, 0, 20), item(3, 16, 50, 50, 20),
            item(4, 20)]  # fmt: skip


def test_a_stalled_upload_is_asked_for_eight_times_and_given_up() -> None:
    station = awake()
    station.send(mavlink.MAVLink_mission_count_message(1, 1, 5, 0))
    station.send(item(0, 16))
    came = station.wait(12)
    asked = [m.seq for m in came if m.get_type() == "MISSION_REQUEST"]
    assert asked == [1] * 8
    assert [m.type for m in came if m.get_type() == "MISSION_ACK"] == [15]


def test_another_station_cannot_upload_in_between() -> None:
    station = awake()
    other = Station(station.vehicle, system=254)
    station.send(mavlink.MAVLink_mission_count_message(1, 1, 5, 0))
    answers = other.send(mavlink.MAVLink_mission_count_message(1, 1, 3, 0))
    assert [(m.get_type(), m.type, m.target_system) for m in answers] == [("MISSION_ACK", 14, 254)]
    assert [m.type for m in other.send(mavlink.MAVLink_mission_request_list_message(1, 1, 0))] == [14]


def test_items_out_of_order_are_refused_but_the_upload_goes_on() -> None:
    station = awake()
    listed = square()
    station.send(mavlink.MAVLink_mission_count_message(1, 1, 5, 0))
    assert [m.type for m in station.send(listed[3])] == [13]
    assert [m.seq for m in station.send(listed[0]) if m.get_type() == "MISSION_REQUEST"] == [1]


def test_a_rejected_upload_leaves_a_mixture() -> None:
    station = awake()
    assert station.upload(square()) == 0
    assert station.upload([item(0, 16), item(1, 16, 99, 99, 9), item(2, 9999), item(3, 20)]) == 3
    held = station.download()
    assert len(held) == 4
    assert held[1].command == 16
    assert held[2].command == 16


def test_item_zero_is_home_whatever_was_sent() -> None:
    settings = VehicleSettings(arming_delay_s=1, position=Geodetic(43.87, 125.33, 231.0))
    station = Station(Autopilot(settings))
    station.wait(4)
    station.upload([item(0, 16, 500, 500, 999), item(1, 22, up_m=10)])
    home = station.download()[0]
    assert (home.x, home.y, home.frame, home.command) == (438700000, 1253300000, 0, 16)
    assert home.z == pytest.approx(231)


def test_partial_lists_replace_only_their_part() -> None:
    station = awake()
    station.upload(square())
    station.send(mavlink.MAVLink_mission_write_partial_list_message(1, 1, 2, 3, 0))
    station.send(item(2, 16, 70, 0, 25))
    answers = station.send(item(3, 16, 70, 70, 25))
    assert [m.type for m in answers if m.get_type() == "MISSION_ACK"] == [0]
    held = station.download()
    assert [round(m.z) for m in held[1:4]] == [20, 25, 25]
    outside = station.send(mavlink.MAVLink_mission_write_partial_list_message(1, 1, 3, 9, 0))
    assert [m.type for m in outside] == [1]


def test_clearing_one_list_or_all() -> None:
    station = awake()
    station.upload(square())
    station.upload([item(0, 5100, 10, 10, 20, mission_type=2)], 2)
    station.send(mavlink.MAVLink_mission_clear_all_message(1, 1, 0))
    assert station.download(0) == []
    assert len(station.download(2)) == 1
    acks = station.send(mavlink.MAVLink_mission_clear_all_message(1, 1, 255))
    assert count(acks, "MISSION_ACK") == 3
    assert station.download(2) == []


def test_a_fence_whose_polygon_is_short_is_refused_and_the_old_one_stays() -> None:
    station = awake()
    ring = [(100, 100), (100, -100), (-100, -100), (-100, 100)]
    good = [item(i, 5001, n, e, params=(4, 0, 0, 0), frame=0, mission_type=1) for i, (n, e) in enumerate(ring)]
    assert station.upload(good, 1) == 0
    assert station.upload(good[:3], 1) == 1
    assert len(station.download(1)) == 4


def test_old_style_items_are_served_in_degrees() -> None:
    station = awake()
    station.upload(square())
    (old,) = station.send(mavlink.MAVLink_mission_request_message(1, 1, 2, 0))
    assert old.get_type() == "MISSION_ITEM"
    assert old.x == pytest.approx(43.86 + 50 / 111_105, abs=1e-5)


# Commands


def test_unknown_commands_are_unsupported_and_other_systems_get_silence() -> None:
    station = awake()
    assert station.command(9999) == 3
    other = mavlink.MAVLink_command_long_message(77, 1, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    assert station.send(other) == []
    to_camera = mavlink.MAVLink_command_long_message(1, 100, 400, 0, 1, 0, 0, 0, 0, 0, 0)
    assert station.send(to_camera) == []


def test_set_mode_message_is_acknowledged_too() -> None:
    station = awake()
    answers = station.send(mavlink.MAVLink_set_mode_message(1, 1, 4))
    assert [(m.command, m.result) for m in answers if m.get_type() == "COMMAND_ACK"] == [(11, 0)]
    assert station.last("HEARTBEAT").custom_mode == 4


def test_auto_is_not_armable_and_needs_a_mission() -> None:
    station = awake()
    assert station.set_mode(3) == 4
    station.upload(square())
    assert station.set_mode(3) == 0
    assert station.arm() == 4
    assert "Arm: AUTO mode not armable" in station.texts()


def test_disarming_in_the_air_is_refused() -> None:
    station = awake()
    station.set_mode(4)
    assert station.arm() == 0
    station.command(22, p7=10)
    station.wait(10)
    assert station.command(400, 0) == 4
    assert station.vehicle.state.armed
    assert station.command(400, 0, 21196) == 0
    station.wait_until(lambda s: s.on_ground, 20)


def test_an_armed_copter_that_stays_on_the_ground_disarms_itself() -> None:
    station = awake()
    station.set_mode(4)
    station.arm()
    station.wait(8)
    assert station.vehicle.state.armed
    station.wait(5)
    assert not station.vehicle.state.armed


def test_the_home_message_tells_where_it_stands() -> None:
    station = awake()
    assert station.command(410) == 0
    home = station.last("HOME_POSITION")
    assert (home.latitude, home.longitude, home.altitude) == (438600000, 1253200000, 220000)
    assert math.isnan(home.q[0])


def test_a_long_text_comes_in_chunks() -> None:
    station = awake()
    station.vehicle._board.say(6, "a" * 120)
    chunks = [m for m in station.wait(0.1) if m.get_type() == "STATUSTEXT"]
    assert [len(m.text) for m in chunks] == [50, 50, 20]
    assert [m.chunk_seq for m in chunks] == [0, 1, 2]
    assert len({m.id for m in chunks}) == 1
