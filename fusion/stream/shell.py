"""The picture stream over a real WebSocket: a thin shell around `PictureSession`.

Written against ASGI's WebSocket messages, as `starlette.websockets.WebSocket` passes them on.
"""

import asyncio
import logging
from collections.abc import Iterable, MutableMapping
from typing import Any, Protocol

from starlette.websockets import WebSocketDisconnect

from fusion.picture import Encoding, Picture
from fusion.stream import wire
from fusion.stream.session import PictureSession, StreamMetrics
from fusion.stream.view import Views

log = logging.getLogger(__name__)

PROTOCOL_VIOLATION = 1008


class WebSocketLike(Protocol):
    """What is used of `starlette.websockets.WebSocket`."""

    @property
    def scope(self) -> MutableMapping[str, Any]:
        """The ASGI scope; ``subprotocols`` lists what the client offers."""

    async def accept(self, subprotocol: str | None = None) -> None:
        """Open the connection."""

    async def receive(self) -> MutableMapping[str, Any]:
        """The next ASGI message."""

    async def send(self, message: MutableMapping[str, Any], /) -> None:
        """Send an ASGI message; waits while the connection's buffers are full."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection."""


class PictureStream:
    """The picture, for any number of clients.

    Attributes:
        picture: what is streamed.
        metrics: counts over all clients.
    """

    def __init__(self, picture: Picture, *, write_timeout_s: float = 10.0) -> None:
        self.picture = picture
        self.metrics = StreamMetrics()
        self._views = Views(picture)
        self._write_timeout_s = write_timeout_s

    def session(self, encoding: Encoding, now_s: float) -> PictureSession:
        """A new client of this picture."""
        return PictureSession(self.picture, self._views, encoding=encoding, now_s=now_s, metrics=self.metrics)

    async def serve(self, websocket: WebSocketLike, *, accept: bool = True) -> None:
        """Serve one client until it leaves, or takes nothing for longer than the write timeout.

        Args:
            websocket: not yet accepted, unless ``accept`` is False.
            accept: accept it here, under the subprotocol that the client offers and Liti speaks.
        """
        binary = wire.SUBPROTOCOL in websocket.scope.get("subprotocols", ())
        if accept:
            await websocket.accept(subprotocol=wire.SUBPROTOCOL if binary else None)
        self.metrics.clients += 1
        try:
            await _Connection(websocket, self, "msgpack" if binary else "json").run()
        finally:
            self.metrics.clients -= 1

    async def write(self, websocket: WebSocketLike, encoding: Encoding, frames: Iterable[bytes]) -> None:
        """Send frames; raises TimeoutError when the client does not take them in time."""
        async with asyncio.timeout(self._write_timeout_s):
            for frame in frames:
                content: dict[str, Any] = {"text": frame.decode()} if encoding == "json" else {"bytes": frame}
                await websocket.send({"type": "websocket.send", **content})


async def serve_picture(websocket: WebSocketLike, stream: PictureStream) -> None:
    """`PictureStream.serve`, for a route."""
    await stream.serve(websocket)


class _Connection:
    """One open connection: a task that receives, and a loop that sends what is due."""

    def __init__(self, websocket: WebSocketLike, stream: PictureStream, encoding: Encoding) -> None:
        self._websocket = websocket
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._session = stream.session(encoding, self._loop.time())
        self._attention = asyncio.Event()
        self._gone = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            receiving = group.create_task(self._receive(), name="picture client, receiving")
            try:
                await self._send()
            finally:
                receiving.cancel()
                self._stream.picture.let_sleep(self._attention)

    async def _receive(self) -> None:
        while not self._gone:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                self._gone = True
            elif message["type"] == "websocket.receive":
                text = message.get("text")
                self._session.receive(text if text is not None else message.get("bytes") or b"", self._loop.time())
            self._attention.set()

    async def _send(self) -> None:
        session = self._session
        while not self._gone:
            frames = session.outgoing(self._loop.time())
            if frames and not await self._hand_over(frames):
                return
            session.sent(self._loop.time())
            if session.closing is not None:
                await self._close(PROTOCOL_VIOLATION, session.closing)
                return
            await self._rest()

    async def _rest(self) -> None:
        """Until something is due, the client says something, or the picture changes for a client that has it all."""
        wait_s = self._session.due_s() - self._loop.time()
        if wait_s <= 0:
            await asyncio.sleep(0)
            return
        if self._gone:
            return
        self._attention.clear()
        if self._session.up_to_date:
            self._stream.picture.wake(self._attention)
        try:
            async with asyncio.timeout(wait_s):
                await self._attention.wait()
        except TimeoutError:
            pass

    async def _hand_over(self, frames: list[bytes]) -> bool:
        try:
            await self._stream.write(self._websocket, self._session.encoding, frames)
        except TimeoutError:
            log.warning("a picture client took nothing for too long and was let go")
            return False
        except (OSError, RuntimeError, WebSocketDisconnect) as error:
            log.debug("a picture client left: %r", error)
            return False
        return True

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._websocket.close(code, reason)
        except (TimeoutError, OSError, RuntimeError, WebSocketDisconnect) as error:
            log.debug("a picture client did not say goodbye: %r", error)
