"""QGroundControl's fence and rally points.

Polygons and circles of a fence are one each; rally points have heights above home. What a `Fence` cannot hold is told:
circles become rings, a point to return to after a breach and fence parameters are left out.
"""

import math
from typing import Any

from fusion.messages import Position
from missions.plan import Fence
from missions.planning.formats.checked import bad, latitude, longitude, number, numbers, optional_number, rows, table
from missions.planning.formats.results import Remarks

Ring = tuple[tuple[float, float], ...]

MAX_RINGS = 500
MAX_CORNERS = 20_000
CIRCLE_CORNERS = 36
EARTH_RADIUS_M = 6_371_008.8


def fence_json(fence: Fence) -> dict[str, Any]:
    """A fence as QGroundControl's ``geoFence``; the ceiling in a key of our own, which it passes over."""
    polygons = [
        {"inclusion": inclusion, "polygon": [list(corner) for corner in ring], "version": 1}
        for inclusion, rings in ((True, fence.inclusions), (False, fence.exclusions))
        for ring in rings
    ]
    said: dict[str, Any] = {"version": 2, "polygons": polygons, "circles": []}
    return said if fence.ceiling_home_m is None else said | {"ceilingAboveHome_m": fence.ceiling_home_m}


def rally_json(rally: tuple[Position, ...], home: Position) -> dict[str, Any]:
    """Rally points as QGroundControl's ``rallyPoints``."""
    points = [[point.lat_deg, point.lon_deg, round(point.alt_amsl_m - home.alt_amsl_m, 4)] for point in rally]
    return {"version": 2, "points": points}


def read_fence(value: Any, remarks: Remarks) -> Fence:
    """A fence from ``geoFence``, of version 1 or 2.

    Raises:
        PlanningError: when a ring is none.
    """
    if value is None:
        return Fence()
    said = table(value, "geoFence")
    rings: dict[bool, list[Ring]] = {True: [], False: []}
    if isinstance(said.get("polygon"), list) and said["polygon"]:  # version 1: one ring to stay within
        rings[True].append(_ring(said["polygon"], "geoFence.polygon"))
    for index, polygon in enumerate(rows(said.get("polygons", []), "geoFence.polygons", MAX_RINGS)):
        where = f"geoFence.polygons[{index}]"
        corners = table(polygon, where).get("polygon")
        rings[bool(polygon.get("inclusion", True))].append(_ring(corners, where))
    for index, circle in enumerate(rows(said.get("circles", []), "geoFence.circles", MAX_RINGS)):
        inclusion, ring = _circle(circle, f"geoFence.circles[{index}]", remarks)
        rings[inclusion].append(ring)
    for key in sorted({"breachReturn", "params"} & set(said)):
        if said[key]:
            remarks.add(f"geoFence.{key} is not kept", f"未保留 geoFence.{key}", f"geoFence.{key}")
    ceiling = optional_number(said.get("ceilingAboveHome_m"), "geoFence.ceilingAboveHome_m")
    return Fence(tuple(rings[True]), tuple(rings[False]), ceiling)


def read_rally(value: Any, home: Position) -> tuple[Position, ...]:
    """Rally points from ``rallyPoints``.

    Raises:
        PlanningError: when one is no place.
    """
    if value is None:
        return ()
    points = []
    for index, point in enumerate(rows(table(value, "rallyPoints").get("points", []), "rallyPoints.points", MAX_RINGS)):
        where = f"rallyPoints.points[{index}]"
        lat, lon, above_home = numbers(point, 3, where)
        height = round(home.alt_amsl_m + above_home, 4)
        points.append(Position(latitude(lat, f"{where}[0]"), longitude(lon, f"{where}[1]"), height))
    return tuple(points)


def _ring(value: Any, where: str) -> Ring:
    if not isinstance(value, list) or len(value) < 3:
        raise bad(f"{where} needs at least 3 corners", f"{where} 至少需要 3 个顶点", where)
    return tuple(place(corner, f"{where}[{index}]") for index, corner in enumerate(rows(value, where, MAX_CORNERS)))


def place(value: Any, where: str) -> tuple[float, float]:
    """A pair of latitude and longitude, from a list of them.

    Raises:
        PlanningError: when it is none.
    """
    lat, lon = numbers(value, 2, where)
    return latitude(lat, f"{where}[0]"), longitude(lon, f"{where}[1]")


def _circle(value: Any, where: str, remarks: Remarks) -> tuple[bool, Ring]:
    said = table(table(value, where).get("circle", value), where)
    lat, lon = place(said.get("center"), f"{where}.center")
    radius = number(said.get("radius"), f"{where}.radius")
    inclusion = bool(value.get("inclusion", True))
    return inclusion, circle_ring((lat, lon), radius, inclusion, where, remarks)


def circle_ring(centre: tuple[float, float], radius_m: float, inclusion: bool, where: str, remarks: Remarks) -> Ring:
    """A circle as a ring of corners: within it where one must stay inside, around it where one must stay outside.

    Raises:
        PlanningError: when it has no usable radius.
    """
    lat, lon = centre
    if not 0 < radius_m < 1e6 or abs(lat) > 89:
        raise bad(f"{where or 'a fence'} has a radius of {radius_m:g} m", "围栏半径无效", f"{where}.radius")
    remarks.add(
        f"a fence's circle is kept as a ring of {CIRCLE_CORNERS} corners, on the safe side of it",
        f"圆形围栏以 {CIRCLE_CORNERS} 边形表示（取安全一侧）",
        where or None,
    )
    reach = math.degrees((radius_m if inclusion else radius_m / math.cos(math.pi / CIRCLE_CORNERS)) / EARTH_RADIUS_M)
    turn = 2 * math.pi / CIRCLE_CORNERS
    return tuple(
        (lat + reach * math.cos(index * turn), lon + reach * math.sin(index * turn) / math.cos(math.radians(lat)))
        for index in range(CIRCLE_CORNERS)
    )
