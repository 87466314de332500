"""Routes: along a line, or past places in the order asked, at a height that follows the terrain."""

import shapely
from shapely.geometry.base import BaseGeometry

from maps.district import District
from missions.planning.assembly import Part
from missions.planning.crew import Member
from missions.planning.footprints import Eye
from missions.planning.heights import follow_line
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Share, Work


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """A line flown from its first point to its last, or a place flown over, with the camera straight down.

    Aircraft that fly one route together fly it one above the other.

    Raises:
        PlanningError: when the height is below the ground.
    """
    places = shapely.get_coordinates(task_m)
    eye = Eye.over(request, district, member, task_m)
    points = follow_line(district, places, request.altitude, member.home, extra_m, member.profile, member.speed_mps)
    part = Part(points, "route", run_m=0.0)
    return Work((part,), eye.along(places), eye.swath_m, eye.resolution_m)
