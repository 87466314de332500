"""Coverage against geometry done by hand, and against a slow ray caster that shares nothing with it."""

import math
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from maps.audit import summary
from maps.coverage import coverage, sites_covered
from maps.district import District
from maps.grades import GRADES, grade
from tests.maps import small
from tests.maps.small import building, camera


def local(district: District, frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    return frame.to_crs(district.frame.crs)


def iou(a: shapely.Geometry, b: shapely.Geometry) -> float:
    return float(a.intersection(b).area / a.union(b).area)


def test_on_open_ground_it_is_the_trapezoid_of_the_picture(tmp_path: Path) -> None:
    row = camera(height_m=10.0, tilt_deg=-45.0, hfov_deg=60.0, vfov_deg=40.0, azimuth_deg=90.0)
    small.layer(small.head(tmp_path), "cameras", [row])
    district = District.load(tmp_path)
    seen = local(district, coverage(district)).union_all()
    corners = []
    for side, tilt in ((-1, -65), (1, -65), (1, -25), (-1, -25)):
        v = math.tan(math.radians(-45 - tilt))  # down from the axis, at depth 1
        forward = math.cos(math.radians(45)) - v * math.sin(math.radians(45))
        down = math.sin(math.radians(45)) + v * math.cos(math.radians(45))
        corners.append((forward / down * 10, side * math.tan(math.radians(30)) / down * 10))
    assert iou(seen, Polygon(corners)) > 0.97


def test_grades_do_not_overlap_and_lie_at_their_depths(tmp_path: Path) -> None:
    small.layer(small.head(tmp_path), "cameras", [camera(tilt_deg=-8.0)])
    district = District.load(tmp_path)
    rows = local(district, coverage(district))
    assert list(rows["grade"]) == [level.name for level in GRADES if level.name in set(rows["grade"])]
    assert (rows["px_per_m_min"] == [grade(name).px_per_m for name in rows["grade"]]).all()
    areas = rows.geometry.area.sum()
    assert rows.union_all().area == pytest.approx(areas, rel=0.005)
    focal = 960 / math.tan(math.radians(30))
    for name, geometry in zip(rows["grade"], rows.geometry, strict=True):
        points = shapely.get_coordinates(geometry)
        depth = points[:, 1] * math.cos(math.radians(8)) + 8.0 * math.sin(math.radians(8))
        assert depth.max() < focal / grade(name).px_per_m + 0.6


def test_a_wall_casts_its_shadow(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.layer(folder, "cameras", [camera(height_m=8.0, tilt_deg=-10.0)])
    small.layer(folder, "buildings", [building(box(-4, 30, 4, 34), 4.0)])
    district = District.load(folder)
    seen = local(district, coverage(district)).union_all()
    assert seen.contains(Point(0, 28)) and not seen.intersects(Point(0, 32))
    # over the far roof edge (34 m away, 4 of 8 m up) the eye comes down again at 68 m
    assert not seen.contains(Point(0, 66.5)) and seen.contains(Point(0, 69.5))
    assert seen.contains(Point(6, 34)) and not seen.contains(Point(5, 45))


def test_ground_under_a_low_wide_building_is_never_seen(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.layer(folder, "cameras", [camera(height_m=8.0, tilt_deg=-10.0)])
    small.layer(folder, "buildings", [building(box(-20, 30, 20, 70), 2.0)])
    district = District.load(folder)
    assert not local(district, coverage(district)).union_all().intersects(box(-8, 31, 8, 69))


def test_a_hill_hides_the_ground_behind_it(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.terrain(folder, lambda e, n: 220.0 + 12 * np.exp(-(((n - 45) / 12) ** 2)) + 0 * e)
    small.layer(folder, "cameras", [camera(height_m=6.0, tilt_deg=-5.0)])
    district = District.load(folder)
    seen = local(district, coverage(district)).union_all()
    assert seen.contains(Point(0, 25)) and not seen.intersects(box(-20, 50, 20, 80))


def test_a_camera_that_looks_straight_down_sees_all_around(tmp_path: Path) -> None:
    row = camera(height_m=20.0, tilt_deg=-90.0, hfov_deg=60.0, vfov_deg=36.0)
    small.layer(small.head(tmp_path), "cameras", [row])
    district = District.load(tmp_path)
    seen = local(district, coverage(district)).union_all()
    half = 20 * math.tan(math.radians(30)), 20 * math.tan(math.radians(18))
    assert iou(seen, box(-half[0], -half[1], half[0], half[1])) > 0.95


def test_the_inventorys_range_is_kept_and_a_sky_camera_sees_nothing(tmp_path: Path) -> None:
    rows = [camera(range_m=40.0, tilt_deg=-8.0), camera(id="cam-2", tilt_deg=60.0, range_m=None)]
    small.layer(small.head(tmp_path), "cameras", rows)
    district = District.load(tmp_path)
    rows = local(district, coverage(district))
    assert set(rows["camera_id"]) == {"cam-1"}
    assert rows.union_all().hausdorff_distance(Point(0, 0)) < math.sqrt(40**2 - 8**2) + 0.5


def test_without_cameras_it_is_an_empty_layer(tmp_path: Path) -> None:
    district = District.load(small.head(tmp_path))
    rows = coverage(district)
    assert len(rows) == 0 and {"camera_id", "grade", "px_per_m_min"} <= set(rows.columns) and rows.crs == 4326
    assert summary(district, rows).sites_covered == 0


def test_sites_are_covered_by_what_sees_them_at_their_grade(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.layer(folder, "cameras", [camera(tilt_deg=-15.0)])
    sites = [
        {"id": "near", "class": "gate", "grade": "discern", "geometry": Point(0, 15)},
        {"id": "far", "class": "gate", "grade": "discern", "geometry": Point(0, 40)},
        {"id": "half", "class": "square", "grade": None, "geometry": box(-3, -20, 3, 60)},
        {"id": "behind", "class": "square", "grade": "overview", "geometry": box(-9, -60, 9, -30)},
    ]
    small.layer(folder, "sites", sites)
    district = District.load(folder)
    found = sites_covered(district, coverage(district)).set_index("id")["share"]
    assert found["near"] == 1 and found["far"] == 0 and found["behind"] == 0 and 0.4 < found["half"] < 0.75
    assert summary(district, coverage(district)).sites_covered == 1


def test_progress_counts_every_camera(nanling: District) -> None:
    told: list[tuple[int, int]] = []
    coverage(nanling, nanling.cameras.iloc[:3], lambda done, count: told.append((done, count)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def slowly(district: District, camera_id: str) -> tuple[np.ndarray, np.ndarray]:
    """Places (lat, lon) around a camera, and whether each is seen: a plane about the camera, angles by
    trigonometry, and the line of sight walked in steps of a quarter of a metre.
    """
    row = district.cameras.set_index("id").loc[camera_id]
    lat0, lon0 = row.geometry.y, row.geometry.x
    phi = math.radians(lat0)
    curve = 1 - 0.00669438 * math.sin(phi) ** 2
    per_lat = math.radians(6378137 * (1 - 0.00669438) / curve**1.5)
    per_lon = math.radians(6378137 / math.sqrt(curve) * math.cos(phi))
    ground = district.terrain.height_amsl_m
    eye = float(ground(lat0, lon0)) + row["height_m"]
    focal = row["width_px"] / 2 / math.tan(math.radians(row["hfov_deg"] / 2))
    reach = focal / 20 * 1.25
    x, y = (v.ravel() for v in np.meshgrid(*[np.arange(-reach, reach, 2.7)] * 2))
    z = ground(lat0 + y / per_lat, lon0 + x / per_lon) - eye
    azimuth, tilt = math.radians(row["azimuth_deg"]), math.radians(row["tilt_deg"])
    ahead = x * math.sin(azimuth) + y * math.cos(azimuth)
    right = x * math.cos(azimuth) - y * math.sin(azimuth)
    depth = ahead * math.cos(tilt) + z * math.sin(tilt)
    below = ahead * math.sin(tilt) - z * math.cos(tilt)
    with np.errstate(divide="ignore"):
        inside = (depth > 0) & (abs(right / depth) <= math.tan(math.radians(row["hfov_deg"] / 2)))
        inside &= (abs(below / depth) <= math.tan(math.radians(row["vfov_deg"] / 2))) & (focal / depth >= 20)
    shapes = shapely.transform(
        np.asarray(district.buildings.geometry.array), lambda p: (p - [lon0, lat0]) * [per_lon, per_lat]
    )
    tops = (district.buildings["base_amsl_m"] + district.buildings["height_m"]).to_numpy() - eye
    tree = shapely.STRtree(shapes)
    seen = inside.copy()
    for k in np.flatnonzero(inside):
        distance = math.hypot(x[k], y[k])
        t = np.arange(0.25, distance - 0.3, 0.25) / distance
        along_x, along_y, height = x[k] * t, y[k] * t, z[k] * t
        if (ground(lat0 + along_y / per_lat, lon0 + along_x / per_lon) - eye > height + 0.01).any():
            seen[k] = False
            continue
        for near in tree.query(shapely.LineString([(0, 0), (x[k], y[k])]), predicate="intersects"):
            over = shapely.intersects_xy(shapes[near], np.append(along_x, x[k]), np.append(along_y, y[k]))
            seen[k] &= not (over & (np.append(height, z[k]) < tops[near])).any()
    return np.column_stack([lat0 + y / per_lat, lon0 + x / per_lon]), seen


@pytest.mark.parametrize("camera_id", ["cam-001", "cam-005", "cam-011", "cam-030", "cam-055", "cam-075", "cam-084"])
def test_it_agrees_with_a_slow_ray_caster(nanling: District, camera_id: str) -> None:
    places, expected = slowly(nanling, camera_id)
    rows = nanling.cameras[nanling.cameras["id"] == camera_id]
    area = coverage(nanling, rows).union_all()
    found = shapely.intersects_xy(area, places[:, 1], places[:, 0])
    assert expected.sum() > 100
    assert (found & expected).sum() / (found | expected).sum() >= 0.95


def test_all_of_a_district_gives_valid_polygons(nanling: District) -> None:
    rows = coverage(nanling)
    assert rows.geometry.is_valid.all() and set(rows.geom_type) <= {"Polygon", "MultiPolygon"}
    assert set(rows["camera_id"]) == set(nanling.cameras["id"])
    assert not rows.duplicated(["camera_id", "grade"]).any()
    total = summary(nanling, rows)
    assert total.cameras == len(nanling.cameras) and total.area_m2 > 200_000 and 0 < total.sites_covered < total.sites
