"""Departure: whether an aircraft with wings stands in the direction in which its plan begins."""

import math
from collections.abc import Iterator

from fusion.messages import VehicleState
from missions.plan import Plan
from missions.safety.findings import Finding

TURNED_AT_MOST_DEG = 45.0


def departure_findings(plan: Plan, vehicle: VehicleState | None) -> Iterator[Finding]:
    """A warning when the vehicle would climb out another way than the checked path does.

    ArduPlane holds the heading it is launched in until its TAKEOFF item's height is reached, whatever the item's place.
    Nothing is said of a vehicle that is unknown, in the air, or does not tell its heading.
    """
    if vehicle is None or plan.vehicle_kind != "fixed_wing" or vehicle.autopilot != "ardupilot":
        return
    first = next((index for index, item in enumerate(plan.items) if item.has_place), None)
    if vehicle.armed or vehicle.attitude is None or first is None:
        return
    course, heading = _course_deg(plan, first), vehicle.attitude.yaw_deg
    apart = abs((course - heading + 180.0) % 360.0 - 180.0)
    if apart <= TURNED_AT_MOST_DEG:
        return
    yield Finding(
        "departure",
        "warning",
        f"it stands in heading {heading:.0f}° and takes off that way, but the plan begins toward "
        f"{course:.0f}°: turn it toward {course:.0f}°, or see that the way out is free",
        f"飞机机头朝向 {heading:.0f}°，将沿此方向起飞，而航线起始方向为 {course:.0f}°："
        f"请将机头转向 {course:.0f}°，或确认起飞方向净空",
        item=first,
        position=plan.home,
        excess=apart - TURNED_AT_MOST_DEG,
    )


def _course_deg(plan: Plan, index: int) -> float:
    """Course from home to an item's place, clockwise from north (equirectangular, for short distances)."""
    item, home = plan.items[index], plan.home
    east = (item.lon_deg - home.lon_deg) * math.cos(math.radians(home.lat_deg))
    return math.degrees(math.atan2(east, item.lat_deg - home.lat_deg)) % 360.0
