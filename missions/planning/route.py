"""Routes: along a line, or to a single place and back."""

from itertools import pairwise

import numpy as np
import shapely

from maps.district import District
from missions.plan import Plan
from missions.planning.assembly import LAYER_M, Part, compose
from missions.planning.crew import Member
from missions.planning.heights import follow, height_amsl_m
from missions.planning.items import Stay
from missions.planning.request import MissionRequest


def route(request: MissionRequest, district: District, members: list[Member]) -> tuple[Plan, ...]:
    """The same way for each aircraft, one above the other; a dispatch ends by watching its place for a while."""
    return tuple(_plan(request, district, member, index * LAYER_M) for index, member in enumerate(members))


def _plan(request: MissionRequest, district: District, member: Member, extra_m: float) -> Plan:
    coordinates = shapely.get_coordinates(request.shape)
    enu = district.frame.enu_from_geodetic(
        coordinates[:, 1], coordinates[:, 0], np.full(len(coordinates), district.frame.origin.alt_amsl_m)
    )
    places = [(float(east), float(north)) for east, north in enu[:, :2]] * request.repeat
    start = np.array([*places[0], height_amsl_m(district, np.array(places[0]), request.altitude, member.home, extra_m)])
    points = [start]
    for before, after in pairwise(places):
        points += follow(district, before, after, request.altitude, member.home, extra_m)[1:]
    stay = Stay(seconds=request.stay_s) if request.kind == "dispatch" else None
    part = Part(np.array(points), "route" if stay is None else "watch", run_m=0.0, stay=stay)
    return compose(request, district, member, [part])
