"""Trimming: passes made no longer than needed for the ground that no other pass images."""

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon

from maps.positions import FloatArray
from missions.planning.sweeping.passes import GRID_M, bands, forward

BoolArray = npt.NDArray[np.bool_]

KEPT_SIDELAP = 0.5
"""Of what neighbouring swaths share, this part is kept for errors of flight: only the rest counts as imaged twice."""

IDLE_M2 = 0.5
"""A pass that alone images less than this, and less than `IDLE_SHARE` of the area, is not flown."""

IDLE_SHARE = 2e-5


def trimmed(
    area_m: Polygon | MultiPolygon, ends_m: FloatArray, spacing_m: float, swath_m: float
) -> tuple[FloatArray, BoolArray]:
    """Passes shortened to the ground that only they image, or left out; together they image what they did before.

    Args:
        area_m: that is to be imaged.
        ends_m: (N, 2, 2) passes, in any order.
        spacing_m: distance between neighbouring passes.
        swath_m: width imaged by one pass.

    Returns:
        The passes (N, 2, 2), and (N,) whether each is to be flown at all.
    """
    if len(ends_m) < 2:
        return ends_m, np.ones(len(ends_m), dtype=bool)
    sure_m = swath_m - KEPT_SIDELAP * max(0.0, swath_m - spacing_m)
    own = np.array(bands(ends_m, swath_m), dtype=object)
    others = np.array(bands(ends_m, sure_m), dtype=object)
    wanted = shapely.buffer(shapely.intersection(own, area_m), 0.0)
    left, right = shapely.STRtree(others).query(wanted, predicate="intersects")
    idle = min(IDLE_M2, IDLE_SHARE * area_m.area)
    unit = forward(ends_m)
    kept = ends_m.copy()
    flown = np.ones(len(ends_m), dtype=bool)
    lengths = np.hypot(*(ends_m[:, 1] - ends_m[:, 0]).T)
    for index in np.argsort(lengths, kind="stable"):
        near = right[(left == index) & (right != index)]
        near = near[flown[near]]
        if not len(near):
            continue
        alone = shapely.difference(wanted[index], shapely.union_all(others[near], grid_size=GRID_M), grid_size=GRID_M)
        if alone.area <= idle:
            flown[index] = False
            continue
        along = (shapely.get_coordinates(alone) - ends_m[index, 0]) @ unit[index]
        first, last = max(0.0, float(along.min())), min(float(lengths[index]), float(along.max()))
        if first > 0.05 or last < lengths[index] - 0.05:
            kept[index] = ends_m[index, 0] + np.outer([first, last], unit[index])
            others[index] = bands(kept[index : index + 1], sure_m)[0]
    return kept, flown
