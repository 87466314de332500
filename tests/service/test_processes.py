"""The commands as processes: served, watched, stopped; recorded and replayed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx

from fusion.bus import ENTITIES, Bus
from fusion.messages import Entity, Position
from fusion.picture import Picture
from fusion.recording import Recorder
from maps.instants import utc_now
from service import rooms
from service.commands.replay import _play
from service.parts import Part
from tests.service.conftest import bare_settings, running, until

ROOT = Path(__file__).parents[2]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("LITI_")}
    return subprocess.Popen(
        [sys.executable, "-m", "service", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=folder, env=variables | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_a_service_is_signed_in_to_once_watched_and_stopped(tmp_path):
    config = tmp_path / "liti.toml"
    config.write_text('[server]\nport = 0\n[[links]]\nurl = "udpin:127.0.0.1:0"\n')
    with start(tmp_path, "serve", "--config", str(config)) as service:
        lines = [service.stdout.readline().strip() for _ in range(3)]
        with start(tmp_path, "watch", lines[2], "--json") as watching:
            kinds = set()
            while "snapshot" not in kinds:
                kinds.add(json.loads(watching.stdout.readline())["type"])
            watching.terminate()
        address, _, code = lines[2].partition("/#one_time=")
        again = httpx.post(f"{address}/api/v1/session", json={"one_time": code}, timeout=30)
        service.send_signal(signal.SIGTERM)
        service.wait(60)
    assert lines[0] == f"Liti serves at {address}"
    assert again.status_code == 401, "the code was for once"
    assert service.returncode in {0, -signal.SIGTERM}
    assert (tmp_path / "var" / "liti.sqlite").is_file()


async def test_what_was_recorded_is_in_the_picture_again(tmp_path):
    path, bus = tmp_path / "was.liti", Bus()
    recording = asyncio.create_task(Recorder(bus, path, utc_now, picture=Picture(bus)).run())
    await asyncio.sleep(0)
    now = utc_now()
    bus.publish(ENTITIES, Entity("unit/7", "unit", now, now + 60, "test", Position(43.86, 125.32, 220.0)))
    await asyncio.sleep(0.1)
    recording.cancel()
    await asyncio.wait({recording})
    (tmp_path / "noise.liti").write_bytes(b"noise")
    said = []

    def replaying(house, file):
        play = partial(_play, house, [file], 10.0, said.append)
        return Part("district", partial(rooms.load_district, house)), Part("replay", play)

    async with running(bare_settings(tmp_path), lambda house: replaying(house, path)) as service:
        await until(lambda: "unit/7" in service.house.picture, 90)
        assert service.house.picture.get("unit/7").time >= now
        await until(lambda: said == [None])
    async with running(bare_settings(tmp_path), lambda house: replaying(house, tmp_path / "noise.liti")) as service:
        await until(lambda: len(said) == 2, 90)
        assert service.house.parts.reports["replay"].state == "failed" or said[1]
