"""Flights: what the vehicles do in the air, and that they do it honestly."""

import math
from itertools import pairwise

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import STEP_S, Autopilot, Kind, State, VehicleSettings, WindSettings
from tests.simulators.autopilots.station import Message, Station, item

TAKEOFF_MODE, AUTO_PLANE, RTL_PLANE, LOITER_PLANE, GUIDED_PLANE = 13, 10, 11, 12, 15
GRAVITY = 9.80665


def copter(height_m: float = 20, wind: WindSettings | None = None, **parameters: float) -> Station:
    """A rotorcraft hovering in GUIDED mode."""
    settings = VehicleSettings(arming_delay_s=1, parameters=parameters)
    station = Station(Autopilot(settings, wind=wind))
    station.wait(4)
    assert station.set_mode(4) == 0
    assert station.arm() == 0
    assert station.command(22, p7=height_m) == 0
    station.wait(6 + height_m / 2)
    return station


def plane(wind: WindSettings | None = None, heading_deg: float = 0, **parameters: float) -> Station:
    """A fixed-wing aircraft circling after its take-off."""
    settings = VehicleSettings(kind=Kind.FIXED_WING, arming_delay_s=1, heading_deg=heading_deg, parameters=parameters)
    station = Station(Autopilot(settings, wind=wind))
    station.wait(4)
    assert station.set_mode(TAKEOFF_MODE) == 0
    assert station.arm() == 0
    station.wait(25)
    return station


def track(station: Station, seconds: float, every_s: float = 0.2) -> list[State]:
    states = []
    for _ in range(round(seconds / every_s)):
        station.wait(every_s)
        states.append(station.vehicle.state)
    return states


def distance(state: State, north_m: float, east_m: float) -> float:
    return math.hypot(state.position_enu_m[0] - east_m, state.position_enu_m[1] - north_m)


def reposition(station: Station, north_m: float, east_m: float, up_m: float, radius_m: float = 0) -> int:
    place = item(0, 16, north_m, east_m)
    message = mavlink.MAVLink_command_int_message(
        station.target, 1, 3, 192, 0, 0, -1, 1, radius_m, math.nan, place.x, place.y, up_m
    )
    return int(next(m.result for m in station.send(message) if m.get_type() == "COMMAND_ACK"))


def start_mission(station: Station, listed: list[Message]) -> None:
    assert station.upload(listed) == 0
    if station.vehicle.settings.kind is Kind.ROTORCRAFT:
        assert station.command(300) == 0
    else:
        assert station.set_mode(AUTO_PLANE) == 0


# The rotorcraft


def test_a_command_waits_until_the_item_before_it_is_done() -> None:
    """ArduCopter 4.6.2 announced the command after a place when it had reached that place, not on the way to it."""
    station = copter()
    speed = item(2, 178, params=(1, 5, -1, 0), frame=2)
    start_mission(station, [item(0, 16), item(1, 16, 100, 0, 20), speed, item(3, 16, 200, 0, 20)])
    station.wait(4)
    assert distance(station.vehicle.state, 100, 0) > 20
    assert 2 not in station.reached()
    station.wait_until(lambda state: distance(state, 200, 0) < 1, 120)
    station.wait(2)
    assert station.reached().index(1) < station.reached().index(2) < station.reached().index(3)


def test_copter_goes_where_it_is_sent_along_a_straight_line_without_overshoot() -> None:
    station = copter(wind=WindSettings(from_deg=90, speed_mps=5))
    assert reposition(station, 80, 60, 30) == 0
    states = track(station, 25)
    assert distance(states[-1], 80, 60) < 0.5
    assert states[-1].position_enu_m[2] == pytest.approx(30, abs=0.5)
    assert max(math.hypot(s.position_enu_m[0], s.position_enu_m[1]) for s in states) < 101
    assert max(abs(s.position_enu_m[1] * 0.6 - s.position_enu_m[0] * 0.8) for s in states) < 1.5


def test_copter_keeps_its_limits_of_tilt_speed_and_acceleration() -> None:
    station = copter(wind=WindSettings(from_deg=0, speed_mps=6, gust_mps=2))
    reposition(station, 200, 0, 40)
    before = station.vehicle.state
    for state in track(station, 30):
        assert math.hypot(state.velocity_enu_mps[0], state.velocity_enu_mps[1]) < 11
        assert -2.0 < state.velocity_enu_mps[2] < 3.0
        tilt = math.degrees(math.acos(math.cos(math.radians(state.roll_deg)) * math.cos(math.radians(state.pitch_deg))))
        assert tilt < 31
        change = math.dist(state.velocity_enu_mps[:2], before.velocity_enu_mps[:2]) / 0.2
        assert change < 6
        before = state


def test_copter_leans_into_the_wind_and_stays_where_it_is() -> None:
    station = copter(wind=WindSettings(from_deg=0, speed_mps=8))
    states = track(station, 10)
    assert all(distance(s, 0, 0) < 0.5 for s in states)
    assert all(s.pitch_deg < -5 for s in states)
    assert states[-1].airspeed_mps == pytest.approx(8, abs=0.5)


def test_copter_flies_a_mission_with_every_item_reached() -> None:
    station = copter()
    start_mission(station, [
        item(0, 16), item(1, 22, up_m=20), item(2, 178, params=(1, 6, -1, 0), frame=2), item(3, 16, 40, 0, 25),
        item(4, 195, 20, 60, 0, frame=3), item(5, 19, 40, 40, 25, params=(4, 0, 0, 0)), item(6, 197, frame=2),
        item(7, 18, 0, 40, 25, params=(1, 0, 12, 0)), item(8, 93, params=(3, -1, -1, -1), frame=2),
        item(9, 21, 5, 5, 0),
    ])  # fmt: skip
    station.wait_until(lambda s: not s.armed, 240)
    assert sorted(station.reached()) == list(range(1, 10))
    assert distance(station.vehicle.state, 5, 5) < 0.7


def test_the_changed_speed_is_flown() -> None:
    station = copter()
    start_mission(station, [item(0, 16), item(1, 22, up_m=20), item(2, 178, params=(1, 4, 0, 0), frame=2),
                            item(3, 16, 100, 0, 20), item(4, 20)])  # fmt: skip
    speeds = [math.hypot(*s.velocity_enu_mps[:2]) for s in track(station, 20)]
    assert max(speeds) == pytest.approx(4, abs=0.3)


def test_jumps_are_counted() -> None:
    station = copter()
    start_mission(station, [item(0, 16), item(1, 22, up_m=20), item(2, 16, 15, 0, 20), item(3, 16, 0, 0, 20),
                            item(4, 177, params=(2, 2, 0, 0), frame=2), item(5, 20)])  # fmt: skip
    station.wait_until(lambda s: not s.armed, 240)
    assert station.reached() == [1, 2, 3, 2, 3, 2, 3, 5]


def test_pause_holds_the_mission_and_continue_goes_on() -> None:
    station = copter()
    start_mission(station, [item(0, 16), item(1, 22, up_m=20), item(2, 16, 120, 0, 20), item(3, 20)])
    station.wait(8)
    assert station.command(193, 0) == 0
    station.wait(8)
    held = station.vehicle.state
    station.wait(5)
    assert distance(station.vehicle.state, held.position_enu_m[1], held.position_enu_m[0]) < 0.5
    assert station.vehicle.state.mode == "AUTO"
    assert station.command(193, 1) == 0
    station.wait_until(lambda s: s.position_enu_m[1] > 115, 30)


def test_a_mission_goes_on_where_it_was_after_another_mode() -> None:
    station = copter()
    start_mission(station, [item(0, 16), item(1, 22, up_m=20), item(2, 16, 40, 0, 20), item(3, 16, 40, 60, 20),
                            item(4, 20)])  # fmt: skip
    station.wait_until(lambda s: s.position_enu_m[0] > 10, 60)
    station.set_mode(17)
    station.wait(6)
    assert math.hypot(*station.vehicle.state.velocity_enu_mps[:2]) < 0.3
    station.heard.clear()
    station.set_mode(3)
    station.wait_until(lambda s: not s.armed, 120)
    assert station.reached() == [3, 4]


def test_velocity_is_flown_and_stops_when_no_more_comes() -> None:
    station = copter()
    message = mavlink.MAVLink_set_position_target_local_ned_message(0, 1, 1, 1, 0x0DC7, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0)
    for _ in range(6):
        station.send(message)
        station.wait(0.5)
    state = station.vehicle.state
    assert state.velocity_enu_mps[:2] == pytest.approx((4, 3), abs=0.4)
    station.wait(8)
    assert math.hypot(*station.vehicle.state.velocity_enu_mps[:2]) < 0.3


def test_loiter_sinks_when_the_throttle_stick_is_down_and_holds_when_it_is_centred() -> None:
    station = copter()
    station.set_mode(5)
    station.wait(3)
    assert station.vehicle.state.velocity_enu_mps[2] == pytest.approx(-2.5, abs=0.3)
    centred = mavlink.MAVLink_rc_channels_override_message(1, 1, 0, 0, 1500, 0, 0, 0, 0, 0)
    for _ in range(6):
        station.send(centred)
        station.wait(1)
    assert abs(station.vehicle.state.velocity_enu_mps[2]) < 0.1
    assert not station.vehicle.state.on_ground


def test_return_goes_to_the_nearest_rally_point() -> None:
    station = copter()
    listed = [item(0, 5100, 60, 60, 20, mission_type=2), item(1, 5100, -90, 0, 20, mission_type=2)]
    assert station.upload(listed, 2) == 0
    reposition(station, 80, 40, 20)
    station.wait(20)
    station.set_mode(6)
    station.wait_until(lambda s: not s.armed, 120)
    assert distance(station.vehicle.state, 60, 60) < 0.7


def test_a_breached_fence_sends_it_home() -> None:
    station = copter(FENCE_ENABLE=1, FENCE_RADIUS=50)
    reposition(station, 120, 0, 20)
    station.wait_until(lambda s: s.mode == "RTL", 30)
    assert distance(station.vehicle.state, 0, 0) == pytest.approx(52, abs=3)
    assert "Circle fence breached" in station.texts()
    station.wait(20)
    assert "Fence breach cleared" in station.texts()
    station.wait_until(lambda s: not s.armed, 90)


def test_a_polygon_to_keep_out_of_is_a_breach_too() -> None:
    station = copter(FENCE_TYPE=4)
    ring = [(30, -20), (30, 20), (60, 20), (60, -20)]
    keep_out = [item(i, 5002, n, e, params=(4, 0, 0, 0), frame=0, mission_type=1) for i, (n, e) in enumerate(ring)]
    assert station.upload(keep_out, 1) == 0
    assert station.command(207, 1) == 0
    reposition(station, 90, 0, 20)
    station.wait_until(lambda s: s.mode == "RTL", 30)
    assert station.vehicle.state.position_enu_m[1] == pytest.approx(31, abs=3)


def test_a_silent_station_brings_it_home_when_the_failsafe_is_on() -> None:
    station = copter(FS_GCS_ENABLE=1)
    station.beats = False
    station.wait(3)
    assert station.vehicle.state.mode == "GUIDED"
    station.wait(3)
    assert station.vehicle.state.mode == "RTL"
    assert "GCS Failsafe" in station.texts()


def test_the_battery_lasts_as_long_as_it_is_said_to_and_then_fails() -> None:
    settings = VehicleSettings(arming_delay_s=1, battery_minutes=2, parameters={"BATT_FS_LOW_ACT": 2,
                               "BATT_LOW_MAH": 1000})  # fmt: skip
    station = Station(Autopilot(settings))
    station.wait(4)
    station.set_mode(4)
    station.arm()
    station.command(22, p7=10)
    station.wait(60)
    assert station.vehicle.state.battery_fraction == pytest.approx(0.5, abs=0.06)
    station.wait_until(lambda s: s.mode == "RTL", 60)
    assert any("is low" in text for text in station.texts())
    assert station.vehicle.state.battery_fraction == pytest.approx(1000 / 3300 - 10 / 120, abs=0.03)


def test_pictures_are_taken_as_far_apart_as_asked() -> None:
    station = copter()
    assert station.command(206, 10, 0, 0) == 0
    reposition(station, 100, 0, 20)
    station.wait(25)
    places = [m.lat for m in station.heard if m.get_type() == "CAMERA_FEEDBACK"]
    apart = [(b - a) * 1e-7 * 111_105 for a, b in pairwise(places)]
    assert len(apart) >= 8
    assert apart == pytest.approx([10] * len(apart), abs=0.4)


def test_the_gimbal_keeps_looking_at_a_place_while_the_vehicle_moves() -> None:
    station = copter(height_m=30)
    place = item(0, 16, 50, 50)
    message = mavlink.MAVLink_command_int_message(1, 1, 3, 195, 0, 0, 0, 0, 0, 0, place.x, place.y, 0)
    assert [m.result for m in station.send(message) if m.get_type() == "COMMAND_ACK"] == [0]
    reposition(station, 60, -40, 40)
    station.wait(2)
    for state in track(station, 15):
        east, north = 50 - state.position_enu_m[0], 50 - state.position_enu_m[1]
        assert math.remainder(state.gimbal_azimuth_deg - math.degrees(math.atan2(east, north)), 360) == pytest.approx(
            0, abs=3
        )
        down = math.degrees(math.atan2(-state.position_enu_m[2], math.hypot(east, north)))
        assert state.gimbal_tilt_deg == pytest.approx(down, abs=3)


# The fixed-wing aircraft


def test_plane_turns_as_its_bank_and_speed_say() -> None:
    station = plane()
    states = track(station, 30, STEP_S * 5)
    for before, after in pairwise(states):
        turned = math.radians(math.remainder(after.heading_deg - before.heading_deg, 360)) / (STEP_S * 5)
        expected = GRAVITY * math.tan(math.radians(after.roll_deg)) / after.airspeed_mps
        assert turned == pytest.approx(expected, abs=0.05)
        assert abs(after.roll_deg) < 46


def test_plane_is_carried_by_the_wind() -> None:
    station = plane(wind=WindSettings(from_deg=270, speed_mps=6))
    for state in track(station, 30):
        heading = math.radians(state.heading_deg)
        climb = state.velocity_enu_mps[2]
        along = math.sqrt(state.airspeed_mps**2 - climb**2)
        assert state.velocity_enu_mps[0] == pytest.approx(along * math.sin(heading) + 6, abs=0.8)
        assert state.velocity_enu_mps[1] == pytest.approx(along * math.cos(heading), abs=0.8)
    station.command(512, 168)
    assert station.last("WIND").direction == pytest.approx(-90, abs=1)
    assert station.last("WIND").speed == pytest.approx(6, abs=0.2)


@pytest.mark.parametrize("wind_mps", [0.0, 6.0])
def test_plane_circles_where_and_as_wide_as_it_is_told(wind_mps: float) -> None:
    station = plane(wind=WindSettings(from_deg=200, speed_mps=wind_mps))
    assert reposition(station, 300, 300, 70, 90) == 0
    station.wait(50)
    away = [distance(s, 300, 300) for s in track(station, 40)]
    assert min(away) > 82
    assert max(away) < 98
    assert station.vehicle.state.position_enu_m[2] == pytest.approx(70, abs=1.5)
    assert station.reached() == [0]


def test_plane_flies_a_mission_and_lands_where_it_should() -> None:
    station = Station(Autopilot(VehicleSettings(kind=Kind.FIXED_WING, arming_delay_s=1, heading_deg=290),
                                wind=WindSettings(from_deg=290, speed_mps=3, gust_mps=1)))  # fmt: skip
    station.wait(4)
    listed = [item(0, 16), item(1, 22, up_m=50, params=(10, 0, 0, 0)), item(2, 16, 300, -200, 60),
              item(3, 206, params=(20, 0, 1, 0), frame=2), item(4, 16, 300, 300, 60), item(5, 16, 150, 300, 60),
              item(6, 16, 150, -200, 60), item(7, 206, frame=2), item(8, 31, -300, 500, 40, params=(0, 80, 0, 1)),
              item(9, 189, frame=2), item(10, 16, -150, 400, 35), item(11, 21, 0, 0, 0)]  # fmt: skip
    assert station.upload(listed) == 0
    assert station.set_mode(AUTO_PLANE) == 0
    assert station.arm() == 0
    station.wait_until(lambda s: not s.armed, 400)
    assert sorted(station.reached()) == list(range(1, 11))
    assert distance(station.vehicle.state, 0, 0) < 80
    assert station.vehicle.state.on_ground
    assert station.vehicle.state.frames_taken > 30


def test_plane_comes_home_at_the_return_height_and_circles() -> None:
    station = plane()
    station.set_mode(RTL_PLANE)
    station.wait(60)
    assert station.vehicle.state.position_enu_m[2] == pytest.approx(100, abs=3)
    assert 70 < distance(station.vehicle.state, 0, 0) < 95


def test_plane_lands_by_the_mission_when_told_to() -> None:
    station = plane()
    listed = [item(0, 16), item(1, 22, up_m=50), item(2, 16, 500, 0, 60), item(3, 189, frame=2),
              item(4, 16, -400, 0, 45), item(5, 21)]  # fmt: skip
    assert station.upload(listed) == 0
    assert station.command(189) == 0
    assert station.vehicle.state.mode == "AUTO"
    station.wait_until(lambda s: not s.armed, 200)
    assert distance(station.vehicle.state, 0, 0) < 80


def test_plane_goes_home_after_the_last_item() -> None:
    station = plane()
    start_mission(station, [item(0, 16), item(1, 16, 300, 0, 60), item(2, 16, 300, 300, 60)])
    station.wait_until(lambda s: s.mode == "RTL", 90)
    assert station.reached() == [1, 2]


def test_two_runs_with_the_same_seed_are_the_same() -> None:
    def run() -> tuple[float, ...]:
        station = copter(wind=WindSettings(from_deg=290, speed_mps=4, gust_mps=2))
        reposition(station, 50, 20, 30)
        station.wait(10)
        return station.vehicle.state.position_enu_m

    assert run() == run()
