"""Approaches and departures: heights at home are those of the ground there, and landings begin where it is safe."""

from dataclasses import replace
from typing import Any

import geopandas
import numpy as np
import pytest
from shapely.geometry import box

from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.terrain import Terrain
from missions.plan import Command, Plan
from missions.planning import MissionRequest, draft
from missions.planning.approach import lowered
from missions.planning.places import Route
from missions.safety.checks import check

NOW = Instant(1_790_000_000.0)
WINGED: tuple[VehicleKind, ...] = ("fixed_wing", "vtol")


@pytest.fixture
def plain(nanling: District) -> District:
    """The district's place without its buildings, zones and hills."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def with_tower(district: District, height_m: float) -> District:
    columns = {"height_m": [height_m], "base_amsl_m": [district.home.alt_amsl_m]}
    tower = geopandas.GeoDataFrame(columns, geometry=[box(395, 395, 405, 405)], crs=district.frame.crs).to_crs(4326)
    return replace(district, buildings=tower)


def routes(district: District, kind: VehicleKind, *places_m: tuple[float, float], **more: Any) -> tuple[Plan, ...]:
    there = [district.frame.to_geodetic([east, north, 0.0]) for east, north in places_m]
    geometry = {"type": "MultiPoint", "coordinates": [[place.lon_deg, place.lat_deg] for place in there]}
    asked = {"kind": "route", "geometry": geometry, "altitude": {"value_m": 110}, "vehicles": {"kind": kind}}
    return draft(MissionRequest.model_validate(asked | more), district, [], NOW)


def route(district: District, kind: VehicleKind, *places_m: tuple[float, float]) -> Plan:
    return routes(district, kind, *places_m)[0]


def above_ground_m(district: District, plan: Plan, item: int) -> float:
    east, north, up = Route.of(plan.items, plan.home, district).places[item]
    lat, lon, _ = district.frame.geodetic_from_enu(np.array([east, north, 0.0]))
    return up - float(district.terrain.height_amsl_m(lat, lon))


@pytest.mark.parametrize("kind", WINGED)
@pytest.mark.parametrize(("tower_m", "circles"), [(20.0, 1), (80.0, 2)])
def test_a_landing_begins_at_the_height_of_the_work_where_something_stands_higher_than_its_circle(
    plain: District, kind: VehicleKind, tower_m: float, circles: int
) -> None:
    district = with_tower(plain, tower_m)
    plan = route(district, kind, (900.0, 100.0), (900.0, 900.0))
    begin = next(index for index, item in enumerate(plan.items) if item.command == Command.LAND_START)
    down = [item for item in plan.items[begin:] if item.command == Command.LOITER_TO_ALT]
    assert len(down) == circles
    assert [item.lat_deg for item in down] == pytest.approx([down[0].lat_deg] * circles, abs=1e-6)
    assert (down[0].alt_m == pytest.approx(110, abs=1)) is (circles == 2)
    assert not [found for found in check(plan, district, NOW) if found.severity == "blocking"]


def test_a_rotorcraft_comes_home_at_the_height_that_was_asked_for_over_home(nanling: District) -> None:
    plan = route(nanling, "rotorcraft", (-1500.0, -200.0))
    above = [above_ground_m(nanling, plan, index) for index, item in enumerate(plan.items) if item.has_place]
    assert above == pytest.approx([110.0] * len(above), abs=4.0)
    assert "ceiling" not in {found.rule for found in check(plan, nanling, NOW)}


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing", "vtol"])
@pytest.mark.parametrize("place", [(-1500.0, -200.0), (766.0, -1026.0), (-1300.0, 700.0)])
def test_over_rising_and_falling_ground_no_climb_or_descent_may_pass_the_ceiling(
    nanling: District, kind: VehicleKind, place: tuple[float, float]
) -> None:
    places = (place, (place[0] + 200, place[1] - 100))
    for plan in (
        route(nanling, kind, *places),
        *routes(nanling, kind, *places, vehicles={"kind": kind, "count": 2}, altitude={"value_m": 100}),
    ):
        assert "ceiling" not in {found.rule for found in check(plan, nanling, NOW) if found.severity == "blocking"}


def test_a_way_that_falls_is_flown_down_before_the_circle() -> None:
    place, end = np.array([2000.0, 0.0, 340.0]), np.array([0.0, 0.0, 240.0])
    (point,) = lowered([place, end], 80.0)
    assert point.tolist() == [160.0, 0.0, 240.0]
    assert len(lowered([np.array([2000.0, 0.0, 243.0]), end], 80.0)) == 0
    assert len(lowered([np.array([200.0, 0.0, 340.0]), end], 80.0)) == 0
