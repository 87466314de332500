"""The table of tracks: one row a track, one array a column."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from fusion.tracking.settings import TrackerSettings
from maps.positions import FloatArray

WITNESSES = 8
"""Sensors remembered for each track: those that saw it last."""
NOBODY = -1
KINDS = 3


@dataclass(slots=True)
class TrackTable:
    """N tracks in M motion models.

    Attributes:
        ids: (N,) int64, from time and place of birth.
        born_s: (N,) time of the first observation.
        time_s: (N,) instant of the state.
        means: (N, M, 4).
        covariances: (N, M, 4, 4).
        models: (N, M) probabilities of the motion models.
        visible: (N,) probability that the thing exists and can be seen.
        hidden: (N,) probability that it exists and cannot be seen.
        hits: (N,) observations taken in.
        confirmed: (N,) bool.
        seen_s: (N,) time of the newest observation.
        look_s: (N,) time of the newest look at it, whether it was seen or not.
        votes: (N, 3) for person, vehicle, other.
        witness: (N, W) numbers of sensors, `NOBODY` where there is none.
        witness_s: (N, W) when each saw it last.
    """

    ids: NDArray[np.int64]
    born_s: FloatArray
    time_s: FloatArray
    means: FloatArray
    covariances: FloatArray
    models: FloatArray
    visible: FloatArray
    hidden: FloatArray
    hits: NDArray[np.int64]
    confirmed: NDArray[np.bool_]
    seen_s: FloatArray
    look_s: FloatArray
    votes: FloatArray
    witness: NDArray[np.int32]
    witness_s: FloatArray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def existence(self) -> FloatArray:
        """(N,) probability that the thing exists."""
        return self.visible + self.hidden

    def copy(self) -> "TrackTable":
        """The same, sharing nothing."""
        return replace(self, **{column.name: getattr(self, column.name).copy() for column in fields(self)})

    def rows(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "TrackTable":
        """Some of the rows, copied."""
        return replace(self, **{column.name: getattr(self, column.name)[which] for column in fields(self)})

    def with_rows(self, other: "TrackTable") -> "TrackTable":
        """This table followed by another."""
        return replace(
            self,
            **{
                column.name: np.concatenate([getattr(self, column.name), getattr(other, column.name)])
                for column in fields(self)
            },
        )


def births(
    time_s: float,
    ids: NDArray[np.int64],
    positions_m: FloatArray,
    noise_m2: FloatArray,
    votes: FloatArray,
    sensor: int,
    settings: TrackerSettings,
) -> TrackTable:
    """New tentative tracks at positions (K, 2) with noise (K, 2, 2); K may be 0."""
    count, models = len(positions_m), len(settings.noise_m2ps3)
    means = np.zeros((count, models, 4))
    means[..., :2] = positions_m[:, None, :]
    covariances = np.zeros((count, models, 4, 4))
    covariances[..., :2, :2] = noise_m2[:, None]
    covariances[..., 2:, 2:] = settings.start_speed_mps**2 * np.eye(2)
    sojourn = np.asarray(settings.sojourn_s)
    witness = np.full((count, WITNESSES), NOBODY, dtype=np.int32)
    witness[:, 0] = sensor
    witness_s = np.full((count, WITNESSES), -np.inf)
    witness_s[:, 0] = time_s
    at = np.full(count, time_s)
    return TrackTable(
        ids=ids,
        born_s=at,
        time_s=at.copy(),
        means=means,
        covariances=covariances,
        models=np.tile(sojourn / sojourn.sum(), (count, 1)),
        visible=np.full(count, settings.start_existence),
        hidden=np.zeros(count),
        hits=np.ones(count, dtype=np.int64),
        confirmed=np.zeros(count, dtype=np.bool_),
        seen_s=at.copy(),
        look_s=at.copy(),
        votes=votes,
        witness=witness,
        witness_s=witness_s,
    )


def empty(settings: TrackerSettings) -> TrackTable:
    """A table without tracks."""
    nothing = np.empty((0, 2))
    return births(
        0.0, np.empty(0, dtype=np.int64), nothing, np.empty((0, 2, 2)), np.empty((0, KINDS)), NOBODY, settings
    )
