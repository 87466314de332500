"""What the world and the process that draws and encodes its cameras' pictures say to each other (MessagePack)."""

import struct
from typing import BinaryIO

import msgspec

from maps.optics import Lens, Pose
from simulators.cameras.units import AccessUnit

_HEAD = struct.Struct(">I")
_LARGEST = 64 * 1024 * 1024


class CameraSetup(msgspec.Struct, frozen=True, array_like=True):
    """One camera. A pose makes it a fixed one, whose background is drawn once.

    Attributes:
        pose: east, north, up (m), azimuth, tilt and roll (deg).
    """

    sensor_id: str
    width_px: int
    height_px: int
    hfov_deg: float
    vfov_deg: float
    fps: float
    bitrate_kbps: int
    pose: tuple[float, float, float, float, float, float] | None = None

    @property
    def lens(self) -> Lens:
        """The lens with the size of the stream's picture."""
        return Lens(self.width_px, self.height_px, self.hfov_deg, self.vfov_deg)


class Setup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """First message to the studio: the district's folder, and the cameras."""

    folder: str
    seed: int
    cameras: tuple[CameraSetup, ...]


class Shot(msgspec.Struct, frozen=True, array_like=True, tag="shot"):
    """Take one picture.

    Attributes:
        time: instant that it shows.
        pose: for cameras without a fixed one.
        movers: rows of nine float64: east, north, up, heading, car (1) or person (0), look, length, width, height.
        black: give a black picture.
    """

    sensor_id: str
    time: float
    movers: bytes
    pose: tuple[float, float, float, float, float, float] | None = None
    black: bool = False


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """The studio can take shots now."""


class Taken(msgspec.Struct, frozen=True, array_like=True, tag="taken"):
    """A shot's result.

    Attributes:
        centre_m: along the optical axis to the ground; None where there is none.
    """

    unit: AccessUnit
    centre_m: float | None = None


ToStudio = Setup | Shot
FromStudio = Ready | Taken
encode = msgspec.msgpack.Encoder().encode
_to_studio: msgspec.msgpack.Decoder[ToStudio] = msgspec.msgpack.Decoder(ToStudio)
_from_studio: msgspec.msgpack.Decoder[FromStudio] = msgspec.msgpack.Decoder(FromStudio)
decode_to_studio = _to_studio.decode
decode_from_studio = _from_studio.decode


def pose_values(pose: Pose) -> tuple[float, float, float, float, float, float]:
    """A pose as the messages carry it."""
    return (*pose.position_enu_m, pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)


def pose_of(values: tuple[float, float, float, float, float, float]) -> Pose:
    """The pose that a message carries."""
    return Pose(values[:3], *values[3:])


def framed(message: ToStudio | FromStudio) -> bytes:
    """A message with its length before it."""
    data = encode(message)
    return _HEAD.pack(len(data)) + data


def length(head: bytes) -> int:
    """The length that a frame's head says.

    Raises:
        ValueError: no message is that long.
    """
    (size,) = _HEAD.unpack(head)
    if size > _LARGEST:
        raise ValueError(f"a message of {size} bytes cannot be")
    return int(size)


def read(stream: BinaryIO) -> bytes | None:
    """The next message of a blocking stream; None at its end."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    return stream.read(length(head))
