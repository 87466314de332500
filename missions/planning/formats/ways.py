"""Lines and points that other programs drew, taken as a plan of waypoints; every assumption is told."""

from dataclasses import dataclass

from fusion.messages import VehicleKind
from missions.plan import Frame, PlanItem
from missions.planning.formats.checked import bad
from missions.planning.formats.frames import DEFAULT_HEIGHT_M, assumed_home, bare_plan, waypoint
from missions.planning.formats.results import MAX_ITEMS, Read, Remarks

Vertex = tuple[float, float, float | None]
"""Latitude, longitude (degrees) and height (metres), None where none is given."""


@dataclass(frozen=True, slots=True)
class Way:
    """A line or a point.

    Attributes:
        vertices: of it, in order.
        frame: MAV_FRAME of its heights.
        line: a line, rather than a point.
        where: the place in the file.
    """

    vertices: tuple[Vertex, ...]
    frame: int
    line: bool
    where: str


def flown(ways: list[Way], kind: VehicleKind | None, remarks: Remarks, nothing_where: str) -> Read:
    """A plan along the lines, or where there is none through the points, in the order of the file.

    Raises:
        PlanningError: when there is neither, or too much.
    """
    lines = [way for way in ways if way.line]
    points = [way for way in ways if not way.line]
    if lines and points:
        remarks.add(
            f"the file holds lines and points: the lines are flown, {len(points)} points were left out",
            f"文件同时含有线和点：按线飞行，忽略 {len(points)} 个点",
            points[0].where,
        )
    items: list[PlanItem] = []
    for way in lines or points:
        items += [_waypoint(vertex, way, remarks) for vertex in way.vertices]
        if len(items) > MAX_ITEMS:
            raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", way.where)
    if not items:
        raise bad("the file holds no line and no point to fly", "文件中没有可飞行的线或点", nothing_where)
    remarks.add(
        "what was drawn is flown as waypoints in the order of the file, without take-off or return",
        "所绘内容按文件顺序作为航点，不含起飞与返航",
    )
    return remarks.read(bare_plan(tuple(items), assumed_home(tuple(items), remarks), kind, None))


def _waypoint(vertex: Vertex, way: Way, remarks: Remarks) -> PlanItem:
    lat, lon, up = vertex
    if up is None:
        remarks.add(
            f"no height is given: {DEFAULT_HEIGHT_M:g} m above home is taken",
            f"未给出高度：按相对起飞点 {DEFAULT_HEIGHT_M:g} 米计",
            way.where,
        )
        return waypoint(lat, lon, DEFAULT_HEIGHT_M, int(Frame.HOME))
    if way.frame == Frame.HOME:
        remarks.add("heights are taken to be above home", "高度按相对起飞点计", way.where)
    return waypoint(lat, lon, up, way.frame)
