"""The show: the world, the service and a pilot, from the first process to the report."""

import asyncio
import contextlib
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely

from maps.district import District
from maps.instants import utc_now
from service.config import load
from service.demo import patrol, refusal, report
from service.demo.doors import DoorError, Doors, PictureWatch
from service.demo.judge import Sample, Truth, score, take_sample, to_local
from service.demo.processes import Child, ProcessDiedError
from service.demo.staging import STREAM_WIDTH_PX, Stage, stage
from service.roles import Role
from service.storage import accounts
from service.storage.database import Database

OPEN_TIMEOUT_S = 60.0
SAMPLE_EVERY_S = 0.5
LOOK_EVERY_S = 2.0
FINE_PX_PER_M = 12.5
"""Ground that a stream shows more coarsely is not held against it: a person is six pixels wide there."""

STARTS_WITHIN_S = 30
SETTLE_S = 5.0
"""Tracks are not judged in the first seconds after the first observation: background models are learning."""

Tell = Callable[[str], None]


@dataclass
class VideoLog:
    """What the service said of one camera's video over time.

    Attributes:
        last: its newest word.
        latency_ms: recent mean delays, from the frame's time to the decoded frame.
    """

    first_time: float
    first_frames: int
    last_time: float
    last: dict[str, Any]
    latency_ms: deque[float] = field(default_factory=lambda: deque(maxlen=4000))

    @property
    def frames_per_s(self) -> float:
        """Decoded frames a second from its first word to its last."""
        elapsed = self.last_time - self.first_time
        return round((self.last.get("frames", 0) - self.first_frames) / elapsed, 2) if elapsed > 0 else 0.0


@dataclass
class Show:
    """A running demonstration.

    Attributes:
        stage: its files and addresses.
        address: of the console.
        sign_in: the console's address that signs in once.
        doors: the pilot's way in.
        watch: the picture as the pilot's client sees it.
        started_time: when the demonstration was started.
    """

    stage: Stage
    district: District
    seed: int
    address: str
    sign_in: str
    doors: Doors
    watch: PictureWatch
    service: Child
    world: Child
    truth: Path
    started_time: float
    samples: list[Sample] = field(default_factory=list)
    videos: dict[str, VideoLog] = field(default_factory=dict)
    memory_mb: float = 0.0
    missions: list[str] = field(default_factory=list)
    refusal: report.RefusalReport | None = None
    failures: list[str] = field(default_factory=list)

    async def fly(self, tell: Tell, until: float) -> None:
        """Fly the patrol; ends when every mission has, or when the monotonic clock says ``until``."""
        tell("waiting for the aircraft")
        try:
            await patrol.await_vehicles(self.doors, set(self.stage.kinds))
            tell("planning, checking and launching the patrol")
            self.missions = await patrol.launch(self.doors, self.district)
            await self._bring_a_plan_to_be_refused(tell)
        except patrol.PatrolError as error:
            self.failures.append(str(error))
            tell(f"the patrol cannot be flown: {error}")
            return
        said: dict[str, str] = {}
        while time.monotonic() < until:
            try:
                states = await patrol.missions(self.doors, self.missions)
            except OSError as error:
                tell(f"the service does not answer: {error}")
                await asyncio.sleep(1.0)
                continue
            for mission in states:
                for flight in mission.get("flights", []):
                    word = f"{flight['vehicle_id']}: {flight['state']}, item {flight.get('items_reached', 0)}"
                    if said.get(flight["vehicle_id"]) != word:
                        said[flight["vehicle_id"]] = word
                        tell(word)
            if all(mission["state"] in patrol.ENDED for mission in states):
                return
            await asyncio.sleep(1.0)

    async def _bring_a_plan_to_be_refused(self, tell: Tell) -> None:
        """See that clearance is asked, and says no in words a pilot understands."""
        tell("bringing a plan drawn by hand, straight through a school's no-fly zone")
        try:
            self.refusal = await refusal.offer(self.doors, self.district)
        except DoorError as error:
            raise patrol.PatrolError(f"the plan through a school's zone: {error}") from error
        if self.refusal is not None:
            tell(f"refused: {self.refusal.message}")
            tell(f"refused: {self.refusal.message_zh}")

    async def observe(self) -> None:
        """Sample the picture, the cameras' delays and the service's memory until cancelled."""
        fixed = await self._fixed_ground()
        next_look = 0.0
        first_track: float | None = None
        while True:
            now = time.time()
            if first_track is None and self.watch.of_kind("track"):
                first_track = now
            if first_track is not None and now > first_track + SETTLE_S:
                self.samples.append(take_sample(self.watch.entities, fixed, self.district, now))
            if now >= next_look:
                self.memory_mb = max(self.memory_mb, self.service.peak_memory_mb())
                with contextlib.suppress(OSError):  # a busy service may answer late: the next look tells
                    await self._look_at_videos(now)
                next_look = now + LOOK_EVERY_S
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _look_at_videos(self, now: float) -> None:
        for state in await self.doors.call("GET", "/api/v1/sensors"):
            frames = int(state.get("frames", 0))
            log = self.videos.get(state["id"])
            if log is None:
                if frames == 0:
                    continue
                log = self.videos[state["id"]] = VideoLog(now, frames, now, state)
            log.last_time, log.last = now, state
            if state.get("latency_ms") is not None:
                log.latency_ms.append(float(state["latency_ms"]))

    async def _fixed_ground(self) -> shapely.Geometry:
        """The ground that the streaming fixed cameras cover finely enough, as the service says.

        Coverage is graded for the camera's own resolution; the streams are smaller, so that much less is asked of them.
        """
        while True:
            try:
                coverage = await self.doors.call("GET", "/api/v1/coverage")
            except (DoorError, OSError) as error:
                if isinstance(error, DoorError) and error.status != patrol.STARTING:
                    raise
                await asyncio.sleep(1.0)
                continue
            shapes = [
                to_local(shapely.geometry.shape(feature["geometry"]), self.district)
                for feature in coverage["features"]
                if self._fine_enough(feature["properties"])
            ]
            return shapely.union_all(shapes)

    def _fine_enough(self, covered: dict[str, Any]) -> bool:
        camera_id = covered["camera_id"]
        if camera_id not in self.stage.fixed:
            return False
        shrunk = STREAM_WIDTH_PX / float(self.district.cameras_by_id[camera_id]["width_px"])
        return bool(covered["px_per_m_min"] * shrunk >= FINE_PX_PER_M)

    async def judged(self, seconds: float) -> report.Report:
        """Everything measured, and the verdict."""
        missions = await patrol.missions(self.doors, self.missions)
        tracking = report.tracking_report(
            score(self.samples, await asyncio.to_thread(Truth, self.truth, self.district)), self.watch.track_latency_ms
        )
        picture = report.PictureReport(
            entities=len(self.watch.entities),
            deltas=self.watch.deltas,
            delivery_ms_p99=report.percentile(self.watch.delivery_ms, 99),
            resyncs=max(0, self.watch.snapshots - 1),
        )
        ready_s = None if self.watch.first_time is None else round(self.watch.first_time - self.started_time, 2)
        vehicles = tuple(self._vehicle(flight) for mission in missions for flight in mission["flights"])
        flown = tuple(report.MissionReport(each["id"], each["kind"], each["state"]) for each in missions)
        video = tuple(self._video(sensor) for sensor in self.stage.sensors)
        memory_mb = round(self.memory_mb, 1)
        verdict = report.judge(
            ready_s=ready_s,
            memory_mb=memory_mb,
            vehicles=vehicles,
            missions=flown,
            video=video,
            tracking=tracking,
            picture=picture,
            refusal=self.refusal,
            expected_vehicles=len(self.stage.kinds),
            expected_video=len(self.stage.sensors),
            failures=tuple(self.failures),
        )
        return report.Report(
            seed=self.seed,
            seconds=round(seconds, 1),
            ready_s=ready_s,
            memory_mb=memory_mb,
            vehicles=vehicles,
            missions=flown,
            video=video,
            coverage=await self._coverage(),
            tracking=tracking,
            picture=picture,
            refusal=self.refusal,
            verdict=verdict,
        )

    def _vehicle(self, flight: dict[str, Any]) -> report.VehicleReport:
        vehicle_id = flight["vehicle_id"]
        entity = self.watch.entities.get(f"vehicle/{vehicle_id}", {"properties": {}})
        return report.VehicleReport(
            id=vehicle_id,
            kind=self.stage.kinds.get(vehicle_id, ""),
            autopilot=str(entity["properties"].get("autopilot", "unknown")),
            mission_state=flight["state"],
            items=int(flight["items"]),
            items_reached=int(flight["items_reached"]),
            items_read_back_equal=bool(flight.get("read_back_equal", False)),
            distance_m=round(float(flight.get("distance_m") or 0.0), 1),
        )

    def _video(self, sensor_id: str) -> report.VideoReport:
        log = self.videos.get(sensor_id) or VideoLog(0.0, 0, 0.0, {})
        says = log.last
        return report.VideoReport(
            sensor_id=sensor_id,
            protocol=str(says.get("protocol", "")),
            frames=int(says.get("frames") or 0),
            frames_per_s=log.frames_per_s,
            width_px=int(says.get("width_px") or 0),
            height_px=int(says.get("height_px") or 0),
            latency_ms_p95=report.percentile(log.latency_ms, 95),
        )

    async def _once_ready(self, path: str) -> Any:
        """What a door says once its part of the service has started; also after a patrol that ended at once."""
        for _ in range(STARTS_WITHIN_S):
            try:
                return await self.doors.call("GET", path)
            except DoorError as error:
                if error.status != patrol.STARTING:
                    raise
                await asyncio.sleep(1.0)
        return await self.doors.call("GET", path)

    async def _coverage(self) -> report.CoverageReport:
        says = await self._once_ready("/api/v1/coverage/summary")
        return report.CoverageReport(says["cameras"], says["area_m2"], says["sites"], says["sites_covered"])


@asynccontextmanager
async def running(seed: int, port: int, truth: Path | None, started_time: float) -> AsyncIterator[Show]:
    """The world and the service, up and signed in to; both are ended on the way out.

    Raises:
        ProcessDiedError: when one of them ends too early.
    """
    with tempfile.TemporaryDirectory(prefix="liti-demo-") as name:
        folder = Path(name)
        district = await asyncio.to_thread(District.embedded)
        staged = await asyncio.to_thread(stage, folder, district, seed, port)
        truth = truth or folder / "truth.jsonl"
        codes = await asyncio.to_thread(_accounts, staged)
        service = await Child.start(
            "the service", "service", "serve", "--config", str(staged.config), log=folder / "service.log"
        )
        world = await Child.start(
            "the simulated world", "simulators", str(staged.scenario), "--truth", str(truth), log=folder / "world.log"
        )
        try:
            address = f"http://127.0.0.1:{port}"
            doors = Doors(address)
            await _sign_in(doors, codes["pilot"], (world, service))
            watch = PictureWatch(doors)
            show = Show(
                staged, district, seed, address, f"{address}/#one_time={codes['admin']}",
                doors, watch, service, world, truth, started_time,
            )  # fmt: skip
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(work) for work in (watch.run(), show.observe(), service.watch(), world.watch())
                ]
                yield show
                for task in tasks:
                    task.cancel()
        finally:
            await service.stop()
            await world.stop()


def _accounts(staged: Stage) -> dict[str, str]:
    """One-time codes for the person at the console and for the pilot of the demonstration."""
    settings = load(staged.config)
    database = Database(settings.database)
    now = utc_now()
    try:
        codes = {}
        for name, role in (("admin", Role.ADMIN), ("pilot", Role.PILOT)):

            def make(session: Any, name: str = name, role: Role = role) -> str:
                accounts.ensure_user(session, name, role, now)
                session.flush()
                return accounts.issue_one_time(session, name, 12 * 3600, now)

            codes[name] = database.now(make)
        return codes
    finally:
        database.close()


async def _sign_in(doors: Doors, code: str, children: tuple[Child, ...]) -> None:
    watchers = [asyncio.create_task(child.watch()) for child in children]
    try:
        deadline = time.monotonic() + OPEN_TIMEOUT_S
        while True:
            for watcher in watchers:
                if watcher.done():
                    watcher.result()
            try:
                return await doors.sign_in(code)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ProcessDiedError(f"the service does not open its doors: {error}") from error
            await asyncio.sleep(0.1)
    finally:
        for watcher in watchers:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError, ProcessDiedError):
                await watcher
