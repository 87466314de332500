"""Perimeters: round an area along its edge, or so far outside or inside of it, with the camera straight down."""

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.assembly import Part, home_m
from missions.planning.circling import comfortable_radius_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import Eye
from missions.planning.heights import follow_line
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Note, Share, Work

SIMPLER_M = 0.5
"""Corners that leave a straight line by less are not flown."""

CUT = 2.5
"""Corners may be cut by so many turn radii before an area counts as too narrow to be flown round as drawn."""

CHORDS = 0.13
"""Round corners become chords that leave them by no more than this share of the radius: 60 degrees to a chord."""

_QUARTER = 4
"""Chords to a quarter of a circle."""


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """Once round an area's outer edge (its holes do not count), back to where it began.

    Aircraft that fly one perimeter together begin evenly spaced along it, one above the other. Aircraft with wings fly
    its corners round, as tight as they can in the wind.

    Raises:
        PlanningError: when nothing is left of the area so far inside.
    """
    outline = _outline(task_m, request.offset_m)
    radius = comfortable_radius_m(request, member)
    loops: list[Polygon] = sorted(shapely.get_parts(outline), key=lambda each: -each.area)
    notes: tuple[Note, ...] = ()
    if radius > 0:
        rounded = [_flyable(loop, radius) for loop in loops]
        loops = [loop for loop, _ in rounded]
        notes = tuple(note for _, said in rounded for note in said)
    home = home_m(district, member)
    lines = [_loop(loop, home, request.clockwise, share) for loop in loops]
    eye = Eye.over(request, district, member, shapely.union_all(loops))
    parts = tuple(
        Part(
            follow_line(district, line, request.altitude, member.home, extra_m, member.profile, member.speed_mps),
            "perimeter",
            picture_m=eye.picture_m,
        )
        for line in lines
    )
    return Work(parts, eye.along_all(lines), eye.swath_m, eye.resolution_m, notes)


def _outline(task_m: BaseGeometry, offset_m: float) -> BaseGeometry:
    """The area within the way to be flown: the drawn one without holes, grown or shrunk."""
    filled = shapely.make_valid(Polygon(task_m.exterior)) if isinstance(task_m, Polygon) else shapely.make_valid(task_m)
    areas = [each for each in shapely.get_parts(filled) if each.geom_type in {"Polygon", "MultiPolygon"}]
    outline = shapely.union_all(areas).buffer(offset_m, quad_segs=_QUARTER).simplify(SIMPLER_M)
    if outline.area < 1.0:
        raise PlanningError(
            f"nothing of the area is left {offset_m:g} m from its edge: draw a larger area or choose another offset_m",
            f"按 {offset_m:g} 米偏移后区域已不存在：请画大一些，或调整 offset_m",
            "offset_m" if offset_m < 0 else "geometry",
        )
    return shapely.union_all([Polygon(each.exterior) for each in shapely.get_parts(outline)])


def _flyable(outline_m: Polygon, radius_m: float) -> tuple[Polygon, tuple[Note, ...]]:
    """The area with all corners as round as a radius: those inward by closing, those outward by opening.

    An area too narrow for that is flown round at a distance of its convex hull, which every radius can follow.
    """
    closed = outline_m.buffer(radius_m, quad_segs=_QUARTER).buffer(-2 * radius_m, quad_segs=_QUARTER)
    opened = closed.buffer(radius_m, quad_segs=_QUARTER)
    pieces = shapely.get_parts(opened)
    if len(pieces) == 1 and pieces[0].area > 0:
        loop = Polygon(shapely.get_coordinates(pieces[0].exterior.simplify(CHORDS * radius_m)))
        if loop.exterior.hausdorff_distance(outline_m.exterior) <= CUT * radius_m:
            return loop, ()
    hull = outline_m.convex_hull.buffer(radius_m, quad_segs=_QUARTER)
    wide = Polygon(shapely.get_coordinates(hull.exterior.simplify(CHORDS * radius_m)))
    note = (
        f"the area is too narrow for turns of {radius_m:.0f} m: it is flown round {radius_m:.0f} m outside its hull",
        f"区域过窄，无法以 {radius_m:.0f} 米半径转弯：改为在其凸包外 {radius_m:.0f} 米处环绕",
    )
    return wide, (note,)


def _loop(area_m: Polygon, home: FloatArray, clockwise: bool, share: Share) -> FloatArray:
    """The closed way round an area (N, 2), from the point nearest to home, or a share of the way further on."""
    ring = LineString(area_m.exterior if area_m.exterior.is_ccw != clockwise else area_m.exterior.coords[::-1])
    start = (ring.project(Point(home[:2])) / ring.length + share.index / share.count) % 1.0 * ring.length
    corners = np.asarray(ring.coords)[:-1]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    first = np.asarray(ring.interpolate(start).coords)
    order = np.argsort(np.mod(along - start, ring.length), kind="stable")
    line = np.vstack([first, corners[order], first])
    keep = np.concatenate([[True], np.hypot(*np.diff(line, axis=0).T) > 0.05])
    keep[-1] = True
    return np.asarray(line[keep])
