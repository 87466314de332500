import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.gospa import IdentityCount, gospa

points = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), max_size=4)


def by_hand(truth: list[tuple[float, float]], estimates: list[tuple[float, float]], c: float) -> float:
    """The definition itself: the least over all partial assignments."""
    if len(truth) > len(estimates):
        truth, estimates = estimates, truth
    best = math.inf
    for size in range(len(truth) + 1):
        for chosen in itertools.combinations(range(len(truth)), size):
            for partner in itertools.permutations(range(len(estimates)), size):
                pairs = zip(chosen, partner, strict=True)
                cost = sum(math.dist(truth[i], estimates[j]) ** 2 for i, j in pairs)
                best = min(best, cost + c**2 / 2 * (len(truth) + len(estimates) - 2 * size))
    return math.sqrt(best)


@settings(max_examples=150, deadline=None)
@given(points, points)
def test_it_is_what_its_definition_says(truth: list[tuple[float, float]], estimates: list[tuple[float, float]]) -> None:
    assert gospa(truth, estimates).value_m == pytest.approx(by_hand(truth, estimates, 20.0), abs=1e-6)


def test_its_parts_say_what_went_wrong() -> None:
    result = gospa([[0, 0], [100, 0], [200, 0]], [[101, 0], [0, 2], [150, 0], [170, 30]])
    assert result.pairs.tolist() == [[0, 1], [1, 0]]
    assert result.distances_m.tolist() == [2.0, 1.0]
    assert (result.missed, result.false) == (1, 2)
    assert result.localisation == 5.0
    assert result.value_m == pytest.approx(math.sqrt(5 + 3 * 200))


def test_nothing_against_nothing_is_perfect_and_nonsense_is_refused() -> None:
    assert gospa([], []).value_m == 0.0
    assert gospa([], [[1, 2]]).value_m == pytest.approx(math.sqrt(200))
    with pytest.raises(ValueError, match="finite"):
        gospa([[0, float("nan")]], [[0, 0]])
    with pytest.raises(ValueError, match="c_m"):
        gospa([], [], c_m=0)


def test_switches_of_identity_are_counted_once_each() -> None:
    count = IdentityCount()
    pairs = np.array([[0, 0], [1, 1]])
    assert count.note(["a", "b"], [1, 2], pairs) == 0
    assert count.note(["a", "b"], [2, 1], pairs) == 2
    assert count.note(["a", "b"], [2, 1], pairs[:1]) == 0
    assert count.note(["a", "b"], [2, 3], pairs) == 1
    assert count.switches == 3
