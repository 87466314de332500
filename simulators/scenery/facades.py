"""Draws the faces of buildings: walls with windows, roofs with a parapet."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from simulators.scenery import light
from simulators.scenery.blocks import Blocks, Faces
from simulators.scenery.view import NEAR_M, View, fixed_point

SHIFT = 4
_WINDOW_PITCH_M = 3.2
_SMALLEST_STOREY_PX = 3.0
_SMALLEST_WINDOW_PX = 3.0
_WINDOWS_AT_MOST = 400
_GLASS = np.array([96.0, 84.0, 72.0])
_GLASS_BRIGHT = np.array([176.0, 158.0, 138.0])


def draw(view: View, blocks: Blocks, faces: Faces, picture: NDArray[np.uint8]) -> None:
    """Draw faces over the ground, in their order."""
    if not faces.polygons:
        return
    outlines = _outlines(faces.polygons)
    roofs = iter(_outlines([_shrunk(faces.polygons[index]) for index in np.nonzero(faces.walls < 0)[0].tolist()]))
    windows = _windows(view, blocks, faces)
    colours = faces.colours.tolist()
    glass = light.hazed(np.broadcast_to(_GLASS, faces.colours.shape), faces.distances_m).tolist()
    bright = light.hazed(np.broadcast_to(_GLASS_BRIGHT, faces.colours.shape), faces.distances_m).tolist()
    for index, wall in enumerate(faces.walls.tolist()):
        if wall < 0:
            cv2.fillPoly(picture, [outlines[index]], [0.82 * part for part in colours[index]], cv2.LINE_8, SHIFT)
            cv2.fillPoly(picture, [next(roofs)], colours[index], cv2.LINE_8, SHIFT)
            continue
        cv2.fillConvexPoly(picture, outlines[index], colours[index], cv2.LINE_8, SHIFT)
        first, last = windows.starts[index], windows.starts[index + 1]
        if last > first:
            quads, lit = windows.quads[first:last], windows.lit[first:last]
            cv2.fillPoly(picture, list(quads[~lit]), glass[index], cv2.LINE_8, SHIFT)
            if lit.any():
                cv2.fillPoly(picture, list(quads[lit]), bright[index], cv2.LINE_8, SHIFT)


def label(faces: Faces, height_px: int, width_px: int, *, by_face: bool = False) -> NDArray[np.int32]:
    """Which building (or face) each pixel shows, by its index plus one; 0 is none."""
    labels = np.zeros((height_px, width_px), dtype=np.int32)
    for index, outline in enumerate(_outlines(faces.polygons)):
        number = index if by_face else int(faces.buildings[index])
        cv2.fillPoly(labels, [outline], number + 1, cv2.LINE_8, SHIFT)
    return labels


def _shrunk(roof: FloatArray) -> FloatArray:
    """A roof within its parapet."""
    middle = roof.mean(axis=0)
    return np.asarray(middle + (roof - middle) * 0.93)


def _outlines(polygons: list[FloatArray]) -> list[NDArray[np.int32]]:
    """Polygons for OpenCV, less the half pixel by which it draws them too large on every side."""
    if not polygons:
        return []
    counts = np.array([len(polygon) for polygon in polygons])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    points = np.concatenate(polygons)
    middles = np.repeat(np.add.reduceat(points, starts, axis=0) / counts[:, None], counts, axis=0)
    return np.split(fixed_point(points + np.clip(middles - points, -0.5, 0.5), SHIFT), starts[1:])


@dataclass(frozen=True, eq=False, slots=True)
class _Windows:
    """Windows of all faces: those of face i are ``quads[starts[i]:starts[i + 1]]``."""

    quads: NDArray[np.int32]
    lit: NDArray[np.bool_]
    starts: list[int]


def _windows(view: View, blocks: Blocks, faces: Faces) -> _Windows:
    """Windows in rows and columns where they are large enough to be seen, else one band for each storey."""
    count = len(faces.walls)
    wall, owner = faces.walls, faces.buildings
    storey = blocks.storey_m[owner]
    width, height = (faces.boxes[:, 2:] - faces.boxes[:, :2]).T
    large = storey * view.lens.focal_px[1] > _SMALLEST_STOREY_PX * np.maximum(faces.distances_m, 1)
    large &= (wall >= 0) & (width >= 4) & (height >= 6)
    tops = blocks.tops_up_m[owner]
    fall = tops - blocks.feet_up_m[wall].max(axis=1)
    storeys = np.where(large, np.clip((fall - 1.0) / storey, 0, 60), 0).astype(np.intp)
    columns = np.maximum(blocks.lengths_m[wall] / _WINDOW_PITCH_M, 1).astype(np.intp)
    bands = (width / columns < _SMALLEST_WINDOW_PX) | (columns * storeys > _WINDOWS_AT_MOST)
    columns = np.where(bands, 1, columns)
    number = columns * storeys
    face = np.repeat(np.arange(count), number)
    ends = np.cumsum(number)
    within = np.arange(len(face)) - (ends - number)[face]
    row, column = within // columns[face], within % columns[face]
    margin = np.where(bands[face], 0.04, 0.25)
    left, right = (column + margin) / columns[face], (column + 1 - margin) / columns[face]
    upper = 0.9 + row * storey[face]
    lower = upper + 0.5 * storey[face]
    start, end = blocks.starts_m[wall], blocks.ends_m[wall]
    origin = view.camera(np.column_stack([start, tops]))[face]
    along = (np.column_stack([end - start, np.zeros(count)]) @ view.enu_from_camera)[face]
    down = -view.enu_from_camera[2]
    camera = np.stack(
        [origin + along * s[:, None] + down * d[:, None] for s, d in
         ((left, upper), (right, upper), (right, lower), (left, lower))],
        axis=1,
    )  # fmt: skip
    ok = (camera[..., 2] > NEAR_M).all(axis=1)
    pixels = view.pixels(camera[ok])
    pixels = pixels + np.clip(pixels.mean(axis=1, keepdims=True) - pixels, -0.4, 0.4)
    lit = (within[ok] * 7 + wall[face[ok]] * 3) % 11 < 2
    starts = np.searchsorted(face[ok], np.arange(count + 1)).tolist()
    return _Windows(fixed_point(pixels, SHIFT), lit & ~bands[face[ok]], starts)
