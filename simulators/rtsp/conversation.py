"""One client's conversation with the server, without I/O: bytes in, bytes and packets out (RFC 2326)."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from simulators.cameras.units import AccessUnit
from simulators.rtsp import sdp
from simulators.rtsp.messages import Interleaved, Request, RequestReader, interleaved, response
from simulators.rtsp.rtp import RtpStream

_METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER")
_REPORT_EVERY_S = 2.0


@dataclass(slots=True)
class Channel:
    """What the server serves under one name.

    Attributes:
        sets: parameter sets of the newest key frame; empty until there is one.
    """

    sensor_id: str
    sets: tuple[bytes, ...] = ()

    def learn(self, unit: AccessUnit) -> None:
        """Remember the parameter sets of a key frame."""
        if unit.key:
            self.sets = sdp.parameter_sets(unit.data) or self.sets


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a client wants its packets: channels of the connection, or UDP ports of its own (RTP, RTCP)."""

    over_udp: bool
    rtp: int
    rtcp: int


@dataclass(slots=True)
class Session:
    """A client's agreed session: which camera, how delivered, and whether it plays."""

    id: str
    channel: Channel
    delivery: Delivery
    stream: RtpStream
    playing: bool = False
    started: bool = False
    reported: float = field(default=float("-inf"))


class Conversation:
    """Answers one client's requests and makes the packets of what it plays.

    Attributes:
        session: what was set up; None before that.
        closing: whether the connection ends once what is outstanding is sent.
    """

    def __init__(self, channels: Mapping[str, Channel], udp_ports: tuple[int, int], rng: random.Random) -> None:
        self.session: Session | None = None
        self.closing = False
        self._channels = channels
        self._udp_ports = udp_ports
        self._rng = rng
        self._reader = RequestReader()

    def receive(self, data: bytes, now: float) -> bytes:
        """Take in a client's bytes at an instant (UTC seconds); returns the responses.

        Raises:
            RtspError: the bytes are not RTSP.
        """
        answers = []
        for item in self._reader.feed(data):
            if not isinstance(item, Interleaved):  # what a client sends interleaved are receiver reports
                answers.append(self._answer(item, now))
        return b"".join(answers)

    def packets(self, unit: AccessUnit) -> list[tuple[bool, bytes]]:
        """(whether it is RTCP, packet) of an access unit for this client: none before it plays and had a key frame."""
        session = self.session
        if session is None or not session.playing or session.channel.sensor_id != unit.sensor_id:
            return []
        if not session.started and not unit.key:
            return []
        session.started = True
        packets: list[tuple[bool, bytes]] = []
        if not 0 <= unit.time - session.reported < _REPORT_EVERY_S:
            session.reported = unit.time
            packets.append((True, session.stream.sender_report(unit.time, unit.sensor_id)))
        packets.extend((False, packet) for packet in session.stream.packetise(unit.data, unit.time))
        return packets

    def framed(self, is_rtcp: bool, packet: bytes) -> bytes:
        """A packet framed for the connection of an interleaved session."""
        assert self.session is not None
        delivery = self.session.delivery
        return interleaved(delivery.rtcp if is_rtcp else delivery.rtp, packet)

    def skip_to_key(self) -> None:
        """Send nothing more until the next key frame, for this client did not keep up."""
        if self.session is not None:
            self.session.started = False

    def _answer(self, request: Request, now: float) -> bytes:
        sequence = request.headers.get("cseq", "0")
        headers = {"CSeq": sequence, "Server": "Liti simulators"}

        def reply(status: int, body: bytes = b"", **extra: str) -> bytes:
            added = {name.replace("_", "-"): value for name, value in extra.items()}
            return response(status, headers | added, body)

        if request.version != "RTSP/1.0":
            return reply(505)
        if request.method == "OPTIONS":
            return reply(200, Public=", ".join(_METHODS))
        if request.method not in _METHODS:
            return reply(405, Allow=", ".join(_METHODS))
        if request.method in ("DESCRIBE", "SETUP"):
            channel = self._channel(request.url)
            if channel is None:
                return reply(404)
            if request.method == "SETUP":
                return self._set_up(request, channel, reply)
            body = sdp.description(channel.sensor_id, round(now), channel.sets)
            base = request.url.split("?")[0].rstrip("/") + "/"
            return reply(200, body, Content_Base=base, Content_Type="application/sdp")
        return self._in_session(request, now, reply)

    def _set_up(self, request: Request, channel: Channel, reply: "_Reply") -> bytes:
        if self.session is not None and self.session.playing:
            return reply(455)
        delivery = _delivery(request.headers.get("transport", ""))
        if delivery is None:
            return reply(461)
        rng = self._rng
        stream = RtpStream(rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(32))
        self.session = Session(f"{rng.getrandbits(64):016x}", channel, delivery, stream)
        if delivery.over_udp:
            ports = f"client_port={delivery.rtp}-{delivery.rtcp};server_port={self._udp_ports[0]}-{self._udp_ports[1]}"
            transport = f"RTP/AVP;unicast;{ports};ssrc={stream.ssrc:08X}"
        else:
            transport = f"RTP/AVP/TCP;unicast;interleaved={delivery.rtp}-{delivery.rtcp};ssrc={stream.ssrc:08X}"
        return reply(200, Transport=transport, Session=f"{self.session.id};timeout=60")

    def _in_session(self, request: Request, now: float, reply: "_Reply") -> bytes:
        session = self.session
        named = request.headers.get("session", "").split(";")[0].strip()
        if request.method == "GET_PARAMETER" and not named:
            return reply(200)
        if session is None or named != session.id:
            return reply(454)
        if request.method == "PLAY":
            session.playing = True
            stream = session.stream
            information = f"url={request.url};seq={stream.sequence};rtptime={stream.timestamp(now)}"
            return reply(200, Session=session.id, Range="npt=now-", RTP_Info=information)
        if request.method == "TEARDOWN":
            self.session, self.closing = None, True
        return reply(200, Session=session.id)

    def _channel(self, url: str) -> Channel | None:
        try:
            parts = [part for part in urlsplit(url).path.split("/") if part]
        except ValueError:
            return None
        if parts and parts[-1] == sdp.CONTROL:
            parts.pop()
        return self._channels.get(parts[0]) if len(parts) == 1 else None


class _Reply(Protocol):
    """The signature of the function that makes a response with the headers every response has."""

    def __call__(self, status: int, body: bytes = b"", **extra: str) -> bytes: ...


def _delivery(transport: str) -> Delivery | None:
    """The first of the offered transports that this server can do; None when there is none."""
    for offer in transport.split(","):
        parts = [part.strip() for part in offer.split(";")]
        values = dict(part.partition("=")[::2] for part in parts[1:])
        if "multicast" in values:
            continue
        if parts[0] == "RTP/AVP/TCP" and (pair := _pair(values.get("interleaved", "0-1"), 255)):
            return Delivery(False, *pair)
        if parts[0] in ("RTP/AVP", "RTP/AVP/UDP") and (pair := _pair(values.get("client_port", ""), 65535)):
            return Delivery(True, *pair)
    return None


def _pair(text: str, limit: int) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    if not first.isdecimal() or (second and not second.isdecimal()):
        return None
    pair = int(first), int(second) if second else int(first) + 1
    return pair if max(pair) <= limit else None
