"""How well tracks agree with the truth: the GOSPA metric, and switches of identity.

GOSPA (generalised optimal sub-pattern assignment, alpha = 2) is that of Rahmathullah, Garcia-Fernandez and Svensson
(Int. Conf. Information Fusion, 2017): with targets and estimates paired optimally,
``(sum of d^p over pairs + c^p / 2 (missed + false))^(1/p)``, where only pairs closer than the cut-off c count as pairs.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from maps.positions import FloatArray


@dataclass(frozen=True, slots=True)
class Gospa:
    """GOSPA at one instant, and what it is made of.

    Attributes:
        value_m: the metric.
        localisation: sum of d^p over the pairs.
        missed: targets without an estimate.
        false: estimates without a target.
        pairs: (P, 2) rows of target and estimate.
        distances_m: (P,) between them.
    """

    value_m: float
    localisation: float
    missed: int
    false: int
    pairs: NDArray[np.intp]
    distances_m: FloatArray


def gospa(truth_m: ArrayLike, estimates_m: ArrayLike, *, c_m: float = 20.0, p: float = 2.0) -> Gospa:
    """GOSPA of estimates (M, D) against targets (N, D), in metres.

    Raises:
        ValueError: for shapes that do not fit, values that are not finite, or c or p out of range.
    """
    if c_m <= 0 or p < 1:
        raise ValueError("c_m must be positive and p at least 1")
    truth = _points(truth_m, "truth_m")
    estimates = _points(estimates_m, "estimates_m")
    if len(truth) and len(estimates):
        if truth.shape[1] != estimates.shape[1]:
            raise ValueError("truth_m and estimates_m must have as many columns as each other")
        distance = np.linalg.norm(truth[:, None, :] - estimates[None, :, :], axis=2)
        row, column = linear_sum_assignment(np.minimum(distance, c_m) ** p)
        close = distance[row, column] < c_m
        pairs = np.column_stack([row[close], column[close]])
        distances = distance[row[close], column[close]]
    else:
        pairs, distances = np.empty((0, 2), dtype=np.intp), np.empty(0)
    missed, false = len(truth) - len(pairs), len(estimates) - len(pairs)
    localisation = float((distances**p).sum())
    value = (localisation + c_m**p / 2 * (missed + false)) ** (1 / p)
    return Gospa(float(value), localisation, missed, false, pairs, distances)


@dataclass(slots=True)
class IdentityCount:
    """Counts how often a target is followed by another track than before.

    Attributes:
        switches: so far.
    """

    switches: int = 0
    _last: dict[Hashable, Hashable] = field(default_factory=dict)

    def note(self, truth_ids: Sequence[Hashable], track_ids: Sequence[Hashable], pairs: NDArray[np.intp]) -> int:
        """Take in one instant's pairs (rows into the two sequences); returns the switches at that instant."""
        before = self.switches
        for target, track in pairs:
            name, follower = truth_ids[target], track_ids[track]
            if self._last.get(name, follower) != follower:
                self.switches += 1
            self._last[name] = follower
        return self.switches - before


def _points(values: ArrayLike, name: str) -> FloatArray:
    points = np.asarray(values, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f"{name} must be finite numbers of the shape (N, dimensions)")
    return points
