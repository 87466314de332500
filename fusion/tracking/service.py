"""Tracking as a part of the service: observations come from the bus, tracks go to the bus and into the picture."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from fusion.bus import ENTITIES, OBSERVATIONS, REMOVALS, TRACKS, Bus
from fusion.messages import Covariance2, Entity, ObservationBatch, Position, Removal, TrackBatch, TrackState
from fusion.tracking.settings import SensorModel, TrackerSettings
from fusion.tracking.tracker import Tracker, Tracks
from maps.instants import Clock, utc_now
from maps.positions import FloatArray, LocalFrame
from maps.terrain import Terrain

log = logging.getLogger(__name__)

SOURCE = "tracking"
PUBLISH_EVERY_S = 0.1
STALE_AFTER_S = 2.0
SILENCE_S = 1.0
"""After so long without any observation tracks grow older by the clock."""
FUTURE_S = 1.0
"""Batches from further in the future than this come from a clock that is wrong, and are refused."""
GROUND_SIGMA_M = 1.0

CITY = TrackerSettings(
    sensor=SensorModel(detection_probability=0.7, clutter_per_m2=2e-5),
    start_existence=0.05,
    confirm_hits=4,
    hide_per_s=0.1,
    start_speed_mps=6.0,
    drop_sigma_m=6.0,
    coast_s=6.0,
)
"""Settings for cameras that look at streets: more clutter, and things that stand still or pass behind others."""


class Ground(Protocol):
    """What tracking needs of a `maps.district.District`."""

    @property
    def frame(self) -> LocalFrame:
        """The local frame."""

    @property
    def terrain(self) -> Terrain:
        """The height of the ground."""


class TrackingService:
    """Runs one `Tracker` on the bus.

    Observations are taken in as they arrive; at most every 0.1 s, and only when something new was seen, all tracks are
    published as they were at the newest sensor time: as a batch on TRACKS, and as entities ``track/<number>``.

    Attributes:
        tracker: the tracker.
        refused: batches from the future.
        latencies_s: of the newest publications: from the newest sensor time taken in to the publication.
    """

    def __init__(
        self, district: Ground, bus: Bus, clock: Clock = utc_now, *, settings: TrackerSettings | None = None
    ) -> None:
        self.tracker = Tracker(settings or CITY)
        self.refused = 0
        self.latencies_s: deque[float] = deque(maxlen=1_000)
        self._frame = district.frame
        self._terrain = district.terrain
        self._bus = bus
        self._clock = clock
        self._names: dict[int, str] = {}
        self._count = 0
        self._newest_s: float | None = None
        self._arrived_s = 0.0
        self._subscription = bus.subscribe(OBSERVATIONS)

    async def run(self) -> None:
        """Track until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        fresh = False
        with self._subscription as observations:
            while True:
                wait_s = max(0.0, due_s - loop.time()) if fresh else SILENCE_S
                try:
                    async with asyncio.timeout(wait_s):
                        batches = await observations.batch()
                except TimeoutError:
                    batches = []
                fresh = self.take_in(batches) or fresh
                now_s = loop.time()
                if not batches and not fresh:
                    self.grow_older()
                    fresh = bool(self._names)
                if fresh and now_s >= due_s:
                    self.publish()
                    fresh = False
                    due_s = max(due_s + PUBLISH_EVERY_S, now_s + PUBLISH_EVERY_S / 2)

    def take_in(self, batches: Sequence[ObservationBatch]) -> bool:
        """Hand batches to the tracker; whether there was any."""
        now = self._clock()
        taken = False
        for batch in batches:
            if batch.time > now + FUTURE_S:
                self.refused += 1
                if self.refused == 1:
                    log.warning("%s: its clock is %.1f s ahead; refused", batch.sensor_id, batch.time - now)
                continue
            self._take_in(batch)
            if self._newest_s is None or batch.time > self._newest_s:
                self._newest_s = batch.time
            self._arrived_s = now
            taken = True
        return taken

    def grow_older(self) -> None:
        """Nobody says anything: let tracks age by the clock, so that they end."""
        if self._newest_s is None or not self._names:
            return
        now = self._clock()
        self._newest_s += max(0.0, now - self._arrived_s)
        self._arrived_s = now
        self.tracker.update(self._newest_s, [], [], sensor="", seen_m=[])

    def publish(self) -> TrackBatch | None:
        """Publish all tracks as they are at the newest sensor time; None when nothing was ever seen."""
        if self._newest_s is None:
            return None
        tracks = self.tracker.tracks(self._newest_s)
        rows = [row for row, status in enumerate(tracks.status.tolist()) if status in ("confirmed", "coasting")]
        states = self._states(tracks, rows)
        ended = self._end(set(tracks.ids[rows].tolist()), tracks)
        batch = TrackBatch(tracks.time_s, (*states, *ended))
        self._bus.publish(TRACKS, batch)
        for row, state in zip(rows, states, strict=True):
            self._bus.publish(ENTITIES, _entity(state, tracks, row))
        self.latencies_s.append(self._clock() - tracks.time_s)
        return batch

    def _take_in(self, batch: ObservationBatch) -> None:
        seen = batch.observations
        places = np.array([(o.position.lat_deg, o.position.lon_deg, o.position.alt_amsl_m) for o in seen])
        self.tracker.update(
            batch.time,
            self._flat(places) if seen else [],
            [o.covariance_enu_m2 for o in seen],
            sensor=batch.sensor_id,
            kinds=[o.kind for o in seen],
            seen_m=self._ring(batch),
        )

    def _flat(self, places: FloatArray) -> FloatArray:
        return self._frame.enu_from_geodetic(places[:, 0], places[:, 1], places[:, 2])[:, :2]

    def _ring(self, batch: ObservationBatch) -> FloatArray:
        if not batch.seen:
            return np.empty((0, 2))
        ring = np.array(batch.seen)
        height = np.full(len(ring), self._frame.origin.alt_amsl_m)
        return self._flat(np.column_stack([ring[:, 1], ring[:, 0], height]))

    def _states(self, tracks: Tracks, rows: list[int]) -> list[TrackState]:
        if not rows:
            return []
        east, north = tracks.positions_m[rows].T
        up = self._terrain.height_enu_m(east, north)
        lat, lon, alt = self._frame.geodetic_from_enu(np.stack([east, north, up], axis=-1))
        states = []
        for place, row in enumerate(rows):
            velocity = tracks.velocities_mps[row]
            states.append(
                TrackState(
                    id=self._name(int(tracks.ids[row])),
                    status="coasting" if tracks.status[row] == "coasting" else "confirmed",
                    kind=tracks.kinds[row],
                    position=Position(float(lat[place]), float(lon[place]), float(alt[place]), 0.0),
                    velocity_enu_mps=(float(velocity[0]), float(velocity[1]), 0.0),
                    covariance_enu_m2=_covariance(tracks, row),
                    sensors=tracks.sensors[row],
                )
            )
        return states

    def _name(self, track_id: int) -> str:
        name = self._names.get(track_id)
        if name is None:
            self._count += 1
            name = self._names[track_id] = str(self._count)
        return name

    def _end(self, live: set[int], tracks: Tracks) -> list[TrackState]:
        """Take tracks that are no more out of the picture; their last states."""
        gone = [track_id for track_id in self._names if track_id not in live]
        if not gone:
            return []
        row_of = {track_id: row for row, track_id in enumerate(tracks.ids.tolist())}
        known = [track_id for track_id in gone if track_id in row_of]
        last = self._states(tracks, [row_of[track_id] for track_id in known])
        for track_id in gone:
            self._bus.publish(REMOVALS, Removal(f"track/{self._names.pop(track_id)}", tracks.time_s))
        return [_dropped(state) for state in last]


def _dropped(state: TrackState) -> TrackState:
    return TrackState(
        state.id,
        "dropped",
        state.kind,
        state.position,
        state.velocity_enu_mps,
        state.covariance_enu_m2,
        state.sensors,
    )


def _covariance(tracks: Tracks, row: int) -> Covariance2:
    (a, b), (c, d) = tracks.covariances_m2[row].tolist()
    return (a, b), (c, d)


def _entity(state: TrackState, tracks: Tracks, row: int) -> Entity:
    (a, b), (c, d) = state.covariance_enu_m2
    east, north, _ = state.velocity_enu_mps
    return Entity(
        id=f"track/{state.id}",
        kind="track",
        time=tracks.time_s,
        stale_time=tracks.time_s + STALE_AFTER_S,
        source=SOURCE,
        position=state.position,
        velocity_enu_mps=state.velocity_enu_mps,
        covariance_enu_m2=((a, b, 0.0), (c, d, 0.0), (0.0, 0.0, GROUND_SIGMA_M**2)),
        properties={
            "status": state.status,
            "kind": state.kind,
            "sensors": list(state.sensors),
            "existence": round(float(tracks.existence[row]), 3),
            "speed_mps": round(float(np.hypot(east, north)), 2),
            "heading_deg": round(float(np.degrees(np.arctan2(east, north))) % 360.0, 1),
            "first_seen_time": float(tracks.born_s[row]),
            "last_seen_time": float(tracks.seen_s[row]),
        },
    )
