"""Sharing: one list of tasks among unlike aircraft, each in a layer of its own.

The tasks are allocated by estimates (`missions.planning.effort`), the plans made, and the estimates corrected by what
the plans really take, until both agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from maps.district import District
from missions.plan import Plan
from missions.planning.allocation import Allocation, Costs, DoesNotFitError, allocate
from missions.planning.crew import Member
from missions.planning.effort import Stint, corrected, costs_of, ratios_of, stint_of, with_overhead, within_battery
from missions.planning.errors import PlanningError
from missions.planning.layers import layer_m
from missions.planning.request import MissionRequest
from missions.planning.shortage import tasks_error
from missions.planning.tasks import Note, Work, plan_of

_ROUNDS = 3
_AGREES_WITHIN = 0.15
"""Estimates may err by so much more for one aircraft than for another before tasks are allocated anew."""

WorkFor = Callable[[Member, int, float], Work]
"""The work that a task, by its index, is for an aircraft that flies so many metres higher than asked."""


@dataclass(frozen=True)
class _Round:
    """An allocation with its plans: those of the aircraft that are needed, by their index in the crew."""

    shared: Allocation
    plans: dict[int, Plan]

    @property
    def finish_s(self) -> float:
        return max(plan.duration_s for plan in self.plans.values())


def shared(
    request: MissionRequest, district: District, members: Sequence[Member], count: int, work_for: WorkFor
) -> tuple[Plan, ...]:
    """One plan for each aircraft that is needed; together they do every task once and are done early.

    Args:
        request: for wind, repetitions and name.
        district: where.
        members: the crew.
        count: of the tasks.
        work_for: what each task is for each aircraft.

    Raises:
        PlanningError: when nobody can do some task, or the batteries do not carry them all; says what would do.
    """
    costs = _estimates(request, district, members, count, work_for)
    best: _Round | None = None
    for trial in range(_ROUNDS):
        try:
            allocation = allocate(costs)
        except DoesNotFitError:
            break
        made = _round(request, district, members, allocation, work_for)
        fits = all(within_battery(members[index], plan) for index, plan in made.plans.items())
        if fits and (best is None or made.finish_s < best.finish_s):
            best = made
        ratios = ratios_of(members, made.shared, made.plans)
        times = [time for time, _ in ratios.values()]
        if fits and (trial > 0 or max(times) <= min(times) * (1 + _AGREES_WITHIN)):
            break
        costs = corrected(costs, ratios)
    if best is None:
        raise tasks_error(allocate, costs)
    return tuple(_told(best, members, index) for index in sorted(best.plans))


def _estimates(
    request: MissionRequest, district: District, members: Sequence[Member], count: int, work_for: WorkFor
) -> list[Costs]:
    """What the tasks cost each aircraft; the very same `Costs` for aircraft that are alike."""
    stints: dict[object, list[Stint | None]] = {}
    costs: dict[object, Costs] = {}
    refusals: list[PlanningError] = []
    for member in members:
        flies, stands = _flies(member), _stands(member)
        if flies not in stints:
            stints[flies] = []
            for task in range(count):
                try:
                    stints[flies].append(stint_of(work_for(member, task, 0.0).parts, member, request.wind))
                except PlanningError as error:
                    refusals.append(error)
                    stints[flies].append(None)
        if stands not in costs:
            rough = costs_of(district, member, stints[flies], request.wind, repeat=request.repeat)
            costs[stands] = _with_overhead(request, district, member, rough, stints[flies], work_for)
    if refusals and any(all(of[task] is None for of in stints.values()) for task in range(count)):
        raise refusals[0]
    return [costs[_stands(member)] for member in members]


def _flies(member: Member) -> object:
    return member.profile, member.speed_mps


def _stands(member: Member) -> object:
    return member.profile, member.speed_mps, member.home


def _with_overhead(
    request: MissionRequest,
    district: District,
    member: Member,
    rough: Costs,
    stints: Sequence[Stint | None],
    work_for: WorkFor,
) -> Costs:
    """With what a real flight to a task at a middling distance takes over the estimate."""
    able = [task for task, stint in enumerate(stints) if stint is not None]
    if not able:
        return rough
    middling = sorted(able, key=lambda task: float(rough.time_s[0, task + 1]))[len(able) // 2]
    try:
        plan = plan_of(request, district, member, [work_for(member, middling, 0.0)])
    except PlanningError:
        return rough  # said again, for its task, when that is really allocated
    return with_overhead(rough, middling, plan, member)


def _round(
    request: MissionRequest, district: District, members: Sequence[Member], allocation: Allocation, work_for: WorkFor
) -> _Round:
    plans: dict[int, Plan] = {}
    for index, order in enumerate(allocation.orders):
        if order:
            extra = layer_m(len(plans))
            works = [work_for(members[index], task, extra) for task in order]
            plans[index] = plan_of(request, district, members[index], works)
    return _Round(allocation, plans)


def _told(made: _Round, members: Sequence[Member], index: int) -> Plan:
    """A plan with what people should know of its share."""
    numbers = ", ".join(str(task + 1) for task in made.shared.orders[index])
    notes: list[Note] = [(f"does task {numbers} of the request, in this order", f"按此顺序执行请求中的任务 {numbers}")]
    idle = [members[each].vehicle_id or str(each + 1) for each in range(len(members)) if each not in made.plans]
    if idle and index == min(made.plans):
        names = ", ".join(idle)
        notes.append((f"not needed to finish sooner: aircraft {names}", f"无需出动也能按时完成的飞机：{names}"))
    plan = made.plans[index]
    return replace(plan, notes=(*plan.notes, *notes))
