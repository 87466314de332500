"""Metadata of airborne video: MISB ST 0601 local sets, from bytes to where the camera was and looked.

The field's decoder is ``stanag4609``. Its packet decoder refuses a whole packet for one misplaced item, even in its
preserving mode, and real encoders misplace items all the time (a time stamp that is not first, a private item twice);
it also takes milliseconds a packet. So its tolerant parsers take the packet apart, and only the items that make a pose
are read, by its table of ranges: an item that cannot be read is left out, and the others stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation
from stanag4609.errors import DecodeError
from stanag4609.klv.checksum import running_sum_16
from stanag4609.klv.local_set import parse_local_set
from stanag4609.klv.model import KLVPacket, LocalSetItem
from stanag4609.klv.stream import KLVStreamParser
from stanag4609.st0601 import FIELD_DEFINITIONS, ST0601_KEY

from fusion.messages import CameraPose, Position
from maps.positions import FloatArray

_CHECKSUM, _TIME = 1, 2
_HEADING, _PITCH, _ROLL, _PITCH_FULL, _ROLL_FULL = 5, 6, 7, 90, 91
_LATITUDE, _LONGITUDE, _ALTITUDE_MSL, _HEIGHT_HAE = 13, 14, 15, 75
_HFOV, _VFOV, _AZIMUTH, _ELEVATION, _SENSOR_ROLL = 16, 17, 18, 19, 20
_DESIGNATION = 10
_KEPT = frozenset(
    {_TIME, _HEADING, _PITCH, _ROLL, _PITCH_FULL, _ROLL_FULL, _LATITUDE, _LONGITUDE, _ALTITUDE_MSL, _HEIGHT_HAE}
    | {_HFOV, _VFOV, _AZIMUTH, _ELEVATION, _SENSOR_ROLL, _DESIGNATION}
)
_PACKET_BYTES_AT_MOST = 65_536

# columns: east, north, up of the axes north, east, down
_ENU_FROM_NED = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, -1]])
# columns: a sensor's axes (forward, right, down) of the camera's axes right, down, forward
_SENSOR_FROM_CAMERA = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


class MetadataError(ValueError):
    """A packet that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SensorMetadata:
    """What one ST 0601 packet says of the camera; what it does not say is None.

    Attributes:
        time: precision time stamp (item 2), Unix seconds.
        heading_deg, pitch_deg, roll_deg: platform attitude (items 5, 6 or 90, 7 or 91).
        lat_deg, lon_deg: of the sensor (items 13, 14).
        alt_amsl_m: of the sensor (item 15); where the packet gives a height above the ellipsoid only, that.
        alt_is_hae: whether ``alt_amsl_m`` is such a height above the ellipsoid.
        hfov_deg, vfov_deg: items 16, 17.
        relative_azimuth_deg, relative_elevation_deg, relative_roll_deg: of the sensor in the platform, items 18 to 20.
        checksum_ok: whether the checksum (item 1) is there and right.
    """

    time: float | None
    heading_deg: float | None
    pitch_deg: float | None
    roll_deg: float | None
    lat_deg: float | None
    lon_deg: float | None
    alt_amsl_m: float | None
    alt_is_hae: bool
    hfov_deg: float | None
    vfov_deg: float | None
    relative_azimuth_deg: float | None
    relative_elevation_deg: float | None
    relative_roll_deg: float | None
    designation: str | None
    checksum_ok: bool

    def pose(self, time: float | None = None) -> CameraPose | None:
        """The camera's pose; None where position, heading or field of view are missing.

        Args:
            time: of the frame, where it is known better than from this packet.

        Pitch, roll and relative angles that are missing are taken as zero and widen ``angle_sigma_deg``.
        """
        if self.lat_deg is None or self.lon_deg is None or self.alt_amsl_m is None or self.heading_deg is None:
            return None
        when = self.time if time is None else time
        if self.hfov_deg is None or when is None or not 0.1 < self.hfov_deg < 179.0:
            return None
        guessed = [self.pitch_deg, self.roll_deg, self.relative_azimuth_deg, self.relative_elevation_deg]
        azimuth, tilt, roll = camera_angles(
            (self.heading_deg, self.pitch_deg or 0.0, self.roll_deg or 0.0),
            (self.relative_azimuth_deg or 0.0, self.relative_elevation_deg or 0.0, self.relative_roll_deg or 0.0),
        )
        vfov = self.vfov_deg
        if vfov is None or not 0.1 < vfov < 179.0:
            vfov = float(np.degrees(2 * np.arctan(np.tan(np.radians(self.hfov_deg) / 2) * 9 / 16)))
        return CameraPose(
            time=when,
            position=Position(self.lat_deg, self.lon_deg, self.alt_amsl_m),
            azimuth_deg=azimuth,
            tilt_deg=tilt,
            roll_deg=roll,
            hfov_deg=self.hfov_deg,
            vfov_deg=vfov,
            position_sigma_m=20.0 if self.alt_is_hae else 1.0,
            angle_sigma_deg=5.0 if None in guessed else 0.5,
        )


def camera_angles(
    platform_deg: tuple[float, float, float], relative_deg: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Azimuth, tilt and roll (degrees) of a camera that is turned within a platform.

    Args:
        platform_deg: heading, pitch, roll of the platform: body (forward, right, down) against north-east-down.
        relative_deg: azimuth, elevation, roll of the sensor within the body, applied in this order (ST 0601, items 18
            to 20): about down, then right, then forward.
    """
    turn = Rotation.from_euler("ZYX", platform_deg, degrees=True) * Rotation.from_euler(
        "ZYX", relative_deg, degrees=True
    )
    return angles_of(_ENU_FROM_NED @ turn.as_matrix() @ _SENSOR_FROM_CAMERA)


def angles_of(enu_from_camera: FloatArray) -> tuple[float, float, float]:
    """Azimuth in [0, 360), tilt and roll (degrees) of a camera whose axes are the columns of a rotation matrix.

    A camera that looks straight down or up has no azimuth of its own: then it is the direction of the image's upper
    edge (looking down), and roll is zero.
    """
    right, down, forward = enu_from_camera.T
    level = float(np.hypot(forward[0], forward[1]))
    tilt = float(np.degrees(np.arctan2(forward[2], level)))
    if level < 1e-7:
        upwards = -down if forward[2] < 0 else down
        return float(np.degrees(np.arctan2(upwards[0], upwards[1])) % 360.0), tilt, 0.0
    azimuth = np.arctan2(forward[0], forward[1])
    level_right = np.array([np.cos(azimuth), -np.sin(azimuth), 0.0])
    level_down = np.cross(forward, level_right)
    roll = np.arctan2(right @ level_down, right @ level_right)
    return float(np.degrees(azimuth) % 360.0), tilt, float(np.degrees(roll))


class MetadataReader:
    """Cuts a stream of bytes into ST 0601 packets and reads them; counts what it could not read.

    Attributes:
        packets: local sets read.
        refused: packets or stretches that could not be read.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.refused = 0
        self._parser = self._new_parser()

    @staticmethod
    def _new_parser() -> KLVStreamParser:
        return KLVStreamParser(
            recover=True, canonical=False, max_value_length=_PACKET_BYTES_AT_MOST, validate_smpte_keys=False
        )

    def feed(self, data: bytes) -> list[SensorMetadata]:
        """The packets that these bytes complete; never raises for what is in the bytes."""
        return list(self._read(data))

    def _read(self, data: bytes) -> Iterator[SensorMetadata]:
        data = _without_access_unit_header(data)
        try:
            packets = self._parser.feed(data)
        except DecodeError:
            self.refused += 1
            self._parser = self._new_parser()
            return
        if self._parser.buffered_bytes > 2 * _PACKET_BYTES_AT_MOST:
            self.refused += 1
            self._parser = self._new_parser()
        for packet in packets:
            if packet.key != ST0601_KEY:
                continue
            try:
                metadata = read_packet(packet)
            except MetadataError:
                self.refused += 1
                continue
            self.packets += 1
            yield metadata


def read_packet(packet: KLVPacket) -> SensorMetadata:
    """Read one ST 0601 packet.

    Raises:
        MetadataError: its items cannot be told apart, or a checksum is there and wrong.
    """
    try:
        items = parse_local_set(packet.value, canonical=False, max_item_length=_PACKET_BYTES_AT_MOST).items
    except DecodeError as error:
        raise MetadataError(f"the local set cannot be taken apart: {error}") from error
    checked = _checksum_ok(packet, items)
    if checked is False:
        raise MetadataError("the checksum is wrong")
    kept = {item.tag: item.value for item in items if item.tag in _KEPT and item.value}

    def number(*tags: int) -> float | None:
        return next((value for value in (_number(tag, kept) for tag in tags) if value is not None), None)

    amsl, hae = number(_ALTITUDE_MSL), number(_HEIGHT_HAE)
    stamp = kept.get(_TIME, b"")
    return SensorMetadata(
        time=int.from_bytes(stamp, "big") / 1e6 if len(stamp) == 8 else None,
        heading_deg=number(_HEADING),
        pitch_deg=number(_PITCH_FULL, _PITCH),
        roll_deg=number(_ROLL_FULL, _ROLL),
        lat_deg=number(_LATITUDE),
        lon_deg=number(_LONGITUDE),
        alt_amsl_m=hae if amsl is None else amsl,
        alt_is_hae=amsl is None and hae is not None,
        hfov_deg=number(_HFOV),
        vfov_deg=number(_VFOV),
        relative_azimuth_deg=number(_AZIMUTH),
        relative_elevation_deg=number(_ELEVATION),
        relative_roll_deg=number(_SENSOR_ROLL),
        designation=kept[_DESIGNATION].decode("utf-8", "replace") if _DESIGNATION in kept else None,
        checksum_ok=bool(checked),
    )


def _checksum_ok(packet: KLVPacket, items: tuple[LocalSetItem, ...]) -> bool | None:
    """Whether the checksum is right; None where there is none at the end to compare."""
    if not items or items[-1].tag != _CHECKSUM or len(items[-1].value) != 2:
        return None
    return running_sum_16(packet.raw[:-2]) == int.from_bytes(items[-1].value, "big")


def _number(tag: int, kept: Mapping[int, bytes]) -> float | None:
    """The value of an item whose integer is mapped linearly onto a range; None where it is missing or out of range.

    ST 0601 maps unsigned integers of n bits onto [min, max] by 0 .. 2^n - 1, signed ones by -(2^(n-1) - 1) ..
    2^(n-1) - 1; the lowest signed integer says "out of range".
    """
    raw = kept.get(tag)
    if raw is None:
        return None
    low, high, size, signed = _RANGES[tag]
    if len(raw) != size:
        return None
    value = int.from_bytes(raw, "big", signed=signed)
    if not signed:
        return low + value * (high - low) / float((1 << 8 * size) - 1)
    if value == -(1 << 8 * size - 1):
        return None
    return value * (high - low) / float((1 << 8 * size) - 2)


def _range(tag: int) -> tuple[float, float, int, bool]:
    definition = FIELD_DEFINITIONS[tag]
    low, high = float(definition.physical_min or 0), float(definition.physical_max or 0)
    return low, high, int(definition.length or 0), bool(definition.signed)


_RANGES = {tag: _range(tag) for tag in _KEPT if FIELD_DEFINITIONS[tag].kind == "mapped"}


def _without_access_unit_header(data: bytes) -> bytes:
    """Take off the metadata access unit header of synchronous carriage (ISO/IEC 13818-1, 2.12.4), if there is one."""
    if len(data) > 5 + len(ST0601_KEY) and data[5 : 5 + 4] == ST0601_KEY[:4] and data[:4] != ST0601_KEY[:4]:
        size = int.from_bytes(data[3:5], "big")
        return data[5 : 5 + size]
    return data
