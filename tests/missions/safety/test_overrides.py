"""Overrides: what they let through the one door to a cleared plan, and what they never do."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.instants import Instant
from missions.plan import Plan
from missions.safety import Finding, NotClearedError, clear
from missions.safety.overrides import Override, breach_of
from missions.safety.policy import DEFAULT, HARD, SOFT, Policy

NOW = Instant(1_790_000_000.0)
PLAN = Plan("uav-1", "rotorcraft", Position(43.86, 125.32, 220.0), (), 10.0)
ALLOWED = Policy(overridable=frozenset({"departure", "home", "no_return"}))
TURNED = Finding("departure", "blocking", "stands in heading 90°", item=0, excess=20.0)


def of(finding: Finding, vehicle_id: str = "uav-1") -> Override:
    return Override(
        finding.rule,
        vehicle_id,
        "chief",
        NOW,
        "seen to",
        finding.message,
        finding.item,
        finding.about,
        breach_of(finding),
    )


def passes(finding: Finding, *overrides: Override, policy: Policy = ALLOWED) -> bool:
    try:
        cleared = clear(PLAN, [finding], NOW, overrides=overrides, policy=policy)
    except NotClearedError:
        return False
    assert cleared.overrides == overrides[:1]
    return True


def test_an_overridden_finding_does_not_block_and_the_clearance_tells_of_it() -> None:
    assert not passes(TURNED)
    assert passes(TURNED, of(TURNED))


@pytest.mark.parametrize(("excess", "passed"), [(19.0, True), (20.0, True), (20.1, False), (90.0, False)])
def test_an_override_holds_while_the_finding_is_the_same_or_less_grave(excess: float, passed: bool) -> None:
    again = msgspec.structs.replace(TURNED, excess=excess, message=f"stands {excess}° off")
    assert passes(again, of(TURNED)) is passed


@pytest.mark.parametrize(("margin_m", "passed"), [(-25.0, True), (-30.0, True), (-31.0, False)])
def test_metres_of_margin_count_as_well(margin_m: float, passed: bool) -> None:
    said = Finding("home", "blocking", "home lies elsewhere", margin_m=-30.0)
    assert passes(msgspec.structs.replace(said, margin_m=margin_m), of(said)) is passed


def test_a_finding_without_measure_must_be_the_same() -> None:
    said = Finding("no_return", "blocking", "the plan does not return", item=3)
    assert passes(said, of(said))
    assert not passes(msgspec.structs.replace(said, item=4), of(said))
    assert not passes(msgspec.structs.replace(said, message="it lands elsewhere"), of(said))
    assert not passes(msgspec.structs.replace(said, excess=1.0), of(said))
    assert not passes(msgspec.structs.replace(said, about="z-1"), of(said))


def test_an_override_is_of_one_vehicle_and_one_rule() -> None:
    assert not passes(TURNED, of(TURNED, "uav-2"))
    assert not passes(TURNED, msgspec.structs.replace(of(TURNED), rule="home"))


def test_policy_has_the_last_word() -> None:
    assert not passes(TURNED, of(TURNED), policy=DEFAULT)
    assert not passes(TURNED, of(TURNED), policy=Policy(overridable=frozenset({"home"})))


def test_what_is_not_overridden_still_blocks_beside_what_is() -> None:
    other = Finding("home", "blocking", "home lies elsewhere", margin_m=-30.0)
    with pytest.raises(NotClearedError, match="home lies elsewhere") as caught:
        clear(PLAN, [TURNED, other], NOW, overrides=[of(TURNED)], policy=ALLOWED)
    assert "heading" not in str(caught.value)
    assert caught.value.findings == (TURNED, other)


@settings(max_examples=60)
@given(rule=st.sampled_from([*sorted(HARD), "a_rule_of_tomorrow"]), excess=st.floats(0, 1e6))
def test_no_override_lets_a_hard_rule_through(rule: str, excess: float) -> None:
    broken = Finding(rule, "blocking", "into the school", excess=excess)
    assert not passes(broken, of(broken), policy=Policy(overridable=SOFT))
