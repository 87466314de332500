"""Daylight: the sun where almanacs have it, and flights that end just before and just after civil twilight does."""

from datetime import UTC, datetime

import numpy as np
import pytest

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.daylight import sun_elevation_deg
from missions.safety.policy import Policy

ASKED = Policy({"daylight": "blocking"})


def utc(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("moment", "lat_deg", "elevation_deg"),
    [
        (
            (2024, 6, 20, 20, 51),
            90.0,
            23.436,
        ),  # June solstice: the sun stands as high at the pole as the earth is tilted
        ((2024, 12, 21, 9, 21), -90.0, 23.436),  # December solstice
        ((2024, 3, 20, 3, 6), 90.0, 0.0),  # March equinox
        ((2024, 9, 22, 12, 44), 90.0, 0.0),  # September equinox
    ],
)
def test_at_the_poles_the_sun_stands_as_high_as_the_seasons_say(
    moment: tuple[int, ...], lat_deg: float, elevation_deg: float
) -> None:
    assert float(sun_elevation_deg(utc(*moment), lat_deg, 0.0)) == pytest.approx(elevation_deg, abs=0.02)


def test_the_sun_crosses_greenwichs_meridian_by_the_equation_of_time() -> None:
    """It is 16.4 min before twelve on 3 November and 14.2 min after it on 11 February (the two extremes)."""
    for day, minutes in ((utc(2024, 11, 3), -16.4), (utc(2024, 2, 11), 14.2)):
        seconds = np.arange(11 * 3600.0, 13 * 3600.0, 5.0)
        noon = seconds[int(np.argmax(sun_elevation_deg(day + seconds, 0.0, 0.0)))]
        assert noon / 60 - 720 == pytest.approx(minutes, abs=0.2)


def test_it_rises_and_sets_in_greenwich_on_midsummer_day_when_almanacs_say() -> None:
    """Sunrise 03:43, sunset 20:21 UTC on 21 June: the upper rim at the horizon, the air bending its light by 34'."""
    for moment in (utc(2024, 6, 21, 3, 43), utc(2024, 6, 21, 20, 21)):
        assert float(sun_elevation_deg(moment, 51.48, 0.0)) == pytest.approx(-0.833, abs=0.2)


def there_and_back(district: District) -> Plan:
    home = district.home
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, 60.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, home.lat_deg + 0.004, home.lon_deg, 60.0),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
    )
    return Plan("", "rotorcraft", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), items, 10.0)


def dusk(district: District) -> float:
    """When civil twilight ends on 1 October 2024 at the district's home."""
    times = utc(2024, 10, 1, 9) + np.arange(0.0, 3 * 3600.0)
    sun = sun_elevation_deg(times, district.home.lat_deg, district.home.lon_deg)
    return float(times[int(np.argmax(sun < -6.0))])


@pytest.mark.parametrize(("before_s", "late"), [(600.0, False), (90.0, True), (-60.0, True)])
def test_the_whole_flight_must_end_before_twilight_does(nanling: District, before_s: float, late: bool) -> None:
    """It takes some three minutes, and may take a third longer."""
    given = Circumstances(now=Instant(dusk(nanling) - before_s), policy=ASKED)
    found = [each for each in judge(there_and_back(nanling), nanling, given) if each.rule == "daylight"]
    assert bool(found) is late
    if late:
        assert found[0].severity == "blocking"
        assert found[0].excess is not None
        assert 0 < found[0].excess < 1.5
        assert "民用晨昏蒙影" in found[0].message_zh


def test_daylight_is_asked_for_by_policy_alone(nanling: District) -> None:
    midnight = Instant(utc(2024, 10, 1, 16))
    plan = there_and_back(nanling)

    def severity(policy: Policy) -> str | None:
        found = judge(plan, nanling, Circumstances(now=midnight, policy=policy))
        return {each.rule: each.severity for each in found}.get("daylight")

    assert severity(Policy()) is None
    assert severity(Policy({"daylight": "warning"})) == "warning"
    assert severity(ASKED) == "blocking"
