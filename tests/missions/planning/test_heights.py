"""Following the terrain: never too low, never steeper than the aircraft flies, the same leg by leg and all at once."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.district import District
from missions.planning.heights import SAMPLE_M, TOLERANCE_M, follow, follow_legs, follow_line, ground_amsl_m
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Altitude

places = st.tuples(st.floats(-2500, 2500), st.floats(-2500, 2500))
winged = st.sampled_from([PROFILES["fixed_wing"], PROFILES["vtol"]])
ASKED = Altitude(value_m=80.0)
HOME = Position(43.86, 125.30, 220.0)


@pytest.fixture(scope="module")
def hills(nanling: District) -> District:
    """The district with its relief eight times as high, so that aircraft cannot climb along it."""
    terrain = nanling.terrain
    low = float(np.min(terrain.heights_amsl_m))
    steep = (low + 8 * (terrain.heights_amsl_m - low)).astype(np.float32)
    return replace(nanling, terrain=replace(terrain, heights_amsl_m=steep))


def over_ground(district: District, line: np.ndarray) -> np.ndarray:
    """(N,) least heights over the ground that a followed line was asked to keep, at the steps where it looked."""
    above = []
    for start, end in pairwise(line):
        share = np.linspace(0, 1, max(2, int(np.hypot(*(end - start)[:2]) // 4)))[:, None]
        points = start + (end - start) * share
        above.append(points[:, 2] - ground_amsl_m(district, points[:, :2]))
    return np.concatenate(above)


def slopes(line: np.ndarray) -> np.ndarray:
    step = np.diff(line, axis=0)
    return step[:, 2] / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)


def bulge_m(district: District, start: tuple[float, float], end: tuple[float, float]) -> float:
    """By how much the ground rises over straight lines between the places where it is looked up."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    count = max(1, int(np.ceil(length / SAMPLE_M)))
    fine = np.linspace(0, 1, count * 8 + 1)
    flat = np.array(start) + fine[:, None] * (np.array(end) - start)
    ground = ground_amsl_m(district, flat)
    return float(np.max(ground - np.interp(fine, fine[::8], ground[::8])))


@given(places, places, winged, st.floats(14, 26))
@settings(deadline=None, max_examples=60)
def test_a_followed_leg_is_never_too_low_and_never_too_steep(
    hills: District, start: tuple[float, float], end: tuple[float, float], profile: VehicleProfile, speed: float
) -> None:
    line = np.array(follow(hills, start, end, ASKED, HOME, 12.0, profile, speed))
    assert line[0, :2] == pytest.approx(start) and line[-1, :2] == pytest.approx(end)
    lowest = float(over_ground(hills, line).min())
    assert lowest >= 92.0 - TOLERANCE_M - bulge_m(hills, start, end) - 1e-6
    assert slopes(line).max() <= profile.climb_mps / speed + 1e-6
    assert slopes(line).min() >= -profile.sink_mps / speed - 1e-6


@given(st.lists(places, min_size=2, max_size=5), winged)
@settings(deadline=None, max_examples=40)
def test_a_line_flown_as_one_keeps_its_slope_across_its_corners(
    hills: District, corners: list[tuple[float, float]], profile: VehicleProfile
) -> None:
    line = follow_line(hills, np.array(corners), ASKED, HOME, 0.0, profile)
    assert all((np.hypot(*(line[:, :2] - corner).T) < 1e-6).any() for corner in corners)
    long = np.hypot(*np.diff(line[:, :2], axis=0).T) > 1e-3
    assert slopes(line)[long].max(initial=0) <= profile.climb_mps / profile.cruise_mps + 1e-6
    assert slopes(line)[long].min(initial=0) >= -profile.sink_mps / profile.cruise_mps - 1e-6
    bulge = max(bulge_m(hills, a, b) for a, b in pairwise(corners))
    assert over_ground(hills, line).min() >= 80.0 - TOLERANCE_M - bulge - 1e-6


def test_a_climb_begins_before_the_ground_that_needs_it(hills: District) -> None:
    """Somewhere on a long leg the aircraft must be higher than asked, because a slope ahead is too steep for it."""
    profile = PROFILES["fixed_wing"]
    limited = np.array(follow(hills, (-2400, -2000), (2400, 2000), ASKED, HOME, 0.0, profile))
    free = np.array(follow(hills, (-2400, -2000), (2400, 2000), ASKED, HOME, 0.0))
    assert slopes(free).max() > profile.climb_mps / profile.cruise_mps
    assert over_ground(hills, limited).max() > over_ground(hills, free).max() + 5


def test_many_legs_at_once_are_the_legs_one_by_one(hills: District) -> None:
    starts = np.array([(-500.0, north) for north in range(-300, 300, 60)])
    ends = starts + np.array([900.0, 130.0])
    for profile in (None, PROFILES["vtol"]):
        together = follow_legs(hills, starts, ends, ASKED, HOME, 5.0, profile)
        for leg, start, end in zip(together, starts, ends, strict=True):
            alone = follow(hills, tuple(start), tuple(end), ASKED, HOME, 5.0, profile)
            assert leg == pytest.approx(np.array(alone), abs=1e-6)


@pytest.mark.parametrize(("altitude", "height"), [(("home", 90.0), 310.0 + 7), (("amsl", 400.0), 407.0)])
def test_heights_over_home_or_the_sea_need_no_more_points(
    hills: District, altitude: tuple[str, float], height: float
) -> None:
    asked = Altitude.model_validate({"value_m": altitude[1], "reference": altitude[0]})
    line = np.array(follow(hills, (-900, 0), (900, 0), asked, HOME, 7.0, PROFILES["vtol"]))
    assert line.tolist() == [[-900, 0, height], [900, 0, height]]


def test_rotorcraft_slow_down_instead_of_climbing_early(hills: District) -> None:
    with_profile = follow(hills, (-2000, 0), (2000, 0), ASKED, HOME, 0.0, PROFILES["rotorcraft"])
    assert np.array(with_profile) == pytest.approx(np.array(follow(hills, (-2000, 0), (2000, 0), ASKED, HOME, 0.0)))
