"""Ground resolution asked for, and what stands between the station and the aircraft."""

from dataclasses import replace

import geopandas
import pytest
import shapely
from shapely.geometry import box

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from maps.terrain import Terrain
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.request import CameraOptics
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.findings import Finding
from missions.safety.station import Station

NOW = Instant(1_790_000_000.0)
START = PlanItem(Command.SET_CAM_TRIGG_DIST, Frame.MISSION, params=(10.0, 0.0, 1.0, 0.0))
STOP = PlanItem(Command.SET_CAM_TRIGG_DIST, Frame.MISSION)


@pytest.fixture
def plain(nanling: District) -> District:
    """Flat ground with nothing on it."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def with_building(district: District, shape_m: object, height_m: float) -> District:
    row = {"height_m": [height_m], "base_amsl_m": [district.home.alt_amsl_m]}
    buildings = geopandas.GeoDataFrame(row, geometry=[shape_m], crs=district.frame.crs).to_crs(4326)
    return replace(district, buildings=buildings)


def flight(district: District, *legs: PlanItem | tuple[float, float, float]) -> Plan:
    """Up, along places (east, north, height over home) with orders between them, and back."""
    home = district.home
    items = [PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, 60.0, purpose="takeoff")]
    for leg in legs:
        if isinstance(leg, PlanItem):
            items.append(leg)
            continue
        there = district.frame.to_geodetic([leg[0], leg[1], 0.0])
        items.append(PlanItem(Command.WAYPOINT, Frame.HOME, there.lat_deg, there.lon_deg, leg[2]))
    items.append(PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION, purpose="return"))
    place = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m)
    return Plan("", "rotorcraft", place, tuple(items), 10.0)


def found(rule: str, plan: Plan, district: District, **given: object) -> list[Finding]:
    return [each for each in judge(plan, district, Circumstances(now=NOW, **given)) if each.rule == rule]


CAMERA = CameraOptics(hfov_deg=60.0, width_px=1000, ground_resolution_m=0.07)  # 60.6 m high, straight down


@pytest.mark.parametrize(("height_m", "told"), [(60.0, False), (61.0, False), (62.0, True)])
def test_pixels_must_be_as_fine_as_asked_for(plain: District, height_m: float, told: bool) -> None:
    plan = flight(plain, (100, 0, height_m), START, (300, 0, height_m), STOP, (300, 100, 90))
    findings = found("resolution", plan, plain, camera=CAMERA)
    assert bool(findings) is told
    if told:
        assert (findings[0].severity, findings[0].item) == ("warning", 3)
        assert findings[0].excess == pytest.approx(62 * 2 * 0.57735 / 1000 - 0.07, abs=1e-4)
        assert "at most 61 m above the ground" in findings[0].message
        assert "离地高度" in findings[0].message_zh


def test_only_what_is_imaged_counts_and_only_when_a_resolution_is_asked_for(plain: District) -> None:
    high = flight(plain, (100, 0, 90), (300, 0, 90))
    imaged = flight(plain, (100, 0, 90), START, (300, 0, 90), STOP)
    unasked = CAMERA.model_copy(update={"ground_resolution_m": None})
    assert not found("resolution", high, plain, camera=CAMERA)
    assert not found("resolution", imaged, plain, camera=unasked)
    assert not found("resolution", imaged, plain)
    assert found("resolution", imaged, plain, camera=CAMERA)


def at_home(district: District, antenna_m: float = 3.0) -> Station:
    return Station(district.home.lat_deg, district.home.lon_deg, antenna_m)


@pytest.mark.parametrize(("top_m", "hidden"), [(29.0, False), (34.0, True)])
def test_a_building_between_hides_the_aircraft_when_it_reaches_over_the_line(
    plain: District, top_m: float, hidden: bool
) -> None:
    """The line from 3 m at the station to 60 m at 400 m away is 31.5 m high half-way; the wall stands there."""
    district = with_building(plain, box(198, -2000, 202, 2000), top_m)
    plan = flight(plain, (400, 0, 60), (400, 300, 60), (400, 0, 60))
    findings = found("radio", plan, district, station=at_home(plain))
    lower = found("radio", flight(plain, (400, 0, 60)), district, station=at_home(plain, 40.0))
    assert bool([each for each in findings if (each.excess or 0) > 40]) is hidden
    assert not lower
    if hidden:
        assert findings[0].severity == "warning"
        assert "%" in findings[0].message
        assert "通视" in findings[0].message_zh
        assert findings[0].position is not None


def test_a_station_on_a_roof_stands_on_that_roof(plain: District) -> None:
    """A wall of 50 m hides what flies behind it from the ground, not from a roof as high."""
    walls = shapely.MultiPolygon([box(-202, -2000, -198, 2000), box(99, -1, 101, 1)])
    district = with_building(plain, walls, 50.0)
    plan = flight(plain, (-400, 0, 60), (-400, 200, 60), (-400, 0, 60))
    mast, beside = (plain.frame.to_geodetic([east, 0.0, 0.0]) for east in (100, 110))
    assert not found("radio", plan, district, station=Station(mast.lat_deg, mast.lon_deg, 3.0))
    assert found("radio", plan, district, station=Station(beside.lat_deg, beside.lon_deg, 3.0))


def test_a_moment_behind_a_tower_is_not_told(plain: District) -> None:
    """Twelve metres across and half-way, it hides 24 m of a path flown past at 10 m/s."""
    district = with_building(plain, box(194, 94, 206, 106), 100.0)
    plan = flight(plain, (400, 0, 60), (400, 400, 60), (400, 0, 60))
    assert not found("radio", plan, district, station=at_home(plain))


def test_without_a_station_radio_is_not_looked_at(plain: District) -> None:
    district = with_building(plain, box(198, -2000, 202, 2000), 55.0)
    assert not found("radio", flight(plain, (400, 0, 60)), district)
    assert found("radio", flight(plain, (400, 0, 60)), district, station=at_home(plain))
