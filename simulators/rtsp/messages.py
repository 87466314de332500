"""RTSP messages as bytes: requests in, responses out, and interleaved frames (RFC 2326, sections 6, 7 and 10.12)."""

from dataclasses import dataclass, field

_HEAD_LIMIT = 16 * 1024
_BODY_LIMIT = 64 * 1024
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
    505: "RTSP Version Not Supported",
}


class RtspError(ValueError):
    """What came in is not RTSP; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case."""

    method: str
    url: str
    version: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Binary data that came between requests on a channel."""

    channel: int
    data: bytes


@dataclass(slots=True)
class RequestReader:
    """Collects bytes from a client and cuts them into requests and interleaved frames."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Request | Interleaved]:
        """Take in bytes; returns what became complete.

        Raises:
            RtspError: the bytes are not RTSP, or a message is larger than any sensible client would send.
        """
        self._buffer += data
        complete = []
        while (item := self._next()) is not None:
            complete.append(item)
        return complete

    def _next(self) -> Request | Interleaved | None:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        if self._buffer[:1] == b"$":
            return self._interleaved()
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise RtspError("the head of the request does not end")
            return None
        if end > _HEAD_LIMIT:
            raise RtspError("the head of the request is too long")
        request, length = _parse_head(bytes(self._buffer[:end]))
        if len(self._buffer) < end + 4 + length:
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        return Request(request.method, request.url, request.version, request.headers, body)

    def _interleaved(self) -> Interleaved | None:
        if len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < 4 + length:
            return None
        frame = Interleaved(self._buffer[1], bytes(self._buffer[4 : 4 + length]))
        del self._buffer[: 4 + length]
        return frame


def _parse_head(head: bytes) -> tuple[Request, int]:
    try:
        first, *lines = head.decode("utf-8").split("\r\n")
        method, url, version = first.split(" ")
    except ValueError as error:
        raise RtspError("the first line is not 'METHOD URL RTSP/1.0'") from error
    if not version.startswith("RTSP/") or not method.isascii() or not method.replace("_", "").isalpha():
        raise RtspError("the first line is not 'METHOD URL RTSP/1.0'")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise RtspError(f"a header line has no colon: {line[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _BODY_LIMIT:
        raise RtspError(f"Content-Length {length[:20]!r} is not a number up to {_BODY_LIMIT}")
    return Request(method, url, version, headers), int(length)


def response(status: int, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a response; the length of a body is added."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def interleaved(channel: int, data: bytes) -> bytes:
    """Binary data framed for a channel of the connection."""
    return b"$" + bytes([channel]) + len(data).to_bytes(2, "big") + data
