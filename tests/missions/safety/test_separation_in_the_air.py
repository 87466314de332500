"""Separation in the air: what counts against a flight under way is what flies too, and is met soon."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from maps.district import District
from maps.terrain import Terrain
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances
from missions.safety.volumes import Intent, Volumes
from tests.missions.safety.test_under_way import NOW, UP_M, around, given


@pytest.fixture
def plain(nanling: District) -> District:
    """The demonstration district with flat ground and nothing on it."""
    bare = {"buildings": nanling.buildings.iloc[:0], "zones": nanling.zones.iloc[:0]}
    return replace(nanling, terrain=Terrain.flat(nanling.frame), missing=(), **bare)


def hovering(district: District, east_m: float, north_m: float, *, aloft: bool = True, up_m: float = UP_M) -> Intent:
    """One that stays at a place, nobody knows for how long."""
    line, height = shapely.LineString([(east_m, north_m), (east_m + 0.1, north_m)]), district.home.alt_amsl_m + up_m
    here = [np.array([each]) for each in (height, height, 0.0, np.inf)]
    volumes = Volumes(district, 5.0, np.array([line]), *here, np.array([0]), np.array([False]))
    return Intent("uav-2", "uav-2", volumes, [(float(NOW), float("inf"))], aloft=aloft)


def meets(district: District, other: Intent, circumstances: Circumstances) -> bool:
    beside = replace(circumstances, others=lambda: [other])
    return any(each.rule == "separation" for each in judge(around(district), district, beside))


@pytest.mark.parametrize(
    ("place", "soon"), [((0, 300), True), ((200, 400), True), ((400, 100), False), ((0, -80), False)]
)
def test_in_the_air_only_what_is_met_within_a_minute_counts(
    plain: District, place: tuple[float, float], soon: bool
) -> None:
    """At 10 m/s, 50 m into its first leg: 250, 550 and 1050 m ahead, and beside the way home at its end."""
    assert meets(plain, hovering(plain, *place), given(plain, 1, 0, 50)) is soon


def test_before_its_take_off_the_whole_path_counts(plain: District) -> None:
    assert meets(plain, hovering(plain, 400, 100), Circumstances(now=NOW))
    assert not meets(plain, hovering(plain, 400, 100, up_m=UP_M + 14), Circumstances(now=NOW))


def test_what_is_still_on_the_ground_gives_way_to_what_flies(plain: District) -> None:
    waiting = hovering(plain, 0, 300, aloft=False)
    assert meets(plain, waiting, Circumstances(now=NOW))
    assert not meets(plain, waiting, given(plain, 1, 0, 50))


def test_what_is_passed_counts_no_more(plain: District) -> None:
    assert meets(plain, hovering(plain, 0, 200), given(plain, 1, 0, 150))
    assert not meets(plain, hovering(plain, 0, 200), given(plain, 1, 0, 270))
