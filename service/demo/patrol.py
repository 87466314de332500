"""The patrol of the demonstration: two missions over the middle of the district, flown as a pilot would."""

import asyncio
import time
from typing import Any

import numpy as np

from maps.district import District
from service.demo.doors import DoorError, Doors

ALTITUDE_M = 60.0
READY_TIMEOUT_S = 60.0
STARTING = 503
ENDED = frozenset({"done", "aborted", "failed"})


class PatrolError(Exception):
    """The patrol cannot be flown; the message says why."""


def requests(district: District) -> list[dict[str, Any]]:
    """What a pilot would draw: a survey north of home for the rotorcraft, one south of it for the fixed wing."""
    return [
        _survey(district, (0, 90, 200, 160), ["uav-1", "uav-2"], ALTITUDE_M, "双机巡查 / Two rotorcraft"),
        _survey(district, (0, -130, 420, 120), ["uav-3"], ALTITUDE_M + 50, "固定翼巡查 / Fixed wing"),
    ]


def _survey(
    district: District, box_m: tuple[float, float, float, float], vehicles: list[str], height_m: float, name: str
) -> dict[str, Any]:
    """A survey of a rectangle given by its centre (east, north) and its size."""
    east, north, width, height = box_m
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * (width / 2, height / 2) + (east, north)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([corners, np.zeros(len(corners))]))
    ring = [[round(float(x), 7), round(float(y), 7)] for x, y in zip(lon, lat, strict=True)]
    return {
        "kind": "survey",
        "name": name,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "altitude": {"value_m": height_m, "reference": "agl"},
        "vehicles": vehicles,
    }


async def await_vehicles(doors: Doors, wanted: set[str]) -> None:
    """Wait until the service is ready to plan, and every vehicle is heard of and knows where it stands.

    Raises:
        PatrolError: when one is still missing after `READY_TIMEOUT_S`.
    """
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        ready = await _ready(doors)
        if wanted <= ready:
            return
        if time.monotonic() > deadline:
            raise PatrolError(f"not ready after {READY_TIMEOUT_S:.0f} s: {', '.join(sorted(wanted - ready))}")
        await asyncio.sleep(0.5)


async def _ready(doors: Doors) -> set[str]:
    """Names of the vehicles that can be planned for now; none while a part of the service is still starting."""
    try:
        await doors.call("GET", "/api/v1/missions")
        vehicles = await doors.call("GET", "/api/v1/vehicles")
    except (DoorError, OSError) as error:
        if isinstance(error, DoorError) and error.status != STARTING:
            raise
        return set()
    return {each["id"] for each in vehicles if each["link"] == "up" and each.get("position") and each.get("home")}


async def launch(doors: Doors, district: District) -> list[str]:
    """Draft, clear and launch the missions; their ids.

    Raises:
        PatrolError: when a mission is refused.
    """
    ids = []
    for request in requests(district):
        try:
            mission = await doors.call("POST", "/api/v1/missions", request)
            await doors.call("POST", f"/api/v1/missions/{mission['id']}/clear")
            await doors.call("POST", f"/api/v1/missions/{mission['id']}/launch")
        except DoorError as error:
            raise PatrolError(f"{request['name']}: {error}") from error
        ids.append(str(mission["id"]))
    return ids


async def missions(doors: Doors, ids: list[str]) -> list[dict[str, Any]]:
    """The missions as the service tells of them now."""
    return [await doors.call("GET", f"/api/v1/missions/{mission_id}") for mission_id in ids]
