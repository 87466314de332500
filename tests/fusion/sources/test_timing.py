import struct

import pytest

from fusion.messages import CameraPose, Position
from fusion.sources.poses import MetadataClock, PoseTrack, between, pose_of_vehicle
from fusion.sources.timing import Witnesses, judge, producer_time
from tests.fusion.sources.streams import items, packet
from tests.fusion.test_klv import read

NOW = 1_700_000_000.0


def test_the_frame_itself_is_believed_before_its_metadata_and_the_sender() -> None:
    assert judge(Witnesses(NOW - 0.1, NOW - 0.2, NOW - 0.3, NOW, True)).source == "sei"
    assert judge(Witnesses(None, NOW - 0.2, NOW - 0.3, NOW, True)).source == "klv"
    assert judge(Witnesses(None, None, NOW - 0.3, NOW, True)).source == "rtcp"
    assert judge(Witnesses(None, None, None, NOW, True)).source == "arrival"


def test_a_live_clock_that_is_far_off_is_not_believed_and_that_is_told() -> None:
    judged = judge(Witnesses(NOW - 3600, None, NOW - 0.3, NOW, True))
    assert (judged.source, judged.time) == ("rtcp", NOW - 0.3)
    assert judged.refused_skew_s == pytest.approx(-3600)


def test_a_recording_keeps_its_own_time() -> None:
    judged = judge(Witnesses(None, NOW - 1e7, None, NOW, False))
    assert (judged.source, judged.time, judged.refused_skew_s) == ("klv", NOW - 1e7, None)
    assert judge(Witnesses(3600.0, None, None, NOW, False)).source == "file"


def test_the_producer_reference_time_is_microseconds() -> None:
    assert producer_time(struct.pack("=qi", 1_700_000_000_500_000, 24)) == 1_700_000_000.5
    assert producer_time(b"") is None
    assert producer_time(struct.pack("=qi", 0, 0)) is None


def pose(time: float, azimuth: float = 0.0, tilt: float = -45.0, lat: float = 43.86) -> CameraPose:
    return CameraPose(time, Position(lat, 125.32, 300.0), azimuth, tilt, 0.0, 60.0, 36.0)


def test_a_pose_between_two_is_halfway_also_across_north() -> None:
    middle = between(pose(0.0, 350.0, lat=43.0), pose(1.0, 10.0, lat=44.0), 0.5)
    assert middle.azimuth_deg % 360 == pytest.approx(0.0, abs=0.05) or middle.azimuth_deg == pytest.approx(
        360, abs=0.05
    )
    assert middle.position.lat_deg == pytest.approx(43.5)


def test_straight_down_a_turn_is_followed() -> None:
    middle = between(pose(0.0, 80.0, -90.0), pose(1.0, 100.0, -90.0), 0.5)
    assert (middle.azimuth_deg + middle.roll_deg) % 360 == pytest.approx(90.0, abs=0.1) or middle.azimuth_deg == (
        pytest.approx(90.0, abs=0.1)
    )


def test_a_track_gives_the_pose_of_the_instant_and_none_long_after() -> None:
    track = PoseTrack()
    assert track.at(0.0) is None
    track.add(pose(10.0, 20.0))
    track.add(pose(10.125, 21.0))
    exact, between_, ahead = track.at(10.125), track.at(10.0625), track.at(10.25)
    assert exact is not None and exact.azimuth_deg == pytest.approx(21.0)
    assert between_ is not None and between_.azimuth_deg == pytest.approx(20.5, abs=0.01)
    assert ahead is not None and ahead.azimuth_deg == pytest.approx(22.0, abs=0.02)
    assert ahead.angle_sigma_deg > exact.angle_sigma_deg
    assert track.at(11.0) is None and track.at(9.9) is None


def test_a_clock_that_was_set_back_starts_the_track_anew() -> None:
    track = PoseTrack()
    track.add(pose(1000.0))
    track.add(pose(10.0))
    assert track.newest is not None and track.newest.time == 10.0


def test_metadata_is_tied_by_presentation_time_or_else_by_arrival() -> None:
    clock = MetadataClock()
    assert clock.time_of(1.0) is None
    for index in range(3):
        clock.add(read(packet(items(NOW + index))), float(index))
    assert clock.time_of(1.25) == pytest.approx(NOW + 1.25)
    untied = MetadataClock()
    for index in range(3):
        untied.add(read(packet(items(NOW + index))), None)
    assert untied.time_of(77.0) == NOW + 2


def test_telemetry_gives_a_pose_only_with_position_gimbal_and_lens() -> None:
    from fusion.messages import VehicleState

    state = VehicleState(
        "uav-1", "rotorcraft", "ardupilot", NOW, NOW, "up", position=Position(43.86, 125.32, 300.0),
        camera_azimuth_deg=10.0, camera_tilt_deg=-60.0,
    )  # fmt: skip
    found = pose_of_vehicle(state, 60.0, None)
    assert found is not None and (found.azimuth_deg, found.tilt_deg) == (10.0, -60.0)
    assert pose_of_vehicle(state, None, None) is None
