import numpy as np
from numpy.typing import NDArray

from fusion.detection import FixedObserver
from fusion.detection.background import BackgroundModel
from fusion.geolocation import Errors
from fusion.messages import Observation
from maps.optics import Lens, Pose
from tests.fusion.test_geolocation import FRAME, Plane

LENS = Lens(640, 360, 60.0, 36.0)
POSE = Pose((0.0, 0.0, 8.0), 0.0, -14.0)
FPS = 8.0
Image = NDArray[np.uint8]


def street(rng: np.random.Generator, shift: float = 0.0) -> Image:
    """A textured scene with the noise of a coded picture."""
    rows, columns = np.mgrid[0:360, 0:640]
    grey = 100 + 18 * np.sin(columns / 23) + 12 * np.cos(rows / 17) + shift
    return np.clip(grey + rng.normal(0, 1.5, grey.shape), 0, 255).astype(np.uint8)


def draw(image: Image, corners_enu: NDArray[np.float64], grey: int) -> None:
    """Paint the box around some points of the world."""
    pixels = POSE.pixels(LENS, corners_enu)
    left, top = np.floor(pixels.min(axis=0)).astype(int)
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int)
    image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = grey


def block(east: float, north: float, wide: float, deep: float, high: float) -> NDArray[np.float64]:
    return np.array(
        [
            (east + x * wide / 2, north + y * deep / 2, z * high)
            for x in (-1, 1)
            for y in (-1, 1)
            for z in (0, 1)
        ]
    )  # fmt: skip


def observe(walk: list[tuple[float, NDArray[np.float64]]], seconds: float) -> list[tuple[float, Observation]]:
    """What an observer makes of a thing that is drawn at given times."""
    rng, observer, seen = np.random.default_rng(1), FixedObserver(FRAME, Plane()), []
    at = dict(walk)
    for index in range(int(seconds * FPS)):
        time, image = 1000.0 + index / FPS, street(rng)
        if index / FPS in at:
            draw(image, at[index / FPS], 30)
        seen += [(index / FPS, each) for each in observer.observe(image, time, POSE, LENS, Errors(0.3, 0.1))]
    return seen


def errors_m(seen: list[tuple[float, Observation]], truth: dict[float, tuple[float, float]]) -> list[float]:
    found = []
    for time, each in seen:
        east, north, _ = FRAME.enu_from_geodetic(each.position.lat_deg, each.position.lon_deg, each.position.alt_amsl_m)
        found.append(float(np.hypot(east - truth[time][0], north - truth[time][1])))
    return found


def test_a_walking_person_is_found_where_it_stands() -> None:
    times = [3 + index / FPS for index in range(40)]
    truth = {time: (-6.0 + 1.4 * (time - 3), 35.0) for time in times}
    seen = observe([(time, block(*truth[time], 0.5, 0.4, 1.7)) for time in times], 8.0)
    assert len(seen) > 30 and all(each.kind == "person" for _, each in seen)
    assert np.median(errors_m(seen, truth)) < 0.6
    sigma = np.sqrt([each.covariance_enu_m2[1][1] for _, each in seen])
    assert np.median(sigma) < 4.0


def test_a_crossing_car_is_found_at_its_middle() -> None:
    times = [3 + index / FPS for index in range(16)]
    truth = {time: (-12.0 + 10.0 * (time - 3), 45.0) for time in times}
    seen = observe([(time, block(*truth[time], 4.4, 1.8, 1.5)) for time in times], 6.0)
    assert len(seen) > 8 and all(each.kind == "vehicle" for _, each in seen)
    assert np.median(errors_m(seen, truth)) < 1.0


def test_an_approaching_car_is_found_at_its_middle() -> None:
    times = [3 + index / FPS for index in range(24)]
    truth = {time: (2.0, 70.0 - 10.0 * (time - 3)) for time in times}
    seen = observe([(time, block(*truth[time], 1.8, 4.4, 1.5)) for time in times], 7.0)
    assert len(seen) > 12
    assert np.median(errors_m(seen, truth)) < 2.0


def test_motion_is_believed_on_the_second_frame_at_the_earliest() -> None:
    times = [3 + index / FPS for index in range(16)]
    seen = observe([(time, block(-6 + 3 * (time - 3), 30.0, 0.5, 0.4, 1.7)) for time in times], 6.0)
    assert seen[0][0] > 3.0
    flash = observe([(3.0, block(0, 30.0, 0.5, 0.4, 1.7))], 6.0)
    assert flash == []


def test_noise_exposure_and_light_make_no_observations() -> None:
    rng, observer = np.random.default_rng(2), FixedObserver(FRAME, Plane())
    for index in range(120):
        shift = 12 * np.sin(index / 15) + (25.0 if index > 70 else 0.0)
        found = observer.observe(street(rng, shift), 1000 + index / FPS, POSE, LENS, Errors())
        assert found == (), index


def test_what_leaves_the_place_where_it_stood_from_the_start_leaves_no_ghost() -> None:
    rng, observer = np.random.default_rng(3), FixedObserver(FRAME, Plane())
    for index in range(160):
        image = street(rng)
        if index < 40:
            draw(image, block(0.0, 30.0, 4.4, 1.8, 1.5), 30)
        found = observer.observe(image, 1000 + index / FPS, POSE, LENS, Errors())
        assert found == (), index


def test_a_change_of_the_whole_picture_begins_anew() -> None:
    rng, model = np.random.default_rng(4), BackgroundModel()
    for index in range(40):
        model.moving(street(rng), index / FPS)
    for index in range(40, 60):
        assert len(model.moving(street(rng)[::-1].copy(), index / FPS)) == 0
