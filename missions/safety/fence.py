"""The plan's own fence: a path that leaves it would be broken off by the vehicle itself, in the middle of its flight.

Autopilots differ where there are several rings to stay within: ArduPilot asks for all of them, PX4 for any one. What is
checked is the stricter reading.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.district import District
from missions.plan import Plan
from missions.safety.findings import Finding
from missions.safety.swept import Swept
from missions.safety.zones import beyond_m, depth_m, narrowed


def fence_findings(air: Swept, plan: Plan) -> Iterator[Finding]:
    """Where the air leaves the plan's own fence."""
    fence = plan.fence
    for number, area in enumerate(_areas(air.district, fence.inclusions), start=1):
        beyond = beyond_m(air.shapes, narrowed(area, air.error_m))
        piece = int(np.argmax(beyond))
        if beyond[piece] > 0:
            yield _finding(air, piece, float(beyond[piece]), *_leaves(number, beyond[piece], air.error_m))
    for number, area in enumerate(_areas(air.district, fence.exclusions), start=1):
        depth = depth_m(air.shapes, area) + air.error_m
        piece = int(np.argmax(depth))
        if depth[piece] > 0:
            yield _finding(air, piece, float(depth[piece]), *_enters(number, depth[piece], air.error_m))
    if fence.ceiling_home_m is not None:
        above = air.high_amsl_m - plan.home.alt_amsl_m - fence.ceiling_home_m
        piece = int(np.argmax(above))
        if above[piece] > 0:
            yield _finding(air, piece, float(above[piece]), *_above(above[piece], fence.ceiling_home_m))


def _areas(district: District, rings: Sequence[Sequence[tuple[float, float]]]) -> list[BaseGeometry]:
    """The rings in local metres."""
    areas = []
    for ring in rings:
        lat, lon = np.array(ring, dtype=np.float64).reshape(-1, 2).T
        flat = np.asarray(district.frame.enu_from_geodetic(lat, lon, district.frame.origin.alt_amsl_m))[:, :2]
        areas.append(shapely.make_valid(shapely.Polygon(flat)))
    return areas


def _finding(air: Swept, piece: int, beyond_m: float, message: str, message_zh: str) -> Finding:
    place = air.position(piece)
    return Finding("fence", "blocking", message, message_zh, int(air.item[piece]), place, -beyond_m)


def _leaves(number: int, by_m: float, error_m: float) -> tuple[str, str]:
    return (
        f"the path leaves ring {number} of the plan's own fence by {by_m:.0f} m, the {error_m:.0f} m it may drift "
        "included: the vehicle would break off there; widen the fence or keep the path further inside",
        f"航线超出计划自带围栏第 {number} 圈 {by_m:.0f} 米（含 {error_m:.0f} 米偏航余量），"
        "飞机将在该处中断任务：请扩大围栏或将航线向内移",
    )


def _enters(number: int, by_m: float, error_m: float) -> tuple[str, str]:
    return (
        f"the path enters keep-out ring {number} of the plan's own fence by {by_m:.0f} m, the {error_m:.0f} m it may "
        "drift included: the vehicle would break off there; go around it or change the fence",
        f"航线进入计划自带围栏第 {number} 个禁入圈 {by_m:.0f} 米（含 {error_m:.0f} 米偏航余量），"
        "飞机将在该处中断任务：请绕行或修改围栏",
    )


def _above(by_m: float, ceiling_m: float) -> tuple[str, str]:
    return (
        f"the path is {by_m:.0f} m above the ceiling of the plan's own fence ({ceiling_m:.0f} m above home): "
        "the vehicle would break off there; fly lower or raise the fence",
        f"航线高出计划自带围栏的限高 {by_m:.0f} 米（高出起飞点 {ceiling_m:.0f} 米），"
        "飞机将在该处中断任务：请降低高度或提高围栏限高",
    )
