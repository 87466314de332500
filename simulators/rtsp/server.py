"""The RTSP server's sockets: connections, the pair of UDP ports, and the way of access units to the clients."""

import asyncio
import logging
import random
from collections.abc import Iterable

from maps.instants import Clock
from simulators.cameras.units import AccessUnit
from simulators.rtsp.conversation import Channel, Conversation
from simulators.rtsp.messages import RtspError, response

_log = logging.getLogger(__name__)
_BACKLOG_LIMIT = 512 * 1024
_PORT_ATTEMPTS = 50


class RtspServer:
    """Serves cameras by name, ``rtsp://HOST:PORT/<sensor_id>``, to any number of clients.

    A client that does not read fast enough loses frames up to the next key frame and slows nobody else.

    Attributes:
        port: where it listens; known after `start`.
    """

    def __init__(self, sensor_ids: Iterable[str], clock: Clock, rng: random.Random) -> None:
        self.port = 0
        self._channels = {sensor_id: Channel(sensor_id) for sensor_id in sensor_ids}
        self._clock = clock
        self._rng = rng
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None
        self._udp: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport] | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._udp = await _udp_pair(host)
        try:
            self._server = await loop.create_server(lambda: _Client(self), host, port)
        except OSError:
            self._close_udp()
            raise
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Say goodbye to all clients and stop listening."""
        if self._server is not None:
            self._server.close()
        for client in tuple(self._clients):
            client.close()
        if self._server is not None:
            await self._server.wait_closed()
        self._close_udp()

    def publish(self, unit: AccessUnit) -> None:
        """Send an access unit to everybody who plays its camera; never waits."""
        self._channels[unit.sensor_id].learn(unit)
        for client in self._clients:
            client.deliver(unit)

    @property
    def players(self) -> int:
        """How many clients play something now."""
        return sum(client.plays for client in self._clients)

    def conversation(self) -> Conversation:
        """The conversation of a new client."""
        assert self._udp is not None
        ports = tuple(transport.get_extra_info("sockname")[1] for transport in self._udp)
        return Conversation(self._channels, (ports[0], ports[1]), self._rng)

    def joined(self, client: "_Client") -> None:
        """A client connected."""
        self._clients.add(client)

    def left(self, client: "_Client") -> None:
        """A client's connection ended."""
        self._clients.discard(client)

    def now(self) -> float:
        """The present instant of the world."""
        return self._clock()

    def send_udp(self, is_rtcp: bool, packet: bytes, address: tuple[str, int]) -> None:
        """Send a packet from the server's RTP or RTCP port."""
        if self._udp is not None:
            self._udp[is_rtcp].sendto(packet, address)

    def _close_udp(self) -> None:
        for transport in self._udp or ():
            transport.close()
        self._udp = None


class _Client(asyncio.Protocol):
    def __init__(self, server: RtspServer) -> None:
        self._server = server
        self._conversation = server.conversation()
        self._transport: asyncio.Transport | None = None

    @property
    def plays(self) -> bool:
        session = self._conversation.session
        return session is not None and session.playing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.joined(self)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            self._transport.write(self._conversation.receive(data, self._server.now()))
        except RtspError as error:
            _log.warning("a client of the cameras was disconnected: %s", error)
            self._transport.write(response(400, {"CSeq": "0"}))
            self._transport.close()
            return
        if self._conversation.closing:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.left(self)

    def deliver(self, unit: AccessUnit) -> None:
        transport, session = self._transport, self._conversation.session
        if transport is None or session is None or transport.is_closing():
            return
        if session.delivery.over_udp:
            host = transport.get_extra_info("peername")[0]
            for is_rtcp, packet in self._conversation.packets(unit):
                self._server.send_udp(
                    is_rtcp, packet, (host, session.delivery.rtcp if is_rtcp else session.delivery.rtp)
                )
            return
        if transport.get_write_buffer_size() > _BACKLOG_LIMIT:
            self._conversation.skip_to_key()
            return
        framed = [self._conversation.framed(*packet) for packet in self._conversation.packets(unit)]
        if framed:
            transport.write(b"".join(framed))

    def close(self) -> None:
        session = self._conversation.session
        if self._transport is None:
            return
        if session is not None and session.playing:
            goodbye = session.stream.goodbye()
            if session.delivery.over_udp:
                self._server.send_udp(
                    True, goodbye, (self._transport.get_extra_info("peername")[0], session.delivery.rtcp)
                )
            else:
                self._transport.write(self._conversation.framed(True, goodbye))
        self._transport.close()


async def _udp_pair(host: str) -> tuple[asyncio.DatagramTransport, asyncio.DatagramTransport]:
    """Two neighbouring ports, the lower one even (RFC 3550, section 11)."""
    loop = asyncio.get_running_loop()
    for _ in range(_PORT_ATTEMPTS):
        rtp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, 0))
        port = rtp.get_extra_info("sockname")[1]
        if port % 2 == 0:
            try:
                rtcp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, port + 1))
            except OSError:
                rtp.close()
                continue
            return rtp, rtcp
        rtp.close()
    raise OSError("no two neighbouring UDP ports are free")
