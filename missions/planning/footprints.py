"""Footprints: the ground in the pictures taken along a way, straight down or aslant.

Straight down, the picture's width sweeps a band over the ground. Pictures reach ahead and behind as well, by half of
their length; as they are taken some way apart, only the part of that which neighbouring pictures share is counted.
Ground is taken as level at the height of what is looked at.
"""

import math
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.heights import TOLERANCE_M, ground_amsl_m, height_amsl_m
from missions.planning.items import picture_distance_m, swath_at_m
from missions.planning.request import CameraOptics, MissionRequest
from missions.planning.sweeping.passes import GRID_M

LOWEST_M = 5.0
"""Nothing is imaged from lower than this above the ground."""

SAMPLE_M = 30.0
"""Along a flown path the height above the ground is taken this often."""

FARTHEST = 4.0
"""Ground farther than so many times the distance of what is looked at is too coarse to count as imaged."""


class Eye:
    """A camera that looks straight down from a height.

    Attributes:
        swath_m: width of the ground in a picture.
        sure_m: the same from as far below that height as a flight that follows the terrain may be.
        picture_m: distance between pictures.
        reach_m: how far ahead and behind pictures surely show the ground (half of what two neighbours share).
        resolution_m: metres of ground for each pixel.
    """

    def __init__(self, height_m: float, camera: CameraOptics, lower_m: float = 0.0) -> None:
        lowest = max(height_m - lower_m, 0.6 * height_m)
        self.camera = camera
        self.swath_m = swath_at_m(height_m, camera)
        self.sure_m = swath_at_m(lowest, camera)
        self.picture_m = picture_distance_m(lowest, camera)
        self.reach_m = reach_at_m(lowest, camera)
        self.resolution_m = self.swath_m / camera.width_px

    @classmethod
    def over(cls, request: MissionRequest, district: District, member: Member, ground_m: BaseGeometry) -> "Eye":
        """The camera of a request over a task's ground, from the height asked for.

        Raises:
            PlanningError: when that height is below the ground or barely above it.
        """
        if request.altitude.reference == "agl":
            return cls(request.altitude.value_m, request.camera, TOLERANCE_M)
        places = shapely.get_coordinates(shapely.segmentize(ground_m, 50.0))
        if not places.shape[0] < 5_000:
            places = places[:: len(places) // 5_000 + 1]
        ground = float(np.max(ground_amsl_m(district, places)))
        flight = height_amsl_m(district, places[0], request.altitude, member.home, 0.0)
        if flight - ground < LOWEST_M:
            raise PlanningError(
                f"at {flight:.0f} m AMSL it is {flight - ground:.0f} m above the highest ground there: fly higher",
                f"海拔 {flight:.0f} 米处距该处最高地面仅 {flight - ground:.0f} 米：请提高飞行高度",
                "altitude.value_m",
            )
        return cls(flight - ground, request.camera)

    def along(self, line_m: FloatArray) -> BaseGeometry:
        """The ground imaged along a line (N, 2) of east and north; around a single place what one picture surely shows.

        An aircraft turns its picture with its course, so that the outside of a bend is seen from the bend's point only
        as far as pictures reach ahead.
        """
        line = np.asarray(line_m, dtype=np.float64)[:, :2]
        if float(np.ptp(line, axis=0).max()) < 1e-6:
            return shapely.Point(line[0]).buffer(self.reach_m)
        return bands(line, np.full(len(line) - 1, self.sure_m), np.full(len(line) - 1, self.reach_m))

    def along_all(self, lines_m: Iterable[FloatArray]) -> BaseGeometry:
        """The ground imaged along several lines."""
        return shapely.union_all([self.along(line) for line in lines_m], grid_size=GRID_M)


def reach_at_m(height_m: float, camera: CameraOptics) -> float:
    """How far ahead and behind pictures from a height surely show the ground."""
    return height_m * math.tan(math.radians(camera.vfov_deg / 2)) * camera.overlap


def bands(line_m: FloatArray, widths_m: FloatArray, reaches_m: FloatArray) -> BaseGeometry:
    """The ground swept along a line (N, 2), for each of its N - 1 legs so wide, and so far beyond the leg's ends."""
    steps = np.diff(line_m, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    flown = lengths > 1e-6
    course = steps[flown] / lengths[flown, None]
    across = np.column_stack([-course[:, 1], course[:, 0]]) * widths_m[flown, None] / 2
    ahead = course * reaches_m[flown, None]
    first, last = line_m[:-1][flown] - ahead, line_m[1:][flown] + ahead
    rings = np.stack([first + across, last + across, last - across, first - across], axis=1)
    return shapely.union_all(shapely.polygons(rings), grid_size=GRID_M)


def flown(district: District, path_m: FloatArray, imaging: NDArray[np.bool_], camera: CameraOptics) -> BaseGeometry:
    """The ground that a camera looking straight down sweeps along a flown path.

    Args:
        district: for the ground below.
        path_m: (N, 3) east, north, height AMSL.
        imaging: (N - 1,) whether the camera is at work on each leg.
        camera: its optics.
    """
    steps = np.hypot(*np.diff(path_m[:, :2], axis=0).T)
    legs = np.flatnonzero(imaging & (steps > 1e-6))
    if not len(legs):
        return Polygon()
    counts = np.maximum(1, np.ceil(steps[legs] / SAMPLE_M)).astype(int)
    shares = [np.linspace(0, 1, count + 1)[:, None] for count in counts]
    points = [path_m[leg] + (path_m[leg + 1] - path_m[leg]) * share for leg, share in zip(legs, shares, strict=True)]
    every = np.vstack(points)
    above = np.split(every[:, 2] - ground_amsl_m(district, every[:, :2]), np.cumsum(counts + 1)[:-1])
    lower = [np.maximum(np.minimum(heights[:-1], heights[1:]), 0.0) for heights in above]
    return shapely.union_all(
        [_band(line[:, :2], heights, camera) for line, heights in zip(points, lower, strict=True) if heights.any()],
        grid_size=GRID_M,
    )


def _band(line_m: FloatArray, heights_m: FloatArray, camera: CameraOptics) -> BaseGeometry:
    """The ground swept along a straight line (N, 2) from a height over each of its N - 1 equal steps, one above 0.

    Each step sweeps a rectangle that reaches beyond both of its ends; at every place along the line the widest counts.
    """
    length = float(np.hypot(*(line_m[-1] - line_m[0])))
    course = (line_m[-1] - line_m[0]) / length
    across = np.array([-course[1], course[0]])
    at = np.linspace(0.0, length, len(line_m))
    reach = reach_at_m(1.0, camera) * heights_m
    begin, end = at[:-1] - reach, at[1:] + reach
    edges = np.unique(np.concatenate([begin, end]))
    middles = (edges[:-1] + edges[1:]) / 2
    covers = (begin <= middles[:, None]) & (middles[:, None] <= end)
    half = np.where(covers, swath_at_m(0.5, camera) * heights_m, 0.0).max(axis=1)
    along, aside = np.repeat(edges, 2)[1:-1], np.repeat(half, 2)
    middle = line_m[0] + along[:, None] * course
    ring = np.vstack([middle + aside[:, None] * across, (middle - aside[:, None] * across)[::-1]])
    return shapely.make_valid(Polygon(ring))


def aslant(camera_m: FloatArray, target_m: FloatArray, camera: CameraOptics) -> BaseGeometry:
    """The level ground, at a target's height, in the picture of a camera that looks at the target.

    Args:
        camera_m: (3,) east, north, height.
        target_m: (3,) in the picture's middle.
        camera: its optics.
    """
    view = np.asarray(target_m, dtype=np.float64) - camera_m
    distance = float(np.linalg.norm(view))
    if view[2] > -1.0:
        return Polygon()
    view /= distance
    right = np.array([view[1], -view[0], 0.0])
    right = right / np.linalg.norm(right) if np.linalg.norm(right) > 1e-6 else np.array([1.0, 0.0, 0.0])
    up = np.cross(right, view)
    half = [math.tan(math.radians(angle / 2)) for angle in (camera.hfov_deg, camera.vfov_deg)]
    rim = [(1, 1), (1, -1), (-1, -1), (-1, 1)]
    rays = np.array([view + right * half[0] * x + up * half[1] * y for x, y in rim])
    height = float(camera_m[2] - target_m[2])
    # A ray at the horizon or above it meets the ground only beyond what counts.
    scale = height / np.maximum(-rays[:, 2], height / (FARTHEST * distance))
    return shapely.convex_hull(shapely.MultiPoint(camera_m[:2] + rays[:, :2] * scale[:, None]))


def slant_resolution_m(camera_m: FloatArray, target_m: FloatArray, camera: CameraOptics) -> float:
    """Width of a pixel at the target, across the view."""
    distance = float(np.linalg.norm(np.asarray(target_m) - camera_m))
    return swath_at_m(distance, camera) / camera.width_px


def around(eyes_m: FloatArray, target_m: FloatArray, camera: CameraOptics) -> BaseGeometry:
    """The ground in the pictures of a camera that looks at a target from places (N, 3)."""
    return shapely.union_all([aslant(eye, target_m, camera) for eye in eyes_m])
