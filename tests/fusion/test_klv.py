import random
from collections.abc import Iterator

import numpy as np
import pytest
from stanag4609.st0601 import FieldDecodingMode, decode_uas_local_set

from fusion.klv import MetadataReader, SensorMetadata, angles_of, camera_angles
from maps.optics import Pose
from tests.fusion.sources.streams import items, packet

TIME = 1_700_000_000.125


def read(data: bytes) -> SensorMetadata:
    (metadata,) = MetadataReader().feed(data)
    return metadata


def test_a_packet_gives_what_was_put_in() -> None:
    metadata = read(packet(items(TIME, platform=(123.0, 4.0, -7.0), relative=(10.0, -45.0, 2.0))))
    assert metadata.time == TIME
    assert metadata.heading_deg == pytest.approx(123.0, abs=0.003)
    assert (metadata.pitch_deg, metadata.roll_deg) == pytest.approx((4.0, -7.0), abs=0.001)
    assert (metadata.lat_deg, metadata.lon_deg) == pytest.approx((43.86, 125.32), abs=1e-7)
    assert metadata.alt_amsl_m == pytest.approx(300.0, abs=0.16)
    assert (metadata.hfov_deg, metadata.vfov_deg) == pytest.approx((60.0, 36.0), abs=0.002)
    assert metadata.relative_elevation_deg == pytest.approx(-45.0, abs=1e-6)
    assert metadata.checksum_ok


def test_every_number_is_what_the_library_makes_of_it() -> None:
    data = packet(items(TIME, lat_deg=-33.3, lon_deg=-70.7, platform=(359.9, -19.9, 49.9), relative=(350.0, 90.0, 5.0)))
    theirs = decode_uas_local_set(data, field_decoding=FieldDecodingMode.PRESERVE)
    ours = read(data)
    tags = {5: ours.heading_deg, 6: ours.pitch_deg, 7: ours.roll_deg, 13: ours.lat_deg, 14: ours.lon_deg}
    tags |= {15: ours.alt_amsl_m, 16: ours.hfov_deg, 17: ours.vfov_deg, 18: ours.relative_azimuth_deg}
    tags |= {19: ours.relative_elevation_deg, 20: ours.relative_roll_deg}
    for tag, value in tags.items():
        assert value == pytest.approx(float(theirs.value(tag)), abs=1e-9), tag


def test_items_out_of_order_twice_or_unknown_do_not_cost_the_packet() -> None:
    values = items(TIME)
    pairs = [(5, values.pop(5)), (200 & 0x7F, b"\x01"), *values.items(), (65, b"\x13"), (94, b""), (6, b"\x01\x02\x03")]
    metadata = read(packet(pairs))
    assert metadata.time == TIME
    assert metadata.heading_deg == pytest.approx(30.0, abs=0.003)
    assert metadata.pitch_deg is None


def test_an_angle_out_of_range_is_unknown_not_a_number() -> None:
    values = items(TIME)
    values[6] = b"\x80\x00"
    assert read(packet(values)).pitch_deg is None


def test_a_wrong_checksum_is_refused_and_counted() -> None:
    reader = MetadataReader()
    data = bytearray(packet(items(TIME)))
    data[40] ^= 1
    assert reader.feed(bytes(data)) == []
    assert reader.refused == 1
    assert len(reader.feed(packet(items(TIME)))) == 1


def test_a_packet_without_a_checksum_is_read_and_says_so() -> None:
    assert not read(packet(items(TIME), checksum=False)).checksum_ok


def test_packets_are_found_among_other_bytes_and_across_chunks() -> None:
    data = b"noise" + packet(items(TIME)) + b"\x06\x0e" + packet(items(TIME + 1))
    reader = MetadataReader()
    found = [each for i in range(0, len(data), 37) for each in reader.feed(data[i : i + 37])]
    assert [each.time for each in found] == [TIME, TIME + 1]


def test_synchronous_carriage_is_unwrapped() -> None:
    inner = packet(items(TIME))
    assert read(b"\x00\x07\xdf" + len(inner).to_bytes(2, "big") + inner).time == TIME


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_survived(seed: int) -> None:
    rng = random.Random(seed)
    reader = MetadataReader()
    for _ in range(20):
        good = bytearray(packet(items(TIME)))
        for _ in range(rng.randint(1, 8)):
            good[rng.randrange(len(good))] = rng.randrange(256)
        reader.feed(bytes(good[: rng.randrange(len(good))]))
        reader.feed(rng.randbytes(rng.randrange(300)))
    assert reader.packets >= 0


def poses() -> Iterator[tuple[float, float, float]]:
    rng = np.random.default_rng(3)
    for _ in range(50):
        yield float(rng.uniform(0, 360)), float(rng.uniform(-89, 60)), float(rng.uniform(-170, 170))


def test_angles_of_a_rotation_are_those_it_was_made_from() -> None:
    for azimuth, tilt, roll in poses():
        found = angles_of(Pose((0, 0, 0), azimuth, tilt, roll).enu_from_camera)
        assert found == pytest.approx((azimuth, tilt, roll), abs=1e-6)


def test_straight_down_the_upper_edge_gives_the_azimuth() -> None:
    azimuth, tilt, roll = angles_of(Pose((0, 0, 0), 70.0, -90.0).enu_from_camera)
    assert (azimuth, tilt, roll) == pytest.approx((70.0, -90.0, 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("platform", "relative", "expected"),
    [
        ((90.0, 0.0, 0.0), (0.0, 0.0, 0.0), (90.0, 0.0, 0.0)),
        ((90.0, 0.0, 0.0), (45.0, -30.0, 0.0), (135.0, -30.0, 0.0)),
        ((0.0, 10.0, 0.0), (0.0, -40.0, 0.0), (0.0, -30.0, 0.0)),
        ((0.0, 0.0, 20.0), (0.0, 0.0, 0.0), (0.0, 0.0, 20.0)),
        ((0.0, 0.0, 20.0), (90.0, 0.0, 0.0), (90.0, -20.0, 0.0)),
        ((30.0, 15.0, 0.0), (180.0, 0.0, 0.0), (210.0, -15.0, 0.0)),
    ],
)
def test_platform_and_sensor_angles_compose_as_rotations(
    platform: tuple[float, float, float], relative: tuple[float, float, float], expected: tuple[float, float, float]
) -> None:
    assert camera_angles(platform, relative) == pytest.approx(expected, abs=1e-9)


def test_a_pose_needs_position_heading_and_field_of_view() -> None:
    for missing in (13, 14, 15, 5, 16):
        values = items(TIME)
        del values[missing]
        assert read(packet(values)).pose() is None


def test_missing_attitude_makes_the_pose_less_sure() -> None:
    values = items(TIME)
    sure = read(packet(values)).pose()
    del values[7]
    unsure = read(packet(values)).pose()
    assert sure is not None and unsure is not None
    assert unsure.angle_sigma_deg > sure.angle_sigma_deg


def test_a_height_above_the_ellipsoid_alone_widens_the_position() -> None:
    values = items(TIME)
    values[75] = values.pop(15)
    pose = read(packet(values)).pose()
    assert pose is not None
    assert pose.position.alt_amsl_m == pytest.approx(300.0, abs=0.2)
    assert pose.position_sigma_m >= 20.0
