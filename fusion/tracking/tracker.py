"""The tracker: observations of all sensors in, tracks out; pure and deterministic.

>>> tracker = Tracker(TrackerSettings())
>>> tracker.update(0.0, [[10.0, 20.0]], [[[4.0, 0.0], [0.0, 4.0]]], sensor="cam-001")
>>> tracker.tracks(0.0).status
array(['tentative'], dtype='<U9')

Batches may arrive out of order. Those that come no later than ``window_s`` behind the newest give exactly the tracks
that they would have given in order: the tracker goes back to a state from before and takes in again what came since.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusion.messages import TargetKind
from fusion.tracking import motion
from fusion.tracking.batch import KIND_NAMES, Batch, BatchError, read_batch
from fusion.tracking.scan import TrackerState, later_existence, take_in
from fusion.tracking.settings import TrackerSettings
from fusion.tracking.table import NOBODY, TrackTable, empty
from maps.positions import FloatArray

Key = tuple[float, bytes, str]
SNAPSHOT_EVERY_S = 0.05
RESTART_AFTER = 20
"""After so many batches in a row that come too late the clock is taken to have gone back, and tracking starts anew."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks at one instant; N of them, older ones first.

    Attributes:
        time_s: the instant.
        ids: (N,) int64; the same thing keeps its id.
        status: (N,) "tentative", "confirmed", "coasting" or "dropped" (during the second after it was dropped).
        positions_m: (N, 2) east and north.
        velocities_mps: (N, 2).
        covariances_m2: (N, 2, 2) of the positions.
        existence: (N,) probability that there is such a thing.
        kinds: "person", "vehicle" or "other", by votes.
        sensors: who saw it last, up to eight names.
        born_s: (N,) time of the first observation.
        seen_s: (N,) time of the newest observation.
    """

    time_s: float
    ids: NDArray[np.int64]
    status: NDArray[np.str_]
    positions_m: FloatArray
    velocities_mps: FloatArray
    covariances_m2: FloatArray
    existence: FloatArray
    kinds: tuple[TargetKind, ...]
    sensors: tuple[tuple[str, ...], ...]
    born_s: FloatArray
    seen_s: FloatArray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class TrackerCounts:
    """What happened to what came in.

    Attributes:
        batches: taken in.
        late: of these, out of order.
        too_late: refused, older than the window.
        duplicates: refused, the same as one before.
        malformed: refused, without a time or with arrays that do not fit.
        refused: single observations left out: not finite, no covariance, or beyond the limit.
        crowded: tracks not started for want of room.
        restarts: times the clock went back.
    """

    batches: int = 0
    late: int = 0
    too_late: int = 0
    duplicates: int = 0
    malformed: int = 0
    refused: int = 0
    crowded: int = 0
    restarts: int = 0


class Tracker:
    """A multi-sensor tracker in a local metric frame (east, north).

    Attributes:
        settings: what it assumes.
        counts: what happened to what came in.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self.counts = TrackerCounts()
        self._sensors: list[str] = []
        self._numbers: dict[str, int] = {}
        self._start()

    def update(
        self,
        time_s: float,
        positions_m: ArrayLike,
        covariances_m2: ArrayLike,
        *,
        sensor: str = "sensor",
        kinds: Sequence[str] | None = None,
        seen_m: ArrayLike | None = None,
    ) -> None:
        """Take in what a sensor saw at an instant; nothing seen is worth telling as well. Never raises on bad values.

        Args:
            time_s: the sensor's time.
            positions_m: (N, 2) east and north.
            covariances_m2: (N, 2, 2).
            sensor: who saw it.
            kinds: N names, "person", "vehicle" or "other".
            seen_m: (K, 2) ring of the ground the sensor looked at: only there do misses count. None for everywhere, an
                empty one when it is not known (then misses count nowhere).
        """
        try:
            batch = read_batch(
                time_s,
                positions_m,
                covariances_m2,
                sensor=sensor,
                kinds=kinds,
                seen_m=seen_m,
                limit=self.settings.max_observations,
            )
        except (BatchError, ValueError, TypeError, OverflowError):
            self.counts.malformed += 1
            return
        self.counts.refused += batch.refused
        if self._admit(batch):
            self._insert(batch)

    def tracks(self, time_s: float | None = None) -> Tracks:
        """All tracks as they are at an instant; of the newest batch when none is given."""
        self._catch_up()
        at = self._newest_s if time_s is None else float(time_s)
        if not np.isfinite(at):
            at = 0.0 if not np.isfinite(self._newest_s) else self._newest_s
        live = self._state.table
        table = live.with_rows(self._state.ended) if len(self._state.ended) else live
        dt = at - table.time_s
        means, covariances = motion.propagate(table.means, table.covariances, dt, self.settings)
        mean, covariance = motion.combine(means, covariances, table.models)
        visible, hidden = later_existence(table.visible, table.hidden, np.maximum(dt, 0.0), self.settings)
        status = np.where(table.confirmed, "confirmed", "tentative").astype("<U9")
        status[table.confirmed & (at - table.seen_s > self.settings.coasting_after_s)] = "coasting"
        status[len(live) :] = "dropped"
        return Tracks(
            time_s=at,
            ids=table.ids.copy(),
            status=status,
            positions_m=mean[:, :2],
            velocities_mps=mean[:, 2:],
            covariances_m2=covariance[:, :2, :2],
            existence=visible + hidden,
            kinds=_kinds(table),
            sensors=self._witnesses(table),
            born_s=table.born_s.copy(),
            seen_s=table.seen_s.copy(),
        )

    def _start(self) -> None:
        self._state = TrackerState(empty(self.settings), empty(self.settings), np.empty(0))
        self._newest_s = -np.inf
        self._too_late = 0
        self._batches: list[Batch] = []
        self._keys: list[Key] = []
        self._done = 0
        self._snapshots: list[tuple[Key, TrackerState]] = [((-np.inf, b"", ""), self._state.copy())]

    def _admit(self, batch: Batch) -> bool:
        if batch.time_s < self._newest_s - self.settings.window_s:
            self.counts.too_late += 1
            self._too_late += 1
            if self._too_late < RESTART_AFTER:
                return False
            self.counts.restarts += 1
            self._start()
        index = bisect_right(self._keys, batch.key)
        if index and self._keys[index - 1] == batch.key:
            self.counts.duplicates += 1
            return False
        self._too_late = 0
        return True

    def _insert(self, batch: Batch) -> None:
        self.counts.batches += 1
        if batch.sensor not in self._numbers:
            self._numbers[batch.sensor] = len(self._sensors)
            self._sensors.append(batch.sensor)
        index = bisect_right(self._keys, batch.key)
        in_order = index == len(self._keys)
        waiting = self._done < len(self._keys)
        insort(self._keys, batch.key)
        self._batches.insert(index, batch)
        self._newest_s = max(self._newest_s, batch.time_s)
        if not in_order:
            self.counts.late += 1
            if index < self._done:
                self._go_back(batch.key)
        elif not waiting:
            self._catch_up()

    def _go_back(self, key: Key) -> None:
        """To the newest kept state from before a batch."""
        while self._snapshots[-1][0] > key:
            self._snapshots.pop()
        before, state = self._snapshots[-1]
        self._state = state.copy()
        self._done = bisect_right(self._keys, before)

    def _catch_up(self) -> None:
        """Take in what waits, in order."""
        while self._done < len(self._batches):
            batch = self._batches[self._done]
            take_in(self._state, batch, self._numbers[batch.sensor], self.settings)
            self._done += 1
            if batch.time_s - self._snapshots[-1][0][0] >= SNAPSHOT_EVERY_S:
                self._snapshots.append((batch.key, self._state.copy()))
        self.counts.crowded = self._state.crowded
        self._forget()

    def _forget(self) -> None:
        """Leave out states and batches that no late batch can call for."""
        horizon = (self._newest_s - self.settings.window_s, b"", "")
        old = 0
        while old + 1 < len(self._snapshots) and self._snapshots[old + 1][0] < horizon:
            old += 1
        if old:
            del self._snapshots[:old]
            done = bisect_right(self._keys, self._snapshots[0][0])
            del self._keys[:done], self._batches[:done]
            self._done -= done

    def _witnesses(self, table: TrackTable) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(sorted(self._sensors[number] for number in row if number != NOBODY)) for row in table.witness.tolist()
        )


def _kinds(table: TrackTable) -> tuple[TargetKind, ...]:
    best = table.votes.argmax(axis=1).tolist() if len(table) else []
    voted = (table.votes.sum(axis=1) > 0).tolist()
    return tuple(KIND_NAMES[kind] if any_vote else "other" for kind, any_vote in zip(best, voted, strict=True))
