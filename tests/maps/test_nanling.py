"""The invented district: what others count on, and that it is what the generator makes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from maps.cameras import lens, pose, turns
from maps.district import District
from maps.generator import invent, write

HOME = Point(0, 0)
VECTORS = ("buildings", "cameras", "sites", "zones", "cells", "streets")


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> District:
    """Made anew from the seed of the committed one."""
    folder: Path = tmp_path_factory.mktemp("nanling")
    write(invent(7), folder)
    return District.load(folder)


def local(district: District, name: str):
    return getattr(district, name).to_crs(district.frame.crs)


def test_the_committed_district_is_what_the_generator_makes(nanling: District, again: District) -> None:
    assert nanling.head == again.head and nanling.missing == ()
    assert np.allclose(nanling.terrain.heights_amsl_m, again.terrain.heights_amsl_m, atol=0.04)
    for name in VECTORS:
        ours, theirs = local(nanling, name), local(again, name)
        assert ours.drop(columns=["geometry", "base_amsl_m"], errors="ignore").equals(
            theirs.drop(columns=["geometry", "base_amsl_m"], errors="ignore")
        )
        assert ours.geometry.hausdorff_distance(theirs.geometry).max() < 0.01


def test_another_seed_is_another_district(nanling: District) -> None:
    other = invent(8).layers["buildings"]
    assert len(other) > 1000 and not other.head(100).geom_equals(nanling.buildings.head(100), align=False).any()


def test_it_says_that_it_is_invented_and_is_small(nanling: District) -> None:
    assert nanling.head["invented"] is True and "Invented" in nanling.head["notes"]["data"]
    assert sum(path.stat().st_size for path in nanling.folder.iterdir()) < 3_000_000


def test_it_is_as_large_as_it_should_be(nanling: District) -> None:
    assert len(nanling.buildings) >= 1000 and 60 <= len(nanling.cameras) <= 100
    assert len(nanling.sites) >= 15 and nanling.sites["class"].nunique() >= 5
    assert set(nanling.zones["rule"]) == {"flight_area", "no_fly", "ceiling", "alert"}
    heights = nanling.terrain.heights_amsl_m
    assert 200 <= heights.min() < 215 and 245 < heights.max() <= 260
    assert nanling.buildings["height_m"].min() >= 3 and nanling.buildings["height_m"].max() <= 80
    assert nanling.home.alt_amsl_m == pytest.approx(
        float(nanling.terrain.height_amsl_m(nanling.home.lat_deg, nanling.home.lon_deg)), abs=0.1
    )
    box = local(nanling, "cells").total_bounds
    assert np.allclose(box, [-2000, -2000, 2000, 2000], atol=1)


def test_home_is_an_open_field_far_from_where_flying_is_forbidden(nanling: District) -> None:
    assert local(nanling, "buildings").distance(HOME).min() > 110
    assert local(nanling, "streets").distance(HOME).min() > 80
    zones = local(nanling, "zones")
    assert zones[zones["rule"] == "no_fly"].distance(HOME).min() > 400
    area = zones[zones["rule"] == "flight_area"].geometry.iloc[0]
    assert area.contains(HOME.buffer(1500)) and area.area > 0.85 * 4000**2


def test_buildings_stand_off_the_streets_and_off_each_other(nanling: District) -> None:
    streets, buildings = local(nanling, "streets"), local(nanling, "buildings")
    paved = [g.buffer(w / 2 + 4.9) for g, w in zip(streets.geometry, streets["width_m"], strict=True)]
    assert not buildings.intersects(shapely.union_all(paved)).any()
    shapes = np.asarray(buildings.geometry.array)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (first == second).all()
    assert nanling.buildings["id"].is_unique


def test_all_streets_hang_together_and_cross_at_shared_vertices(nanling: District) -> None:
    neighbours: dict[tuple[float, float], set[tuple[float, float]]] = {}
    for line in nanling.streets.geometry:
        for a, b in pairwise(line.coords):
            neighbours.setdefault(a, set()).add(b)
            neighbours.setdefault(b, set()).add(a)
    reached, open_ends = set(), [next(iter(neighbours))]
    while open_ends:
        node = open_ends.pop()
        if node not in reached:
            reached.add(node)
            open_ends += neighbours[node]
    assert reached == set(neighbours) and len(reached) > 300
    assert min(len(others) for others in neighbours.values()) >= 2  # no dead ends
    lines = np.asarray(local(nanling, "streets").geometry.array)
    first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
    for a, b in zip(first, second, strict=True):
        corners = [Point(p) for p in shapely.get_coordinates(lines[a])]
        crossing = lines[a].intersection(lines[b])
        assert min(crossing.distance(corner) for corner in corners) < 0.01


def test_cameras_near_home_look_along_streets(nanling: District) -> None:
    cameras, streets = local(nanling, "cameras"), local(nanling, "streets")
    near = cameras[cameras.distance(HOME) < 500]
    along = 0
    for (_, row), (_, degrees) in zip(near.iterrows(), nanling.cameras.loc[near.index].iterrows(), strict=True):
        place = pose(degrees, nanling)
        view = LineString([row.geometry, np.array(row.geometry.coords[0]) + 90 * place.enu_from_camera[:2, 2]])
        watched = max(
            street.buffer(w / 2 + 2).intersection(view).length
            for street, w in zip(streets.geometry, streets["width_m"], strict=True)
        )
        along += not turns(row) and watched > 60
    assert along >= 10


def test_cameras_stand_in_the_open_and_their_pictures_are_not_stretched(nanling: District) -> None:
    cameras, buildings = local(nanling, "cameras"), local(nanling, "buildings")
    assert not cameras.intersects(buildings.union_all()).any()
    assert cameras["ptz"].sum() >= 4 and (cameras["height_m"] >= 5).all()
    assert list(cameras["id"]) == [f"cam-{k:03d}" for k in range(1, len(cameras) + 1)]
    for _, row in cameras.iterrows():
        focal_x, focal_y = lens(row).focal_px
        assert focal_x == pytest.approx(focal_y, rel=2e-3)
    up = [pose(row, nanling).position_enu_m for _, row in nanling.cameras.iterrows()]
    above = np.array(up)[:, 2] - nanling.surface.ground_enu_m(*np.array(up)[:, :2].T)
    assert np.allclose(above, nanling.cameras["height_m"], atol=0.02)
