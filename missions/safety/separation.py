"""Separation: no two flights may be at one place at one time.

Flights with plans conflict when their volumes meet in space and in time (strategic conflict detection, ASTM F3548-21).
What is near is found by an index, so that the work grows with what flies nearby, not with all that flies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray
from missions.safety.circumstances import Circumstances
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.volumes import IntArray, Intent, Volumes

TOUCHING_S = 1e-6
LAUNCHED_WITHIN_S = 120.0
"""A plan is judged for take-offs within so long from now; what is cleared is judged again more often than that."""

OFF_WITHIN_S = 30.0
"""One that is launched takes off within so long from its time."""

_WORTH_WAITING_S = 6 * 3600.0
_WORTH_CLIMBING_M = 200.0


BREAKS_OFF_FOR_S = 60.0
"""In the air only another flight in the air that it may meet so soon is a reason to break off: what is still on the
ground gives way to it, and until later much may change."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """What must be left between two aircraft, besides the distances by which both may miss their paths.

    Attributes:
        lateral_m: to the side …
        pads_m: … or this in all, where both take off or land: pads lie side by side, and so low nobody drifts far.
        vertical_m: … or in height, the errors of both heights included.
        around_home: whether aircraft with one and the same home stand side by side around it.
    """

    lateral_m: float
    pads_m: float
    vertical_m: float
    around_home: bool = False


BETWEEN_MISSIONS = Spacing(20.0, 7.0, 12.0)
"""In height 10 m of air, and 1 m by which each may miss its own."""


WITHIN_MISSION = Spacing(4.0, 7.0, 8.0, around_home=True)
"""Between the aircraft of one mission, which are launched together and fly in layers of 12 m."""

SAME_HOME_M = 1.0


@dataclass(frozen=True, eq=False)
class _Near:
    """Pairs of pieces of two flights that come too near to the side.

    Attributes:
        own, other: (K,) indices of the pieces.
        apart_m: (K,) between their lines.
        needed_m: (K,)
        above_m: (K,) how much higher the other's lowest is than the own highest; negative where they overlap.
        below_m: (K,) how much lower the other's highest is than the own lowest.
    """

    own: IntArray
    other: IntArray
    apart_m: FloatArray
    needed_m: FloatArray
    above_m: FloatArray
    below_m: FloatArray


def traffic_findings(path: FlightPath, given: Circumstances) -> Iterator[Finding]:
    """Where a flight may come too near to those of other missions, and which vehicles cannot be kept away from."""
    for name in given.unplaced:
        yield Finding(
            "separation",
            "warning",
            f"{name} is in the air and nobody knows where: see that it keeps away",
            f"{name} 在空中但位置未知：请确认其保持距离",
            about=name,
        )
    others = given.others()
    if not others:
        return
    name, now, air = path.plan.vehicle_id, float(given.now), Volumes.of(path)
    if given.under_way is not None:
        own = Intent(name, name, air.until(BREAKS_OFF_FOR_S), [(now, now)], aloft=True)
        yield from separation_findings(own, [other for other in others if other.aloft])
        return
    starts, within_s = path.plan.takeoffs_s, LAUNCHED_WITHIN_S
    if given.launched:
        starts, within_s = tuple(start - starts[0] for start in starts), OFF_WITHIN_S
    takeoffs = [(now + start, now + start + within_s) for start in starts]
    yield from separation_findings(Intent(name, name, air, takeoffs), others)


def separation_findings(
    own: Intent,
    others: Sequence[Intent],
    spacing: Spacing = BETWEEN_MISSIONS,
    *,
    clock: Literal["utc", "launch"] = "utc",
) -> Iterator[Finding]:
    """Where a flight and others may come too near to one another; one finding for each other flight.

    Args:
        own: the flight that is judged.
        others: those that it must keep away from; an intent of its own vehicle is left out.
        spacing: what is needed.
        clock: what the times of all intents count from.
    """
    found = [(other, _near(own, other, spacing)) for other in others_near(own, others, spacing)]
    meeting = [(other, near, _meeting(own, other, near, spacing)) for other, near in found]
    meeting = [(other, near, met) for other, near, met in meeting if met is not None]
    if not meeting:
        return
    wait = _first_free([_waits(own, other, near, spacing) for other, near in found], _WORTH_WAITING_S)
    climb = _first_free([_climbs(own, other, near, spacing) for other, near in found], _WORTH_CLIMBING_M)
    for other, near, met in meeting:
        assert met is not None
        yield _finding(own, other, near, met, spacing, wait, climb, clock)


def least_wait_s(own: Intent, others: Sequence[Intent], spacing: Spacing) -> float | None:
    """How much later a flight must take off to keep away from the others; None when more than some hours."""
    found = [(other, _near(own, other, spacing)) for other in others_near(own, others, spacing)]
    return _first_free([_waits(own, other, near, spacing) for other, near in found], _WORTH_WAITING_S) if found else 0.0


def others_near(own: Intent, others: Sequence[Intent], spacing: Spacing) -> list[Intent]:
    """Of the others, those that fly near enough anywhere to be looked at piece by piece."""
    ours = [other for other in others if other.vehicle_id != own.vehicle_id or not own.vehicle_id]
    if not ours:
        return []
    farthest = spacing.lateral_m + own.volumes.error_m + max(other.volumes.error_m for other in ours)
    boxes = shapely.STRtree([other.volumes.box for other in ours])
    return [ours[index] for index in sorted(boxes.query(own.volumes.box, predicate="dwithin", distance=farthest))]


def _near(own: Intent, other: Intent, spacing: Spacing) -> _Near:
    a, b = own.volumes, other.volumes
    errors = a.error_m + b.error_m
    reach = errors + spacing.lateral_m
    one, two = b.tree.query(a.lines, predicate="dwithin", distance=reach)
    apart = shapely.distance(a.lines[one], b.lines[two])
    pads = a.near_ground[one] & b.near_ground[two]
    needed = np.where(pads, spacing.pads_m, errors + spacing.lateral_m)
    if spacing.around_home and a.home.distance(b.home) < SAME_HOME_M:
        needed[pads] = 0.0
    close = apart < needed
    one, two = one[close], two[close]
    above = b.low_amsl_m[two] - a.high_amsl_m[one]
    below = a.low_amsl_m[one] - b.high_amsl_m[two]
    return _Near(one, two, apart[close], needed[close], above, below)


def _together(near: _Near, spacing: Spacing) -> NDArray[np.bool_]:
    """(K,) which pairs are also too near in height."""
    return np.asarray(np.maximum(near.above_m, near.below_m) < spacing.vertical_m - 1e-6)


def _overlaps(own: Intent, other: Intent, near: _Near) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """(K,) each, for each take-off of both: by how much a pair's time would have to be put off until it is too early
    for the other no more, until it is too late for it, and when both may be there first."""
    for mine in range(len(own.takeoffs)):
        begin, end = own.times(mine)
        for its in range(len(other.takeoffs)):
            its_begin, its_end = other.times(its)
            yield (
                its_begin[near.other] - end[near.own],
                its_end[near.other] - begin[near.own],
                np.maximum(begin[near.own], its_begin[near.other]),
            )


def _meeting(own: Intent, other: Intent, near: _Near, spacing: Spacing) -> tuple[int, float] | None:
    """The pair that may meet first, and when; None when none does."""
    together = _together(near, spacing)
    best: tuple[int, float] | None = None
    for early, late, first in _overlaps(own, other, near):
        meets = np.flatnonzero(together & (early < -TOUCHING_S) & (late > TOUCHING_S))
        if len(meets):
            pair = int(meets[np.argmin(first[meets])])
            if best is None or first[pair] < best[1]:
                best = pair, float(first[pair])
    return best


def _waits(own: Intent, other: Intent, near: _Near, spacing: Spacing) -> FloatArray:
    """(K, 2) from when to when a later start would still meet the other."""
    together = _together(near, spacing)
    spans = [np.column_stack([early, late])[together] for early, late, _ in _overlaps(own, other, near)]
    return np.concatenate(spans) if spans else np.zeros((0, 2))


def _climbs(own: Intent, other: Intent, near: _Near, spacing: Spacing) -> FloatArray:
    """(K, 2) from where to where a higher path would still meet the other; what takes off and lands stays."""
    meets = np.zeros(len(near.own), dtype=bool)
    for early, late, _ in _overlaps(own, other, near):
        meets |= (early < -TOUCHING_S) & (late > TOUCHING_S)
    fixed = own.volumes.near_ground[near.own] & _together(near, spacing)
    low = np.where(fixed, -np.inf, near.above_m - spacing.vertical_m)
    high = np.where(fixed, np.inf, -near.below_m + spacing.vertical_m)
    return np.column_stack([low, high])[meets & (fixed | ~own.volumes.near_ground[near.own])]


def _first_free(spans: Sequence[FloatArray], most: float) -> float | None:
    """The least number from 0 on that lies in no open span (K, 2); None when that is more than `most`."""
    every = np.concatenate(spans)
    free = 0.0
    for low, high in every[np.argsort(every[:, 0])]:
        if low >= free:
            break
        free = max(free, float(high))
    return free if free <= most else None


def _finding(
    own: Intent,
    other: Intent,
    near: _Near,
    met: tuple[int, float],
    spacing: Spacing,
    wait_s: float | None,
    climb_m: float | None,
    clock: Literal["utc", "launch"],
) -> Finding:
    pair, when = met
    piece = int(near.own[pair])
    height = max(0.0, float(max(near.above_m[pair], near.below_m[pair])))
    aside, needed = float(near.apart_m[pair]), float(near.needed_m[pair])
    at, at_zh = _time(when, clock)
    do, do_zh = _remedy(wait_s, climb_m, other)
    return Finding(
        "separation",
        "blocking",
        f"{at} it may come within {aside:.0f} m to the side and {height:.0f} m in height of {other.name}; "
        f"{needed:.0f} m to the side or {spacing.vertical_m:.0f} m in height are needed: {do}",
        f"{at_zh}与 {other.name} 的水平距离可能仅 {aside:.0f} 米、高度差仅 {height:.0f} 米；"
        f"需水平 {needed:.0f} 米或高度差 {spacing.vertical_m:.0f} 米：{do_zh}",
        item=int(own.volumes.item[piece]),
        position=own.volumes.position(piece),
        margin_m=-min(needed - aside, spacing.vertical_m - height),
        about=other.vehicle_id,
    )


def _time(when: float, clock: Literal["utc", "launch"]) -> tuple[str, str]:
    if clock == "launch":
        return f"{when:.0f} s after the launch", f"发射后 {when:.0f} 秒"
    said = datetime.fromtimestamp(when, UTC).strftime("%H:%M:%S")
    return f"from {said} UTC on", f"{said}（UTC）起"


def _remedy(wait_s: float | None, climb_m: float | None, other: Intent) -> tuple[str, str]:
    ways, ways_zh = [], []
    if climb_m is not None:
        ways.append(f"fly {np.ceil(climb_m):.0f} m higher")
        ways_zh.append(f"飞行高度提高 {np.ceil(climb_m):.0f} 米")
    if other.waits:
        ways.append("let that flight, cleared and not launched, go first, or withdraw it")
        ways_zh.append("让已放行未起飞的该航班先飞，或撤回该航班")
    elif wait_s is not None:
        ways.append(f"start {np.ceil(wait_s):.0f} s later")
        ways_zh.append(f"推迟 {np.ceil(wait_s):.0f} 秒起飞")
    if not ways:
        return "wait until it has landed, or fly elsewhere", "请等其降落，或改在别处飞行"
    return ", or ".join(ways), "，或".join(ways_zh)
