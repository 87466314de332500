"""Layers: aircraft of one mission above one another, all of them below the ceiling of the flight area (120 m)."""

from maps.district import District
from maps.instants import Instant
from missions.planning import MissionRequest, draft
from missions.planning.layers import LAYER_M
from missions.safety.checks import check

LINE = {"type": "LineString", "coordinates": [[125.320, 43.861], [125.322, 43.861], [125.322, 43.862]]}
NOW = Instant(1_800_000_000.0)


def heights_m(district: District, value_m: float, count: int) -> list[float]:
    request = MissionRequest.model_validate(
        {"kind": "route", "geometry": LINE, "altitude": {"value_m": value_m}, "vehicles": {"count": count}}
    )
    plans = draft(request, district, [], NOW)
    assert not [f for plan in plans for f in check(plan, district, NOW) if f.rule == "ceiling"]
    return [max(point.position.alt_amsl_m for point in plan.path) for plan in plans]


def test_layers_lie_apart_and_are_lowered_together_under_a_ceiling(nanling: District) -> None:
    (alone,) = heights_m(nanling, 100, 1)
    first, second, third = heights_m(nanling, 100, 3)
    assert abs(second - first - LAYER_M) < 0.5 and abs(third - second - LAYER_M) < 0.5
    assert LAYER_M == 12.0 and first < alone - 5


def test_where_there_is_room_nothing_is_lowered(nanling: District) -> None:
    assert abs(heights_m(nanling, 80, 2)[0] - heights_m(nanling, 80, 1)[0]) < 0.5


def test_a_ceiling_that_is_gone_around_anyway_does_not_keep_the_layers_up(nanling: District) -> None:
    """The lower ceiling at the coach station lies between the line and home, and no layer fits below it."""
    there = [nanling.frame.to_geodetic([east, -1300.0, 0.0]) for east in (-400.0, 700.0)]
    line = {"type": "LineString", "coordinates": [[place.lon_deg, place.lat_deg] for place in there]}
    asked = {"kind": "route", "geometry": line, "altitude": {"value_m": 110}, "vehicles": {"count": 2}}
    plans = draft(MissionRequest.model_validate(asked), nanling, [], NOW)
    highest = [max(point.position.alt_agl_m or 0.0 for point in plan.path) for plan in plans]
    assert max(highest) <= 120
    assert any("lower than asked" in english for plan in plans for english, _ in plan.notes)
