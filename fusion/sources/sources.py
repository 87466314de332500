"""All video sources of a service: started, watched over, published, and ended together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from fusion.bus import ENTITIES, EVENTS, OBSERVATIONS, REMOVALS, SENSORS, VEHICLES, Bus
from fusion.messages import CameraPose, Removal, SensorState
from fusion.sources import publishing
from fusion.sources.analysis import Analyst
from fusion.sources.frames import AccessUnit, Frame
from fusion.sources.health import HealthJudge
from fusion.sources.observing import Observing, StructuresOnce
from fusion.sources.poses import PoseTrack, pose_of_vehicle
from fusion.sources.reader import Reader
from fusion.sources.settings import SourceError, SourceSettings
from fusion.sources.viewers import Gallery
from maps.district import District
from maps.instants import Clock

_TICK_S = 0.5
_STATE_EVERY_S = 1.0
_FIXED_EVERY_S = 10.0
_CAMERA_EVERY_S = 0.2
_END_S = 10.0


class _Source:
    """What is kept of one source."""

    def __init__(
        self, settings: SourceSettings, reader: Reader, fixed: CameraPose | None, range_m: float | None
    ) -> None:
        self.settings = settings
        self.reader = reader
        self.fixed = fixed
        self.range_m = range_m
        self.name: str | None = None
        self.observing: Observing | None = None
        self.gallery = Gallery()
        self.judge = HealthJudge(settings.sensor_id, time.monotonic())
        self.state: SensorState | None = None
        self.stated_s = 0.0
        self.camera_s = 0.0

    def pose_at(self, frame: Frame) -> CameraPose | None:
        """The camera's pose for a frame."""
        return frame.pose if self.fixed is None else self.fixed


class Sources:
    """The video sources of a service.

    `run` starts them and keeps them going until it is cancelled; sources can be added and removed meanwhile. All
    methods are for the event loop's thread.
    """

    def __init__(self, settings: Sequence[SourceSettings], district: District, bus: Bus, clock: Clock) -> None:
        self._district = district
        self._bus = bus
        self._clock = clock
        self._sources: dict[str, _Source] = {}
        self._vehicle_poses: dict[str, PoseTrack] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._structures = StructuresOnce(district)
        self._analyst = Analyst(self._look)
        for each in settings:
            self.add(each)

    @property
    def sensor_ids(self) -> tuple[str, ...]:
        """Names of all sensors that have a source."""
        return tuple(self._sources)

    @property
    def states(self) -> dict[str, SensorState]:
        """The newest state of each sensor."""
        return {name: source.state for name, source in self._sources.items() if source.state is not None}

    @property
    def analysis(self) -> Analyst:
        """Who looks at the frames; its counters tell how it keeps up."""
        return self._analyst

    def add(self, settings: SourceSettings) -> None:
        """Take in a source; it starts with `run`, or at once when that is running.

        Raises:
            SourceError: there is a source for that sensor already.
        """
        if settings.sensor_id in self._sources:
            raise SourceError(f"{settings.sensor_id} has a source already; remove it first")
        fixed = None
        if settings.vehicle_id is None:
            fixed = publishing.fixed_pose(self._district, settings.sensor_id, float(self._clock()))
        poses = None
        if settings.vehicle_id is not None:
            poses = self._vehicle_poses.setdefault(settings.sensor_id, PoseTrack())
        reader = Reader(
            settings,
            self._clock,
            lambda unit: self._from_thread(self._deliver, unit),
            self._analyst.put,
            poses,
        )
        range_m = publishing.fixed_range_m(self._district, settings.sensor_id)
        source = _Source(settings, reader, fixed, range_m)
        if fixed is not None:
            row = self._district.cameras_by_id[settings.sensor_id]
            source.name = str(row["name"]) if isinstance(row.get("name"), str) else None
        self._sources[settings.sensor_id] = source
        if self._loop is not None:
            reader.start()

    async def remove(self, sensor_id: str) -> None:
        """End a source; its viewers' streams end, its camera and footprint leave the picture.

        Raises:
            KeyError: there is none for that sensor.
        """
        source = self._sources.pop(sensor_id)
        source.reader.ask_to_stop()
        source.gallery.close()
        self._analyst.forget(sensor_id)
        self._vehicle_poses.pop(sensor_id, None)
        await asyncio.to_thread(source.reader.join, _END_S)
        now = float(self._clock())
        for kind in ("camera", "footprint"):
            self._bus.publish(REMOVALS, Removal(f"{kind}/{sensor_id}", now))

    async def run(self) -> None:
        """Read all sources until cancelled; threads are ended before this returns."""
        self._loop = asyncio.get_running_loop()
        # Subscribed before anything starts, so that no early vehicle state is missed.
        try:
            with self._bus.subscribe(VEHICLES) as vehicles:
                self._analyst.start()
                for source in self._sources.values():
                    source.reader.start()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._watch(), name="sources: health")
                    tasks.create_task(self._follow(vehicles), name="sources: vehicles")
        finally:
            self._loop = None
            await self._end()

    async def _end(self) -> None:
        readers = [source.reader for source in self._sources.values()]
        for reader in readers:
            reader.ask_to_stop()
        self._analyst.ask_to_stop()
        for source in self._sources.values():
            source.gallery.close()

        def wait() -> None:
            until = time.monotonic() + _END_S
            for reader in readers:
                reader.join(max(0.1, until - time.monotonic()))
            self._analyst.join(max(0.1, until - time.monotonic()))

        await asyncio.shield(asyncio.to_thread(wait))

    async def stream(self, sensor_id: str) -> AsyncIterator[AccessUnit]:
        """Access units of a sensor from a key frame on, the newest first key frame at once; ends with the source.

        Raises:
            KeyError: there is no source for that sensor.
        """
        gallery = self._sources[sensor_id].gallery
        viewer = gallery.enter()
        try:
            async for unit in viewer.units():
                yield unit
        finally:
            gallery.leave(viewer)

    def _from_thread(self, call: Callable[..., None], *values: Any) -> None:
        """Let the event loop call a function; what comes after the end is dropped."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(call, *values)
        except RuntimeError:  # the loop was closed between the look and the call
            return

    def _deliver(self, unit: AccessUnit) -> None:
        source = self._sources.get(unit.sensor_id)
        if source is None:
            return
        if source.fixed is not None:
            unit = replace(unit, pose=msgspec.structs.replace(source.fixed, time=unit.time))
        source.gallery.put(unit)

    async def _follow(self, vehicles: Any) -> None:
        async for state in vehicles:
            for source in self._sources.values():
                settings = source.settings
                if settings.vehicle_id != state.id:
                    continue
                pose = pose_of_vehicle(state, settings.hfov_deg, settings.vfov_deg)
                if pose is not None and settings.sensor_id in self._vehicle_poses:
                    self._vehicle_poses[settings.sensor_id].add(pose)

    async def _watch(self) -> None:
        while True:
            for source in tuple(self._sources.values()):
                self._judge(source)
            await asyncio.sleep(_TICK_S)

    def _judge(self, source: _Source) -> None:
        now, now_s = self._clock(), time.monotonic()
        progress = source.reader.progress
        before = source.state.health if source.state else None
        verdict = source.judge.judge(progress, now_s)
        pose = source.fixed or progress.pose
        changed = verdict.health != before
        if changed or now_s - source.stated_s >= _STATE_EVERY_S - 0.1:
            source.stated_s = now_s
            source.state = publishing.sensor_state(source.settings, progress, verdict, pose, now, now_s)
            self._bus.publish(SENSORS, source.state)
        event = source.judge.event(now)
        if event is not None:
            self._bus.publish(EVENTS, event)
        if source.fixed is not None and (changed or now_s - source.camera_s >= _FIXED_EVERY_S):
            source.camera_s = now_s
            self._publish_camera(source, source.fixed, now)

    def _publish_camera(self, source: _Source, pose: CameraPose, when: float) -> None:
        rate, _ = source.reader.progress.rate(time.monotonic())
        entity = publishing.camera_entity(
            source.settings,
            pose,
            when,
            source.judge.health,
            name=source.name,
            frames_per_s=rate,
            range_m=source.range_m,
        )
        self._bus.publish(ENTITIES, entity)

    def _look(self, frame: Frame) -> None:
        """In the analyst's thread: what one frame shows."""
        source = self._sources.get(frame.sensor_id)
        if source is None:
            return
        pose = source.pose_at(frame)
        if pose is None:
            return
        if source.observing is None:
            source.observing = Observing(
                source.settings, self._district, self._structures, source.fixed, source.range_m
            )
        seen = source.observing.footprint(pose, time.monotonic())
        if source.settings.analyse:
            batch = source.observing.observe(frame, pose)
            if batch is not None:
                self._from_thread(self._bus.publish, OBSERVATIONS, batch)
        now_s = time.monotonic()
        if source.fixed is None and now_s - source.camera_s >= _CAMERA_EVERY_S:
            source.camera_s = now_s
            self._from_thread(self._publish_camera, source, pose, _shown_time(source, frame))
        if source.fixed is None and seen is not None:
            entity = publishing.footprint_entity(source.settings, seen, _shown_time(source, frame))
            self._from_thread(self._bus.publish, ENTITIES, entity)


def _shown_time(source: _Source, frame: Frame) -> float:
    """When the picture is to say a frame was: a recording is shown as it is played."""
    return frame.arrival_time if source.settings.protocol == "file" else frame.time
