"""The picture stream over real sockets: uvicorn on one side, websockets on the other."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from fusion.messages import Entity, Position
from fusion.picture import Picture
from fusion.stream import SUBPROTOCOL, PictureStream, serve_picture


def at(name: str, step: int = 0, padding: str = "") -> Entity:
    position = Position(43.86 + step * 1e-6, 125.32, 210.0)
    return Entity(name, "track", step, step + 2.0, "test", position=position, properties={"note": padding})


@contextlib.asynccontextmanager
async def served(stream: PictureStream) -> AsyncIterator[str]:
    app = FastAPI()

    @app.websocket("/picture")
    async def picture(websocket: WebSocket) -> None:
        await serve_picture(websocket, stream)

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="websockets-sansio", ws_per_message_deflate=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/picture"
    finally:
        server.should_exit = True
        await task


async def hear(client: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            frame = await client.recv()
            message: dict[str, Any] = json.loads(frame) if isinstance(frame, str) else msgspec.msgpack.decode(frame)
            if message["type"] == kind:
                return message


async def test_both_encodings_are_spoken_over_a_real_connection() -> None:
    picture = Picture()
    picture.put(at("track/1"))
    async with (
        served(PictureStream(picture)) as url,
        connect(url) as text,
        connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)]) as binary,
    ):
        assert binary.subprotocol == SUBPROTOCOL
        await text.send('{"type": "subscribe"}')
        await binary.send(msgspec.msgpack.encode({"type": "subscribe"}))
        for client in (text, binary):
            assert (await hear(client, "snapshot"))["entities"][0]["id"] == "track/1"
        picture.put(at("track/2"))
        for client in (text, binary):
            assert (await hear(client, "delta"))["changed"][0]["id"] == "track/2"
            assert (await hear(client, "status"))["degraded"] is False


async def test_nonsense_is_answered_the_connection_kept_and_others_undisturbed() -> None:
    picture = Picture()
    stream = PictureStream(picture)
    async with served(stream) as url, connect(url) as client, connect(url) as other:
        await other.send('{"type": "subscribe"}')
        await hear(other, "snapshot")
        await client.send("nonsense")
        assert "JSON" in (await hear(client, "error"))["message"]
        await client.send('{"type": "subscribe"}')
        await hear(client, "snapshot")
        with contextlib.suppress(ConnectionClosed):
            for _ in range(100):
                await client.send("nonsense")
                await hear(client, "error")
        assert client.close_code == 1008
        picture.put(at("track/1"))
        assert (await hear(other, "delta"))["changed"][0]["id"] == "track/1"
    assert stream.metrics.clients == 0


async def test_a_client_that_does_not_read_slows_nobody_and_is_let_go() -> None:
    picture = Picture()
    stream = PictureStream(picture, write_timeout_s=1.0)
    padding = "x" * 2_000
    async with served(stream) as url, connect(url) as quick, connect(url, max_queue=1, close_timeout=0.1) as stuck:
        await stuck.send('{"type": "subscribe", "rate_hz": 20}')
        await quick.send('{"type": "subscribe", "rate_hz": 10, "area": [125.0, 43.0, 125.1, 43.1]}')
        await hear(quick, "snapshot")
        assert stream.metrics.clients == 2
        async with asyncio.timeout(60):
            step = 0
            while stream.metrics.clients == 2:
                step += 1
                for number in range(500):
                    picture.put(at(f"track/{number}", step, padding))
                await asyncio.sleep(0.05)
        here = Entity("vehicle/uav-1", "vehicle", 1.0, 3.0, "test", position=Position(43.05, 125.05, 250.0))
        picture.put(here)
        delta = await hear(quick, "delta")
        assert [entity["id"] for entity in delta["changed"]] == ["vehicle/uav-1"]
        assert (await hear(quick, "status"))["dropped"] == 0


async def test_a_client_that_reads_slowly_gets_fewer_and_newer_deltas_and_is_told() -> None:
    picture = Picture()
    padding = "x" * 4_000
    stop = asyncio.Event()

    async def traffic() -> None:
        step = 0
        while not stop.is_set():
            step += 1
            for number in range(500):
                picture.put(at(f"track/{number}", step, padding))
            await asyncio.sleep(0.05)

    async with served(PictureStream(picture)) as url, asyncio.TaskGroup() as group:
        group.create_task(traffic())
        async with connect(url, max_queue=1, max_size=None, close_timeout=0.1) as slow:
            await slow.send('{"type": "subscribe", "rate_hz": 20}')
            deltas, status = [], None
            async with asyncio.timeout(60):
                while status is None or not status["degraded"]:
                    message = json.loads(await slow.recv())
                    if message["type"] == "delta":
                        deltas.append({entity["time"] for entity in message["changed"]})
                        await asyncio.sleep(0.3)
                    elif message["type"] == "status":
                        status = message
            stop.set()
        assert status["dropped"] > 0
        newest = [max(times) for times in deltas]
        assert newest == sorted(newest)
