"""Proposals: plans for a request, looked at as clearance will, and mended or explained where they would be refused.

Planning draws what is asked for; clearance alone decides. Between the two stands what can be added without flying
otherwise than asked, such as rally points, and a word on what would help, tried out before it is said.
"""

import math
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from fusion.messages import VehicleKind, VehicleState
from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.findings import Finding
from missions.safety.rally import with_rally_points
from missions.safety.take_offs import put_off

SPARE_M = 2.0
"""Added to what a finding says is missing."""

LOOKS = 3
"""So many other heights are tried."""

LOWEST_M = 20.0
"""Less height above the ground is not proposed."""


def propose(
    request: MissionRequest,
    district: District,
    vehicles: Sequence[VehicleState],
    now: Instant,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> tuple[Plan, ...]:
    """The plans of `missions.planning.draft`, with rally points where ways home are barred.

    Take-offs are put off where aircraft would come too near to one another.

    A plan that clearance would refuse all the same says so in a note, and at which height it would be cleared, if
    at one.

    Raises:
        PlanningError: as `draft`.
    """
    given = Circumstances(now=now, wind=request.wind, profiles=profiles)
    mended = [_mended(plan, district, given) for plan in draft(request, district, vehicles, now, profiles)]
    plans = put_off(mended, district, wind=request.wind, profiles=profiles)
    found = [_blocking(plan, district, given) for plan in plans]
    if not any(found):
        return plans
    height = _clear_height_m(request, district, vehicles, given, [finding for each in found for finding in each])
    return tuple(
        replace(plan, notes=(*plan.notes, _note(plan, findings, request, height))) if findings else plan
        for plan, findings in zip(plans, found, strict=True)
    )


def _blocking(plan: Plan, district: District, given: Circumstances) -> list[Finding]:
    return [finding for finding in judge(plan, district, given) if finding.severity == "blocking"]


def _mended(plan: Plan, district: District, given: Circumstances) -> Plan:
    """The plan with rally points, where nothing but its way home blocks it."""
    rules = {finding.rule for finding in _blocking(plan, district, given)}
    return with_rally_points(plan, district, given) if rules == {"way_home"} else plan


def _clear_height_m(
    request: MissionRequest,
    district: District,
    vehicles: Sequence[VehicleState],
    given: Circumstances,
    found: Sequence[Finding],
) -> float | None:
    """A height at which the request would be cleared, looked for from what the findings miss; None: none was found."""
    for _ in range(LOOKS):
        height = _height_m(request, found)
        if height is None:
            return None
        request = request.model_copy(update={"altitude": request.altitude.model_copy(update={"value_m": height})})
        try:
            plans = draft(request, district, vehicles, given.now, given.profiles)
        except PlanningError:
            return None
        found = [each for plan in plans for each in _blocking(_mended(plan, district, given), district, given)]
        if not found:
            return height
    return None


def _height_m(request: MissionRequest, found: Sequence[Finding]) -> float | None:
    """The height asked for, changed by what the findings miss; None where that is not height, or they do not agree."""
    higher, lower = [0.0], [0.0]
    for finding in found:
        if finding.margin_m is None or finding.rule not in {"terrain", "way_home", "ceiling"}:
            return None
        if finding.rule == "ceiling":
            lower.append(-finding.margin_m)
        elif finding.about:
            return None
        else:
            higher.append(-finding.margin_m)
    if bool(max(higher)) == bool(max(lower)):
        return None
    change = max(higher) + SPARE_M if max(higher) else -max(lower) - SPARE_M
    height = float(
        math.floor(request.altitude.value_m + change) if change < 0 else math.ceil(request.altitude.value_m + change)
    )
    return height if request.altitude.reference == "amsl" or height >= LOWEST_M else None


def _note(plan: Plan, found: Sequence[Finding], request: MissionRequest, height_m: float | None) -> tuple[str, str]:
    """That a plan would be refused, and what would help."""
    datum, datum_zh = {
        "agl": ("above the ground", "离地"),
        "home": ("above home", "相对起飞点"),
        "amsl": ("above mean sea level", "海拔"),
    }[request.altitude.reference]
    if height_m is not None:
        asked = request.altitude.value_m
        return (
            f"at {asked:g} m {datum} this is not cleared; at {height_m:g} m it would be: ask for that height",
            f"在{datum_zh} {asked:g} 米无法放行；改为 {height_m:g} 米即可放行：请更改飞行高度",
        )
    rules = {"home" if _at_home(plan, finding) else finding.rule for finding in found}
    advice, advice_zh = next((words for rule, words in _ADVICE.items() if rule in rules), _OTHERWISE)
    return f"drawn as asked for, this is not cleared: {advice}", f"已按要求绘制，但无法放行：{advice_zh}"


def _at_home(plan: Plan, finding: Finding) -> bool:
    """Whether what stands beside home is to blame."""
    return finding.rule == "terrain" and finding.item is not None and plan.items[finding.item].purpose in _AT_HOME


_AT_HOME = frozenset({"takeoff", "land", "return"})
_ADVICE = {
    "endurance": (
        "make it smaller, share it among more aircraft, or allow battery swaps",
        "请缩小任务、增加飞机或允许换电",
    ),
    "wind": ("wait until the wind is weaker", "请等风减弱"),
    "home": (
        "there is too little open ground to take off and land at home: choose another home, or an aircraft that hovers",
        "起飞点周围净空不足，无法起降：请更换起飞点，或改用可悬停的飞机",
    ),
    "no_fly": ("move it away from the zone that the findings name", "请移离检查结果所指的禁飞区"),
    "flight_area": ("keep it farther inside the flight area", "请将任务移入飞行区内侧"),
    "ceiling": ("fly lower, or keep out of the zone with the lower ceiling", "请降低高度，或避开限高更低的区域"),
    "terrain": (
        "fly higher, or keep away from what the findings name",
        "请提高飞行高度，或避开检查结果所指之处",
    ),
    "way_home": (
        "start from a place with a free way back, fly higher, or choose an aircraft that hovers, which may be given "
        "rally points",
        "请更换返航路线通畅的起飞点、提高飞行高度，或改用可设置集结点的悬停类飞机",
    ),
}
_OTHERWISE = ("the findings say what to change", "请按检查结果修改")
