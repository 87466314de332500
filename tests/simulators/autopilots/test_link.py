"""The links: UDP both ways, TCP with several clients, noise, broken links and wrong addresses."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import pytest
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import Autopilot, VehicleSettings
from simulators.autopilots.link import Link, LinkAddress
from simulators.autopilots.shell import fly


@contextlib.asynccontextmanager
async def flying(*urls: str) -> AsyncIterator[list[Link]]:
    links = [Link(Autopilot(VehicleSettings(system_id=n + 1, arming_delay_s=1)), url) for n, url in enumerate(urls)]
    for link in links:
        await link.open()
    stop = asyncio.Event()
    task = asyncio.create_task(fly(links, stop, speed=10))
    try:
        yield links
    finally:
        stop.set()
        await task
        for link in links:
            link.close()


async def heard(url: str, name: str, count: int = 1, source: int = 255) -> list[mavlink.MAVLink_message]:
    """Connect with pymavlink, say hello, and wait for messages of a name; its socket is closed afterwards."""

    def listen() -> list[mavlink.MAVLink_message]:
        connection = mavutil.mavlink_connection(url, source_system=source, dialect="ardupilotmega")
        try:
            connection.mav.heartbeat_send(6, 8, 0, 0, 4)
            came = []
            for _ in range(count):
                message = connection.recv_match(type=name, blocking=True, timeout=10)
                assert message is not None, f"no {name}"
                came.append(message)
            return came
        finally:
            connection.close()

    return await asyncio.to_thread(listen)


async def test_udpout_calls_a_station_whether_or_not_it_listens_yet() -> None:
    receiver = mavutil.mavlink_connection("udpin:127.0.0.1:0", dialect="ardupilotmega")
    port = receiver.port.getsockname()[1]
    receiver.close()
    async with flying(f"udpout:127.0.0.1:{port}", f"udpout:127.0.0.1:{port}"):
        await asyncio.sleep(0.3)
        beats = await heard(f"udpin:127.0.0.1:{port}", "HEARTBEAT", 6)
        assert {b.get_srcSystem() for b in beats} == {1, 2}


async def test_udpin_answers_all_who_called() -> None:
    async with flying("udpin:127.0.0.1:0") as (link,):
        url = f"udpout:127.0.0.1:{link.address.port}"
        results = await asyncio.gather(heard(url, "HEARTBEAT", 3, 255), heard(url, "HEARTBEAT", 3, 254))
        assert [len(r) for r in results] == [3, 3]


async def test_tcpin_serves_several_clients_and_goes_on_when_one_leaves() -> None:
    async with flying("tcpin:127.0.0.1:0") as (link,):
        url = f"tcp:127.0.0.1:{link.address.port}"
        await asyncio.gather(heard(url, "HEARTBEAT", 2), heard(url, "HEARTBEAT", 2))
        assert len(await heard(url, "HEARTBEAT", 2)) == 2


async def test_noise_on_the_port_disturbs_nobody() -> None:
    async with flying("tcpin:127.0.0.1:0") as (link,):
        _, writer = await asyncio.open_connection("127.0.0.1", link.address.port)
        writer.write(bytes(range(256)) * 200)
        await writer.drain()
        assert len(await heard(f"tcp:127.0.0.1:{link.address.port}", "HEARTBEAT", 2)) == 2
        writer.close()


async def test_a_client_that_reads_nothing_is_not_waited_for() -> None:
    async with flying("tcpin:127.0.0.1:0") as (link,):
        reader, writer = await asyncio.open_connection("127.0.0.1", link.address.port, limit=1)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(20):
            link.vehicle._board.send(mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3))
        for _ in range(400):
            for client in link._clients:
                client.send(b"x" * 100_000)
        assert any(not client.send(b"x") for client in link._clients)
        assert len(await heard(f"tcp:127.0.0.1:{link.address.port}", "HEARTBEAT", 2)) == 2
        writer.transport.abort()


async def test_a_broken_link_is_silent_both_ways_until_it_is_mended() -> None:
    async with flying("tcpin:127.0.0.1:0") as (link,):
        url = f"tcp:127.0.0.1:{link.address.port}"
        link.broken = True
        with pytest.raises(AssertionError, match="no HEARTBEAT"):
            await asyncio.wait_for(_quick(url), 10)
        link.broken = False
        assert await heard(url, "HEARTBEAT")


async def _quick(url: str) -> None:
    def listen() -> None:
        connection = mavutil.mavlink_connection(url, dialect="ardupilotmega")
        try:
            assert connection.recv_match(type="HEARTBEAT", blocking=True, timeout=1), "no HEARTBEAT"
        finally:
            connection.close()

    await asyncio.to_thread(listen)


@pytest.mark.parametrize("url", ["tcp:127.0.0.1:5760", "udpin:5", "tcpin:127.0.0.1:99999", "", "udpout:host"])
def test_wrong_addresses_are_told(url: str) -> None:
    with pytest.raises(ValueError, match="is no MAVLink address"):
        LinkAddress.parse(url)


async def test_the_module_runs_a_vehicle_by_itself() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.autopilots", "--kind", "fixed_wing", "--link", "tcpin:127.0.0.1:0",
        "--speed", "5", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert line.startswith("ready tcpin:127.0.0.1:")
        (beat,) = await heard(f"tcp:127.0.0.1:{line.strip().rsplit(':', 1)[1]}", "HEARTBEAT")
        assert beat.type == 1
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
