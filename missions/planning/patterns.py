"""Search patterns of the IAMSAR manual (vol. II, section 5.5): expanding square, sector search, creeping line ahead.

Directions are clockwise from north; points are (east, north) metres.
"""

import math

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from maps.positions import FloatArray

SECTORS = 3
SECOND_SWEEP_DEG = 30.0


def expanding_square(
    datum_m: FloatArray, spacing_m: float, rings: int, direction_deg: float, clockwise: bool
) -> FloatArray:
    """Corners (N, 2) of a square that grows round its datum: legs of 1, 1, 2, 2, 3, 3 … spacings, the last one as long
    as the two before it, so that all four sides of the outermost square are flown.

    Args:
        datum_m: where it begins.
        spacing_m: between tracks.
        rings: how many spacings the outermost tracks lie from the datum.
        direction_deg: of the first leg.
        clockwise: turning right at each corner.
    """
    lengths = [spacing_m * (1 + leg // 2) for leg in range(4 * rings)] + [spacing_m * 2 * rings]
    turn = math.pi / 2 * (1 if clockwise else -1)
    courses = math.radians(direction_deg) + turn * np.arange(len(lengths))
    steps = np.array(lengths)[:, None] * np.column_stack([np.sin(courses), np.cos(courses)])
    return np.asarray(datum_m[:2] + np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)]))


def sector(datum_m: FloatArray, radius_m: float, direction_deg: float, clockwise: bool) -> list[FloatArray]:
    """The three triangles of a sector search, each (4, 2): out from the datum, across, and back to it.

    All turns are of 120 degrees to the same side; from one triangle to the next the datum is crossed straight on.
    """
    side = 1 if clockwise else -1
    triangles = []
    for index in range(SECTORS):
        out = math.radians(direction_deg + side * 120.0 * (2 * index % SECTORS))
        across = out + side * math.radians(60)
        rim = [(math.sin(course), math.cos(course)) for course in (out, across)]
        triangles.append(np.asarray(datum_m)[:2] + radius_m * np.array([(0.0, 0.0), *rim, (0.0, 0.0)]))
    return triangles


def creeping_line(area_m: BaseGeometry, spacing_m: float, swath_m: float, direction_deg: float) -> list[FloatArray]:
    """Tracks (2, 2) across an area, in the order of advance, flown to and fro.

    Args:
        area_m: what is searched.
        spacing_m: between tracks, at most.
        swath_m: width seen from a track; tracks reach as far as any of it is needed.
        direction_deg: of the tracks.
    """
    middle = area_m.centroid
    level = affinity.rotate(area_m, direction_deg - 90.0, origin=middle)  # tracks now run east
    west, south, east, north = level.bounds
    count = 1 + max(0, math.ceil((north - south - swath_m) / spacing_m - 1e-9))
    inset = min(swath_m, north - south) / 2
    tracks = []
    for index, offset in enumerate(np.linspace(south + inset, north - inset, count)):
        strip = level.intersection(box(west - 1, offset - swath_m / 2, east + 1, offset + swath_m / 2))
        ends = _stretches(strip, swath_m)
        lines = [LineString([(first, offset), (last, offset)]) for first, last in ends]
        if index % 2:
            lines = [line.reverse() for line in reversed(lines)]
        tracks += lines
    return [shapely.get_coordinates(affinity.rotate(line, 90.0 - direction_deg, origin=middle)) for line in tracks]


def across_the_long_side_deg(area_m: BaseGeometry) -> float:
    """The direction across the long side of the smallest rectangle round an area, within [0, 180)."""
    rectangle = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area_m))
    if len(rectangle) < 5:
        return 0.0
    sides = np.diff(rectangle[:3], axis=0)
    short = sides[int(np.argmin(np.hypot(sides[:, 0], sides[:, 1])))]
    return math.degrees(math.atan2(short[0], short[1])) % 180.0


def _stretches(strip: BaseGeometry, join_m: float) -> list[tuple[float, float]]:
    """The stretches of x that a strip's parts take, joined across gaps shorter than ``join_m``."""
    spans = sorted((part.bounds[0], part.bounds[2]) for part in shapely.get_parts(strip) if part.area > 0)
    joined: list[tuple[float, float]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + join_m:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
