"""METAR: what real reports say, figure by figure, and what is refused rather than guessed."""

from datetime import UTC, datetime

import pytest

from maps.instants import Instant
from service.metar import MetarError, parse_metar

NOW = Instant(datetime(2026, 11, 24, 12, 20, tzinfo=UTC).timestamp())


def test_a_report_is_read_figure_by_figure() -> None:
    told = parse_metar("METAR ZYCC 241200Z 27008G14MPS 240V300 3000 -SN BR BKN012 OVC030 M05/M07 Q1023 NOSIG=", NOW)
    assert told.source == "METAR ZYCC"
    assert told.observed_time == datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
    assert (told.wind_from_deg, told.wind_mps, told.gust_mps) == (270.0, 8.0, 14.0)
    assert (told.visibility_m, told.temperature_c) == (3000.0, -5.0)
    assert (told.precipitation_mmh, told.moisture) == (2.5, True)


def test_cavok_is_far_dry_and_bright() -> None:
    told = parse_metar("ZYCC 241200Z 00000MPS CAVOK 21/08 Q1013", NOW)
    assert (told.visibility_m, told.precipitation_mmh, told.moisture) == (10_000.0, 0.0, False)
    assert (told.wind_mps, told.gust_mps) == (0.0, 5.0)


@pytest.mark.parametrize(("group", "mps"), [("18010KT", 5.144), ("18036KMH", 10.0), ("18010MPS", 10.0)])
def test_units_of_wind(group: str, mps: float) -> None:
    assert parse_metar(f"EGLL 241150Z {group} 9999 10/05", NOW).wind_mps == pytest.approx(mps, abs=1e-3)


@pytest.mark.parametrize(
    ("groups", "metres"),
    [("10SM", 10_000.0), ("1/2SM", 804.7), ("1 1/2SM", 2414.0), ("0800", 800.0), ("9999", 10_000.0), ("3SM", 4828.0)],
)
def test_visibility_in_metres_and_statute_miles(groups: str, metres: float) -> None:
    told = parse_metar(f"KSEA 241153Z 18005KT {groups} OVC020 10/05 A2992 RMK AO2 SLP132", NOW)
    assert told.visibility_m == pytest.approx(metres, abs=0.5)


@pytest.mark.parametrize(
    ("groups", "mmh", "moist"),
    [
        ("RA", 10.0, True),
        ("+TSRA", 50.0, True),
        ("-DZ", 0.1, True),
        ("FZFG", 0.0, True),
        ("HZ", 0.0, False),
        ("VCSH", 0.0, False),
        ("OVC003", 0.0, True),
        ("//", None, None),
        ("RERA", 0.0, False),
    ],
)
def test_rain_and_moisture(groups: str, mmh: float | None, moist: bool | None) -> None:
    told = parse_metar(f"ZYCC 241200Z AUTO 18005MPS 9999 {groups} 10/05 Q1013", NOW)
    assert (told.precipitation_mmh, told.moisture) == (mmh, moist)


def test_what_a_station_cannot_tell_is_not_known() -> None:
    told = parse_metar("ZYCC 241200Z AUTO /////MPS //// // ////// /////", NOW)
    assert (told.wind_mps, told.gust_mps, told.visibility_m, told.temperature_c) == (None, None, None, None)
    assert parse_metar("ZYCC 241200Z VRB02MPS 9999 10/05", NOW).wind_from_deg is None


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [("241300Z", (2026, 11, 24, 13)), ("241400Z", (2026, 10, 24, 14)), ("302300Z", (2026, 10, 30, 23))],
)
def test_the_month_is_that_of_the_newest_such_day(stamp: str, moment: tuple[int, ...]) -> None:
    told = parse_metar(f"ZYCC {stamp} 18005MPS CAVOK 10/05", NOW)
    assert told.observed_time == datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>404 not found</html>",
        "ZYCC 241200Z NIL=",
        "ZYCC 249900Z 18005MPS CAVOK 10/05",
        "ZYCC 241200Z 18005MPS 9999 WHATEVER 10/05",
        "ZYCC 241200Z 18005FPS 9999 10/05",
        "ZYCC 241200Z",
    ],
)
def test_what_is_no_report_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(MetarError) as caught:
        parse_metar(text, NOW)
    assert caught.value.message_zh
