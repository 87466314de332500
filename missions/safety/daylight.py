"""Daylight: whether the sun is high enough over the whole flight, where policy asks for daylight."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike

from maps.instants import Instant
from maps.positions import FloatArray
from missions.safety.findings import Finding
from missions.safety.flightpath import LATE, FlightPath

CIVIL_TWILIGHT_DEG = -6.0
"""Elevation of the sun's centre at which civil twilight begins and ends."""

_J2000_S = 946_728_000.0
"""2000-01-01 12:00 UTC."""

_STEP_S = 60.0


def daylight_findings(path: FlightPath, now: Instant) -> Iterator[Finding]:
    """That a flight which takes off now is in the air before civil twilight begins or after it ends."""
    seconds = np.arange(0.0, LATE * float(path.time_s[-1]) + _STEP_S, _STEP_S)
    sample = np.searchsorted(path.time_s, seconds / LATE).clip(max=len(path.time_s) - 1)
    lat, lon = path.degrees
    elevation = sun_elevation_deg(now + seconds, lat[sample], lon[sample])
    darkest = int(np.argmin(elevation))
    below = CIVIL_TWILIGHT_DEG - float(elevation[darkest])
    if below <= 0:
        return
    at = datetime.fromtimestamp(now + float(seconds[darkest]), UTC).strftime("%Y-%m-%d %H:%M")
    yield Finding(
        "daylight",
        "blocking",
        f"at {at} UTC the sun is {-elevation[darkest]:.1f}° below the horizon, more than the "
        f"{-CIVIL_TWILIGHT_DEG:.0f}° of civil twilight: fly by day, or make the flight shorter",
        f"{at}（UTC）太阳位于地平线以下 {-elevation[darkest]:.1f}°，超过民用晨昏蒙影的 {-CIVIL_TWILIGHT_DEG:.0f}°："
        "请在白天飞行或缩短航程",
        item=int(path.item[sample[darkest]]),
        position=path.position(int(sample[darkest])),
        excess=below,
    )


def sun_elevation_deg(time_s: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
    """Elevation of the sun's centre above the horizon, without refraction; arguments broadcast.

    Low-precision position of the sun, good to some hundredths of a degree between 1900 and 2100: Meeus, Astronomical
    Algorithms (2nd ed.), ch. 25, "low accuracy", with the sidereal time of ch. 12, as NOAA's solar calculator does.

    Args:
        time_s: UTC seconds.
        lat_deg, lon_deg: of the place, north and east positive.
    """
    days = (np.asarray(time_s, dtype=np.float64) - _J2000_S) / 86_400.0
    century = days / 36_525.0
    mean = np.radians(357.52911 + 35_999.05029 * century - 0.0001537 * century**2)
    centre = (
        (1.914602 - 0.004817 * century - 0.000014 * century**2) * np.sin(mean)
        + (0.019993 - 0.000101 * century) * np.sin(2 * mean)
        + 0.000289 * np.sin(3 * mean)
    )
    node = np.radians(125.04 - 1934.136 * century)
    longitude = 280.46646 + 36_000.76983 * century + 0.0003032 * century**2 + centre
    longitude = np.radians(longitude - 0.00569 - 0.00478 * np.sin(node))
    tilt = np.radians(23.439291 - 0.0130042 * century + 0.00256 * np.cos(node))
    ascension = np.arctan2(np.cos(tilt) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    sidereal_deg = 280.46061837 + 360.98564736629 * days
    hour = np.radians(sidereal_deg + np.asarray(lon_deg, dtype=np.float64)) - ascension
    lat = np.radians(np.asarray(lat_deg, dtype=np.float64))
    height = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour)
    return np.asarray(np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))))
