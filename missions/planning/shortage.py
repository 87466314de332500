"""Shortage: what to say when the batteries do not carry the work: how many aircraft would, or what smaller work."""

from collections.abc import Callable, Sequence

import numpy as np

from maps.positions import FloatArray
from missions.planning.allocation import Allocation, Costs, DoesNotFitError, most_in_order, share_in_order
from missions.planning.errors import PlanningError

Share = Callable[[Sequence[Costs]], Allocation]
"""`missions.planning.allocation.allocate` or `share_in_order`."""

MOST_AIRCRAFT = 50


def enough(share: Share, vehicles: Sequence[Costs]) -> int | None:
    """With how many aircraft in all the work fits, more of the ablest of those given being added; None: not with 50."""
    ablest = min(vehicles, key=lambda each: sum(each.tour_energy_s([u]) for u in range(each.units)) / each.usable_s)

    def fits(count: int) -> bool:
        try:
            share([*vehicles, *([ablest] * (count - len(vehicles)))])
        except DoesNotFitError:
            return False
        return True

    most = max(len(vehicles), min(MOST_AIRCRAFT, len(vehicles) + ablest.units))
    step, low = 1, len(vehicles)
    while not fits(high := min(low + step, most)):
        if high == most:
            return None
        low, step = high, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def too_heavy(vehicles: Sequence[Costs]) -> list[tuple[int, float]]:
    """Units that no aircraft's battery carries even alone, each with the share of the usable battery it would take."""
    alone = [
        (unit, min(each.tour_energy_s([unit]) / each.usable_s for each in vehicles))
        for unit in range(vehicles[0].units)
    ]
    return [(unit, used) for unit, used in alone if used > 1]


def carried(share: Share, vehicles: Sequence[Costs]) -> int:
    """How many of the units would fit, the lightest first."""
    lightest = sorted(
        range(vehicles[0].units),
        key=lambda unit: min(each.tour_energy_s([unit]) / each.usable_s for each in vehicles),
    )
    low, high = 0, len(lightest)
    while low < high:
        middle = (low + high + 1) // 2
        kept = [0, *(unit + 1 for unit in sorted(lightest[:middle]))]
        try:
            share([Costs(_of(each.time_s, kept), _of(each.energy_s, kept), each.usable_s) for each in vehicles])
        except DoesNotFitError:
            high = middle - 1
        else:
            low = middle
    return low


def _of(matrix: FloatArray, nodes: Sequence[int]) -> FloatArray:
    return matrix[np.ix_(nodes, nodes)]


def tasks_error(share: Share, vehicles: Sequence[Costs]) -> PlanningError:
    """Of a list of tasks that the batteries of these aircraft do not carry."""
    heavy = too_heavy(vehicles)
    if heavy:
        names = ", ".join(f"{unit + 1} ({used:.0%})" for unit, used in heavy[:5])
        return PlanningError(
            f"alone, task {names} takes more than an aircraft's battery without its reserve: "
            "choose a nearer home, shorten it, or leave it out",
            f"任务 {names} 单独执行即超出一架飞机的可用电量：请选择更近的起飞点、缩短该任务或将其删除",
            "geometry",
        )
    needed, most = enough(share, vehicles), carried(share, vehicles)
    more_en = f"{needed} aircraft would do" if needed else f"even {MOST_AIRCRAFT} aircraft are too few"
    more_zh = f"{needed} 架飞机可以完成" if needed else f"{MOST_AIRCRAFT} 架飞机也不够"
    return PlanningError(
        f"{len(vehicles)} aircraft do not carry these {vehicles[0].units} tasks with their reserve untouched: "
        f"{more_en}, or {most} of the tasks",
        f"{len(vehicles)} 架飞机在保留备用电量的前提下无法完成这 {vehicles[0].units} 项任务："
        f"{more_zh}，或只做其中 {most} 项",
        "vehicles",
    )


def area_error(vehicles: Sequence[Costs], area_m2: float) -> PlanningError:
    """Of an area whose passes, in their order, the batteries of these aircraft do not carry."""
    needed = enough(share_in_order, vehicles)
    within_ha = area_m2 * most_in_order(vehicles) / vehicles[0].units / 10_000
    more_en = f"{needed} aircraft would do" if needed else f"even {MOST_AIRCRAFT} aircraft are too few"
    more_zh = f"{needed} 架飞机可以完成" if needed else f"{MOST_AIRCRAFT} 架飞机也不够"
    return PlanningError(
        f"{len(vehicles)} aircraft do not carry this area of {area_m2 / 10_000:.1f} ha with their reserve untouched: "
        f"{more_en}, or an area of about {within_ha:.1f} ha",
        f"{len(vehicles)} 架飞机在保留备用电量的前提下无法完成 {area_m2 / 10_000:.1f} 公顷的区域："
        f"{more_zh}，或将区域缩小到约 {within_ha:.1f} 公顷",
        "vehicles",
    )
