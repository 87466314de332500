"""Links: the one owner of each socket to vehicles, and the recording of everything that passes.

``udpin:HOST:PORT`` waits for vehicles to send, ``udpout:HOST:PORT`` sends first, ``tcp:HOST:PORT`` connects, and
connects again. Every sender behind a link is told apart by its remote address and has a framer of its own, so
that noise from one does not harm another. Nothing is queued here: what arrives is handled at once, what cannot be sent
is counted.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from maps.instants import Clock, Instant
from missions.vehicles.dialect import Framer, Packet
from missions.vehicles.tlog import TlogWriter

_log = logging.getLogger(__name__)

Remote = tuple[Any, ...]
"""Address of a sender as the socket says it."""
PacketHandler = Callable[["Link", Remote, Packet], None]

_MOST_REMOTES = 512
_REMEMBERED_S = 60.0
_MOST_WAITING_BYTES = 256 * 1024
_RECONNECT_S = (0.5, 1.0, 2.0, 5.0)
_URL = re.compile(r"^(udpin|udpout|tcp):(?://)?(.*):(\d{1,5})$")


class LinkError(Exception):
    """A link's address cannot be understood or opened; the message says what to write instead."""


class LinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One link: ``udpin:HOST:PORT``, ``udpout:HOST:PORT`` or ``tcp:HOST:PORT``."""

    url: str

    def parts(self) -> tuple[str, str, int]:
        """Kind, host and port.

        Raises:
            LinkError: when the address cannot be understood.
        """
        match = _URL.match(self.url)
        if match is None or not 0 <= int(match[3]) < 65536:
            raise LinkError(
                f"{self.url!r} is no link: write udpin:HOST:PORT, udpout:HOST:PORT or tcp:HOST:PORT, "
                "for instance udpin:0.0.0.0:14550"
            )
        return match[1], match[2] or "0.0.0.0", int(match[3])


class Link:
    """One socket. `run` owns it; packets go to the handler from the event loop.

    Attributes:
        settings: its address.
        packets: packets received.
        bad_bytes: bytes received that belonged to no packet.
        sent: packets sent.
        unsent: packets that could not be sent: not connected, or the remote does not take them.
        connected: whether the socket is open (TCP: connected).
        local: the local address once open, for a port that the system chose.
    """

    def __init__(
        self, settings: LinkSettings, handler: PacketHandler, clock: Clock, recorder: TlogWriter | None = None
    ) -> None:
        self.settings = settings
        self.kind, self._host, self._port = settings.parts()
        self.packets = self.bad_bytes = self.sent = self.unsent = 0
        self.connected = asyncio.Event()
        self.local: Remote | None = None
        self._handler, self._clock, self._recorder = handler, clock, recorder
        self._framers: OrderedDict[Remote, Framer] = OrderedDict()
        self._heard: dict[Remote, Instant] = {}
        self._datagrams: asyncio.DatagramTransport | None = None
        self._stream: asyncio.StreamWriter | None = None

    @property
    def remotes(self) -> tuple[Remote, ...]:
        """Those who have lately sent packets here; for ``udpout`` and ``tcp`` the configured end even before it does.

        Senders of noise are not among them: nothing is sent to an address that never sent a packet.
        """
        if self.kind == "udpin":
            oldest = self._clock() - _REMEMBERED_S
            return tuple(remote for remote, heard in self._heard.items() if heard >= oldest)
        return ((self._host, self._port),)

    async def run(self) -> None:
        """Own the socket until cancelled.

        Raises:
            LinkError: when a UDP socket cannot be opened.
        """
        try:
            if self.kind == "tcp":
                await self._run_tcp()
            else:
                await self._run_udp()
        finally:
            if self._recorder is not None:
                self._recorder.close()

    def send(self, data: bytes, remote: Remote) -> None:
        """Send one packet; never waits, and counts what could not be sent."""
        if self._datagrams is not None and _waiting_bytes(self._datagrams) < _MOST_WAITING_BYTES:
            self._datagrams.sendto(data, None if self.kind == "udpout" else remote)
        elif self._stream is not None and self._stream.transport.get_write_buffer_size() < _MOST_WAITING_BYTES:
            self._stream.write(data)
        else:
            self.unsent += 1
            return
        self.sent += 1
        self._record(data)

    def take(self, data: bytes, remote: Remote, *, whole: bool = False) -> None:
        """Handle bytes from a remote; ``whole``: a datagram, of which nothing may wait for later bytes."""
        framer = self._framers.get(remote)
        if framer is None:
            framer = self._framers[remote] = Framer()
            while len(self._framers) > _MOST_REMOTES:
                self._heard.pop(self._framers.popitem(last=False)[0], None)
        self._framers.move_to_end(remote)
        bad_before = framer.bad_bytes
        packets = framer.feed(data, whole=whole)
        self.bad_bytes += framer.bad_bytes - bad_before
        self.packets += len(packets)
        if any(packet.message is not None for packet in packets):
            self._heard[remote] = self._clock()
        for packet in packets:
            self._record(packet.data)
            self._handler(self, remote, packet)

    def flush(self) -> None:
        """Hand the recording's buffer to the operating system."""
        if self._recorder is not None:
            self._recorder.flush()

    def _record(self, data: bytes) -> None:
        if self._recorder is not None:
            self._recorder.write(self._clock(), data)

    async def _run_udp(self) -> None:
        loop = asyncio.get_running_loop()
        address = (self._host, self._port)
        try:
            if self.kind == "udpin":
                transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=address)
            else:
                transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), remote_addr=address)
        except OSError as error:
            raise LinkError(f"{self.settings.url} cannot be opened: {error.strerror or error}") from error
        self._datagrams, self.local = transport, transport.get_extra_info("sockname")
        self.connected.set()
        try:
            await loop.create_future()
        finally:
            self.connected.clear()
            self._datagrams = None
            transport.close()

    async def _run_tcp(self) -> None:
        failures = 0
        while True:
            try:
                async with asyncio.timeout(5):
                    reader, writer = await asyncio.open_connection(self._host, self._port)
            except (OSError, TimeoutError) as error:
                if failures == 0:
                    _log.warning("%s: %s; trying again until it is there", self.settings.url, error)
                await asyncio.sleep(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])
                failures += 1
                continue
            failures = 0
            await self._read_stream(reader, writer)
            await asyncio.sleep(_RECONNECT_S[0])

    async def _read_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        remote = (self._host, self._port)
        self._stream, self.local = writer, writer.get_extra_info("sockname")
        self._framers.pop(remote, None)
        self.connected.set()
        _log.info("%s: connected", self.settings.url)
        try:
            while data := await reader.read(65536):
                self.take(data, remote)
        except OSError as error:
            _log.warning("%s: connection lost: %s", self.settings.url, error)
        finally:
            self.connected.clear()
            self._stream = None
            writer.close()


def _waiting_bytes(transport: Any) -> int:
    return int(transport.get_write_buffer_size())


class _Datagrams(asyncio.DatagramProtocol):
    """Hands datagrams to their link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: Any) -> None:
        remote = self._link.remotes[0] if self._link.kind == "udpout" else tuple(addr[:2])
        self._link.take(data, remote, whole=True)

    def error_received(self, exc: Exception) -> None:
        # ICMP "port unreachable" while the other end is not up yet: it will be tried again by what is sent next.
        self._link.unsent += 1
