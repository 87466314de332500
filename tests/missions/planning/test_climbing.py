"""Room to climb: a circle only where the way is too short, on the free side, flown at the height that was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from maps.district import District
from maps.terrain import Terrain
from missions.planning.climbing import climb_circle
from missions.planning.profiles import PROFILES

PLANE = PROFILES["fixed_wing"]


@pytest.fixture
def plain(nanling: District) -> District:
    """The district's place without its buildings and hills."""
    return replace(nanling, terrain=Terrain.flat(nanling.frame), buildings=nanling.buildings.iloc[:0])


@pytest.mark.parametrize(("way_m", "needed"), [(340.0, True), (380.0, False)])
def test_a_circle_is_flown_where_the_way_is_too_short(plain: District, way_m: float, needed: bool) -> None:
    ground = plain.frame.origin.alt_amsl_m
    start, first = np.array([0.0, 0.0, ground + 50]), np.array([way_m, 0.0, ground + 110])
    found = climb_circle(plain, start, 0.0, start, first, PLANE, 18.0)
    assert (found is not None) is needed
    if found is not None:
        assert found.centre_m[2] == pytest.approx(first[2] - way_m * PLANE.climb_on_way_mps / 18.0)
        assert np.hypot(*(found.centre_m[:2] - start[:2])) == pytest.approx(abs(found.signed_radius_m))


@pytest.mark.parametrize("north", [80.0, -80.0])
def test_it_lies_on_the_side_of_the_first_place(plain: District, north: float) -> None:
    ground = plain.frame.origin.alt_amsl_m
    start, first = np.array([0.0, 0.0, ground + 50]), np.array([60.0, north, ground + 120])
    found = climb_circle(plain, start, 0.0, start, first, PLANE, 18.0)
    assert found is not None
    assert found.centre_m[1] * north > 0
    assert (found.signed_radius_m < 0) == (north > 0)


def test_there_is_none_where_buildings_leave_no_room(plain: District) -> None:
    low = plain.frame.origin.alt_amsl_m + 10
    start, first = np.array([0.0, 0.0, low]), np.array([60.0, 0.0, low + 90])
    assert climb_circle(plain, start, 0.0, start, first, PLANE, 18.0) is None
