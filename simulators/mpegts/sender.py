"""Sends one aircraft's transport stream over UDP."""

import asyncio
import logging
import socket

from simulators.cameras.units import AccessUnit
from simulators.mpegts.klv import Metadata, local_set
from simulators.mpegts.transport import PACKET, TransportMuxer

_log = logging.getLogger(__name__)
_DATAGRAM = 7 * PACKET


class TransportSender:
    """Sends frames with their metadata to one address, seven transport packets a datagram.

    Attributes:
        frames: how many were sent.
    """

    def __init__(self, sensor_id: str, address: tuple[str, int], start: float) -> None:
        self.sensor_id = sensor_id
        self.frames = 0
        self._address = address
        self._muxer = TransportMuxer(start)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Open the socket.

        Raises:
            OSError: the address cannot be resolved or used.
        """
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Errors(self.sensor_id), remote_addr=self._address
        )
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)

    def send(self, unit: AccessUnit, metadata: Metadata) -> None:
        """Send a frame and its metadata; never waits."""
        if self._transport is None:
            return
        data = self._muxer.frame(unit.data, local_set(metadata), unit.time, unit.key)
        for at in range(0, len(data), _DATAGRAM):
            self._transport.sendto(data[at : at + _DATAGRAM])
        self.frames += 1

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Errors(asyncio.DatagramProtocol):
    """Nobody listening yet is no fault of a sender; anything else is said once."""

    def __init__(self, sensor_id: str) -> None:
        self._sensor_id = sensor_id
        self._said = False

    def error_received(self, exc: Exception) -> None:
        if not isinstance(exc, ConnectionRefusedError) and not self._said:
            self._said = True
            _log.warning("%s: its video cannot be sent: %s", self._sensor_id, exc)
