"""What can be seen from one point: ground along a fan of azimuths, with terrain and buildings in the way.

Along one azimuth everything is a matter of slopes: ground at distance r is seen when the slope down to it is above
the slopes to all ground nearer than it and to the roofs of all buildings that begin nearer than it. Walls are
intersected exactly; ground is sampled.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray
from maps.surface import Surface


@dataclass(frozen=True, eq=False)
class Fan:
    """Ground in polar coordinates about a point; bins, each known at its middle.

    Attributes:
        origin_enu_m: the point looked from.
        azimuths_rad: of the bins' middles, shape (A,), evenly spaced, clockwise from north.
        ranges_m: horizontal distances of the bins' middles, shape (R,), evenly spaced.
    """

    origin_enu_m: tuple[float, float, float]
    azimuths_rad: FloatArray
    ranges_m: FloatArray

    def ground(self, surface: Surface) -> FloatArray:
        """East, north and up of the ground, shape (A, R, 3)."""
        east = self.origin_enu_m[0] + np.sin(self.azimuths_rad)[:, None] * self.ranges_m
        north = self.origin_enu_m[1] + np.cos(self.azimuths_rad)[:, None] * self.ranges_m
        return np.stack([east, north, surface.ground_enu_m(east, north)], axis=-1)


def seen(fan: Fan, ground_enu_m: FloatArray, surface: Surface) -> NDArray[np.bool_]:
    """Which bins' ground is seen from the fan's origin, shape (A, R); ground under buildings never is."""
    slopes = (ground_enu_m[..., 2] - fan.origin_enu_m[2]) / fan.ranges_m
    visible = slopes >= np.maximum.accumulate(slopes, axis=1) - 1e-9
    hidden, under = _buildings(fan, surface)
    return np.asarray(visible & (slopes > hidden) & ~under)


def _buildings(fan: Fan, surface: Surface) -> tuple[FloatArray, NDArray[np.bool_]]:
    """For each bin the highest slope to a roof before it (minus infinity where none), and whether it is built on."""
    count = len(fan.azimuths_rad)
    bins = len(fan.ranges_m)
    step = fan.ranges_m[1] - fan.ranges_m[0]
    azimuth, distance, top, entering = _crossings(fan, surface)
    slot = np.ceil((distance - fan.ranges_m[0]) / step).astype(np.intp)  # first bin beyond the wall
    slot = np.clip(slot, 0, bins)
    at = azimuth * (bins + 1) + slot
    rise = top - fan.origin_enu_m[2]
    blocks = entering | (rise < 0)  # leaving a prism from within it does not block
    hidden = np.full(count * (bins + 1), -np.inf)
    np.maximum.at(hidden, at[blocks], (rise / np.maximum(distance, 1e-6))[blocks])
    depth = np.bincount(at, weights=np.where(entering, 1.0, -1.0), minlength=count * (bins + 1))
    hidden = np.maximum.accumulate(hidden.reshape(count, -1), axis=1)[:, :bins]
    depth = np.cumsum(depth.reshape(count, -1), axis=1)[:, :bins]
    return hidden, depth + _containing(fan, surface) > 0.5


def _containing(fan: Fan, surface: Surface) -> int:
    """How many footprints the origin itself lies in."""
    point = shapely.Point(fan.origin_enu_m[:2])
    return len(surface.tree.query(point, predicate="intersects"))


def _crossings(fan: Fan, surface: Surface) -> tuple[NDArray[np.intp], FloatArray, FloatArray, NDArray[np.bool_]]:
    """Where the fan's azimuths cross walls: index of azimuth, distance, top of the prism, and whether it enters."""
    prisms = surface.prisms
    middle = np.array(fan.origin_enu_m[:2])
    reach = fan.ranges_m[-1]
    near = np.sort(surface.tree.query(_outline(fan, float(reach))))
    edges = surface.edges_of(near)
    start, end = prisms.starts_m[edges] - middle, prisms.ends_m[edges] - middle
    first, last = np.sin(fan.azimuths_rad), np.cos(fan.azimuths_rad)
    along = end - start
    across_start = start[:, 0] * last[:, None] - start[:, 1] * first[:, None]
    across_end = end[:, 0] * last[:, None] - end[:, 1] * first[:, None]
    azimuth, edge = np.nonzero((across_start > 0) != (across_end > 0))
    share = across_start[azimuth, edge] / (across_start[azimuth, edge] - across_end[azimuth, edge])
    east = start[edge, 0] + along[edge, 0] * share
    north = start[edge, 1] + along[edge, 1] * share
    distance = east * first[azimuth] + north * last[azimuth]
    entering = across_start[azimuth, edge] < across_end[azimuth, edge]
    keep = (distance > 0) & (distance <= reach)
    top = prisms.tops_up_m[prisms.owners[edges[edge]]]
    return azimuth[keep], distance[keep], top[keep], entering[keep]


def _outline(fan: Fan, reach: float) -> shapely.Polygon:
    """A polygon around the fan."""
    span = fan.azimuths_rad[-1] - fan.azimuths_rad[0]
    angles = np.linspace(fan.azimuths_rad[0] - 0.02, fan.azimuths_rad[-1] + 0.02, max(4, int(span / 0.2)))
    middle = np.array(fan.origin_enu_m[:2])
    if span > np.pi:
        return shapely.box(*(middle - reach), *(middle + reach))
    rim = middle + reach * 1.02 * np.column_stack([np.sin(angles), np.cos(angles)])
    return shapely.Polygon(np.vstack([middle, rim]))
