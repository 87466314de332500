"""Radio: whether the station sees the aircraft over terrain and buildings, along the whole path.

A radio ray bends with the air, as if the earth's radius were 4/3 of what it is (ITU-R P.453, P.834). The local frame
bends away with the true earth; what a ray gains by that over a straight line is put under both of its ends.
"""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.district import District
from maps.positions import FloatArray
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.station import Station
from missions.safety.swept import EARTH_RADIUS_M

LOST_AFTER_S = 5.0
"""A link that is silent for so long counts as lost, and the aircraft follows its failsafe."""

STANDS_BELOW_M = 2.0
"""Lower over the ground an aircraft stands, or is about to."""

_STEP_M = 10.0


def radio_findings(path: FlightPath, station: Station | None) -> Iterator[Finding]:
    """How much of the path the station does not see, and where for longest; nothing for gaps of a moment."""
    missing = {"terrain", "buildings"} & set(path.district.missing)
    if station is None or len(missing) == 2:
        return
    samples = _samples(path)
    if not len(samples):
        return
    places = np.column_stack([path.enu_m[samples, :2], _up_m(path)[samples]])
    hidden = ~_seen(path.district, station, places)
    lasting = np.append(np.diff(path.time_s[samples]), 0.0)
    first, last = _longest(hidden, lasting)
    gap = float(lasting[first : last + 1].sum())
    if not hidden.any() or gap <= LOST_AFTER_S:
        return
    share, middle = float(lasting[hidden].sum() / lasting.sum()), int(samples[(first + last) // 2])
    yield Finding(
        "radio",
        "warning",
        f"the station does not see it on {share:.0%} of the way, for {gap:.0f} s at a time at worst (terrain or "
        "buildings between): fly higher there, raise the antenna or move the station, or see that its failsafe suits",
        f"全程 {share:.0%} 地面站与飞机之间无通视，最长连续 {gap:.0f} 秒（地形或建筑物遮挡）："
        "请在该处提高高度、升高天线或移动地面站，或确认失联保护设置",
        item=int(path.item[middle]),
        position=path.position(middle),
        excess=gap,
    )


def _samples(path: FlightPath) -> NDArray[np.intp]:
    """Samples in the air, some `_STEP_M` apart."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path.enu_m, axis=0), axis=1))])
    new = np.concatenate([[True], np.diff(np.floor(along / _STEP_M)) > 0])
    return np.flatnonzero(new & (path.enu_m[:, 2] - path.ground_amsl_m >= STANDS_BELOW_M))


def _up_m(path: FlightPath) -> FloatArray:
    """(N,) height of the path as "up" of the local frame, which the earth's curve bends away from."""
    away = (path.enu_m[:, :2] ** 2).sum(axis=1)
    return np.asarray(path.enu_m[:, 2] - path.district.frame.origin.alt_amsl_m - away / (2 * EARTH_RADIUS_M))


def _seen(district: District, station: Station, places_enu_m: FloatArray) -> NDArray[np.bool_]:
    """(N,) whether nothing stands between the station and places."""
    antenna = _antenna_enu_m(district, station)
    away = np.linalg.norm(places_enu_m[:, :2] - antenna[:2], axis=1)
    # the sagitta of a ray over the true earth less that over 4/3 of it: d^2 / 8R - d^2 / (8 * 4/3 R)
    bent = np.zeros_like(places_enu_m)
    bent[:, 2] = away**2 / (32 * EARTH_RADIUS_M)
    return district.surface.visible(antenna + bent, places_enu_m + bent)


def _antenna_enu_m(district: District, station: Station) -> FloatArray:
    east, north, _ = district.frame.enu_from_geodetic(station.lat_deg, station.lon_deg, 0.0)
    surface = district.surface
    up = float(surface.ground_enu_m(np.array([east]), np.array([north]))[0])
    if len(surface.prisms.rows):
        under = surface.tree.query(shapely.Point(east, north), predicate="intersects")
        up = max([up, *surface.prisms.tops_up_m[under].tolist()])
    return np.array([east, north, up + station.antenna_m])


def _longest(hidden: NDArray[np.bool_], lasting_s: FloatArray) -> tuple[int, int]:
    """First and last index of the hidden run that lasts longest."""
    edges = np.diff(np.concatenate([[0], hidden.astype(np.int8), [0]]))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    if not len(first):
        return 0, 0
    total = np.concatenate([[0.0], np.cumsum(lasting_s)])
    worst = int(np.argmax(total[last + 1] - total[first]))
    return int(first[worst]), int(last[worst])
