"""Leeway: what an aircraft with wings may do otherwise than the previewed path, and still do as the plan says.

- A climb is as steep as the profile keeps with a full load; a lighter aircraft is at the height of its item, or of the
  climb's end, sooner. So between the path and that height it may be anywhere.
- On the way to a circle on which it sinks (LOITER_TO_ALT) ArduPlane glides evenly toward its middle, faster than the
  profile sinks where the way is short; PX4 stays up there and sinks on the circle. How fast it sinks there, and so how
  often it goes around, is its own affair; so is when it goes on to a lower one at the same place.

Clearance judges all heights of these bands; conformance counts what lies outside of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Position
from maps.positions import FloatArray, LocalFrame
from missions.plan import Command, PlanItem
from missions.planning.pilots import DEFAULT_LOITER_RADIUS_M
from missions.planning.places import AMSL_FRAMES, TAKE_OFFS, TERRAIN_FRAMES

CLIMBING = 0.02
"""A path climbs where it rises by more for each metre."""

LEAST_CLIMB_M = 10.0
"""A smaller climb, such as a leg that follows the ground, stays within the bounds of height anyway."""

NEAR_RADII = 1.5
"""Within so many radii of its centre an aircraft is on a circle, or joining it."""

SAME_PLACE_M = 1.0

_ENDING_AT_A_HEIGHT = frozenset({Command.TAKEOFF, Command.LOITER_TO_ALT})


@dataclass(frozen=True, eq=False)
class Leeway:
    """The heights at which an aircraft may be beside those of its path; arrays have one row for each place on it.

    Attributes:
        floor_m, top_m: (N,) lowest and highest height AMSL.
        circle: (N,) number of the circle on which it sinks there, -1 elsewhere.
        circles_m: (C, 3) these circles: east and north of the centre, radius.
    """

    floor_m: FloatArray
    top_m: FloatArray
    circle: NDArray[np.intp]
    circles_m: FloatArray

    @property
    def given(self) -> NDArray[np.bool_]:
        """(N,) where there is any, in height."""
        return np.asarray(self.top_m - self.floor_m > 0.5)

    @classmethod
    def of(
        cls,
        items: Sequence[PlanItem],
        home: Position,
        frame: LocalFrame,
        path_m: FloatArray,
        item: NDArray[np.intp],
        *,
        winged: bool,
        heights_m: FloatArray | None = None,
    ) -> "Leeway":
        """For a path (N, 3) in a frame's metres, and the item flown to each of its places (N,).

        Where the heights AMSL of the items are given, NaN for those without a place, a climb may go on to its item's.
        """
        up = path_m[:, 2]
        asked = up if heights_m is None else np.fmax(up, np.asarray(heights_m)[item])
        floor, top, circle = up.copy(), up.copy(), np.full(len(up), -1, dtype=np.intp)
        circles: list[tuple[float, float, float]] = []
        taking_off = [index for index, each in enumerate(items) if each.purpose == "takeoff"]
        climbed = np.minimum(_ends_of_climbs(path_m, asked), _targets_amsl_m(items, home, winged=winged)[item])
        top = np.where(winged | np.isin(item, taking_off), np.maximum(top, climbed), top)
        if not winged:
            return cls(floor, top, circle, np.zeros((0, 3)))
        lowest = math.inf
        for index in np.unique(item)[::-1]:
            if not 0 <= index < len(items) or items[index].command != Command.LOITER_TO_ALT:
                continue
            mine = np.flatnonzero(item == index)
            east, north, radius = _circle(items[index], frame)
            begin, end = up[max(mine[0] - 1, 0)], up[mine[-1]]
            top[mine] = np.maximum(top[mine], max(begin, end))
            away = np.hypot(path_m[mine, 0] - east, path_m[mine, 1] - north)
            glide = end + max(begin - end, 0.0) * np.minimum(away / max(away[0], 1.0), 1.0)
            floor[mine] = np.minimum(floor[mine], glide)
            near = mine[away <= NEAR_RADII * radius]
            below = circles and math.dist(circles[-1][:2], (east, north)) < SAME_PLACE_M
            lowest = min(lowest, end) if below else end
            floor[near] = np.minimum(floor[near], lowest)
            circle[near] = len(circles)
            circles.append((east, north, radius))
        return cls(floor, top, circle, np.array(circles, dtype=np.float64).reshape(-1, 3))


def _circle(item: PlanItem, frame: LocalFrame) -> tuple[float, float, float]:
    east, north, _ = frame.enu_from_geodetic(item.lat_deg, item.lon_deg, frame.origin.alt_amsl_m)
    return float(east), float(north), abs(item.params[1] or 0.0) or DEFAULT_LOITER_RADIUS_M


def _targets_amsl_m(items: Sequence[PlanItem], home: Position, *, winged: bool) -> FloatArray:
    """(I,) the height to which a vehicle may climb on the path of an item.

    On wings an item that ends at a height may be done early, and the next one begun.
    """
    heights = [_height_amsl_m(each, home) for each in items]
    onward = math.inf
    for index in reversed(range(len(items))):
        own = heights[index]
        if winged and items[index].command in _ENDING_AT_A_HEIGHT:
            heights[index] = max(own, onward)
        if items[index].has_place or items[index].command in TAKE_OFFS:
            onward = own
    return np.array(heights, dtype=np.float64)


def _height_amsl_m(item: PlanItem, home: Position) -> float:
    """The height to which an item sends a vehicle; infinite where the item does not tell it without a map."""
    if not (item.has_place or item.command in TAKE_OFFS) or item.frame in TERRAIN_FRAMES:
        return math.inf
    return item.alt_m if item.frame in AMSL_FRAMES else home.alt_amsl_m + item.alt_m


def _ends_of_climbs(path_m: FloatArray, asked_m: FloatArray) -> FloatArray:
    """(N,) the height at which the climb that a place lies in ends; minus infinity where it lies in none.

    A climb that its leg is too short for may end as high as is asked for (N,) where it is still climbed.
    """
    steps = np.diff(path_m, axis=0)
    climbs = steps[:, 2] > CLIMBING * np.hypot(steps[:, 0], steps[:, 1])
    last = np.append(np.flatnonzero(~climbs), len(climbs))
    of = np.searchsorted(last, np.arange(len(climbs)))
    begins = path_m[np.insert(last + 1, 0, 0)[of], 2]
    ends = np.maximum(path_m[last[of], 2], asked_m[np.maximum(last[of] - 1, 0)])
    ends = np.where(climbs & (ends - begins > LEAST_CLIMB_M), ends, -np.inf)
    return np.asarray(np.maximum(np.append(ends, -np.inf), np.insert(ends, 0, -np.inf)))
