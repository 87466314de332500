"""Approaches: from the way home of an aircraft with wings to the circle on which it comes down to land.

On the way to that circle PX4 keeps its height and ArduPlane glides (`missions.planning.leeway`). So a way over falling
ground is flown down before, and where buildings stand higher than the circle ends, the aircraft comes to it at the
height of its work and sinks on the circle: the landing then begins up there, also for a return that it begins itself.
"""

from collections.abc import Sequence

import numpy as np
import shapely

from maps.district import District
from maps.positions import FloatArray
from missions.margins import CLEAR_BY_M
from missions.planning.heights import TOLERANCE_M, ground_amsl_m, over
from missions.planning.landing import Landing, VerticalLanding
from missions.planning.request import Altitude

BEFORE_RADII = 2.0
"""So many radii before the circle's middle the height of the way is reached."""

SPARE_M = 2.0
"""Room beside what clearance demands."""


def lowered(corners_m: Sequence[FloatArray], radius_m: float) -> FloatArray:
    """(N, 3) the places to fly over on a way to a circle's middle, without its ends.

    Args:
        corners_m: of the way, each (3,), the last over the circle's middle at the height of the way there.
        radius_m: of the circle.
    """
    inner = [*corners_m[1:-1]]
    before, end = corners_m[-2], corners_m[-1]
    back = before[:2] - end[:2]
    length = float(np.hypot(*back))
    if before[2] - end[2] > TOLERANCE_M and length > (BEFORE_RADII + 1) * radius_m:
        inner.append(np.array([*(end[:2] + back * (BEFORE_RADII * radius_m / length)), end[2]]))
    return np.array(inner).reshape(-1, 3)


def over_circle(
    district: District, altitude: Altitude, made: Landing | VerticalLanding, like_m: FloatArray
) -> FloatArray:
    """(3,) the middle of a landing's circle, as high over its lowest ground as another place (3,) over its own."""
    angles = np.arange(12) * np.pi / 6
    rim = made.entry_m[:2] + made.radius_m * np.column_stack([np.cos(angles), np.sin(angles)])
    ground = ground_amsl_m(district, np.vstack([made.entry_m[:2], rim]))
    lowest = over(district, altitude, rim[int(np.argmin(ground[1:]))], like_m)
    return np.array([*made.entry_m[:2], min(lowest[2], over(district, altitude, made.entry_m, like_m)[2])])


def entries(
    district: District, made: Landing | VerticalLanding, high_m: FloatArray, reach_m: FloatArray, error_m: float
) -> list[FloatArray]:
    """The middles (3,) of the circles to come down on: one above the other where the lower is not safe to fly to.

    Args:
        district: for what stands below.
        made: the landing.
        high_m: (3,) middle of its circle at the height of the way there.
        reach_m: (N, 3) places of the flight: it may return from anywhere between them.
        error_m: by which the aircraft may miss its path.
    """
    hull = shapely.MultiPoint(np.vstack([reach_m[:, :2], made.entry_m[:2]])).convex_hull.buffer(error_m + made.radius_m)
    surface = district.surface
    highest = float(ground_amsl_m(district, reach_m[:, :2]).max())
    if len(surface.prisms.rows):
        tops_m = surface.prisms.tops_up_m[surface.tree.query(hull, predicate="intersects")]
        highest = max(highest, float(np.max(tops_m, initial=-np.inf)) + district.frame.origin.alt_amsl_m)
    if made.entry_m[2] >= min(highest + CLEAR_BY_M + SPARE_M, float(high_m[2])):
        return [made.entry_m]
    return [np.asarray(high_m), made.entry_m]
