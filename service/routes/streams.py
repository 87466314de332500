"""The two WebSockets: the picture, and the video of a sensor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from service.access import house_of, let_in_websocket
from service.problems import Problem, answer
from service.roles import Permission
from service.storage.accounts import Identity

router = APIRouter(prefix="/api/v1")

SIGNED_OUT = 4401
"""Close code: the sign-in has expired; sign in again."""
NO_SUCH_SENSOR = 4404
"""Close code: the sensor has no stream here."""


@router.websocket("/picture")
async def picture(websocket: WebSocket) -> None:
    """The picture: send ``subscribe``, get ``snapshot``, ``delta`` and ``status``."""
    async with _signed_in(websocket, "picture.open") as who:
        if who is not None:
            await house_of(websocket).stream.serve(websocket)


@asynccontextmanager
async def _signed_in(websocket: WebSocket, action: str, subject: str = "") -> AsyncIterator[Identity | None]:
    """Let somebody in, write it down, and end the stream when the sign-in expires; None when refused."""
    house = house_of(websocket)
    try:
        if house.streams_open >= house.settings.server.clients:
            raise Problem(503, "too-many-clients", "All places for streams are taken; try again later.")
        who = await let_in_websocket(websocket, Permission.LOOK)
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
