"""Policy: it makes soft rules graver or lighter, hard ones never lighter, and knows every rule there is."""

import ast
from pathlib import Path

import pytest

import missions.safety
from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.findings import Finding
from missions.safety.policy import DEFAULT, HARD, SOFT, Policy, PolicyError

NOW = Instant(1_790_000_000.0)


def lost(district: District) -> Plan:
    """Takes off into the ground's height band and does not come back: one hard rule broken, and one soft one."""
    home = district.home
    items = tuple(
        PlanItem(command, Frame.HOME, home.lat_deg + north, home.lon_deg, 5.0)
        for command, north in ((Command.TAKEOFF, 0.0), (Command.WAYPOINT, 0.002))
    )
    return Plan("", "rotorcraft", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), items, 10.0)


def told(district: District, policy: Policy) -> dict[str, str]:
    given = Circumstances(now=NOW, policy=policy)
    return {found.rule: found.severity for found in judge(lost(district), district, given)}


def test_a_soft_rule_is_as_grave_as_policy_says(nanling: District) -> None:
    assert told(nanling, DEFAULT)["no_return"] == "warning"
    assert told(nanling, Policy({"no_return": "blocking"}))["no_return"] == "blocking"
    assert "no_return" not in told(nanling, Policy({"no_return": "off"}))


def test_a_hard_rule_stays_blocking_whatever_else_policy_says(nanling: District) -> None:
    assert told(nanling, DEFAULT)["terrain"] == "blocking"
    assert told(nanling, Policy(dict.fromkeys(SOFT, "off"), SOFT))["terrain"] == "blocking"


def test_a_hard_rule_that_only_warned_can_be_made_blocking() -> None:
    warned = Finding("way_home", "warning", "over a ceiling")
    (found,) = Policy({"way_home": "blocking"}).applied([warned])
    assert (found.severity, found.message) == ("blocking", "over a ceiling")


@pytest.mark.parametrize("rule", sorted(HARD))
def test_no_hard_rule_can_be_lowered_silenced_or_overridden(rule: str) -> None:
    for gravity in ("warning", "off"):
        with pytest.raises(PolicyError, match=rule):
            Policy({rule: gravity})
    with pytest.raises(PolicyError, match="nobody may override"):
        Policy(overridable=frozenset({rule}))
    assert not DEFAULT.may_override(rule)


def test_a_rule_that_does_not_exist_is_named() -> None:
    with pytest.raises(PolicyError, match="there is no rule day_light"):
        Policy({"day_light": "warning"})
    with pytest.raises(PolicyError, match="there is no rule moon"):
        Policy(overridable=frozenset({"moon"}))


def test_only_what_policy_names_may_be_overridden() -> None:
    assert not DEFAULT.may_override("departure")
    assert Policy(overridable=frozenset({"departure"})).may_override("departure")
    assert not Policy(overridable=frozenset({"departure"})).may_override("home")


def test_every_rule_that_a_check_can_name_is_hard_or_soft() -> None:
    named = set()
    for file in Path(missions.safety.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding" and node.args:
                assert isinstance(node.args[0], ast.Constant), f"{file.name}:{node.lineno}: name the rule"
                named.add(node.args[0].value)
    assert {"no_fly", "not_checked", "departure"} <= named <= HARD | SOFT
    assert not HARD & SOFT
