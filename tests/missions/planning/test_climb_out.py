"""The climb-out: toward the way where there is room, else beside what stands there."""

import math
from dataclasses import replace

import geopandas
import numpy as np
import pytest
from shapely.geometry import box

from maps.district import District
from maps.terrain import Terrain
from missions.margins import LANDING_CLEAR_BY_M
from missions.planning.climb_out import climb_out_course_rad
from missions.planning.profiles import PROFILES
from missions.planning.request import Wind
from missions.planning.wind import AirMass

PLANE = PROFILES["fixed_wing"]


@pytest.fixture(scope="module")
def nanling() -> District:
    return District.embedded("nanling")


def room_along(district: District, home: np.ndarray, course: float, top_m: float) -> float:
    """The least height over roofs along a climb, walked metre by metre, drift included."""
    least = math.inf
    for metre in range(60, 440):
        for drift in (-PLANE.position_error_m, 0.0, PLANE.position_error_m):
            east = home[0] + metre * math.cos(course) - drift * math.sin(course)
            north = home[1] + metre * math.sin(course) + drift * math.cos(course)
            up = min(home[2] + metre * PLANE.climb_mps / PLANE.cruise_mps, top_m)
            top = float(district.surface.top_enu_m(np.array([east]), np.array([north]))[0])
            least = min(least, up - top - district.frame.origin.alt_amsl_m)
    return least


@pytest.mark.parametrize("bearing_deg", range(0, 360, 45))
def test_a_climb_out_has_room_whichever_way_the_plan_leads(nanling: District, bearing_deg: int) -> None:
    origin = nanling.frame.origin
    home = np.array([0.0, 0.0, origin.alt_amsl_m])
    toward = math.radians(90 - bearing_deg)
    top = origin.alt_amsl_m + 100
    course = climb_out_course_rad(nanling, home, toward, PLANE, PLANE.cruise_mps, top, AirMass.of(None))
    room = room_along(nanling, home, course, top)
    assert room >= LANDING_CLEAR_BY_M
    if room_along(nanling, home, toward, top) >= LANDING_CLEAR_BY_M + 8:
        assert course == toward


def test_where_no_course_has_room_the_best_one_is_taken(nanling: District) -> None:
    building = nanling.buildings.geometry.to_crs(nanling.frame.crs).iloc[0].centroid
    home = np.array([building.x, building.y, nanling.frame.origin.alt_amsl_m - 50])
    course = climb_out_course_rad(nanling, home, 0.0, PLANE, PLANE.cruise_mps, home[2] + 10, AirMass.of(None))
    rooms = {turned: room_along(nanling, home, math.radians(turned), home[2] + 10) for turned in range(0, 360, 15)}
    assert room_along(nanling, home, course, home[2] + 10) >= max(rooms.values()) - 3.0


@pytest.mark.parametrize(("from_deg", "straight"), [(270.0, False), (90.0, True)])
def test_with_the_wind_in_the_back_the_climb_is_flatter(nanling: District, from_deg: float, straight: bool) -> None:
    """A tower stands ahead, to the east, just low enough in calm air."""
    origin = nanling.frame.origin
    columns = {"height_m": [38.0], "base_amsl_m": [origin.alt_amsl_m]}
    tower = geopandas.GeoDataFrame(columns, geometry=[box(230, -10, 250, 10)], crs=nanling.frame.crs).to_crs(4326)
    district = replace(nanling, buildings=tower, terrain=Terrain.flat(nanling.frame))
    home = np.array([0.0, 0.0, origin.alt_amsl_m])

    def course_rad(wind: Wind | None) -> float:
        top = origin.alt_amsl_m + 100
        return climb_out_course_rad(district, home, 0.0, PLANE, PLANE.cruise_mps, top, AirMass.of(wind))

    assert course_rad(None) == 0.0
    assert (course_rad(Wind(from_deg=from_deg, speed_mps=6)) == 0.0) is straight
