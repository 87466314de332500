"""What autopilots understand differently in the same plan: the one place that knows, for uploads and for files.

Sources: recordings of ArduCopter and ArduPlane 4.6.2 and PX4 1.16.1 (docs/autopilots.md), ArduPilot's
``AP_Mission.cpp`` and PX4's ``mavlink_mission.cpp``.

| | ArduPilot | PX4 |
|---|---|---|
| numbering (targets of DO_JUMP) | from home, which is item 0 | from the first item |
| "not said" in a parameter | 0 | NaN |
| TAKEOFF without a place | from where it stands | refused: home's place is put in |
| DO_LAND_START without a place | chosen by distance from it: the place of what follows is put in | taken |
| NAV_LOITER_TURNS | taken | refused: NAV_LOITER_TIME for as long as the turns take (rotorcraft stand on the circle) |
| heights above terrain (frame 10) | taken | refused; nothing here knows the terrain, so they stay and are named |
"""

import math
from typing import Literal

import msgspec

from missions.plan import Command, Frame, Plan, PlanItem

Autopilot = Literal["ardupilot", "px4", "unknown"]

DO_JUMP = 177
"""MAV_CMD_DO_JUMP: param1 is the number of the item to go on with. In a `Plan` items are numbered from 1."""

DEFAULT_LOITER_RADIUS_M = 50.0
"""Radius of a turn where the item says none, near the autopilots' own (WP_LOITER_RAD 60 m, NAV_LOITER_RAD 80 m)."""

EARTH_RADIUS_M = 6_371_008.8


def spoken(plan: Plan, autopilot: Autopilot) -> tuple[PlanItem, ...]:
    """The items of a plan in an autopilot's own dialect, one for one; the item of ArduPilot's home is not among them.

    An item that "does not say" keeps its None, and jumps keep the numbers of a `Plan`: what stands for them (`unsaid`,
    `renumbered` by `first_number`) depends on the carrier.
    """
    match autopilot:
        case "px4":
            return tuple(_px4(index, plan) for index in range(len(plan.items)))
        case "ardupilot":
            return tuple(_ardupilot(index, plan) for index in range(len(plan.items)))
        case _:
            return plan.items


def names_place(item: PlanItem) -> bool:
    """Whether an item holds a place at all: one to go to, or one that is only looked at or measured from."""
    return item.frame != Frame.MISSION and (item.lat_deg != 0.0 or item.lon_deg != 0.0)


def renumbered(item: PlanItem, by: int) -> PlanItem:
    """An item whose jump, where it is one, goes to a number ``by`` higher; for files that number from elsewhere."""
    if item.command != DO_JUMP or item.params[0] is None:
        return item
    return msgspec.structs.replace(item, params=(item.params[0] + by, *item.params[1:]))


def first_number(autopilot: Autopilot) -> int:
    """The number of a plan's first item to an autopilot; in a `Plan` it is 1."""
    return 0 if autopilot == "px4" else 1


def unsaid(autopilot: Autopilot) -> float:
    """The number that stands for a parameter that is not said."""
    return math.nan if autopilot == "px4" else 0.0


def differs(plan: Plan, autopilot: Autopilot) -> tuple[str, ...]:
    """By name, what of a plan an autopilot is told otherwise than the plan says it."""
    names: list[str] = []
    for item, told in zip(plan.items, spoken(plan, autopilot), strict=True):
        if told != item:
            names.append(Command(item.command).name)
        if autopilot == "px4" and item.frame in _TERRAIN_FRAMES:
            names.append("heights above terrain")
    return tuple(dict.fromkeys(names))


_TERRAIN_FRAMES = (Frame.TERRAIN, 11)


def _px4(index: int, plan: Plan) -> PlanItem:
    item = plan.items[index]
    if item.command in (Command.TAKEOFF, Command.VTOL_TAKEOFF) and not item.has_place:
        return msgspec.structs.replace(item, lat_deg=plan.home.lat_deg, lon_deg=plan.home.lon_deg)
    if item.command == Command.LOITER_TURNS:
        return _loiter_time(index, plan)
    return item


def _loiter_time(index: int, plan: Plan) -> PlanItem:
    """A stay for as long as the turns take: on the circle for rotorcraft, which stand still; around it for others.

    The centre of the circle is no place to stand: it may be the very tower that is looked at.
    """
    item = plan.items[index]
    turns, leaves, radius, heading = item.params
    around_m = 2 * math.pi * (abs(radius or 0.0) or DEFAULT_LOITER_RADIUS_M)
    seconds = round((turns or 0.0) * around_m / max(plan.speed_mps, 0.1), 1)
    lat, lon = item.lat_deg, item.lon_deg
    if plan.vehicle_kind == "rotorcraft" and item.has_place and radius:
        lat, lon = _nearest_on_circle(item, abs(radius), _place_before(index, plan))
    return msgspec.structs.replace(
        item, command=int(Command.LOITER_TIME), params=(seconds, leaves, radius, heading), lat_deg=lat, lon_deg=lon
    )


def _place_before(index: int, plan: Plan) -> tuple[float, float]:
    before = next((each for each in reversed(plan.items[:index]) if each.has_place), None)
    return (before.lat_deg, before.lon_deg) if before is not None else (plan.home.lat_deg, plan.home.lon_deg)


def _nearest_on_circle(item: PlanItem, radius_m: float, origin: tuple[float, float]) -> tuple[float, float]:
    shrink = max(math.cos(math.radians(item.lat_deg)), 1e-3)
    north = origin[0] - item.lat_deg
    east = (origin[1] - item.lon_deg) * shrink
    apart = math.hypot(north, east)
    reach = math.degrees(radius_m / EARTH_RADIUS_M)
    if apart == 0:
        return round(item.lat_deg + reach, 7), item.lon_deg
    return (
        round(item.lat_deg + north / apart * reach, 7),
        round(item.lon_deg + east / apart * reach / shrink, 7),
    )


def _ardupilot(index: int, plan: Plan) -> PlanItem:
    item = plan.items[index]
    if item.command != Command.LAND_START or names_place(item):
        return item
    place = next((each for each in plan.items[index + 1 :] if each.has_place), None)
    if place is None:
        return item
    return msgspec.structs.replace(
        item, frame=place.frame, lat_deg=place.lat_deg, lon_deg=place.lon_deg, alt_m=place.alt_m
    )
