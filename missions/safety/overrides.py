"""Overrides: a commander's word that a plan may fly in spite of one finding, and what it holds for."""

from collections.abc import Sequence

import msgspec

from missions.safety.findings import Finding
from missions.safety.policy import Policy


class Override(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding about one vehicle's plan, overridden.

    Attributes:
        rule: of the finding.
        vehicle_id: whose plan the finding is about.
        by: who overrides it.
        time: when.
        reason: why.
        message: what the finding said.
        item, about: as in the finding.
        breach: how grave the finding was, see `breach_of`.
    """

    rule: str
    vehicle_id: str
    by: str
    time: float
    reason: str
    message: str
    item: int | None = None
    about: str = ""
    breach: float | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is the one that was overridden, or less grave."""
        if (finding.rule, finding.about) != (self.rule, self.about):
            return False
        breach = breach_of(finding)
        if breach is None or self.breach is None:
            return (breach, finding.item, finding.message) == (self.breach, self.item, self.message)
        return breach <= self.breach


def breach_of(finding: Finding) -> float | None:
    """By how much a finding's rule is broken, in the rule's own unit; None when it is not measured."""
    if finding.excess is not None:
        return finding.excess
    return None if finding.margin_m is None else -finding.margin_m


def override_of(finding: Finding, vehicle_id: str, overrides: Sequence[Override], policy: Policy) -> Override | None:
    """The override by which a blocking finding about a vehicle's plan does not block; None when there is none.

    Policy has the last word: what it does not allow to be overridden stays blocking, whoever overrode it before.
    """
    if finding.severity != "blocking" or not policy.may_override(finding.rule):
        return None
    return next((each for each in overrides if each.vehicle_id == vehicle_id and each.covers(finding)), None)
