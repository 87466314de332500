"""Kinds: the table of what each kind of mission makes of a task."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from maps.district import District
from missions.plan import Plan
from missions.planning import corridor, dispatch, follow, gap, orbit, perimeter, route, search
from missions.planning.allocation import Costs, allocate
from missions.planning.crew import Member
from missions.planning.effort import costs_of, stint_of
from missions.planning.layers import layer_m
from missions.planning.request import Kind, MissionRequest
from missions.planning.sharing import shared
from missions.planning.sorties import sorties_of
from missions.planning.tasks import ALONE, Share, Work, WorkOf, tasks_m, together

WORK_OF: Final[Mapping[Kind, WorkOf]] = MappingProxyType(
    {
        "route": route.work_of,
        "corridor": corridor.work_of,
        "orbit": orbit.work_of,
        "perimeter": perimeter.work_of,
        "search": search.work_of,
        "dispatch": dispatch.work_of,
        "follow": follow.work_of,
        "gap": gap.work_of,
    }
)
"""For each kind its function from a task to the work it takes; surveys share their passes themselves."""


def plans(request: MissionRequest, district: District, members: Sequence[Member]) -> tuple[Plan, ...]:
    """The plans of the aircraft, each aircraft in a layer of its own; several plans where one battery is not enough.

    A single task is flown by all of them together, as its kind shares it. Several tasks are shared among them so that
    the last is home soon; an aircraft that does not help gets none, and no plan.

    Raises:
        PlanningError: when a task cannot be flown, or the batteries do not carry all of them.
    """
    work_of = WORK_OF[request.kind]
    tasks = tasks_m(request, district)
    if len(tasks) > 1:
        return shared(
            request,
            district,
            members,
            len(tasks),
            lambda member, task, extra: work_of(request, district, member, tasks[task], extra, ALONE),
        )
    works = [
        work_of(request, district, member, tasks[0], layer_m(index), Share(index, len(members)))
        for index, member in enumerate(members)
    ]
    return tuple(
        plan
        for member, work in zip(members, works, strict=True)
        for plan in sorties_of(request, district, member, work)
    )


def alone(request: MissionRequest, district: District, member: Member) -> Work:
    """All tasks of a request as one aircraft does them alone, in a short order, however long that takes.

    Raises:
        PlanningError: when a task cannot be flown.
    """
    work_of = WORK_OF[request.kind]
    works = [work_of(request, district, member, task, 0.0, ALONE) for task in tasks_m(request, district)]
    if len(works) == 1:
        return works[0]
    stints = [stint_of(work.parts, member, request.wind) for work in works]
    costs = costs_of(district, member, stints, request.wind)
    (order,) = allocate([Costs(costs.time_s, costs.energy_s, float(costs.energy_s.sum()))]).orders
    return together([works[task] for task in order])
