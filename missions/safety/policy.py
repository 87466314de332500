"""Policy: how grave a breach of each rule is here, and which rules a commander may override.

Rules whose breach can hit people, the ground or another aircraft are hard: policy can make their findings graver, never
lighter, and nobody overrides them. The others are left to whoever answers for the flights.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from missions.safety.findings import Finding

Gravity = Literal["blocking", "warning", "off"]
"""What policy makes of a rule; "off": nothing is said."""

HARD: Final = frozenset(
    {
        "altitude",
        "ceiling",
        "distance",
        "endurance",
        "fence",
        "flight_area",
        "gust",
        "icing",
        "items",
        "no_fly",
        "separation",
        "terrain",
        "way_home",
        "wind",
    }
)
"""Rules that can be neither lowered nor overridden."""

SOFT: Final = frozenset(
    {
        "daylight",
        "departure",
        "home",
        "no_return",
        "not_checked",
        "not_modelled",
        "precipitation",
        "radio",
        "repeats",
        "resolution",
        "temperature",
        "visibility",
        "weather",
    }
)
"""Rules that policy may make blocking, a warning or silent. A rule that is named nowhere is hard."""

UNLESS_ASKED: Final[Mapping[str, Gravity]] = MappingProxyType({"daylight": "off"})
"""Rules that only policy brings into force."""


class PolicyError(ValueError):
    """A policy that asks for what cannot be had.

    Attributes:
        rule: the rule it is about.
    """

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


@dataclass(frozen=True)
class Policy:
    """How grave each rule is here, and which may be overridden.

    Attributes:
        severity: by rule; a rule that is not named keeps the severity that its check gives.
        overridable: rules whose blocking findings a commander may override, with a reason.
        weather_required: whether flying in weather that nobody has told of is said.

    Raises:
        PolicyError: a rule is unknown, or hard and lowered or overridden.
    """

    severity: Mapping[str, Gravity] = field(default_factory=lambda: MappingProxyType({}))
    overridable: frozenset[str] = frozenset()
    weather_required: bool = False

    def __post_init__(self) -> None:
        for rule, gravity in self.severity.items():
            _require_known(rule)
            if rule in HARD and gravity != "blocking":
                raise PolicyError(rule, f'{rule} is a hard rule: it can be made "blocking", not "{gravity}"')
        for rule in sorted(self.overridable):
            _require_known(rule)
            if rule in HARD:
                raise PolicyError(rule, f"{rule} is a hard rule: nobody may override it; leave it out")

    def applied(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with the severities of this policy, without those it silences."""
        judged = []
        for finding in findings:
            gravity = self.severity.get(finding.rule, UNLESS_ASKED.get(finding.rule))
            if gravity is None or gravity == finding.severity:
                judged.append(finding)
            elif gravity != "off":
                judged.append(msgspec.structs.replace(finding, severity=gravity))
        return judged

    def may_override(self, rule: str) -> bool:
        """Whether a commander may override a blocking finding of a rule."""
        return rule in self.overridable


DEFAULT: Final = Policy()
"""Every rule as grave as its check says, none overridable."""


def _require_known(rule: str) -> None:
    if rule not in HARD | SOFT:
        raise PolicyError(rule, f"there is no rule {rule}; rules are {', '.join(sorted(HARD | SOFT))}")
