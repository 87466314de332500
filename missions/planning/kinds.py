"""Kinds: the table of what each kind of mission makes of a task."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from maps.district import District
from missions.plan import Plan
from missions.planning import dispatch, orbit, perimeter, route, search
from missions.planning.assembly import layer_m
from missions.planning.crew import Member
from missions.planning.request import Kind, MissionRequest
from missions.planning.tasks import Share, WorkOf, plan_of, tasks_m

WORK_OF: Final[Mapping[Kind, WorkOf]] = MappingProxyType(
    {
        "route": route.work_of,
        "orbit": orbit.work_of,
        "perimeter": perimeter.work_of,
        "search": search.work_of,
        "dispatch": dispatch.work_of,
    }
)
"""For each kind its function from a task to the work it takes; surveys share their passes themselves."""


def plans(request: MissionRequest, district: District, members: Sequence[Member]) -> tuple[Plan, ...]:
    """One plan for each aircraft, each in a layer of its own.

    A single task is flown by all of them together, as its kind shares it. Of several tasks each aircraft gets
    neighbours in the order of the request.

    Raises:
        PlanningError: when a task cannot be flown, or there are more aircraft than tasks.
    """
    work_of = WORK_OF[request.kind]
    tasks = tasks_m(request, district)
    count = len(members)
    made = []
    for index, member in enumerate(members):
        extra = layer_m(index)
        if len(tasks) == 1:
            works = [work_of(request, district, member, tasks[0], extra, Share(index, count))]
        else:
            mine = tasks[len(tasks) * index // count : len(tasks) * (index + 1) // count]
            works = [work_of(request, district, member, task, extra, Share()) for task in mine]
        made.append(plan_of(request, district, member, works))
    return tuple(made)
