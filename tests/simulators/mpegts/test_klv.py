"""Another library reads back what the local set says."""

import pytest
from scipy.spatial.transform import Rotation
from stanag4609 import decode_uas_local_set

from maps.optics import Lens, Pose
from maps.positions import Geodetic
from simulators.mpegts.klv import Attitude, Metadata, checksum, local_set, relative_angles

TIME = 1_790_000_000.123456
POSE = Pose((0, 0, 0), azimuth_deg=230.0, tilt_deg=-35.0, roll_deg=2.0)


def metadata(attitude: Attitude = Attitude(-12.0, 5.0, 301.0), pose: Pose = POSE) -> Metadata:
    return Metadata(
        time=TIME,
        mission="Nanling patrol",
        designation="uav-1",
        tail_number="LT-001",
        attitude=attitude,
        sensor=Geodetic(43.861234, 125.318765, 283.4),
        pose=pose,
        lens=Lens(640, 360, 60.0, 36.0),
        centre=Geodetic(43.8602, 125.3175, 221.0),
        slant_range_m=104.5,
    )


def decoded(packet: bytes) -> dict[int, float]:
    return {field.definition.tag: field.value for field in decode_uas_local_set(packet).fields}


def test_an_independent_decoder_reads_the_values_that_went_in() -> None:
    values = decoded(local_set(metadata()))
    expected = {
        5: (301.0, 0.01), 6: (5.0, 0.001), 7: (-12.0, 0.002), 13: (43.861234, 1e-7), 14: (125.318765, 1e-7),
        15: (283.4, 0.2), 16: (60.0, 0.003), 17: (36.0, 0.003), 21: (104.5, 0.01), 23: (43.8602, 1e-7),
        24: (125.3175, 1e-7), 25: (221.0, 0.2), 90: (5.0, 1e-6), 91: (-12.0, 1e-6),
    }  # fmt: skip
    for tag, (value, tolerance) in expected.items():
        assert values[tag] == pytest.approx(value, abs=tolerance), tag
    assert values[3] == "Nanling patrol"
    assert values[10] == "uav-1"


def test_the_checksum_covers_everything_before_it() -> None:
    packet = local_set(metadata())
    assert int.from_bytes(packet[-2:], "big") == checksum(packet[:-2])
    broken = bytearray(packet)
    broken[40] ^= 1
    assert int.from_bytes(broken[-2:], "big") != checksum(bytes(broken[:-2]))


@pytest.mark.parametrize(
    ("attitude", "pose"),
    [
        (Attitude(0, 0, 0), Pose((0, 0, 0), 10, -20)),
        (Attitude(-31.0, 12.0, 340.0), Pose((0, 0, 0), 75, -65, 4)),
        (Attitude(20.0, -8.0, 181.0), Pose((0, 0, 0), 12, -90, 0)),
        (Attitude(0.0, 0.0, 90.0), Pose((0, 0, 0), 200, -90, 0)),
    ],
)
def test_aircraft_and_relative_angles_together_give_the_view_direction(attitude: Attitude, pose: Pose) -> None:
    azimuth, elevation, roll = relative_angles(attitude, pose)
    body = Rotation.from_euler("ZYX", [attitude.yaw_deg, attitude.pitch_deg, attitude.roll_deg], degrees=True)
    sensor = (body * Rotation.from_euler("ZYX", [azimuth, elevation, roll], degrees=True)).as_matrix()
    forward_enu = pose.enu_from_camera[:, 2]
    right_enu = pose.enu_from_camera[:, 0]
    assert sensor[:, 0] == pytest.approx([forward_enu[1], forward_enu[0], -forward_enu[2]], abs=1e-9)
    assert sensor[:, 1] == pytest.approx([right_enu[1], right_enu[0], -right_enu[2]], abs=1e-9)


def test_a_steep_bank_is_still_said_in_the_full_fields() -> None:
    values = decoded(local_set(metadata(Attitude(62.0, -25.0, 10.0))))
    assert values[91] == pytest.approx(62.0, abs=1e-6)
    assert values[90] == pytest.approx(-25.0, abs=1e-6)
