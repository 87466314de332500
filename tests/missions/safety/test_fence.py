"""The plan's own fence, and what is thinner or nearer than the samples of a path."""

import msgspec
import pytest
from shapely.geometry import box

from maps.district import District
from missions.plan import Fence
from missions.safety.checks import check
from tests.missions.safety.test_checks import NOW, flight, plain, rules, with_zone
from tests.missions.safety.test_way_home import place, with_tower

__all__ = ["plain"]


def ring(district: District, west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], ...]:
    corners = ((west, south), (east, south), (east, north), (west, north))
    return tuple((p.lat_deg, p.lon_deg) for p in (place(district, *corner) for corner in corners))


@pytest.mark.parametrize(("east_m", "blocked"), [(206.0, False), (204.0, True)])
def test_the_path_must_stay_within_the_plans_own_fence(plain: District, east_m: float, blocked: bool) -> None:
    plan = msgspec.structs.replace(flight(plain, (200, 0)), fence=Fence((ring(plain, -100, -100, east_m, 100),)))
    found = [f for f in check(plan, plain, NOW) if f.rule == "fence"]
    assert bool(found) is blocked
    if blocked:
        assert found[0].margin_m == pytest.approx(-1.0, abs=0.5)
        assert found[0].position is not None


def test_every_ring_to_stay_within_counts(plain: District) -> None:
    """ArduPilot asks for all rings, PX4 for one: the stricter reading is checked."""
    rings = ring(plain, -100, -100, 300, 100), ring(plain, -100, -100, 150, 100)
    plan = msgspec.structs.replace(flight(plain, (200, 0)), fence=Fence(rings))
    assert "fence" in rules(check(plan, plain, NOW))


@pytest.mark.parametrize(("south_m", "blocked"), [(6.0, False), (4.0, True)])
def test_keep_out_rings_are_kept_out_of(plain: District, south_m: float, blocked: bool) -> None:
    plan = msgspec.structs.replace(flight(plain, (300, 0)), fence=Fence((), (ring(plain, 140, south_m, 160, 60),)))
    assert ("fence" in rules(check(plan, plain, NOW))) is blocked


@pytest.mark.parametrize(("ceiling_m", "blocked"), [(61.0, False), (59.0, True)])
def test_the_fences_ceiling_is_kept_below(plain: District, ceiling_m: float, blocked: bool) -> None:
    plan = msgspec.structs.replace(flight(plain, (300, 0)), fence=Fence(ceiling_home_m=ceiling_m))
    assert ("fence" in rules(check(plan, plain, NOW))) is blocked


@pytest.mark.parametrize(("east_m", "north_m"), [(151.3, 0.0), (152.5, 2.4), (148.9, -4.2), (150.0, 4.9)])
def test_a_mast_thinner_than_the_samples_is_seen(plain: District, east_m: float, north_m: float) -> None:
    mast = box(east_m - 0.1, north_m - 0.1, east_m + 0.1, north_m + 0.1)
    assert "terrain" in rules(check(flight(plain, (300, 0)), with_tower(plain, mast, 55.0), NOW))


def test_a_narrow_gap_of_the_flight_area_is_seen(plain: District) -> None:
    area = box(-100, -100, 400, 100).difference(box(151, -100, 151.5, 100))
    assert "flight_area" in rules(check(flight(plain, (300, 0)), with_zone(plain, "flight_area", area), NOW))


def test_a_building_over_home_is_seen(plain: District) -> None:
    over, beside = box(-10, -10, 10, 10), box(8, -10, 28, 10)
    assert "terrain" in rules(check(flight(plain, (0, 300)), with_tower(plain, over, 20.0), NOW))
    assert "terrain" not in rules(check(flight(plain, (0, 300)), with_tower(plain, beside, 20.0), NOW))


@pytest.mark.parametrize(("floor_m", "blocked"), [(58.0, True), (61.0, False)])
def test_a_thin_band_of_a_zone_is_met_between_two_samples(plain: District, floor_m: float, blocked: bool) -> None:
    """It climbs on the spot through a band of half a metre."""
    band = {"floor_m": floor_m, "ceiling_m": floor_m + 0.5}
    district = with_zone(plain, "no_fly", box(-20, -20, 20, 20), **band)
    assert ("no_fly" in rules(check(flight(plain, (300, 0)), district, NOW))) is blocked
