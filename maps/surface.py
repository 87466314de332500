"""What rays meet: the ground and the buildings of a district.

The plane is cut into square cells. For each is known how high anything in it reaches, which walls cross it and which
roofs cover it. A ray is walked in strides of one cell's width, many strides and many rays at once; only strides that
dip below what their cell holds are looked at closely, and there the walls (entering side only), roofs and ground are
intersected exactly. Walls and roofs are thus exact to rounding. The ground is the terrain read at the posts of a grid
in the local frame and taken bilinearly between them; the point on it is found to a millimetre of height, but a crest
that a ray grazes for less than one stride may be missed. Walls count only from outside: a camera within a footprint
looks out freely.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import geopandas
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from maps.positions import FloatArray, LocalFrame
from maps.solids import Cells, IntArray, Lists, Prisms, expand, lists
from maps.terrain import Terrain, bilinear

NOTHING, GROUND, ROOF, FACADE = 0, 1, 2, 3
"""What a ray met."""

_MARGIN_M = 300.0  # ground known beyond the outermost building
_CELLS_AT_MOST = 4_000_000
_EPSILON = 1e-9
_BLOCK = 40000  # strides looked at in one go, rays times strides, where the rays are few
_RAYS = 40_000  # rays walked together, at most: bounds the memory of a call


@dataclass(frozen=True, eq=False, slots=True)
class Hits:
    """Where rays met the surface first.

    Attributes:
        points_enu_m: shape (N, 3), NaN where nothing was met.
        range_m: along the ray, shape (N,), NaN where nothing was met.
        on: shape (N,), 0 nothing, 1 ground, 2 roof, 3 facade.
    """

    points_enu_m: FloatArray
    range_m: FloatArray
    on: NDArray[np.int8]


class Built(Protocol):
    """What a surface is made from; a `maps.district.District` is one."""

    @property
    def frame(self) -> LocalFrame:
        """The local frame."""

    @property
    def terrain(self) -> Terrain:
        """The ground."""

    @property
    def buildings(self) -> geopandas.GeoDataFrame:
        """Footprints with ``height_m`` and ``base_amsl_m``."""


@dataclass(frozen=True, eq=False)
class _Ground:
    """Heights ("up") at the posts of a square grid in the local frame."""

    west_m: float
    south_m: float
    step_m: float
    up_m: NDArray[np.float32]

    def at(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        return bilinear(self.up_m, (north_m - self.south_m) / self.step_m, (east_m - self.west_m) / self.step_m)


class Surface:
    """Ground and buildings of a district, in its local frame.

    Making one takes about a second for 4 x 4 km with 3,000 buildings; what rays need is worked out with the first of
    them. It is read only, so that threads may share it.
    """

    def __init__(self, district: Built) -> None:
        self.frame = district.frame
        self.terrain = district.terrain
        self.prisms = Prisms.of(district.buildings, district.frame, district.terrain)
        west, south, east, north = self._extent()
        size = max(4.0, float(np.sqrt((east - west) * (north - south) / _CELLS_AT_MOST)))
        self._cells = Cells(west, south, size, int((north - south) / size) + 1, int((east - west) / size) + 1)
        self._ground = self._sample_ground(west, south, east, north)

    def _extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north of terrain and buildings, ENU metres."""
        west, south, east, north = self.terrain.bounds_deg
        corners = self.frame.enu_from_geodetic([south, south, north, north], [west, east, west, east], 0.0)[:, :2]
        if len(self.prisms.rows):
            box = np.asarray(shapely.total_bounds(self.prisms.polygons)).reshape(2, 2)
            corners = np.vstack([corners, box[:1] - _MARGIN_M, box[1:] + _MARGIN_M])
        low, high = corners.min(axis=0), corners.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def _sample_ground(self, west: float, south: float, east: float, north: float) -> _Ground:
        step = float(np.clip(self.terrain.resolution_m / 2, 4.0, 20.0))
        step = max(step, float(np.sqrt((east - west) * (north - south) / _CELLS_AT_MOST)))
        easts = np.arange(west, east + step, step)
        norths = np.arange(south, north + step, step)
        up = np.empty((len(norths), len(easts)), dtype=np.float32)
        for row, value in enumerate(norths):
            up[row] = self.terrain.height_enu_m(easts, value)
        return _Ground(west, south, step, up)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The footprints of `prisms`, by place."""
        return shapely.STRtree(self.prisms.polygons)

    def edges_of(self, prisms: IntArray) -> IntArray:
        """Indices of all edges of some prisms, which must be in ascending order."""
        first = np.searchsorted(self.prisms.owners, prisms)
        owner, within = expand(np.searchsorted(self.prisms.owners, prisms, side="right") - first)
        return np.asarray(first[owner] + within)

    @cached_property
    def _lists(self) -> tuple[Lists, Lists]:
        """For each cell, grown by half a stride, the edges that cross it and the prisms that overlap it."""
        return lists(self.prisms, self._cells, self._cells.size_m / 2 + 0.01)

    @cached_property
    def _bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each cell, grown by half a stride, the highest top of anything and the lowest ground."""
        cells, ground = self._cells, self._ground
        # posts that bear on a cell grown by half its width lie within its width and a step of its middle
        reach = int((cells.size_m + 1.5 * ground.step_m) / ground.step_m)
        row = _nearest(cells.south_m, cells.size_m, cells.rows, ground.south_m, ground.step_m, ground.up_m.shape[0])
        column = _nearest(cells.west_m, cells.size_m, cells.columns, ground.west_m, ground.step_m, ground.up_m.shape[1])
        posts = np.ix_(row, column)
        high = maximum_filter(ground.up_m, size=2 * reach + 1, mode="nearest")[posts].ravel() + np.float32(0.01)
        low = minimum_filter(ground.up_m, size=2 * reach + 1, mode="nearest")[posts].ravel() - np.float32(0.01)
        covers = self._lists[1]
        cell = np.repeat(np.arange(len(covers.starts) - 1), np.diff(covers.starts))
        np.maximum.at(high, cell, (self.prisms.tops_up_m[covers.items] + 0.01).astype(np.float32))
        return high, low

    @cached_property
    def _limits(self) -> tuple[float, float]:
        """The highest top of anything and the lowest ground."""
        return float(self._bounds[0].max()), float(self._bounds[1].min())

    def ground_enu_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """ "Up" of the ground, of the arguments' common shape."""
        east, north = np.broadcast_arrays(np.asarray(east_m, dtype=np.float64), np.asarray(north_m, dtype=np.float64))
        return self._ground.at(east, north)

    def top_enu_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """ "Up" of the highest thing, roof or ground, of the arguments' common shape."""
        east, north = np.broadcast_arrays(np.asarray(east_m, dtype=np.float64), np.asarray(north_m, dtype=np.float64))
        top = self._ground.at(east, north).ravel()
        flat_east, flat_north = east.ravel(), north.ravel()
        point, prism = self.tree.query(shapely.points(flat_east, flat_north))
        inside = self.prisms.contains(prism, flat_east[point], flat_north[point])
        np.maximum.at(top, point[inside], self.prisms.tops_up_m[prism[inside]])
        return top.reshape(east.shape)

    def visible(
        self, origins_enu_m: ArrayLike, points_enu_m: ArrayLike, clearance_m: float = 0.05
    ) -> NDArray[np.bool_]:
        """Whether nothing stands between origins and points, each of shape (N, 3) or (3,); shape (N,).

        Points are taken ``clearance_m`` higher than given, so that a point on the ground is not hidden by that ground.
        """
        origins, points = np.broadcast_arrays(
            np.atleast_2d(np.asarray(origins_enu_m, dtype=np.float64)),
            np.atleast_2d(np.asarray(points_enu_m, dtype=np.float64)),
        )
        towards = points + np.array([0.0, 0.0, clearance_m]) - origins
        distance = np.linalg.norm(towards, axis=1)
        hits = self.cast(origins, towards, np.maximum(distance - 0.01, 0.0))
        return np.asarray(hits.on == NOTHING)

    def cast(self, origins_enu_m: ArrayLike, directions_enu: ArrayLike, max_range_m: ArrayLike = 3000.0) -> Hits:
        """Where rays meet the surface first.

        Args:
            origins_enu_m: shape (N, 3), or (3,) for all rays.
            directions_enu: shape (N, 3), of any length but zero.
            max_range_m: how far to look, one number or shape (N,).
        """
        directions = np.atleast_2d(np.asarray(directions_enu, dtype=np.float64))
        length = np.linalg.norm(directions, axis=1)
        directions = directions / np.where(length > 0, length, np.nan)[:, None]
        origins = np.broadcast_to(np.asarray(origins_enu_m, dtype=np.float64), directions.shape)
        limit = np.broadcast_to(np.asarray(max_range_m, dtype=np.float64), length.shape)
        ranges = np.full(len(directions), np.nan)
        on = np.zeros(len(directions), dtype=np.int8)
        _March(self, origins, directions, limit).run(ranges, on)
        return Hits(origins + directions * ranges[:, None], ranges, on)


def _nearest(first_m: float, size_m: float, count: int, first_post_m: float, step_m: float, posts: int) -> IntArray:
    """For the middle of each of a row of cells the nearest of a row of posts."""
    middles = first_m + (np.arange(count) + 0.5) * size_m
    return np.asarray(np.clip(np.rint((middles - first_post_m) / step_m), 0, posts - 1), dtype=np.intp)


class _March:
    """One call of `Surface.cast`."""

    def __init__(self, surface: Surface, origins: FloatArray, directions: FloatArray, limit: FloatArray) -> None:
        self.surface = surface
        self.origin = origins
        self.direction = directions
        highest, lowest = surface._limits
        up, rise = origins[:, 2], directions[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            to_top = (highest - up) / rise
            to_bottom = (lowest - 1.0 - up) / rise
        self.begin = np.where((up > highest) & (rise < 0), to_top, 0.0)
        end = np.where(rise > 0, np.minimum(limit, to_top), limit)
        end = np.where(rise < 0, np.minimum(end, to_bottom), end)
        end = np.where((up > highest) & (rise >= 0), -1.0, end)
        self.end = np.nan_to_num(end, nan=-1.0)
        across = np.hypot(directions[:, 0], directions[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            self.stride = np.where(across > 1e-9, surface._cells.size_m / across, np.inf)
            self.stride = np.minimum(self.stride, np.maximum(self.end - self.begin, 1e-6))
        self.strides = np.ceil(np.maximum(self.end - self.begin, 0.0) / self.stride).astype(np.intp)

    def run(self, ranges: FloatArray, on: NDArray[np.int8]) -> None:
        """Walk all rays to their ends and write what they met."""
        active = np.flatnonzero(self.strides > 0)
        done = 0
        while len(active):
            width = int(np.clip(_BLOCK // len(active), 8, 64))
            for start in range(0, len(active), _RAYS):
                self._block(active[start : start + _RAYS], done, width, ranges, on)
            done += width
            active = active[(on[active] == NOTHING) & (self.strides[active] > done)]

    def _block(self, rays: IntArray, done: int, width: int, ranges: FloatArray, on: NDArray[np.int8]) -> None:
        width = min(width, int(self.strides[rays].max()) - done)
        if width <= 0:
            return
        surface = self.surface
        number = np.arange(done, done + width, dtype=np.float64)
        begin, stride, end = self.begin[rays, None], self.stride[rays, None], self.end[rays, None]
        t0 = begin + number * stride
        t1 = np.minimum(begin + (number + 1) * stride, end)
        middle = (t0 + t1) / 2
        east = self.origin[rays, 0, None] + self.direction[rays, 0, None] * middle
        north = self.origin[rays, 1, None] + self.direction[rays, 1, None] * middle
        up, rise = self.origin[rays, 2, None], self.direction[rays, 2, None]
        cell = surface._cells.index(east, north)
        high, low = surface._bounds
        lowest = up + rise * np.where(rise < 0, t1, t0)
        possible = (lowest <= high[cell]) & (t0 < end)
        buried = (up + rise * t1 < low[cell]) & possible
        first = np.where(buried.any(axis=1), buried.argmax(axis=1), width)
        possible &= np.arange(width) <= first[:, None]
        which, stage = np.nonzero(possible)
        if len(which) == 0:
            return
        ray = rays[which]
        found, kind = self._meet(ray, cell[which, stage], t0[which, stage], t1[which, stage])
        met = np.flatnonzero(np.isfinite(found))
        hit, index = np.unique(ray[met], return_index=True)
        ranges[hit] = found[met[index]]
        on[hit] = kind[met[index]]

    def _meet(
        self, ray: IntArray, cell: IntArray, t0: FloatArray, t1: FloatArray
    ) -> tuple[FloatArray, NDArray[np.int8]]:
        """Range and kind of the first meeting within each stride; infinite where there is none."""
        found = self._meet_ground(ray, t0, t1)
        kind = np.where(np.isfinite(found), GROUND, NOTHING).astype(np.int8)
        edges, covers = self.surface._lists
        for word, (stride, t) in (
            (ROOF, self._meet_roofs(ray, cell, covers, t0, t1)),
            (FACADE, self._meet_walls(ray, cell, edges, t0, t1)),
        ):
            nearest = np.full(len(ray), np.inf)
            np.minimum.at(nearest, stride, t)
            nearer = nearest <= found
            nearer &= np.isfinite(nearest)
            found = np.where(nearer, nearest, found)
            kind[nearer] = word
        found[(found > self.end[ray] + _EPSILON)] = np.inf
        kind[~np.isfinite(found)] = NOTHING
        return found, kind

    def _above_ground(self, ray: IntArray, t: FloatArray) -> FloatArray:
        at = self.origin[ray] + self.direction[ray] * t[:, None]
        return at[:, 2] - self.surface._ground.at(at[:, 0], at[:, 1])

    def _meet_ground(self, ray: IntArray, t0: FloatArray, t1: FloatArray) -> FloatArray:
        over, under = self._above_ground(ray, t0), self._above_ground(ray, t1)
        found = np.full(len(ray), np.inf)
        crossing = np.flatnonzero((under < 0) & (over >= -1e-3))
        if len(crossing) == 0:
            return found
        ray, low, high = ray[crossing], t0[crossing], t1[crossing]
        over, under = np.maximum(over[crossing], 0.0), under[crossing]
        for _ in range(4):  # regula falsi with halving of the stale end (Illinois); the ground is nearly straight here
            t = np.where(over - under > 1e-12, (low * -under + high * over) / np.maximum(over - under, 1e-12), low)
            height = self._above_ground(ray, t)
            below = height < 0
            high, low = np.where(below, t, high), np.where(below, low, t)
            over, under = np.where(below, over / 2, height), np.where(below, height, under / 2)
        found[crossing] = t
        return found

    def _meet_walls(
        self, ray: IntArray, cell: IntArray, edges: Lists, t0: FloatArray, t1: FloatArray
    ) -> tuple[IntArray, FloatArray]:
        """Pairs (stride, range) where a ray enters a footprint below its roof."""
        stride, edge = edges.of(cell)
        prisms = self.surface.prisms
        origin, direction = self.origin[ray[stride]], self.direction[ray[stride]]
        start = prisms.starts_m[edge]
        along = prisms.ends_m[edge] - start
        towards = start - origin[:, :2]
        slope = direction[:, 0] * along[:, 1] - direction[:, 1] * along[:, 0]
        entering = slope < -1e-12
        slope = np.where(entering, slope, -1.0)
        t = (towards[:, 0] * along[:, 1] - towards[:, 1] * along[:, 0]) / slope
        share = (towards[:, 0] * direction[:, 1] - towards[:, 1] * direction[:, 0]) / slope
        keep = entering & (share >= -_EPSILON) & (share <= 1 + _EPSILON)
        keep &= (t >= np.maximum(t0[stride] - 1e-6, 0)) & (t <= t1[stride] + 1e-6)
        keep &= origin[:, 2] + direction[:, 2] * t <= prisms.tops_up_m[prisms.owners[edge]]
        return stride[keep], t[keep]

    def _meet_roofs(
        self, ray: IntArray, cell: IntArray, covers: Lists, t0: FloatArray, t1: FloatArray
    ) -> tuple[IntArray, FloatArray]:
        """Pairs (stride, range) where a ray comes down through a roof."""
        stride, prism = covers.of(cell)
        prisms = self.surface.prisms
        origin, direction = self.origin[ray[stride]], self.direction[ray[stride]]
        falling = direction[:, 2] < 0
        t = (prisms.tops_up_m[prism] - origin[:, 2]) / np.where(falling, direction[:, 2], -1.0)
        keep = np.flatnonzero(falling & (t >= np.maximum(t0[stride] - 1e-6, 0)) & (t <= t1[stride] + 1e-6))
        at = origin[keep, :2] + direction[keep, :2] * t[keep, None]
        inside = prisms.contains(prism[keep], at[:, 0], at[:, 1])
        return stride[keep[inside]], t[keep[inside]]
