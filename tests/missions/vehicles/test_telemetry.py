from pathlib import Path

import pytest

from maps.instants import Instant
from missions.vehicles.boot_time import BootTime
from missions.vehicles.dialect import Encoder, Framer, mavlink
from missions.vehicles.modes import mode_name, mode_numbers
from missions.vehicles.status_text import StatusTexts
from missions.vehicles.streams import ARDUPILOT, StreamRequests
from missions.vehicles.telemetry import Telemetry
from missions.vehicles.tlog import read_tlog

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"


def played(name, watch=None):
    """The telemetry of the vehicle in a recording after its last packet, and that packet's time."""
    telemetry, framer, time = Telemetry("uav-1"), Framer(), Instant(0.0)
    for recorded in read_tlog(FLIGHTS / name):
        time = recorded.time
        for packet in framer.feed(recorded.data, whole=True):
            if packet.message is not None and packet.system_id != 255:
                telemetry.receive(packet.message, time)
                if watch is not None:
                    watch(telemetry, packet.message, time)
    return telemetry, time


def message(system_id, body):
    (packet,) = Framer().feed(Encoder(system_id, 1).encode(body))
    return packet.message


def test_a_copter_in_auto_is_seen_as_it_flew():
    telemetry, time = played("arducopter_auto.tlog")
    state = telemetry.state(time)
    assert (state.kind, state.autopilot, state.mode) == ("rotorcraft", "ardupilot", "AUTO")
    assert state.armed
    assert state.in_air
    assert state.position is not None
    assert state.position.lat_deg == pytest.approx(43.86108, abs=2e-4)
    assert state.alt_home_m == pytest.approx(40, abs=1)
    assert telemetry.reached == [0, 1]  # take-off, first waypoint: its numbers 1 and 2, home left out
    assert state.mission_item == 2
    assert state.mission_items == 5


def test_a_plane_and_a_px4_quad_are_told_apart_with_their_own_words():
    plane, time = played("arduplane_auto.tlog")
    assert (plane.state(time).kind, plane.state(time).mode) == ("fixed_wing", "AUTO")
    quad, time = played("px4quad_auto.tlog")
    state = quad.state(time)
    assert (state.kind, state.autopilot, state.mode) == ("rotorcraft", "px4", "AUTO.MISSION")
    assert quad.reached == [1]  # repeated ten times by PX4, kept once
    assert state.mission_item == 2


def test_no_position_is_believed_before_a_three_dimensional_fix():
    first_fix = []

    def watch(telemetry, _message, time):
        state = telemetry.state(time)
        if state.position is not None:
            assert state.fix_type >= 3
            assert state.position.lat_deg == pytest.approx(43.86, abs=1e-3)
            first_fix.append(time)

    _, time = played("arducopter_boot.tlog", watch)
    assert first_fix
    assert first_fix[0] < time


def test_a_plane_is_not_believed_to_stand_at_sea_level_before_it_knows_its_height():
    reported, believed = [], []

    def watch(telemetry, message, time):
        state = telemetry.state(time)
        if message.get_type() == "GLOBAL_POSITION_INT" and state.fix_type >= 3:
            reported.append(message.alt / 1e3)
            if state.position is not None:
                believed.append(state.position.alt_amsl_m)

    played("arduplane_boot.tlog", watch)
    assert min(reported) < 1.0  # with a fix, and 220 m too low
    assert believed
    assert min(believed) > 215.0


def test_a_restarted_autopilot_has_no_home_until_it_says_so():
    telemetry, time = played("arduplane_boot.tlog")
    assert telemetry.state(time).home is not None
    low = mavlink.MAVLink_global_position_int_message(50, 438600000, 1253000000, 90, 90, 0, 0, 0, 0)
    telemetry.receive(message(1, low), Instant(time + 5))
    state = telemetry.state(Instant(time + 5))
    assert state.home is None
    assert state.position is None


def test_once_home_is_known_the_receivers_height_is_not_asked_any_more():
    telemetry, time = played("arduplane_boot.tlog")
    wild = mavlink.MAVLink_gps_raw_int_message(0, 3, 438600000, 1253000000, 900_000, 0, 0, 0, 0, 9)
    high = mavlink.MAVLink_global_position_int_message(60_000, 438600000, 1253000000, 300_000, 80_000, 0, 0, 0, 0)
    telemetry.receive(message(1, wild), time)
    telemetry.receive(message(1, high), time)
    position = telemetry.state(time).position
    assert position is not None
    assert position.alt_amsl_m == pytest.approx(300.0)


def test_positions_carry_the_sensors_time_close_before_their_arrival():
    ages = []

    def watch(telemetry, message, time):
        if message.get_type() == "GLOBAL_POSITION_INT" and (state := telemetry.state(time)).position is not None:
            ages.append(time - state.time)

    played("px4quad_auto.tlog", watch)
    ages = sorted(ages[20:])
    assert ages[0] >= 0.0
    assert ages[len(ages) // 2] < 0.1


def test_unknown_battery_stays_unknown():
    telemetry = Telemetry("uav-1")
    body = mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 0xFFFF, -100, -1, 0, 0, 0, 0, 0, 0)
    telemetry.receive(message(1, body), Instant(1.0))
    state = telemetry.state(Instant(1.0))
    assert state.battery_fraction is None
    assert state.battery_v is None


def test_silence_makes_a_link_stale_and_then_lost():
    telemetry = Telemetry("uav-1")
    telemetry.receive(message(1, mavlink.MAVLink_heartbeat_message(2, 3, 81, 4, 3, 3)), Instant(10.0))
    assert [telemetry.state(Instant(10.0 + s)).link for s in (1.0, 3.0, 6.0)] == ["up", "stale", "lost"]


def test_gimbal_angles_come_out_from_north_for_both_autopilots():
    copter, time = played("arducopter_gimbal.tlog")
    state = copter.state(time)
    assert state.attitude is not None
    assert state.camera_tilt_deg == pytest.approx(-32.5, abs=1)
    px4, time = played("px4quad_gimbal.tlog")
    state = px4.state(time)
    assert state.camera_azimuth_deg == pytest.approx(30, abs=1.5)
    assert state.camera_tilt_deg == pytest.approx(-45, abs=1)


def test_text_in_two_chunks_becomes_one_and_loses_its_tab():
    texts = StatusTexts()
    first = message(
        1, mavlink.MAVLink_statustext_message(6, b"RTL: start return at 270 m (30 m above destination", 5, 0)
    )
    second = message(1, mavlink.MAVLink_statustext_message(6, b")\t", 5, 1))
    assert texts.receive(first, Instant(1.0)) is None
    whole = texts.receive(second, Instant(1.0))
    assert whole is not None
    assert whole.text == "RTL: start return at 270 m (30 m above destination)"


def test_time_since_boot_follows_the_fastest_message_and_a_reboot():
    boot = BootTime()
    boot.observe(1000, Instant(101.30))  # 300 ms on the way
    assert boot.observe(1100, Instant(101.12)) == pytest.approx(101.12)
    assert boot.observe(1200, Instant(101.80)) == pytest.approx(101.22)
    boot.observe(30_000, Instant(130.0))
    assert boot.reboots == 0
    assert boot.observe(50, Instant(140.0)) == pytest.approx(140.0)
    assert boot.reboots == 1


def test_the_vehicles_own_utc_is_believed_only_when_it_agrees_with_ours():
    boot = BootTime()
    boot.observe(1000, Instant(101.5))
    boot.own_utc(101_000_000, 1000, Instant(101.5))
    assert boot.observe(2000, Instant(102.5)) == pytest.approx(102.0)
    boot.own_utc(83_000_000, 2000, Instant(102.5))  # 18 leap seconds missing
    assert boot.observe(3000, Instant(103.5)) == pytest.approx(103.5)


def test_a_timesync_round_trip_halves_the_delay():
    boot = BootTime()
    boot.observe(1000, Instant(101.2))
    boot.round_trip(Instant(101.0), 1.0 + 0.2, Instant(101.4))
    assert boot.observe(2000, Instant(102.2)) == pytest.approx(102.0)


def test_modes_have_the_autopilots_own_names():
    assert mode_name("ardupilot", "rotorcraft", 17) == "BRAKE"
    assert mode_name("ardupilot", "fixed_wing", 12) == "LOITER"
    assert mode_name("px4", "rotorcraft", 0x05040000) == "AUTO.RTL"
    assert mode_numbers("px4", "rotorcraft", "AUTO.MISSION") == (4, 4)
    with pytest.raises(KeyError):
        mode_numbers("ardupilot", "fixed_wing", "BRAKE")


class SilentVehicle:
    """Grants every request at once but sends nothing, or sends what it granted."""

    def __init__(self, requests):
        self.requests, self.asked = requests, []

    def run(self, start, end, sends=frozenset()):
        now = start
        while now < end:
            for request in self.requests.due(Instant(now)):
                self.asked.append(int(request.param1))
                ack = mavlink.MAVLink_command_ack_message(request.command, 0, 0, 0, 255, 190)
                self.requests.receive(message(1, ack), Instant(now))
            for message_id in sends:
                if message_id in self.asked:
                    kind = mavlink.mavlink_map[message_id]
                    self.requests.receive(message(1, kind(*[0] * len(kind.fieldnames))), Instant(now))
            now += 0.05


def test_streams_are_asked_for_until_they_come_and_again_after_a_restart():
    wanted = {mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT, mavlink.MAVLINK_MSG_ID_ATTITUDE}
    vehicle = SilentVehicle(StreamRequests(1, 1, tuple(s for s in ARDUPILOT if s.message_id in wanted)))
    vehicle.run(0, 20)
    assert len(vehicle.asked) > 4  # granted, but nothing came
    vehicle.asked.clear()
    vehicle.requests.restart()
    vehicle.run(20, 40, wanted)
    assert sorted(vehicle.asked) == sorted(wanted)
    vehicle.requests.restart()
    vehicle.run(40, 41, wanted)
    assert len(vehicle.asked) == 4
