"""The only door from a `Plan` to a `ClearedPlan`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maps.instants import Instant
from missions.plan import Plan
from missions.safety.findings import Finding
from missions.safety.overrides import Override, override_of
from missions.safety.policy import DEFAULT, Policy

VALID_FOR_S = 30 * 60.0
"""A clearance not used within half an hour must be asked for again: zones, weather and traffic change."""

_SEAL = object()


class NotClearedError(Exception):
    """The plan has blocking findings.

    Attributes:
        findings: all that was found, the blocking ones among them.
    """

    def __init__(self, findings: Sequence[Finding], blocking: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        said = "; ".join(finding.message for finding in blocking[:3])
        super().__init__(f"{len(blocking)} finding(s) block this plan: {said}")


@dataclass(frozen=True, slots=True)
class ClearedPlan:
    """A plan that was checked and may be uploaded until it expires; made by `clear` alone.

    Attributes:
        plan: what may be uploaded.
        findings: all that was found.
        overrides: those by which a blocking finding among them does not block.
        cleared_time, expiry_time: from when until when it may be uploaded.
        seal: proves that `clear` made it.

    Raises:
        TypeError: when something other than `clear` tries to make one.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    overrides: tuple[Override, ...]
    cleared_time: Instant
    expiry_time: Instant
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a ClearedPlan is made by missions.safety.clear alone")

    def valid_at(self, now: Instant) -> bool:
        """Whether it may still be uploaded."""
        return self.cleared_time <= now < self.expiry_time


def clear(
    plan: Plan,
    findings: Sequence[Finding],
    now: Instant,
    *,
    overrides: Sequence[Override] = (),
    policy: Policy = DEFAULT,
) -> ClearedPlan:
    """Turn a checked plan into a `ClearedPlan` that is valid for `VALID_FOR_S`.

    Args:
        plan: what was checked.
        findings: all that was found.
        now: when it is cleared.
        overrides: what a commander overrode; counted only where the finding is the same or less grave.
        policy: says which rules may be overridden.

    Raises:
        NotClearedError: when a finding is blocking and not overridden.
    """
    blocking = [finding for finding in findings if finding.severity == "blocking"]
    held = [override_of(finding, plan.vehicle_id, overrides, policy) for finding in blocking]
    used = tuple(override for override in held if override is not None)
    if len(used) < len(blocking):
        raise NotClearedError(findings, [each for each, by in zip(blocking, held, strict=True) if by is None])
    return ClearedPlan(plan, tuple(findings), used, now, Instant(now + VALID_FOR_S), _SEAL)
