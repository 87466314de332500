"""Draws the faces of buildings: walls with windows, roofs with a parapet."""

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from simulators.scenery import light
from simulators.scenery.blocks import Blocks, Faces
from simulators.scenery.view import NEAR_M, View, fixed_point

_SHIFT = 4
_WINDOW_PITCH_M = 3.2
_SMALLEST_STOREY_PX = 3.0
_SMALLEST_WINDOW_PX = 3.0
_WINDOWS_AT_MOST = 600
_GLASS = np.array([96.0, 84.0, 72.0])
_GLASS_BRIGHT = np.array([176.0, 158.0, 138.0])


def draw(view: View, blocks: Blocks, faces: Faces, picture: NDArray[np.uint8]) -> None:
    """Draw faces over the ground, in their order."""
    colours = faces.colours.tolist()
    for index, polygon in enumerate(faces.polygons):
        fixed = fixed_point(inset(polygon), _SHIFT)
        if faces.walls[index] >= 0:
            cv2.fillConvexPoly(picture, fixed, colours[index], cv2.LINE_8, _SHIFT)
            _windows(view, blocks, faces, index, picture)
        else:
            cv2.fillPoly(picture, [fixed], [0.82 * part for part in colours[index]], cv2.LINE_8, _SHIFT)
            inner = polygon.mean(axis=0) + (polygon - polygon.mean(axis=0)) * 0.93
            cv2.fillPoly(picture, [fixed_point(inset(inner), _SHIFT)], colours[index], cv2.LINE_8, _SHIFT)


def label(faces: Faces, height_px: int, width_px: int) -> NDArray[np.int32]:
    """Which building each pixel shows, by its index plus one; 0 is none. For judging what is drawn."""
    labels = np.zeros((height_px, width_px), dtype=np.int32)
    for polygon, building in zip(faces.polygons, faces.buildings.tolist(), strict=True):
        cv2.fillPoly(labels, [fixed_point(inset(polygon), _SHIFT)], building + 1, cv2.LINE_8, _SHIFT)
    return labels


def inset(polygon: FloatArray) -> FloatArray:
    """A polygon less the half pixel by which OpenCV draws it too large on every side."""
    middle = polygon.mean(axis=0)
    return np.asarray(polygon + np.clip(middle - polygon, -0.5, 0.5))


def _windows(view: View, blocks: Blocks, faces: Faces, index: int, picture: NDArray[np.uint8]) -> None:
    wall = int(faces.walls[index])
    owner = int(faces.buildings[index])
    storey = float(blocks.storey_m[owner])
    scale = view.lens.focal_px[1] / max(float(faces.distances_m[index]), 1.0)
    box = faces.boxes[index]
    if storey * scale < _SMALLEST_STOREY_PX or box[3] - box[1] < 6 or box[2] - box[0] < 4:
        return
    top = float(blocks.tops_up_m[owner])
    height = top - float(blocks.feet_up_m[wall].min())
    storeys = int((height - 0.6) / storey)
    length = float(blocks.lengths_m[wall])
    columns = max(1, int(length / _WINDOW_PITCH_M))
    across_px = (box[2] - box[0]) / columns
    if across_px < _SMALLEST_WINDOW_PX or columns * storeys > _WINDOWS_AT_MOST:
        edges = np.array([0.04, 0.96])
        columns = 1
    else:
        edges = ((np.arange(columns)[:, None] + np.array([0.25, 0.75])) / columns).ravel()
    if not storeys:
        return
    downs = (0.9 + np.arange(storeys)[:, None] * storey + np.array([0.0, 0.5 * storey])).ravel()
    foot = float(blocks.feet_up_m[wall].max())
    downs = downs[downs < top - foot + 0.3]
    downs = downs[: len(downs) // 2 * 2]
    start, end = blocks.starts_m[wall], blocks.ends_m[wall]
    points = np.empty((len(downs), len(edges), 3))
    points[..., :2] = start + edges[None, :, None] * (end - start)
    points[..., 2] = (top - downs)[:, None]
    camera = view.camera(points)
    grid = view.pixels(np.maximum(camera, [-1e9, -1e9, NEAR_M]))
    quads = np.stack([grid[0::2, 0::2], grid[0::2, 1::2], grid[1::2, 1::2], grid[1::2, 0::2]], axis=2).reshape(-1, 4, 2)
    quads = quads[np.repeat(camera[0::2, 0::2, 2].ravel() > NEAR_M, 1) & (camera[1::2, 1::2, 2].ravel() > NEAR_M)]
    if not len(quads):
        return
    fixed = fixed_point(quads + np.clip(quads.mean(axis=1, keepdims=True) - quads, -0.4, 0.4), _SHIFT)
    bright = (np.arange(len(fixed)) * 7 + wall * 3) % 11 < 2 if columns > 1 else np.zeros(len(fixed), dtype=bool)
    distance = faces.distances_m[index : index + 1]
    for chosen, colour in ((~bright, _GLASS), (bright, _GLASS_BRIGHT)):
        if chosen.any():
            cv2.fillPoly(picture, list(fixed[chosen]), light.hazed(colour[None], distance)[0].tolist(), cv2.LINE_8, _SHIFT)
