"""Draws people and cars into a picture, with what stands before them left standing.

Each is drawn four times as large in a small picture of its own and scaled down, so that its edges are soft and in the
right place to a small part of a pixel.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from simulators.scenery import light
from simulators.scenery.blocks import Blocks, Faces
from simulators.scenery.ground import Depths
from simulators.scenery.view import View, fixed_point

_FINER = 4
_SHIFT = 4
_FARTHEST_M = 700.0
_SMALLEST_PX = 2.2
_SHADOW = 0.42
_CARS = np.array(
    [(236, 236, 234), (22, 20, 20), (150, 148, 146), (40, 40, 178), (160, 84, 40), (210, 214, 216), (30, 140, 200),
     (96, 110, 60)], dtype=np.float64
)  # fmt: skip
_COATS = np.array(
    [(50, 50, 190), (180, 90, 40), (40, 170, 215), (60, 60, 62), (90, 150, 70), (215, 215, 220), (140, 60, 130),
     (40, 110, 220)], dtype=np.float64
)  # fmt: skip
_LEGS = np.array([62.0, 52.0, 46.0])
_SKIN = np.array([128.0, 150.0, 190.0])
_GLASS = np.array([74.0, 62.0, 54.0])
_OCTAGON = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A mover to be drawn.

    Attributes:
        place_enu_m: centre of its footprint, on the ground, shape (3,).
        car: whether it is a car; else a person.
        look: picks its colours.
    """

    place_enu_m: FloatArray
    heading_deg: float
    car: bool
    look: int
    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, eq=False, slots=True)
class _Model:
    """Convex parts of a kind of figure, drawn in their order; the first one is its shadow.

    Attributes:
        points: of all parts, shape (P, 3): forward and right (halves of length and width), up (height).
        ends: where each part's points end.
    """

    points: FloatArray
    ends: tuple[int, ...]

    @staticmethod
    def of(*parts: FloatArray) -> "_Model":
        """Put parts together."""
        return _Model(np.concatenate(parts), tuple(np.cumsum([len(part) for part in parts]).tolist()))


def _column(low: float, high: float, reach_low: float, reach_high: float) -> FloatArray:
    rings = [
        np.column_stack([_OCTAGON * reach, np.full(8, up)]) for up, reach in ((low, reach_low), (high, reach_high))
    ]
    return np.concatenate(rings)


def _slab(back: float, front: float, reach: float, up: float) -> FloatArray:
    return np.array([[back, -reach, up], [front, -reach, up], [front, reach, up], [back, reach, up]])


_PERSON = _Model.of(
    np.column_stack([_OCTAGON * 1.4, np.full(8, 0.005)]),
    _column(0.0, 0.5, 0.55, 0.8),
    _column(0.45, 0.84, 0.85, 1.0),
    _column(0.86, 1.0, 0.46, 0.4),
)
_CAR = _Model.of(
    _slab(-1.07, 1.07, 1.15, 0.01),
    np.vstack([_slab(-1, 1, 1, 0.12), _slab(-1, 1, 1, 0.45)]),
    np.vstack([_slab(-1, 1, 1, 0.45), _slab(-1, 0.94, 0.94, 0.56)]),
    np.vstack([_slab(-0.86, 0.5, 0.9, 0.56), _slab(-0.62, 0.16, 0.76, 0.97)]),
    _slab(-0.6, 0.14, 0.74, 1.0),
)


def draw(
    view: View, figures: list[Figure], blocks: Blocks, faces: Faces, depths: Depths, picture: NDArray[np.uint8]
) -> None:
    """Draw figures, the farther ones first."""
    if not figures:
        return
    places = np.array([figure.place_enu_m for figure in figures])
    camera = view.camera(places)
    fx, fy = view.lens.focal_px
    depth = camera[:, 2]
    size = np.array([(figure.length_m, figure.height_m) for figure in figures]).max(axis=1)
    height = np.array([figure.height_m for figure in figures])
    ok = (depth > 1.0) & (depth < _FARTHEST_M) & (height * fy > _SMALLEST_PX * depth)
    safe = np.where(ok, depth, 1.0)
    u = camera[:, 0] / safe * fx + view.lens.width_px / 2
    v = camera[:, 1] / safe * fy + view.lens.height_px / 2
    margin = 1.5 * size * fx / safe
    ok &= (u > -margin) & (u < view.lens.width_px + margin) & (v > -margin) & (v < view.lens.height_px + margin)
    ok &= depths.at(np.stack([u, v], axis=1)) > depth * 0.96 - 1.0
    shown = np.nonzero(ok)[0]
    for index in shown[np.argsort(-depth[shown])].tolist():
        _draw_one(view, figures[index], blocks, faces, picture)


def box(view: View, figure: Figure) -> tuple[float, float, float, float]:
    """Left, top, right and bottom (pixels) of a figure without its shadow, as if nothing stood before it."""
    points, ends, _ = _placed(figure)
    pixels = view.pixels(view.camera(points[ends[0] :]))
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _draw_one(view: View, figure: Figure, blocks: Blocks, faces: Faces, picture: NDArray[np.uint8]) -> None:
    points, ends, colours = _placed(figure)
    camera = view.camera(points)
    if camera[:, 2].min() < 0.5:
        return
    every = view.pixels(camera)
    low = np.maximum(np.floor(every.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(every.max(axis=0)).astype(int) + 1, [view.lens.width_px, view.lens.height_px])
    if (high <= low).any():
        return
    left, top, right, bottom = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    before = blocks.hides(faces, (left, top, right, bottom), figure.place_enu_m)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if any(_holds(polygon, corners) for polygon in before):
        return
    layer = np.zeros(((bottom - top) * _FINER, (right - left) * _FINER, 4), dtype=np.uint8)
    distance = np.full(len(colours), float(np.linalg.norm(figure.place_enu_m - view.position)))
    shown = light.hazed(colours, distance).tolist()
    finer = ((every - low) * _FINER).astype(np.float32)
    for part, (first, last) in enumerate(pairwise((0, *ends))):
        colour = (0.0, 0.0, 0.0, 255 * _SHADOW) if part == 0 else (*shown[part - 1], 255.0)
        outline = _fixed(cv2.convexHull(finer[first:last]).reshape(-1, 2).astype(np.float64))
        if len(outline) >= 3:
            cv2.fillConvexPoly(layer, outline, colour, cv2.LINE_8, _SHIFT)
    for polygon in before:
        fixed = _fixed((polygon - low) * _FINER)
        cv2.fillPoly(layer, [fixed], (0, 0, 0, 0), cv2.LINE_8, _SHIFT)
    small = cv2.resize(layer, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    target = picture[top:bottom, left:right]
    keep = 255 - small[..., 3:].astype(np.uint16)
    target[:] = (target * keep // 255 + small[..., :3]).astype(np.uint8)


def _holds(polygon: FloatArray, points: list[tuple[int, int]]) -> bool:
    contour = np.clip(polygon, -1e6, 1e6).astype(np.float32)
    return all(cv2.pointPolygonTest(contour, point, False) > 0 for point in points)


def _fixed(polygon: FloatArray) -> NDArray[np.int32]:
    middle = polygon.mean(axis=0)
    smaller = polygon + np.clip(middle - polygon, -0.5, 0.5)
    return fixed_point(np.clip(smaller, -1e6, 1e6), _SHIFT)


def _placed(figure: Figure) -> tuple[FloatArray, tuple[int, ...], FloatArray]:
    """Points of a figure's parts in ENU, where each part ends, and the colours of all but the shadow."""
    model = _CAR if figure.car else _PERSON
    turn = np.radians(figure.heading_deg)
    sine, cosine = float(np.sin(turn)), float(np.cos(turn))
    half, side = figure.length_m / 2, figure.width_m / 2
    enu_from_model = np.array(
        [[sine * half, cosine * half, 0.0], [cosine * side, -sine * side, 0.0], [0.0, 0.0, figure.height_m]]
    )
    points = model.points @ enu_from_model + figure.place_enu_m
    if figure.car:
        paint = _CARS[figure.look % len(_CARS)]
        return points, model.ends, np.stack([paint * 0.66, paint, _GLASS, paint])
    return points, model.ends, np.stack([_LEGS, _COATS[figure.look % len(_COATS)], _SKIN])
