"""One scan: a batch of observations taken into the table of tracks.

Existence follows the integrated probabilistic data association of Musicki, Evans and Stankovic (IEEE Trans. Automatic
Control 39(6), 1994) with a Markov chain of three states: gone, there and visible, there and hidden. Association is one
to one (global nearest neighbour), by likelihood ratios.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fusion.tracking import motion
from fusion.tracking.association import IntArray, assign, pairs_within
from fusion.tracking.batch import Batch, birth_ids
from fusion.tracking.duplicates import Companions, merge_duplicates
from fusion.tracking.settings import SensorModel, TrackerSettings
from fusion.tracking.table import TrackTable, births
from maps.positions import FloatArray

LOOKS_REMEMBERED = 200.0
PRIOR_LOOKS = 40.0


@dataclass(slots=True)
class Sight:
    """What a sensor's looks at confirmed tracks have come to: the running estimate of its detection probability."""

    looks: float = 0.0
    hits: float = 0.0

    def probability(self, model: SensorModel) -> float:
        """The estimate, with the model for its prior."""
        prior = PRIOR_LOOKS * model.detection_probability
        return min(0.98, max(0.2, (self.hits + prior) / (self.looks + PRIOR_LOOKS)))

    def after(self, looks: float, hits: float) -> "Sight":
        """The same after further looks; older ones fade."""
        keep = min(1.0, LOOKS_REMEMBERED / max(self.looks, 1.0))
        return Sight(self.looks * keep + looks, self.hits * keep + hits)


@dataclass(slots=True)
class TrackerState:
    """Everything a tracker knows at one instant.

    Attributes:
        table: of live tracks.
        sights: by sensor.
        companions: tracks that one scan saw apart.
        ended: tracks dropped of late, as they were.
        ended_s: (N,) when.
        merged_s: when duplicates were last looked for.
        crowded: tracks not started for want of room.
    """

    table: TrackTable
    ended: TrackTable
    ended_s: FloatArray
    sights: dict[str, Sight] = field(default_factory=dict)
    companions: Companions = field(default_factory=Companions)
    merged_s: float = -np.inf
    crowded: int = 0

    def copy(self) -> "TrackerState":
        """The same, sharing nothing that changes."""
        return TrackerState(
            self.table.copy(),
            self.ended,
            self.ended_s,
            dict(self.sights),
            self.companions.copy(),
            self.merged_s,
            self.crowded,
        )


def take_in(state: TrackerState, batch: Batch, sensor: int, settings: TrackerSettings) -> None:
    """Bring a state up to a batch; the batch must not be older than the state."""
    table = state.table
    model = settings.model(batch.sensor)
    rough = rough_positions(table, batch.time_s)
    near_track, near_observation = pairs_within(rough, _reach(table, batch, settings), batch.positions_m)
    looked = batch.looked_at(rough)
    touched = looked.copy()
    touched[near_track] = True
    rows = np.flatnonzero(touched)
    _bring_to(table, rows, batch.time_s, settings)

    detection = state.sights.get(batch.sensor, Sight()).probability(model)
    near = near_track, near_observation
    pair_track, pair_observation, ratio = _ratios(table, near, batch, detection, model, settings)
    prior = table.visible[pair_track]
    gain = np.log(ratio * prior + (1.0 - prior)) - np.log1p(-prior * detection)
    taken = assign(pair_track, pair_observation, gain)
    track, observation = pair_track[taken], pair_observation[taken]

    missed = looked.copy()
    missed[track] = False
    _judge(state, batch.sensor, np.flatnonzero(missed & table.confirmed), track, settings)
    _miss(table, np.flatnonzero(missed), batch.time_s, detection, settings)
    _hit(table, track, observation, batch, ratio[taken], detection, sensor)
    state.companions.note(table.ids[track], batch.positions_m[observation], batch.time_s, settings.merge_m)
    new = np.setdiff1d(np.arange(len(batch.positions_m)), observation, assume_unique=True)
    _begin(state, batch, new, sensor, settings)
    tidy(state, batch.time_s, settings)


def tidy(state: TrackerState, time_s: float, settings: TrackerSettings) -> None:
    """Confirm, merge and drop."""
    table = state.table
    existence = table.existence
    table.confirmed |= (existence >= settings.confirm_existence) & (table.hits >= settings.confirm_hits)
    if time_s - state.merged_s >= 0.25:
        state.merged_s = time_s
        state.table = table = merge_duplicates(table, state.companions, time_s, settings)
        existence = table.existence
    unseen = time_s - table.seen_s
    doubtful = existence < np.where(table.confirmed, settings.drop_existence, settings.drop_tentative)
    forgotten = unseen > np.where(table.confirmed, settings.coast_s, settings.tentative_s)
    lost = table.confirmed & (_uncertainty(table, time_s) > settings.drop_sigma_m)
    gone = doubtful | forgotten | lost
    keep = time_s - state.ended_s < 1.0
    if gone.any() or not keep.all():
        over = gone & table.confirmed
        state.ended = state.ended.rows(keep).with_rows(table.rows(over))
        state.ended_s = np.concatenate([state.ended_s[keep], np.full(int(over.sum()), time_s)])
        state.table = table.rows(~gone)


def rough_positions(table: TrackTable, time_s: float) -> FloatArray:
    """(N, 2) where the tracks will be at an instant, without bringing them there."""
    mean = np.einsum("nm,nmk->nk", table.models, table.means)
    return np.asarray(mean[:, :2] + (time_s - table.time_s)[:, None] * mean[:, 2:])


def _variances(table: TrackTable, time_s: float) -> FloatArray:
    """(N, M) bounds of the larger variance of position, at an instant."""
    dt = np.maximum(time_s - table.time_s, 0.0)[:, None]
    spread = table.covariances
    place = spread[..., 0, 0] + spread[..., 1, 1]
    speed = spread[..., 2, 2] + spread[..., 3, 3]
    return np.asarray((np.sqrt(place) + dt * np.sqrt(speed)) ** 2)


def _uncertainty(table: TrackTable, time_s: float) -> FloatArray:
    """(N,) root mean square of the axes of position, at an instant, roughly."""
    dt = np.maximum(time_s - table.time_s, 0.0)[:, None, None, None]
    moved = table.covariances[..., :2, :2] + dt**2 * table.covariances[..., 2:, 2:]
    trace = moved[..., 0, 0] + moved[..., 1, 1]
    return np.asarray(np.sqrt(0.5 * np.einsum("nm,nm->n", table.models, trace)))


def _reach(table: TrackTable, batch: Batch, settings: TrackerSettings) -> FloatArray:
    """(N,) distances beyond which no observation can lie within a track's gate."""
    if not len(table) or not len(batch.positions_m):
        return np.zeros(len(table))
    dt = np.maximum(batch.time_s - table.time_s, 0.0)
    apart = table.means - np.einsum("nm,nmk->nk", table.models, table.means)[:, None, :]
    between = (np.hypot(apart[..., 0], apart[..., 1]) + dt[:, None] * np.hypot(apart[..., 2], apart[..., 3])).max(
        axis=1
    )
    noise = dt**3 / 3 * max(settings.noise_m2ps3)
    own = _variances(table, batch.time_s).max(axis=1) + noise
    widest = float(np.trace(batch.noise_m2, axis1=1, axis2=2).max())
    return np.asarray(np.sqrt(settings.gate * (own + widest)) + between)


def _bring_to(table: TrackTable, rows: IntArray, time_s: float, settings: TrackerSettings) -> None:
    """Predict rows to an instant: motion and existence."""
    rows = rows[table.time_s[rows] < time_s]
    if not len(rows):
        return
    dt = time_s - table.time_s[rows]
    means, covariances, models = motion.mix(
        table.means[rows], table.covariances[rows], table.models[rows], dt, settings
    )
    table.means[rows], table.covariances[rows] = motion.propagate(means, covariances, dt, settings)
    table.models[rows] = models
    table.visible[rows], table.hidden[rows] = later_existence(table.visible[rows], table.hidden[rows], dt, settings)
    table.time_s[rows] = time_s


def later_existence(
    visible: FloatArray, hidden: FloatArray, dt_s: FloatArray, settings: TrackerSettings
) -> tuple[FloatArray, FloatArray]:
    """Probabilities of being visible and hidden after ``dt_s``."""
    rate = settings.hide_per_s + settings.show_per_s
    total = visible + hidden
    balance = total * (settings.show_per_s / rate if rate > 0 else 1.0)
    shown = balance + (visible - balance) * np.exp(-rate * dt_s) if rate > 0 else visible
    survival = np.exp(-settings.death_per_s * dt_s)
    return survival * shown, survival * (total - shown)


def _ratios(
    table: TrackTable,
    near: tuple[IntArray, IntArray],
    batch: Batch,
    detection: float,
    model: SensorModel,
    settings: TrackerSettings,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs within the gate, and how much likelier each observation is the visible thing than clutter."""
    track, observation = near
    if not len(track):
        return track, observation, np.empty(0)
    distance, log_likelihood = motion.likelihoods(
        table.means[track], table.covariances[track], batch.positions_m[observation], batch.noise_m2[observation]
    )
    within = np.flatnonzero(distance.min(axis=1) <= settings.gate)
    track, observation = track[within], observation[within]
    likelihood = np.einsum("nm,nm->n", table.models[track], np.exp(log_likelihood[within]))
    return track, observation, np.asarray(detection * likelihood / model.clutter_per_m2 + (1.0 - detection))


def _miss(table: TrackTable, rows: IntArray, time_s: float, detection: float, settings: TrackerSettings) -> None:
    """Looked at and not seen: less likely to be there and visible."""
    share = np.clip((time_s - table.look_s[rows]) / settings.look_s, 0.0, 1.0) if settings.look_s > 0 else 1.0
    unseen = (1.0 - detection) ** share
    visible = table.visible[rows] * unseen
    rest = 1.0 - table.visible[rows] + visible
    table.visible[rows] = visible / rest
    table.hidden[rows] /= rest
    table.look_s[rows] = time_s


def _hit(
    table: TrackTable,
    rows: IntArray,
    observation: IntArray,
    batch: Batch,
    ratio: FloatArray,
    detection: float,
    sensor: int,
) -> None:
    """Seen: motion and existence corrected, who saw it and as what remembered."""
    if not len(rows):
        return
    positions, noise = batch.positions_m[observation], batch.noise_m2[observation]
    table.means[rows], table.covariances[rows], table.models[rows] = motion.correct(
        table.means[rows], table.covariances[rows], table.models[rows], positions, noise
    )
    visible = table.visible[rows] * ratio
    rest = 1.0 - table.visible[rows] + visible
    table.visible[rows] = np.minimum(visible / rest, 0.999)
    table.hidden[rows] = np.minimum(table.hidden[rows] / rest, 1e-4)
    table.hits[rows] += 1
    table.seen_s[rows] = table.look_s[rows] = batch.time_s
    table.votes[rows] = 0.98 * table.votes[rows] + batch.votes[observation]
    same = table.witness[rows] == sensor
    slot = np.where(same.any(axis=1), same.argmax(axis=1), table.witness_s[rows].argmin(axis=1))
    table.witness[rows, slot] = sensor
    table.witness_s[rows, slot] = batch.time_s


def _judge(state: TrackerState, sensor: str, missed: IntArray, hit: IntArray, settings: TrackerSettings) -> None:
    """Learn how well the sensor sees, from tracks that are surely there."""
    table = state.table
    hits = float(table.visible[hit[table.confirmed[hit]]].sum())
    misses = float(table.visible[missed].sum())
    if hits or misses:
        state.sights[sensor] = state.sights.get(sensor, Sight()).after(hits + misses, hits)


def _begin(state: TrackerState, batch: Batch, new: IntArray, sensor: int, settings: TrackerSettings) -> None:
    """Start tracks where no track explains an observation."""
    room = max(0, settings.max_tracks - len(state.table))
    state.crowded += max(0, len(new) - room)
    new = new[:room]
    if not len(new):
        return
    ids: NDArray[np.int64] = birth_ids(batch, new)
    state.table = state.table.with_rows(
        births(batch.time_s, ids, batch.positions_m[new], batch.noise_m2[new], batch.votes[new], sensor, settings)
    )
