"""Relief: a patrol kept up longer than one battery lasts, one aircraft taking over from another on station.

Every aircraft flies the whole patrol for as long as its battery allows with the reserve untouched, and a little higher
than the one before it, so that both can be on station while they change. The next to arrive is always the one that can
be there first; on the ground the battery is swapped.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from maps.district import District
from missions.plan import Plan
from missions.planning.crew import Member
from missions.planning.effort import SPARED, usable_s
from missions.planning.errors import PlanningError
from missions.planning.layers import layer_m
from missions.planning.request import MissionRequest
from missions.planning.schedule import on_station_s, worst_uncovered_s

SWAP_S = 300.0
"""From landing to the next take-off of the same aircraft: a person changes the battery and checks it."""

OVERLAP_S = 20.0
"""The reliever is on station so long before the relieved leaves."""

MOST_ITEMS = 600
"""A patrol is not repeated into more items: ArduPilot keeps some 700, and an upload of more takes minutes."""

_LEAST_STAY_S = 60.0
_LONGER_STAY_S = 660.0

PlanOne = Callable[[MissionRequest, District, list[Member]], tuple[Plan, ...]]
"""Makes the plans of a request for a crew, here of one."""


@dataclass(frozen=True)
class Tour:
    """One flight of an aircraft that takes part.

    Attributes:
        out_s: take-off to arrival on station.
        stay_s: on station.
        back_s: from there to the ground.
    """

    out_s: float
    stay_s: float
    back_s: float


@dataclass(frozen=True)
class Sortie:
    """One flight of a rota: by which aircraft, by index, and when it takes off, in seconds after the launch."""

    member: int
    takeoff_s: float


def relieved(request: MissionRequest, district: District, members: list[Member], plan_one: PlanOne) -> tuple[Plan, ...]:
    """Plans for a patrol of ``persist_s``, each flown as often as its ``takeoffs_s`` say.

    Raises:
        PlanningError: when one round of the patrol already takes more than a battery.
        ValueError: when the request asks for no persistent patrol.
    """
    if request.persist_s is None:
        raise ValueError("the request keeps up no patrol")
    plans = [_longest(request, district, member, index, plan_one) for index, member in enumerate(members)]
    tours = [tour_of(plan) for plan in plans]
    rota = rota_of(tours, request.persist_s)
    worst = uncovered_s(tours, rota, request.persist_s)
    notes = _notes(tours, rota, worst, request.persist_s)
    starts = [tuple(each.takeoff_s for each in rota if each.member == index) for index in range(len(plans))]
    flown = [index for index in range(len(plans)) if starts[index]]
    return tuple(
        replace(
            plans[index], takeoffs_s=starts[index], notes=(*plans[index].notes, *(notes if index == flown[0] else ()))
        )
        for index in flown
    )


def tour_of(plan: Plan) -> Tour:
    """What a flight of a plan is for a rota.

    Raises:
        PlanningError: when the plan does no work anywhere.
    """
    station = on_station_s(plan)
    if station is None:
        raise PlanningError("there is no station to be kept up", "没有可持续执行的任务位置", "geometry")
    return Tour(station[0], station[1] - station[0], plan.duration_s - station[1])


def rota_of(tours: Sequence[Tour], persist_s: float) -> list[Sortie]:
    """Who flies when, so that somebody is on station from the first arrival on for so long, as far as can be.

    Args:
        tours: of each aircraft; all stand ready at the launch.
        persist_s: length of the patrol.

    Raises:
        PlanningError: when the stay on station is too short for a change.
    """
    if min(tour.stay_s for tour in tours) < 2 * OVERLAP_S:
        raise PlanningError(
            f"the battery allows less than {2 * OVERLAP_S:.0f} s on station: choose a nearer home or a smaller patrol",
            f"电量只够在位不足 {2 * OVERLAP_S:.0f} 秒：请选择更近的起飞点或缩小巡逻范围",
            "persist_s",
        )
    ready = [0.0] * len(tours)
    first = min(range(len(tours)), key=lambda index: tours[index].out_s)
    begin = covered = tours[first].out_s
    rota: list[Sortie] = []
    while not rota or covered < begin + persist_s:
        wanted = covered - OVERLAP_S if rota else begin
        choices = range(len(tours)) if rota else [first]
        arrival, _, index = min((max(wanted, ready[i] + tours[i].out_s), ready[i], i) for i in choices)
        takeoff = arrival - tours[index].out_s
        rota.append(Sortie(index, max(takeoff, 0.0)))
        ready[index] = arrival + tours[index].stay_s + tours[index].back_s + SWAP_S
        covered = arrival + tours[index].stay_s
    return rota


def uncovered_s(tours: Sequence[Tour], rota: Sequence[Sortie], persist_s: float) -> float:
    """The longest time that a rota leaves its station without anybody."""
    stays = []
    for sortie in rota:
        arrival = sortie.takeoff_s + tours[sortie.member].out_s
        stays.append((arrival, arrival + tours[sortie.member].stay_s))
    return worst_uncovered_s(stays, persist_s)


def enough(tours: Sequence[Tour], persist_s: float, most: int = 50) -> int | None:
    """With how many aircraft in all the station is never left, more like the last added; None: not with ``most``."""
    for count in range(len(tours), most + 1):
        crew = [*tours, *([tours[-1]] * (count - len(tours)))]
        if uncovered_s(crew, rota_of(crew, persist_s), persist_s) <= 0:
            return count
    return None


def _notes(
    tours: Sequence[Tour], rota: Sequence[Sortie], worst_s: float, persist_s: float
) -> tuple[tuple[str, str], ...]:
    flights = (
        f"patrol of {persist_s / 60:.0f} min: {len(rota)} flight(s), batteries swapped within {SWAP_S / 60:.0f} min; "
        f"worst time without anybody on station {worst_s:.0f} s",
        f"持续巡逻 {persist_s / 60:.0f} 分钟：共 {len(rota)} 架次，换电 {SWAP_S / 60:.0f} 分钟；"
        f"最长无人在位 {worst_s:.0f} 秒",
    )
    if worst_s <= 0:
        return (flights,)
    needed = enough(tours, persist_s)
    if needed is None:
        return (flights,)
    return flights, (
        f"{needed} aircraft would never leave the station alone",
        f"使用 {needed} 架飞机可保持不间断在位",
    )


def _longest(request: MissionRequest, district: District, member: Member, index: int, plan_one: PlanOne) -> Plan:
    """The plan of an aircraft that stays on station for as long as its battery allows, in its own layer."""
    altitude = request.altitude.model_copy(update={"value_m": request.altitude.value_m + layer_m(index)})
    once = request.model_copy(update={"altitude": altitude, "persist_s": None})

    def made(amount: float) -> Plan:
        return plan_one(once.model_copy(update=_amount(once, amount)), district, [member])[0]

    watching = _watches(once)
    small, large = (_LEAST_STAY_S, _LONGER_STAY_S) if watching else (1, 2)
    allowed = usable_s(member) * (1 - SPARED) / member.profile.endurance_s
    first, second = made(small), made(large)
    if first.energy_fraction > allowed:
        raise PlanningError(
            f"one round takes {first.energy_fraction:.0%} of a battery of which {allowed:.0%} may be used: "
            "choose a nearer home or a smaller patrol",
            f"巡逻一轮需要 {first.energy_fraction:.0%} 电量，而可用电量为 {allowed:.0%}："
            "请选择更近的起飞点或缩小巡逻范围",
            "geometry",
        )
    each = max((second.energy_fraction - first.energy_fraction) / (large - small), 1e-9)
    most = small + (allowed - first.energy_fraction) / each
    round_items = max(len(second.items) - len(first.items), 0)
    if round_items:
        most = min(most, small + (MOST_ITEMS - len(first.items)) / round_items)
    if request.persist_s is not None and not watching:
        most = min(most, 1 + math.ceil(request.persist_s / max(second.duration_s - first.duration_s, 1.0)))
    elif request.persist_s is not None:
        most = min(most, max(request.persist_s, small))
    amount = max(small, math.floor(most))
    plan = made(amount) if amount > small else first
    while plan.energy_fraction > allowed and amount > small:
        amount = max(small, math.floor(amount * 0.97) if watching else amount - 1)
        plan = made(amount)
    return plan


def _watches(request: MissionRequest) -> bool:
    """Whether it stands at places for a time, instead of going round."""
    return request.kind == "dispatch" or (request.kind == "follow" and request.geometry["type"] == "Point")


def _amount(request: MissionRequest, amount: float) -> dict[str, float | int]:
    """What to change in a request to make its patrol so long: seconds where it watches a place, else rounds."""
    if _watches(request):
        return {"stay_s": float(amount)}
    if request.kind == "orbit":
        return {"turns": request.turns * amount, "repeat": 1}
    return {"repeat": request.repeat * int(amount)}
