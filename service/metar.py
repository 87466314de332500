"""METAR: an aerodrome's routine report (WMO-No. 306, FM 15; ICAO Annex 3) as weather. A strict reader.

Every group of the body must be one that is known; a report with any other is refused, with that group named, and
nothing is guessed from it. Trends (NOSIG, BECMG, TEMPO) and remarks end the body. What the code says in words becomes a
figure by the bounds that stand beside the words in the WMO's tables, the worse one each time:

- rain and snow: light up to 2.5, moderate up to 10, heavy up to 50 mm/h; drizzle 0.1, 0.5 and 2.5 (WMO-No. 8);
- gusts are left out of a report when they are less than 5 m/s (10 kt) over the mean wind: taken as that much;
- visible moisture: precipitation, mist or fog, or a cloud base below 500 ft.
"""

import re
from datetime import UTC, datetime, timedelta

from maps.instants import Instant
from missions.safety.weather import Weather

MOST_CHARACTERS = 64 * 1024
MPS = {"MPS": 1.0, "KT": 1852 / 3600, "KMH": 1 / 3.6}
STATUTE_MILE_M = 1609.344
UNREPORTED_GUST_MPS = 5.0
LOW_CLOUD_FT = 500
FAR_M = 10_000.0
"""9999 and CAVOK: ten kilometres or more."""

_STATION = re.compile(r"[A-Z][A-Z0-9]{3}")
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})Z")
_WIND = re.compile(r"(\d{3}|VRB|///)(\d{2,3}|//)(?:G(\d{2,3}))?(KT|MPS|KMH)")
_METRES = re.compile(r"(\d{4})(?:NDV)?")
_MILES = re.compile(r"[PM]?(?:(\d{1,2})|(\d)/(\d{1,2}))SM")
_TEMPERATURE = re.compile(r"(M?\d{2}|//)/(M?\d{2}|//)?")
_WEATHER = re.compile(
    r"(\+|-|VC)?((?:MI|BC|PR|DR|BL|SH|TS|FZ)*)((?:DZ|RA|SN|SG|PL|GR|GS|UP|IC)*)"
    r"((?:BR|FG|FU|VA|DU|SA|HZ|PO|SQ|FC|SS|DS|PY)*)"
)
_CLOUD = re.compile(r"(?:FEW|SCT|BKN|OVC|VV|///)(\d{3}|///)(?:CB|TCU|///)?")
_PASSED_OVER = re.compile(
    r"\d{3}V\d{3}|\d{4}(?:N|NE|E|SE|S|SW|W|NW)|R\d{2}[LCR]?/\S+|NSC|NCD|SKC|CLR|[QA](?:\d{4}|////)|RE[A-Z]+|WS|ALL|RWY|"
    r"RWY\d{2}[LCR]?|W(?:\d{2}|M\d{2}|//)/[SH]\S+"
)
_ENDS = frozenset({"NOSIG", "BECMG", "TEMPO", "RMK"})
_RATES_MMH = {"-": 2.5, "": 10.0, "+": 50.0}
_DRIZZLE_MMH = {"-": 0.1, "": 0.5, "+": 2.5}


class MetarError(ValueError):
    """A text that is no METAR, or one that says what this reader does not know.

    Attributes:
        message_zh: what is wrong, in Chinese; the exception itself says it in English.
    """

    def __init__(self, message: str, message_zh: str) -> None:
        self.message_zh = message_zh
        super().__init__(message)


def parse_metar(text: str, now: Instant) -> Weather:
    """The weather that the first report in a text tells.

    Args:
        text: a report, as files and pages of aerodrome weather have it; lines before it are passed over.
        now: to tell the month of a report, which names the day of it only.

    Raises:
        MetarError: there is no report, or it has a group that is not known.
    """
    station, observed, body = _found(text[:MOST_CHARACTERS].upper(), now)
    said: dict[str, float | bool | None] = {}
    weathers: list[str] = []
    miles = 0.0
    for index, group in enumerate(body):
        if re.fullmatch(r"\d", group) and index + 1 < len(body) and "/" in body[index + 1]:
            miles = float(group)  # "1 1/2SM"
        elif match := _WIND.fullmatch(group):
            said |= _wind(match)
        elif group == "CAVOK":
            said |= {"visibility_m": FAR_M}
        elif match := _METRES.fullmatch(group):
            said.setdefault("visibility_m", FAR_M if match[1] == "9999" else float(match[1]))
        elif match := _MILES.fullmatch(group):
            whole = float(match[1]) if match[1] else float(match[2]) / max(float(match[3]), 1.0)
            said["visibility_m"] = min((miles + whole) * STATUTE_MILE_M, FAR_M)
        elif match := _TEMPERATURE.fullmatch(group):
            said["temperature_c"] = None if match[1] == "//" else float(match[1].replace("M", "-"))
        elif match := _CLOUD.fullmatch(group):
            if match[1].isdigit() and int(match[1]) * 100 < LOW_CLOUD_FT:
                said["moisture"] = True
        elif group == "//" or _WEATHER.fullmatch(group):
            weathers.append(group)
        elif not _PASSED_OVER.fullmatch(group) and group.strip("/"):
            raise MetarError(
                f"the report of {station} has a group that is not known: {group[:20]}",
                f"{station} 的报文含有无法识别的组：{group[:20]}",
            )
    said |= _moist(weathers, said.get("moisture") is True)
    return Weather(observed, f"METAR {station}", **said)  # type: ignore[arg-type]


def _found(text: str, now: Instant) -> tuple[str, float, list[str]]:
    """Station, time and body of the first report in a text."""
    groups = text.replace("=", " = ").split()
    for index in range(len(groups) - 1):
        time = _TIME.fullmatch(groups[index + 1])
        if time and _STATION.fullmatch(groups[index]):
            body = []
            for group in groups[index + 2 :]:
                if group == "=" or group in _ENDS:
                    break
                if group not in {"AUTO", "COR"}:
                    body.append(group)
            if not body or body == ["NIL"]:
                break
            return groups[index], _observed(time, now), body
    raise MetarError("there is no METAR in it", "其中没有 METAR 报文")


def _observed(time: re.Match[str], now: Instant) -> float:
    """The newest moment of that day and time that is not in the future by more than an hour."""
    day, hour, minute = (int(part) for part in time.groups())
    latest = datetime.fromtimestamp(now, UTC) + timedelta(hours=1)
    for days in range(32):
        date = latest.date() - timedelta(days=days)
        if date.day == day and hour < 24 and minute < 60:
            moment = datetime(date.year, date.month, date.day, hour, minute, tzinfo=UTC)
            if moment <= latest:
                return moment.timestamp()
    raise MetarError(f"{time.group()} is no time", f"{time.group()} 不是有效时间")


def _wind(match: re.Match[str]) -> dict[str, float | bool | None]:
    direction, speed, gust, unit = match.groups()
    if not speed.isdigit():
        return {}
    mean = float(speed) * MPS[unit]
    return {
        "wind_from_deg": float(direction) if direction.isdigit() else None,
        "wind_mps": mean,
        "gust_mps": float(gust) * MPS[unit] if gust else mean + UNREPORTED_GUST_MPS,
    }


def _moist(groups: list[str], low_cloud: bool) -> dict[str, float | bool | None]:
    """Precipitation and visible moisture by the weather groups; nothing of them where the station cannot tell."""
    if "//" in groups:
        return {"moisture": True} if low_cloud else {}
    falling, moist = 0.0, low_cloud
    for group in groups:
        match = _WEATHER.fullmatch(group)
        if match is None or match[1] == "VC":
            continue
        kinds = {match[3][i : i + 2] for i in range(0, len(match[3]), 2)}
        rates = _DRIZZLE_MMH if kinds == {"DZ"} else _RATES_MMH
        falling = max(falling, rates[match[1] or ""] if kinds else 0.0)
        moist = moist or bool(kinds) or "BR" in match[4] or "FG" in match[4]
    return {"precipitation_mmh": falling, "moisture": moist}
