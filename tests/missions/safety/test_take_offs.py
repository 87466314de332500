"""Take-offs of one mission: put off until its aircraft keep apart, and no longer than needed."""

import msgspec
import pytest

from maps.district import District
from maps.instants import Instant
from missions import planning
from missions.plan import Plan
from missions.planning.request import MissionRequest
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.flightpath import FlightPath
from missions.safety.take_offs import Company, put_off
from missions.safety.volumes import Intent, Volumes

NOW = Instant(1_790_000_000.0)


def crew(nanling: District, kind: str, count: int) -> tuple[Plan, ...]:
    west, south, east, north = 125.312, 43.857, 125.320, 43.863
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    request = {
        "kind": "survey",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "altitude": {"value_m": 70},
        "vehicles": {"count": count, "kind": kind},
    }
    return planning.draft(MissionRequest.model_validate(request), nanling, [], NOW)


def meetings(nanling: District, plans: tuple[Plan, ...]) -> int:
    company = Company(plans, nanling)
    given = Circumstances(now=NOW, company=company)
    return sum(found.rule == "separation" for plan in plans for found in judge(plan, nanling, given))


@pytest.mark.parametrize(("kind", "count"), [("rotorcraft", 3), ("fixed_wing", 3), ("vtol", 2)])
def test_aircraft_that_would_meet_take_off_later(nanling: District, kind: str, count: int) -> None:
    plans = crew(nanling, kind, count)
    assert meetings(nanling, plans) > 0
    apart = put_off(plans, nanling)
    assert meetings(nanling, apart) == 0
    for before, after in zip(plans, apart, strict=True):
        assert 0 <= after.takeoffs_s[0] - before.takeoffs_s[0] < 400
        assert after.items == before.items


def test_those_that_keep_apart_are_left_as_they_are(nanling: District) -> None:
    apart = put_off(crew(nanling, "rotorcraft", 2), nanling)
    assert put_off(apart, nanling) == apart
    twice = tuple(msgspec.structs.replace(plan, takeoffs_s=(0.0, 3000.0)) for plan in apart)
    assert put_off(twice, nanling) == twice, "those of a relief are scheduled already"


@pytest.mark.parametrize(("launched", "meets"), [(False, False), (True, True)])
def test_a_launched_aircraft_takes_off_when_it_is_due_and_not_its_wait_later(
    nanling: District, launched: bool, meets: bool
) -> None:
    (plan,) = crew(nanling, "rotorcraft", 1)
    other = Intent("uav-9", "uav-9", Volumes.of(FlightPath.of(plan, nanling, None)), [(NOW, NOW)])
    waits = msgspec.structs.replace(plan, vehicle_id="uav-1", takeoffs_s=(5000.0,))
    found = judge(waits, nanling, Circumstances(now=NOW, launched=launched, others=lambda: [other]))
    assert ("separation" in {each.rule for each in found}) is meets
