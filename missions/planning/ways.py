"""Ways: the lines of parts with their runs, cut where forbidden ground lies below and begun again behind it.

A line is cut for its own heights: a building counts where the line is too low over it, a ceiling where the line is too
high. Aircraft with wings stop and begin so far away from what a line is cut at that they can turn there; the straight
run behind a cut lies on the line itself. Between the pieces transits lead around.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from maps.district import District
from maps.positions import FloatArray
from maps.zones import zones
from missions.planning.crew import Member
from missions.planning.heights import ground_amsl_m
from missions.planning.request import MissionRequest
from missions.planning.routing import Airspace, Level, Obstacle

ROOM_RADII = 2.0
"""Turn radii between a cut and the end of what is flown: half a circle reaches one ahead, begun late almost two."""

LEAST_RUN_RADII = 1.5
"""Straight run, in turn radii, that is left of a longer one at a cut."""

BEYOND_M = 0.5
"""Lines end so much farther from forbidden ground than ways around it are kept, so that these can begin there."""

SHORTEST_M = 1.0
SAMPLE_M = 5.0
STEP_M = 10.0
"""Levels are rounded so, outward, that neighbouring drafts share their airspace."""

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Way:
    """A part's points with its runs: the part itself begins at index ``first`` and ends at ``last``.

    Attributes:
        points_m: (N, 3) east, north, height AMSL.
        first, last: indices.
        ends: whether it holds the end of its part.
    """

    points_m: FloatArray
    first: int
    last: int
    ends: bool = True

    @property
    def entering_rad(self) -> float | None:
        """Course at its beginning; None when it is a single place."""
        return course_rad(self.points_m[:2])

    @property
    def leaving_rad(self) -> float | None:
        """Course at its end."""
        return course_rad(self.points_m[-2:])


def course_rad(points_m: FloatArray) -> float | None:
    """Mathematical angle from the first of some points to the last; None where they are one place."""
    step = points_m[-1, :2] - points_m[0, :2]
    return float(np.arctan2(step[1], step[0])) if np.hypot(*step) > 0.1 else None


def with_run(points_m: FloatArray, run_m: float, *, stays: bool) -> Way:
    """A line with a straight run before it, and after it unless the aircraft stays at its end."""
    points = np.asarray(points_m, dtype=np.float64)
    if run_m <= 0 or len(points) < 2:
        return Way(points, 0, len(points) - 1)
    before = [_ahead(points[1], points[0], run_m)]
    after = [] if stays else [_ahead(points[-2], points[-1], run_m)]
    return Way(np.vstack([*before, points, *after]), 1, len(points))


def _ahead(before_m: FloatArray, point_m: FloatArray, by_m: float) -> FloatArray:
    """So far beyond a point on the straight line from the one before it, at the point's height."""
    step = point_m[:2] - before_m[:2]
    length = max(float(np.hypot(*step)), 1e-6)
    return np.array([*(point_m[:2] + step / length * by_m), point_m[2]])


class Ground:
    """The forbidden ground below one aircraft's plan, at the heights of its lines.

    Attributes:
        met: what lines were cut at so far, by kind and id.
        flown_m, left_out_m: metres of lines that are flown, and that are not.
        kept_whole: whether nothing would be left, and the lines are drawn as asked for clearance to judge.
    """

    def __init__(
        self, request: MissionRequest, district: District, member: Member, lines: Sequence[FloatArray]
    ) -> None:
        self._district, self._member = district, member
        self._above_ground = request.altitude.reference == "agl"
        places = np.vstack([_sampled(line)[1] for line in lines])
        heights = self._heights_m(places)
        low, high = math.floor(heights.min() / STEP_M) * STEP_M, math.ceil(heights.max() / STEP_M) * STEP_M
        level = Level("agl" if self._above_ground else "amsl", low, high)
        self._space = Airspace.of(district, level, member.profile, when=member.planned_time)
        self._areas = {zone.id for zone in zones(district) if zone.rule == "flight_area"}
        self._aside_m = self._space.margin_m + BEYOND_M
        self.met: dict[tuple[str, str], Obstacle] = {}
        self.flown_m, self.left_out_m = 0.0, 0.0
        self.kept_whole = False

    def opened(self, way: Way) -> list[Way]:
        """The pieces of a way that may be flown, in their order; the way itself where nothing is in it."""
        if len(way.points_m) < 2:
            return self._place(way)
        along = _along(way.points_m)
        begin, end = float(along[way.first]), float(along[way.last])
        shut = self._forbidden(way.points_m)
        pieces = [way]
        if shut:
            radius = self._member.profile.turn_radius_m(self._member.speed_mps)
            run = min(begin, LEAST_RUN_RADII * radius)
            pieces = [
                _piece(way, along, a, b, start, stop)
                for a, b, start, stop in _free(shut, float(along[-1]), begin, end, ROOM_RADII * radius, run)
            ]
        kept = sum(float(np.diff(_along(p.points_m)[[p.first, p.last]])[0]) for p in pieces)
        self.flown_m += kept
        self.left_out_m += end - begin - kept
        return pieces

    def _forbidden(self, points_m: FloatArray) -> list[Interval]:
        """Stretches of a line (N, 3), N >= 2, in metres along it, over ground that may not be flown over there."""
        found = []
        beside = self._aside_m - self._space.error_m
        for obstacle in self._space.check_part(points_m, beside):
            stretches = [each for each in self._over(obstacle, points_m) if self._matters(obstacle, points_m, each)]
            if stretches:
                self.met[obstacle.kind, obstacle.id] = obstacle
                found += stretches
        return _merged(found)

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What is left out and why, in English and Chinese; empty when nothing is."""
        if self.left_out_m < SHORTEST_M:
            return ()
        words_en, words_zh = named([*self.met.values()])
        if self.kept_whole:
            return (
                (
                    f"all of it lies over or too near {words_en}: drawn as asked for, but such a plan is not cleared",
                    f"全部航线位于{words_zh}上方或距其过近：仍按要求绘制，但无法放行",
                ),
            )
        share = self.left_out_m / max(self.left_out_m + self.flown_m, 1e-9)
        percent = f"{100 * share:.0f}" if share >= 0.01 else f"{100 * share:.1f}"
        return (
            (
                f"{self.left_out_m:.0f} m of the lines ({percent} %) are left out and gone around: they lie over or "
                f"too near {words_en}",
                f"有 {self.left_out_m:.0f} 米航线（{percent}%）未飞并绕行：位于{words_zh}上方或距其过近",
            ),
        )

    def _place(self, way: Way) -> list[Way]:
        """A single place is flown over unless it lies in forbidden ground."""
        there = np.repeat(way.points_m, 2, axis=0)
        if self._forbidden(there + np.array([[0.0, 0.0, 0.0], [0.01, 0.0, 0.0]])):
            self.left_out_m += SHORTEST_M
            return []
        return [way]

    def _over(self, obstacle: Obstacle, points_m: FloatArray) -> list[Interval]:
        """Stretches of a line that come too near to an obstacle, whatever their heights."""
        grown = shapely.buffer(obstacle.shape_m, self._aside_m)
        starts, along = points_m[:-1, :2], _along(points_m)
        legs = shapely.linestrings(np.stack([starts, points_m[1:, :2]], axis=1))
        inside = np.asarray(shapely.intersection(legs, grown))
        found = []
        for segment in np.flatnonzero(~shapely.is_empty(inside)):
            for piece in shapely.get_parts(inside[segment]):
                away = np.hypot(*(shapely.get_coordinates(piece) - starts[segment]).T)
                found.append((float(along[segment] + away.min()), float(along[segment] + away.max())))
        return _merged(found)

    def _matters(self, obstacle: Obstacle, points_m: FloatArray, stretch: Interval) -> bool:
        """Whether the heights of a line on a stretch of it are forbidden over what lies below."""
        if obstacle.kind == "ceiling" and obstacle.id in self._areas:
            return False  # no way around it: heights are lowered instead
        if obstacle.kind not in {"building", "ceiling"}:
            return True
        along = _along(points_m)
        count = max(2, math.ceil((stretch[1] - stretch[0]) / SAMPLE_M) + 1)
        at = np.linspace(*stretch, count)
        places = np.column_stack([np.interp(at, along, points_m[:, axis]) for axis in range(3)])
        if obstacle.kind == "building":
            return bool(places[:, 2].min() < (obstacle.clear_amsl_m or math.inf))
        return bool(self._heights_m(places).max() > (obstacle.limit_m or 0.0))

    def _heights_m(self, places_m: FloatArray) -> FloatArray:
        """(N,) heights of places (N, 3) in the airspace's reference."""
        if not self._above_ground:
            return np.asarray(places_m[:, 2])
        return np.asarray(places_m[:, 2] - ground_amsl_m(self._district, places_m[:, :2]))


NAMED = 4


def named(found: Sequence[Obstacle]) -> tuple[str, str]:
    """Obstacles for people, in English and Chinese; of many the first few."""
    words = [obstacle.words for obstacle in found]
    more = len(words) - NAMED
    english = ", ".join(each[0] for each in words[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return english, "、".join(each[1] for each in words[:NAMED]) + (f"等 {len(words)} 处" if more > 0 else "")


def _along(points_m: FloatArray) -> FloatArray:
    """(N,) metres along a line, seen from above."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points_m[:, :2], axis=0).T))])


def _sampled(points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Metres along a line at which it is looked at, and the places (M, 3) there, its corners among them."""
    along = _along(points_m)
    at = np.union1d(along, np.arange(0.0, along[-1], 4 * SAMPLE_M))
    return at, np.column_stack([np.interp(at, along, points_m[:, axis]) for axis in range(3)])


def _merged(intervals: Sequence[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _free(
    shut: Sequence[Interval], length_m: float, begin_m: float, end_m: float, room_m: float, run_m: float
) -> Iterator[tuple[float, float, float, float]]:
    """Between what is shut: where to begin and to end, and where there the part itself begins and ends."""
    edges = [0.0, *(edge for interval in shut for edge in interval), length_m]
    for low, high in zip(edges[::2], edges[1::2], strict=True):
        first = low + room_m if low > 0 else 0.0
        last = high - room_m if high < length_m else length_m
        start = max(begin_m, first + run_m) if low > 0 else begin_m
        stop = min(end_m, last - run_m) if high < length_m else end_m
        if stop - start >= SHORTEST_M:
            yield first, last, start, stop


def _piece(way: Way, along: FloatArray, first_m: float, last_m: float, start_m: float, stop_m: float) -> Way:
    """The stretch of a way from one distance along it to another, whose part lies between two more."""
    inner = along[(along > first_m + 0.01) & (along < last_m - 0.01)]
    at = np.union1d(inner, [first_m, start_m, stop_m, last_m])
    at = at[np.concatenate([[True], np.diff(at) > 1e-6])]
    points = np.column_stack([np.interp(at, along, way.points_m[:, axis]) for axis in range(3)])
    start, stop = (int(np.argmin(np.abs(at - value))) for value in (start_m, stop_m))
    return Way(points, start, stop, ends=way.ends and last_m >= along[-1])
