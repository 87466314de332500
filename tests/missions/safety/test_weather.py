"""Weather: each limit just kept and just broken, what is not known said, and its wind flown in."""

import msgspec
import pytest

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.profiles import PROFILES
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.policy import Policy
from missions.safety.weather import Weather, weather_findings

NOW = Instant(1_790_000_000.0)
FAIR = Weather(NOW - 600, "somebody", 270.0, 3.0, 5.0, 15.0, 0.0, moisture=False, visibility_m=10_000.0)
ROTORCRAFT = PROFILES["rotorcraft"]


def told(weather: Weather | None, *, required: bool = False, now: Instant = NOW) -> dict[str, str]:
    found = list(weather_findings(ROTORCRAFT, weather, now, required=required))
    assert all(each.message_zh and each.message for each in found)
    return {each.rule: each.severity for each in found}


def but(**figures: object) -> Weather:
    return msgspec.structs.replace(FAIR, **figures)


def test_in_fair_weather_nothing_is_said() -> None:
    assert told(FAIR) == {}


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("wind", {"wind_mps": 10.0}, {"wind_mps": 10.1}),
        ("gust", {"gust_mps": 15.0}, {"gust_mps": 15.1}),
        ("temperature", {"temperature_c": -10.0}, {"temperature_c": -10.1}),
        ("temperature", {"temperature_c": 40.0}, {"temperature_c": 40.1}),
        ("precipitation", {"precipitation_mmh": 2.5}, {"precipitation_mmh": 2.6}),
        ("visibility", {"visibility_m": 1500.0}, {"visibility_m": 1499.0}),
        ("icing", {"temperature_c": 5.1, "moisture": True}, {"temperature_c": 5.0, "moisture": True}),
        ("icing", {"temperature_c": 2.0}, {"temperature_c": 2.0, "precipitation_mmh": 0.1}),
        ("icing", {"temperature_c": 5.1, "visibility_m": 900.0}, {"temperature_c": 5.0, "visibility_m": 900.0}),
    ],
)
def test_each_limit_is_kept_on_its_edge_and_broken_beyond(rule: str, kept: dict, broken: dict) -> None:
    assert rule not in told(but(**kept))
    assert told(but(**broken)).get(rule) == "blocking"


def test_limits_are_those_of_the_aircraft() -> None:
    hardy = msgspec.structs.replace(ROTORCRAFT, max_gust_mps=18.0, min_temperature_c=-20.0)
    weather = but(gust_mps=16.0, temperature_c=-15.0)
    assert {each.rule for each in weather_findings(ROTORCRAFT, weather, NOW)} == {"gust", "temperature"}
    assert not list(weather_findings(hardy, weather, NOW))


def test_how_far_beyond_is_told_in_the_rules_own_unit() -> None:
    (gust,) = weather_findings(ROTORCRAFT, but(gust_mps=17.0), NOW)
    (sight,) = weather_findings(ROTORCRAFT, but(visibility_m=1200.0), NOW)
    assert gust.excess == pytest.approx(2.0)
    assert sight.margin_m == pytest.approx(-300.0)


def test_what_is_not_known_is_named_once_somebody_told_of_the_weather_or_policy_asks() -> None:
    assert told(None) == {}
    assert told(None, required=True) == {"weather": "warning"}
    (found,) = weather_findings(ROTORCRAFT, but(gust_mps=None, visibility_m=None), NOW)
    assert (found.rule, found.severity) == ("weather", "warning")
    assert "gusts, visibility" in found.message
    assert "阵风、能见度" in found.message_zh


@pytest.mark.parametrize(("age_s", "stale"), [(3600.0, False), (3601.0, True)])
def test_weather_older_than_an_hour_at_take_off_is_said_to_be(age_s: float, stale: bool) -> None:
    assert ("weather" in told(but(observed_time=NOW - age_s))) is stale


def test_a_broken_feed_is_said_with_its_reason() -> None:
    (found,) = weather_findings(ROTORCRAFT, but(problem="no such file", problem_zh="文件不存在"), NOW)
    assert (found.rule, found.severity) == ("weather", "warning")
    assert "no such file" in found.message
    assert "文件不存在" in found.message_zh


def plan_over(district: District) -> Plan:
    home = district.home
    items = (
        PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, 60.0),
        PlanItem(Command.WAYPOINT, Frame.HOME, home.lat_deg + 0.002, home.lon_deg, 60.0),
        PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION),
    )
    return Plan("", "rotorcraft", Position(home.lat_deg, home.lon_deg, home.alt_amsl_m), items, 10.0)


def test_a_plan_is_judged_in_the_weather_and_policy_says_how_gravely(nanling: District) -> None:
    plan, rain = plan_over(nanling), but(precipitation_mmh=4.0)

    def severity(policy: Policy) -> str | None:
        found = judge(plan, nanling, Circumstances(now=NOW, weather=rain, policy=policy))
        return {each.rule: each.severity for each in found}.get("precipitation")

    assert severity(Policy()) == "blocking"
    assert severity(Policy({"precipitation": "warning"})) == "warning"
    assert severity(Policy({"precipitation": "off"})) is None


def test_wind_and_gusts_and_ice_cannot_be_lowered(nanling: District) -> None:
    storm = but(wind_mps=16.0, gust_mps=22.0, temperature_c=0.0, moisture=True)
    found = judge(plan_over(nanling), nanling, Circumstances(now=NOW, weather=storm))
    assert {"wind", "gust", "icing"} <= {each.rule for each in found if each.severity == "blocking"}
