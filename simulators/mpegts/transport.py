"""A transport stream (ISO/IEC 13818-1) of one program: H.264 video and synchronous KLV metadata (MISB ST 1402).

A muxer of our own because a live one must not wait: each frame and its metadata become packets at once, and every PES
packet that can say its length does, so that a receiver need not wait for the next frame to know that this one is whole.
"""

import struct

PACKET = 188
CLOCK_HZ = 90_000
_PMT_PID, _VIDEO_PID, _KLV_PID = 0x1000, 0x100, 0x101
_H264, _METADATA_PES = 0x1B, 0x15
_VIDEO_ID, _METADATA_ID = 0xE0, 0xFC
_DECODER_DELAY_TICKS = 9_000  # the program clock runs 0.1 s behind the time stamps


class TransportMuxer:
    """Makes transport packets of frames and their metadata; keeps the continuity counters.

    Program tables and clock come with every frame, so that a receiver can join at any key frame. (ST 1402 wants the
    clock every 0.1 s: a camera of less than ten frames a second misses that, and receivers do not mind.)
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._cell = 0
        self._counters = {0: 0, _PMT_PID: 0, _VIDEO_PID: 0, _KLV_PID: 0}

    def frame(self, access_unit: bytes, klv: bytes, time: float, key: bool) -> bytes:
        """Packets of a frame (Annex B) and its KLV packet, both with the time stamp of an instant (UTC seconds)."""
        stamp = (round((time - self._start) * CLOCK_HZ) + CLOCK_HZ) & 0x1FFFFFFFF
        video = _pes(_VIDEO_ID, access_unit, stamp)
        metadata = _pes(_METADATA_ID, struct.pack(">BBBH", 0, self._cell, 0xDF, len(klv)) + klv, stamp)
        self._cell = (self._cell + 1) & 0xFF
        clock = (stamp - _DECODER_DELAY_TICKS) & 0x1FFFFFFFF
        return b"".join(
            (
                self._packets(0, b"\x00" + _PAT),
                self._packets(_PMT_PID, b"\x00" + _PMT),
                self._packets(_KLV_PID, metadata),
                self._packets(_VIDEO_PID, video, _clock_field(clock, key)),
            )
        )

    def _packets(self, pid: int, payload: bytes, adaptation: bytes = b"") -> bytes:
        packets = []
        at, first = 0, True
        while at < len(payload):
            room = PACKET - 4 - (len(adaptation) + 1 if adaptation else 0)
            piece = payload[at : at + room]
            at += len(piece)
            field = _adaptation(adaptation, room - len(piece)) if adaptation or len(piece) < room else b""
            control = (0x30 if field else 0x10) | self._counters[pid]
            self._counters[pid] = (self._counters[pid] + 1) & 0x0F
            packets.append(struct.pack(">BHB", 0x47, (0x4000 if first else 0) | pid, control) + field + piece)
            adaptation, first = b"", False
        return b"".join(packets)


def _adaptation(content: bytes, missing: int) -> bytes:
    """An adaptation field with its content (without length), stuffed so that the packet is full."""
    if content:
        return bytes([len(content) + missing]) + content + b"\xff" * missing
    if missing == 1:
        return b"\x00"
    return bytes([missing - 1, 0]) + b"\xff" * (missing - 2)


def _clock_field(clock: int, key: bool) -> bytes:
    flags = 0x10 | (0x40 if key else 0)
    return bytes([flags]) + struct.pack(">IH", clock >> 1, (clock & 1) << 15 | 0x7E00)


def _pes(stream_id: int, payload: bytes, stamp: int) -> bytes:
    stamped = bytes(
        [
            0x21 | (stamp >> 29) & 0x0E,
            stamp >> 22 & 0xFF,
            0x01 | stamp >> 14 & 0xFE,
            stamp >> 7 & 0xFF,
            0x01 | stamp << 1 & 0xFE,
        ]
    )
    length = 3 + len(stamped) + len(payload)
    if length > 0xFFFF:
        length = 0  # allowed for video only, whose frames alone grow so large
    return b"\x00\x00\x01" + struct.pack(">BHBBB", stream_id, length, 0x84, 0x80, len(stamped)) + stamped + payload


def crc32(data: bytes) -> int:
    """CRC of program tables (ISO/IEC 13818-1, annex A): polynomial 0x04C11DB7, not reflected, nothing inverted."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def _section(table: int, identifier: int, content: bytes) -> bytes:
    head = struct.pack(">BHHBBB", table, 0xB000 | (len(content) + 9), identifier, 0xC1, 0, 0) + content
    return head + struct.pack(">I", crc32(head))


def _stream(kind: int, pid: int, descriptors: bytes) -> bytes:
    return struct.pack(">BHH", kind, 0xE000 | pid, 0xF000 | len(descriptors)) + descriptors


_METADATA_DESCRIPTORS = (
    # metadata_descriptor: application format and metadata format "KLVA", service 0, no decoder configuration, program 1
    bytes([0x26, 9]) + b"\x01\x00\xff" + b"KLVA" + b"\x00\x0f"
    # metadata_std_descriptor: input leak rate, buffer size, output leak rate
    + bytes([0x27, 9]) + b"\xc0\x03\xe8" + b"\xc0\x00\x40" + b"\xc0\x00\x00"
)  # fmt: skip
_PAT = _section(0x00, 1, struct.pack(">HH", 1, 0xE000 | _PMT_PID))
_PMT = _section(
    0x02,
    1,
    struct.pack(">HH", 0xE000 | _VIDEO_PID, 0xF000)
    + _stream(_H264, _VIDEO_PID, b"")
    + _stream(_METADATA_PES, _KLV_PID, _METADATA_DESCRIPTORS),
)
