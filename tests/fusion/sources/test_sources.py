import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fusion.bus import ENTITIES, EVENTS, OBSERVATIONS, REMOVALS, SENSORS, Bus, Subscription
from fusion.sources import AccessUnit, SourceError, Sources, SourceSettings
from maps.district import District
from maps.instants import utc_now
from simulators.cameras.units import AccessUnit as SentUnit
from simulators.rtsp.server import RtspServer
from tests.fusion.sources.streams import FPS, access_units, items, packet, pictures, transport_stream
from tests.fusion.sources.test_reader import free_port


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A flat district without anything on it."""
    folder: Path = tmp_path_factory.mktemp("flat")
    text = 'name = "Flat"\n[home]\nlat_deg = 43.86\nlon_deg = 125.32\nalt_amsl_m = 220.0\n'
    (folder / "district.toml").write_text(text)
    return District.load(folder)


@contextlib.asynccontextmanager
async def running(sources: Sources) -> AsyncIterator[None]:
    task = asyncio.create_task(sources.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(done: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110 - what is waited for is seen from outside only
            await asyncio.sleep(0.02)


async def send(port: int, seconds: float) -> None:
    """An aircraft's stream in its own time."""
    start, count = time.time(), int(seconds * FPS)
    klv = [packet(items(start + i / FPS)) for i in range(count)]
    data = transport_stream(access_units(count, start), klv)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for index, chunk in enumerate(pictures(data)):
            for at in range(0, len(chunk), 1316):
                sender.sendto(chunk[at : at + 1316], ("127.0.0.1", port))
            await asyncio.sleep(max(0.0, start + index / FPS - time.time()))


def taken(subscription: Subscription[Any], into: list[Any]) -> list[Any]:
    into.extend(subscription.take())
    return into


async def test_an_aircrafts_stream_becomes_states_a_camera_a_footprint_and_observations(district: District) -> None:
    port, bus = free_port(), Bus()
    sources = Sources([SourceSettings("uav-1-eo", f"udp://127.0.0.1:{port}", "uav-1")], district, bus, utc_now)
    states, entities, batches = bus.subscribe(SENSORS), bus.subscribe(ENTITIES), bus.subscribe(OBSERVATIONS)
    seen: dict[str, list[Any]] = {"states": [], "entities": [], "batches": []}
    async with running(sources), asyncio.TaskGroup() as tasks:
        tasks.create_task(send(port, 6.0))
        await until(lambda: bool(taken(batches, seen["batches"])))
        await until(lambda: len({each.id for each in taken(entities, seen["entities"])}) == 2)
        await until(lambda: any(state.health == "ok" for state in taken(states, seen["states"])))
    camera = next(each for each in seen["entities"] if each.id == "camera/uav-1-eo")
    ground = next(each for each in seen["entities"] if each.id == "footprint/uav-1-eo")
    assert camera.position.lat_deg == pytest.approx(43.86, abs=1e-6)
    assert camera.properties["azimuth_deg"] == pytest.approx(30.0, abs=0.01)
    assert camera.properties["vehicle_id"] == "uav-1" and camera.properties["hfov_deg"] == pytest.approx(60, abs=0.01)
    assert ground.geometry["type"] == "Polygon" and ground.properties["on_terrain"]
    state = next(state for state in seen["states"] if state.health == "ok")
    assert state.protocol == "mpegts" and state.pose is not None and state.width_px == 320
    batch = seen["batches"][-1]
    assert batch.sensor_id == "uav-1-eo" and abs(batch.time - time.time()) < 20 and len(batch.seen) > 4


async def test_a_stream_that_stops_is_told_and_comes_back_by_itself(district: District) -> None:
    port, bus = free_port(), Bus()
    settings = SourceSettings("uav-1-eo", f"udp://127.0.0.1:{port}", "uav-1", analyse=False, read_timeout_s=1.0)
    sources = Sources([settings], district, bus, utc_now)
    events, told = bus.subscribe(EVENTS), list[Any]()
    async with running(sources):
        await send(port, 3.0)
        stopped = time.time()
        await until(lambda: any(event.code == "sensor.stalled" for event in taken(events, told)), 8.0)
        assert time.time() - stopped < 5.0
        await send(port, 4.0)
        await until(lambda: any(event.code == "sensor.recovered" for event in taken(events, told)), 8.0)
    assert all(event.message_en and event.message_zh and event.subject == "camera/uav-1-eo" for event in told)


async def test_a_camera_over_rtsp_is_shown_to_a_viewer_from_a_key_frame_on(district: District) -> None:
    bus, server = Bus(), RtspServer(["cam-001"], utc_now, random.Random(1))
    await server.start("127.0.0.1", 0)
    settings = SourceSettings("cam-001", f"rtsp://127.0.0.1:{server.port}/cam-001")
    sources = Sources([settings], district, bus, utc_now)
    units: list[AccessUnit] = []

    async def publish() -> None:
        start = time.time()
        for index, data in enumerate(access_units(10 * FPS, start)):
            server.publish(SentUnit("cam-001", start + index / FPS, index % FPS == 0, data))
            await asyncio.sleep(max(0.0, start + index / FPS - time.time()))

    async def watch() -> None:
        async for unit in sources.stream("cam-001"):
            units.append(unit)

    publishing = asyncio.create_task(publish())
    async with running(sources):
        watching = asyncio.create_task(watch())
        await until(lambda: len(units) > 6 and sources.states["cam-001"].frames > 0)
        state = sources.states["cam-001"]
        ended = time.monotonic()
    assert time.monotonic() - ended < 8.0
    await watching
    publishing.cancel()
    await server.close()
    assert units[0].key and units[0].codec.startswith("avc1.")
    assert abs(units[-1].time - time.time()) < 15.0
    assert state.protocol == "rtsp" and state.frames > 0


async def test_sources_are_added_and_removed_while_running(district: District) -> None:
    port, bus = free_port(), Bus()
    sources = Sources([], district, bus, utc_now)
    removals = bus.subscribe(REMOVALS)
    settings = SourceSettings("uav-2-eo", f"udp://127.0.0.1:{port}", "uav-2")
    async with running(sources):
        await asyncio.sleep(0.05)
        sources.add(settings)
        with pytest.raises(SourceError, match="uav-2-eo"):
            sources.add(settings)
        await send(port, 2.0)
        await until(lambda: sources.states["uav-2-eo"].frames > 0)
        await sources.remove("uav-2-eo")
        assert sources.sensor_ids == ()
        assert {each.id for each in removals.take()} == {"camera/uav-2-eo", "footprint/uav-2-eo"}
        with pytest.raises(KeyError):
            await sources.remove("uav-2-eo")


async def test_nobody_sending_is_offline_with_what_to_do_and_ends_at_once(district: District) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bus = Bus()
    sources = Sources([SourceSettings("cam-001", f"rtsp://127.0.0.1:{port}/x")], district, bus, utc_now)
    events, told = bus.subscribe(EVENTS), list[Any]()
    async with running(sources):
        await until(lambda: bool(taken(events, told)))
        ended = time.monotonic()
    assert time.monotonic() - ended < 5.0
    assert told[0].code == "sensor.offline"
    detail = sources.states["cam-001"].detail
    assert detail is not None and "rtsp://" in detail
