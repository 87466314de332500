"""The launch of one mission and the following of its flights."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from maps.instants import Clock, Instant
from missions.errors import MissionError
from missions.execution.flight import Flight
from missions.execution.mission import ENDED, IN_FLIGHT, FlightRecord, FlightState, Mission
from missions.safety import ClearedPlan
from missions.vehicles.modes import MISSION
from missions.vehicles.vehicle import Vehicle

_WORDS_FOR_S = 5.0
_LOOK_AGAIN_S = 0.5
_MISSED_AFTER_S = 60.0
_ON_GROUND = frozenset({"waiting", "uploading", "uploaded", "arming"})

Changed = Callable[[FlightRecord], None]
Say = Callable[[str, str, str], None]
"""Takes a vehicle's name and what happens, in English and Chinese."""

Prepare = Callable[[str], Awaitable[tuple[ClearedPlan, Vehicle]]]
"""Takes a vehicle's name and gives its plan, cleared anew, and the vehicle; or raises a `MissionError`."""


async def disarm_on_ground(vehicle: Vehicle, say: Callable[[str, str], None]) -> None:
    """Disarm a vehicle that is armed and has not taken off; what it answers otherwise is said."""
    if vehicle.telemetry.armed and vehicle.telemetry.in_air is False:
        try:
            await vehicle.disarm()
        except MissionError as error:
            say(error.message_en, error.message_zh)


def is_missed(record: FlightRecord, now: Instant) -> bool:
    """Whether the time of take-off passed so long ago that nobody expects one any more."""
    return record.takeoff_time is not None and now - record.takeoff_time > _MISSED_AFTER_S


def is_due_later(record: FlightRecord) -> bool:
    """Whether a vehicle holds its plan and waits on the ground for its time of take-off."""
    return record.state == "uploaded" and record.takeoff_time is not None


@dataclass(frozen=True, slots=True)
class ExecutionPolicy:
    """How patient a launch is.

    Attributes:
        arm_within_s: after which a vehicle that does not arm fails its flight; ArduCopter needs 41 s from its boot.
    """

    arm_within_s: float = 120.0


@dataclass
class Operation:
    """A launched mission: its flights, each with its vehicle.

    Attributes:
        mission_id: whose.
        flights: by vehicle.
        launching: the task that uploads and starts, while it runs.
        held: nobody who still waits on the ground takes off.
    """

    mission_id: str
    flights: dict[str, Flight]
    changed: Changed
    clock: Clock
    launching: asyncio.Task[None] | None = None
    cancelled: bool = field(default=False)
    held: bool = field(default=False)
    _starting: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @classmethod
    def of(cls, mission: Mission, changed: Changed, clock: Clock) -> "Operation":
        """The operation of a mission, in the state of its records."""
        flights = {
            record.vehicle_id: Flight(plan, record) for plan, record in zip(mission.plans, mission.flights, strict=True)
        }
        return cls(mission.id, flights, changed, clock)

    @property
    def ended(self) -> bool:
        """Whether every flight has ended."""
        return all(flight.record.state in ENDED for flight in self.flights.values())

    def in_flight(self) -> list[str]:
        """Names of the vehicles that fly for it now."""
        return [name for name, flight in self.flights.items() if flight.record.state in IN_FLIGHT]

    def waiting(self) -> list[str]:
        """Names of the vehicles that hold their plans and take off later."""
        return [name for name, flight in self.flights.items() if is_due_later(flight.record)]

    def observe(self, vehicle: Vehicle) -> None:
        """Take what a vehicle says now."""
        flight = self.flights.get(vehicle.id)
        if flight is None or flight.record.state in ENDED:
            return
        before = flight.record
        flight.told(vehicle.commanded)
        now = self.clock()
        words = vehicle.telemetry.texts.since(Instant(now - _WORDS_FOR_S), worst=5)
        flight.observe(vehicle.state, tuple(vehicle.telemetry.reached), now, words)
        if flight.record != before:
            self.changed(flight.record)

    async def launch(
        self, plans: Mapping[str, ClearedPlan], vehicles: Mapping[str, Vehicle], policy: ExecutionPolicy, say: Say
    ) -> None:
        """Upload to every vehicle; when all hold their plans, arm and start each at the time its plan says.

        Failures end up in the records.
        """
        async with asyncio.TaskGroup() as group:
            for name, plan in plans.items():
                group.create_task(self._upload(name, plan, vehicles[name], say))
        states = {flight.record.state for flight in self.flights.values()}
        if states != {"uploaded"}:
            for name in self.flights:
                self._change(name, "failed", "not started, for another vehicle's upload failed", "其他飞行器上传失败")
            return
        now = self.clock()
        async with asyncio.TaskGroup() as group:
            for name in plans:
                if (after_s := self.flights[name].starts_after_s) > 0:
                    self._due(name, Instant(now + after_s))
                self._starting[name] = group.create_task(self._start(name, vehicles[name], policy, say))

    async def take_up(self, prepare: Prepare, policy: ExecutionPolicy, say: Say) -> None:
        """After a restart: those that were still to take off do so at their time, checked and uploaded anew."""
        async with asyncio.TaskGroup() as group:
            for name in self.waiting():
                self._starting[name] = group.create_task(self._start_again(name, prepare, policy, say))

    async def _start_again(self, name: str, prepare: Prepare, policy: ExecutionPolicy, say: Say) -> None:
        await self._until_due(name)
        if self._is_over(name):
            return
        try:
            plan, vehicle = await prepare(name)
        except MissionError as error:
            self._change(name, "failed", error.message_en, error.message_zh)
            return
        await self._upload(name, plan, vehicle, say)
        if self.flights[name].record.state == "uploaded":
            await self._start(name, vehicle, policy, say)

    def _due(self, name: str, takeoff_time: Instant) -> None:
        flight = self.flights[name]
        flight.due(takeoff_time)
        self.changed(flight.record)

    async def _until_due(self, name: str) -> None:
        """Wait for the time of take-off, and longer while the mission is held."""
        due = self.flights[name].record.takeoff_time or 0.0
        while not self._is_over(name):
            left_s = due - self.clock()
            if left_s <= 0 and not self.held:
                return
            await asyncio.sleep(min(_LOOK_AGAIN_S, left_s) if left_s > 0 else _LOOK_AGAIN_S)

    async def _upload(self, name: str, plan: ClearedPlan, vehicle: Vehicle, say: Say) -> None:
        self._change(name, "uploading")
        try:
            await vehicle.upload(plan, lambda share: self._progress(name, share), lambda en, zh: say(name, en, zh))
        except MissionError as error:
            self._change(name, "aborted" if self.cancelled else "failed", error.message_en, error.message_zh)
        else:
            if self.cancelled:
                self._change(name, "aborted", "cancelled before take-off", "起飞前取消")
            elif not self._is_over(name):
                self.flights[name].delivered()
                self._change(name, "uploaded")

    async def _start(self, name: str, vehicle: Vehicle, policy: ExecutionPolicy, say: Say) -> None:
        await self._until_due(name)
        if self._is_over(name):
            return
        self._change(name, "arming")
        try:
            await vehicle.start_mission(lambda en, zh: say(name, en, zh), policy.arm_within_s)
        except MissionError as error:
            # A lost answer does not stop a vehicle: one that is armed and flies its mission is followed.
            if not (vehicle.telemetry.armed and vehicle.telemetry.mode in MISSION):
                self._change(name, "failed", error.message_en, error.message_zh)
                await disarm_on_ground(vehicle, lambda en, zh: say(name, en, zh))
                return
            say(name, error.message_en, error.message_zh)
        self.flights[name].told("start")
        self._change(name, "flying")

    def on_ground(self) -> list[str]:
        """Names of the vehicles that were launched and have not begun their flights."""
        return [name for name, flight in self.flights.items() if flight.record.state in _ON_GROUND]

    def keep_on_ground(self, name: str, vehicle: Vehicle | None, reason_en: str, reason_zh: str) -> None:
        """End the flight of a vehicle that has not begun it; the others go on."""
        uploading = self.flights[name].record.state == "uploading"
        self._change(name, "failed", reason_en, reason_zh)
        if uploading and vehicle is not None:
            vehicle.cancel_upload()
        if name in self._starting:
            self._starting[name].cancel()

    def _is_over(self, name: str) -> bool:
        return self.cancelled or self.flights[name].record.state in ENDED

    def cancel(self, vehicles: Mapping[str, Vehicle]) -> None:
        """End a launch that is under way; flights that have not begun end as aborted."""
        self.cancelled = True
        uploading = [name for name, flight in self.flights.items() if flight.record.state == "uploading"]
        for name in uploading:
            vehicles[name].cancel_upload()
        if self.launching is not None and not uploading:
            self.launching.cancel()
        for name, flight in self.flights.items():
            if flight.record.state in ("waiting", "uploaded", "arming"):
                self._change(name, "aborted", "cancelled before take-off", "起飞前取消")

    def _progress(self, name: str, share: float) -> None:
        flight = self.flights[name]
        if share >= 1.0 or share - flight.record.upload_progress >= 0.05:
            flight.progress(share)
            self.changed(flight.record)

    def _change(self, name: str, state: FlightState, reason_en: str = "", reason_zh: str = "") -> None:
        flight = self.flights[name]
        before = flight.record
        flight.change(state, self.clock(), reason_en, reason_zh)
        if flight.record != before:
            self.changed(flight.record)


async def bring_home(vehicle: Vehicle) -> None:
    """Home and on the ground: ArduPlane only circles there, so it lands by its plan."""
    if vehicle.telemetry.kind == "fixed_wing" and vehicle.telemetry.autopilot == "ardupilot":
        await vehicle.land()
    else:
        await vehicle.return_home()
