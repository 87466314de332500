"""Relief: a patrol kept up longer than one battery lasts, one aircraft taking over from another on station.

Every aircraft flies the whole patrol for as long as its battery allows with the reserve untouched, and a little higher
than the one before it, so that both can be on station while they change. A round longer than a battery is cut into
legs, handed over along the round: who comes next is at the beginning of its leg before the last leg ends. The next to
arrive is always the one that can be there first; on the ground the battery is swapped.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from maps.district import District
from missions.plan import Plan
from missions.planning.crew import Member
from missions.planning.effort import SPARED, usable_s, within_battery
from missions.planning.errors import PlanningError
from missions.planning.layers import layer_m
from missions.planning.request import MissionRequest
from missions.planning.schedule import on_station_s, worst_uncovered_s
from missions.planning.sorties import MOST_SORTIES, once, pieces, too_long
from missions.planning.tasks import Work, plan_of

OVERLAP_S = 20.0
"""The reliever is on station so long before the relieved leaves."""

MOST_ITEMS = 600
"""A patrol is not repeated into more items: ArduPilot keeps some 700, and an upload of more takes minutes."""

_LEAST_STAY_S = 60.0
_LONGER_STAY_S = 660.0

RoundOf = Callable[[MissionRequest, District, Member], Work]
"""All the work of a request as one aircraft would do it alone, however long it takes."""


@dataclass(frozen=True)
class Tour:
    """One flight of an aircraft that takes part.

    Attributes:
        out_s: take-off to arrival on station.
        stay_s: on station.
        back_s: from there to the ground.
        swap_s: from landing to its next take-off.
    """

    out_s: float
    stay_s: float
    back_s: float
    swap_s: float = 300.0


Round = tuple[Tour, ...]
"""The tours of one aircraft for the legs of a round, in their order; a single one where a battery carries a round."""


@dataclass(frozen=True)
class Sortie:
    """One flight of a rota: by which aircraft, for which leg (indices), and when it takes off, seconds after launch."""

    member: int
    takeoff_s: float
    leg: int = 0


def relieved(request: MissionRequest, district: District, members: list[Member], round_of: RoundOf) -> tuple[Plan, ...]:
    """Plans for a patrol of ``persist_s``, each flown as often as its ``takeoffs_s`` say.

    Raises:
        PlanningError: when the patrol is too far away for a battery, or a crew of unlike aircraft would have to share
            one round.
        ValueError: when the request asks for no persistent patrol.
    """
    if request.persist_s is None:
        raise ValueError("the request keeps up no patrol")
    longest = [_longest(request, district, member, index, round_of) for index, member in enumerate(members)]
    plans = [[plan] for plan in longest if plan is not None]
    if len(plans) < len(members):
        plans = _legs(request, district, members, round_of)
    rounds = [
        tuple(tour_of(plan, member.profile.turnaround_s) for plan in own)
        for own, member in zip(plans, members, strict=True)
    ]
    rota = rota_of(rounds, request.persist_s)
    notes = _notes(rounds, rota, uncovered_s(rounds, rota, request.persist_s), request.persist_s)
    flown = [plan for index, own in enumerate(plans) for plan in _flown(own, index, rota)]
    return (replace(flown[0], notes=(*flown[0].notes, *notes)), *flown[1:])


def _flown(plans: Sequence[Plan], member: int, rota: Sequence[Sortie]) -> list[Plan]:
    """The plans that an aircraft flies, in the order of their first take-offs."""
    starts = [
        tuple(each.takeoff_s for each in rota if (each.member, each.leg) == (member, leg)) for leg in range(len(plans))
    ]
    order = sorted((leg for leg in range(len(plans)) if starts[leg]), key=lambda leg: starts[leg][0])
    return [replace(plans[leg], takeoffs_s=starts[leg], sortie=number) for number, leg in enumerate(order, start=1)]


def _legs(request: MissionRequest, district: District, members: list[Member], round_of: RoundOf) -> list[list[Plan]]:
    """For each aircraft a plan for every leg of a round, the same legs for all, each aircraft in its own layer."""
    first = members[0]
    if any((each.profile, each.speed_mps) != (first.profile, first.speed_mps) for each in members):
        raise PlanningError(
            "a round longer than a battery is handed over along the way, which needs aircraft of one kind and speed: "
            "choose such a crew, or a smaller patrol",
            "单轮巡逻超出一块电池，需在途中交接，要求飞机类型和速度一致：请选择同类飞机或缩小巡逻范围",
            "vehicles",
        )
    alone = request.model_copy(update={"persist_s": None})
    work = once(alone, round_of(alone, district, first))
    for count in range(2, MOST_SORTIES + 1):
        legs = pieces(work, count, first)
        plans = [
            [plan_of(alone, district, member, [_raised(leg, layer_m(layer))]) for leg in legs]
            for layer, member in enumerate(members)
        ]
        if all(within_battery(member, plan) for member, own in zip(members, plans, strict=True) for plan in own):
            return plans
    raise too_long(alone, district, first, work)


def _raised(work: Work, by_m: float) -> Work:
    up = np.array([0.0, 0.0, by_m])
    return dataclasses.replace(
        work, parts=tuple(dataclasses.replace(part, points_m=part.points_m + up) for part in work.parts)
    )


def tour_of(plan: Plan, swap_s: float) -> Tour:
    """What a flight of a plan is for a rota.

    Raises:
        PlanningError: when the plan does no work anywhere.
    """
    station = on_station_s(plan)
    if station is None:
        raise PlanningError("there is no station to be kept up", "没有可持续执行的任务位置", "geometry")
    return Tour(station[0], station[1] - station[0], plan.duration_s - station[1], swap_s)


def rota_of(rounds: Sequence[Round], persist_s: float) -> list[Sortie]:
    """Who flies when, so that somebody is on station from the first arrival on for so long, as far as can be.

    Args:
        rounds: of each aircraft, all with as many legs; all stand ready at the launch.
        persist_s: length of the patrol.

    Raises:
        PlanningError: when the stay on station is too short for a change.
    """
    if min(tour.stay_s for legs in rounds for tour in legs) < 2 * OVERLAP_S:
        raise PlanningError(
            f"the battery allows less than {2 * OVERLAP_S:.0f} s on station: choose a nearer home or a smaller patrol",
            f"电量只够在位不足 {2 * OVERLAP_S:.0f} 秒：请选择更近的起飞点或缩小巡逻范围",
            "persist_s",
        )
    ready = [0.0] * len(rounds)
    first = min(range(len(rounds)), key=lambda index: rounds[index][0].out_s)
    begin = covered = rounds[first][0].out_s
    rota: list[Sortie] = []
    while not rota or covered < begin + persist_s:
        leg = len(rota) % len(rounds[0])
        wanted = covered - OVERLAP_S if rota else begin
        choices = range(len(rounds)) if rota else [first]
        arrival, _, index = min((max(wanted, ready[i] + rounds[i][leg].out_s), ready[i], i) for i in choices)
        tour = rounds[index][leg]
        rota.append(Sortie(index, max(arrival - tour.out_s, 0.0), leg))
        ready[index] = arrival + tour.stay_s + tour.back_s + tour.swap_s
        covered = arrival + tour.stay_s
    return rota


def uncovered_s(rounds: Sequence[Round], rota: Sequence[Sortie], persist_s: float) -> float:
    """The longest time that a rota leaves its station without anybody."""
    stays = []
    for sortie in rota:
        tour = rounds[sortie.member][sortie.leg]
        stays.append((sortie.takeoff_s + tour.out_s, sortie.takeoff_s + tour.out_s + tour.stay_s))
    return worst_uncovered_s(stays, persist_s)


def enough(rounds: Sequence[Round], persist_s: float, most: int = 50) -> int | None:
    """With how many aircraft in all the station is never left, more like the last added; None: not with ``most``."""
    for count in range(len(rounds), most + 1):
        crew = [*rounds, *([rounds[-1]] * (count - len(rounds)))]
        if uncovered_s(crew, rota_of(crew, persist_s), persist_s) <= 0:
            return count
    return None


def _notes(
    rounds: Sequence[Round], rota: Sequence[Sortie], worst_s: float, persist_s: float
) -> tuple[tuple[str, str], ...]:
    swap = max(tour.swap_s for legs in rounds for tour in legs) / 60
    legs = len(rounds[0])
    along_en = f"a round is handed over along {legs} legs; " if legs > 1 else ""
    along_zh = f"每轮分 {legs} 段途中交接；" if legs > 1 else ""
    flights = (
        f"patrol of {persist_s / 60:.0f} min: {len(rota)} flight(s), batteries swapped within {swap:g} min; "
        f"{along_en}worst time without anybody on station {worst_s:.0f} s",
        f"持续巡逻 {persist_s / 60:.0f} 分钟：共 {len(rota)} 架次，换电 {swap:g} 分钟；"
        f"{along_zh}最长无人在位 {worst_s:.0f} 秒",
    )
    if worst_s <= 0:
        return (flights,)
    needed = enough(rounds, persist_s)
    if needed is None:
        return (flights,)
    return flights, (
        f"{needed} aircraft would never leave the station alone",
        f"使用 {needed} 架飞机可保持不间断在位",
    )


def _longest(request: MissionRequest, district: District, member: Member, index: int, round_of: RoundOf) -> Plan | None:
    """The plan of an aircraft that stays as long as its battery allows, in its own layer; None: less than a round."""
    altitude = request.altitude.model_copy(update={"value_m": request.altitude.value_m + layer_m(index)})
    alone = request.model_copy(update={"altitude": altitude, "persist_s": None})

    def made(amount: float) -> Plan:
        asked = alone.model_copy(update=_amount(alone, amount))
        return plan_of(asked, district, member, [round_of(asked, district, member)])

    watching = _watches(alone)
    small, large = (_LEAST_STAY_S, _LONGER_STAY_S) if watching else (1, 2)
    allowed = usable_s(member) * (1 - SPARED) / member.profile.endurance_s
    first = made(small)
    if first.energy_fraction > allowed:
        return None
    second = made(large)
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
