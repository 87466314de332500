"""Corridors: the ground on both sides of a line, imaged in one pass along it or several beside each other.

The line is flown in runs. Within a run it bends so little that pictures of the two sides overlap on the outside of each
bend, and passes are the run's parallel curves. At a sharper bend a run ends and the next begins: its passes go straight
on until the outside of the bend is imaged. What still is not imaged, such as the inside of a bend that folds onto
itself, gets straight passes of its own.
"""

import math
from itertools import pairwise

import numpy as np
import shapely
from shapely import ops
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.assembly import Part, home_m
from missions.planning.circling import comfortable_radius_m, settling_run_m
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import Eye
from missions.planning.heights import follow_line
from missions.planning.lines import bends_rad
from missions.planning.request import MissionRequest
from missions.planning.tasks import ALONE, Share, Work

MAX_PASSES = 60
MAX_PATCHES = 60
ENOUGH = 0.9995
"""Share of the corridor that the passes image before no patches are looked for."""

WING_SLACK_M = 4.0
"""Aircraft with wings may fly so far beside their line where it bends, and after joining it."""

WING_BEND_RAD = math.radians(20)
"""Aircraft with wings fly such bends with little overshoot; sharper ones in straight passes."""


def work_of(
    request: MissionRequest,
    district: District,
    member: Member,
    task_m: BaseGeometry,
    extra_m: float,
    share: Share = ALONE,
) -> Work:
    """A line's ground of ``width_m``, its round ends included; by default of the width of one pass.

    Aircraft that fly one corridor together each take a stretch of it.

    Raises:
        PlanningError: when the line is a point, or far too wide for the height.
    """
    eye = Eye.over(request, district, member, task_m)
    turn = comfortable_radius_m(request, member)
    slack = WING_SLACK_M if turn > 0 else 0.0
    width = request.width_m or eye.sure_m - 2 * slack
    line = _stretch(task_m, share)
    lines = passes(line, width, eye, request.camera.sidelap, turn, slack)
    home = home_m(district, member)[:2]
    if math.dist(lines[-1][-1], home) < math.dist(lines[0][0], home) and len(lines) > 1:
        lines = [each[::-1] for each in lines[::-1]]
    run = settling_run_m(request, member)
    up = request.altitude, member.home, extra_m, member.profile, member.speed_mps
    parts = tuple(Part(follow_line(district, each, *up), "corridor", eye.picture_m, run_m=run) for each in lines)
    return Work(parts, eye.along_all(lines), eye.swath_m, eye.resolution_m)


def passes(
    line_m: LineString, width_m: float, eye: Eye, sidelap: float, turn_m: float, slack_m: float = 0.0
) -> list[FloatArray]:
    """The lines (N, 2) to fly, in order, so that the ground within half a width of a line is imaged.

    Args:
        line_m: the middle of the corridor.
        width_m: of the corridor.
        eye: the camera.
        sidelap: share of a picture's width that neighbouring passes have in common.
        turn_m: radius of the bends that the aircraft flies; 0 turns on the spot.
        slack_m: by how much it may fly beside its line.

    Raises:
        PlanningError: when it would take too many passes.
    """
    simpler = min(1.0, 0.02 * eye.sure_m)
    simple = shapely.get_coordinates(line_m.simplify(simpler))
    one = width_m <= eye.sure_m - 2 * slack_m + 1e-6
    reach = width_m / 2 + simpler + slack_m
    reach = min(reach, eye.sure_m / 2) if one else reach
    spacing = eye.sure_m * (1 - sidelap)
    count = 1 if one else 1 + math.ceil((2 * reach - eye.sure_m) / spacing - 1e-9)
    if count > MAX_PASSES:
        raise PlanningError(
            f"a corridor of {width_m:.0f} m would take {count} passes, {MAX_PASSES} at most: fly higher",
            f"{width_m:.0f} 米宽的走廊需要 {count} 条航线，上限 {MAX_PASSES}：请提高飞行高度",
            "width_m",
        )
    offsets = np.linspace(-1, 1, count) * (reach - eye.sure_m / 2) if count > 1 else np.zeros(1)
    runs = _runs(simple, eye, turn_m)
    flown: list[FloatArray] = []
    for number, index in enumerate(_turning_order(count, float(np.diff(offsets[:2]).sum()), turn_m)):
        beside = [piece for run in runs for piece in run.beside(float(offsets[index]), reach, eye)]
        flown += [piece[::-1] for piece in reversed(beside)] if number % 2 else beside
    return flown + _patches(line_m.buffer(width_m / 2), flown, eye)


class _Run:
    """A stretch of the line that is flown as one.

    Attributes:
        line: (N, 2) its points.
        bend_before, bend_after: at its ends, positive to the left; None where the corridor ends.
    """

    def __init__(self, line: FloatArray, bend_before: float | None, bend_after: float | None) -> None:
        self.line, self.bend_before, self.bend_after = line, bend_before, bend_after

    def beside(self, offset_m: float, reach_m: float, eye: Eye) -> list[FloatArray]:
        """The pass at an offset to the left, made longer for the outside of the bends at its ends."""
        curve: BaseGeometry = LineString(self.line)
        if offset_m:
            curve = shapely.offset_curve(curve, offset_m, join_style="mitre", mitre_limit=3.0)
        pieces = [shapely.get_coordinates(piece) for piece in shapely.get_parts(curve) if piece.length > 0.1]
        if not pieces:
            return []
        pieces[0][0] = _beyond(pieces[0][1], pieces[0][0], _longer(offset_m, self.bend_before, reach_m, eye))
        pieces[-1][-1] = _beyond(pieces[-1][-2], pieces[-1][-1], _longer(offset_m, self.bend_after, reach_m, eye))
        return pieces


def _runs(line: FloatArray, eye: Eye, turn_m: float) -> list[_Run]:
    """The line broken where it bends more than can be flown and imaged in one go."""
    bends = bends_rad(line)
    if turn_m > 0:
        # Bends that follow one another within a turn count together.
        lengths = np.hypot(*np.diff(line, axis=0).T)
        near = np.minimum(lengths[:-1], lengths[1:]) < 2 * turn_m
        sharp = np.abs(bends) > np.where(near, WING_BEND_RAD / 2, WING_BEND_RAD)
    else:
        sharp = np.abs(bends) > 2 * math.asin(min(1.0, eye.reach_m / (eye.sure_m / 2)))
    breaks = [0, *(np.flatnonzero(sharp) + 1).tolist(), len(line) - 1]
    at = [None, *(float(bends[index - 1]) for index in breaks[1:-1]), None]
    return [
        _Run(line[first : last + 1], at[number], at[number + 1])
        for number, (first, last) in enumerate(pairwise(breaks))
    ]


def _longer(offset_m: float, bend_rad: float | None, reach_m: float, eye: Eye) -> float:
    """How much further a pass must go on beyond the end of its run.

    Beyond the end of the corridor lies half a disc, beyond a bend on its outer side half of the wedge between the two
    runs; of that, as far as the pass sees to its sides.
    """
    half = eye.sure_m / 2
    across = np.clip(np.linspace(offset_m - half, offset_m + half, 33), -reach_m, reach_m)
    disc = np.sqrt(np.maximum(reach_m**2 - across**2, 0.0))
    if bend_rad is None:
        needed = disc
    else:
        outer = -across * math.copysign(1.0, bend_rad)
        needed = np.minimum(np.maximum(outer, 0.0) * math.tan(min(abs(bend_rad) / 2, 1.5)), disc)
    return max(0.0, float(needed.max()) - eye.reach_m)


def _beyond(before_m: FloatArray, end_m: FloatArray, by_m: float) -> FloatArray:
    step = end_m - before_m
    return np.asarray(end_m + step / max(float(np.hypot(*step)), 1e-9) * by_m)


def _turning_order(count: int, spacing_m: float, turn_m: float) -> list[int]:
    """The order of passes, each flown against the one before, in which neighbours lie a turn's width apart."""
    stride = min(max(1, math.ceil(2 * turn_m / max(spacing_m, 0.1))), max(1, (count + 1) // 2))
    if stride == 1:
        return list(range(count))
    return [index for start in range(stride) for index in range(start, count, stride)]


def _patches(corridor_m: BaseGeometry, flown: list[FloatArray], eye: Eye) -> list[FloatArray]:
    """Straight passes over the largest pieces of ground that were missed, until next to nothing is."""
    missed = corridor_m.difference(eye.along_all(flown))
    patches: list[FloatArray] = []
    while missed.area > (1 - ENOUGH) * corridor_m.area and len(patches) < MAX_PATCHES:
        piece = max(shapely.get_parts(missed), key=lambda each: each.area)
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(piece))
        if len(box) < 5:
            break
        sides = np.hypot(*np.diff(box[:3], axis=0).T)
        first, second = (
            (box[0] + box[1], box[2] + box[3]) if sides[0] < sides[1] else (box[1] + box[2], box[3] + box[0])
        )
        patch = np.array([first / 2, second / 2])
        if math.dist(*patch) < 1.0:
            patch[1] += 1.0
        patches.append(patch)
        missed = missed.difference(eye.along(patch))
    return patches


def _stretch(task_m: BaseGeometry, share: Share) -> LineString:
    """An aircraft's stretch of the line, or all of it."""
    points = shapely.get_coordinates(task_m)
    kept = points[np.concatenate([[True], np.hypot(*np.diff(points, axis=0).T) > 0.01])]
    if len(kept) < 2:
        raise PlanningError(
            "the corridor's line has no length: draw at least two places apart",
            "走廊中心线长度为零：请至少画两个不同的点",
            "geometry",
        )
    line = LineString(kept)
    if share.count == 1:
        return line
    cut = ops.substring(line, share.index / share.count, (share.index + 1) / share.count, normalized=True)
    return LineString(shapely.get_coordinates(cut))
