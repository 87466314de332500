"""Soundness: whether the items make sense at all, before anything is measured against the map."""

import math
from collections.abc import Iterator

from maps.district import District
from missions.dialects import DO_JUMP
from missions.plan import LAST_NAVIGATION, Command, Plan
from missions.planning.trajectory import altitude_amsl_m
from missions.safety.findings import Finding

MAX_ITEMS = 5_000
MAX_HEIGHT_HOME_M = 1_000.0
MAX_DISTANCE_M = 30_000.0
HOME_OFF_AT_MOST_M = 20.0
_ENDS = {Command.RETURN_TO_LAUNCH, Command.LAND, Command.VTOL_LAND}


def soundness_findings(plan: Plan, district: District) -> Iterator[Finding]:
    """What is wrong with the items themselves."""
    if not plan.items or len(plan.items) > MAX_ITEMS:
        yield Finding(
            "items",
            "blocking",
            f"a plan has 1 to {MAX_ITEMS} items, this one {len(plan.items)}",
            f"计划应有 1 至 {MAX_ITEMS} 项，现有 {len(plan.items)} 项",
        )
        return
    home = plan.home
    for index, item in enumerate(plan.items):
        numbers = [item.lat_deg, item.lon_deg, item.alt_m, *(p for p in item.params if p is not None)]
        if not all(math.isfinite(number) for number in numbers) or abs(item.lat_deg) > 90 or abs(item.lon_deg) > 180:
            yield Finding(
                "items",
                "blocking",
                f"item {index + 1} holds an impossible number",
                f"第 {index + 1} 项含有不可能的数值",
                index,
            )
            return
        if not item.has_place:
            continue
        height = altitude_amsl_m(item, home, district) - home.alt_amsl_m
        if abs(height) > MAX_HEIGHT_HOME_M:
            yield Finding(
                "altitude",
                "blocking",
                f"item {index + 1} lies {height:.0f} m above home: is an altitude above sea level taken for a height?",
                f"第 {index + 1} 项高出起飞点 {height:.0f} 米：是否把海拔当成了相对高度？",
                index,
            )
        if _distance_m(item.lat_deg, item.lon_deg, home.lat_deg, home.lon_deg) > MAX_DISTANCE_M:
            yield Finding(
                "distance",
                "blocking",
                f"item {index + 1} lies over {MAX_DISTANCE_M / 1000:.0f} km from home: "
                "are latitude and longitude swapped?",
                f"第 {index + 1} 项距起飞点超过 {MAX_DISTANCE_M / 1000:.0f} 公里：经纬度是否颠倒？",
                index,
            )
    commands = [item.command for item in plan.items]
    if not _ENDS & set(commands):
        yield Finding(
            "no_return",
            "warning",
            "the plan neither returns nor lands: the vehicle will wait at its last item until told",
            "计划中没有返航或降落：飞机将停留在最后一项等待指令",
        )
    yield from _unmodelled(plan)
    ground = float(district.terrain.height_amsl_m(home.lat_deg, home.lon_deg))
    if district.terrain.known and abs(home.alt_amsl_m - ground) > HOME_OFF_AT_MOST_M:
        yield Finding(
            "home",
            "warning",
            f"home is said to lie at {home.alt_amsl_m:.0f} m AMSL, the map has the ground at {ground:.0f} m there",
            f"起飞点标称海拔 {home.alt_amsl_m:.0f} 米，而地图上该处地面为 {ground:.0f} 米",
            margin_m=HOME_OFF_AT_MOST_M - abs(home.alt_amsl_m - ground),
        )


def _unmodelled(plan: Plan) -> Iterator[Finding]:
    """Commands out of other people's plan files that move the aircraft in a way that the checks do not follow."""
    told: set[int] = set()
    for index, item in enumerate(plan.items):
        if item.command in told or item.command in Command.__members__.values():
            continue
        if item.command == DO_JUMP:
            told.add(item.command)
            yield Finding(
                "repeats",
                "warning",
                f"item {index + 1} goes back to another item: path, time and battery were checked for one pass only",
                f"第 {index + 1} 项跳转到其他项：航迹、时间和电量仅按单次执行检查",
                index,
            )
        elif item.command <= LAST_NAVIGATION:
            told.add(item.command)
            yield Finding(
                "not_modelled",
                "warning",
                f"item {index + 1} is MAV_CMD {item.command}, which the checks follow as a straight leg without a stay",
                f"第 {index + 1} 项为 MAV_CMD {item.command}：检查时按直线航段、无停留处理",
                index,
            )


def _distance_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = math.radians(lat1_deg), math.radians(lat2_deg)
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(lon2_deg - lon1_deg) / 2) ** 2
    )
    return 2 * 6_371_000.0 * math.asin(min(1.0, math.sqrt(half)))
