import cv2
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from fusion.detection import FlyingObserver
from fusion.detection.egomotion import ground_map, ground_plane
from fusion.detection.structures import Structures
from fusion.geolocation import Errors
from fusion.messages import Observation
from maps.optics import Lens, Pose
from tests.fusion.test_geolocation import FRAME, Plane

LENS = Lens(640, 360, 60.0, 36.0)
SCALE = 0.1  # metres of a pixel of the ground's picture
Image = NDArray[np.uint8]


class NoBuildings(Structures):
    """Open ground."""

    def __init__(self) -> None:
        self._middles = np.empty((0, 2))


def ground() -> Image:
    """300 x 300 m of textured ground around the origin, north up."""
    rng = np.random.default_rng(7)
    coarse = cv2.resize(rng.normal(0, 1, (150, 150)), (3000, 3000), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.normal(0, 1, (750, 750)), (3000, 3000), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(110 + 22 * coarse + 8 * fine, 5, 250), dtype=np.uint8)


def seen_by(pose: Pose, picture: Image, rng: np.random.Generator) -> Image:
    """What a camera sees of the ground's picture, with noise."""
    plane = ground_plane(pose, LENS, Plane())
    assert plane is not None
    east_north = ground_map(plane, pose, LENS)
    assert east_north is not None
    from_metres = np.array([[1 / SCALE, 0, 1500], [0, -1 / SCALE, 1500], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = cv2.warpPerspective(picture, from_metres @ east_north, (640, 360), flags=flags, borderValue=100)
    return np.clip(image + rng.normal(0, 1.5, image.shape), 0, 255).astype(np.uint8)


def with_car(picture: Image, east: float, north: float, length: float = 4.4, width: float = 1.8) -> Image:
    painted = picture.copy()
    column, row = 1500 + east / SCALE, 1500 - north / SCALE
    half = int(length / 2 / SCALE), int(width / 2 / SCALE)
    top, left = int(row) - half[1], int(column) - half[0]
    painted[top : top + 2 * half[1], left : left + 2 * half[0]] = 245
    return painted


def fly(
    cars: "list[tuple[float, float]] | None", pose_noise_deg: float = 0.0, tilt_deg: float = -80.0, count: int = 32
) -> list[tuple[int, Observation]]:
    """A flight to the east at 8 m/s over a car that drives north at some m/s; four frames a second."""
    rng, picture, seen = np.random.default_rng(11), ground(), []
    observer = FlyingObserver(FRAME, Plane(), NoBuildings())
    for index in range(count):
        time = 1000 + index / 4
        true = Pose((-32.0 + 2.0 * index, 0.0, 60.0), 90.0, tilt_deg)
        told = Pose(
            true.position_enu_m,
            true.azimuth_deg + rng.normal(0, pose_noise_deg),
            true.tilt_deg + rng.normal(0, pose_noise_deg),
            rng.normal(0, pose_noise_deg),
        )
        painted = with_car(picture, *cars[index]) if cars else picture
        luma = seen_by(true, painted, rng)
        seen += [(index, each) for each in observer.observe(luma, time, told, LENS, Errors(0.5, 0.5))]
    return seen


CARS = [(0.0, -12.0 + 0.9 * index) for index in range(32)]


@pytest.mark.parametrize("noise_deg", [0.0, 0.25])
def test_a_car_on_the_ground_below_is_found_while_the_camera_flies(noise_deg: float) -> None:
    seen = fly(CARS, noise_deg)
    assert len(seen) >= 8
    off = []
    for index, each in seen:
        east, north, _ = FRAME.enu_from_geodetic(each.position.lat_deg, each.position.lon_deg, each.position.alt_amsl_m)
        off.append(np.hypot(east - CARS[index][0], north - CARS[index][1]))
    assert np.median(off) < (0.8 if noise_deg == 0 else 1.5)
    assert np.mean([each.kind == "vehicle" for _, each in seen]) > 0.8


@pytest.mark.parametrize("noise_deg", [0.0, 0.25])
def test_ground_that_stands_still_gives_nothing(noise_deg: float) -> None:
    assert fly(None, noise_deg) == []


def test_a_car_that_stands_still_gives_nothing() -> None:
    assert fly([(0.0, 5.0)] * 32, 0.1) == []


def test_buildings_are_masked_where_they_are_seen() -> None:
    class OneBuilding(Structures):
        def __init__(self) -> None:
            ring = np.array(shapely.box(5, 2, 15, 8).exterior.coords)[:-1]
            self._corners = ring[np.minimum(np.arange(24), 3)][None]
            self._bases, self._tops = np.array([0.0]), np.array([20.0])
            self._middles = np.array([[10.0, 5.0]])

    pose = Pose((0.0, 0.0, 60.0), 0.0, -90.0)
    mask = OneBuilding().mask(pose, LENS, 200.0, margin_px=0)
    inside = pose.pixels(LENS, [[10.0, 5.0, 20.0], [5.5, 2.5, 10.0], [14.5, 7.5, 19.0]])
    outside = pose.pixels(LENS, [[2.0, 5.0, 0.0], [-20.0, -10.0, 0.0]])
    assert all(mask[int(y), int(x)] == 255 for x, y in inside)
    assert all(mask[int(y), int(x)] == 0 for x, y in outside)
    assert OneBuilding().mask(pose, LENS, 5.0).max() == 0
