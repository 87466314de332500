"""Planning: from a request to one plan for each vehicle."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from fusion.messages import VehicleKind, VehicleState
from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning.crew import Member, crew
from missions.planning.errors import PlanningError
from missions.planning.kinds import alone, plans
from missions.planning.layers import stacked
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.relief import relieved
from missions.planning.request import MissionRequest
from missions.planning.schedule import staggered
from missions.planning.survey import survey, survey_alone
from missions.planning.tasks import Work

__all__ = ["MissionRequest", "PlanningError", "draft"]


def draft(
    request: MissionRequest,
    district: District,
    vehicles: Sequence[VehicleState],
    now: Instant,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> tuple[Plan, ...]:
    """One plan for each vehicle that a request asks for; nothing is checked yet.

    Args:
        request: what is asked.
        district: where.
        vehicles: all that are known now; empty when planning without any.
        now: when, for the zones in force and for vehicles that were not heard of lately.
        profiles: what each kind of aircraft can do.

    Raises:
        PlanningError: when it cannot be planned; says which part of the request to change.
    """
    lost = {each.id for each in vehicles if now - each.received_time > 30}
    present = [each for each in vehicles if each.id not in lost]
    if vehicles and not present:
        raise PlanningError("no vehicle has been heard of for 30 s", "30 秒内没有收到任何飞机的消息", "vehicles")
    members = [replace(member, planned_time=now) for member in crew(request, district, present, profiles)]
    request, notes = stacked(request, district, [member.home for member in members], now)
    if request.persist_s is not None:
        made = relieved(request, district, members, _round)
    else:
        made = staggered(_planned(request, district, members))
    return tuple(msgspec.structs.replace(plan, notes=(*plan.notes, *notes)) for plan in made)


def _planned(request: MissionRequest, district: District, members: list[Member]) -> tuple[Plan, ...]:
    """The plans of a request that is flown once, all at the same time."""
    if request.kind == "survey":
        return survey(request, district, members)
    return plans(request, district, members)


def _round(request: MissionRequest, district: District, member: Member) -> Work:
    """All the work of a request as one aircraft would do it alone."""
    if request.kind == "survey":
        return survey_alone(request, district, member)
    return alone(request, district, member)
