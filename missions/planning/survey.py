"""Surveys: an area imaged in parallel passes, shared among one or more aircraft."""

import math

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping

from maps.district import District
from missions.plan import Plan
from missions.planning.assembly import LAYER_M, Part, Surveyed, compose
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.heights import follow, ground_amsl_m, height_amsl_m
from missions.planning.items import picture_distance_m, swath_at_m
from missions.planning.request import MissionRequest
from missions.planning.sweep import SweepLine, order_lines, swath_polygon, sweep_lines

MAX_LINES = 400


def survey(request: MissionRequest, district: District, members: list[Member]) -> tuple[Plan, ...]:
    """One plan for each aircraft; together they image the area.

    Raises:
        PlanningError: when the area is no area, or far too large for the height.
    """
    area = _area(request, district)
    height = _height_above_ground(request, district, area, members[0])
    swath = swath_at_m(height, request.camera)
    spacing = swath * (1 - request.camera.sidelap)
    west, south, east, north = area.bounds
    if math.hypot(east - west, north - south) / spacing > MAX_LINES:
        raise PlanningError(
            f"this would take over {MAX_LINES} passes: fly higher or draw a smaller area",
            f"需要超过 {MAX_LINES} 条航线：请提高飞行高度或缩小区域",
            "geometry",
        )
    lines = sweep_lines(area, spacing, swath)
    shares = _share(lines, members)
    return tuple(
        _plan(request, district, member, share, index * LAYER_M, height, swath)
        for index, (member, share) in enumerate(zip(members, shares, strict=True))
    )


def _area(request: MissionRequest, district: District) -> Polygon | MultiPolygon:
    degrees = request.shape
    coordinates = shapely.get_coordinates(degrees)
    enu = district.frame.enu_from_geodetic(
        coordinates[:, 1], coordinates[:, 0], np.full(len(coordinates), district.frame.origin.alt_amsl_m)
    )
    area = shapely.make_valid(shapely.set_coordinates(degrees, enu[:, :2]))
    polygons = [part for part in getattr(area, "geoms", [area]) if part.geom_type in {"Polygon", "MultiPolygon"}]
    merged = shapely.union_all(polygons)
    if not polygons or merged.area < 1.0:
        raise PlanningError(
            "the area is smaller than a square metre: draw a larger one", "区域不足一平方米：请画大一些", "geometry"
        )
    assert isinstance(merged, Polygon | MultiPolygon)
    return merged


def _height_above_ground(
    request: MissionRequest, district: District, area: Polygon | MultiPolygon, first: Member
) -> float:
    """The least height above the ground over the area, which decides the swath."""
    if request.altitude.reference == "agl":
        return request.altitude.value_m
    place = np.array([area.centroid.x, area.centroid.y])
    corners = shapely.get_coordinates(area.convex_hull)
    flight = height_amsl_m(district, place, request.altitude, first.home, 0.0)
    above = flight - float(np.max(ground_amsl_m(district, np.vstack([corners, place]))))
    if above < 5:
        raise PlanningError(
            f"at {flight:.0f} m AMSL it would be {above:.0f} m above the highest ground of the area: fly higher",
            f"海拔 {flight:.0f} 米处距区域内最高地面仅 {above:.0f} 米：请提高飞行高度",
            "altitude.value_m",
        )
    return above


def _share(lines: list[SweepLine], members: list[Member]) -> list[list[SweepLine]]:
    """Neighbouring passes to each aircraft, by length in proportion to speed; at least one each."""
    if len(lines) < len(members):
        raise PlanningError(
            f"the area needs {len(lines)} pass(es), too few for {len(members)} aircraft: use fewer, or a larger area",
            f"该区域只需 {len(lines)} 条航线，不足以分给 {len(members)} 架飞机：请减少飞机或扩大区域",
            "vehicles",
        )
    total = sum(line.length_m + 1 for line in lines)
    speeds = sum(member.speed_mps for member in members)
    shares: list[list[SweepLine]] = []
    taken = 0
    for index, member in enumerate(members):
        left = len(members) - index - 1
        target = total * member.speed_mps / speeds
        share = [lines[taken]]
        taken += 1
        while taken < len(lines) - left and (
            left == 0 or sum(line.length_m + 1 for line in share) + lines[taken].length_m / 2 <= target
        ):
            share.append(lines[taken])
            taken += 1
        shares.append(share)
    return shares


def _plan(
    request: MissionRequest,
    district: District,
    member: Member,
    share: list[SweepLine],
    extra_m: float,
    height_m: float,
    swath: float,
) -> Plan:
    home_m = district.frame.enu_from_geodetic(member.home.lat_deg, member.home.lon_deg, member.home.alt_amsl_m)
    radius = member.profile.turn_radius_m(member.speed_mps)
    ordered = order_lines(share, home_m[:2], radius)
    every = picture_distance_m(height_m, request.camera)
    parts = [
        Part(
            np.array(
                follow(
                    district,
                    line.start_m,
                    line.end_m,
                    request.altitude,
                    member.home,
                    extra_m,
                    member.profile,
                    member.speed_mps,
                )
            ),
            "survey",
            picture_m=every,
        )
        for line in ordered
    ]
    surveyed = Surveyed(swath / request.camera.width_px, swath, _imaged(district, ordered, swath))
    return compose(request, district, member, parts * request.repeat, surveyed=surveyed)


def _imaged(district: District, lines: list[SweepLine], swath: float) -> dict[str, object]:
    ground = swath_polygon(lines, swath)
    coordinates = shapely.get_coordinates(ground)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([coordinates, np.zeros(len(coordinates))]))
    degrees = shapely.set_coordinates(ground, np.round(np.column_stack([lon, lat]), 7))
    return dict(mapping(degrees))
