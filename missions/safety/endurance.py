"""Endurance: from every point of the path, enough battery to get home and land with the reserve untouched."""

import math
from collections.abc import Iterator

import numpy as np

from missions.planning.request import Wind
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath


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
    usable = path.profile.endurance_s * (1 - path.profile.reserve_fraction)
    needed = path.energy_s + _way_home_s(path, wind)
    sample = int(np.argmax(needed))
    if needed[sample] <= usable:
        return
    short = float(needed[sample] - usable)
    reserve = path.profile.reserve_fraction
    yield Finding(
        "endurance",
        "blocking",
        f"the battery is {short / 60:.1f} min short of bringing it home from here with {reserve:.0%} in reserve "
        f"(usable {usable / 60:.0f} min): make the mission smaller, or share it among more aircraft",
        f"从此处返航并保留 {reserve:.0%} 电量还差 {short / 60:.1f} 分钟（可用 {usable / 60:.0f} 分钟）："
        "请缩小任务或增加飞机",
        item=int(path.item[sample]),
        position=path.position(sample),
    )


def _way_home_s(path: FlightPath, wind: Wind | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) seconds of cruise power to fly straight home from each sample and land; 0 on the way down at home."""
    home = path.enu_m[0]
    step = home[:2] - path.enu_m[:, :2]
    distance = np.hypot(step[:, 0], step[:, 1])
    speed = np.full(len(distance), path.plan.speed_mps)
    if wind is not None:
        toward = math.radians(90 - (wind.from_deg + 180))
        course = np.arctan2(step[:, 1], step[:, 0])
        across = wind.speed_mps * np.sin(toward - course)
        still = np.sqrt(np.maximum(speed**2 - across**2, 0.0))
        speed = np.maximum(wind.speed_mps * np.cos(toward - course) + still, 0.5)
    down = np.maximum(path.enu_m[:, 2] - home[2], 0.0) / path.profile.sink_mps * path.profile.sink_power
    return np.asarray(distance / speed + down)
