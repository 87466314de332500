"""The thin shell that puts an autopilot on the network: udpout, udpin and tcpin, several clients at once.

The owner steps the autopilot and then calls `Link.flush`; bytes that come in are handed over at once, and answered at
once. All of it happens in one event loop.
"""

import asyncio
import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Self

from simulators.autopilots.autopilot import Autopilot

_URL = re.compile(r"^(udpout|udpin|tcpin):(\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$")
_MOST_CLIENTS = 16
_MOST_WAITING = 512 * 1024
_SILENT_S = 30.0
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """Where a vehicle is to be found, or whom it calls: `udpout:HOST:PORT`, `udpin:HOST:PORT` or `tcpin:HOST:PORT`."""

    kind: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read the text form.

        Raises:
            ValueError: it has none of the three forms.
        """
        match = _URL.match(url)
        if match is None or int(match[3]) > 65535:
            raise ValueError(
                f"{url!r} is no MAVLink address; write udpout:HOST:PORT, udpin:HOST:PORT or tcpin:HOST:PORT"
            )
        return cls(match[1], match[2].strip("[]"), int(match[3]))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}:{host}:{self.port}"


class Link:
    """One vehicle's connection to the outside.

    Attributes:
        address: as opened; a port 0 has become the port that the system chose.
        broken: while True, everything is lost in both directions (a fault to simulate).
        lost: packets that were not sent because a client did not take them.
    """

    def __init__(self, vehicle: Autopilot, address: LinkAddress | str) -> None:
        self.vehicle = vehicle
        self.address = LinkAddress.parse(address) if isinstance(address, str) else address
        self.broken = False
        self.lost = 0
        self._udp: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._peers: dict[Address, float] = {}
        self._clients: set[_Client] = set()

    async def open(self) -> LinkAddress:
        """Bind or connect; the address with the port that is used.

        Raises:
            OSError: the port is taken, or the host is not found.
        """
        loop, kind = asyncio.get_running_loop(), self.address.kind
        host, port = self.address.host, self.address.port
        if kind == "tcpin":
            self._server = await loop.create_server(lambda: _Client(self), host, port)
            port = self._server.sockets[0].getsockname()[1]
        elif kind == "udpin":
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=(host, port))
            port = self._udp.get_extra_info("sockname")[1]
        else:
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), remote_addr=(host, port))
        self.address = LinkAddress(kind, host, port)
        return self.address

    def close(self) -> None:
        """Close the socket and every client."""
        if self._udp is not None:
            self._udp.close()
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()

    def flush(self) -> None:
        """Send what is in the vehicle's outbox to everybody; nobody there, it is lost."""
        packets = self.vehicle.outgoing()
        if not packets or self.broken:
            return
        if self._udp is not None:
            self._send_datagrams(self._udp, packets)
        if self._clients:
            data = b"".join(packets)
            for client in list(self._clients):
                self.lost += 0 if client.send(data) else len(packets)

    def _send_datagrams(self, transport: asyncio.DatagramTransport, packets: list[bytes]) -> None:
        if self.address.kind == "udpout":
            for packet in packets:
                transport.sendto(packet)
            return
        now = asyncio.get_running_loop().time()
        for peer in [peer for peer, heard in self._peers.items() if now - heard > _SILENT_S]:
            del self._peers[peer]
            self.vehicle.forget(peer)
        for peer in self._peers:
            for packet in packets:
                transport.sendto(packet, peer)

    def received(self, data: bytes, source: Hashable) -> None:
        """Bytes came in."""
        if not self.broken:
            self.vehicle.receive(data, source)
            self.flush()

    def heard(self, peer: Address) -> bool:
        """Note a peer on UDP; False when there are too many."""
        if peer not in self._peers and len(self._peers) >= _MOST_CLIENTS:
            return False
        self._peers[peer] = asyncio.get_running_loop().time()
        return True

    def joined(self, client: "_Client") -> bool:
        """A TCP client connects; False when there are too many."""
        if len(self._clients) >= _MOST_CLIENTS:
            return False
        self._clients.add(client)
        return True

    def left(self, client: "_Client") -> None:
        """A TCP client is gone."""
        self._clients.discard(client)
        self.vehicle.forget(client)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, link: Link) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self._link.address.kind == "udpout" or self._link.heard(addr):
            self._link.received(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at the other end yet: on UDP that is not an error, the next packet may find somebody."""


class _Client(asyncio.Protocol):
    def __init__(self, link: Link) -> None:
        self._link = link
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._link.joined(self):
            self._transport = transport
        else:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._link.left(self)

    def data_received(self, data: bytes) -> None:
        self._link.received(data, self)

    def send(self, data: bytes) -> bool:
        """Write, unless the client takes nothing any more."""
        if self._transport is None or self._transport.get_write_buffer_size() > _MOST_WAITING:
            return False
        self._transport.write(data)
        return True

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
