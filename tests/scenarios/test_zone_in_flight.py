"""A zone is put across the way of an aircraft in flight; the service is killed meanwhile, and knows it all again."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maps.district import District
from service.demo import patrol
from service.demo.doors import Doors
from service.demo.processes import Child
from service.demo.staging import free_ports
from tests.missions.planning.flying import geojson

SPEED = 3
LEG = ((0, 60), (380, 60), (380, 90), (0, 90))
ZONE = [[(230, -60), (290, -60), (290, 240), (230, 240), (230, -60)]]
NAME = "fire-12"


def write_world(folder: Path, district: District, mavlink: int, console: int) -> tuple[Path, Path]:
    """One rotorcraft, and the service that flies it."""
    lon, lat = geojson(district, "Point", (0, 0))["coordinates"]
    scenario, settings = folder / "world.toml", folder / "liti.toml"
    scenario.write_text(
        f'name = "One"\ndistrict = "nanling"\n[[vehicles]]\nid = "uav-1"\nkind = "rotorcraft"\nsystem_id = 1\n'
        f'arming_delay_s = 4.0\nmavlink = "udpout:127.0.0.1:{mavlink}"\nlat_deg = {lat}\nlon_deg = {lon}\n',
        "utf-8",
    )
    settings.write_text(
        f'[server]\nhost = "127.0.0.1"\nport = {console}\n[district]\nfolder = "nanling"\n'
        f'[storage]\nfolder = "{folder / "var"}"\n[[links]]\nurl = "udpin:127.0.0.1:{mavlink}"\n'
        f'[[vehicles]]\nid = "uav-1"\nsystem_id = 1\nkind = "rotorcraft"\n',
        "utf-8",
    )
    return scenario, settings


async def serve(settings: Path, log: Path) -> Child:
    return await Child.start("service", "service", "serve", "--config", str(settings), log=log)


async def until(what: str, holds: Callable[[], Any], within_s: float = 60.0) -> Any:
    """Ask again until the answer is something."""
    deadline = time.monotonic() + within_s
    while not (found := await holds()):
        assert time.monotonic() < deadline, f"not so within {within_s} s: {what}"
        await asyncio.sleep(0.2)
    return found


async def one_time_code(service: Child) -> str:
    async def printed() -> str | None:
        found = re.search(r"#one_time=(\S+)", service.last_words(40))
        return found[1] if found else None

    return str(await until("the service serves", printed))


class Pilot:
    """One mission, flown through the doors."""

    def __init__(self, doors: Doors, district: District) -> None:
        self.doors, self.district, self.mission_id = doors, district, ""

    async def launch(self) -> None:
        request = {
            "kind": "route",
            "geometry": geojson(self.district, "LineString", LEG),
            "altitude": {"value_m": 100, "reference": "agl"},
            "vehicles": ["uav-1"],
        }
        self.mission_id = (await self.doors.call("POST", "/api/v1/missions", request))["id"]
        for step in ("clear", "launch"):
            await self.doors.call("POST", f"/api/v1/missions/{self.mission_id}/{step}")

    async def flight(self) -> dict[str, Any]:
        mission = await self.doors.call("GET", f"/api/v1/missions/{self.mission_id}")
        return dict(mission["flights"][0])

    async def east_m(self) -> float:
        place = (await self.doors.call("GET", "/api/v1/vehicles/uav-1"))["position"]
        return float(self.district.frame.enu_from_geodetic(place["lat_deg"], place["lon_deg"], place["alt_amsl_m"])[0])

    async def is_in(self, state: str) -> bool:
        return bool((await self.flight())["state"] == state)


async def put_zone(doors: Doors, district: District) -> None:
    zone = {"name": "火场", "rule": "no_fly", "geometry": geojson(district, "Polygon", ZONE)}
    await doors.call("PUT", f"/api/v1/zones/{NAME}", zone)


async def story(folder: Path, district: District) -> dict[str, Any]:
    """What happened, told by the doors."""
    told: dict[str, Any] = {}
    (mavlink,) = free_ports(1, socket.SOCK_DGRAM)
    (console,) = free_ports(1, socket.SOCK_STREAM)
    scenario, settings = write_world(folder, district, mavlink, console)
    service = await serve(settings, folder / "serve.log")
    world = await Child.start("world", "service", "sim", str(scenario), "--speed", str(SPEED), log=folder / "sim.log")
    try:
        doors = Doors(f"http://127.0.0.1:{console}")
        await doors.sign_in(await one_time_code(service))
        await patrol.await_vehicles(doors, {"uav-1"})
        pilot = Pilot(doors, district)
        await pilot.launch()

        async def well_on_its_way() -> bool:
            flight = await pilot.flight()
            return flight["state"] == "flying" and flight.get("item", 0) >= 2 and await pilot.east_m() > 40

        await until("on its leg", well_on_its_way)
        await put_zone(doors, district)
        await until("it holds", lambda: pilot.is_in("paused"), 20)
        await asyncio.sleep(3.0)
        told["held_m"] = await pilot.east_m()
        told["flight"] = await pilot.flight()
        told["audit"] = await doors.call("GET", "/api/v1/audit?action=vehicle.hold")

        os.kill(service._process.pid, signal.SIGKILL)
        await service._process.wait()
        service = await serve(settings, folder / "again.log")
        await patrol.await_vehicles(doors, {"uav-1"})
        told["zones"] = await doors.call("GET", "/api/v1/zones")
        told["again"] = await pilot.flight()
        await doors.call("POST", f"/api/v1/missions/{pilot.mission_id}/resume")

        async def beyond() -> bool:
            return await pilot.east_m() > 300

        await until("it flies on as its pilot wants", beyond, 40)
        told["audit_in_the_end"] = await doors.call("GET", "/api/v1/audit?action=vehicle.hold")
    finally:
        await world.stop()
        await service.stop()
    return told


@pytest.mark.scenario
@pytest.mark.timeout(200)
def test_it_holds_before_the_zone_and_the_zone_outlives_a_killed_service(tmp_path: Path, nanling: District) -> None:
    told = asyncio.run(story(tmp_path, nanling))
    assert told["held_m"] < 220
    came_up = told["flight"]["contingencies"]
    (contingency,) = [each for each in came_up if each["rule"] == "no_fly"]
    assert (contingency["about"], contingency["action"]) == (NAME, "hold"), came_up
    assert "火场" in contingency["message"] and "禁飞区" in contingency["message_zh"]
    (row,) = told["audit"]
    assert (row["who"], row["subject"], row["result"]) == ("liti", "uav-1", "done")
    assert "火场" in row["detail"]
    assert NAME in {feature["properties"]["id"] for feature in told["zones"]["features"]}
    assert told["again"]["state"] == "paused"
    assert contingency in told["again"]["contingencies"]
    assert told["audit_in_the_end"] == told["audit"], "what a pilot resumes is not held again for the same zone"
