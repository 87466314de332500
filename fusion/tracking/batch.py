"""Batches: what one sensor saw at one instant, checked and put into arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import get_args

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from fusion.messages import TargetKind
from fusion.tracking.table import KINDS
from maps.positions import FloatArray

KIND_NAMES: tuple[TargetKind, ...] = get_args(TargetKind)
FARTHEST_M = 1e6
"""Positions farther from the origin than this are errors."""
WIDEST_M2 = 1e6
"""Variances larger than this tell nothing."""
SMALLEST_M2 = 1e-4
"""Variances are taken to be at least this (1 cm)."""


class BatchError(ValueError):
    """A batch whose arrays do not fit together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One scan of one sensor.

    Attributes:
        time_s: when.
        sensor: who.
        positions_m: (K, 2) east and north.
        noise_m2: (K, 2, 2) covariances.
        votes: (K, 3) for person, vehicle, other.
        seen: the ground it looked at; None for everywhere, an empty polygon where unknown.
        digest: of the content, without the sensor's name.
        refused: observations left out, because they are not finite, or their covariance is none.
    """

    time_s: float
    sensor: str
    positions_m: FloatArray
    noise_m2: FloatArray
    votes: FloatArray
    seen: shapely.Polygon | None
    digest: bytes
    refused: int

    @property
    def key(self) -> tuple[float, bytes, str]:
        """What batches are ordered by."""
        return self.time_s, self.digest, self.sensor

    def looked_at(self, positions_m: FloatArray) -> NDArray[np.bool_]:
        """Which of the positions (N, 2) lie in the ground it looked at."""
        if self.seen is None:
            return np.ones(len(positions_m), dtype=np.bool_)
        return np.asarray(shapely.contains_xy(self.seen, positions_m[:, 0], positions_m[:, 1]), dtype=np.bool_)


def read_batch(
    time_s: float,
    positions_m: ArrayLike,
    covariances_m2: ArrayLike,
    *,
    sensor: str,
    kinds: Sequence[str] | None,
    seen_m: ArrayLike | None,
    limit: int,
) -> Batch:
    """A batch from arrays; single observations that make no sense are left out and counted.

    Raises:
        BatchError: when the time is no finite number, or shapes do not fit together.
    """
    if not math.isfinite(time_s):
        raise BatchError(f"time_s must be a finite number, not {time_s}")
    positions = np.asarray(positions_m, dtype=np.float64).reshape(-1, 2) if np.size(positions_m) else np.empty((0, 2))
    noise = np.asarray(covariances_m2, dtype=np.float64) if len(positions) else np.empty((0, 2, 2))
    if noise.shape != (len(positions), 2, 2):
        raise BatchError(f"covariances_m2 must have the shape ({len(positions)}, 2, 2), not {noise.shape}")
    if kinds is not None and len(kinds) != len(positions):
        raise BatchError(f"kinds must name {len(positions)} kinds, not {len(kinds)}")
    votes = np.zeros((len(positions), KINDS))
    if kinds is not None:
        index = [KIND_NAMES.index(kind) if kind in KIND_NAMES else KINDS - 1 for kind in kinds]
        votes[np.arange(len(positions)), index] = 1.0
    good = _sensible(positions, noise)
    good[np.flatnonzero(good)[limit:]] = False
    noise = noise[good]
    noise = 0.5 * (noise + noise.swapaxes(1, 2))
    noise[:, [0, 1], [0, 1]] += SMALLEST_M2
    content = positions[good].tobytes() + noise.tobytes()
    seen = _polygon(seen_m)
    return Batch(
        time_s=float(time_s),
        sensor=sensor,
        positions_m=positions[good],
        noise_m2=noise,
        votes=votes[good],
        seen=seen,
        digest=blake2b(content + (b"" if seen is None else seen.wkb), digest_size=8).digest(),
        refused=int(len(good) - good.sum()),
    )


def birth_ids(batch: Batch, which: NDArray[np.intp]) -> NDArray[np.int64]:
    """Ids of tracks born of these observations: from time, place and row, so that order of arrival plays no part."""
    instant = np.float64(batch.time_s).tobytes()
    digests = [
        blake2b(instant + batch.positions_m[row].tobytes() + int(row).to_bytes(4, "big"), digest_size=6).digest()
        for row in which
    ]
    return np.array([int.from_bytes(digest, "big") for digest in digests], dtype=np.int64)


def _sensible(positions: FloatArray, noise: FloatArray) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        a, b, c, d = noise[:, 0, 0], noise[:, 0, 1], noise[:, 1, 0], noise[:, 1, 1]
        positive = (a > 0) & (d > 0) & (a < WIDEST_M2) & (d < WIDEST_M2)
        symmetric = np.abs(b - c) <= 1e-6 * (np.abs(a) + np.abs(d))
        definite = a * d - b * c > 1e-12 * a * d
        near = (np.abs(positions) < FARTHEST_M).all(axis=1)
    return np.asarray(positive & symmetric & definite & near)


def _polygon(seen_m: ArrayLike | None) -> shapely.Polygon | None:
    if seen_m is None:
        return None
    ring = np.asarray(seen_m, dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3 or not np.isfinite(ring).all():
        return shapely.Polygon()
    polygon = shapely.Polygon(ring)
    shapely.prepare(polygon)
    return polygon
