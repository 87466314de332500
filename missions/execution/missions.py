"""Missions: drafted, cleared, launched, followed, and found again after a restart."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from fusion.bus import VEHICLES, Bus
from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Clock, Instant
from missions.dialects import Autopilot
from missions.errors import MissionError
from missions.execution.book import MissionBook
from missions.execution.contingency import CONTINGENCIES, Action
from missions.execution.drafts import Checker, Drafts, Planner, require_state
from missions.execution.mission import (
    ACTIVE,
    ENDED,
    Mission,
    MissionStore,
)
from missions.execution.operation import (
    ExecutionPolicy,
    Operation,
    bring_home,
    disarm_on_ground,
    is_due_later,
    is_missed,
)
from missions.execution.requests import BlockedError
from missions.execution.responses import Ledger
from missions.execution.watch import Watch
from missions.plan import Plan
from missions.planning.formats import Written
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import MissionRequest
from missions.safety import ClearedPlan
from missions.safety.policy import DEFAULT, Policy
from missions.safety.station import Station
from missions.safety.weather import Weather
from missions.vehicles.fleet import Fleet
from missions.vehicles.vehicle import Vehicle

__all__ = ["BlockedError", "Missions"]


class Missions:
    """All missions of one service; `run` must be running for launches and following.

    Attributes:
        watch: judges again what is cleared and what flies, while its own `run` is running.
    """

    def __init__(
        self,
        district: District,
        fleet: Fleet,
        bus: Bus,
        store: MissionStore,
        clock: Clock,
        policy: ExecutionPolicy | None = None,
        *,
        profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
        rules: Policy = DEFAULT,
        weather: Callable[[], Weather | None] = lambda: None,
        station: Station | None = None,
        contingencies: Mapping[str, Action] = CONTINGENCIES,
        ledger: Ledger | None = None,
        planner: Planner | None = None,
        checker: Checker | None = None,
    ) -> None:
        self._fleet, self._bus, self._clock = fleet, bus, clock
        self._policy = policy or ExecutionPolicy()
        self._book = MissionBook(bus, store, clock)
        self._drafts = Drafts(
            district,
            fleet,
            self._book,
            clock,
            profiles=profiles,
            policy=rules,
            weather=weather,
            station=station,
            planner=planner,
            checker=checker,
        )
        self._operations: dict[str, Operation] = {}
        self.watch = Watch(self._book, self._drafts, fleet, self._operations, bus, clock, contingencies, ledger)
        self._group: asyncio.TaskGroup | None = None

    # Asking

    def get(self, mission_id: str) -> Mission:
        """One mission.

        Raises:
            MissionError: ``mission.not_found``.
        """
        return self._book.get(mission_id)

    def all(self) -> tuple[Mission, ...]:
        """Every mission, newest first."""
        return self._book.all()

    def use(self, district: District, changed: Iterable[str] = ()) -> None:
        """Plan and judge over a district with other zones from now on; ``changed`` names those."""
        self._drafts.district = district
        self.watch.changed("zones", changed)

    # From request to clearance

    def export(
        self, mission_id: str, suffix: str, vehicle_id: str | None = None, autopilot: Autopilot | None = None
    ) -> Written:
        """One plan of a mission as a file; see `Drafts.export`."""
        return self._drafts.export(mission_id, suffix, vehicle_id, autopilot)

    async def draft(self, request: MissionRequest | dict[str, Any], by: str) -> Mission:
        """Plan a request and check the plans; see `Drafts.draft`."""
        return await self._drafts.draft(request, by)

    async def import_plan(self, data: bytes, suffix: str, vehicle_id: str | None, by: str) -> Mission:
        """A mission from a plan file; see `Drafts.import_plan`."""
        return await self._drafts.import_plan(data, suffix, vehicle_id, by)

    async def clear(self, mission_id: str, by: str) -> Mission:
        """Check the plans anew and clear them; see `Drafts.clear`."""
        mission = await self._drafts.clear(mission_id, by)
        self.watch.changed(f"{mission_id} cleared")
        return mission

    def override(self, mission_id: str, rule: str, vehicle_id: str | None, reason: str, by: str) -> Mission:
        """Let a mission be cleared in spite of the blocking findings of a rule; see `Drafts.override`."""
        return self._drafts.override(mission_id, rule, vehicle_id, reason, by)

    # Flying

    async def launch(self, mission_id: str, by: str) -> Mission:
        """Upload, verify, arm and start all vehicles of a cleared mission; returns once that has begun.

        It is judged once more before anything is uploaded.

        Raises:
            BlockedError: when something has come up that blocks it; it is a draft again.
            MissionError: when it is not cleared, the clearance has expired, or a vehicle is missing or busy.
        """
        require_state(self.get(mission_id), "cleared")
        await self._drafts.check_before_launch(mission_id)
        mission = self.get(mission_id)
        require_state(mission, "cleared")
        cleared = self._drafts.clearances(mission_id)
        if not cleared or not all(plan.valid_at(self._clock()) for plan in cleared.values()):
            raise MissionError(
                "mission.clearance_expired",
                f"the clearance of {mission_id} has expired: clear it again",
                f"任务 {mission_id} 的放行已过期：请重新放行",
            )
        vehicles = {plan.vehicle_id: self._free_vehicle(plan.vehicle_id) for plan in mission.plans}
        if self._group is None:
            raise MissionError("service.stopping", "the service is not flying missions now", "服务当前无法执行任务")
        operation = Operation.of(mission, lambda record: self._book.flight_changed(mission_id, record), self._clock)
        self._operations[mission_id] = operation
        self._drafts.withdraw(mission_id)
        self._book.keep(msgspec.structs.replace(mission, state="uploading", launched_by=by))
        self._book.tell(
            "mission.launched", "info", mission_id, f"{mission_id} launched by {by}", f"{by} 发射 {mission_id}"
        )
        self.watch.changed(f"{mission_id} launched")
        operation.launching = self._group.create_task(
            operation.launch(cleared, vehicles, self._policy, self._book.notice)
        )
        return self.get(mission_id)

    async def pause(self, mission_id: str, by: str) -> Mission:
        """Hold every vehicle of a mission where it is; those still on the ground stay there."""
        self._hold_on_ground(mission_id, True)
        return await self._command(mission_id, by, "pause", "暂停", Vehicle.hold)

    async def resume(self, mission_id: str, by: str) -> Mission:
        """Go on with a mission that holds or returns."""
        self._hold_on_ground(mission_id, False)
        return await self._command(mission_id, by, "resume", "继续", Vehicle.resume)

    async def abort(self, mission_id: str, by: str) -> Mission:
        """Bring every vehicle of a mission home; one that has not taken off stays where it is."""
        mission = self.get(mission_id)
        operation = self._operations.get(mission_id)
        if mission.state in ("draft", "cleared"):
            flights = tuple(msgspec.structs.replace(flight, state="aborted") for flight in mission.flights)
            self._drafts.withdraw(mission_id)
            self._book.keep(msgspec.structs.replace(mission, state="aborted", flights=flights))
            return self.get(mission_id)
        if operation is not None:
            operation.cancel(self._fleet.vehicles)
            for name in operation.flights:
                await self._disarm_if_waiting(name, operation)
        if operation is not None and not operation.in_flight():
            return self.get(mission_id)
        return await self._command(mission_id, by, "abort", "中止", bring_home)

    async def run(self) -> None:
        """Follow the flights until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for mission_id in self._operations:
                    self._wait_again(mission_id)
                group.create_task(self._follow())
                group.create_task(self._book.publish_for_ever())
        finally:
            self._group = None

    def recover(self) -> None:
        """Take up every mission from the store; those that were flying are followed again when their vehicles speak."""
        now = self._clock()
        for mission in self._book.load():
            if mission.state in ACTIVE:
                self._take_up(mission, now)

    # Inside

    def _take_up(self, mission: Mission, now: Instant) -> None:
        mission_id = mission.id
        operation = Operation.of(mission, lambda record: self._book.flight_changed(mission_id, record), self._clock)
        self._operations[mission_id] = operation
        for flight in operation.flights.values():
            before = flight.record
            if is_due_later(before) and not is_missed(before, now):
                continue
            if before.state in ("waiting", "uploading", "uploaded"):
                flight.change("failed", now, "the service ended before take-off", "起飞前服务中断")
            elif before.state not in ENDED:
                flight.recover(now)
            if flight.record != before:
                self._book.flight_changed(mission_id, flight.record)
        operation.held = any(flight.record.state == "paused" for flight in operation.flights.values())
        self._wait_again(mission_id)
        words = f"{mission_id} found again after a restart", f"重启后恢复跟踪 {mission_id}"
        self._book.tell("mission.recovered", "warning", mission_id, *words)

    def _wait_again(self, mission_id: str) -> None:
        """Go on waiting, after a restart, for the take-offs that are still to come."""
        operation = self._operations[mission_id]
        if self._group is not None and operation.launching is None and operation.waiting():

            async def prepare(name: str) -> tuple[ClearedPlan, Vehicle]:
                return await self._drafts.cleared_anew(mission_id, name), self._connected(name)

            operation.launching = self._group.create_task(operation.take_up(prepare, self._policy, self._book.notice))

    def _hold_on_ground(self, mission_id: str, held: bool) -> None:
        operation = self._operations.get(mission_id)
        if operation is not None and (operation.waiting() or not held):
            operation.held = held

    async def _follow(self) -> None:
        with self._bus.subscribe(VEHICLES) as states:
            while batch := await states.batch():
                for state in batch:
                    vehicle = self._fleet.vehicles.get(state.id)
                    if vehicle is not None:
                        self._observe(vehicle)

    def _observe(self, vehicle: Vehicle) -> None:
        for operation in list(self._operations.values()):
            if vehicle.id in operation.flights:
                if vehicle.plan is None and vehicle.telemetry.armed:
                    vehicle.plan = self._plan_of(operation.mission_id, vehicle.id)
                operation.observe(vehicle)
            if operation.ended and (operation.launching is None or operation.launching.done()):
                del self._operations[operation.mission_id]

    def _plan_of(self, mission_id: str, vehicle_id: str) -> Plan | None:
        return next((plan for plan in self.get(mission_id).plans if plan.vehicle_id == vehicle_id), None)

    async def _command(
        self, mission_id: str, by: str, word_en: str, word_zh: str, order: Callable[[Vehicle], Any]
    ) -> Mission:
        """Give an order to every vehicle that flies for a mission; all get it, then failures are raised."""
        self.get(mission_id)
        operation = self._operations.get(mission_id)
        names = operation.in_flight() if operation is not None else []
        if not names and not (operation is not None and operation.waiting()):
            raise MissionError(
                "mission.not_flying", f"no vehicle flies for {mission_id} now", f"任务 {mission_id} 当前没有飞行器在飞"
            )
        words = f"{mission_id}: {word_en} ordered by {by}", f"{by} {word_zh} {mission_id}"
        self._book.tell(f"mission.{word_en}", "info", mission_id, *words)
        vehicles = [self._fleet.vehicles[name] for name in names if name in self._fleet.vehicles]
        results = await asyncio.gather(*(order(vehicle) for vehicle in vehicles), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        for vehicle in vehicles:
            self._observe(vehicle)
        for failure in failures:
            if not isinstance(failure, MissionError):
                raise failure
        if failures:
            raise MissionError(
                "vehicle.refused",
                "; ".join(each.message_en for each in failures if isinstance(each, MissionError)),
                "；".join(each.message_zh for each in failures if isinstance(each, MissionError)),
            )
        return self.get(mission_id)

    async def _disarm_if_waiting(self, name: str, operation: Operation) -> None:
        vehicle = self._fleet.vehicles.get(name)
        if vehicle is not None and operation.flights[name].record.state == "aborted":
            await disarm_on_ground(vehicle, lambda en, zh: self._book.notice(name, en, zh))

    def _connected(self, name: str) -> Vehicle:
        vehicle = self._fleet.vehicles.get(name)
        if vehicle is None or vehicle.state.link == "lost":
            raise MissionError("vehicle.missing", f"{name} is not connected", f"{name} 未连接", "vehicles")
        return vehicle

    def _free_vehicle(self, name: str) -> Vehicle:
        vehicle = self._connected(name)
        for operation in self._operations.values():
            if name in operation.flights and operation.flights[name].record.state not in ENDED:
                raise MissionError(
                    "vehicle.busy",
                    f"{name} is flying {operation.mission_id}: abort that first",
                    f"{name} 正在执行 {operation.mission_id}：请先中止",
                    "vehicles",
                )
        return vehicle
