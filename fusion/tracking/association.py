"""Association: which observation belongs to which track.

Pairs within reach come from a spatial index (or from all distances, where those are few); what is connected by pairs is
one group, and each group is assigned optimally by itself. Most groups are one track and one observation and need no
solver.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from maps.positions import FloatArray

IntArray = NDArray[np.intp]

DENSE_PAIRS = 20_000
"""Up to so many distances it is quicker to compute all than to build an index."""


def pairs_within(tracks_m: FloatArray, reach_m: FloatArray, observations_m: FloatArray) -> tuple[IntArray, IntArray]:
    """Pairs (track, observation) no further apart than the track's reach, by track.

    Args:
        tracks_m: (N, 2).
        reach_m: (N,).
        observations_m: (K, 2).
    """
    if len(tracks_m) * len(observations_m) <= DENSE_PAIRS:
        squared = ((tracks_m[:, None, :] - observations_m[None, :, :]) ** 2).sum(axis=2)
        track, observation = np.nonzero(squared <= reach_m[:, None] ** 2)
        return track, observation
    found = cKDTree(observations_m).query_ball_point(tracks_m, reach_m, return_sorted=True)
    lengths = np.fromiter(map(len, found), dtype=np.intp, count=len(found))
    track = np.repeat(np.arange(len(found)), lengths)
    observation = np.concatenate([np.asarray(part, dtype=np.intp) for part in found]) if lengths.any() else track[:0]
    return track, observation


def assign(track: IntArray, observation: IntArray, gain: FloatArray) -> IntArray:
    """The pairs (as indices into them) that together gain most, each track and each observation used at most once.

    Args:
        track: (P,), numbers of tracks.
        observation: (P,), numbers of observations; a pair occurs once.
        gain: (P,), what it is worth to take the pair rather than not; pairs that gain nothing are never taken.
    """
    useful = np.flatnonzero(gain > 0)
    if not len(useful):
        return useful
    rows, row = np.unique(track[useful], return_inverse=True)
    columns, column = np.unique(observation[useful], return_inverse=True)
    alone = (np.bincount(row)[row] == 1) & (np.bincount(column)[column] == 1)
    taken = [useful[alone]]
    rest = np.flatnonzero(~alone)
    if len(rest):
        size = len(rows) + len(columns)
        graph = coo_matrix((np.ones(len(rest)), (row[rest], len(rows) + column[rest])), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        group = label[row[rest]]
        rest = rest[np.argsort(group, kind="stable")]
        edges = np.flatnonzero(np.diff(label[row[rest]])) + 1
        taken += [_solve(part, row, column, gain[useful], useful) for part in np.split(rest, edges)]
    return np.sort(np.concatenate(taken))


def _solve(part: IntArray, row: IntArray, column: IntArray, gain: FloatArray, useful: IntArray) -> IntArray:
    rows, i = np.unique(row[part], return_inverse=True)
    columns, j = np.unique(column[part], return_inverse=True)
    worth = np.zeros((len(rows), len(columns)))
    worth[i, j] = gain[part]
    which = np.full(worth.shape, -1, dtype=np.intp)
    which[i, j] = useful[part]
    chosen = which[linear_sum_assignment(worth, maximize=True)]
    return np.asarray(chosen[chosen >= 0])
