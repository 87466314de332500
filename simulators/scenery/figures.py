"""Draws people and cars into a picture, with what stands before them left standing.

Each is drawn four times as large in a small picture of its own and scaled down, so that its edges are soft and in the
right place to a small part of a pixel.
"""

from dataclasses import dataclass

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
_SMALLEST_PX = 1.2
_SHADOW = 0.42
_CARS = np.array(
    [(236, 236, 234), (52, 48, 46), (150, 148, 146), (40, 40, 178), (160, 84, 40), (210, 214, 216), (30, 140, 200),
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


_Part = tuple[FloatArray, FloatArray, float]
"""Points of a convex part (K, 3) in ENU, its colour (3,), and how much it covers (1: wholly)."""


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
    size = np.array([figure.length_m if figure.car else figure.height_m for figure in figures])
    ok = (depth > 1.0) & (depth < _FARTHEST_M) & (size * fy > _SMALLEST_PX * depth)
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
    pixels = np.concatenate([view.pixels(view.camera(points)) for points, _, cover in _parts(figure) if cover == 1])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _draw_one(view: View, figure: Figure, blocks: Blocks, faces: Faces, picture: NDArray[np.uint8]) -> None:
    parts = _parts(figure)
    projected = []
    for points, colour, cover in parts:
        camera = view.camera(points)
        if camera[:, 2].min() < 0.5:
            return
        projected.append((view.pixels(camera), colour, cover))
    every = np.concatenate([pixels for pixels, _, _ in projected])
    low = np.maximum(np.floor(every.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(every.max(axis=0)).astype(int) + 1, [view.lens.width_px, view.lens.height_px])
    if (high <= low).any():
        return
    left, top, right, bottom = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    before = blocks.hides(faces, (left, top, right, bottom), figure.place_enu_m)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    if any(_holds(polygon, corners) for polygon in before):
        return
    rows, columns = (bottom - top) * _FINER, (right - left) * _FINER
    layer = np.zeros((rows, columns, 4), dtype=np.uint8)
    distance = np.array([float(np.linalg.norm(figure.place_enu_m - view.position))])
    for pixels, colour, cover in projected:
        shown = light.hazed(colour[None], distance)[0] * cover if cover == 1 else np.zeros(3)
        hull = cv2.convexHull(((pixels - low) * _FINER).astype(np.float32)).reshape(-1, 2).astype(np.float64)
        _fill(layer, hull, (*shown.tolist(), 255.0 * cover))
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


def _fill(layer: NDArray[np.uint8], polygon: FloatArray, colour: tuple[float, ...]) -> None:
    if len(polygon) >= 3:
        cv2.fillConvexPoly(layer, _fixed(polygon), colour, cv2.LINE_8, _SHIFT)


def _fixed(polygon: FloatArray) -> NDArray[np.int32]:
    middle = polygon.mean(axis=0)
    smaller = polygon + np.clip(middle - polygon, -0.5, 0.5)
    return fixed_point(np.clip(smaller, -1e6, 1e6), _SHIFT)


def _parts(figure: Figure) -> list[_Part]:
    return _car(figure) if figure.car else _person(figure)


def _person(figure: Figure) -> list[_Part]:
    place, tall = figure.place_enu_m, figure.height_m
    coat = _COATS[figure.look % len(_COATS)]

    def column(low: float, high: float, reach_low: float, reach_high: float) -> FloatArray:
        rings = [
            np.column_stack([_OCTAGON * reach, np.full(8, level * tall)])
            for level, reach in ((low, reach_low), (high, reach_high))
        ]
        return np.asarray(np.concatenate(rings) + place)

    return [
        (np.column_stack([_OCTAGON * 0.34, np.full(8, 0.01)]) + place, _LEGS, _SHADOW),
        (column(0.0, 0.5, 0.13, 0.19), _LEGS, 1),
        (column(0.45, 0.84, 0.2, 0.25), coat, 1),
        (column(0.86, 1.0, 0.11, 0.1), _SKIN, 1),
    ]


def _car(figure: Figure) -> list[_Part]:
    turn = np.radians(figure.heading_deg)
    forward = np.array([np.sin(turn), np.cos(turn)])
    right = np.array([np.cos(turn), -np.sin(turn)])
    half, side, tall = figure.length_m / 2, figure.width_m / 2, figure.height_m

    def slab(back: float, front: float, reach: float, up: float) -> FloatArray:
        corners = [forward * f + right * r for f in (back, front) for r in (-reach, reach)]
        order = [corners[0], corners[1], corners[3], corners[2]]
        return np.column_stack([np.array(order), np.full(4, up)]) + figure.place_enu_m

    paint = _CARS[figure.look % len(_CARS)]
    waist = 0.56 * tall
    dark = paint * 0.66
    return [
        (slab(-half - 0.15, half + 0.15, side + 0.15, 0.02), _LEGS, _SHADOW),
        (np.vstack([slab(-half, half, side, 0.18), slab(-half, half, side, waist * 0.8)]), dark, 1),
        (np.vstack([slab(-half, half, side, waist * 0.8), slab(-half, half * 0.94, side * 0.94, waist)]), paint, 1),
        (
            np.vstack([
                slab(-half * 0.86, half * 0.5, side * 0.9, waist),
                slab(-half * 0.62, half * 0.16, side * 0.76, tall * 0.97),
            ]),
            _GLASS,
            1,
        ),
        (slab(-half * 0.6, half * 0.14, side * 0.74, tall), paint * 1.0, 1),
    ]  # fmt: skip
