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

SPARE_M = 2.0
"""Added to what a finding says is missing."""

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

    A plan that clearance would refuse all the same says so in a note, and at which height it would be cleared, if
    at one.

    Raises:
        PlanningError: as `draft`.
    """
    given = Circumstances(now=now, wind=request.wind, profiles=profiles)
    plans = [_mended(plan, district, given) for plan in draft(request, district, vehicles, now, profiles)]
    found = [_blocking(plan, district, given) for plan in plans]
    if not any(found):
        return tuple(plans)
    height = _height_m(request, [finding for each in found for finding in each])
    if height is not None and not _cleared_at(height, request, district, vehicles, given):
        height = None
    return tuple(
        replace(plan, notes=(*plan.notes, _note(findings, request, height))) if findings else plan
        for plan, findings in zip(plans, found, strict=True)
    )


def _blocking(plan: Plan, district: District, given: Circumstances) -> list[Finding]:
    return [finding for finding in judge(plan, district, given) if finding.severity == "blocking"]


def _mended(plan: Plan, district: District, given: Circumstances) -> Plan:
    if not any(finding.rule == "way_home" for finding in _blocking(plan, district, given)):
        return plan
    return with_rally_points(plan, district, given)


def _height_m(request: MissionRequest, found: Sequence[Finding]) -> float | None:
    """The height asked for, changed by what the findings miss; None where they do not agree, or nothing is missing."""
    higher = [-finding.margin_m for finding in found if finding.rule in {"terrain", "way_home"} and finding.margin_m]
    lower = [-finding.margin_m for finding in found if finding.rule == "ceiling" and finding.margin_m]
    if bool(higher) == bool(lower):
        return None
    asked = request.altitude.value_m
    height = asked + math.ceil(max(higher) + SPARE_M) if higher else asked - math.ceil(max(lower) + SPARE_M)
    return float(height) if request.altitude.reference == "amsl" or height >= LOWEST_M else None


def _cleared_at(
    height_m: float, request: MissionRequest, district: District, vehicles: Sequence[VehicleState], given: Circumstances
) -> bool:
    """Whether the request would be cleared at another height."""
    altitude = request.altitude.model_copy(update={"value_m": height_m})
    other = request.model_copy(update={"altitude": altitude})
    try:
        plans = draft(other, district, vehicles, given.now, given.profiles)
    except PlanningError:
        return False
    return not any(_blocking(_mended(plan, district, given), district, given) for plan in plans)


def _note(found: Sequence[Finding], request: MissionRequest, height_m: float | None) -> tuple[str, str]:
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
    rules = {finding.rule for finding in found}
    advice, advice_zh = next((words for rule, words in _ADVICE.items() if rule in rules), _OTHERWISE)
    return f"drawn as asked for, this is not cleared: {advice}", f"已按要求绘制，但无法放行：{advice_zh}"


_ADVICE = {
    "endurance": (
        "make it smaller, share it among more aircraft, or allow battery swaps",
        "请缩小任务、增加飞机或允许换电",
    ),
    "wind": ("wait until the wind is weaker", "请等风减弱"),
    "no_fly": ("move it away from the zone that the findings name", "请移离检查结果所指的禁飞区"),
    "flight_area": ("keep it farther inside the flight area", "请将任务移入飞行区内侧"),
    "ceiling": ("fly lower, or keep out of the zone with the lower ceiling", "请降低高度，或避开限高更低的区域"),
    "terrain": (
        "start and land where there is open ground, or fly higher; the findings say where it is too near",
        "请在开阔处起降或提高飞行高度；过近之处见检查结果",
    ),
    "way_home": (
        "start from a place with a free way back, fly higher, or choose an aircraft that hovers, which may be given "
        "rally points",
        "请更换返航路线通畅的起飞点、提高飞行高度，或改用可设置集结点的悬停类飞机",
    ),
}
_OTHERWISE = ("the findings say what to change", "请按检查结果修改")
