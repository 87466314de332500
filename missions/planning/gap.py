"""Gaps: ground of an area that no fixed camera sees, seen from the air; again and again where that is asked for."""

import math
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from maps.coverage import coverage
from maps.district import District
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.assembly import Part, home_m
from missions.planning.circling import comfortable_radius_m, settling_run_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import Eye
from missions.planning.heights import follow_line
from missions.planning.request import MissionRequest
from missions.planning.sweeping import Pass, Swath, TooManyPassesError, cover, order
from missions.planning.tasks import ALONE, Note, Share, Work, plan_of, shared_tracks

LEAST_M2 = 5.0
"""Smaller pieces of uncovered ground are not flown to."""

RAGGED_M = 0.5
"""Uncovered strips narrower than twice this are the ragged edges of coverage."""

MAX_ROUNDS = 20
_SPARE = 0.02
"""Of the battery, kept beside the reserve when rounds are counted."""

Tracks = list[FloatArray]
"""Straight passes, each (2, 2): start and end, east and north."""

_covered: WeakKeyDictionary[District, BaseGeometry] = WeakKeyDictionary()


def covered_m(district: District) -> BaseGeometry:
    """The ground that the fixed cameras of a district see, east and north; found once for each district."""
    if district not in _covered:
        seen = coverage(district)
        local = seen.geometry.to_crs(district.frame.crs)
        _covered[district] = shapely.union_all(shapely.make_valid(np.asarray(local.array)))
    return _covered[district]


def gaps_m(district: District, area_m: BaseGeometry) -> tuple[BaseGeometry, tuple[Note, ...]]:
    """The open ground of an area that no camera sees, and a note on pieces left out for being tiny."""
    built = np.asarray(district.buildings.geometry.to_crs(district.frame.crs).array)
    built = built[shapely.STRtree(built).query(area_m, predicate="intersects")]
    uncovered = shapely.make_valid(area_m).difference(covered_m(district)).difference(shapely.union_all(built))
    opened = uncovered.buffer(-RAGGED_M, quad_segs=2).buffer(RAGGED_M, quad_segs=2).simplify(RAGGED_M)
    pieces = [piece for piece in shapely.get_parts(opened) if piece.area > 0]
    kept = [piece for piece in pieces if piece.area >= LEAST_M2]
    if len(kept) == len(pieces):
        return shapely.union_all(kept), ()
    left, lost = len(pieces) - len(kept), sum(piece.area for piece in pieces if piece.area < LEAST_M2)
    note = (
        f"{left} pieces of uncovered ground below {LEAST_M2:g} m2 each, {lost:.0f} m2 together, are left out",
        f"忽略 {left} 块各不足 {LEAST_M2:g} 平方米的未覆盖地面，合计 {lost:.0f} 平方米",
    )
    return shapely.union_all(kept), (note,)


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """Passes over an area's uncovered ground; with ``revisit_s`` flown as often as the battery allows.

    Aircraft that fly one task together share its passes.

    Raises:
        PlanningError: when the cameras see all of the area, or nothing can be seen again as soon as is asked; says how
            many aircraft would do.
    """
    ground, notes = gaps_m(district, task_m)
    if ground.is_empty:
        raise PlanningError(
            "the fixed cameras see all open ground of this area: choose another one",
            "固定摄像机已覆盖该区域的全部地面：请另选区域",
            "geometry",
        )
    eye = Eye.over(request, district, member, ground)
    tracks = _tracks(request, ground, eye, member, home_m(district, member), share)
    run = settling_run_m(request, member)
    up = request.altitude, member.home, extra_m, member.profile, member.speed_mps
    parts = tuple(Part(follow_line(district, each, *up), "gap", eye.picture_m, run_m=run) for each in tracks)
    work = Work(parts, eye.along_all(tracks), eye.swath_m, eye.resolution_m, notes)
    return work if request.revisit_s is None else _again(request, district, member, work, share)


def _tracks(
    request: MissionRequest, ground_m: BaseGeometry, eye: Eye, member: Member, start: FloatArray, share: Share
) -> Tracks:
    """An aircraft's passes over ground in several pieces, in the order of flight."""
    assert isinstance(ground_m, Polygon | MultiPolygon)
    spacing = eye.sure_m * (1 - request.camera.sidelap)
    radius = comfortable_radius_m(request, member)
    swath = Swath(eye.sure_m, spacing, radius, settling_run_m(request, member))
    # What is shared must be the same passes for all, whatever they fly and wherever they come from.
    alike = swath if share.count == 1 else Swath(eye.sure_m, spacing)
    try:
        passes = cover(ground_m, alike, start[:2] if share.count == 1 else None, request.direction_deg)
    except TooManyPassesError as error:
        raise PlanningError(
            "this would take far too many passes: fly higher or choose a smaller area",
            "所需航线过多：请提高飞行高度或缩小区域",
            "geometry",
        ) from error
    tracks = shared_tracks([np.array([each.start_m, each.end_m]) for each in passes], share)
    if share.count > 1:
        mine = [Pass((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))) for a, b in tracks]
        tracks = [np.array([each.start_m, each.end_m]) for each in order(mine, swath, start[:2])]
    return tracks


def _again(request: MissionRequest, district: District, member: Member, work: Work, share: Share) -> Work:
    """The work repeated for as long as the battery lasts, when each round is short enough."""
    assert request.revisit_s is not None
    once = _rounds(request, district, member, work, 1)
    twice = _rounds(request, district, member, work, 2)
    revisit = worst_revisit_s(twice)
    if revisit > request.revisit_s:
        needed = math.ceil(share.count * revisit / request.revisit_s)
        raise PlanningError(
            f"with {share.count} aircraft a place is seen again after {revisit:.0f} s, not {request.revisit_s:.0f}: "
            f"ask for about {needed}, fly higher or faster, or choose a smaller area",
            f"{share.count} 架飞机的重访时间为 {revisit:.0f} 秒，无法达到 {request.revisit_s:.0f} 秒："
            f"约需 {needed} 架，或提高高度、速度，或缩小区域",
            "revisit_s",
        )
    usable = 1 - member.profile.reserve_fraction - _SPARE
    each = max(twice.energy_fraction - once.energy_fraction, 1e-3)
    lasts = 1 + math.floor(max(usable - once.energy_fraction, 0.0) / each)
    rounds = max(1, min(lasts, MAX_ROUNDS, request.repeat if request.repeat > 1 else MAX_ROUNDS))
    minutes = (once.duration_s + (rounds - 1) * (twice.duration_s - once.duration_s)) / 60
    note = (
        f"{rounds} round(s) in {minutes:.0f} min; each place is seen again after {revisit:.0f} s at the latest",
        f"{minutes:.0f} 分钟内飞行 {rounds} 轮；每处最迟 {revisit:.0f} 秒后再次被看到",
    )
    return replace(work, parts=work.parts * rounds, notes=(*work.notes, note), repeated=True)


def _rounds(request: MissionRequest, district: District, member: Member, work: Work, rounds: int) -> Plan:
    return plan_of(request, district, member, [replace(work, parts=work.parts * rounds, repeated=True)])


def worst_revisit_s(plan: Plan) -> float:
    """The longest time between two looks at one place, from a plan's path; 0 when nothing is seen twice.

    Passes are recognised by their places: waypoints of purpose "gap" that lie where an earlier one lay.
    """
    reached = {point.item: point.time_s for point in plan.path}
    last: dict[tuple[float, float], float] = {}
    worst = 0.0
    for index, item in enumerate(plan.items):
        if item.purpose != "gap" or index not in reached:
            continue
        place = (item.lat_deg, item.lon_deg)
        if place in last:
            worst = max(worst, reached[index] - last[place])
        last[place] = reached[index]
    return worst
