"""Pictures agree with the geometry that `maps` knows: rays to the surface, and points to pixels."""

import functools
import math

import numpy as np
import pytest

from maps import cameras
from maps.district import District
from maps.optics import Lens, Pose
from simulators.scenery import facades
from simulators.scenery.blocks import Blocks
from simulators.scenery.ground import depths, paint
from simulators.scenery.ortho import Level, Ortho
from simulators.scenery.view import View, clipped

VFOV = 2 * math.degrees(math.atan(math.tan(math.radians(30)) * 9 / 16))
AIR = Lens(640, 360, 60.0, VFOV)
AIRBORNE = [
    Pose((0.0, 0.0, 80.0), 70.0, -40.0),
    Pose((-100.0, 50.0, 60.0), 200.0, -25.0),
    Pose((-200.0, -200.0, 110.0), 320.0, -50.0, 12.0),
    Pose((300.0, 250.0, 90.0), 0.0, -90.0),
]


@functools.cache
def nanling() -> District:
    return District.embedded("nanling")


@functools.cache
def blocks() -> Blocks:
    return Blocks(nanling().surface, seed=1)


def fixed(sensor_id: str) -> View:
    row = nanling().cameras_by_id[sensor_id]
    lens = cameras.lens(row)
    return View(cameras.pose(row, nanling()), Lens(640, 360, lens.hfov_deg, lens.vfov_deg))


def views() -> list[View]:
    return [*(View(pose, AIR) for pose in AIRBORNE), *(fixed(f"cam-00{number}") for number in (1, 2, 4, 5))]


def some_pixels(count: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.stack([rng.integers(0, 640, count) + 0.5, rng.integers(0, 360, count) + 0.5], axis=1)


@pytest.mark.parametrize("number", range(8))
def test_each_pixel_shows_the_building_that_its_ray_meets(number: int) -> None:
    view, pixels = views()[number], some_pixels(1500)
    hits = nanling().surface.cast(view.position, view.pose.rays_enu(view.lens, pixels), 1500.0)
    labels = facades.label(blocks().faces(view), 360, 640)
    shown = labels[pixels[:, 1].astype(int), pixels[:, 0].astype(int)] > 0
    near = hits.range_m < 500
    differ = shown[near] != (hits.on[near] >= 2)
    assert differ.mean() < 0.012


@pytest.mark.parametrize("number", range(8))
def test_the_ground_lies_where_rays_meet_it(number: int) -> None:
    view, pixels = views()[number], some_pixels(1500)
    rays = view.pose.rays_enu(view.lens, pixels)
    hits = nanling().surface.cast(view.position, rays, 1500.0)
    step, iterations = (20, 4) if number < len(AIRBORNE) else (8, 6)
    found = depths(view, nanling().surface.ground_enu_m, step, iterations).at(pixels)
    ground = (hits.on == 1) & (hits.range_m < 400)
    depth = hits.range_m * (rays @ view.enu_from_camera[:, 2])
    sine = -rays[:, 2]
    off_px = np.abs(found - depth) * sine / depth * view.lens.focal_px[1]
    assert np.percentile(off_px[ground], 90) < 0.3
    assert np.percentile(off_px[ground], 98) < 0.8


@pytest.mark.parametrize("pose", AIRBORNE)
def test_a_mark_on_the_ground_is_drawn_where_it_projects_to(pose: Pose) -> None:
    view = View(pose, AIR)
    middle = view.pose.rays_enu(AIR, [[330.0, 170.0]])
    mark = nanling().surface.cast(view.position, middle, 1500.0).points_enu_m[0]
    mark[:2] = np.round(mark[:2] * 4) / 4
    mark[2] = nanling().surface.ground_enu_m(mark[0], mark[1])
    picture = np.zeros((1600, 1600, 3), dtype=np.uint8)
    level = Level(picture, mark[0] - 200.0, mark[1] + 200.0, 0.25)
    picture[796:804, 796:804] = 255  # two metres wide, centred on the mark
    image = paint(view, depths(view, nanling().surface.ground_enu_m, 20, 4), Ortho((level,)))
    weight = image[..., 0].astype(float)
    weight[weight < 60] = 0
    rows, columns = np.mgrid[0:360, 0:640] + 0.5
    found = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    assert found == pytest.approx(view.pose.pixels(AIR, mark), abs=0.3)


def test_corners_of_buildings_are_drawn_where_they_project_to() -> None:
    view = View(AIRBORNE[2], AIR)
    faces = blocks().faces(view)
    checked = 0
    for index in np.nonzero(faces.walls >= 0)[0].tolist():
        polygon = faces.polygons[index]
        corners = blocks().corners(np.array([faces.walls[index]]))[0]
        if len(polygon) == 4:
            assert polygon == pytest.approx(view.pose.pixels(AIR, corners), abs=1e-6)
            checked += 1
    assert checked > 10
    alone = faces.only(np.array([len(faces.walls) - 1]))
    image = facades.label(alone, 360, 640) > 0
    rows, columns = np.nonzero(image)
    low, high = alone.boxes[0, :2], alone.boxes[0, 2:]
    if (low > 0).all() and (high < [640, 360]).all():
        assert [columns.min(), rows.min()] == pytest.approx(low, abs=1.0)
        assert [columns.max() + 1, rows.max() + 1] == pytest.approx(high, abs=1.0)


def test_what_lies_behind_the_camera_is_cut_off() -> None:
    wall = np.array([[-1.0, 0, -2.0], [1.0, 0, 2.0], [1.0, -1.0, 2.0], [-1.0, -1.0, -2.0]])
    cut = clipped(wall)
    assert len(cut) == 4
    assert (cut[:, 2] >= 0.3 - 1e-9).all()
    assert len(clipped(wall - [0, 0, 10])) == 0
