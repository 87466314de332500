"""Following: keeping the camera on something that moves, or waits, from a stand-off.

Where the place is a point, it is watched from where one stands. Where a line is given, it is the way that the target is
expected to take at a known speed from its first point on, beginning when the aircraft gets there. Rotorcraft keep pace
with it. Aircraft with wings that cannot fly so slowly fly a circle for each stretch of the way, or weave along it.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import ops
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.assembly import Part
from missions.planning.circling import least_radius_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import aslant, slant_resolution_m
from missions.planning.heights import follow_line, ground_amsl_m
from missions.planning.items import Stay
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Note, Share, Work
from missions.planning.watching import watch

DEFAULT_STANDOFF_M = 60.0
DEFAULT_SPEED_MPS = 5.0
STRETCH_M = 40.0
"""The camera is told anew where the target is after so far of its way, or less often on a long one."""

MAX_STRETCHES = 120
CIRCLES_UP_TO = 0.55
"""Targets slower than this share of the aircraft's slowest ground speed are circled, faster ones woven along."""

ARC_POINTS = 4
CHORDS_HALF = 3
"""Chords to half a turn round a moving target."""

OVERSHOOT = 0.19, 0.36
"""Turns of chords take longer than round ones, as the flight model with its line-following shows: by the first figure
for a target at rest, less by the second for each share that the target has of the aircraft's speed."""

CIRCLE_EASE = 1.25
"""Circles round a moving target are wider by this than the tightest turn."""


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """A point watched, or a way flown beside, behind or around its target.

    Raises:
        PlanningError: when the target is faster than the aircraft, does not move along its line, or an aircraft with
            wings cannot circle as near as is asked.
    """
    standoff = request.standoff_m
    if standoff is None:
        standoff = max(DEFAULT_STANDOFF_M, math.ceil(least_radius_m(request, member)))
    if not isinstance(task_m, LineString) or task_m.length < 1.0:
        place = shapely.get_coordinates(task_m)[0]
        return watch(request, district, member, place, extra_m, share, standoff)
    speed = _target_speed_mps(request, member)
    _within_endurance(member, task_m.length / speed)
    if not member.profile.winged:
        return _keep_pace(request, district, member, task_m, extra_m, speed, standoff, share)
    if speed >= member.profile.min_mps:
        return _keep_pace(request, district, member, task_m, extra_m, speed, 0.0, share)
    if speed <= CIRCLES_UP_TO * member.speed_mps:
        return _circles(request, district, member, task_m, extra_m, speed)
    return _weave(request, district, member, task_m, extra_m, speed)


def _target_speed_mps(request: MissionRequest, member: Member) -> float:
    speed = DEFAULT_SPEED_MPS if request.target_speed_mps is None else request.target_speed_mps
    fastest = member.profile.max_mps - (request.wind.speed_mps if request.wind else 0.0)
    if not 0.1 <= speed <= fastest:
        raise PlanningError(
            f"a {member.profile.kind} can follow along a line at 0.1 to {fastest:.0f} m/s in this wind, not {speed:g}; "
            "for something that stands still give a point",
            f"该机型在此风速下可跟随 0.1 至 {fastest:.0f} 米/秒的目标，不能是 {speed:g}；静止目标请给出一个点",
            "target_speed_mps",
        )
    return speed


def _within_endurance(member: Member, seconds: float) -> None:
    if seconds > member.profile.endurance_s:
        raise PlanningError(
            f"following to the end of the line takes {seconds / 60:.0f} min, the battery lasts "
            f"{member.profile.endurance_s / 60:.0f}: draw a shorter line",
            f"跟随全程需 {seconds / 60:.0f} 分钟，电池仅够 {member.profile.endurance_s / 60:.0f} 分钟：请缩短路线",
            "geometry",
        )


def _keep_pace(
    request: MissionRequest,
    district: District,
    member: Member,
    way_m: LineString,
    extra_m: float,
    speed_mps: float,
    standoff_m: float,
    share: Share,
) -> Work:
    """The target's own way, moved aside by the stand-off in the bearing asked for, or flown so far behind it.

    On each stretch of it the camera looks at the middle of the target's stretch of that time.
    """
    count = min(MAX_STRETCHES, max(1, math.ceil(way_m.length / STRETCH_M)))
    at = np.linspace(0.0, way_m.length, count + 1)
    flown = _own_way(request, way_m, standoff_m, share)
    targets = [_on_the_way(district, way_m, (first + last) / 2) for first, last in pairwise(at)]
    parts: list[Part] = []
    for target, (first, last) in zip(targets, pairwise(at), strict=True):
        line = shapely.get_coordinates(ops.substring(flown, first, last))
        points = follow_line(district, line, request.altitude, member.home, extra_m, member.profile, member.speed_mps)
        parts.append(
            Part(
                points if not parts else points[1:],
                "follow",
                look_at_m=target if standoff_m > 0 else None,
                run_m=0.0,
                speed_mps=speed_mps,
            )
        )
    if not member.profile.winged:
        parts[-1] = replace(parts[-1], stay=Stay(seconds=request.stay_s))
    return _work(request, parts, np.array([part.points_m[-1] for part in parts]), np.array(targets))


def _own_way(request: MissionRequest, way_m: LineString, standoff_m: float, share: Share) -> LineString:
    """The way of an aircraft that keeps pace: as long as the target's, so that both are done in the same time.

    In the bearing asked for it lies beside the target's; else it is the target's own, begun so far before it. Several
    aircraft fly in bearings all around.
    """
    points = shapely.get_coordinates(way_m)
    if standoff_m <= 0:
        return way_m
    if request.bearing_deg is not None or share.count > 1:
        bearing = math.radians((request.bearing_deg or 0.0) + 360.0 * share.index / share.count)
        return LineString(points + standoff_m * np.array([math.sin(bearing), math.cos(bearing)]))
    step = points[1] - points[0]
    start = points[0] - step / float(np.hypot(*step)) * standoff_m
    return LineString(shapely.get_coordinates(ops.substring(LineString([start, *points]), 0.0, way_m.length)))


def _circles(
    request: MissionRequest,
    district: District,
    member: Member,
    way_m: LineString,
    extra_m: float,
    speed_mps: float,
) -> Work:
    """Circles round a target that goes on meanwhile: a trochoid, written as chords, with the camera told twice a turn.

    In the target's frame the aircraft goes round with its own speed on the average, v (1 - q^2 / 4) for a target of q
    times that speed (the length of a trochoid, to second order). Seen from the ground its turns are tightest where it
    goes against the target's course.
    """
    slower = speed_mps / member.speed_mps
    radius = CIRCLE_EASE * least_radius_m(request, member) / (1 - slower)
    longer = 1 + OVERSHOOT[0] - OVERSHOOT[1] * slower
    turn_s = longer * 2 * math.pi * radius / (member.speed_mps * (1 - slower**2 / 4))
    lasts_s = way_m.length / speed_mps
    halves = max(2, math.ceil(lasts_s / turn_s * 2))
    sense = -1.0 if request.clockwise else 1.0
    parts: list[Part] = []
    eyes, targets = [], []
    for half in range(halves):
        phases = (half + np.linspace(0, 1, CHORDS_HALF + 1)[0 if half == 0 else 1 :]) / 2
        line = []
        for phase in phases:
            middle = _beside(way_m, phase * turn_s * speed_mps, 0.0)
            angle = sense * 2 * math.pi * phase
            line.append(middle + radius * np.array([math.cos(angle), math.sin(angle)]))
        target = _on_the_way(district, way_m, min((half + 0.5) / 2 * turn_s * speed_mps, way_m.length))
        points = follow_line(
            district, np.array(line), request.altitude, member.home, extra_m, member.profile, member.speed_mps
        )
        parts.append(Part(points, "follow", look_at_m=target, run_m=0.0))
        eyes += list(points)
        targets += [target] * len(points)
    return _work(request, parts, np.array(eyes), np.array(targets), _farther(request, 1.5 * radius))


def _weave(
    request: MissionRequest,
    district: District,
    member: Member,
    way_m: LineString,
    extra_m: float,
    speed_mps: float,
) -> Work:
    """Arcs to the left and right of the way, so much longer than it as the aircraft is faster than its target.

    An arc of half angle a is a / sin a times as long as its chord.
    """
    share = speed_mps / member.speed_mps
    angles = np.linspace(1e-3, math.pi - 1e-3, 2_000)
    half = float(angles[int(np.argmin(np.abs(np.sin(angles) / angles - share)))])
    radius = 1.25 * least_radius_m(request, member)
    chord = 2 * radius * math.sin(half)
    parts: list[Part] = []
    targets = []
    for index in range(min(MAX_STRETCHES, max(1, math.ceil(way_m.length / chord)))):
        swing = np.linspace(-half, half, ARC_POINTS)
        along = (index + 0.5) * chord + radius * np.sin(swing)
        aside = radius * (np.cos(swing) - math.cos(half)) * (1 if index % 2 else -1)
        line = np.array([_beside(way_m, s, y) for s, y in zip(along, aside, strict=True)])
        target = _on_the_way(district, way_m, min((index + 0.5) * chord, way_m.length))
        points = follow_line(district, line, request.altitude, member.home, extra_m, member.profile, member.speed_mps)
        parts.append(Part(points if not parts else points[1:], "follow", look_at_m=target, run_m=0.0))
        targets.append(target)
    farthest = math.hypot(radius * (1 - math.cos(half)), chord / 4)
    eyes = np.array([part.points_m[len(part.points_m) // 2] for part in parts])
    return _work(request, parts, eyes, np.array(targets), _farther(request, farthest))


def _beside(way_m: LineString, along_m: float, left_m: float) -> FloatArray:
    """A place so far along a way (beyond its ends straight on) and so far to its left."""
    within = min(max(along_m, 0.0), way_m.length)
    before = np.asarray(way_m.interpolate(max(within - 1.0, 0.0)).coords[0])
    after = np.asarray(way_m.interpolate(min(within + 1.0, way_m.length)).coords[0])
    course = (after - before) / max(math.dist(before, after), 1e-9)
    place = np.asarray(way_m.interpolate(within).coords[0]) + course * (along_m - within)
    return np.asarray(place + left_m * np.array([-course[1], course[0]]))


def _on_the_way(district: District, way_m: LineString, along_m: float) -> FloatArray:
    """(3,) where the target is, on the ground AMSL."""
    place = np.asarray(way_m.interpolate(along_m).coords[0])
    return np.array([*place, float(ground_amsl_m(district, place))])


def _farther(request: MissionRequest, farthest_m: float) -> tuple[Note, ...]:
    """A note when an aircraft with wings cannot stay as near as is asked."""
    if request.standoff_m is None or farthest_m <= request.standoff_m:
        return ()
    return (
        (
            f"it cannot fly as slowly as its target: it is up to {farthest_m:.0f} m away from it at times",
            f"飞机无法像目标那样慢：有时距目标可达 {farthest_m:.0f} 米",
        ),
    )


def _work(
    request: MissionRequest, parts: list[Part], eyes_m: FloatArray, targets_m: FloatArray, notes: tuple[Note, ...] = ()
) -> Work:
    """The parts with what the camera images of each stretch."""
    views = [aslant(eye, target, request.camera) for eye, target in zip(eyes_m, targets_m, strict=True)]
    coarsest = max(slant_resolution_m(eye, at, request.camera) for eye, at in zip(eyes_m, targets_m, strict=True))
    return Work(tuple(parts), shapely.union_all(views), None, coarsest, notes)
