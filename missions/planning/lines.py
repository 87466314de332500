"""Lines over the ground: arcs, and bends that wings can fly."""

import math

import numpy as np

from maps.positions import FloatArray

CHORD_RAD = math.radians(90)
"""Bends become chords of an arc that turn by no more than this: autopilots of aircraft with wings begin each turn early
and cut the corner between two lines, and follow a few long chords nearer than many short ones."""


def bends_rad(line_m: FloatArray) -> FloatArray:
    """(N - 2,) by how much a line (N, 2) turns at each of its inner points, positive to the left."""
    steps = np.diff(line_m, axis=0)
    courses = np.arctan2(steps[:, 1], steps[:, 0])
    return np.asarray(np.remainder(np.diff(courses) + math.pi, 2 * math.pi) - math.pi)


def arc(centre_m: FloatArray, radius_m: float, start_rad: float, sweep_rad: float, count: int) -> FloatArray:
    """``count + 1`` points (east, north) on a circle from an angle on, positive sweeps counter-clockwise."""
    angles = start_rad + sweep_rad * np.linspace(0, 1, count + 1)
    return centre_m[:2] + radius_m * np.column_stack([np.cos(angles), np.sin(angles)])


def rounded(line_m: FloatArray, radius_m: float) -> FloatArray:
    """A line (N, 2) whose bends are replaced by chords of arcs that touch both sides.

    Where a side is too short for the arcs at its two ends, each gets half of it, and so a smaller radius.
    """
    line = np.asarray(line_m, dtype=np.float64)
    if radius_m <= 0 or len(line) < 3:
        return line
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    room = lengths / 2
    room[[0, -1]] = lengths[[0, -1]]
    points = [line[:1]]
    for index, bend in enumerate(bends_rad(line)):
        tangent = min(radius_m * math.tan(min(abs(bend), 3.0) / 2), float(room[index]), float(room[index + 1]))
        points.append(_fillet(line[index + 1], steps[index] / lengths[index], float(bend), tangent))
    return np.vstack([*points, line[-1:]])


def _fillet(corner_m: FloatArray, course: FloatArray, bend_rad: float, tangent_m: float) -> FloatArray:
    """The arc that leaves a course so far before a corner and has turned by the bend as far behind it."""
    if abs(bend_rad) < math.radians(3) or tangent_m < 0.5:
        return corner_m[None, :]
    radius = tangent_m / math.tan(min(abs(bend_rad), 3.0) / 2)
    side = math.copysign(1.0, bend_rad)
    start = corner_m - course * tangent_m
    centre = start + radius * side * np.array([-course[1], course[0]])
    begin = math.atan2(start[1] - centre[1], start[0] - centre[0])
    return arc(centre, radius, begin, bend_rad, max(1, math.ceil(abs(bend_rad) / CHORD_RAD - 1e-6)))
