"""Dubins paths: the shortest ways from one pose to another for an aircraft with a least turn radius.

L. E. Dubins, "On curves of minimal length with a constraint on average curvature", American Journal of Mathematics 79
(1957): a shortest path is an arc, a straight and an arc, or three arcs. All six such words are measured, for many pairs
of poses at once, by the formulas of A. M. Shkel and V. Lumelsky, "Classification of the Dubins set", Robotics and
Autonomous Systems 34 (2001), section 3, and the shortest is taken.

A pose is (east m, north m, heading rad); headings are mathematical angles, counter-clockwise from east.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.positions import FloatArray

WORDS = ("LSL", "RSR", "LSR", "RSL", "RLR", "LRL")
"""L turns left, R turns right, S flies straight."""

_FULL = 2 * math.pi
_ROUNDING_RAD = 1e-9


def dubins_lengths(start: ArrayLike, end: ArrayLike, radius: float) -> FloatArray:
    """Lengths of the shortest paths.

    Args:
        start: (N, 3) poses, or one (3,).
        end: (N, 3) poses, or one (3,); the two broadcast.
        radius: least turn radius, metres; 0 gives straight distances.

    Returns:
        (N,) metres.

    Raises:
        ValueError: when the radius is negative or not finite.
    """
    begin, finish = _poses(start, end)
    if _straight(radius):
        return np.asarray(np.hypot(*(finish - begin).T[:2]))
    segments = _segments(begin, finish, radius)
    return np.asarray(segments.sum(axis=-1).min(axis=0) * radius)


def dubins_path(start: ArrayLike, end: ArrayLike, radius: float, step_m: float) -> FloatArray:
    """The shortest path from one pose to another as points.

    Args:
        start: (3,) pose.
        end: (3,) pose.
        radius: least turn radius, metres; 0 gives the straight line.
        step_m: greatest distance along the path between neighbouring points.

    Returns:
        (N >= 2, 3) poses along the path, the first and last those given (with a radius of 0, headed along the line).

    Raises:
        ValueError: when the radius is negative, or the step is not positive.
    """
    if not step_m > 0:
        raise ValueError(f"the step must be more than 0 m, not {step_m}")
    begin, finish = _poses(start, end)
    if _straight(radius):
        return _line(begin[0], finish[0], step_m)
    options = _segments(begin, finish, radius)[:, 0]
    best = int(np.argmin(options.sum(axis=-1)))
    pose = begin[0]
    parts = [pose[None]]
    for letter, angle in zip(WORDS[best], options[best], strict=True):
        part = _along(pose, letter, float(angle), radius, step_m)
        parts.append(part)
        pose = part[-1] if len(part) else pose
    points = np.concatenate(parts)
    if len(points) == 1:
        points = np.repeat(points, 2, axis=0)
    points[-1] = finish[0]
    return points


def _straight(radius: float) -> bool:
    if not (math.isfinite(radius) and radius >= 0):
        raise ValueError(f"a turn radius must be 0 m or more, not {radius}")
    return radius < 1e-9


def _poses(start: ArrayLike, end: ArrayLike) -> tuple[FloatArray, FloatArray]:
    begin, finish = np.broadcast_arrays(
        np.atleast_2d(np.asarray(start, dtype=np.float64)), np.atleast_2d(np.asarray(end, dtype=np.float64))
    )
    return begin, finish


def _segments(start: FloatArray, end: FloatArray, radius: float) -> FloatArray:
    """(6, N, 3) the three parts of each word in units of the radius; infinite where a word does not reach."""
    step = end[:, :2] - start[:, :2]
    d = np.hypot(step[:, 0], step[:, 1]) / radius
    line = np.arctan2(step[:, 1], step[:, 0])
    a, b = _turn(start[:, 2] - line), _turn(end[:, 2] - line)
    sa, sb, ca, cb, cab = np.sin(a), np.sin(b), np.cos(a), np.cos(b), np.cos(a - b)
    with np.errstate(invalid="ignore"):
        words = [
            _outer(2 + d**2 - 2 * cab + 2 * d * (sa - sb), np.arctan2(cb - ca, d + sa - sb), a, b, 1),
            _outer(2 + d**2 - 2 * cab + 2 * d * (sb - sa), np.arctan2(ca - cb, d - sa + sb), a, b, -1),
            _inner(-2 + d**2 + 2 * cab + 2 * d * (sa + sb), np.arctan2(-ca - cb, d + sa + sb), a, b, 1),
            _inner(-2 + d**2 + 2 * cab - 2 * d * (sa + sb), np.arctan2(ca + cb, d - sa - sb), a, b, -1),
            _three((6 - d**2 + 2 * cab + 2 * d * (sa - sb)) / 8, np.arctan2(ca - cb, d - sa + sb), a, b, -1),
            _three((6 - d**2 + 2 * cab + 2 * d * (sb - sa)) / 8, np.arctan2(cb - ca, d + sa - sb), a, b, 1),
        ]
    return np.where(np.isnan(words), np.inf, words)


def _outer(square: FloatArray, tangent: FloatArray, a: FloatArray, b: FloatArray, side: int) -> FloatArray:
    """Two turns to the same side (+1 left) with a straight between them."""
    return np.stack([_turn(side * (tangent - a)), _root(square), _turn(side * (b - tangent))], axis=-1)


def _inner(square: FloatArray, tangent: FloatArray, a: FloatArray, b: FloatArray, side: int) -> FloatArray:
    """A turn to a side (+1 left), a straight, and a turn to the other side."""
    length = _root(square)
    course = tangent - np.arctan2(-2.0 * side, length)
    return np.stack([_turn(side * (course - a)), length, _turn(side * (course - b))], axis=-1)


def _three(cosine: FloatArray, tangent: FloatArray, a: FloatArray, b: FloatArray, side: int) -> FloatArray:
    """Three turns, the first and last to a side (+1 left) and the middle one, over half a circle, to the other."""
    within = np.where(np.abs(cosine) <= 1 + 1e-12, np.clip(cosine, -1, 1), np.nan)
    middle = _FULL - np.arccos(within)
    first = _turn(side * (tangent - a) + middle / 2)
    return np.stack([first, middle, _turn(side * (b - a) - first + middle)], axis=-1)


def _root(square: FloatArray) -> FloatArray:
    """The square root; not a number where there is none, 0 where rounding alone is in the way."""
    return np.sqrt(np.where((square < 0) & (square > -1e-12), 0.0, square))


def _turn(angle: FloatArray) -> FloatArray:
    """The angle in [0, 2 pi), a full turn by rounding alone taken for none."""
    turned = np.mod(angle, _FULL)
    return np.where(turned > _FULL - _ROUNDING_RAD, 0.0, turned)


def _along(pose: NDArray[np.float64], letter: str, angle: float, radius: float, step_m: float) -> FloatArray:
    """(N, 3) poses on one part of a path, its beginning left out."""
    if angle < _ROUNDING_RAD:
        return np.empty((0, 3))
    east, north, heading = pose
    along = angle * np.linspace(0, 1, max(1, math.ceil(angle * radius / step_m - 1e-9)) + 1)[1:]
    if letter == "S":
        flat = radius * along[:, None] * [math.cos(heading), math.sin(heading)]
        return np.column_stack([pose[:2] + flat, np.full(len(along), heading)])
    side = 1 if letter == "L" else -1
    turned = heading + side * along
    return np.column_stack(
        [
            east + side * radius * (np.sin(turned) - math.sin(heading)),
            north - side * radius * (np.cos(turned) - math.cos(heading)),
            turned,
        ]
    )


def _line(start: NDArray[np.float64], end: NDArray[np.float64], step_m: float) -> FloatArray:
    step = end[:2] - start[:2]
    count = max(1, math.ceil(math.hypot(*step) / step_m - 1e-9))
    share = np.linspace(0, 1, count + 1)[:, None]
    return np.column_stack([start[:2] + share * step, np.full(count + 1, math.atan2(step[1], step[0]))])
