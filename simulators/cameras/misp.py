"""The instant of a frame inside the frame: MISB ST 0604 precision time stamp in an H.264 SEI message.

The message is "user data unregistered" (ITU-T H.264, D.1.7) with the identifier ``MISPmicrosectime``, a status byte and
the microseconds since 1970 UTC, two bytes at a time with 0xFF between them so that no start code can arise; hence no
emulation prevention byte is needed either.
"""

import struct

_IDENTIFIER = b"MISPmicrosectime"
_STATUS_LOCKED = 0x1F  # locked to an absolute reference, no discontinuity, five reserved bits set
_SEI = 6
_USER_DATA_UNREGISTERED = 5
_START = b"\x00\x00\x00\x01"


def microseconds(time: float) -> int:
    """An instant (UTC seconds) as whole microseconds since 1970."""
    return round(time * 1e6)


def sei(time: float) -> bytes:
    """The SEI NAL unit, without start code, that says that a frame was taken at an instant (UTC seconds)."""
    pairs = struct.pack(">Q", microseconds(time))
    stamp = b"\xff".join(pairs[at : at + 2] for at in range(0, 8, 2))
    payload = _IDENTIFIER + bytes([_STATUS_LOCKED]) + stamp
    return bytes([_SEI, _USER_DATA_UNREGISTERED, len(payload)]) + payload + b"\x80"


def stamped(data: bytes, time: float) -> bytes:
    """An access unit (Annex B) with the time stamp put before its first slice."""
    at = 0
    while (at := data.find(b"\x00\x00\x01", at)) >= 0:
        if data[at + 3] & 0x1F in (1, 5):
            start = at - 1 if at and data[at - 1] == 0 else at
            return data[:start] + _START + sei(time) + data[start:]
        at += 3
    return data
