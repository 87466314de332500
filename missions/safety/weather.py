"""Weather: what was observed, against what an aircraft is flown in."""

import math
from collections.abc import Iterator

import msgspec

from maps.instants import Instant
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind
from missions.safety.findings import Finding

STALE_AFTER_S = 3600.0
"""Aerodromes observe every half hour or hour: what is older tells of another weather."""

LIGHT_MPS = 2.0
"""Mean wind below which its direction is nothing to ask for: light air turns."""

FOG_BELOW_M = 1000.0
"""Visibility below which the air itself holds visible moisture (WMO-No. 8: fog)."""


class Weather(msgspec.Struct, frozen=True, omit_defaults=True):
    """Weather as it was observed; what is None is not known.

    Attributes:
        observed_time: when (UTC seconds).
        source: who says so: a user, or the station of a report.
        wind_from_deg: where the wind comes from, clockwise from true north; None also where it varies.
        wind_mps: its mean over ten minutes.
        gust_mps: the strongest gusts.
        temperature_c: of the air.
        precipitation_mmh: rain, or what snow holds of water.
        moisture: whether the air holds visible moisture (fog, mist, cloud where it is flown).
        visibility_m: horizontal.
        problem, problem_zh: why a feed could not be read; the figures are then those of its last good report.
    """

    observed_time: float
    source: str = ""
    wind_from_deg: float | None = None
    wind_mps: float | None = None
    gust_mps: float | None = None
    temperature_c: float | None = None
    precipitation_mmh: float | None = None
    moisture: bool | None = None
    visibility_m: float | None = None
    problem: str = ""
    problem_zh: str = ""

    @property
    def wind(self) -> Wind | None:
        """The mean wind, for a request that names none; None where speed or direction is not known."""
        if self.wind_mps is None or self.wind_from_deg is None:
            return None
        return Wind(from_deg=self.wind_from_deg % 360, speed_mps=self.wind_mps)

    @property
    def wet(self) -> bool | None:
        """Whether there is visible moisture: told, or rain, or fog by the visibility; None when nothing tells."""
        if self.moisture or (self.precipitation_mmh or 0.0) > 0 or (self.visibility_m or math.inf) < FOG_BELOW_M:
            return True
        told = (self.moisture, self.precipitation_mmh, self.visibility_m)
        return False if self.moisture is False or None not in told[1:] else None


_NAMES = {
    "wind_from_deg": ("direction of the wind", "风向"),
    "wind_mps": ("wind", "风速"),
    "gust_mps": ("gusts", "阵风"),
    "temperature_c": ("temperature", "气温"),
    "precipitation_mmh": ("precipitation", "降水"),
    "visibility_m": ("visibility", "能见度"),
}


def weather_findings(
    profile: VehicleProfile, weather: Weather | None, now: Instant, *, required: bool = False
) -> Iterator[Finding]:
    """What the weather says against flying an aircraft that takes off now.

    Args:
        profile: of the aircraft.
        weather: as observed; None: nobody said anything.
        now: when it takes off.
        required: whether policy demands that the weather is known.
    """
    if weather is None:
        if required:
            yield Finding(
                "weather",
                "warning",
                "the weather is not known, and policy here asks for it: set it, or name a feed in the configuration",
                "天气未知，而本单位策略要求掌握天气：请录入天气，或在配置中指定气象报文来源",
            )
        return
    yield from _doubts(weather, now)
    yield from _above(profile, weather)
    yield from _wet(profile, weather)


def _doubts(weather: Weather, now: Instant) -> Iterator[Finding]:
    """What is not known, or not any more."""
    if weather.problem:
        yield Finding(
            "weather",
            "warning",
            f"the weather feed cannot be read ({weather.problem}): look at the weather yourself, and set it",
            f"气象报文无法读取（{weather.problem_zh or weather.problem}）：请自行查看并录入天气",
            about="feed",
        )
    unknown = [name for name in _NAMES if getattr(weather, name) is None]
    if (weather.wind_mps or 0.0) < LIGHT_MPS and "wind_from_deg" in unknown:
        unknown.remove("wind_from_deg")
    if unknown:
        yield Finding(
            "weather",
            "warning",
            f"of the weather is not known: {', '.join(_NAMES[name][0] for name in unknown)}; see for yourself",
            f"天气数据不全，缺少{'、'.join(_NAMES[name][1] for name in unknown)}：请自行确认",
            about="unknown",
            excess=float(len(unknown)),
        )
    age = now - weather.observed_time
    if age > STALE_AFTER_S:
        yield Finding(
            "weather",
            "warning",
            f"the weather was observed {age / 3600:.1f} h before take-off, more than {STALE_AFTER_S / 3600:.0f} h: "
            "set it anew",
            f"天气观测于起飞前 {age / 3600:.1f} 小时，已超过 {STALE_AFTER_S / 3600:.0f} 小时：请更新天气",
            about="age",
            excess=age - STALE_AFTER_S,
        )


def _above(profile: VehicleProfile, weather: Weather) -> Iterator[Finding]:
    """Wind, gusts and temperature beyond what it is flown in."""
    wind, gust, degrees = weather.wind_mps, weather.gust_mps, weather.temperature_c
    if wind is not None and wind > profile.max_wind_mps:
        yield _too_strong("wind", "a wind", "风速", wind, profile.max_wind_mps)
    if gust is not None and gust > profile.max_gust_mps:
        yield _too_strong("gust", "gusts", "阵风", gust, profile.max_gust_mps)
    if degrees is None:
        return
    low, high = profile.min_temperature_c, profile.max_temperature_c
    if not low <= degrees <= high:
        yield Finding(
            "temperature",
            "blocking",
            f"at {degrees:.0f} °C this aircraft is not flown (from {low:.0f} to {high:.0f} °C): wait",
            f"气温 {degrees:.0f} °C 超出该机型允许范围（{low:.0f} 至 {high:.0f} °C）：请等待",
            excess=max(low - degrees, degrees - high),
        )


def _too_strong(rule: str, what: str, what_zh: str, speed_mps: float, limit_mps: float) -> Finding:
    message = f"{what} of {speed_mps:.0f} m/s: too strong for this aircraft ({limit_mps:.0f} m/s at most): wait"
    message_zh = f"{what_zh} {speed_mps:.0f} 米/秒超过该机型上限（{limit_mps:.0f} 米/秒）：请等待"
    if rule == "wind":
        return Finding("wind", "blocking", message, message_zh, excess=speed_mps - limit_mps)
    return Finding("gust", "blocking", message, message_zh, excess=speed_mps - limit_mps)


def _wet(profile: VehicleProfile, weather: Weather) -> Iterator[Finding]:
    """Ice, rain and what hides the aircraft."""
    degrees, rain, sight = weather.temperature_c, weather.precipitation_mmh, weather.visibility_m
    limit = profile.icing_below_c
    if degrees is not None and degrees <= limit and weather.wet:
        yield Finding(
            "icing",
            "blocking",
            f"at {degrees:.0f} °C in visible moisture ice forms on propellers and wings (looked for from "
            f"{limit:.0f} °C down): wait until it is dry or warmer",
            f"气温 {degrees:.0f} °C 且有可见水汽，桨叶和机翼可能结冰（{limit:.0f} °C 及以下）：请等待转干或回暖",
            excess=limit - degrees,
        )
    if rain is not None and rain > profile.max_precipitation_mmh:
        most = profile.max_precipitation_mmh
        yield Finding(
            "precipitation",
            "blocking",
            f"{rain:.1f} mm/h of rain or snow, this aircraft is flown in {most:.1f} mm/h at most: wait",
            f"降水 {rain:.1f} 毫米/小时，该机型上限为 {most:.1f} 毫米/小时：请等待",
            excess=rain - most,
        )
    if sight is not None and sight < profile.min_visibility_m:
        yield Finding(
            "visibility",
            "blocking",
            f"one sees {sight:.0f} m far, {profile.min_visibility_m:.0f} m are needed: wait",
            f"能见度 {sight:.0f} 米，至少需要 {profile.min_visibility_m:.0f} 米：请等待",
            margin_m=sight - profile.min_visibility_m,
        )
