"""Movers are drawn in the right place, and not where a building hides them."""

import functools

import geopandas
import numpy as np
import pytest
import shapely

from maps import cameras
from maps.district import District
from maps.optics import Lens, Pose
from maps.positions import Geodetic, LocalFrame
from maps.surface import Surface
from maps.terrain import Terrain
from simulators.scenery import figures
from simulators.scenery.blocks import Blocks
from simulators.scenery.figures import Figure
from simulators.scenery.ground import depths
from simulators.scenery.view import View

LENS = Lens(640, 360, 60.0, 36.0)
FROM_POLE = View(Pose((0.0, 0.0, 9.0), 0.0, -15.0), LENS)
FROM_AIR = View(Pose((0.0, -20.0, 70.0), 30.0, -60.0, 5.0), LENS)


class Made:
    """One building, 20 m wide and 12 m high, 60 m north of the origin, on level ground."""

    def __init__(self) -> None:
        self.frame = LocalFrame(Geodetic(43.86, 125.32, 220.0))
        self.terrain = Terrain.flat(self.frame)
        footprint = shapely.box(-10.0, 60.0, 10.0, 75.0)
        local = geopandas.GeoDataFrame(
            {"height_m": [12.0], "base_amsl_m": [220.0]}, geometry=[footprint], crs=self.frame.crs
        )
        self.buildings = local.to_crs("EPSG:4326")


@functools.cache
def surface() -> Surface:
    return Surface(Made())


def car(east: float, north: float, heading: float = 40.0) -> Figure:
    return Figure(np.array([east, north, 0.0]), heading, True, 0, 4.5, 1.8, 1.5)


def person(east: float, north: float) -> Figure:
    return Figure(np.array([east, north, 0.0]), 0.0, False, 0, 0.45, 0.5, 1.75)


def changed(view: View, figure: Figure) -> np.ndarray:
    """Where the picture becomes brighter than grey when a figure is drawn; its shadow makes it darker."""
    blocks = Blocks(surface(), seed=1)
    picture = np.full((360, 640, 3), 40, dtype=np.uint8)
    found = depths(view, surface().ground_enu_m, 8, 6)
    figures.draw(view, [figure], blocks, blocks.faces(view), found, picture)
    return np.abs(picture.astype(int) - 40).sum(axis=2)


@pytest.mark.parametrize(
    ("view", "figure"),
    [
        (FROM_POLE, car(6.0, 40.0)),
        (FROM_POLE, car(-28.0, 90.0)),
        (FROM_POLE, person(-4.0, 30.0)),
        (FROM_AIR, car(10.0, 15.0)),
        (FROM_AIR, person(5.0, 10.0)),
    ],
)
def test_a_figure_fills_the_box_that_its_sizes_project_to(view: View, figure: Figure) -> None:
    drawn = changed(view, figure)
    rows, columns = np.nonzero(drawn > 60)
    left, top, right, bottom = figures.box(view, figure)
    assert columns.min() == pytest.approx(left, abs=1.1)
    assert columns.max() + 1 == pytest.approx(right, abs=1.1)
    assert rows.min() == pytest.approx(top, abs=1.1)
    foot = view.pixels(view.camera(figure.place_enu_m))
    assert left < foot[0] < right
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx((left + right) / 2, abs=0.6)
    assert bottom > foot[1] - 0.5


@pytest.mark.parametrize(("east", "north", "shown"), [(0.0, 55.0, True), (0.0, 78.0, False), (14.0, 78.0, True)])
def test_a_building_hides_who_is_behind_it_and_nobody_else(east: float, north: float, shown: bool) -> None:
    assert bool(changed(FROM_POLE, person(east, north)).max() > 60) is shown


def test_half_a_car_looks_out_from_behind_a_corner() -> None:
    whole = np.count_nonzero(changed(FROM_POLE, car(16.0, 77.0, 90.0)) > 60)
    behind = car(12.0, 77.0, 90.0)
    half = np.count_nonzero(changed(FROM_POLE, behind) > 60)
    assert 0.1 * whole < half < 0.9 * whole


def test_the_embedded_district_can_be_drawn_from_any_of_its_cameras() -> None:
    district = District.embedded("nanling")
    blocks = Blocks(district.surface, seed=1)
    for row in list(district.cameras_by_id.values())[::8]:
        view = View(cameras.pose(row, district), LENS)
        faces = blocks.faces(view)
        assert len(faces.polygons) == len(faces.walls)
        assert all(np.isfinite(polygon).all() for polygon in faces.polygons)
