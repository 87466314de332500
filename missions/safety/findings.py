"""Findings: what a check says of a plan."""

from typing import Literal

import msgspec

from fusion.messages import Position


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a plan, or may be.

    Attributes:
        rule: the rule's name, such as ``no_fly`` or ``endurance``.
        severity: "blocking" findings must be gone before the plan can be cleared.
        message: what is wrong, by how much, and what would satisfy the rule (English).
        message_zh: the same in Chinese.
        item: index into the plan's items, where one is to blame.
        position: where.
        margin_m: by how many metres the rule is kept (positive) or broken (negative).
        about: id of what the rule was broken at, such as a zone; empty where there is no such thing.
        excess: by how much it is broken where that is no distance, in the rule's own unit (m/s, °C, a share …).
    """

    rule: str
    severity: Literal["blocking", "warning"]
    message: str
    message_zh: str = ""
    item: int | None = None
    position: Position | None = None
    margin_m: float | None = None
    about: str = ""
    excess: float | None = None
