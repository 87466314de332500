"""Rules of the zones: flight areas must be kept within, no-fly zones out of, ceilings below.

A zone counts when it is in force at an instant at which a place may be passed, and where the heights there meet its
band. Every zone is widened (a flight area narrowed) by the lateral error of the aircraft.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from maps.instants import Instant
from maps.positions import FloatArray
from maps.zones import Zone
from missions.safety.findings import Finding
from missions.safety.swept import Swept


def zone_findings(air: Swept, now: Instant) -> Iterator[Finding]:
    """What the district's zones say of the air that a flight taken off on now passes through."""
    near = air.district.zone_map.near(air.shapes, air.error_m, air.heights("agl"), air.heights("amsl"))
    areas = [zone for zone in air.district.zone_map.zones if zone.rule == "flight_area"]
    yield from _flight_area(air, areas)
    for zone, pieces in near:
        there = air.only(pieces)
        there = there.only(zone.in_force_during(now + there.start_s, now + there.end_s))
        if not len(there):
            continue
        if zone.rule == "no_fly":
            yield from _no_fly(there, zone)
        elif zone.rule in {"ceiling", "flight_area"}:
            yield from _ceiling(there, zone)


def depth_m(shapes: NDArray[np.object_], area: BaseGeometry) -> FloatArray:
    """(M,) how far shapes reach into an area, at their middles or ends; negative: how far they stay away."""
    edge, points = shapely.boundary(area), shapely.get_coordinates(shapes)
    owner = np.repeat(np.arange(len(shapes)), shapely.get_num_coordinates(shapes))
    inside = shapely.intersects_xy(area, points[:, 0], points[:, 1])
    deep = np.full(len(shapes), -np.inf)
    if inside.any():
        np.maximum.at(deep, owner[inside], shapely.distance(shapely.points(points[inside]), edge))
    away = shapely.distance(shapes, area)
    return np.asarray(np.where(np.isfinite(deep), deep, -away))


def beyond_m(shapes: NDArray[np.object_], area: BaseGeometry) -> FloatArray:
    """(M,) how far shapes that are not wholly within an area reach beyond it, at their corners; 0 within."""
    shapely.prepare(area)
    outside = np.flatnonzero(~shapely.covers(area, shapes))
    points = shapely.get_coordinates(shapes[outside])
    owner = np.repeat(outside, shapely.get_num_coordinates(shapes[outside]))
    beyond = np.zeros(len(shapes))
    beyond[outside] = np.finfo(np.float64).tiny
    np.maximum.at(beyond, owner, shapely.distance(shapely.points(points), area))
    return beyond


def narrowed(area: BaseGeometry, by_m: float) -> BaseGeometry:
    """An area without its rim; its middle, where nothing else is left of it."""
    inner = area.buffer(-by_m)
    return shapely.centroid(area) if inner.is_empty else inner


def _flight_area(air: Swept, areas: Sequence[Zone]) -> Iterator[Finding]:
    if not areas:
        return
    names = "、".join(area.name for area in areas)
    distances = beyond_m(air.shapes, narrowed(shapely.union_all([area.shape_m for area in areas]), air.error_m))
    piece = int(np.argmax(distances))
    beyond = float(distances[piece])
    if beyond <= 0:
        return
    yield Finding(
        "flight_area",
        "blocking",
        f"the path leaves the flight area ({names}) by {beyond:.0f} m, "
        f"the {air.error_m:.0f} m it may drift included: keep the drawn area further inside",
        f"航线超出飞行区（{names}）{beyond:.0f} 米（含 {air.error_m:.0f} 米偏航余量）：请将任务区域向内移",
        item=int(air.item[piece]),
        position=air.position(piece),
        margin_m=-beyond,
    )


def _no_fly(air: Swept, zone: Zone) -> Iterator[Finding]:
    depths = depth_m(air.shapes, zone.shape_m) + air.error_m
    piece = int(np.argmax(depths))
    yield Finding(
        "no_fly",
        "blocking",
        f"the path enters the no-fly zone {zone.name} ({zone.id}) by {depths[piece]:.0f} m, "
        f"the {air.error_m:.0f} m it may drift included: go around it",
        f"航线进入禁飞区“{zone.name}”（{zone.id}）{depths[piece]:.0f} 米（含 {air.error_m:.0f} 米偏航余量）：请绕行",
        item=int(air.item[piece]),
        position=air.position(piece),
        margin_m=-float(depths[piece]),
        about=zone.id,
    )


def _ceiling(air: Swept, zone: Zone) -> Iterator[Finding]:
    above = air.heights(zone.reference)[1] - zone.ceiling_m
    piece = int(np.argmax(above))
    datum, datum_zh = ("above ground", "离地") if zone.reference == "agl" else ("above mean sea level", "海拔")
    yield Finding(
        "ceiling",
        "blocking",
        f"the path is {above[piece]:.0f} m above the ceiling of {zone.name} ({zone.ceiling_m:.0f} m {datum}): "
        "fly lower there",
        f"航线高出“{zone.name}”限高 {above[piece]:.0f} 米（限高{datum_zh} {zone.ceiling_m:.0f} 米）：请降低飞行高度",
        item=int(air.item[piece]),
        position=air.position(piece),
        margin_m=-float(above[piece]),
        about=zone.id,
    )
