"""Footprints: the ground counted as imaged along a flown path, beside rectangles laid one by one."""

import math

import numpy as np
import pytest
import shapely
from shapely import affinity

from maps.district import District
from maps.positions import FloatArray
from missions.planning import footprints
from missions.planning.request import CameraOptics

CAMERA = CameraOptics(hfov_deg=70.0, vfov_deg=50.0, width_px=4000, height_px=3000, overlap=0.8, sidelap=0.6)
STEPS = 40


def rectangles(district: District, path_m: FloatArray) -> list[shapely.Polygon]:
    """For each short step: as wide as the picture from its lower end, longer by what neighbouring pictures share."""
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([path_m[:, :2], np.zeros(len(path_m))]))
    above = path_m[:, 2] - district.terrain.height_amsl_m(lat, lon)
    found = []
    for first, last, one, other in zip(path_m[:-1], path_m[1:], above[:-1], above[1:], strict=True):
        height = min(one, other)
        half = height * math.tan(math.radians(CAMERA.hfov_deg / 2))
        reach = height * math.tan(math.radians(CAMERA.vfov_deg / 2)) * CAMERA.overlap
        turn = math.degrees(math.atan2(last[1] - first[1], last[0] - first[0]))
        long = math.hypot(*(last - first)[:2])
        lying = shapely.box(-reach, -half, long + reach, half)
        turned = affinity.rotate(lying, turn, origin=(0, 0))
        found.append(affinity.translate(turned, *first[:2]))
    return found


@pytest.mark.parametrize("rise_m", [0.0, 60.0, -60.0])
@pytest.mark.parametrize("end_m", [(900.0, 0.0), (-500.0, 700.0)])
def test_imaged_ground_is_what_rectangles_along_the_path_cover(
    nanling: District, end_m: tuple[float, float], rise_m: float
) -> None:
    begin = nanling.home.alt_amsl_m + 120.0
    path = np.array([[0.0, 0.0, begin], [*end_m, begin + rise_m]])
    imaged = footprints.flown(nanling, path, np.array([True]), CAMERA)
    fine = path[0] + np.linspace(0, 1, STEPS + 1)[:, None] * (path[1] - path[0])
    expected = shapely.union_all(rectangles(nanling, fine))
    assert imaged.symmetric_difference(expected).area < 0.03 * expected.area


def test_nothing_is_imaged_where_the_camera_rests(nanling: District) -> None:
    high = nanling.home.alt_amsl_m + 100.0
    path = np.array([[0.0, 0.0, high], [300.0, 0.0, high], [300.0, 300.0, high]])
    assert footprints.flown(nanling, path, np.array([False, False]), CAMERA).is_empty
    west, south, east, north = footprints.flown(nanling, path, np.array([True, False]), CAMERA).bounds
    assert (north - south) < (east - west) and north < 150
