"""Altitudes in all references, and the mistakes that people make with them. Home lies 220 m above the sea."""

import msgspec
import pytest

from maps.district import District
from missions.plan import Frame, Plan
from missions.safety.checks import check
from tests.missions.safety.test_checks import NOW, flight, plain, rules

__all__ = ["plain"]


def with_item(plan: Plan, index: int, **changes: float) -> Plan:
    items = list(plan.items)
    items[index] = msgspec.structs.replace(items[index], **changes)
    return msgspec.structs.replace(plan, items=tuple(items))


@pytest.mark.parametrize(
    ("frame", "alt_m"),
    [(Frame.HOME, 60.0), (Frame.AMSL, 280.0), (Frame.TERRAIN, 60.0), (5, 280.0), (6, 60.0), (11, 60.0)],
)
def test_one_height_said_in_each_reference_is_the_same(plain: District, frame: int, alt_m: float) -> None:
    plan = with_item(flight(plain, (200, 0)), 1, frame=int(frame), alt_m=alt_m)
    assert rules(check(plan, plain, NOW)) == set()


@pytest.mark.parametrize("frame", [Frame.HOME, Frame.TERRAIN])
@pytest.mark.parametrize(("alt_m", "blocked"), [(280.0, True), (226.0, True), (224.0, False), (150.0, False)])
def test_an_altitude_above_the_sea_taken_for_a_height_is_named(
    plain: District, frame: Frame, alt_m: float, blocked: bool
) -> None:
    findings = check(with_item(flight(plain, (200, 0)), 1, frame=int(frame), alt_m=alt_m), plain, NOW)
    assert ("altitude" in rules(findings)) is blocked
    if blocked:
        found = next(finding for finding in findings if finding.rule == "altitude")
        assert found.item == 1
        assert "sea level" in found.message
        assert "海拔" in found.message_zh


def test_a_height_taken_for_an_altitude_above_the_sea_is_named(plain: District) -> None:
    findings = check(with_item(flight(plain, (200, 0)), 1, frame=int(Frame.AMSL), alt_m=60.0), plain, NOW)
    assert rules(findings) == {"altitude", "terrain"}
    assert "below the ground" in next(found for found in findings if found.rule == "altitude").message
