"""Duplicates: two tracks of one thing become one.

Two tracks may follow one thing when sensors disagree about where it is. They are merged when they are close, in metres
and by their own uncertainty, and no scan of one sensor has of late seen them as two: a sensor that sees two things at
once knows better.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fusion.tracking import motion
from fusion.tracking.settings import TrackerSettings
from fusion.tracking.table import TrackTable
from maps.positions import FloatArray


@dataclass(slots=True)
class Companions:
    """Pairs of tracks that one scan saw apart, and when it last did."""

    pairs: dict[tuple[int, int], float] = field(default_factory=dict)

    def copy(self) -> "Companions":
        """The same, sharing nothing."""
        return Companions(dict(self.pairs))

    def note(self, ids: NDArray[np.int64], positions_m: FloatArray, time_s: float, within_m: float) -> None:
        """One scan saw these tracks (K,) at these positions (K, 2): those close together are two things."""
        if len(ids) < 2:
            return
        for i, j in cKDTree(positions_m).query_pairs(2.0 * within_m, output_type="ndarray"):
            self.pairs[_pair(ids[i], ids[j])] = time_s

    def forget_before(self, time_s: float) -> None:
        """Leave out what is older."""
        self.pairs = {pair: seen for pair, seen in self.pairs.items() if seen >= time_s}

    def apart(self, one: int, other: int) -> bool:
        """Whether two tracks are known to be two things."""
        return _pair(one, other) in self.pairs


def _pair(one: int, other: int) -> tuple[int, int]:
    first, second = int(one), int(other)
    return (first, second) if first < second else (second, first)


def merge_duplicates(table: TrackTable, companions: Companions, time_s: float, settings: TrackerSettings) -> TrackTable:
    """The table with duplicates merged: the older track stays, with the better state of the two."""
    companions.forget_before(time_s - settings.apart_s)
    if len(table) < 2:
        return table
    dt = time_s - table.time_s
    means, covariances = motion.propagate(table.means, table.covariances, dt, settings)
    mean, covariance = motion.combine(means, covariances, table.models)
    pairs = cKDTree(mean[:, :2]).query_pairs(settings.merge_m, output_type="ndarray")
    if not len(pairs):
        return table
    one, other = pairs[:, 0], pairs[:, 1]
    apart = mean[one] - mean[other]
    spread = covariance[one] + covariance[other]
    distance = np.einsum("ni,nij,nj->n", apart[:, :2], motion.inverse(spread[:, :2, :2])[0], apart[:, :2])
    drift = np.einsum("ni,nij,nj->n", apart[:, 2:], motion.inverse(spread[:, 2:, 2:])[0], apart[:, 2:])
    alike = (distance < settings.merge_gate) & (drift < 2 * settings.merge_gate)
    alike &= table.confirmed[one] | table.confirmed[other]
    alike &= np.minimum(table.hits[one], table.hits[other]) >= settings.confirm_hits
    gone = np.zeros(len(table), dtype=np.bool_)
    order = np.lexsort((other, one, distance))
    for i, j in pairs[order[alike[order]]]:
        if not gone[i] and not gone[j] and not companions.apart(table.ids[i], table.ids[j]):
            older, younger = (i, j) if (table.born_s[i], table.ids[i]) <= (table.born_s[j], table.ids[j]) else (j, i)
            _absorb(table, older, younger, covariance)
            gone[younger] = True
    return table.rows(~gone) if gone.any() else table


def _absorb(table: TrackTable, older: int, younger: int, covariance: FloatArray) -> None:
    seen, width = table.seen_s, np.trace(covariance, axis1=1, axis2=2)
    fresher = (seen[younger], -width[younger]) > (seen[older], -width[older])
    if fresher:
        for column in ("time_s", "means", "covariances", "models", "seen_s", "look_s"):
            values = getattr(table, column)
            values[older] = values[younger]
    if table.existence[younger] > table.existence[older]:
        table.visible[older], table.hidden[older] = table.visible[younger], table.hidden[younger]
    table.hits[older] += table.hits[younger]
    table.votes[older] += table.votes[younger]
    table.confirmed[older] |= table.confirmed[younger]
    both = np.concatenate([table.witness[older], table.witness[younger]])
    when = np.concatenate([table.witness_s[older], table.witness_s[younger]])
    newest = np.argsort(-when, kind="stable")
    _, first = np.unique(both[newest], return_index=True)
    kept = newest[np.sort(first)][: table.witness.shape[1]]
    table.witness[older], table.witness_s[older] = -1, -np.inf
    table.witness[older, : len(kept)], table.witness_s[older, : len(kept)] = both[kept], when[kept]
