"""Opening video with PyAV: RTSP over TCP, MPEG-TS over UDP, files; always with an end to every wait.

MPEG-TS packets are taken as the container cut them (``noparse``): a parser would hold every picture back until the
next one begins. RTP has each picture in many packets and FFmpeg does not tell which is the last, so that there the
parser is needed and its delay of one picture is paid. UDP is read by a socket of our own, so that a wait can be ended
at once, and so that the end of a picture can be told to the demuxer when the sender pauses (see `DatagramFeed`).
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import av
import av.logging
from av.container import InputContainer

from fusion.sources.settings import SourceError, SourceSettings

_RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
_DATAGRAM_BYTES = 65_536
_TS_PACKET = 188
_PAUSE_S = 0.012  # a sender that does not pace its packets sends one picture's much closer together than this
_PAUSES_TO_TRUST = 4
_SOON = {"analyzeduration": "300000", "probesize": "200000", "fpsprobesize": "0"}
_AS_IT_COMES = {**_SOON, "fflags": "noparse"}


@contextmanager
def opened(settings: SourceSettings, stop: threading.Event) -> Iterator[tuple[InputContainer, "DatagramFeed | None"]]:
    """The container of a source, closed on leaving; with the feed of its datagrams where it has one.

    Raises:
        av.FFmpegError, OSError: it cannot be opened or read.
        SourceError: its address cannot be used.
    """
    av.logging.set_level(av.logging.PANIC)  # what is wrong with a stream is counted and told once, not for each slice
    waits = (settings.open_timeout_s, settings.read_timeout_s)
    if settings.protocol == "rtsp":
        options = {**_SOON, "rtsp_transport": "tcp"}
        with av.open(settings.url, options=options, timeout=waits) as container:
            yield container, None
    elif settings.protocol == "file":
        with av.open(str(settings.path), timeout=waits) as container:
            yield container, None
    else:
        feed = DatagramFeed(settings, stop)
        try:
            with av.open(feed, "r", format="mpegts", options=_AS_IT_COMES, buffer_size=_TS_PACKET * 174) as container:
                feed.video_pid = next((stream.id for stream in container.streams if stream.type == "video"), None)
                yield container, feed
        finally:
            feed.close()


class DatagramFeed:
    """MPEG-TS datagrams as a file that PyAV reads; the file ends when the sender is silent or reading is to stop.

    In MPEG-TS a picture's end is often known only when the next one begins: at 8 pictures a second that costs 125 ms.
    So when the sender pauses, an empty start of a PES packet is put in behind the video received so far; the demuxer
    then gives out the picture that it holds. That is done only with senders that were seen to pause between pictures
    and never within one.

    Attributes:
        video_pid: where to put the empty start; None until the streams are known.
        silent: whether the file ended because nothing arrived for the read timeout.
        datagrams: how many arrived.
    """

    def __init__(self, settings: SourceSettings, stop: threading.Event) -> None:
        self.video_pid: int | None = None
        self.silent = False
        self.datagrams = 0
        self._stop = stop
        self._timeout_s = settings.read_timeout_s
        self._socket = _bound(*settings.address)
        self._waiting: list[bytes] = []
        self._flushed = True
        self._paused = False
        self._good_pauses: int | None = 0  # None: pauses mean nothing with this sender

    def read(self, size: int) -> bytes:
        """At least one datagram, and as many more as wait and fit; nothing at the end."""
        first = self._first()
        if not first:
            return b""
        parts, total = [first], len(first)
        while total < size:
            datagram = self._receive(0.0)
            if datagram is None:
                break
            if total + len(datagram) > size:
                self._waiting.append(datagram)
                break
            parts.append(datagram)
            total += len(datagram)
        return b"".join(parts)

    def _first(self) -> bytes:
        if self._waiting:
            return self._waiting.pop(0)
        begin = time.monotonic()
        while not self._stop.is_set():
            datagram = self._receive(0.25 if self._flushed else _PAUSE_S)
            if datagram is not None:
                self._learn(datagram)
                self._flushed = self.video_pid is None or self._good_pauses is None
                return datagram
            if not self._flushed:
                self._flushed = self._paused = True
                if self.video_pid is not None and (self._good_pauses or 0) >= _PAUSES_TO_TRUST:
                    return empty_pes_start(self.video_pid)
            if time.monotonic() - begin > self._timeout_s:
                self.silent = True
                break
        return b""

    def _learn(self, datagram: bytes) -> None:
        """After a pause: whether it was between pictures, by what comes first of the video."""
        if not self._paused or self.video_pid is None or self._good_pauses is None:
            return
        for at in range(0, len(datagram) - 3, _TS_PACKET):
            pid = (datagram[at + 1] & 0x1F) << 8 | datagram[at + 2]
            if pid == self.video_pid and datagram[at + 3] & 0x10:
                self._paused = False
                self._good_pauses = self._good_pauses + 1 if datagram[at + 1] & 0x40 else None
                return

    def _receive(self, wait_s: float) -> bytes | None:
        self._socket.settimeout(wait_s)
        try:
            datagram = self._socket.recv(_DATAGRAM_BYTES)
        except (BlockingIOError, TimeoutError):
            return None
        if not datagram:
            return None
        self.datagrams += 1
        return datagram

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def empty_pes_start(pid: int) -> bytes:
    """A TS packet that starts a PES packet of video without content; its discontinuity flag excuses its counter.

    ISO/IEC 13818-1, 2.4.3.2 (packet), 2.4.3.4 (adaptation field), 2.4.3.6 (PES).
    """
    pes = b"\x00\x00\x01\xe0\x00\x00\x80\x00\x00"
    stuffing = _TS_PACKET - 4 - 2 - len(pes)
    head = bytes([0x47, 0x40 | pid >> 8 & 0x1F, pid & 0xFF, 0x30, 1 + stuffing, 0x80])
    return head + b"\xff" * stuffing + pes


def _bound(host: str, port: int) -> socket.socket:
    try:
        address = ip_address(host or "0.0.0.0")
    except ValueError:
        try:
            address = ip_address(socket.gethostbyname(host))
        except OSError as error:
            raise SourceError(f"udp://{host}:{port}: the name {host} is not known; give an IP address") from error
    listener = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        if address.is_multicast:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("", port))
            if address.version == 4:
                membership = address.packed + b"\x00\x00\x00\x00"
                listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            else:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, address.packed + b"\x00" * 4)
        else:
            listener.bind((str(address), port))
    except OSError:
        listener.close()
        raise
    return listener
