"""The UAS datalink local set (MISB ST 0601) of a frame: where the aircraft and its camera were, and where they looked.

Angles between the aircraft and its camera follow ST 0601: the camera is turned from the aircraft's axes by azimuth
about down, then by elevation about right, then by roll about forward.
"""

import struct
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from maps.optics import Lens, Pose
from maps.positions import Geodetic

_KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
_VERSION = 19
_OUT_OF_RANGE_16, _OUT_OF_RANGE_32 = b"\x80\x00", b"\x80\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Attitude:
    """Attitude of the aircraft (forward, right, down) against north-east-down, in degrees."""

    roll_deg: float
    pitch_deg: float
    yaw_deg: float


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the local set says of one frame.

    Attributes:
        time: instant of the frame, UTC seconds.
        sensor: position of the camera.
        pose: where the camera looks (its position is not used).
        centre: ground in the middle of the frame, None when there is none in sight.
        slant_range_m: from the camera to that ground.
    """

    time: float
    mission: str
    designation: str
    tail_number: str
    attitude: Attitude
    sensor: Geodetic
    pose: Pose
    lens: Lens
    centre: Geodetic | None = None
    slant_range_m: float | None = None

    def with_centre(self, centre: Geodetic, slant_range_m: float) -> "Metadata":
        """The same with the ground in the middle of the frame."""
        return replace(self, centre=centre, slant_range_m=slant_range_m)


def local_set(metadata: Metadata) -> bytes:
    """The KLV packet, with time stamp first and checksum last."""
    attitude, sensor = metadata.attitude, metadata.sensor
    azimuth, elevation, roll = relative_angles(attitude, metadata.pose)
    items = [
        (2, struct.pack(">Q", round(metadata.time * 1e6))),
        (3, metadata.mission.encode()[:127]),
        (4, metadata.tail_number.encode()[:127]),
        (5, _unsigned(attitude.yaw_deg % 360, 0, 360, 2)),
        (6, _signed(attitude.pitch_deg, 20, 2)),
        (7, _signed(attitude.roll_deg, 50, 2)),
        (10, metadata.designation.encode()[:127]),
        (11, b"EO"),
        (12, b"Geodetic WGS84"),
        (13, _signed(sensor.lat_deg, 90, 4)),
        (14, _signed(sensor.lon_deg, 180, 4)),
        (15, _unsigned(sensor.alt_amsl_m, -900, 19000, 2)),
        (16, _unsigned(metadata.lens.hfov_deg, 0, 180, 2)),
        (17, _unsigned(metadata.lens.vfov_deg, 0, 180, 2)),
        (18, _unsigned(azimuth % 360, 0, 360, 4)),
        (19, _signed(elevation, 180, 4)),
        (20, _unsigned(roll % 360, 0, 360, 4)),
    ]
    if metadata.centre is not None and metadata.slant_range_m is not None:
        items += [
            (21, _unsigned(metadata.slant_range_m, 0, 5_000_000, 4)),
            (23, _signed(metadata.centre.lat_deg, 90, 4)),
            (24, _signed(metadata.centre.lon_deg, 180, 4)),
            (25, _unsigned(metadata.centre.alt_amsl_m, -900, 19000, 2)),
        ]
    items += [
        (65, bytes([_VERSION])),
        (90, _signed(attitude.pitch_deg, 90, 4)),
        (91, _signed(attitude.roll_deg, 90, 4)),
    ]
    body = b"".join(bytes([tag, len(value)]) + value for tag, value in items)
    head = _KEY + _length(len(body) + 4) + body + b"\x01\x02"
    return head + struct.pack(">H", checksum(head))


def checksum(data: bytes) -> int:
    """Running sum of 16-bit words from the key to the checksum's length (ST 0601, tag 1)."""
    padded = data + b"\x00" * (len(data) % 2)
    return int(np.frombuffer(padded, dtype=">u2").sum(dtype=np.uint64)) & 0xFFFF


def relative_angles(attitude: Attitude, pose: Pose) -> tuple[float, float, float]:
    """Azimuth, elevation and roll (deg) of the camera against the aircraft."""
    ned_from_body = Rotation.from_euler("ZYX", [attitude.yaw_deg, attitude.pitch_deg, attitude.roll_deg], degrees=True)
    ned_from_sensor = Rotation.from_euler("ZYX", [pose.azimuth_deg, pose.tilt_deg, pose.roll_deg], degrees=True)
    # at an elevation of +-90 degrees only the sum of azimuth and roll is defined: put all of it into the azimuth
    body_from_sensor = (ned_from_body.inv() * ned_from_sensor).as_matrix()
    elevation = -np.degrees(np.arcsin(np.clip(body_from_sensor[2, 0], -1, 1)))
    if abs(body_from_sensor[2, 0]) > 1 - 1e-12:
        return float(np.degrees(np.arctan2(-body_from_sensor[0, 1], body_from_sensor[1, 1]))), float(elevation), 0.0
    azimuth = np.degrees(np.arctan2(body_from_sensor[1, 0], body_from_sensor[0, 0]))
    roll = np.degrees(np.arctan2(body_from_sensor[2, 1], body_from_sensor[2, 2]))
    return float(azimuth), float(elevation), float(roll)


def _unsigned(value: float, low: float, high: float, size: int) -> bytes:
    full = (1 << 8 * size) - 1
    return round((min(max(value, low), high) - low) / (high - low) * full).to_bytes(size, "big")


def _signed(value: float, limit: float, size: int) -> bytes:
    if abs(value) > limit:
        return _OUT_OF_RANGE_16 if size == 2 else _OUT_OF_RANGE_32
    return round(value / limit * ((1 << 8 * size - 1) - 1)).to_bytes(size, "big", signed=True)


def _length(length: int) -> bytes:
    if length < 128:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")
