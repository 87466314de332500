"""The ground in a view: how deep it lies behind every pixel, and its picture."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from simulators.scenery import light
from simulators.scenery.ortho import Level, Ortho
from simulators.scenery.view import View

Ground = Callable[[FloatArray, FloatArray], FloatArray]
FARTHEST_M = 4000.0
_HAZE_FROM_M = 250.0


@dataclass(frozen=True, eq=False, slots=True)
class Depths:
    """Inverse depth of the ground at the nodes of a coarse grid over the picture.

    The inverse of the depth is linear in the pixel over a plane, so what lies between the nodes is interpolated
    without error on level or evenly sloping ground. Where there is sky it goes on, below 1 / `FARTHEST_M`.

    Attributes:
        inverse: shape (rows + 2, columns + 2); node (i, j) is at pixel ((j - 0.5) * step, (i - 0.5) * step).
        step_px: distance of the nodes.
    """

    inverse: NDArray[np.float32]
    step_px: int

    def full(self, width_px: int, height_px: int) -> NDArray[np.float32]:
        """Inverse depth at the middle of every pixel, shape (height, width)."""
        rows, columns = self.inverse.shape
        step = self.step_px
        large = cv2.resize(self.inverse, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
        return np.asarray(large[step : step + height_px, step : step + width_px], dtype=np.float32)

    def at(self, pixels: FloatArray) -> FloatArray:
        """Depth of the ground at pixels of shape (N, 2); infinite in the sky."""
        nodes = pixels / self.step_px + 0.5
        rows, columns = self.inverse.shape
        column = np.clip(nodes[:, 0], 0, columns - 1.001)
        row = np.clip(nodes[:, 1], 0, rows - 1.001)
        c, r = column.astype(np.intp), row.astype(np.intp)
        x, y = column - c, row - r
        inverse = self.inverse
        upper = inverse[r, c] * (1 - x) + inverse[r, c + 1] * x
        lower = inverse[r + 1, c] * (1 - x) + inverse[r + 1, c + 1] * x
        value = upper * (1 - y) + lower * y
        return np.where(value > 1 / FARTHEST_M, 1 / np.maximum(value, 1e-9), np.inf)


def depths(view: View, ground: Ground, step_px: int, iterations: int) -> Depths:
    """Where the rays of a grid of pixels meet the ground, by false position (Illinois), which a plane ends at once."""
    columns = -(-view.lens.width_px // step_px) + 2
    rows = -(-view.lens.height_px // step_px) + 2
    u = (np.arange(columns) - 0.5) * step_px
    v = (np.arange(rows) - 0.5) * step_px
    a, b, c = view.ray_terms
    rays = (a + u[None, :, None] * b + v[:, None, None] * c).reshape(-1, 3)
    position = view.position

    def above(depth: FloatArray) -> FloatArray:
        points = position + rays * depth[:, None]
        return np.asarray(points[:, 2] - ground(points[:, 0], points[:, 1]))

    low, high = np.zeros(len(rays)), np.full(len(rays), FARTHEST_M)
    f_low, f_high = above(low), above(high)
    meets = f_high < 0
    # in the sky the plane at the height of what lies far away goes on, so that the horizon is drawn where it is
    height = np.maximum(position[2] - (position[2] + rays[:, 2] * FARTHEST_M - f_high), 1.0)
    inverse = np.minimum(-rays[:, 2] / height, 1 / FARTHEST_M)
    side = np.zeros(len(rays))
    depth = high
    for _ in range(iterations):
        span = np.where(meets, f_low - f_high, 1.0)
        depth = np.where(meets, low + (high - low) * f_low / span, FARTHEST_M)
        value = above(depth)
        over = value > 0
        f_high = np.where(over, np.where(side > 0, f_high / 2, f_high), value)
        f_low = np.where(over, value, np.where(side < 0, f_low / 2, f_low))
        low, high = np.where(over, depth, low), np.where(over, high, depth)
        side = np.where(over, 1, -1)
    inverse = np.where(meets, 1 / np.maximum(depth, 0.1), inverse)
    return Depths(inverse.reshape(rows, columns).astype(np.float32), step_px)


def paint(view: View, found: Depths, ortho: Ortho) -> NDArray[np.uint8]:
    """The picture of bare ground and sky, shape (height, width, 3)."""
    width, height = view.lens.width_px, view.lens.height_px
    inverse = found.full(width, height)
    depth = np.asarray(1 / np.maximum(inverse, np.float32(1 / FARTHEST_M)), dtype=np.float32)
    picture = np.empty((height, width, 3), dtype=np.uint8)
    for first, last, level in ortho.bands(_footprint(view, depth)):
        rows = slice(first, last)

        def places(chosen: Level, rows: slice = rows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            return _places(view, depth[rows], rows, chosen)

        ortho.sample(level, places, picture[rows])
    _haze_and_sky(view, picture, inverse, depth)
    return picture


def _places(
    view: View, depth: NDArray[np.float32], rows: slice, level: Level
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row in a level's picture of what the pixels of some rows of the view show."""
    a, b, c = view.ray_terms
    u = np.arange(view.lens.width_px) + 0.5
    v = (np.arange(rows.start, rows.stop) + 0.5)[:, None]
    scale = 1 / level.metres_per_px
    found = []
    for axis, sign, edge in ((0, scale, level.west_m), (1, -scale, level.north_m)):
        down = ((a[axis] + v * c[axis]) * sign).astype(np.float32)
        place = down + (u * b[axis] * sign).astype(np.float32)
        place *= depth
        place += np.float32((view.position[axis] - edge) * sign - 0.5)
        found.append(place)
    return found[0], found[1]


def _footprint(view: View, depth: NDArray[np.float32]) -> FloatArray:
    """Ground that a pixel of each row spans, metres: the mean of across and along (which is longer on flat rays)."""
    middle = np.median(depth[:, :: max(1, depth.shape[1] // 8)], axis=1).astype(np.float64)
    across = middle / view.lens.focal_px[0]
    _, _, c = view.ray_terms
    a, b, _ = view.ray_terms
    v = np.arange(view.lens.height_px) + 0.5
    rays = a + view.lens.width_px / 2 * b + v[:, None] * c
    sine = np.clip(-rays[:, 2] / np.linalg.norm(rays, axis=1), 0.02, 1)
    return np.asarray(across / np.sqrt(sine))


def _haze_and_sky(
    view: View, picture: NDArray[np.uint8], inverse: NDArray[np.float32], depth: NDArray[np.float32]
) -> None:
    far = np.nonzero((inverse < 1 / _HAZE_FROM_M).any(axis=1))[0]
    if not len(far):
        return
    rows = slice(int(far[0]), int(far[-1]) + 1)
    part = light.haze(depth[rows, ::16].mean(axis=1).astype(np.float64))[:, None, None].astype(np.float32)
    picture[rows] = (picture[rows] * (1 - part) + light.HAZE.astype(np.float32) * part).astype(np.uint8)
    beyond = inverse[rows] <= 1 / FARTHEST_M
    if beyond.any():
        a, b, c = view.ray_terms
        v = np.arange(rows.start, rows.stop) + 0.5
        rays = a + view.lens.width_px / 2 * b + v[:, None] * c
        angles = np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]))
        colours = np.broadcast_to(light.sky(len(v), angles)[:, None], (len(v), picture.shape[1], 3))
        np.copyto(picture[rows], colours, where=beyond[..., None])
