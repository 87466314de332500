"""Plans of other ground stations hold commands that Liti does not write: the checks say which they cannot follow."""

from maps.district import District
from maps.instants import Instant
from missions.plan import Plan, PlanItem
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)


def rules(district: District, *commands: int) -> dict[str, int | None]:
    home = district.home
    items = [
        PlanItem(22, 3, home.lat_deg, home.lon_deg, 50.0),
        PlanItem(16, 3, home.lat_deg + 0.0005, home.lon_deg, 50.0),
    ]
    for command in commands:
        placed = command < 100
        lat, lon = (home.lat_deg + 0.001, home.lon_deg) if placed else (0.0, 0.0)
        items.append(PlanItem(command, 3 if placed else 2, lat, lon, 50.0, (2.0, -1.0, 0.0, 0.0)))
    items.append(PlanItem(20, 2))
    plan = Plan("", "rotorcraft", home, tuple(items), 8.0)
    return {finding.rule: finding.item for finding in check(plan, district, NOW)}


def test_a_jump_back_is_checked_once_and_said_to_be(nanling: District) -> None:
    assert rules(nanling, 177)["repeats"] == 2
    assert "repeats" not in rules(nanling, 16)


def test_a_way_of_flying_that_is_not_followed_is_named(nanling: District) -> None:
    assert rules(nanling, 82)["not_modelled"] == 2  # a spline
    assert rules(nanling, 17)["not_modelled"] == 2  # circling without end
    assert "not_modelled" not in rules(nanling, 203, 530)  # a camera's orders move nobody
