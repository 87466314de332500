"""The two WebSockets: the picture, and the video of a sensor."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from fusion.messages import CameraPose
from service.access import house_of, let_in_websocket
from service.house import House
from service.problems import Problem, answer, not_found
from service.roles import Permission
from service.storage.accounts import Identity

if TYPE_CHECKING:
    from fusion.sources import AccessUnit

router = APIRouter(prefix="/api/v1")

SIGNED_OUT = 4401
"""Close code: the sign-in has expired; sign in again."""
ENDED = 4404
"""Close code: the sensor has no stream here any more."""
MAGIC = b"LTV1"
WRITE_WITHIN_S = 10.0


class VideoHeader(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said of an access unit: sensor's time and pose at that very instant."""

    time: float
    key: bool
    codec: str
    width: int
    height: int
    sensor_id: str
    pose: CameraPose | None = None


@router.websocket("/picture")
async def picture(websocket: WebSocket) -> None:
    """The picture: send ``subscribe``, get ``snapshot``, ``delta`` and ``status``."""
    async with _signed_in(websocket, "picture.open") as who:
        if who is not None:
            await house_of(websocket).stream.serve(websocket)


@router.websocket("/video/{sensor_id}")
async def video(websocket: WebSocket, sensor_id: str) -> None:
    """H.264 access units as they came, from a key frame on, each behind a header."""
    async with _signed_in(websocket, "video.open", sensor_id) as who:
        if who is None:
            return
        await websocket.accept()
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_send_video(house_of(websocket), websocket, sensor_id))
            group.create_task(_until_gone(websocket, sending))


def packed(unit: "AccessUnit") -> bytes:
    """An access unit on the wire: magic, length of the header (little endian), header (JSON), H.264 (Annex B)."""
    header = msgspec.json.encode(
        VideoHeader(unit.time, unit.key, unit.codec, unit.width_px, unit.height_px, unit.sensor_id, unit.pose)
    )
    return b"".join((MAGIC, struct.pack("<I", len(header)), header, unit.data))


async def _send_video(house: House, websocket: WebSocket, sensor_id: str) -> None:
    async for unit in house.sources.get().stream(sensor_id):
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                await websocket.send_bytes(packed(unit))
        except (TimeoutError, OSError, RuntimeError, WebSocketDisconnect):
            return
    await websocket.close(ENDED, "this sensor's stream has ended")


async def _until_gone(websocket: WebSocket, sending: asyncio.Task[None]) -> None:
    """Wait for the client to leave; what it says is ignored."""
    gone = asyncio.create_task(_receive_all(websocket))
    await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    sending.cancel()


async def _receive_all(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


@asynccontextmanager
async def _signed_in(websocket: WebSocket, action: str, subject: str = "") -> AsyncIterator[Identity | None]:
    """Let somebody in, write it down, and end the stream when the sign-in expires; None when refused."""
    house = house_of(websocket)
    try:
        who = await let_in_websocket(websocket, Permission.LOOK)
        _check(house, action, subject)
        await house.audit.record(websocket, who, action, subject)
    except Problem as problem:
        await websocket.send_denial_response(answer(problem))
        yield None
        return
    house.streams_open += 1
    try:
        async with asyncio.timeout(who.expires_time - house.clock()):
            yield who
    except TimeoutError:
        await websocket.close(SIGNED_OUT, "the sign-in has expired; sign in again")
    except WebSocketDisconnect:
        return
    finally:
        house.streams_open -= 1


def _check(house: House, action: str, subject: str) -> None:
    if house.streams_open >= house.settings.server.clients:
        raise Problem(503, "too-many-clients", "All places for streams are taken; try again later.")
    if action == "video.open" and subject not in house.sources.get().sensor_ids:
        raise not_found("sensor with a stream", subject)
