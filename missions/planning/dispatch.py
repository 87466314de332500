"""Dispatch: to a place at once, to see it for a while, from above or from a stand-off."""

import shapely
from shapely.geometry.base import BaseGeometry

from maps.district import District
from missions.planning.crew import Member
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Share, Work
from missions.planning.watching import watch


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """A place watched for ``stay_s`` from ``standoff_m``; by default from right above it.

    Raises:
        PlanningError: when an aircraft with wings cannot circle so near.
    """
    place = shapely.get_coordinates(task_m)[0]
    return watch(request, district, member, place, extra_m, share, request.standoff_m or 0.0)
