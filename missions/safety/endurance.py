"""Endurance: from every point of the path, enough battery to get home and land with the reserve untouched."""

from collections.abc import Iterator

import numpy as np

from maps.positions import FloatArray
from missions.planning.energy import hover_power, straight_cost_s
from missions.planning.hovering import FINAL_DESCENT_M
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind
from missions.planning.wind import AirMass
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath

TURN_BACK_S = 60.0
"""In the air a short battery is a matter for the pilot until it would not do from a place reached so soon."""


def endurance_findings(path: FlightPath, wind: Wind | None) -> Iterator[Finding]:
    """Whether the battery lasts, and whether the wind is one the aircraft is flown in."""
    if wind is not None and wind.speed_mps > path.profile.max_wind_mps:
        limit = path.profile.max_wind_mps
        yield Finding(
            "wind",
            "blocking",
            f"a wind of {wind.speed_mps:.0f} m/s is too strong for this aircraft ({limit:.0f} m/s at most): wait",
            f"风速 {wind.speed_mps:.0f} 米/秒超过该机型上限（{limit:.0f} 米/秒）：请等待",
        )
    if path.under_way is not None and path.coming_home:
        return
    usable = path.profile.endurance_s * (1 - path.profile.reserve_fraction)
    needed = path.energy_s + _way_home_s(path, wind)
    sample = int(np.argmax(needed))
    if needed[sample] <= usable:
        return
    if not np.isfinite(needed[sample]):
        yield Finding(
            "wind",
            "blocking",
            "against this wind it would not come home from here: wait, or fly faster",
            "在此风力下无法从此处返航：请等风减弱，或提高速度",
            item=int(path.item[sample]),
            position=path.position(sample),
        )
        return
    yield _finding(path, sample, float(needed[sample] - usable), soon=bool((needed[_soon(path)] > usable).any()))


def _soon(path: FlightPath) -> slice:
    """The samples at which a short battery cannot wait: all before take-off, those of the next minute in the air."""
    return slice(None) if path.under_way is None else slice(int(np.searchsorted(path.time_s, TURN_BACK_S, "right")))


def _finding(path: FlightPath, sample: int, short_s: float, *, soon: bool) -> Finding:
    usable, reserve = path.profile.endurance_s * (1 - path.profile.reserve_fraction), path.profile.reserve_fraction
    if path.under_way is None:
        remedy = "make the mission smaller, share it among more aircraft, or allow battery swaps"
        remedy_zh = "请缩小任务、增加飞机或允许换电"
    elif soon:
        remedy, remedy_zh = "bring it home now", "请立即返航"
    else:
        remedy, remedy_zh = "it will have to come home before the end of its plan", "将无法完成航线，需提前返航"
    return Finding(
        "endurance",
        "blocking" if soon else "warning",
        f"the battery is {short_s / 60:.1f} min short of bringing it home from here with {reserve:.0%} in reserve "
        f"(usable {usable / 60:.0f} min): {remedy}",
        f"从此处返航并保留 {reserve:.0%} 电量还差 {short_s / 60:.1f} 分钟（可用 {usable / 60:.0f} 分钟）：{remedy_zh}",
        item=int(path.item[sample]),
        position=path.position(sample),
    )


def _way_home_s(path: FlightPath, wind: Wind | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) seconds of cruise power to fly straight home from each sample and land; 0 on the way down at home."""
    home, profile = path.home_m, path.profile
    step = home[:2] - path.enu_m[:, :2]
    distance = np.hypot(step[:, 0], step[:, 1])
    course = np.arctan2(step[:, 1], step[:, 0])
    way = straight_cost_s(profile, AirMass.of(wind), course, distance, path.plan.speed_mps)
    return np.asarray(way + _landing_s(profile, np.maximum(path.enu_m[:, 2] - home[2], 0.0)))


def _landing_s(profile: VehicleProfile, high_m: FloatArray) -> FloatArray:
    """(N,) seconds of cruise power to come down from so high over home: on wings, then vertically, then slowly."""
    upright = high_m if not profile.winged else np.minimum(high_m, profile.hover_height_m if profile.hovers else 0.0)
    slow = np.minimum(upright, FINAL_DESCENT_M)
    glide = (high_m - upright) / profile.sink_mps * profile.sink_power
    if not profile.hovers:
        return np.asarray(glide)
    power = hover_power(profile, 0.0, -profile.sink_mps)
    braking = np.where(upright > 0, profile.transition_s * profile.transition_power, 0.0) if profile.winged else 0.0
    vertical = (upright - slow) / profile.sink_mps + slow / profile.landing_mps
    return np.asarray(glide + braking + vertical * power)
