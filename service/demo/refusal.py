"""A plan drawn by hand, straight through a school's no-fly zone: the demonstration brings it to see it refused."""

import json
from typing import Any

import numpy as np

from fusion.messages import Position
from maps.district import District
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.formats import export
from service.demo.doors import DoorError, Doors
from service.demo.report import RefusalReport

SCHOOL = "zone-03"
VEHICLE = "uav-1"
HEIGHT_M = 60.0
BEYOND_M = 250.0
BLOCKED = 409


def through_school(district: District) -> dict[str, Any]:
    """The plan, as the file that QGroundControl would have saved: over the school, a little beyond, and back."""
    zone = next(each for each in district.zone_map.zones if each.id == SCHOOL)
    middle = np.array([zone.shape_m.centroid.x, zone.shape_m.centroid.y])
    there = middle * (1 + BEYOND_M / np.linalg.norm(middle))
    lat, lon, _ = district.frame.geodetic_from_enu(np.array([*there, 0.0]))
    home = district.home
    plan = Plan(
        vehicle_id=VEHICLE,
        vehicle_kind="rotorcraft",
        home=Position(home.lat_deg, home.lon_deg, home.alt_amsl_m, 0.0),
        items=(
            PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, HEIGHT_M),
            PlanItem(Command.WAYPOINT, Frame.HOME, float(lat), float(lon), HEIGHT_M),
            PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
        ),
        speed_mps=8.0,
    )
    written: dict[str, Any] = json.loads(export(plan, ".plan", "px4").data)
    return written


async def offer(doors: Doors, district: District) -> RefusalReport | None:
    """Bring the plan and ask for its clearance: what it is refused with, or None when it is not.

    Raises:
        DoorError: when the service refuses for another reason than a finding.
    """
    path = f"/api/v1/missions/import?format=plan&vehicle_id={VEHICLE}"
    mission = await doors.call("POST", path, through_school(district))
    try:
        await doors.call("POST", f"/api/v1/missions/{mission['id']}/clear")
    except DoorError as error:
        if error.status != BLOCKED:
            raise
    else:
        return None
    told = (await doors.call("GET", f"/api/v1/missions/{mission['id']}"))["findings"]
    found = next((each for each in told if each["rule"] == "no_fly" and SCHOOL in each["message"]), None)
    if found is None:
        return None
    return RefusalReport(mission["id"], found["rule"], found["message"], found["message_zh"], found["margin_m"])
