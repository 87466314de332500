"""Landings: into the wind, clear of what stands around, inside the zones, to either side, vertical for VTOL."""

import math
from dataclasses import replace

import geopandas
import numpy as np
import pytest
import shapely
from shapely.geometry import box

from maps.district import District
from maps.terrain import Terrain
from missions.planning.landing import ENTRY_HEIGHTS_M, Landing, landing, vertical_landing
from missions.planning.profiles import PROFILES
from missions.planning.request import Wind

PLANE, VTOL = PROFILES["fixed_wing"], PROFILES["vtol"]


@pytest.fixture
def plain(nanling: District) -> District:
    """The district's place without its buildings, zones and hills."""
    frame = nanling.frame
    return replace(
        nanling,
        terrain=Terrain.flat(frame),
        buildings=nanling.buildings.iloc[:0],
        zones=nanling.zones.iloc[:0],
    )


def ground(district: District) -> np.ndarray:
    return np.array([0.0, 0.0, district.frame.origin.alt_amsl_m])


def with_zone(district: District, rule: str, shape_m: shapely.Geometry) -> District:
    outline = geopandas.GeoSeries([shape_m], crs=district.frame.crs).to_crs(4326)
    row = {"id": ["z"], "name": ["z"], "rule": [rule], "geometry": outline}
    return replace(district, zones=geopandas.GeoDataFrame(row, geometry="geometry", crs=4326))


def course_deg(made: Landing) -> float:
    step = made.touchdown_m - made.gate_m
    return math.degrees(math.atan2(step[0], step[1])) % 360


@pytest.mark.parametrize("from_deg", [0.0, 90.0, 225.0])
def test_it_lands_into_the_wind_down_an_even_glide(plain: District, from_deg: float) -> None:
    made = landing(plain, ground(plain), PLANE, Wind(from_deg=from_deg, speed_mps=6))
    assert course_deg(made) == pytest.approx(from_deg, abs=0.1)
    glide = made.gate_m - made.touchdown_m
    assert glide[2] / np.hypot(*glide[:2]) == pytest.approx(math.tan(math.radians(PLANE.glide_deg)))
    assert made.entry_m[2] == made.gate_m[2] == made.touchdown_m[2] + ENTRY_HEIGHTS_M[0]


@pytest.mark.parametrize("side", [1, -1])
def test_the_circle_lies_on_the_side_that_the_zones_leave(plain: District, side: int) -> None:
    wind = Wind(from_deg=0, speed_mps=6)
    closed = with_zone(plain, "no_fly", box(20 * side, -2000, 1500 * side, 2000))
    made = landing(closed, ground(closed), PLANE, wind)
    assert course_deg(made) == pytest.approx(0, abs=0.1)
    assert made.within_zones
    assert made.entry_m[0] * side < 0
    assert made.clockwise == (made.entry_m[0] > 0)
    assert math.copysign(1, made.signed_radius_m) == (1 if made.clockwise else -1)


def test_a_circle_is_left_along_the_glide(plain: District) -> None:
    for made in (
        landing(plain, ground(plain), PLANE, Wind(from_deg=70, speed_mps=5)),
        landing(
            with_zone(plain, "no_fly", box(30, -900, 900, 900)), ground(plain), PLANE, Wind(from_deg=0, speed_mps=5)
        ),
    ):
        forward = (made.touchdown_m - made.gate_m)[:2]
        forward = forward / np.hypot(*forward)
        out = made.gate_m[:2] - made.entry_m[:2]
        aside = out - (out @ forward) * forward
        assert np.hypot(*aside) == pytest.approx(made.radius_m)
        left = forward[0] * aside[1] - forward[1] * aside[0]
        assert (left > 0) == made.clockwise


def test_it_keeps_inside_the_flight_area_even_with_a_tail_wind(plain: District) -> None:
    area = with_zone(plain, "flight_area", box(-400, -60, 400, 1200))
    made = landing(area, ground(area), PLANE, Wind(from_deg=0, speed_mps=6))
    assert made.within_zones
    assert made.gate_m[1] > 0


def test_the_glide_is_clear_of_buildings(nanling: District) -> None:
    home = nanling.frame.enu_from_geodetic(nanling.home.lat_deg, nanling.home.lon_deg, 0.0)
    place = np.array([home[0], home[1], nanling.frame.origin.alt_amsl_m])
    made = landing(nanling, place, PLANE, None)
    share = np.linspace(0, 0.85, 80)[:, None]
    glide = made.gate_m + share * (made.touchdown_m - made.gate_m)
    tops = nanling.surface.top_enu_m(glide[:, 0], glide[:, 1]) + nanling.frame.origin.alt_amsl_m
    assert (glide[:, 2] - tops).min() == pytest.approx(made.room_m, abs=1.5) or (glide[:, 2] - tops).min() > made.room_m


def test_a_vtol_approaches_against_the_wind_at_its_hover_height(plain: District) -> None:
    made = vertical_landing(plain, ground(plain), VTOL, Wind(from_deg=180, speed_mps=6))
    assert made.touchdown_m.tolist() == ground(plain).tolist()
    assert made.entry_m[1] > VTOL.transition_m + made.radius_m
    assert made.entry_m[2] == pytest.approx(made.touchdown_m[2] + VTOL.hover_height_m)
    closed = with_zone(plain, "no_fly", box(-300, 150, 300, 900))
    other = vertical_landing(closed, ground(closed), VTOL, Wind(from_deg=180, speed_mps=6))
    assert shapely.distance(shapely.Point(other.entry_m[:2]), box(-300, 150, 300, 900)) > other.radius_m


@pytest.mark.parametrize("above_m", [70.0, 110.0])
def test_the_circle_keeps_away_from_ceilings_lower_than_the_way_to_it(plain: District, above_m: float) -> None:
    wind = Wind(from_deg=0, speed_mps=6)
    outline = geopandas.GeoSeries([box(-600, -1500, 600, -60)], crs=plain.frame.crs).to_crs(4326)
    row = {"id": ["z"], "name": ["z"], "rule": ["ceiling"], "ceiling_m": [80.0], "reference": ["agl"]}
    low = replace(plain, zones=geopandas.GeoDataFrame(row | {"geometry": outline}, geometry="geometry", crs=4326))
    for made in (
        landing(low, ground(low), PLANE, wind, above_m),
        vertical_landing(low, ground(low), VTOL, wind, above_m),
    ):
        under = shapely.Point(made.entry_m[:2]).buffer(made.radius_m).intersects(box(-600, -1500, 600, -60))
        assert under is (above_m < 80)
