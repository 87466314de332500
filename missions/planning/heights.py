"""Heights: turning "80 m above the ground" into the altitudes of items, leg by leg.

Where the ground rises faster than the aircraft climbs, the climb begins earlier; where it falls faster than the
aircraft sinks, the descent ends later. A leg is thus never lower than asked by more than the tolerance, and nowhere
steeper than it can be flown.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Altitude

SAMPLE_M = 15.0
TOLERANCE_M = 4.0
"""A leg gets another item where the straight line between its ends would leave the asked height by more."""

RISE_M = 2 * TOLERANCE_M
"""A leg of an aircraft with wings rises by no more: it may climb to the height of the leg's end at once."""

STRETCH_M = 1e6
"""Legs are thinned as if they were so long, so that what is left out is measured vertically."""


def height_amsl_m(district: District, place_m: FloatArray, altitude: Altitude, home: Position, extra_m: float) -> float:
    """The flight height AMSL over a place (east, north), ``extra_m`` higher than asked."""
    if altitude.reference == "amsl":
        return altitude.value_m + extra_m
    if altitude.reference == "home":
        return home.alt_amsl_m + altitude.value_m + extra_m
    return float(ground_amsl_m(district, place_m)) + altitude.value_m + extra_m


def over(district: District, altitude: Altitude, place_m: FloatArray, like_m: FloatArray) -> FloatArray:
    """(east, north, AMSL) over a place as high as another place: above the ground where the altitude asked for is."""
    place, like = np.asarray(place_m, dtype=np.float64)[:2], np.asarray(like_m, dtype=np.float64)
    rise = 0.0
    if altitude.reference == "agl":
        rise = float(np.subtract(*ground_amsl_m(district, np.array([place, like[:2]]))))
    return np.array([*place, like[2] + rise])


def ground_amsl_m(district: District, places_m: FloatArray) -> FloatArray:
    """Height of the ground AMSL at places of shape (..., 2)."""
    places = np.asarray(places_m, dtype=np.float64)
    lat, lon, _ = district.frame.geodetic_from_enu(np.concatenate([places, np.zeros((*places.shape[:-1], 1))], axis=-1))
    return np.asarray(district.terrain.height_amsl_m(lat, lon))


def follow(
    district: District,
    start_m: tuple[float, float],
    end_m: tuple[float, float],
    altitude: Altitude,
    home: Position,
    extra_m: float,
    profile: VehicleProfile | None = None,
    speed_mps: float | None = None,
) -> list[FloatArray]:
    """The points (east, north, AMSL) of a straight leg that keeps the asked height within `TOLERANCE_M`.

    Args:
        district: for its terrain.
        start_m, end_m: east and north.
        altitude: asked.
        home: HOME altitudes are measured from it.
        extra_m: so much higher than asked.
        profile: whose climb and sink the leg must not exceed; rotorcraft, which slow down instead, have no limit.
        speed_mps: over the ground; by default the profile's cruise.
    """
    starts, ends = np.asarray([start_m], dtype=np.float64), np.asarray([end_m], dtype=np.float64)
    return list(follow_legs(district, starts, ends, altitude, home, extra_m, profile, speed_mps)[0])


def follow_legs(
    district: District,
    starts_m: FloatArray,
    ends_m: FloatArray,
    altitude: Altitude,
    home: Position,
    extra_m: float,
    profile: VehicleProfile | None = None,
    speed_mps: float | None = None,
) -> list[FloatArray]:
    """The same for many legs, whose ground is looked up at once.

    Args:
        district: for its terrain.
        starts_m, ends_m: (L, 2) east and north.
        altitude: asked.
        home: HOME altitudes are measured from it.
        extra_m: so much higher than asked.
        profile: whose climb and sink no leg must exceed; rotorcraft, which slow down instead, have no limit.
        speed_mps: over the ground; by default the profile's cruise.

    Returns:
        For each leg (N >= 2, 3) east, north, height AMSL.
    """
    starts, ends = np.asarray(starts_m, dtype=np.float64), np.asarray(ends_m, dtype=np.float64)
    lengths = np.hypot(*(ends - starts).T)
    if altitude.reference != "agl":
        up = height_amsl_m(district, np.zeros(2), altitude, home, extra_m)
        return [np.array([[*start, up], [*end, up]]) for start, end in zip(starts, ends, strict=True)]
    counts = np.maximum(1, np.ceil(lengths / SAMPLE_M)).astype(int)
    heights = _heights(district, starts, ends, counts) + altitude.value_m + extra_m
    if profile is not None and profile.winged:
        along = np.arange(heights.shape[1]) * (lengths / counts)[:, None]
        heights = _flyable(heights, along, profile, speed_mps)
    legs = [
        _thinned(start, end, row[: count + 1])
        for start, end, row, count in zip(starts, ends, heights, counts, strict=True)
    ]
    return [stepped(leg) for leg in legs] if profile is not None and profile.winged else legs


def follow_line(
    district: District,
    places_m: FloatArray,
    altitude: Altitude,
    home: Position,
    extra_m: float,
    profile: VehicleProfile | None = None,
    speed_mps: float | None = None,
) -> FloatArray:
    """The points (M, 3) of a line of places (N, 2) flown as one: a climb may begin several legs ahead.

    Arguments as of `follow`; a single place gives a single point.
    """
    places = np.asarray(places_m, dtype=np.float64)
    if len(places) == 1 or altitude.reference != "agl":
        up = [height_amsl_m(district, place, altitude, home, extra_m) for place in places]
        return np.column_stack([places, up])
    starts, ends = places[:-1], places[1:]
    lengths = np.hypot(*(ends - starts).T)
    counts = np.maximum(1, np.ceil(lengths / SAMPLE_M)).astype(int)
    rows = _heights(district, starts, ends, counts) + altitude.value_m + extra_m
    heights = np.concatenate([rows[:1, 0], *(row[1 : count + 1] for row, count in zip(rows, counts, strict=True))])
    if profile is not None and profile.winged:
        along = np.concatenate([[0.0], np.cumsum(np.repeat(lengths / counts, counts))])
        heights = _flyable(heights[None], along[None], profile, speed_mps)[0]
    stops = np.concatenate([[0], np.cumsum(counts)])
    legs = [
        _thinned(start, end, heights[first : last + 1])
        for start, end, first, last in zip(starts, ends, stops[:-1], stops[1:], strict=True)
    ]
    line = np.vstack([legs[0], *(leg[1:] for leg in legs[1:])])
    return stepped(line) if profile is not None and profile.winged else line


def stepped(line_m: FloatArray) -> FloatArray:
    """A line (N, 3) with points added to the legs that rise by more than `RISE_M`."""
    counts = np.maximum(1, np.ceil(np.diff(line_m[:, 2]) / RISE_M - 1e-9)).astype(int)
    if (counts == 1).all():
        return line_m
    at = np.concatenate([leg + np.arange(count) / count for leg, count in enumerate(counts)] + [[len(counts)]])
    return np.column_stack([np.interp(at, np.arange(len(line_m)), line_m[:, axis]) for axis in range(3)])


def _heights(district: District, starts: FloatArray, ends: FloatArray, counts: NDArray[np.int_]) -> FloatArray:
    """(L, M) ground AMSL at even steps along each leg; beyond a leg's own steps that of its end."""
    steps = np.arange(int(counts.max(initial=1)) + 1)
    share = np.minimum(steps / counts[:, None], 1.0)
    places = starts[:, None] + share[..., None] * (ends - starts)[:, None]
    inside = steps <= counts[:, None]
    ground = np.empty(inside.shape)
    ground[inside] = ground_amsl_m(district, places[inside])
    last = ground[np.arange(len(counts)), counts]
    return np.asarray(np.where(inside, ground, last[:, None]))


def _flyable(heights: FloatArray, along: FloatArray, profile: VehicleProfile, speed_mps: float | None) -> FloatArray:
    """The lowest heights over those given that an aircraft can climb and sink along.

    Args:
        heights: (L, M).
        along: (L, M) distance from the beginning of each line.
        profile: of the aircraft.
        speed_mps: over the ground; by default the profile's cruise.
    """
    speed = speed_mps or profile.cruise_mps
    rising, falling = along * profile.climb_on_way_mps / speed, along * profile.sink_mps / speed
    before = np.maximum.accumulate((heights - rising)[:, ::-1], axis=1)[:, ::-1] + rising
    return np.asarray(np.maximum.accumulate(before + falling, axis=1) - falling)


def _thinned(start: FloatArray, end: FloatArray, heights: FloatArray) -> FloatArray:
    """(N, 3) the points a leg needs for its heights to be within `TOLERANCE_M`."""
    share = np.linspace(0, 1, len(heights))
    line = shapely.LineString(np.column_stack([share * STRETCH_M, heights])).simplify(TOLERANCE_M)
    kept = shapely.get_coordinates(line)
    return np.column_stack([start + (end - start) * (kept[:, :1] / STRETCH_M), kept[:, 1]])
