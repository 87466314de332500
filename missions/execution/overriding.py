"""Overriding: a commander lets a mission fly in spite of what a check says, where policy allows it."""

from collections.abc import Sequence

import msgspec

from maps.instants import Instant
from missions.errors import MissionError
from missions.execution.mission import Mission, MissionFinding
from missions.safety.findings import Finding
from missions.safety.overrides import Override, breach_of, override_of
from missions.safety.policy import HARD, Policy


def marked(
    findings: Sequence[Finding], vehicle_id: str, overrides: Sequence[Override], policy: Policy
) -> tuple[MissionFinding, ...]:
    """Findings about one vehicle's plan, each with the override that holds for it."""
    return tuple(
        MissionFinding(
            **{name: getattr(finding, name) for name in Finding.__struct_fields__},
            vehicle_id=vehicle_id,
            overridable=finding.severity == "blocking" and policy.may_override(finding.rule),
            overridden=override_of(finding, vehicle_id, overrides, policy),
        )
        for finding in findings
    )


def overridden(
    mission: Mission, rule: str, vehicle_id: str | None, *, reason: str, by: str, now: Instant, policy: Policy
) -> Mission:
    """The mission with the blocking findings of a rule overridden; of one vehicle, or (None) of all.

    Raises:
        MissionError: ``override.hard_rule`` or ``override.not_allowed`` when policy does not allow it,
            ``override.nothing_blocks`` when no such finding blocks.
    """
    _require_allowed(rule, policy)
    concerned = [
        finding
        for finding in mission.findings
        if finding.blocks and finding.rule == rule and vehicle_id in (None, finding.vehicle_id)
    ]
    if not concerned:
        raise MissionError(
            "override.nothing_blocks",
            f"no finding of the rule {rule} blocks mission {mission.id}" + (f" for {vehicle_id}" if vehicle_id else ""),
            f"任务 {mission.id} 没有因规则 {rule} 而未通过的检查项" + (f"（{vehicle_id}）" if vehicle_id else ""),
            "rule",
        )
    given = tuple(
        Override(each.rule, each.vehicle_id, by, now, reason, each.message, each.item, each.about, breach_of(each))
        for each in concerned
    )
    overrides = mission.overrides + given
    findings = tuple(
        msgspec.structs.replace(each, overridden=override_of(each, each.vehicle_id, overrides, policy))
        for each in mission.findings
    )
    return msgspec.structs.replace(mission, overrides=overrides, findings=findings)


def _require_allowed(rule: str, policy: Policy) -> None:
    if rule in HARD:
        raise MissionError(
            "override.hard_rule",
            f"{rule} is a hard rule, which nobody may override: change the plan",
            f"{rule} 为强制规则，任何人不得越权放行：请修改航线",
            "rule",
        )
    if not policy.may_override(rule):
        raise MissionError(
            "override.not_allowed",
            f"policy here does not allow {rule} to be overridden: change the plan, or have an administrator add the "
            "rule to [policy] overridable",
            f"本单位策略不允许对 {rule} 越权放行：请修改航线，或请管理员将其加入 [policy] overridable",
            "rule",
        )
