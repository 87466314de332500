"""Orbits: round a place, or round an area from outside, with the camera on its middle."""

import math

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.assembly import Part, home_m
from missions.planning.circling import DEFAULT_RADIUS_M, at_height, radius_for, ring, top_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import around, slant_resolution_m
from missions.planning.heights import follow_line
from missions.planning.items import Stay
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Note, Share, Work

MARGIN_M = 20.0
"""An orbit round an area stays so far outside the smallest circle round it."""


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """So many turns round a point, or round the smallest circle that holds an area.

    The camera looks at the roof or ground in the middle. Rotorcraft that fly one orbit together spread evenly on it.

    Raises:
        PlanningError: when the radius is too small for the area or for the aircraft.
    """
    notes: tuple[Note, ...] = ()
    centre, default = _circle(request, task_m)
    radius = radius_for(request, member, request.radius_m, default, "radius_m")
    target = top_m(district, centre)
    if member.profile.winged:
        height = _height_round(request, district, member, centre, radius, extra_m)
        stay = Stay(turns=float(max(1, math.ceil(request.turns))), radius_m=radius, clockwise=request.clockwise)
        if stay.turns != request.turns:
            notes = (
                (
                    f"aircraft with wings fly whole turns: {stay.turns:.0f} instead of {request.turns:g}",
                    f"固定翼只飞整圈：由 {request.turns:g} 圈改为 {stay.turns:.0f} 圈",
                ),
            )
        places = ring(centre, radius, 0.0, 1.0, request.clockwise)
        eyes = np.column_stack([places, np.full(len(places), height)])
        part = Part(np.array([[*centre, height]]), "orbit", look_at_m=target, run_m=0.0, stay=stay)
    else:
        back = home_m(district, member)[:2] - centre
        start = math.atan2(back[1], back[0]) + 2 * math.pi * share.index / share.count
        places = ring(centre, radius, start, request.turns, request.clockwise)
        eyes = follow_line(district, places, request.altitude, member.home, extra_m, member.profile, member.speed_mps)
        part = Part(eyes, "orbit", look_at_m=target, run_m=0.0)
    once = eyes[:: max(1, math.ceil(len(eyes) / 48))]
    imaged = around(once, target, request.camera)
    return Work((part,), imaged, None, slant_resolution_m(eyes[0], target, request.camera), notes)


def _circle(request: MissionRequest, task_m: BaseGeometry) -> tuple[FloatArray, float]:
    """Middle of the orbit, and its radius where none is asked for."""
    if isinstance(task_m, Point):
        return shapely.get_coordinates(task_m)[0], DEFAULT_RADIUS_M
    centre = shapely.get_coordinates(shapely.minimum_bounding_circle(task_m).centroid)[0]
    around_m = float(shapely.minimum_bounding_radius(task_m))
    if request.radius_m is not None and request.radius_m < around_m:
        raise PlanningError(
            f"the area reaches {math.ceil(around_m)} m from its middle: an orbit round it needs a greater radius_m",
            f"该区域外接圆半径为 {math.ceil(around_m)} 米：radius_m 应大于此值",
            "radius_m",
        )
    return centre, around_m + MARGIN_M


def _height_round(
    request: MissionRequest, district: District, member: Member, centre_m: FloatArray, radius_m: float, extra_m: float
) -> float:
    """One height AMSL for a whole circle: what is asked for over the highest ground below it."""
    places = ring(centre_m, radius_m, 0.0, 1.0, True)
    return float(max(at_height(district, request, member, place, extra_m)[2] for place in places))
