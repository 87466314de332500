"""Access units: one encoded frame each, as they go from the encoder to the wire."""

import msgspec


class AccessUnit(msgspec.Struct, frozen=True, array_like=True):
    """One encoded frame.

    Attributes:
        sensor_id: the camera.
        time: instant that the picture shows, UTC seconds of the world.
        key: whether decoding can start here.
        data: H.264 with Annex B start codes, SPS and PPS before every key frame.
    """

    sensor_id: str
    time: float
    key: bool
    data: bytes


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream, without start codes (ITU-T H.264, Annex B)."""
    starts = []
    at = data.find(b"\x00\x00\x01")
    while at >= 0:
        starts.append(at)
        at = data.find(b"\x00\x00\x01", at + 3)
    ends = [*starts[1:], len(data)]
    units = (data[start + 3 : end].rstrip(b"\x00") for start, end in zip(starts, ends, strict=True))
    return [unit for unit in units if unit]


def nal_type(unit: bytes) -> int:
    """nal_unit_type of a NAL unit without its start code."""
    return unit[0] & 0x1F
