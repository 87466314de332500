"""Airspace: where a flight at some level may pass over a district, and the shortest way around where it may not."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from maps.district import District
from maps.instants import Instant
from maps.positions import FloatArray
from missions.margins import CLEAR_BY_M
from missions.planning.profiles import VehicleProfile
from missions.planning.routing.blocked import inside_error, intricate_error, no_way_error
from missions.planning.routing.corners import Corners, corners
from missions.planning.routing.graph import Space, TooIntricateError
from missions.planning.routing.levels import Level
from missions.planning.routing.obstacles import Obstacle, Stock, in_force, obstacles, tall_buildings
from missions.planning.routing.search import Search

EXTRA_M = 1.0
"""Kept from forbidden ground beside the error by which the aircraft may miss its path."""

CORNERS_BEYOND_M = 0.3
TINY_M = 1e-6
PIECE_M = 400.0
"""Long lines are held against the map in pieces, so that a slanting one does not meet all that lies in its box."""

KEPT = 32


@dataclass(eq=False)
class Airspace:
    """Forbidden ground over a district for one level, aircraft and time; made by `Airspace.of`.

    Attributes:
        level: heights of the flight.
        error_m: distance by which the aircraft may miss its path; clearance demands so much.
        margin_m: distance kept from forbidden ground.
    """

    level: Level
    error_m: float
    margin_m: float
    _stock: Stock
    _others: tuple[Obstacle, ...]
    _tall: NDArray[np.intp]
    _needed_m: FloatArray
    _shapes: NDArray[np.object_]
    _tree: shapely.STRtree
    _corners: dict[tuple[int, float], Corners] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        district: District,
        level: Level,
        profile: VehicleProfile,
        *,
        margin_m: float | None = None,
        when: Instant | None = None,
    ) -> "Airspace":
        """The airspace for a flight; the last few of a district are kept.

        Args:
            district: where.
            level: at which heights.
            profile: of the aircraft.
            margin_m: distance kept from forbidden ground; by default the aircraft's error and a metre.
            when: zones in force within two hours from then count; None: all do, whatever their hours.
        """
        margin = profile.position_error_m + EXTRA_M if margin_m is None else margin_m
        stock, made = _kept(district)
        counting = in_force(stock, when)
        key = (level, profile.position_error_m, margin, tuple(zone.id for zone in counting))
        if key not in made:
            while len(made) >= KEPT:
                made.pop(next(iter(made)))
            others = tuple(obstacles(stock, level, counting))
            tall, needed = tall_buildings(stock, level)
            shapes = np.array([*(each.shape_m for each in others), *stock.footprints[tall]], dtype=object)
            made[key] = cls(
                level,
                min(profile.position_error_m, margin),
                margin,
                stock,
                others,
                tall,
                needed,
                shapes,
                shapely.STRtree(shapes),
            )
        return made[key]

    def obstacle(self, number: int) -> Obstacle:
        """An obstacle by its number."""
        if number < len(self._others):
            return self._others[number]
        index = number - len(self._others)
        name = str(self._stock.names[self._tall[index]])
        clear_m = float(self._stock.tops_amsl_m[self._tall[index]]) + CLEAR_BY_M
        return Obstacle("building", name, name, self._shapes[number], float(self._needed_m[index]), clear_m)

    def way(
        self,
        start_m: ArrayLike,
        end_m: ArrayLike,
        radius_m: float = 0.0,
        start_heading_rad: float | None = None,
        end_heading_rad: float | None = None,
        *,
        fields: tuple[str, str] = ("geometry", "geometry"),
        forgiving: bool = False,
    ) -> FloatArray:
        """The shortest way (N, 2), start and end included, that keeps its distance from all forbidden ground.

        Args:
            start_m: east, north.
            end_m: east, north.
            radius_m: turn radius; 0 for an aircraft that turns on the spot.
            start_heading_rad: mathematical angle (from east) in which an aircraft with a turn radius starts; None when
                it can be chosen.
            end_heading_rad: in which it goes on at the end.
            fields: parts of the request that start and end come from, for the error.
            forgiving: what start or end lie in does not count, in place of an error.

        Raises:
            PlanningError: when there is none; it names what is in the way.
        """
        start, end = np.asarray(start_m, dtype=np.float64)[:2], np.asarray(end_m, dtype=np.float64)[:2]
        ignored: set[int] = set()
        for is_end, place in enumerate((start, end)):
            inside = self._within(place, self.error_m - TINY_M)
            if inside and not forgiving:
                found_in = [self.obstacle(number) for number in inside]
                raise inside_error(bool(is_end), found_in, self.level, self.error_m, fields[is_end])
            ignored.update(inside)
        space: Space = _Without(self, ignored) if ignored else self
        headed = radius_m > 0 and (start_heading_rad is not None or end_heading_rad is not None)
        blocking = space.hits(np.array([start, end]), start, end)
        if not blocking and not headed:
            return np.array([start, end])
        search = Search(space, start, end, radius_m, start_heading_rad, end_heading_rad)
        try:
            found = search.run()
        except TooIntricateError as error:
            raise intricate_error(self.level) from error
        if found is None:
            met = [self.obstacle(number) for number in (blocking or sorted(search.graph.met))]
            raise no_way_error(met, self.level, radius_m, fields[1])
        return found

    def check_part(self, points_m: ArrayLike, beside_m: float = 0.0) -> tuple[Obstacle, ...]:
        """What a line of points (N, 2 or more) comes too near to as it is flown, or as near as ``beside_m`` more."""
        line = np.asarray(points_m, dtype=np.float64)[:, :2]
        line = line if len(line) > 1 else np.repeat(line, 2, axis=0)
        return tuple(self.obstacle(number) for number in self._along(line, self.error_m - TINY_M + beside_m))

    def hits(self, line_m: FloatArray, start_m: FloatArray | None = None, end_m: FloatArray | None = None) -> list[int]:
        """Numbers of the obstacles that a line (N, 2) comes too near to.

        Where the way's start or end is given, it may lie within the margin, and the line may come as near as it.
        """
        found = self._along(line_m, self.margin_m)
        if not found or (start_m is None and end_m is None):
            return found
        ends = [shapely.Point(place) for place in (start_m, end_m) if place is not None]
        line = shapely.LineString(line_m)
        return [
            number
            for number in found
            if line.distance(self._shapes[number])
            < min(self.margin_m, *(place.distance(self._shapes[number]) for place in ends)) - TINY_M
        ]

    def near(self, places_m: FloatArray, ignored: Collection[int] = ()) -> NDArray[np.bool_]:
        """(N,) whether places of shape (N, 2) lie too near to any obstacle but those ignored."""
        found = np.zeros(len(places_m), dtype=bool)
        place, obstacle = self._tree.query(shapely.points(places_m), predicate="dwithin", distance=self.margin_m)
        found[place[~np.isin(obstacle, list(ignored))] if ignored else place] = True
        return found

    def corners(self, obstacle: int, radius_m: float) -> Corners:
        """The corners around an obstacle."""
        key = (obstacle, radius_m)
        if key not in self._corners:
            self._corners[key] = corners(self._shapes[obstacle], self.margin_m + CORNERS_BEYOND_M, radius_m)
        return self._corners[key]

    def _within(self, place_m: FloatArray, distance_m: float) -> list[int]:
        return sorted(self._tree.query(shapely.Point(place_m), predicate="dwithin", distance=distance_m).tolist())

    def _along(self, line_m: FloatArray, distance_m: float) -> list[int]:
        if len(line_m) == 2 and math.dist(line_m[0], line_m[1]) <= PIECE_M:
            leg = shapely.linestrings(line_m)
            return sorted(self._tree.query(leg, predicate="dwithin", distance=distance_m).tolist())
        lines = shapely.linestrings(_pieces(line_m))
        return sorted(set(self._tree.query(lines, predicate="dwithin", distance=distance_m)[1].tolist()))


@dataclass(frozen=True)
class _Without:
    """An airspace in which some obstacles do not count."""

    whole: Airspace
    ignored: set[int]

    def hits(self, line_m: FloatArray, start_m: FloatArray | None = None, end_m: FloatArray | None = None) -> list[int]:
        return [number for number in self.whole.hits(line_m, start_m, end_m) if number not in self.ignored]

    def near(self, places_m: FloatArray) -> NDArray[np.bool_]:
        return self.whole.near(places_m, self.ignored)

    def corners(self, obstacle: int, radius_m: float) -> Corners:
        return self.whole.corners(obstacle, radius_m)


def _pieces(line_m: FloatArray) -> FloatArray:
    """The segments (M, 2, 2) of a line, long ones cut up."""
    starts, steps = line_m[:-1], np.diff(line_m, axis=0)
    counts = np.maximum(1, np.ceil(np.hypot(steps[:, 0], steps[:, 1]) / PIECE_M)).astype(int)
    if (counts == 1).all():
        return np.stack([starts, line_m[1:]], axis=1)
    index = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = steps[index] / counts[index, None]
    begin = starts[index] + share * number[:, None]
    return np.stack([begin, begin + share], axis=1)


def _kept(district: District) -> tuple[Stock, "dict[object, Airspace]"]:
    if district not in _KEPT:
        _KEPT[district] = (Stock.of(district), {})
    return _KEPT[district]


_KEPT: "WeakKeyDictionary[District, tuple[Stock, dict[object, Airspace]]]" = WeakKeyDictionary()
