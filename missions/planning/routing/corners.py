"""Corners: the places about which a shortest way bends, around one obstacle.

Only where an obstacle sticks out can a shortest way touch it (Lozano-Perez and Wesley, "An algorithm for planning
collision-free paths among polyhedral obstacles", 1979); a corner is of use only for ways that touch it and leave the
obstacle on one side.
"""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray

ARC_SEGMENTS = 3
TURN_RINGS = (0.3, 1.0)
"""How much farther out, in turn radii, the corners lie for shallow and for tight turns of an aircraft that turns."""

MITRE = 1.5
BEYOND_M = 50_000.0


@dataclass(frozen=True, eq=False)
class Corners:
    """Places to bend at, each of shape (N, 2), with the directions to the outline's neighbouring corners."""

    places_m: FloatArray
    back: FloatArray
    ahead: FloatArray


def corners(shape_m: BaseGeometry, distance_m: float, radius_m: float) -> Corners:
    """The corners around a shape at a distance at least.

    Args:
        shape_m: the obstacle; a corner on the far edge of the world is left out.
        distance_m: kept from it everywhere.
        radius_m: turn radius; 0 for an aircraft that turns on the spot.
    """
    west, south, east, north = shape_m.bounds
    size = max(east - west, north - south)
    if radius_m <= 0:
        coarse = min(1.0, 0.02 * size)
        grown = (distance_m + coarse) / math.cos(math.pi / (4 * ARC_SEGMENTS))
        return _sticking_out(shape_m.buffer(grown, quad_segs=ARC_SEGMENTS).simplify(coarse), shape_m)
    coarse = min(0.1 * radius_m, 0.05 * size)
    rings = [
        shape_m.buffer(distance_m + coarse + share * radius_m, join_style="mitre", mitre_limit=MITRE).simplify(coarse)
        for share in TURN_RINGS
    ]
    found = [_sticking_out(ring, shape_m) for ring in rings]
    return Corners(
        np.vstack([each.places_m for each in found]),
        np.vstack([each.back for each in found]),
        np.vstack([each.ahead for each in found]),
    )


def _sticking_out(outline: BaseGeometry, shape_m: BaseGeometry) -> Corners:
    """Corners of an outline at which it bends outward."""
    rows: list[FloatArray] = [np.zeros((0, 6))]
    for part in shapely.get_parts(outline):
        oriented = shapely.orient_polygons(part)
        for ring in (oriented.exterior, *oriented.interiors):
            places = shapely.get_coordinates(ring)[:-1]
            back = np.roll(places, 1, axis=0) - places
            ahead = np.roll(places, -1, axis=0) - places
            out = ahead[:, 0] * back[:, 1] - ahead[:, 1] * back[:, 0] > 1e-9
            rows.append(np.hstack([places, back, ahead])[out])
    found = np.vstack(rows)
    west, south, east, north = shape_m.bounds
    if max(east - west, north - south) > BEYOND_M:
        edge = np.array([[west, south], [east, north]])
        found = found[(np.abs(found[:, None, :2] - edge).min(axis=(1, 2)) > BEYOND_M / 5)]
    return Corners(found[:, :2], found[:, 2:4], found[:, 4:6])


def touching(directions: FloatArray, back: FloatArray, ahead: FloatArray) -> NDArray[np.bool_]:
    """Whether lines through corners, arrays (..., 2) of directions, leave the outline on one side; booleans (...)."""
    one = directions[..., 0] * back[..., 1] - directions[..., 1] * back[..., 0]
    other = directions[..., 0] * ahead[..., 1] - directions[..., 1] * ahead[..., 0]
    return np.asarray(one * other >= -1e-9 * (directions**2).sum(axis=-1))
