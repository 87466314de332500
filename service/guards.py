"""What every request passes first: the limit of its body, and the headers that keep browsers safe."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import Problem, answer

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",  # MapLibre and deck.gl start their workers from blobs
        "child-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",  # MapLibre and deck.gl set style attributes
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}


DRAINED = 4
"""So many times the limit is read and thrown away before a connection is cut."""


def too_large(most: int) -> Problem:
    """413: the request's body is larger than is read."""
    return Problem(
        413,
        "too-large",
        f"The request's body is larger than {most} bytes; send less, or raise [server] body_bytes.",
        headers={"Connection": "close"},
    )


class BodyLimit:
    """Refuses bodies above a size, whether announced or found out while reading."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what it sends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self.most:
            await self._drain(receive)
            await answer(too_large(self.most))(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                await self._drain(receive)
                raise too_large(self.most)
            return message

        await self.app(scope, counted, send)

    async def _drain(self, receive: Receive) -> None:
        """Throw away what is still coming, within reason: a client that is cut off while it sends sees no answer."""
        left = DRAINED * self.most
        while left > 0:
            message = await receive()
            left -= max(1, len(message.get("body", b"")))
            if not message.get("more_body", False):
                return


class SafeHeaders:
    """Adds the headers above to every answer; what the doors say is not cached unless they allow it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add headers to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                hashed = scope["path"].startswith("/assets/") and message["status"] == 200
                headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if hashed else "no-cache")
            await send(message)

        await self.app(scope, receive, with_headers)
