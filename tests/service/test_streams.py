"""The two WebSockets over a real connection."""

import asyncio
import json
import struct

import msgspec
import pytest
import websockets
from websockets.asyncio.client import connect

from fusion.bus import ENTITIES
from fusion.messages import CameraPose, Entity, Position
from fusion.sources import AccessUnit
from maps.instants import utc_now
from service.roles import Role
from service.storage import accounts
from tests.service.conftest import until

REPORT = {"title": "火情", "position": {"lat_deg": 43.86, "lon_deg": 125.32, "alt_amsl_m": 220.0}}


async def next_with(socket, name):
    async with asyncio.timeout(10):
        while True:
            message = json.loads(await socket.recv())
            for entity in message.get("entities", []) + message.get("changed", []):
                if entity["id"] == name:
                    return entity


@pytest.mark.parametrize("way", ["header", "query", "cookie"])
async def test_an_incident_appears_in_the_picture_of_whoever_is_signed_in(service, way):
    token = await service.token(Role.VIEWER)
    url = service.websocket_url + "/api/v1/picture" + (f"?token={token}" if way == "query" else "")
    headers = {"header": {"Authorization": f"Bearer {token}"}, "cookie": {"Cookie": f"liti_session={token}"}}
    async with connect(url, additional_headers=headers.get(way, {})) as socket:
        await socket.send('{"type": "subscribe"}')
        async with await service.client(Role.COMMANDER) as commander:
            incident = (await commander.post("/api/v1/incidents", json=REPORT)).json()
        entity = await next_with(socket, f"incident/{incident['id']}")
    assert entity["properties"]["title"] == "火情"
    assert entity["position"] == REPORT["position"]
    assert ("picture.open", "a viewer") in {(row["action"], row["who"]) for row in await service.audit()}


async def test_a_foreign_page_and_a_wrong_token_are_refused_before_anything_is_sent(service):
    token = await service.token(Role.VIEWER)
    url = service.websocket_url + "/api/v1/picture"
    with pytest.raises(websockets.InvalidStatus) as foreign:
        await connect(url, additional_headers={"Cookie": f"liti_session={token}"}, origin="https://evil.example")
    with pytest.raises(websockets.InvalidStatus) as wrong:
        await connect(url + "?token=wrong")
    assert foreign.value.response.status_code == 403
    assert wrong.value.response.status_code == 401
    assert json.loads(wrong.value.response.body)["type"] == "urn:liti:problem:not-signed-in"


@pytest.mark.parametrize(
    "garbage", ["{", "[]", '{"type": "subscribe", "area": [1]}', b"\x00\xff", '{"type": "nothing"}']
)
async def test_what_cannot_be_understood_is_said_and_disturbs_nobody_else(service, garbage):
    headers = {"Authorization": f"Bearer {await service.token(Role.VIEWER)}"}
    url = service.websocket_url + "/api/v1/picture"
    async with connect(url, additional_headers=headers) as other, connect(url, additional_headers=headers) as socket:
        await other.send('{"type": "subscribe"}')
        await socket.send(garbage)
        async with asyncio.timeout(10):
            while json.loads(await socket.recv())["type"] != "error":
                pass
        now = utc_now()
        service.house.bus.publish(
            ENTITIES, Entity("unit/1", "unit", now, now + 60, "test", Position(43.86, 125.32, 220))
        )
        assert (await next_with(other, "unit/1"))["kind"] == "unit"


async def test_the_picture_ends_when_the_sign_in_expires(service):
    await service.token(Role.VIEWER)
    now = utc_now()
    token, _ = await service.house.database.run(lambda session: accounts.issue_token(session, "a viewer", 1.0, now))
    async with connect(service.websocket_url + f"/api/v1/picture?token={token}") as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(10):
                while True:
                    await socket.recv()
    assert closed.value.rcvd.code == 4401


class OneCamera:
    """Stands in for the video sources: one sensor, and units given by the test."""

    sensor_ids = ("cam-001",)

    def __init__(self, units):
        self.units = units
        self.left = asyncio.Event()

    async def stream(self, sensor_id):
        assert sensor_id == "cam-001"
        try:
            for unit in self.units:
                yield unit
            await asyncio.Event().wait()
        finally:
            self.left.set()


def unit(number, **more):
    return AccessUnit("cam-001", b"\x00\x00\x00\x01" + bytes([number]) * 20, number == 0, 100.0 + number, "avc1.42c01e",
                      640, 360, **more)  # fmt: skip


async def test_video_comes_as_access_units_behind_a_header_of_time_and_pose(service):
    pose = CameraPose(100.0, Position(43.86, 125.32, 230.0), 90.0, -20.0, 0.0, 60.0, 36.0)
    units = [unit(0, pose=pose), unit(1)]
    service.house.sources.put(OneCamera(units))
    token = await service.token(Role.VIEWER)
    async with connect(service.websocket_url + f"/api/v1/video/cam-001?token={token}") as socket:
        received = [await socket.recv(), await socket.recv()]
    for content, sent in zip(received, units, strict=True):
        assert content[:4] == b"LTV1"
        (length,) = struct.unpack_from("<I", content, 4)
        header = json.loads(content[8 : 8 + length])
        assert content[8 + length :] == sent.data
        assert (header["time"], header["key"], header["codec"]) == (sent.time, sent.key, sent.codec)
        assert (header["width"], header["height"], header["sensor_id"]) == (640, 360, "cam-001")
        assert header.get("pose") == (None if sent.pose is None else msgspec.to_builtins(pose))
    async with asyncio.timeout(10):
        await service.house.sources.get().left.wait()
    assert ("video.open", "cam-001") in {(row["action"], row["subject"]) for row in await service.audit()}
    await until(lambda: service.house.streams_open == 0)


async def test_a_sensor_without_a_stream_is_not_found(service):
    service.house.sources.put(OneCamera([]))
    token = await service.token(Role.VIEWER)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(service.websocket_url + f"/api/v1/video/nowhere?token={token}")
    assert refused.value.response.status_code == 404
