"""RTP packets of H.264 (RFC 6184, packetization mode 1: single NAL units and FU-A) and RTCP reports (RFC 3550)."""

import struct
from dataclasses import dataclass

from simulators.cameras.units import nal_units

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
MAX_PAYLOAD = 1400
_FU_A = 28
_NTP_EPOCH_OFFSET_S = 2_208_988_800  # from 1900 to 1970


def payloads(access_unit: bytes, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """RTP payloads of an access unit (Annex B): small NAL units whole, larger ones as FU-A fragments."""
    result = []
    for unit in nal_units(access_unit):
        if len(unit) <= limit:
            result.append(unit)
        else:
            result.extend(_fragments(unit, limit))
    return result


def _fragments(unit: bytes, limit: int) -> list[bytes]:
    indicator = (unit[0] & 0xE0) | _FU_A
    size = limit - 2
    pieces = [unit[at : at + size] for at in range(1, len(unit), size)]
    last = len(pieces) - 1
    kind = unit[0] & 0x1F
    return [
        bytes([indicator, (0x80 if at == 0 else 0) | (0x40 if at == last else 0) | kind]) + piece
        for at, piece in enumerate(pieces)
    ]


@dataclass(slots=True)
class RtpStream:
    """The sending side of one RTP session: numbers its packets and reports on them.

    Attributes:
        ssrc: synchronisation source, chosen at random for each session.
        sequence: number of the next packet.
        offset: RTP time stamp of the epoch, chosen at random.
    """

    ssrc: int
    sequence: int
    offset: int
    packets: int = 0
    octets: int = 0

    def timestamp(self, time: float) -> int:
        """RTP time stamp of an instant (UTC seconds)."""
        return (round(time * CLOCK_HZ) + self.offset) & 0xFFFFFFFF

    def packetise(self, access_unit: bytes, time: float) -> list[bytes]:
        """RTP packets of an access unit; the last one carries the marker."""
        stamp = self.timestamp(time)
        parts = payloads(access_unit)
        packets = []
        for at, payload in enumerate(parts):
            marker = 0x80 if at == len(parts) - 1 else 0
            head = struct.pack(">BBHII", 0x80, marker | PAYLOAD_TYPE, self.sequence, stamp, self.ssrc)
            packets.append(head + payload)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
        return packets

    def sender_report(self, time: float, name: str) -> bytes:
        """RTCP sender report that ties RTP time to UTC at an instant, with the name of the source (SDES CNAME)."""
        ntp = round((time + _NTP_EPOCH_OFFSET_S) * 2**16) << 16
        report = struct.pack(
            ">BBHIQIII",
            0x80,
            200,
            6,
            self.ssrc,
            ntp & 0xFFFFFFFFFFFFFFFF,
            self.timestamp(time),
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )
        text = name.encode()[:255]
        item = struct.pack(">I", self.ssrc) + bytes([1, len(text)]) + text + b"\x00"
        item += b"\x00" * (-len(item) % 4)
        return report + struct.pack(">BBH", 0x81, 202, len(item) // 4) + item

    def goodbye(self) -> bytes:
        """RTCP BYE."""
        return struct.pack(">BBHI", 0x81, 203, 1, self.ssrc)
