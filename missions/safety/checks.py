"""All checks of a plan, in one call."""

from collections.abc import Mapping

from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Instant
from missions.plan import Plan
from missions.planning.errors import PlanningError
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.safety.circumstances import Circumstances
from missions.safety.daylight import daylight_findings
from missions.safety.endurance import endurance_findings
from missions.safety.fence import fence_findings
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.obstacles import obstacle_findings
from missions.safety.radio import radio_findings
from missions.safety.references import reference_findings
from missions.safety.resolution import resolution_findings
from missions.safety.separation import traffic_findings
from missions.safety.soundness import soundness_findings
from missions.safety.way_home import way_home_findings
from missions.safety.weather import weather_findings
from missions.safety.zones import zone_findings

_LAYERS = {
    "terrain": ("heights above the ground", "离地高度"),
    "buildings": ("heights over buildings", "建筑物净空"),
    "zones": ("zones", "各类空域"),
}


def check(
    plan: Plan,
    district: District,
    now: Instant,
    *,
    wind: Wind | None = None,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> list[Finding]:
    """Everything that can be said against flying a plan over a district now; see `judge`."""
    return judge(plan, district, Circumstances(now=now, wind=wind, profiles=profiles))


def judge(plan: Plan, district: District, given: Circumstances) -> list[Finding]:
    """Everything that can be said against flying a plan over a district, the gravest first.

    The items themselves are judged, flown by the model of `missions.planning.trajectory`; the plan's own path is not
    believed. What the district lacks cannot be checked, and is said so in a warning. Policy says how grave each is.
    """
    findings = list(soundness_findings(plan, district))
    if not any(finding.severity == "blocking" for finding in findings):
        findings += [*reference_findings(plan, district), *_flown(plan, district, given)]
        if given.company is not None:
            findings += given.company.findings(plan)
    for layer in district.missing:
        if layer in _LAYERS:
            what, what_zh = _LAYERS[layer]
            findings.append(
                Finding(
                    "not_checked",
                    "warning",
                    f"{what} were not checked: the district has no layer {layer}",
                    f"未检查{what_zh}：该辖区缺少图层 {layer}",
                )
            )
    judged = given.policy.applied(findings)
    return sorted(judged, key=lambda finding: finding.severity != "blocking")


def _flown(plan: Plan, district: District, given: Circumstances) -> list[Finding]:
    """What the flown path says; that it cannot be flown against the wind, where it cannot."""
    known, required = given.profile(plan.vehicle_kind), given.policy.weather_required
    findings = list(weather_findings(known, given.weather, given.now, required=required))
    profiles = {plan.vehicle_kind: known}
    try:
        paths = [FlightPath.of(plan, district, given.wind, profiles)]
        if paths[0].flown.either_side:
            paths = [FlightPath.of(plan, district, given.wind, profiles, turn_side=side) for side in (1, -1)]
        if given.under_way is not None:
            paths = [path.ahead(given.under_way) for path in paths]
    except PlanningError as error:
        return [*findings, Finding("wind", "blocking", error.message_en, error.message_zh)]
    for path in paths:
        told = {(finding.rule, finding.item) for finding in findings}
        findings += [found for found in _judged(path, given) if (found.rule, found.item) not in told]
    return findings


def _judged(path: FlightPath, given: Circumstances) -> list[Finding]:
    on_path = [
        *zone_findings(path.air, given.now),
        *obstacle_findings(path.air),
        *obstacle_findings(path.ends),
        *fence_findings(path.air, path.plan),
    ]
    return [
        *on_path,
        *way_home_findings(path, given.now, on_path),
        *endurance_findings(path, given.wind),
        *daylight_findings(path, given.now),
        *resolution_findings(path, given.camera),
        *radio_findings(path, given.station),
        *traffic_findings(path, given),
    ]
