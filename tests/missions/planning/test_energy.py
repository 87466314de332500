"""Power by phase and the times of legs from rest to rest."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from missions.planning.energy import flight_power, hover_power, level_power, straight_cost_s, turn_load_square
from missions.planning.motion import Limits, overlap_s
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.planning.wind import AirMass, ground_speed_mps

profiles = st.sampled_from(list(PROFILES.values()))
limits = st.builds(Limits, st.floats(0.5, 20), st.floats(0.5, 6), st.floats(0.5, 20))


@given(profiles)
def test_level_cruise_is_the_unit_of_power(profile: VehicleProfile) -> None:
    assert level_power(profile, profile.cruise_mps) == pytest.approx(1)
    assert flight_power(profile, profile.cruise_mps, 0.0) == pytest.approx(1)
    assert flight_power(profile, profile.cruise_mps, profile.climb_mps) == pytest.approx(profile.climb_power)
    assert flight_power(profile, profile.cruise_mps, -profile.sink_mps) == pytest.approx(profile.sink_power)


@given(profiles, st.floats(0, 30), st.floats(-3, 4))
def test_power_is_never_nothing(profile: VehicleProfile, air_mps: float, rate_mps: float) -> None:
    assert flight_power(profile, air_mps, rate_mps) > 0
    if profile.hovers:
        assert hover_power(profile, air_mps, 0.0) >= profile.hover_power


def test_turning_costs_wings_more_and_hovering_costs_a_vtol_most() -> None:
    plane, vtol, quad = PROFILES["fixed_wing"], PROFILES["vtol"], PROFILES["rotorcraft"]
    bent = turn_load_square(18.0, plane.turn_radius_m(18.0))
    assert bent == pytest.approx(1 / math.cos(math.radians(plane.bank_deg or 0)) ** 2)
    assert level_power(plane, 18.0, bent) > 1.2
    assert hover_power(vtol, 0.0, 1.0) > hover_power(vtol, 0.0) > 3
    assert level_power(quad, 0.0) == pytest.approx(quad.hover_power)
    assert level_power(quad, 20.0) > 2 > level_power(quad, 8.0)


@given(profiles, st.floats(0, 360), st.floats(0, 9), st.floats(-math.pi, math.pi))
def test_ground_speed_closes_the_wind_triangle(
    profile: VehicleProfile, from_deg: float, wind_mps: float, course: float
) -> None:
    air = AirMass.of(Wind(from_deg=from_deg, speed_mps=wind_mps))
    ground = float(ground_speed_mps(profile, air, course, profile.cruise_mps))
    through_air = math.hypot(ground * math.cos(course) - air.east_mps, ground * math.sin(course) - air.north_mps)
    if profile.winged:
        assert through_air == pytest.approx(profile.cruise_mps)
    else:
        assert ground <= profile.cruise_mps and through_air <= profile.max_mps + 1e-9


def test_a_way_against_too_much_wind_costs_without_end() -> None:
    air = AirMass.of(Wind(from_deg=90, speed_mps=20))
    cost = straight_cost_s(
        PROFILES["fixed_wing"], air, np.array([0.0, math.pi, 0.0]), np.array([500.0, 500.0, 0.0]), 18
    )
    assert cost[0] == np.inf and 0 < cost[1] < 500 / 18 and cost[2] == 0


@given(limits, st.floats(0.1, 800), st.floats(0.1, 200))
def test_a_longer_leg_takes_longer_and_none_is_faster_than_its_limit(
    limits: Limits, length_m: float, more_m: float
) -> None:
    assert limits.leg_s(length_m + more_m) > limits.leg_s(length_m) > length_m / limits.speed_mps
    top = limits.top_mps(length_m)
    assert top <= limits.speed_mps * (1 + 1e-9)
    assert top * limits.rise_s(top) <= length_m * (1 + 1e-6)


@given(limits, st.floats(1, 500), st.floats(1, 500), st.floats(0, math.pi), st.floats(0.5, 10))
def test_legs_overlap_less_the_sharper_the_corner(
    limits: Limits, before_m: float, after_m: float, turn: float, within_m: float
) -> None:
    overlap = overlap_s(limits, before_m, limits, after_m, turn, within_m)
    straight = overlap_s(limits, before_m, limits, after_m, 0.0, within_m)
    assert 0 <= overlap <= straight <= min(limits.leg_s(before_m), limits.leg_s(after_m))
    assert 2 * math.sin(turn / 2) * limits.gone_m(overlap / 2) <= within_m + 1e-9
