"""The only door from a `Plan` to a `ClearedPlan`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maps.instants import Instant
from missions.plan import Plan
from missions.safety.findings import Finding

VALID_FOR_S = 30 * 60.0
"""A clearance not used within half an hour must be asked for again: zones, weather and traffic change."""

_SEAL = object()


class NotClearedError(Exception):
    """The plan has blocking findings.

    Attributes:
        findings: all that was found, the blocking ones among them.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        blocking = [finding.message for finding in findings if finding.severity == "blocking"]
        super().__init__(f"{len(blocking)} finding(s) block this plan: " + "; ".join(blocking[:3]))


@dataclass(frozen=True, slots=True)
class ClearedPlan:
    """A plan that was checked and may be uploaded until it expires; made by `clear` alone.

    Raises:
        TypeError: when something other than `clear` tries to make one.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    cleared_time: Instant
    expiry_time: Instant
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a ClearedPlan is made by missions.safety.clear alone")

    def valid_at(self, now: Instant) -> bool:
        """Whether it may still be uploaded."""
        return self.cleared_time <= now < self.expiry_time


def clear(plan: Plan, findings: Sequence[Finding], now: Instant) -> ClearedPlan:
    """Turn a checked plan into a `ClearedPlan` that is valid for `VALID_FOR_S`.

    Raises:
        NotClearedError: when a finding is blocking.
    """
    if any(finding.severity == "blocking" for finding in findings):
        raise NotClearedError(findings)
    return ClearedPlan(plan, tuple(findings), now, Instant(now + VALID_FOR_S), _SEAL)
