"""Volumes of a flight: the air it takes and when, piece by piece, as operational intents of ASTM F3548-21 are made.

A piece is a stretch of the path with the lowest and highest height on it and the time from its beginning to its end.
Around it lies the distance by which the aircraft may miss it; `missions.safety.separation` adds what must be left free.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.safety.flightpath import FlightPath

PIECE_M = 50.0
PIECE_HIGH_M = 4.0
PIECE_S = 10.0
"""A piece ends with the sample that makes it longer, higher or slower than this."""

SHORTEST_M = 0.01
"""Pieces that go straight up or down are so long: the index of shapely finds no line of no length."""

DRIFT_SHARE = 0.1
"""Of the time since take-off: by so much a flight may be ahead of its plan, or behind."""

IntArray = NDArray[np.int64]

_COLUMNS = ("lines", "low_amsl_m", "high_amsl_m", "start_s", "end_s", "item", "near_ground")


@dataclass(frozen=True, eq=False)
class Volumes:
    """The air of one flight, one row a piece.

    Attributes:
        district: where.
        error_m: lateral distance by which the aircraft may miss the lines.
        lines: (M,) shapely lines, east and north in the district's frame.
        low_amsl_m, high_amsl_m: (M,) heights between which it flies.
        start_s, end_s: (M,) since take-off.
        item: (M,) index of the item being flown.
        near_ground: (M,) whether it takes off or lands there.
    """

    district: District
    error_m: float
    lines: NDArray[np.object_]
    low_amsl_m: FloatArray
    high_amsl_m: FloatArray
    start_s: FloatArray
    end_s: FloatArray
    item: IntArray
    near_ground: NDArray[np.bool_]

    @classmethod
    def of(cls, path: FlightPath) -> "Volumes":
        """The volumes of a path that clearance judges."""
        flat, up = path.enu_m[:, :2], path.enu_m[:, 2]
        effort = np.maximum.reduce(
            [
                np.hypot(*np.diff(flat, axis=0).T) / PIECE_M,
                np.abs(np.diff(up)) / PIECE_HIGH_M,
                np.diff(path.time_s) / PIECE_S,
            ]
        )
        number = np.floor(np.concatenate([[0.0], np.cumsum(effort)[:-1]]))
        first = np.flatnonzero(np.diff(number, prepend=-1.0))
        last = np.append(first[1:], len(effort))
        counts = last - first + 1
        offset = np.cumsum(counts) - counts
        sample = np.arange(int(counts.sum())) + np.repeat(first - offset, counts)
        lines = np.asarray(shapely.linestrings(flat[sample], indices=np.repeat(np.arange(len(first)), counts)))
        upright = np.flatnonzero(shapely.length(lines) == 0)
        at = flat[first[upright]]
        lines[upright] = shapely.linestrings(np.stack([at, at + SHORTEST_M], axis=1))
        return cls(
            path.district,
            path.error_m,
            lines,
            np.minimum.reduceat(up[sample], offset),
            np.maximum.reduceat(up[sample], offset),
            path.time_s[first],
            path.time_s[last],
            path.item[last],
            np.logical_and.reduceat(path.near_ground[sample], offset),
        )

    def __len__(self) -> int:
        return len(self.lines)

    def until(self, seconds: float) -> "Volumes":
        """The pieces that begin within so many seconds."""
        soon = self.start_s <= seconds
        return replace(self, **{name: getattr(self, name)[soon] for name in _COLUMNS})

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The pieces by place."""
        return shapely.STRtree(self.lines)

    @property
    def home(self) -> shapely.Point:
        """Where the first piece begins."""
        return shapely.Point(shapely.get_coordinates(self.lines[0])[0])

    @cached_property
    def box(self) -> shapely.Polygon:
        """All that lies between the outermost places."""
        west, south, east, north = shapely.total_bounds(self.lines)
        return shapely.Polygon([(west, south), (east, south), (east, north), (west, north)])

    def position(self, piece: int) -> Position:
        """The middle of a piece, at its lower height."""
        middle = shapely.line_interpolate_point(self.lines[piece], 0.5, normalized=True)
        high = float(self.low_amsl_m[piece])
        up = high - self.district.frame.origin.alt_amsl_m
        lat, lon, _ = self.district.frame.geodetic_from_enu(np.array([[middle.x, middle.y, up]]))
        ground = float(self.district.terrain.height_amsl_m(lat[0], lon[0]))
        return Position(float(lat[0]), float(lon[0]), high, high - ground)


@dataclass(frozen=True, eq=False)
class Intent:
    """Volumes with the times at which they may be flown.

    Attributes:
        vehicle_id: who flies them; nobody is kept apart from itself.
        name: for people, such as "uav-2 (m-3f2a9c01)".
        volumes: the air.
        takeoffs: for each flight through them, its earliest and latest take-off; infinite where nobody knows.
        drift_share: of the time since take-off by which it may be ahead or behind.
        waits: cleared, and not launched yet.
        aloft: in the air now.
    """

    vehicle_id: str
    name: str
    volumes: Volumes
    takeoffs: Sequence[tuple[float, float]]
    drift_share: float = DRIFT_SHARE
    waits: bool = False
    aloft: bool = False

    def times(self, takeoff: int) -> tuple[FloatArray, FloatArray]:
        """(M,) each: the earliest and the latest time at which each piece may be flown after one of the take-offs."""
        earliest, latest = self.takeoffs[takeoff]
        begin = earliest + self.volumes.start_s * (1 - self.drift_share)
        return begin, latest + self.volumes.end_s * (1 + self.drift_share)
