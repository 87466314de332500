"""Plans of several kinds, drafted, cleared, uploaded and flown to the end by one service on the simulated aircraft."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from maps.district import District
from service.demo import patrol
from service.demo.doors import DoorError, Doors
from service.demo.processes import Child
from service.demo.staging import free_ports
from tests.missions.planning.flying import geojson

SPEED = 6
UP_WITHIN_S = 60.0
KINDS = {"uav-1": "rotorcraft", "uav-2": "rotorcraft", "uav-3": "fixed_wing", "uav-4": "vtol"}
WAVES = (("uav-1", "uav-2", "uav-3"), ("uav-4",))
"""Who flies at once: both that have wings would come near one another where they land."""

STANDS_M = {"uav-1": (60, 60, 0), "uav-2": (-110, 70, 0), "uav-3": (-40, -60, 180), "uav-4": (130, -60, 200)}
"""East, north, and where the nose points, degrees: with wings, toward the first place of the plan."""


def requests(district: District) -> dict[str, dict[str, Any]]:
    """What each aircraft is to fly."""

    def geometry(kind: str, places_m: object) -> dict[str, object]:
        return geojson(district, kind, places_m)

    return {
        "uav-1": {
            "kind": "orbit",
            "geometry": geometry("Point", (60, 120)),
            "altitude": {"value_m": 60},
            "radius_m": 50,
        },
        "uav-2": {
            "kind": "search",
            "pattern": "sector",
            "geometry": geometry("Point", (-120, 120)),
            "altitude": {"value_m": 70},
            "radius_m": 80,
        },
        "uav-3": {
            "kind": "orbit",
            "geometry": geometry("Point", (0, -400)),
            "altitude": {"value_m": 110},
            "radius_m": 120,
            "turns": 1,
        },
        "uav-4": {
            "kind": "corridor",
            "geometry": geometry("LineString", [(-100, -350), (-250, -600), (-300, -850)]),
            "altitude": {"value_m": 100},
            "width_m": 60,
        },
    }


def write_world(folder: Path, district: District, mavlink: int, console: int) -> tuple[Path, Path]:
    """The scenario of the aircraft and the service's configuration."""
    world = ['name = "Every kind"\ndistrict = "nanling"\n']
    config = [
        f'[server]\nhost = "127.0.0.1"\nport = {console}\n[district]\nfolder = "nanling"\n',
        f'[storage]\nfolder = "{folder / "var"}"\n[[links]]\nurl = "udpin:127.0.0.1:{mavlink}"\n',
    ]
    for number, (name, kind) in enumerate(KINDS.items(), start=1):
        east, north, heading = STANDS_M[name]
        lon, lat = geojson(district, "Point", (east, north))["coordinates"]
        world.append(
            f'[[vehicles]]\nid = "{name}"\nkind = "{kind}"\nsystem_id = {number}\narming_delay_s = 4.0\n'
            f'mavlink = "udpout:127.0.0.1:{mavlink}"\nlat_deg = {lat}\nlon_deg = {lon}\nheading_deg = {heading}\n'
        )
        config.append(f'[[vehicles]]\nid = "{name}"\nsystem_id = {number}\nkind = "{kind}"\n')
    scenario, settings = folder / "world.toml", folder / "liti.toml"
    scenario.write_text("\n".join(world), "utf-8")
    settings.write_text("\n".join(config), "utf-8")
    return scenario, settings


@asynccontextmanager
async def started(folder: Path, district: District) -> AsyncIterator[tuple[int, str]]:
    """`liti sim` and `liti serve` as processes of their own; the service's port and the code that signs in once."""
    (mavlink,) = free_ports(1, socket.SOCK_DGRAM)
    (console,) = free_ports(1, socket.SOCK_STREAM)
    scenario, settings = write_world(folder, district, mavlink, console)
    log = folder / "sim.log"
    service = await Child.start("service", "service", "serve", "--config", str(settings), log=folder / "serve.log")
    world = await Child.start("world", "service", "sim", str(scenario), "--speed", str(SPEED), log=log)
    try:
        yield console, await _one_time_code(service)
    finally:
        await world.stop()
        await service.stop()


@asynccontextmanager
async def running(folder: Path, district: District) -> AsyncIterator[Doors]:
    """Doors that are signed in, all aircraft ready."""
    async with started(folder, district) as (console, code):
        doors = Doors(f"http://127.0.0.1:{console}")
        await doors.sign_in(code)
        await patrol.await_vehicles(doors, set(KINDS))
        yield doors


async def _one_time_code(service: Child) -> str:
    deadline = time.monotonic() + UP_WITHIN_S
    while (found := re.search(r"#one_time=(\S+)", service.last_words(40))) is None:
        assert time.monotonic() < deadline, service.last_words(40)
        await asyncio.sleep(0.2)
    return found[1]


async def flown(doors: Doors, asked: Mapping[str, dict[str, Any]], within_s: float) -> dict[str, dict[str, Any]]:
    """Draft, clear and launch a mission for each aircraft, and follow them to their end; by aircraft."""
    missions: dict[str, str] = {}
    for name, request in asked.items():
        drafted = await doors.call("POST", "/api/v1/missions", {**request, "vehicles": [name]})
        try:
            await doors.call("POST", f"/api/v1/missions/{drafted['id']}/clear")
        except DoorError as error:
            raise AssertionError(f"{name}: {error}: {drafted['findings']}") from error
        await doors.call("POST", f"/api/v1/missions/{drafted['id']}/launch")
        missions[name] = drafted["id"]
    deadline = time.monotonic() + within_s
    while True:
        told = {name: await doors.call("GET", f"/api/v1/missions/{each}") for name, each in missions.items()}
        if all(each["state"] in patrol.ENDED for each in told.values()) or time.monotonic() > deadline:
            return told
        await asyncio.sleep(1.0)


@pytest.mark.scenario
@pytest.mark.timeout(400)
def test_several_kinds_are_flown_to_their_end_by_one_service(tmp_path: Path, nanling: District) -> None:
    async def fly() -> dict[str, dict[str, Any]]:
        async with running(tmp_path, nanling) as doors:
            asked = requests(nanling)
            told: dict[str, dict[str, Any]] = {}
            for names in WAVES:
                told |= await flown(doors, {name: asked[name] for name in names}, 150.0)
            return told

    for name, mission in asyncio.run(fly()).items():
        (flight,) = mission["flights"]
        assert mission["state"] == "done", (name, flight)
        assert flight["read_back_equal"], (name, flight)
        assert flight["items_reached"] == flight["items"], (name, flight)
