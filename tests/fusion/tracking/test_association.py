"""Association: the groups and the spatial index give what the whole problem would."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from fusion.tracking import association
from fusion.tracking.association import assign, pairs_within


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12))
def test_groups_together_gain_as_much_as_one_great_assignment(seed: int, tracks: int, observations: int) -> None:
    rng = np.random.default_rng(seed)
    worth = np.where(rng.random((tracks, observations)) < 0.3, rng.normal(1.0, 2.0, (tracks, observations)), -1.0)
    track, observation = np.nonzero(worth > -1.0)
    gain = worth[track, observation]
    taken = assign(track, observation, gain)
    assert len(set(track[taken])) == len(set(observation[taken])) == len(taken)
    best = np.maximum(worth, 0.0)
    assert np.isclose(gain[taken].sum(), best[linear_sum_assignment(best, maximize=True)].sum())
    assert (gain[taken] > 0).all()


def test_the_spatial_index_finds_what_all_distances_find(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    tracks, seen, reach = rng.uniform(0, 100, (40, 2)), rng.uniform(0, 100, (60, 2)), rng.uniform(1, 20, 40)
    dense = pairs_within(tracks, reach, seen)
    monkeypatch.setattr(association, "DENSE_PAIRS", 0)
    indexed = pairs_within(tracks, reach, seen)
    assert [part.tolist() for part in dense] == [part.tolist() for part in indexed]
    nothing = pairs_within(tracks, 0.0 * reach, seen)
    assert all(len(part) == 0 for part in nothing)
