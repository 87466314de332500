"""Dubins paths: as short as any sampled path, never shorter than the line, the same backwards, and flyable."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.planning.dubins import dubins_lengths, dubins_path

metres = st.floats(-400, 400)
headings = st.floats(-7, 7)
poses = st.tuples(metres, metres, headings)
radii = st.floats(5, 150)


def reach(start: tuple[float, ...], end: tuple[float, ...], radius: float, word: str) -> float:
    """Length of the shortest path of one word, found by trying first turns and solving for the rest by geometry."""
    centres = {
        side: lambda pose, side=side: complex(pose[0], pose[1]) + side * radius * 1j * np.exp(1j * pose[2])
        for side in (1, -1)
    }
    first, last = (1 if letter == "L" else -1 for letter in (word[0], word[2]))
    begin, finish = centres[first](start), centres[last](end)
    apart, angle = abs(finish - begin), np.angle(finish - begin)
    ways = []
    if word[1] == "S":
        if first == last:
            ways = [(angle, apart)]
        elif apart >= 2 * radius:
            ways = [(angle + first * math.asin(2 * radius / apart), math.sqrt(apart**2 - 4 * radius**2))]
        return min(
            (
                length
                + radius * (math.fmod(first * (course - start[2]) + 8 * math.tau, math.tau))
                + radius * (math.fmod(last * (end[2] - course) + 8 * math.tau, math.tau))
                for course, length in ways
            ),
            default=math.inf,
        )
    if apart > 4 * radius:
        return math.inf
    lengths = []
    for bend in (1, -1):
        to_middle = angle + bend * math.acos(min(1.0, apart / (4 * radius)))
        middle = begin + 2 * radius * np.exp(1j * to_middle)
        out = to_middle
        back = np.angle(middle - finish)
        one = math.fmod(first * (out + first * math.pi / 2 - start[2]) + 8 * math.tau, math.tau)
        two = math.fmod(-first * ((back + math.pi) - (out + math.pi)) + 8 * math.tau, math.tau)
        three = math.fmod(first * (end[2] - first * math.pi / 2 - back) + 8 * math.tau, math.tau)
        lengths.append(radius * (one + two + three))
    return min(lengths)


@given(poses, poses, radii)
@settings(deadline=None, max_examples=300)
def test_lengths_are_the_least_of_all_words_found_by_geometry(
    start: tuple[float, ...], end: tuple[float, ...], radius: float
) -> None:
    least = min(reach(start, end, radius, word) for word in ("LSL", "RSR", "LSR", "RSL", "LRL", "RLR"))
    found = float(dubins_lengths(start, end, radius)[0])
    full = math.tau * radius
    assert min(abs(found - least), abs(abs(found - least) - full)) < 1e-4 * radius
    assert found <= least + 1e-4 * radius


def test_no_path_of_sampled_turns_is_shorter() -> None:
    """Every control of quarter-radian turns and straights over a coarse grid is at least as long as what is claimed."""
    radius, turn, ahead = 20.0, math.pi / 4, 15.0
    ends: list[tuple[tuple[float, float, float], float]] = []
    for word in product("LSR", repeat=6):
        east = north = heading = length = 0.0
        for letter in word:
            if letter == "S":
                east, north = east + ahead * math.cos(heading), north + ahead * math.sin(heading)
                length += ahead
                continue
            side = 1 if letter == "L" else -1
            after = heading + side * turn
            east += side * radius * (math.sin(after) - math.sin(heading))
            north -= side * radius * (math.cos(after) - math.cos(heading))
            heading, length = after, length + radius * turn
        ends.append(((east, north, heading), length))
    claimed = dubins_lengths((0, 0, 0), np.array([end for end, _ in ends]), radius)
    flown = np.array([length for _, length in ends])
    assert (claimed <= flown + 1e-6).all()
    assert (np.abs(claimed - flown) < 1e-6).sum() > 20


@given(poses, poses, radii)
@settings(deadline=None, max_examples=200)
def test_a_path_is_never_shorter_than_the_line_and_as_long_backwards(
    start: tuple[float, ...], end: tuple[float, ...], radius: float
) -> None:
    length = float(dubins_lengths(start, end, radius)[0])
    assert length >= math.dist(start[:2], end[:2]) - 1e-6
    backwards = dubins_lengths((*end[:2], end[2] + math.pi), (*start[:2], start[2] + math.pi), radius)
    assert length == pytest.approx(float(backwards[0]), abs=1e-5 * radius)
    assert length <= math.dist(start[:2], end[:2]) + 2 * math.tau * radius


@given(poses, poses, st.floats(10, 150), st.floats(0.5, 25))
@settings(deadline=None, max_examples=150)
def test_points_of_a_path_measure_its_length_and_turn_no_tighter_than_the_radius(
    start: tuple[float, ...], end: tuple[float, ...], radius: float, step_m: float
) -> None:
    path = dubins_path(start, end, radius, step_m)
    length = float(dubins_lengths(start, end, radius)[0])
    assert path[0] == pytest.approx(start) and path[-1] == pytest.approx(end)
    chords = np.hypot(*np.diff(path[:, :2], axis=0).T)
    assert chords.max() <= step_m + 1e-6
    turns = np.abs((np.diff(path[:, 2]) + math.pi) % math.tau - math.pi)
    arcs = np.maximum(chords, turns * radius)
    assert arcs.sum() == pytest.approx(length, rel=1e-3, abs=1e-3 * radius)
    bent = turns > 1e-6
    assert (chords[bent] >= 2 * radius * np.sin(turns[bent] / 2) - 1e-5 * radius).all()


def test_known_paths() -> None:
    radius = 50.0
    ahead, behind, beside = (300.0, 0.0, 0.0), (0.0, 0.0, math.pi), (0.0, 100.0, math.pi)
    lengths = dubins_lengths((0, 0, 0), np.array([ahead, behind, beside]), radius)
    assert lengths[0] == pytest.approx(300)
    assert lengths[1] == pytest.approx(radius * 7 * math.pi / 3)
    assert lengths[2] == pytest.approx(radius * math.pi)


@given(st.lists(st.tuples(poses, poses), min_size=1, max_size=5))
def test_without_a_radius_paths_are_straight(pairs: list[tuple[tuple[float, ...], tuple[float, ...]]]) -> None:
    start, end = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    assert dubins_lengths(start, end, 0.0) == pytest.approx(np.hypot(*(end - start).T[:2]))
    line = dubins_path(start[0], end[0], 0.0, 10.0)
    assert np.hypot(*np.diff(line[:, :2], axis=0).T).sum() == pytest.approx(math.dist(start[0, :2], end[0, :2]))


@pytest.mark.parametrize("radius", [-1.0, math.nan, math.inf])
def test_an_impossible_radius_is_refused(radius: float) -> None:
    with pytest.raises(ValueError, match="radius"):
        dubins_lengths((0, 0, 0), (1, 1, 1), radius)
