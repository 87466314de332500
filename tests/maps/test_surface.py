"""Rays against ground and buildings: by hand on small scenes, by properties on the whole district."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from maps.district import District
from maps.surface import FACADE, GROUND, NOTHING, ROOF, Surface
from tests.maps import small
from tests.maps.small import building

COURT = Polygon(box(100, 100, 140, 140).exterior, [box(110, 110, 130, 130).exterior.coords[::-1]])
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def scene(tmp_path: Path) -> Surface:
    """Flat ground, a block 20 m high to the north, one with a courtyard and 10 m high to the north-east."""
    folder = small.head(tmp_path)
    rows = [building(box(-20, 50, 20, 80), 20.0, base_amsl_m=220.0), building(COURT, 10.0, base_amsl_m=220.0)]
    rows.append(building(box(-300, -300, -290, -290), 90.0, base_amsl_m=220.0))  # a tower far off
    small.layer(folder, "buildings", rows)
    return District.load(folder).surface


def test_rays_meet_facade_roof_ground_and_nothing(scene: Surface) -> None:
    directions = [[0, 1, 0], [0, 1, -0.2], [0, 1, -0.4], [0, 1, 1], [0, -1, 0], [0, 0, -1]]
    hits = scene.cast((0.0, 0.0, 15.0), directions)
    assert hits.on.tolist() == [FACADE, FACADE, GROUND, NOTHING, NOTHING, GROUND]
    assert np.allclose(hits.points_enu_m[0], [0, 50, 15], atol=1e-3)
    assert np.allclose(hits.points_enu_m[1], [0, 50, 5], atol=1e-3)
    assert np.allclose(hits.points_enu_m[2], [0, 37.5, 0], atol=1e-2)
    assert np.isnan(hits.points_enu_m[3]).all() and np.isnan(hits.range_m[3])
    assert hits.range_m[5] == pytest.approx(15, abs=1e-3)


def test_a_ray_from_above_meets_the_roof(scene: Surface) -> None:
    hits = scene.cast((0.0, 0.0, 60.0), [[0, 65, -40], [0, 0, -1]])
    assert hits.on[0] == ROOF and np.allclose(hits.points_enu_m[0], [0, 65, 20], atol=1e-3)
    steep = scene.cast((0.0, 0.5, 70.0), [[0, 1, -1]])  # half a metre over the wall
    assert steep.on[0] == ROOF and np.allclose(steep.points_enu_m[0], [0, 50.5, 20], atol=1e-3)
    straight = scene.cast([[0.0, 60.0, 90.0], [120.0, 120.0, 90.0]], [[0, 0, -1], [0, 0, -1]])
    assert straight.on.tolist() == [ROOF, GROUND]  # the second falls into the courtyard
    assert np.allclose(straight.range_m, [70, 90], atol=0.01)


def test_a_courtyard_has_walls_of_its_own(scene: Surface) -> None:
    hits = scene.cast((120.0, 120.0, 5.0), [[1, 0, 0], [-1, 0, 0], [0, 1, 0.1], [1, 1, 1]])
    assert hits.on.tolist() == [FACADE, FACADE, FACADE, NOTHING]
    assert np.allclose(hits.range_m[:2], 10, atol=1e-3)


def test_walls_count_only_from_outside(scene: Surface) -> None:
    assert scene.cast((0.0, 51.0, 10.0), [[0, 1, 0], [0, -1, 0]]).on.tolist() == [NOTHING, NOTHING]


def test_the_range_limit_is_kept(scene: Surface) -> None:
    assert scene.cast((0.0, 0.0, 15.0), [[0, 1, 0], [0, 1, 0]], [49.9, 50.1]).on.tolist() == [NOTHING, FACADE]


def test_visible_tells_what_stands_between(scene: Surface) -> None:
    eye = (0.0, 0.0, 15.0)
    points = [[0, 49, 0.0], [0, 90, 0.0], [0, 90, 30.0], [60, 60, 0.0], [0, 50, 0.0]]
    assert scene.visible(eye, points).tolist() == [True, False, True, True, True]


def test_tops_are_roofs_where_there_are_and_ground_elsewhere(scene: Surface) -> None:
    assert np.allclose(scene.top_enu_m([0, 0, 105, 120], [60, 40, 120, 120]), [20, 0, 10, 0], atol=0.01)
    assert np.allclose(scene.ground_enu_m([0, 105], [60, 120]), 0, atol=0.01)


def test_a_building_without_base_stands_on_the_ground(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.terrain(folder, lambda e, n: 230.0 + 0.1 * e)
    small.layer(folder, "buildings", [building(box(90, 90, 110, 110), 12.0)])
    surface = District.load(folder).surface
    assert surface.top_enu_m(100, 100) == pytest.approx(10 + 10 + 12, abs=0.15)


def test_a_hill_hides_what_is_behind_it(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.terrain(folder, lambda e, n: 220.0 + 20 * np.exp(-(((n - 150) / 40) ** 2)) + 0 * e)
    surface = District.load(folder).surface
    eye = (0.0, 0.0, 5.0)
    hits = surface.cast(eye, [[0, 1, 0], [0, 1, 0.2]])
    assert hits.on.tolist() == [GROUND, NOTHING] and 80 < hits.range_m[0] < 120
    assert surface.visible(eye, [[0, 100, surface.ground_enu_m(0, 100)], [0, 220, 0.5]]).tolist() == [True, False]


@many
@given(st.integers(0, 2**32 - 1))
def test_a_ray_is_free_until_it_meets_and_meets_what_it_says(nanling: District, seed: int) -> None:
    surface = nanling.surface
    rng = np.random.default_rng(seed)
    count = 40
    origins = np.column_stack([rng.uniform(-1900, 1900, (count, 2)), np.zeros(count)])
    origins[:, 2] = surface.top_enu_m(origins[:, 0], origins[:, 1]) + rng.uniform(0.5, 120, count)
    directions = rng.normal(size=(count, 3)) * [1, 1, rng.choice([0.05, 0.3, 1.0])]
    hits = surface.cast(origins, directions, 900.0)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    free = np.where(np.isfinite(hits.range_m), hits.range_m, 900.0)
    for share in np.linspace(0, 1, 150):
        at = origins + unit * (np.maximum(free - 0.02, 0) * share)[:, None]
        assert (at[:, 2] > surface.top_enu_m(at[:, 0], at[:, 1]) - 0.02).all()
    east, north, up = hits.points_enu_m.T
    ground, roof, wall = hits.on == GROUND, hits.on == ROOF, hits.on == FACADE
    assert np.allclose(up[ground], surface.ground_enu_m(east[ground], north[ground]), atol=2e-3)
    assert np.allclose(up[roof], surface.top_enu_m(east[roof], north[roof]), atol=1e-4)
    for x, y, _ in hits.points_enu_m[wall]:
        near = surface.prisms.polygons[surface.tree.query(shapely.Point(x, y).buffer(0.1))]
        assert min(polygon.exterior.distance(shapely.Point(x, y)) for polygon in near) < 1e-5


@many
@given(st.integers(0, 2**32 - 1))
def test_tops_agree_with_a_search_through_all_footprints(nanling: District, seed: int) -> None:
    surface = nanling.surface
    east, north = np.random.default_rng(seed).uniform(-1900, 1900, (2, 300))
    expected = nanling.terrain.height_enu_m(east, north)
    local = np.asarray(nanling.buildings.geometry.to_crs(nanling.frame.crs).array)
    point, index = shapely.STRtree(local).query(shapely.points(east, north), predicate="intersects")
    amsl = (nanling.buildings["base_amsl_m"] + nanling.buildings["height_m"]).to_numpy()[index]
    lat, lon, _ = nanling.frame.geodetic_from_enu(np.column_stack([east, north, 0 * east])[point])
    np.maximum.at(expected, point, nanling.frame.enu_from_geodetic(lat, lon, amsl)[:, 2])
    # a roof is level in the local frame, and that of a long hall far from home is not quite level on the earth
    assert np.allclose(surface.top_enu_m(east, north), expected, atol=0.06)


def test_many_rays_at_once_answer_as_each_alone(nanling: District) -> None:
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(3000, 3)) * [1, 1, 0.3]
    together = nanling.surface.cast((10.0, -40.0, 35.0), directions)
    few = [nanling.surface.cast((10.0, -40.0, 35.0), directions[k : k + 1]).range_m[0] for k in range(0, 3000, 100)]
    assert np.allclose(together.range_m[::100], few, equal_nan=True, atol=1e-6)
