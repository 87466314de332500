"""Turns: how an aircraft with a turn radius passes the corners of a way.

Autopilots differ: some fly over a waypoint before they turn, some begin to turn so early that they cut the corner.
Both are drawn here, and a way counts as flyable only when both stay clear.
"""

import math
from itertools import pairwise

import numpy as np

from maps.positions import FloatArray

STEP_RAD = math.radians(10)
SHARPEST_RAD = math.radians(150)
"""A way is not bent by more at one corner."""


def heading_rad(start_m: FloatArray, end_m: FloatArray) -> float:
    """Mathematical angle, from east, of the way from one place to another."""
    return math.atan2(float(end_m[1] - start_m[1]), float(end_m[0] - start_m[0]))


def turned_rad(before: float, after: float) -> float:
    """How far a course changes, in [0, pi]."""
    return abs(math.remainder(after - before, 2 * math.pi))


def arc_toward(place_m: FloatArray, heading: float, target_m: FloatArray, radius_m: float) -> FloatArray | None:
    """The points (N, 2) of the shorter turn after which a target lies straight ahead, the place itself first.

    None when the target lies too near to be turned to.
    """
    best: tuple[float, int] | None = None
    for side in (1, -1):
        centre = place_m + radius_m * side * np.array([-math.sin(heading), math.cos(heading)])
        offset = target_m - centre
        distance = math.hypot(float(offset[0]), float(offset[1]))
        if distance <= radius_m:
            continue
        leaving = math.atan2(float(offset[1]), float(offset[0])) - side * math.acos(radius_m / distance)
        sweep = (side * (leaving - heading) + math.pi / 2) % (2 * math.pi)
        if sweep > 2 * math.pi - 1e-6:
            sweep = 0.0
        if best is None or sweep < best[0]:
            best = (sweep, side)
    if best is None:
        return None
    sweep, side = best
    centre = place_m + radius_m * side * np.array([-math.sin(heading), math.cos(heading)])
    angles = heading + side * (np.linspace(0, sweep, math.ceil(sweep / STEP_RAD) + 1) - math.pi / 2)
    return np.asarray(centre + radius_m * np.column_stack([np.cos(angles), np.sin(angles)]))


def lead_m(before_m: FloatArray, corner_m: FloatArray, after_m: FloatArray, radius_m: float) -> float:
    """How far before a corner an aircraft that cuts it begins to turn: R tan(turn / 2), half of either leg at most."""
    turn = turned_rad(heading_rad(before_m, corner_m), heading_rad(corner_m, after_m))
    longest = min(math.dist(before_m, corner_m), math.dist(corner_m, after_m)) / 2
    return min(radius_m * math.tan(min(turn, SHARPEST_RAD) / 2), longest)


def flown(
    points_m: FloatArray, radius_m: float, start_heading: float | None, *, early: bool
) -> tuple[FloatArray, list[int]] | None:
    """The path (N, 2) along a way's corners, and for each of its points the corner flown to.

    Args:
        points_m: (K, 2), K >= 2.
        radius_m: of the turns.
        start_heading: at the first point; None when it can be chosen.
        early: turn before the corners, not after them.

    Returns:
        None when a corner cannot be turned to.
    """
    place = points_m[0]
    heading = heading_rad(points_m[0], points_m[1]) if start_heading is None else start_heading
    path, goals = [place], [1]
    for goal, corner in enumerate(points_m[1:], start=1):
        arc = arc_toward(place, heading, corner, radius_m)
        if arc is None:
            return None
        path += list(arc[1:])
        goals += [goal] * (len(arc) - 1)
        heading = heading_rad(arc[-1], corner)
        place = corner
        if early and goal + 1 < len(points_m):
            lead = lead_m(arc[-1], corner, points_m[goal + 1], radius_m)
            place = corner - lead * np.array([math.cos(heading), math.sin(heading)])
        path.append(place)
        goals.append(goal)
    return np.array(path), goals


def corner_paths(
    before_m: FloatArray | None, heading: float | None, corner_m: FloatArray, after_m: FloatArray, radius_m: float
) -> list[FloatArray] | None:
    """The late and the early path over one corner and on to the next, each (N, 2).

    Args:
        before_m: the corner before; None at the start of the way.
        heading: at the start of the way; not used elsewhere.
        corner_m: the corner.
        after_m: the next one.
        radius_m: of the turns.

    Returns:
        None when it cannot be flown.
    """
    if before_m is not None:
        heading = heading_rad(before_m, corner_m)
    if heading is None:
        return [np.array([corner_m, after_m])]
    leads = {0.0} if before_m is None else {0.0, lead_m(before_m, corner_m, after_m, radius_m)}
    paths = []
    for lead in sorted(leads):
        place = corner_m - lead * np.array([math.cos(heading), math.sin(heading)])
        arc = arc_toward(place, heading, after_m, radius_m)
        if arc is None:
            return None
        paths.append(np.vstack([arc, after_m]))
    return paths


def length_m(path_m: FloatArray) -> float:
    """Along a path (N, 2)."""
    return sum(math.dist(a, b) for a, b in pairwise(path_m))
