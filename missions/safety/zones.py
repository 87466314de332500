"""Rules of the zones: flight areas must be kept within, no-fly zones out of, ceilings below.

A zone counts when it is in force at the instant a place is passed, and where the path's height lies in its band. Every
zone is widened (a flight area narrowed) by the lateral error of the aircraft.
"""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from maps.instants import Instant
from maps.positions import FloatArray
from maps.zones import Zone, zones
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath


def zone_findings(path: FlightPath, now: Instant) -> Iterator[Finding]:
    """What the district's zones say of a path that is taken off on now."""
    found = zones(path.district)
    yield from _flight_area(path, [zone for zone in found if zone.rule == "flight_area"], now)
    for zone in found:
        if zone.rule == "no_fly":
            yield from _no_fly(path, zone, now)
        elif zone.rule == "ceiling":
            yield from _ceiling(path, zone, now, _inside(path, zone.shape_m.buffer(path.error_m)))


def _heights(path: FlightPath, zone: Zone) -> FloatArray:
    """(N,) the path's heights as a zone measures them."""
    return path.enu_m[:, 2] - (path.ground_amsl_m if zone.reference == "agl" else 0.0)


def _inside(path: FlightPath, shape_m: BaseGeometry) -> NDArray[np.bool_]:
    """(N,) samples that touch a shape, or whose way to the next sample does."""
    shapely.prepare(shape_m)
    touching = np.zeros(len(path.enu_m), dtype=bool)
    hit = shapely.intersects(shape_m, path.segments)
    touching[:-1] |= hit
    touching[1:] |= hit
    touching |= shapely.intersects_xy(shape_m, path.enu_m[:, 0], path.enu_m[:, 1])
    return touching


def _flight_area(path: FlightPath, areas: list[Zone], now: Instant) -> Iterator[Finding]:
    if not areas:
        return
    inside = shapely.union_all([area.shape_m for area in areas])
    narrowed = inside.buffer(-path.error_m)
    outside = ~shapely.intersects_xy(narrowed, path.enu_m[:, 0], path.enu_m[:, 1])
    if outside.any():
        samples = np.flatnonzero(outside)
        distances = shapely.distance(shapely.points(path.enu_m[samples, :2]), narrowed)
        sample = int(samples[np.argmax(distances)])
        beyond = float(distances.max())
        names = "、".join(area.name for area in areas)
        yield Finding(
            "flight_area",
            "blocking",
            f"the path leaves the flight area ({names}) by {beyond:.0f} m, "
            f"the {path.error_m:.0f} m it may drift included: keep the drawn area further inside",
            f"航线超出飞行区（{names}）{beyond:.0f} 米（含 {path.error_m:.0f} 米偏航余量）：请将任务区域向内移",
            item=int(path.item[sample]),
            position=path.position(sample),
            margin_m=-beyond,
        )
    for area in areas:
        yield from _ceiling(path, area, now, _inside(path, area.shape_m))


def _no_fly(path: FlightPath, zone: Zone, now: Instant) -> Iterator[Finding]:
    heights = _heights(path, zone)
    concerned = (
        _inside(path, zone.shape_m.buffer(path.error_m))
        & zone.in_force(now + path.time_s)
        & (heights >= zone.floor_m)
        & (heights <= zone.ceiling_m)
    )
    if not concerned.any():
        return
    samples = np.flatnonzero(concerned)
    points = shapely.points(path.enu_m[samples, :2])
    depth = (
        np.where(
            shapely.intersects(zone.shape_m, points),
            -shapely.distance(points, shapely.boundary(zone.shape_m)),
            shapely.distance(points, zone.shape_m),
        )
        - path.error_m
    )
    sample = int(samples[np.argmin(depth)])
    margin = float(depth.min())
    yield Finding(
        "no_fly",
        "blocking",
        f"the path enters the no-fly zone {zone.name} ({zone.id}) by {-margin:.0f} m, "
        f"the {path.error_m:.0f} m it may drift included: go around it",
        f"航线进入禁飞区“{zone.name}”（{zone.id}）{-margin:.0f} 米（含 {path.error_m:.0f} 米偏航余量）：请绕行",
        item=int(path.item[sample]),
        position=path.position(sample),
        margin_m=margin,
    )


def _ceiling(path: FlightPath, zone: Zone, now: Instant, inside: NDArray[np.bool_]) -> Iterator[Finding]:
    if not np.isfinite(zone.ceiling_m):
        return
    heights = _heights(path, zone)
    concerned = inside & zone.in_force(now + path.time_s) & (heights > zone.ceiling_m)
    if not concerned.any():
        return
    samples = np.flatnonzero(concerned)
    sample = int(samples[np.argmax(heights[samples])])
    above = float(heights[sample] - zone.ceiling_m)
    datum, datum_zh = ("above ground", "离地") if zone.reference == "agl" else ("above mean sea level", "海拔")
    yield Finding(
        "ceiling",
        "blocking",
        f"the path is {above:.0f} m above the ceiling of {zone.name} ({zone.ceiling_m:.0f} m {datum}): fly lower there",
        f"航线高出“{zone.name}”限高 {above:.0f} 米（限高{datum_zh} {zone.ceiling_m:.0f} 米）：请降低飞行高度",
        item=int(path.item[sample]),
        position=path.position(sample),
        margin_m=-above,
    )
