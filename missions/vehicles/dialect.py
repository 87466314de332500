"""The MAVLink dialect that Liti speaks, and the framing of its packets.

Bytes are cut into packets here and not by pymavlink's parser, because a stream that was disturbed must lose as little
as possible: after a false start byte the search goes on at the very next byte, and every byte that belongs to no packet
is counted. Sources: MAVLink 2 serialisation guide (packet layout, checksum CRC-16/MCRF4XX with CRC_EXTRA).
"""

from dataclasses import dataclass
from typing import Any

import fastcrc
from pymavlink.dialects.v20 import ardupilotmega as mavlink

Message = Any
"""A pymavlink message; pymavlink carries no types."""

GCS_SYSTEM = 255
GCS_COMPONENT = 190
AUTOPILOT_COMPONENT = 1

_V1 = 0xFE
_V2 = 0xFD
_SIGNED = 0x01
_SIGNATURE_BYTES = 13

__all__ = [
    "AUTOPILOT_COMPONENT",
    "GCS_COMPONENT",
    "GCS_SYSTEM",
    "Encoder",
    "Framer",
    "Message",
    "Packet",
    "mavlink",
]


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it came.

    Attributes:
        data: all of its bytes.
        system_id: sender's system.
        component_id: sender's component.
        message_id: MAVLink message number.
        message: decoded; None for numbers that the dialect does not know.
    """

    data: bytes
    system_id: int
    component_id: int
    message_id: int
    message: Message | None


class Framer:
    """Cuts one sender's byte stream into packets. Bounded: it keeps less than one packet's bytes.

    Attributes:
        packets: packets found.
        unknown: of them, those of message numbers that the dialect does not know (not checked against a checksum).
        bad_bytes: bytes that belonged to no packet.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.unknown = 0
        self.bad_bytes = 0
        self._buffer = bytearray()
        self._decoder = mavlink.MAVLink(None)

    def feed(self, data: bytes, *, whole: bool = False) -> list[Packet]:
        """The packets that these bytes complete; ``whole``: nothing of them may wait for later bytes (datagrams)."""
        self._buffer += data
        packets: list[Packet] = []
        at = 0
        while at < len(self._buffer):
            length = self._length(at)
            if length is None or at + length > len(self._buffer):
                if whole:
                    at += 1
                    self.bad_bytes += 1
                    continue
                break
            packet = self._packet(bytes(self._buffer[at : at + length]), self._follows(at + length)) if length else None
            if packet is None:
                at += 1
                self.bad_bytes += 1
            else:
                packets.append(packet)
                at += length
        del self._buffer[:at]
        self.packets += len(packets)
        return packets

    def _length(self, at: int) -> int | None:
        """Bytes of the packet that starts here, 0 when none can, None when too few bytes are there to say."""
        buffer = self._buffer
        if buffer[at] == _V1:
            return None if len(buffer) - at < 2 else 8 + buffer[at + 1]
        if buffer[at] != _V2:
            return 0
        if len(buffer) - at < 3:
            return None
        flags = buffer[at + 2]
        if flags & ~_SIGNED:
            return 0
        return 12 + buffer[at + 1] + (_SIGNATURE_BYTES if flags & _SIGNED else 0)

    def _follows(self, at: int) -> bool:
        """Whether a packet may begin here: the end of what came, or a start byte."""
        return at == len(self._buffer) or self._buffer[at] in (_V1, _V2)

    def _packet(self, data: bytes, followed: bool) -> Packet | None:
        if data[0] == _V2:
            message_id = data[7] | data[8] << 8 | data[9] << 16
            end = len(data) - (_SIGNATURE_BYTES if data[2] & _SIGNED else 0)
            system_id, component_id = data[5], data[6]
        else:
            message_id, end, system_id, component_id = data[5], len(data), data[3], data[4]
        kind = mavlink.mavlink_map.get(message_id)
        if kind is None:
            # Without CRC_EXTRA it cannot be told from noise by its checksum, only by what stands behind it.
            if not followed:
                return None
            self.unknown += 1
            return Packet(data, system_id, component_id, message_id, None)
        checksum = fastcrc.crc16.mcrf4xx(data[1 : end - 2] + bytes([kind.crc_extra]))
        if checksum != data[end - 2] | data[end - 1] << 8:
            return None
        try:
            message = self._decoder.decode(bytearray(data))
        except mavlink.MAVError:
            return None
        return Packet(data, system_id, component_id, message_id, message)


class Encoder:
    """Writes messages as one MAVLink 2 component; counts its own sequence."""

    def __init__(self, system_id: int = GCS_SYSTEM, component_id: int = GCS_COMPONENT) -> None:
        self._mav = mavlink.MAVLink(None, srcSystem=system_id, srcComponent=component_id)

    def encode(self, message: Message) -> bytes:
        """The packet of a message."""
        data = bytes(message.pack(self._mav))
        self._mav.seq = (self._mav.seq + 1) % 256
        return data
