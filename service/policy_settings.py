"""Configuration of clearance: how grave each rule is, and which rules a commander may override.

The rules themselves stand in `missions.safety.policy`, which is imported only where the table says anything: it is
large, and the command line reads this module before it says a word.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from missions.safety.policy import Policy


class PolicySettings(BaseModel):
    """The table ``[policy]``; a rule that is not named stays as grave as its check says.

    Attributes:
        severity: ``blocking``, ``warning`` or ``off``, by rule.
        overridable: rules whose blocking findings a commander may override, with a reason.
        weather_required: whether flying in weather that nobody has told of is said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: dict[str, Literal["blocking", "warning", "off"]] = Field(default={}, max_length=100)
    overridable: frozenset[str] = Field(default=frozenset(), max_length=100)
    weather_required: bool = False

    @model_validator(mode="after")
    def _policy_is_sound(self) -> "PolicySettings":
        if self.model_fields_set:
            self.made()
        return self

    def made(self) -> "Policy":
        """The policy, for clearance.

        Raises:
            ValueError: a rule is unknown, or hard and lowered or overridden.
        """
        from missions.safety.policy import Policy

        return Policy(dict(self.severity), self.overridable, self.weather_required)
