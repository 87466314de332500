import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from fusion.footprints import footprint
from fusion.geolocation import Errors, locate
from fusion.messages import CameraPose, Position
from maps.optics import Lens, Pose
from maps.positions import FloatArray, Geodetic, LocalFrame
from maps.surface import Hits

LENS = Lens(640, 360, 60.0, 36.0)
FRAME = LocalFrame(Geodetic(43.86, 125.32, 220.0))


class Plane:
    """Ground that rises by a slope towards the east."""

    def __init__(self, slope: float = 0.0, lift_m: float = 0.0) -> None:
        self.slope, self.lift_m = slope, lift_m

    def ground_enu_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        return np.asarray(east_m, dtype=np.float64) * self.slope + self.lift_m + 0 * np.asarray(north_m)

    def cast(self, origins_enu_m: ArrayLike, directions_enu: ArrayLike, max_range_m: ArrayLike = 3000.0) -> Hits:
        origin = np.asarray(origins_enu_m, dtype=np.float64)
        rays = np.asarray(directions_enu, dtype=np.float64)
        fall = rays[:, 2] - self.slope * rays[:, 0]
        above = origin[..., 2] - self.slope * origin[..., 0] - self.lift_m
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(fall < 0, -above / fall, np.nan)
        reach = np.where(reach <= max_range_m, reach, np.nan)
        on: NDArray[np.int8] = np.isfinite(reach).astype(np.int8)
        return Hits(origin + rays * reach[:, None], reach, on)


@pytest.mark.parametrize("slope", [0.0, 0.12])
def test_a_place_seen_at_a_pixel_is_found_again(slope: float) -> None:
    ground = Plane(slope)
    pose = Pose((10.0, -5.0, 60.0), 40.0, -50.0, 3.0)
    pixels = np.array([[100.0, 50], [320, 180], [600, 340]])
    found = locate(pixels, 1.0, pose, LENS, ground)
    assert pose.pixels(LENS, found.points_enu_m) == pytest.approx(pixels, abs=1e-6)
    assert found.points_enu_m[:, 2] == pytest.approx(ground.ground_enu_m(*found.points_enu_m[:, :2].T), abs=1e-6)


def test_a_height_above_the_ground_moves_the_place_towards_the_camera() -> None:
    pose = Pose((0.0, 0.0, 10.0), 0.0, -20.0)
    at = np.array([[0.0, 25.0, 1.7]])
    found = locate(pose.pixels(LENS, at), 1.0, pose, LENS, Plane(), heights_m=1.7)
    assert found.points_enu_m[0] == pytest.approx([0.0, 25.0, 0.0], abs=0.02)


@pytest.mark.parametrize(
    "errors",
    [Errors(2.0, 0.0, 0.0), Errors(0.0, 0.7, 0.0), Errors(0.0, 0.0, 1.0), Errors(1.0, 0.3, 0.5)],
    ids=["position", "angles", "terrain", "all"],
)
@pytest.mark.parametrize("tilt_deg", [-25.0, -85.0])
def test_covariances_are_those_of_repeated_trials(errors: Errors, tilt_deg: float) -> None:
    rng = np.random.default_rng(5)
    pose = Pose((0.0, 0.0, 50.0), 30.0, tilt_deg)
    pixel, sigma = np.array([420.0, 250.0]), 2.0
    found = locate([pixel], sigma, pose, LENS, Plane(0.05), errors)
    trials = []
    for _ in range(3000):
        turn = rng.normal(0, np.radians(errors.angle_deg), 3)
        place = np.asarray(pose.position_enu_m) + rng.normal(0, errors.position_m, 3)
        ray = pose.rays_enu(LENS, [pixel + rng.normal(0, sigma, 2)])
        ray = ray + np.cross(turn, ray)
        trials.append(Plane(0.05, rng.normal(0, errors.terrain_m)).cast(place, ray).points_enu_m[0, :2])
    expected = np.cov(np.array(trials).T)
    assert found.covariances_m2[0] == pytest.approx(expected, rel=0.15, abs=0.08 * np.trace(expected))


def test_rays_to_the_sky_have_no_place_and_far_ones_are_unsure() -> None:
    pose = Pose((0.0, 0.0, 8.0), 0.0, -5.0)
    found = locate([[320.0, 20.0], [320.0, 150.0], [320.0, 350.0]], 1.0, pose, LENS, Plane())
    assert found.on.tolist() == [0, 1, 1]
    assert np.isnan(found.covariances_m2[0]).all()
    assert found.sigma_m[1] > 10 * found.sigma_m[2]
    assert found.grazing_deg[1] < found.grazing_deg[2]


def test_no_pixels_give_no_places() -> None:
    found = locate(np.empty((0, 2)), 1.0, Pose((0, 0, 9), 0, -10), LENS, Plane())
    assert found.points_enu_m.shape == (0, 3) and found.covariances_m2.shape == (0, 2, 2)


def camera(tilt_deg: float, height_m: float = 60.0, lat_deg: float = 43.86) -> CameraPose:
    return CameraPose(0.0, Position(lat_deg, 125.32, 220.0 + height_m), 0.0, tilt_deg, 0.0, 60.0, 36.0)


def test_a_footprint_looking_down_is_as_large_as_the_lens_says() -> None:
    seen = footprint(camera(-90.0), FRAME, Plane())
    assert seen is not None and seen.on_terrain and not seen.limited
    lon, lat = np.array(seen.ring_deg).T
    ring = FRAME.enu_from_geodetic(lat, lon, 220.0)
    assert np.ptp(ring[:, 0]) == pytest.approx(2 * 60 * np.tan(np.radians(30)), abs=0.1)
    assert np.ptp(ring[:, 1]) == pytest.approx(2 * 60 * np.tan(np.radians(18)), abs=0.1)
    x, y = ring[:, 0], ring[:, 1]
    assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0, "anticlockwise"
    assert seen.ring_deg[0] == seen.ring_deg[-1]


def test_a_footprint_with_the_horizon_in_view_ends_at_the_range() -> None:
    seen = footprint(camera(-10.0), FRAME, Plane(), max_range_m=500.0)
    assert seen is not None and seen.limited
    lon, lat = np.array(seen.ring_deg).T
    ring = FRAME.enu_from_geodetic(lat, lon, 220.0)
    assert np.hypot(ring[:, 0], ring[:, 1]).max() < 505.0


def test_looking_up_there_is_no_footprint() -> None:
    assert footprint(camera(40.0), FRAME, Plane()) is None


def test_far_from_the_district_a_level_plane_stands_in() -> None:
    seen = footprint(camera(-45.0, lat_deg=60.0), FRAME, Plane())
    assert seen is not None and not seen.on_terrain
    assert all(59.9 < lat < 60.1 for _, lat in seen.ring_deg)
