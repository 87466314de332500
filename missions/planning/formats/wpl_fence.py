"""Fences and rally points in WPL: ground stations save them like missions, with commands of their own.

Source: MAVLink common.xml, MAV_CMD_NAV_FENCE_* (5000 to 5004) and MAV_CMD_NAV_RALLY_POINT (5100). The vertices of one
polygon follow one another, each with their number in param1; a circle has its radius there.
"""

from fusion.messages import Position
from missions.plan import Fence, PlanItem
from missions.planning.formats.checked import bad
from missions.planning.formats.frames import AMSL_FRAMES
from missions.planning.formats.qgc_fence import Ring, circle_ring
from missions.planning.formats.results import Remarks

RETURN_POINT = 5000
INCLUSION, EXCLUSION = 5001, 5002
INCLUSION_CIRCLE, EXCLUSION_CIRCLE = 5003, 5004
RALLY = 5100
_OURS = (RETURN_POINT, INCLUSION, EXCLUSION, INCLUSION_CIRCLE, EXCLUSION_CIRCLE, RALLY)


def parted(
    items: tuple[PlanItem, ...], home: Position, remarks: Remarks
) -> tuple[tuple[PlanItem, ...], Fence, tuple[Position, ...]]:
    """The items to fly, and the fence and rally points among the items of a file.

    Raises:
        PlanningError: when a polygon lacks vertices, or a place is none.
    """
    rest = tuple(item for item in items if item.command not in _OURS)
    points = [item for item in items if item.command == RALLY]
    rally = tuple(_rally(item, home) for item in points)
    remarks.rally_above_home = not any(item.frame in AMSL_FRAMES for item in points)
    if any(item.command == RETURN_POINT for item in items):
        remarks.add("the fence's point to return to is not kept", "未保留围栏返回点")
    if not rest:
        remarks.add("the file holds a fence or rally points, and nothing to fly", "文件仅含围栏或集结点，没有任务项")
    return rest, _fence(items, remarks), rally


def _rally(item: PlanItem, home: Position) -> Position:
    _check(item)
    height = item.alt_m if item.frame in AMSL_FRAMES else round(home.alt_amsl_m + item.alt_m, 4)
    return Position(item.lat_deg, item.lon_deg, height)


def _check(item: PlanItem) -> None:
    if abs(item.lat_deg) > 89.9 or abs(item.lon_deg) > 180:
        where = f"{item.lat_deg:g}, {item.lon_deg:g}"
        raise bad(f"a fence or rally point lies at {where}: are the two swapped?", f"围栏或集结点位置无效：{where}")


def _fence(items: tuple[PlanItem, ...], remarks: Remarks) -> Fence:
    rings: dict[bool, list[Ring]] = {True: [], False: []}
    corners: list[tuple[float, float]] = []
    begun = 0
    for number, item in enumerate(items, start=1):
        if item.command in (INCLUSION, EXCLUSION):
            _check(item)
            begun = begun if corners else number
            corners.append((item.lat_deg, item.lon_deg))
            if len(corners) == (item.params[0] or 0.0):
                rings[item.command == INCLUSION].append(tuple(corners))
                corners = []
        elif item.command in (INCLUSION_CIRCLE, EXCLUSION_CIRCLE):
            _check(item)
            inside = item.command == INCLUSION_CIRCLE
            rings[inside].append(circle_ring((item.lat_deg, item.lon_deg), item.params[0] or 0.0, inside, "", remarks))
    if corners:
        where = f"item {begun}"
        raise bad(
            f"{where}: the fence ends {len(corners)} corners into the polygon that begins there",
            f"第 {begun} 项开始的围栏多边形只有 {len(corners)} 个顶点",
            where,
        )
    return Fence(tuple(rings[True]), tuple(rings[False]))
