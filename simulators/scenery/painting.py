"""Paints the ground of a district from its layers: lawns, plots, pavements, streets with markings, shadows."""

from collections.abc import Iterable

import cv2
import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray, LocalFrame
from maps.surface import Surface
from simulators.movers.path import Path
from simulators.scenery import light
from simulators.scenery.ortho import Level, Ortho

FINE_M = 0.25
COARSE_M = 1.0
_TILE = 1024
_SIDEWALK_M = 5.0
_LAWN = (74, 108, 98)
_PLOT = (128, 138, 142)
_PAVEMENT = (150, 156, 160)
_KERB = (178, 182, 184)
_ASPHALT = (82, 80, 78)
_PAINT = (218, 222, 224)
_CENTRE = (96, 182, 214)
_SHIFT = 4
_KEEP = (255 - np.arange(256) * 105 // 255).astype(np.uint8)
"""Light that is left (of 255) where a share of 255 of the sun is taken."""


def paint_ortho(
    streets: geopandas.GeoDataFrame, frame: LocalFrame, surface: Surface, fine_m: float, whole_m: float, seed: int
) -> Ortho:
    """Two detailed levels of the square of half-size ``fine_m`` around the origin, and one of ``whole_m``."""
    fine = _Painter(fine_m, FINE_M, seed).paint(streets, frame, surface)
    whole = _Painter(max(whole_m, fine_m), COARSE_M, seed).paint(streets, frame, surface)
    return Ortho((fine, fine.halved(), whole, whole.halved(), whole.halved().halved()))


class _Painter:
    def __init__(self, half_m: float, metres_per_px: float, seed: int) -> None:
        self.half_m = half_m
        self.size = metres_per_px
        self.pixels = round(2 * half_m / metres_per_px)
        self.rng = np.random.default_rng(seed)
        self.picture = np.empty((self.pixels, self.pixels, 3), dtype=np.uint8)

    def paint(self, streets: geopandas.GeoDataFrame, frame: LocalFrame, surface: Surface) -> Level:
        self._lawns()
        rings = [shapely.get_coordinates(polygon.exterior) for polygon in surface.prisms.polygons]
        self._plots(rings)
        lines = _lines(streets, frame)
        self._streets(lines)
        self._shadows(rings, surface)
        self._grain()
        return Level(self.picture, -self.half_m, self.half_m, self.size)

    def _fixed(self, points_m: FloatArray) -> NDArray[np.int32]:
        x = (points_m[:, 0] + self.half_m) / self.size - 0.5
        y = (self.half_m - points_m[:, 1]) / self.size - 0.5
        return np.rint(np.stack([x, y], axis=1) * (1 << _SHIFT)).astype(np.int32)

    def _touches(self, points_m: FloatArray) -> bool:
        low, high = points_m.min(axis=0), points_m.max(axis=0)
        return bool((low < self.half_m + 60).all() and (high > -self.half_m - 60).all())

    def _lawns(self) -> None:
        """Large and small patches of different green."""
        side = 700
        lawn = np.full((side, side, 3), _LAWN, dtype=np.float32)
        for cells, strength in ((24, 16), (180, 9)):
            noise = self.rng.normal(0, strength, (cells, cells, 1)) * np.array([0.7, 1.0, 0.9])
            noise = noise + self.rng.normal(0, strength / 6, (cells, cells, 3))
            lawn += cv2.resize(noise.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
        small = np.clip(lawn, 0, 255).astype(np.uint8)
        cv2.resize(small, (self.pixels, self.pixels), dst=self.picture, interpolation=cv2.INTER_LINEAR)

    def _plots(self, rings: Iterable[FloatArray]) -> None:
        """Paved ground around buildings, brighter or darker from plot to plot."""
        for ring in rings:
            tone = self.rng.uniform(0.88, 1.08)
            if self._touches(ring):
                low, high = ring.min(axis=0) - 5.0, ring.max(axis=0) + 5.0
                corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
                colour = tuple(tone * part for part in _PLOT)
                cv2.fillConvexPoly(self.picture, self._fixed(corners), colour, cv2.LINE_8, _SHIFT)

    def _streets(self, lines: list[tuple[Path, float]]) -> None:
        lines = [line for line in lines if self._touches(np.array(line[0].points))]
        for extra, colour in ((2 * _SIDEWALK_M, _PAVEMENT), (0.6, _KERB), (0.0, _ASPHALT)):
            for path, width in lines:
                self._band(path, width + extra, colour)
        for path, width in lines:
            self._markings(path, width)
        for east, north, reach in _crossings(lines):
            disc = np.array([[east, north]])
            if self._touches(disc):
                centre = self._fixed(disc)[0]
                cv2.circle(self.picture, centre.tolist(), round(reach / self.size * 16), _ASPHALT, -1, cv2.LINE_8, 4)
        for path, width in lines:
            self._zebras(path, width, lines)

    def _band(self, path: Path, width_m: float, colour: tuple[int, int, int]) -> None:
        left, right = path.offset(-width_m / 2).points, path.offset(width_m / 2).points
        for index in range(len(left) - 1):
            quad = np.array([left[index], left[index + 1], right[index + 1], right[index]])
            cv2.fillConvexPoly(self.picture, self._fixed(quad), colour, cv2.LINE_AA, _SHIFT)

    def _stripe(self, path: Path, aside_m: float, width_m: float, colour: tuple[int, int, int]) -> None:
        points = self._fixed(np.array(path.offset(aside_m).points))
        thickness = max(1, round(width_m / self.size))
        cv2.polylines(self.picture, [points], False, colour, thickness, cv2.LINE_AA, _SHIFT)

    def _markings(self, path: Path, width_m: float) -> None:
        if self.size > 0.6:
            return
        self._stripe(path, 0.0, 0.2, _CENTRE)
        for side in (-1, 1):
            self._stripe(path, side * (width_m / 2 - 0.4), 0.15, _PAINT)
        if width_m >= 14:
            for aside in (-width_m / 4 * 1.02, width_m / 4 * 1.02):
                if width_m < 20:
                    continue
                self._dashes(path.offset(aside))

    def _dashes(self, path: Path) -> None:
        for at in np.arange(0.0, path.length_m - 4, 9.0):
            ends = np.array([path.place(at)[:2], path.place(at + 4)[:2]])
            cv2.polylines(self.picture, [self._fixed(ends)], False, _PAINT, 1, cv2.LINE_AA, _SHIFT)

    def _zebras(self, path: Path, width_m: float, lines: list[tuple[Path, float]]) -> None:
        """Crossings for walkers where other streets cut this one."""
        if self.size > 0.6:
            return
        line = shapely.LineString(path.points)
        for other, other_width in lines:
            if other is path:
                continue
            for point in shapely.get_coordinates(shapely.intersection(line, shapely.LineString(other.points))):
                along = float(line.project(shapely.Point(point)))
                for side in (-1, 1):
                    at = along + side * (other_width / 2 + 2.2)
                    if 0 < at < path.length_m:
                        self._zebra(path, at, width_m)

    def _zebra(self, path: Path, at_m: float, width_m: float) -> None:
        part = path.between(max(0.0, at_m - 1.5), min(path.length_m, at_m + 1.5))
        for aside in np.arange(-width_m / 2 + 0.9, width_m / 2 - 0.5, 1.1):
            band = part.offset(float(aside))
            quad = np.array([*band.offset(-0.25).points[:1], *band.offset(-0.25).points[-1:]])
            quad = np.vstack([quad, band.offset(0.25).points[-1:], band.offset(0.25).points[:1]])
            cv2.fillConvexPoly(self.picture, self._fixed(quad), _PAINT, cv2.LINE_AA, _SHIFT)

    def _shadows(self, rings: list[FloatArray], surface: Surface) -> None:
        """What buildings keep the sun from, softened at the edges; not on the ground they stand on."""
        factor = max(1, round(0.5 / self.size))
        pixels = self.pixels // factor
        mask = np.zeros((pixels, pixels), dtype=np.uint8)
        for ring, top in zip(rings, surface.prisms.tops_up_m, strict=True):
            if not self._touches(ring):
                continue
            height = float(top - surface.ground_enu_m(ring[0, 0], ring[0, 1]))
            shift = light.SHADOW_PER_METRE * height
            fixed = [np.rint(self._fixed(points) / factor).astype(np.int32) for points in (ring, ring + shift)]
            cv2.fillPoly(mask, [fixed[1]], 255, cv2.LINE_8, _SHIFT)
            for index in range(len(ring) - 1):
                near, far = fixed[0][index : index + 2], fixed[1][index : index + 2]
                cv2.fillConvexPoly(mask, np.vstack([near, far[::-1]]), 255, cv2.LINE_8, _SHIFT)
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), dtype=np.uint8)
        mask = np.asarray(cv2.resize(mask, (self.pixels, self.pixels)), dtype=np.uint8)
        strip = 512
        for first in range(0, self.pixels, strip):
            rows = slice(first, first + strip)
            keep = np.ascontiguousarray(cv2.LUT(mask[rows], _KEEP))
            cv2.multiply(self.picture[rows], cv2.merge([keep, keep, keep]), dst=self.picture[rows], scale=1 / 255)

    def _grain(self) -> None:
        """Fine noise, one tile of it again and again."""
        tile = self.rng.normal(0, 5, (_TILE, _TILE)).astype(np.float32)
        tile = tile + cv2.GaussianBlur(self.rng.normal(0, 22, (_TILE, _TILE)).astype(np.float32), (0, 0), 3)
        noise = np.repeat(np.clip(np.rint(tile) + 128, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        for row in range(0, self.pixels, _TILE):
            for column in range(0, self.pixels, _TILE):
                part = self.picture[row : row + _TILE, column : column + _TILE]
                cut = noise[: part.shape[0], : part.shape[1]]
                part[:] = cv2.addWeighted(part, 1.0, cut, 1.0, -128.0)


def _lines(streets: geopandas.GeoDataFrame, frame: LocalFrame) -> list[tuple[Path, float]]:
    lines: list[tuple[Path, float]] = []
    if not len(streets):
        return lines
    local = streets.geometry.to_crs(frame.crs)
    for geometry, width in zip(local, streets["width_m"], strict=True):
        for part in shapely.get_parts(geometry):
            points = [(float(e), float(n)) for e, n in shapely.get_coordinates(part)]
            lines.append((Path(points), float(width) if np.isfinite(width) else 8.0))
    return lines


def _crossings(lines: list[tuple[Path, float]]) -> list[tuple[float, float, float]]:
    """East, north and half-width of where streets cross."""
    shapes = [shapely.LineString(path.points) for path, _ in lines]
    tree = shapely.STRtree(shapes)
    found = []
    for first, second in tree.query(shapes, predicate="intersects").T.tolist():
        if first < second:
            for east, north in shapely.get_coordinates(shapely.intersection(shapes[first], shapes[second])):
                found.append((float(east), float(north), min(lines[first][1], lines[second][1]) / 2 * 1.3))
    return found
