"""Sorties: work longer than one battery, flown in several flights, the battery swapped between them.

The work is cut into pieces of equal length, in its order and within lines too, so that every next flight goes on where
the last one stopped. Every piece is a plan of its own that leaves the reserve untouched, wind and ways included.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.assembly import Part
from missions.planning.crew import Member
from missions.planning.effort import usable_s, used_s, within_battery
from missions.planning.errors import PlanningError
from missions.planning.items import Stay
from missions.planning.request import MissionRequest
from missions.planning.tasks import Work, plan_of

MOST_SORTIES = 20
"""Work that takes one aircraft more flights is refused."""

_SHORTEST_M = 1.0


def sorties_of(
    request: MissionRequest,
    district: District,
    member: Member,
    work: Work,
    least: int = 1,
    plan: Plan | None = None,
) -> tuple[Plan, ...]:
    """The flights in which one aircraft does its work, in their order.

    A single one where its battery carries all of it, or where no swaps are asked for.

    Args:
        request: for wind, repetitions and name.
        district: where.
        member: the aircraft.
        work: all of it.
        least: so many flights at least.
        plan: of all of it in a single flight, where that is made already.

    Raises:
        PlanningError: when a piece is too far away for a battery, or it would take more than `MOST_SORTIES`.
    """
    whole = once(request, work)
    if plan is None:
        plan = plan_of(request, district, member, [whole])
    if least == 1 and (not request.battery_swaps or within_battery(member, plan)):
        return (plan,)
    count = max(least, 2, math.ceil(used_s(member, plan) / usable_s(member)))
    while count <= MOST_SORTIES:
        made = _all_within(request, district, member, pieces(whole, count, member))
        if made is not None:
            return in_order(made, member)
        count += 1
    raise too_long(request, district, member, whole)


def _all_within(
    request: MissionRequest, district: District, member: Member, works: Sequence[Work]
) -> list[Plan] | None:
    """A plan for each work; None as soon as one is more than the battery carries."""
    made = []
    for work in works:
        plan = plan_of(request, district, member, [work])
        if not within_battery(member, plan):
            return None
        made.append(plan)
    return made


def once(request: MissionRequest, work: Work) -> Work:
    """The same with all repetitions of the request in its parts."""
    return work if work.repeated else replace(work, parts=work.parts * request.repeat, repeated=True)


def in_order(plans: Sequence[Plan], member: Member) -> tuple[Plan, ...]:
    """Plans that one aircraft flies one after another, each taking off when the battery is swapped; noted on each."""
    if len(plans) == 1:
        return tuple(plans)
    made, start = [], 0.0
    for number, plan in enumerate(plans, start=1):
        note = (
            f"flight {number} of {len(plans)} of this aircraft, the battery swapped within "
            f"{member.profile.turnaround_s / 60:g} min: this takes more than one battery",
            f"该机第 {number} / {len(plans)} 架次，换电 {member.profile.turnaround_s / 60:g} 分钟：任务超出单块电池",
        )
        made.append(structs.replace(plan, takeoffs_s=(start,), sortie=number, notes=(*plan.notes, note)))
        start += plan.duration_s + member.profile.turnaround_s
    return tuple(made)


def pieces(work: Work, count: int, member: Member) -> list[Work]:
    """Work, its repetitions included, in so many pieces of equal length; fewer where it cannot be cut so often."""
    lengths = [_length_m(part, member) for part in work.parts]
    bounds = np.linspace(0.0, sum(lengths), count + 1)
    cut = [_between(work.parts, lengths, float(low), float(high)) for low, high in itertools.pairwise(bounds)]
    return [replace(work, parts=parts) for parts in cut if parts]


def _length_m(part: Part, member: Member) -> float:
    """Of a part as it counts for cutting it: its line and, at the aircraft's speed, its stay."""
    return max(_line_m(part) + _stay_m(part, member), _SHORTEST_M)


def _line_m(part: Part) -> float:
    return float(np.linalg.norm(np.diff(part.points_m[:, :2], axis=0), axis=1).sum())


def _stay_m(part: Part, member: Member) -> float:
    if part.stay is None:
        return 0.0
    return part.stay.seconds * member.speed_mps + part.stay.turns * 2 * math.pi * part.stay.radius_m


def _between(parts: Sequence[Part], lengths_m: Sequence[float], low_m: float, high_m: float) -> tuple[Part, ...]:
    found, begin = [], 0.0
    for part, length in zip(parts, lengths_m, strict=True):
        first, last = max(low_m - begin, 0.0), min(high_m - begin, length)
        if length <= _SHORTEST_M:
            if low_m <= begin + length / 2 < high_m:
                found.append(part)
        elif last - first > _SHORTEST_M / 2:
            found.append(_cut(part, first, last, length))
        begin += length
    return tuple(found)


def _cut(part: Part, first_m: float, last_m: float, length_m: float) -> Part:
    """A part between two lengths along it; pictures begin one distance early, so that none is missing at the cut."""
    if first_m <= 0 and last_m >= length_m:
        return part
    line = _line_m(part)
    early = max(0.0, first_m - (part.picture_m or 0.0)) if first_m < line else line
    stay = _share_of(part.stay, (max(last_m, line) - max(first_m, line)) / max(length_m - line, 1e-9))
    return replace(part, points_m=_along(part.points_m, early, min(last_m, line)), stay=stay)


def _share_of(stay: Stay | None, share: float) -> Stay | None:
    """Of a stay; turns in quarters, never fewer than asked in all."""
    if stay is None or share <= 1e-6:
        return None
    turns = math.ceil(stay.turns * share * 4 - 1e-6) / 4
    return replace(stay, seconds=stay.seconds * share, turns=turns)


def _along(points_m: FloatArray, first_m: float, last_m: float) -> FloatArray:
    """(N, 3) points of a line between two lengths along it."""
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points_m[:, :2], axis=0), axis=1))])
    if len(points_m) == 1 or last_m - first_m < 1e-6:
        return points_m[-1:]
    inner = (gone > first_m + 1e-6) & (gone < last_m - 1e-6)
    ends = np.array([[np.interp(at, gone, axis) for axis in points_m.T] for at in (first_m, last_m)])
    return np.vstack([ends[:1], points_m[inner], ends[1:]])


def too_long(request: MissionRequest, district: District, member: Member, work: Work) -> PlanningError:
    """Why work, its repetitions included, cannot be split: too far for a battery even with no work, or far too much."""
    share = usable_s(member) / member.profile.endurance_s
    nearly_nothing = pieces(work, 50 * MOST_SORTIES, member)
    used = max(
        plan_of(request, district, member, [each]).energy_fraction for each in nearly_nothing[:: 10 * MOST_SORTIES]
    )
    if used > share:
        return PlanningError(
            f"the way there and back alone takes {used:.0%} of a battery of which {share:.0%} may be used: "
            "choose a nearer home or an aircraft that flies farther",
            f"仅往返航程就需要 {used:.0%} 电量，而可用电量为 {share:.0%}：请选择更近的起飞点或航程更远的飞机",
            "geometry",
        )
    return PlanningError(
        f"this takes one aircraft more than {MOST_SORTIES} flights: choose more aircraft, a nearer home "
        "or a smaller task",
        f"单机需要超过 {MOST_SORTIES} 架次：请增加飞机、选择更近的起飞点或缩小任务",
        "geometry",
    )
