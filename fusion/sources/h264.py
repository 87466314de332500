"""H.264 as it travels: units of an Annex B byte stream, the codec's name, and the instant that a frame carries.

ITU-T H.264: annex B (start codes), 7.3.1 (NAL units), 7.3.2.1 (sequence parameter set), annex D (SEI). The instant is
MISB ST 0604's precision time stamp in a user data SEI message.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SLICE, IDR_SLICE, SEI, SEQUENCE, PICTURE, DELIMITER = 1, 5, 6, 7, 8, 9
START_CODE = b"\x00\x00\x00\x01"
MISP_TIME_UUID = b"MISPmicrosectime"

_USER_DATA_UNREGISTERED = 5
_UNIT_AT_MOST = 8 * 1024 * 1024


def nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream, without start codes; empty where there is no start code."""
    begin = data.find(b"\x00\x00\x01")
    while begin >= 0:
        begin += 3
        end = data.find(b"\x00\x00\x01", begin)
        unit = data[begin : end if end >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            yield unit
        begin = end


def annex_b(data: bytes, length_bytes: int) -> bytes:
    """Annex B of units that are preceded by their length (ISO/IEC 14496-15), as in MP4 files.

    A length that runs beyond the data ends the reading.
    """
    parts = []
    at = 0
    while at + length_bytes <= len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        if size == 0 or at + size > len(data):
            break
        parts.append(START_CODE + data[at : at + size])
        at += size
    return b"".join(parts)


def parameter_sets(extradata: bytes) -> tuple[bytes, int]:
    """Parameter sets (Annex B) of a container's codec data, and the bytes of its length fields (0: it is Annex B)."""
    if len(extradata) < 7 or extradata[0] != 1:
        return (extradata, 0) if b"\x00\x00\x01" in extradata else (b"", 0)
    parts = []
    at = 5
    for mask in (0x1F, 0xFF):
        count = extradata[at] & mask if at < len(extradata) else 0
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            parts.append(START_CODE + extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return b"".join(parts), (extradata[4] & 3) + 1


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What one access unit says of itself.

    Attributes:
        key: whether decoding can start here (it holds an IDR picture).
        has_picture: whether it holds any slice.
        codec: ``avc1.xxxxxx`` where it brings a sequence parameter set.
        parameter_sets: the sequence and picture parameter sets that it brings, Annex B.
        time: precision time stamp, Unix seconds.
    """

    key: bool
    has_picture: bool
    codec: str | None
    parameter_sets: bytes
    time: float | None


def facts(data: bytes) -> UnitFacts:
    """Look through an access unit in Annex B, whatever it holds."""
    key = picture = False
    codec: str | None = None
    sets = []
    time: float | None = None
    for unit in nal_units(data[:_UNIT_AT_MOST]):
        kind = unit[0] & 0x1F
        if kind in (SLICE, IDR_SLICE):
            picture = True
            key = key or kind == IDR_SLICE
            break  # what describes a picture comes before its slices
        if kind == SEQUENCE and len(unit) >= 4:
            codec = f"avc1.{unit[1]:02x}{unit[2]:02x}{unit[3]:02x}"
            sets.append(START_CODE + unit)
        elif kind == PICTURE:
            sets.append(START_CODE + unit)
        elif kind == SEI and time is None:
            time = sei_time(unit)
    return UnitFacts(key, picture, codec, b"".join(sets), time)


def sei_time(unit: bytes) -> float | None:
    """The precision time stamp (Unix seconds) in an SEI NAL unit; None where there is none.

    MISB ST 0604: the 16 letters ``MISPmicrosectime``, a status byte, then microseconds in four pairs of bytes with 0xFF
    between the pairs.
    """
    payload = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 <= len(payload):
        kind, at = _sei_number(payload, at)
        size, at = _sei_number(payload, at)
        body = payload[at : at + size]
        at += size
        if kind == _USER_DATA_UNREGISTERED and body.startswith(MISP_TIME_UUID) and len(body) >= 28:
            stamp = body[17:28]
            return int.from_bytes(stamp[0:2] + stamp[3:5] + stamp[6:8] + stamp[9:11], "big") / 1e6
    return None


def _sei_number(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(payload) and payload[at] == 0xFF:
        value += 255
        at += 1
    if at < len(payload):
        value += payload[at]
        at += 1
    return value, at
