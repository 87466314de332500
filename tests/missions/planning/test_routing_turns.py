"""Wide turns near forbidden ground: the arcs themselves stay clear, sampled apart from the planner."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.terrain import Terrain
from missions.planning.errors import PlanningError
from missions.planning.profiles import profile
from missions.planning.routing import Airspace, Level
from tests.missions.planning.test_routing import swung, with_zones

RADIUS_M = 100.0
FIXED_WING = profile("fixed_wing")
KEPT_M = FIXED_WING.position_error_m - 1.0

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def plain(nanling: District) -> District:
    """Flat ground with nothing on it."""
    buildings, zones = nanling.buildings.iloc[:0], nanling.zones.iloc[:0]
    return replace(nanling, terrain=Terrain.flat(nanling.frame), buildings=buildings, zones=zones, missing=())


def space(district: District, walls: list[BaseGeometry]) -> Airspace:
    return Airspace.of(with_zones(district, walls), Level("agl", 60.0, 60.0), FIXED_WING)


def headed(way: Array, start_rad: float, end_rad: float) -> LineString:
    """The flown track of a way that is entered and left on given headings."""
    lead = 20.0 * np.array([math.cos(start_rad), math.sin(start_rad)])
    beyond = 5 * RADIUS_M * np.array([math.cos(end_rad), math.sin(end_rad)])
    return LineString(swung(np.vstack([way[0] - lead, way, way[-1] + beyond]), RADIUS_M))


SLOT = [box(-60, -900, 60, -70), box(-60, 70, 60, 900)]
"""Two zones and between them a slot of 140 m, which an aircraft must enter straight."""


@pytest.mark.parametrize(("north_m", "heading_deg"), [(250.0, 90.0), (-300.0, -90.0), (400.0, 180.0), (0.0, 90.0)])
def test_a_slot_is_entered_with_turns_that_stay_clear(plain: District, north_m: float, heading_deg: float) -> None:
    start, end, heading = (-420.0, north_m), (600.0, 0.0), math.radians(heading_deg)
    way = space(plain, SLOT).way(start, end, RADIUS_M, heading, 0.0)
    assert headed(way, heading, 0.0).distance(shapely.union_all(SLOT)) >= KEPT_M


def test_a_bend_too_tight_for_the_turn_is_not_taken(plain: District) -> None:
    """A passage of two right angles, 80 m wide: on the spot it can be flown, with turns of 100 m it cannot."""
    walls: list[BaseGeometry] = [
        box(-2000, 40, 100, 2000).union(box(-2000, 1960, 2000, 2000)),
        box(180, -2000, 2000, 300),
        box(-2000, -2000, 180, -40),
        box(180, 380, 2000, 1960).union(box(100, 380, 180, 1960)),
    ]
    airspace = space(plain, walls)
    start, end = (-600.0, 0.0), (900.0, 340.0)
    assert LineString(airspace.way(start, end)).distance(shapely.union_all(walls)) >= KEPT_M
    with pytest.raises(PlanningError, match=r"no way|too much"):
        airspace.way(start, end, RADIUS_M, 0.0, 0.0)
