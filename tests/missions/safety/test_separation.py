"""Separation: encounters with known answers, and the same conflicts as flying both aircraft side by side finds."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.district import District
from missions.safety.findings import Finding
from missions.safety.separation import BETWEEN_MISSIONS, least_wait_s, separation_findings
from missions.safety.volumes import PIECE_M, Intent, Volumes

ERROR_M = 5.0
NEEDED_M = 2 * ERROR_M + BETWEEN_MISSIONS.lateral_m
EVER = math.inf


def straight(
    district: District,
    name: str,
    begin: tuple[float, float],
    end: tuple[float, float],
    mps: float,
    *,
    height_m: float = 300.0,
    takeoff: tuple[float, float] = (0.0, 0.0),
    drift: float = 0.0,
    waits: bool = False,
) -> Intent:
    """Along a line at one height and speed, from a take-off between two times."""
    length = math.dist(begin, end)
    share = np.linspace(0, 1, max(2, math.ceil(length / 5.0)))
    flat = np.array(begin) + share[:, None] * (np.array(end) - begin)
    path = SimpleNamespace(
        district=district,
        error_m=ERROR_M,
        enu_m=np.column_stack([flat, np.full(len(share), height_m)]),
        time_s=share * length / mps,
        item=np.zeros(len(share), dtype=np.int64),
        near_ground=np.zeros(len(share), dtype=bool),
    )
    return Intent(name, name, Volumes.of(path), [takeoff], drift, waits)


def conflicts(own: Intent, *others: Intent) -> list[Finding]:
    return list(separation_findings(own, others, clock="launch"))


def when(found: Finding) -> float:
    return float(found.message.split(" s after")[0])


def test_head_on_meets_where_the_closing_speed_says(nanling: District) -> None:
    """4 km apart at 20 m/s each: 40 m apart after 99 s, told a piece (50 m, 2.5 s) early at most."""
    own = straight(nanling, "a", (-2000, 0), (2000, 0), 20)
    (found,) = conflicts(own, straight(nanling, "b", (2000, 0), (-2000, 0), 20))
    assert (found.rule, found.severity, found.about) == ("separation", "blocking", "b")
    assert 99 - 2 * PIECE_M / 20 <= when(found) <= 99
    assert found.position is not None
    east = nanling.frame.enu_from_geodetic(found.position.lat_deg, found.position.lon_deg, 300.0)[0]
    assert abs(east) <= 2 * PIECE_M
    assert found.margin_m == pytest.approx(-BETWEEN_MISSIONS.vertical_m)
    assert "fly 12 m higher" in found.message and "提高 12 米" in found.message_zh


@pytest.mark.parametrize(("later_s", "meets"), [(0.0, True), (3.0, True), (12.0, False), (-12.0, False)])
def test_crossing_meets_when_both_are_there_at_once(nanling: District, later_s: float, meets: bool) -> None:
    """Each is within 40 m of the crossing for 4 s, and a piece longer at each end."""
    own = straight(nanling, "a", (-2000, 0), (2000, 0), 20)
    other = straight(nanling, "b", (0, -2000), (0, 2000), 20, takeoff=(later_s, later_s))
    assert bool(conflicts(own, other)) is meets


@pytest.mark.parametrize(("ends_m", "meets"), [(2900.0, True), (2500.0, False)])
def test_overtaking_meets_when_the_faster_one_has_caught_up(nanling: District, ends_m: float, meets: bool) -> None:
    """1 km behind and 10 m/s faster: 40 m apart after 96 s, 2.9 km on."""
    own = straight(nanling, "a", (0, 0), (ends_m, 0), 30)
    slower = straight(nanling, "b", (1000, 0), (4000, 0), 20)
    assert bool(conflicts(own, slower)) is meets


@pytest.mark.parametrize(("aside_m", "above_m", "meets"), [
    (NEEDED_M - 0.5, 0.0, True), (NEEDED_M + 0.5, 0.0, False),
    (0.0, 11.5, True), (0.0, 12.0, False), (0.0, -11.5, True), (0.0, -12.0, False),
])  # fmt: skip
def test_side_by_side_or_in_layers_enough_is_enough(
    nanling: District, aside_m: float, above_m: float, meets: bool
) -> None:
    own = straight(nanling, "a", (0, 0), (2000, 0), 20)
    other = straight(nanling, "b", (0, aside_m), (2000, aside_m), 20, height_m=300 + above_m)
    assert bool(conflicts(own, other)) is meets
    assert bool(conflicts(other, own)) is meets


def test_volumes_that_share_place_and_height_but_not_time_do_not_conflict(nanling: District) -> None:
    """Strategic conflict detection as in ASTM F3548: both space and time must be shared."""
    own = straight(nanling, "a", (0, 0), (2000, 0), 20)
    assert conflicts(own, straight(nanling, "b", (2000, 0), (0, 0), 20, takeoff=(50, EVER)))
    assert not conflicts(own, straight(nanling, "b", (2000, 0), (0, 0), 20, takeoff=(105, EVER)))
    late = straight(nanling, "b", (2000, 0), (0, 0), 20, takeoff=(105, 105), drift=0.2)
    assert not conflicts(own, late), "it can be no earlier than its take-off"
    slow = straight(nanling, "a", (0, 0), (2000, 0), 20, drift=0.2)
    assert conflicts(slow, late), "being late by a fifth, they meet"


def test_what_is_told_to_wait_for_is_just_enough(nanling: District) -> None:
    own = straight(nanling, "a", (-2000, 0), (2000, 0), 20)
    other = straight(nanling, "b", (0, -2000), (0, 2000), 20)
    wait = least_wait_s(own, [other], BETWEEN_MISSIONS)
    assert wait is not None
    assert 4 <= wait <= 4 + 4 * PIECE_M / 20
    for later, meets in ((wait + 0.1, False), (wait - 0.5, True)):
        put_off = straight(nanling, "a", (-2000, 0), (2000, 0), 20, takeoff=(later, later))
        assert bool(conflicts(put_off, other)) is meets
    (found,) = conflicts(own, other)
    assert f"start {math.ceil(wait)} s later" in found.message


def test_one_that_is_cleared_and_waits_is_to_go_first_or_be_withdrawn(nanling: District) -> None:
    own = straight(nanling, "a", (-2000, 0), (2000, 0), 20)
    (found,) = conflicts(own, straight(nanling, "b", (0, -500), (0, 500), 20, takeoff=(0, EVER), waits=True))
    assert "go first, or withdraw it" in found.message
    assert "先飞" in found.message_zh


@pytest.mark.parametrize(("aside_m", "meets"), [(NEEDED_M - 1, True), (NEEDED_M + 1, False)])
def test_what_goes_straight_up_takes_air_too(nanling: District, aside_m: float, meets: bool) -> None:
    path = SimpleNamespace(
        district=nanling,
        error_m=ERROR_M,
        enu_m=np.column_stack([np.zeros((21, 2)), np.linspace(250, 350, 21)]),
        time_s=np.linspace(0, 50, 21),
        item=np.zeros(21, dtype=np.int64),
        near_ground=np.zeros(21, dtype=bool),
    )
    rising = Intent("a", "a", Volumes.of(path), [(0, 0)], 0.0)
    assert bool(conflicts(rising, straight(nanling, "b", (-500, aside_m), (500, aside_m), 20))) is meets
    assert bool(conflicts(straight(nanling, "b", (-500, aside_m), (500, aside_m), 20), rising)) is meets
    assert bool(conflicts(rising, Intent("c", "c", Volumes.of(path), [(0, 0)], 0.0)))


def test_nobody_is_kept_apart_from_itself(nanling: District) -> None:
    own = straight(nanling, "a", (0, 0), (2000, 0), 20)
    assert not conflicts(own, straight(nanling, "a", (0, 0), (2000, 0), 20))


places = st.tuples(st.floats(-900, 900), st.floats(-900, 900))
tracks = st.tuples(places, places, st.floats(8, 30), st.floats(290, 310), st.floats(0, 60)).filter(
    lambda each: math.dist(each[0], each[1]) > 20
)


@given(tracks, tracks)
def test_no_encounter_that_flying_both_shows_is_missed(
    nanling: District,
    one: tuple[tuple[float, float], tuple[float, float], float, float, float],
    two: tuple[tuple[float, float], tuple[float, float], float, float, float],
) -> None:
    own, other = (
        straight(nanling, name, begin, end, mps, height_m=up, takeoff=(start, start))
        for name, (begin, end, mps, up, start) in (("a", one), ("b", two))
    )
    found = bool(conflicts(own, other))
    assert found is bool(conflicts(other, own))
    time = np.arange(0.0, 320.0, 0.25)
    flown = []
    for begin, end, mps, _, start in (one, two):
        share = (time - start) * mps / math.dist(begin, end)
        flat = np.array(begin) + share[:, None] * (np.array(end) - begin)
        flown.append(np.where(((share >= 0) & (share <= 1))[:, None], flat, np.nan))
    apart = np.linalg.norm(flown[0] - flown[1], axis=1)
    meets = bool((apart < NEEDED_M).any()) and abs(one[3] - two[3]) < BETWEEN_MISSIONS.vertical_m - 1e-6
    if meets:
        assert found
    elif found and abs(one[3] - two[3]) < BETWEEN_MISSIONS.vertical_m:
        assert np.nanmin(apart, initial=1e9) < NEEDED_M + 4 * PIECE_M, "what is told came nearly as near"
