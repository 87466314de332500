"""Searches: an expanding square or a sector search round a datum, a creeping line over an area."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning import patterns
from missions.planning.assembly import Part, home_m
from missions.planning.circling import comfortable_radius_m, settling_run_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import Eye
from missions.planning.heights import follow_line
from missions.planning.lines import rounded
from missions.planning.request import MissionRequest, Pattern
from missions.planning.tasks import ALONE, Share, Work, shared_tracks

DEFAULT_RADIUS_M = 300.0
MAX_TRACKS = 400
BESIDE_DEG = 45.0
"""Expanding squares flown together round one datum are turned by this against each other (IAMSAR vol. II, 5.5)."""


@dataclass(frozen=True, eq=False)
class _Search:
    """What all patterns need to know."""

    request: MissionRequest
    district: District
    member: Member
    area_m: BaseGeometry
    extra_m: float
    share: Share
    eye: Eye
    turn_m: float

    @property
    def datum_m(self) -> FloatArray:
        return np.asarray(shapely.get_coordinates(self.area_m.centroid)[0])

    @property
    def radius_m(self) -> float:
        """Half the side of the square, or the radius of the circle, to be searched."""
        if isinstance(self.area_m, Point):
            return self.request.radius_m or DEFAULT_RADIUS_M
        return float(shapely.hausdorff_distance(Point(self.datum_m), self.area_m))

    @property
    def first_leg_deg(self) -> float:
        """As asked for, else into the wind, else north."""
        if self.request.direction_deg is not None:
            return self.request.direction_deg
        return self.request.wind.from_deg if self.request.wind else 0.0

    def spacing_m(self, gapless_m: float) -> float:
        """As asked for, else a swath less its sidelap, but no more than what a pattern covers without gaps."""
        if self.request.spacing_m is not None:
            return self.request.spacing_m
        return min(self.eye.sure_m * (1 - self.request.camera.sidelap), gapless_m)

    def part(self, line_m: FloatArray) -> Part:
        run = settling_run_m(self.request, self.member)
        points = follow_line(
            self.district,
            line_m,
            self.request.altitude,
            self.member.home,
            self.extra_m,
            self.member.profile,
            self.member.speed_mps,
        )
        return Part(points, "search", picture_m=self.eye.picture_m, run_m=run)

    def work(self, lines_m: list[FloatArray], *, repeated: bool = False) -> Work:
        """The lines, each flown as one."""
        parts = tuple(self.part(line) for line in lines_m)
        imaged = self.eye.along_all(lines_m)
        return Work(parts, imaged, self.eye.swath_m, self.eye.resolution_m, repeated=repeated)


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """The pattern asked for: by default a creeping line over an area, an expanding square round a place.

    Aircraft that search together share the tracks of a creeping line and the sectors of a sector search; expanding
    squares are turned against each other.

    Raises:
        PlanningError: when the tracks are too close for the area, or too few for the aircraft.
    """
    area = task_m if isinstance(task_m, Point) else _valid(task_m)
    eye = Eye.over(request, district, member, area)
    search = _Search(request, district, member, area, extra_m, share, eye, comfortable_radius_m(request, member))
    pattern: Pattern = request.pattern or ("expanding_square" if isinstance(area, Point) else "creeping_line")
    if pattern == "expanding_square":
        return _expanding_square(search)
    return _sector(search) if pattern == "sector" else _creeping_line(search)


def _expanding_square(search: _Search) -> Work:
    """Rotorcraft turn at each corner. Aircraft with wings fly the corners round, and the first legs, which are shorter
    than their turns, one by one."""
    eye, radius = search.eye, search.turn_m
    half = eye.sure_m / 2
    # At a corner a rotorcraft sees as far ahead as its pictures reach; along a diagonal of round corners the swath lies
    # square to the way, and tracks are further apart by the root of two.
    spacing = search.spacing_m(0.98 * half * math.sqrt(2) if radius > 0 else half + eye.reach_m)
    seen = max((half + radius) / math.sqrt(2) - radius, 0.0) if radius > 0 else eye.reach_m
    rings = max(1, math.ceil((search.radius_m - seen) / spacing - 1e-9))
    if search.request.spacing_m is None:
        spacing = max((search.radius_m - seen) / rings, 0.5 * spacing)
    _not_too_many(search, 4 * rings, "spacing_m" if search.request.spacing_m else "radius_m")
    direction = search.first_leg_deg + BESIDE_DEG * search.share.index
    corners = patterns.expanding_square(search.datum_m, spacing, rings, direction, search.request.clockwise)
    if radius <= 0:
        return search.work([corners])
    legs = np.hypot(*np.diff(corners, axis=0).T)
    short = int(np.argmax(legs >= 2 * radius)) if (legs >= 2 * radius).any() else len(legs) - 1
    singles = [corners[index : index + 2] for index in range(short)]
    return search.work([*singles, rounded(corners[short:], radius)])


def _sector(search: _Search) -> Work:
    """One sweep of three triangles, further ones turned by 30 degrees each; shared triangle by triangle.

    Aircraft with wings turn at the rim in arcs that reach it, so that their corners lie one turn radius further out.
    """
    sweeps = max(search.request.repeat, math.ceil(search.share.count / patterns.SECTORS))
    reach = search.radius_m + search.turn_m
    triangles = [
        triangle
        for sweep in range(sweeps)
        for triangle in patterns.sector(
            search.datum_m,
            reach,
            search.first_leg_deg + patterns.SECOND_SWEEP_DEG * (sweep % 2),
            search.request.clockwise,
        )
    ]
    index, count = search.share.index, search.share.count
    mine = triangles[len(triangles) * index // count : len(triangles) * (index + 1) // count]
    through = np.vstack([mine[0], *(triangle[1:] for triangle in mine[1:])])
    return search.work([rounded(through, search.turn_m)], repeated=True)


def _creeping_line(search: _Search) -> Work:
    """Tracks along ``direction_deg`` or across the long side, from the side nearer to home onward."""
    request, swath = search.request, search.eye.sure_m
    spacing = search.spacing_m(swath)
    asked = request.direction_deg
    direction = asked if asked is not None else patterns.across_the_long_side_deg(search.area_m)
    west, south, east, north = search.area_m.bounds
    _not_too_many(search, math.hypot(east - west, north - south) / spacing, "spacing_m")
    tracks = patterns.creeping_line(search.area_m, spacing, swath, direction)
    mine = shared_tracks(tracks, search.share)
    home = home_m(search.district, search.member)[:2]
    if math.dist(mine[-1][-1], home) < math.dist(mine[0][0], home):
        mine = [track[::-1] for track in mine[::-1]]
    return search.work(mine)


def _valid(task_m: BaseGeometry) -> BaseGeometry:
    parts = [each for each in shapely.get_parts(shapely.make_valid(task_m)) if each.area > 0]
    area = shapely.union_all(parts)
    if area.area < 1.0:
        raise PlanningError(
            "the area is smaller than a square metre: draw a larger one", "区域不足一平方米：请画大一些", "geometry"
        )
    return area


def _not_too_many(search: _Search, tracks: float, field: str) -> None:
    if tracks > MAX_TRACKS:
        raise PlanningError(
            f"this would take over {MAX_TRACKS} tracks: fly higher, or search less ground or with wider spacing",
            f"需要超过 {MAX_TRACKS} 条航线：请提高高度、加大间距或缩小范围",
            field,
        )
