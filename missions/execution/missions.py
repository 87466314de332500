"""Missions: drafted, cleared, launched, followed, and found again after a restart.

Planning and checking run in threads; nothing that commands an aircraft waits for them.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from fusion.bus import VEHICLES, Bus
from fusion.messages import VehicleKind, VehicleState
from maps.district import District
from maps.instants import Clock, Instant
from missions import planning
from missions.dialects import Autopilot
from missions.errors import MissionError
from missions.execution.book import MissionBook
from missions.execution.mission import (
    ACTIVE,
    ENDED,
    FlightRecord,
    Mission,
    MissionFinding,
    MissionStore,
)
from missions.execution.operation import ExecutionPolicy, Operation, disarm_on_ground, is_due_later, is_missed
from missions.execution.requests import BlockedError, parse_request, planning_errors, wind_of
from missions.plan import Plan
from missions.planning.formats import Written, export, read, settled
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import MissionRequest, Wind
from missions.planning.schedule import in_turn
from missions.planning.schedule import of as schedule_of
from missions.safety import ClearedPlan, Finding, NotClearedError, clear
from missions.safety.checks import check
from missions.safety.departure import departure_findings
from missions.vehicles.fleet import Fleet
from missions.vehicles.vehicle import Vehicle

__all__ = ["BlockedError", "Missions"]

Planner = Callable[[MissionRequest, District, Sequence[VehicleState], Instant], tuple[Plan, ...]]
Checker = Callable[[Plan, District, Instant, Wind | None], Sequence[Finding]]


def _check(
    profiles: Mapping[VehicleKind, VehicleProfile], plan: Plan, district: District, now: Instant, wind: Wind | None
) -> Sequence[Finding]:
    return check(plan, district, now, wind=wind, profiles=profiles)


class Missions:
    """All missions of one service; `run` must be running for launches and following."""

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
        planner: Planner | None = None,
        checker: Checker | None = None,
    ) -> None:
        self._district, self._fleet, self._bus, self._clock = district, fleet, bus, clock
        self._policy = policy or ExecutionPolicy()
        self._planner = planner or partial(planning.draft, profiles=profiles)
        self._checker = checker or partial(_check, profiles)
        self._book = MissionBook(bus, store, clock)
        self._cleared: dict[str, dict[str, ClearedPlan]] = {}
        self._operations: dict[str, Operation] = {}
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

    def export(
        self, mission_id: str, suffix: str, vehicle_id: str | None = None, autopilot: Autopilot | None = None
    ) -> Written:
        """One plan of a mission as a file (``.plan``, ``.waypoints``, ``.kml``, ``.kmz``, ``.geojson``).

        It is written in the dialect of an autopilot: by default of the vehicle's own, where that is known.

        Raises:
            MissionError: when there is no such plan or format.
        """
        mission = self.get(mission_id)
        plans = [plan for plan in mission.plans if vehicle_id is None or plan.vehicle_id == vehicle_id]
        if len(plans) != 1:
            names = ", ".join(plan.vehicle_id for plan in mission.plans)
            raise MissionError(
                "mission.which_plan",
                f"mission {mission_id} has plans for {names}: name one of them",
                f"任务 {mission_id} 包含 {names} 的航线：请指定其一",
                "vehicle_id",
            )
        with planning_errors():
            return export(
                plans[0], suffix if suffix.startswith(".") else f".{suffix}", autopilot or self._speaks(plans[0])
            )

    def _speaks(self, plan: Plan) -> Autopilot | None:
        vehicle = self._fleet.vehicles.get(plan.vehicle_id)
        return vehicle.telemetry.autopilot if vehicle is not None else None

    # From request to clearance

    async def draft(self, request: MissionRequest | dict[str, Any], by: str) -> Mission:
        """Plan a request and check the plans; nothing flies.

        Work longer than a battery becomes several missions, one for each flight in turn; the first is returned.

        Raises:
            MissionError: when the request is malformed or cannot be planned; says which field.
        """
        asked = request if isinstance(request, MissionRequest) else parse_request(request)
        states = [vehicle.state for vehicle in self._fleet.vehicles.values()]
        now = self._clock()
        with planning_errors():
            plans = await asyncio.to_thread(self._planner, asked, self._district, states, now)
        groups = in_turn(plans)
        said = asked.model_dump(mode="json")
        names = (
            [asked.name] if len(groups) == 1 else [f"{asked.name} {n}/{len(groups)}" for n in range(1, len(groups) + 1)]
        )
        drafted = [
            await self._add(asked.kind, said, group, asked.wind, by, name.strip())
            for group, name in zip(groups, names, strict=True)
        ]
        return drafted[0]

    async def import_plan(self, data: bytes, suffix: str, vehicle_id: str | None, by: str) -> Mission:
        """A mission from a plan file, checked like any other; what the file says beyond the plan is in its notes.

        Raises:
            MissionError: when the file cannot be read.
        """
        vehicle = self._fleet.vehicles.get(vehicle_id) if vehicle_id else None
        kind = vehicle.telemetry.kind if vehicle is not None else None
        with planning_errors():
            found = await asyncio.to_thread(read, data, suffix, kind)
        found = settled(found, self._district, vehicle.state.home if vehicle is not None else None)
        said = tuple((str(remark), remark.message_zh) for remark in found.remarks)
        plan = msgspec.structs.replace(found.plan, notes=found.plan.notes + said)
        if vehicle_id:
            plan = msgspec.structs.replace(plan, vehicle_id=vehicle_id)
        return await self._add("import", {}, (plan,), None, by, plan.name)

    async def clear(self, mission_id: str, by: str) -> Mission:
        """Check the plans anew and clear them; launch within half an hour.

        Raises:
            BlockedError: with the findings, when one is blocking.
            MissionError: when the mission has already been launched.
        """
        mission = self.get(mission_id)
        self._require(mission, "draft", "cleared")
        wind = wind_of(mission.request)
        findings = await self._findings(mission.plans, wind)
        now = self._clock()
        mission = msgspec.structs.replace(self.get(mission_id), findings=findings, state="draft")
        cleared: dict[str, ClearedPlan] = {}
        try:
            for plan in mission.plans:
                cleared[plan.vehicle_id] = clear(plan, [f for f in findings if f.vehicle_id == plan.vehicle_id], now)
        except NotClearedError as error:
            self._cleared.pop(mission_id, None)
            self._book.keep(mission)
            raise BlockedError(findings) from error
        self._cleared[mission_id] = cleared
        mission = msgspec.structs.replace(mission, state="cleared", cleared_time=now, cleared_by=by)
        self._book.keep(mission)
        self._book.tell(
            "mission.cleared", "info", mission_id, f"{mission_id} cleared by {by}", f"{mission_id} 已由 {by} 放行"
        )
        return mission

    # Flying

    async def launch(self, mission_id: str, by: str) -> Mission:
        """Upload, verify, arm and start all vehicles of a cleared mission; returns once that has begun.

        Raises:
            MissionError: when it is not cleared, the clearance has expired, or a vehicle is missing or busy.
        """
        mission = self.get(mission_id)
        self._require(mission, "cleared")
        cleared = self._cleared.get(mission_id, {})
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
        self._cleared.pop(mission_id)
        self._book.keep(msgspec.structs.replace(mission, state="uploading", launched_by=by))
        self._book.tell(
            "mission.launched", "info", mission_id, f"{mission_id} launched by {by}", f"{by} 发射 {mission_id}"
        )
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
            self._cleared.pop(mission_id, None)
            self._book.keep(msgspec.structs.replace(mission, state="aborted", flights=flights))
            return self.get(mission_id)
        if operation is not None:
            operation.cancel(self._fleet.vehicles)
            for name in operation.flights:
                await self._disarm_if_waiting(name, operation)
        if operation is not None and not operation.in_flight():
            return self.get(mission_id)
        return await self._command(mission_id, by, "abort", "中止", _bring_home)

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
                return await self._cleared_anew(mission_id, name), self._connected(name)

            operation.launching = self._group.create_task(operation.take_up(prepare, self._policy, self._book.notice))

    async def _cleared_anew(self, mission_id: str, name: str) -> ClearedPlan:
        mission = self.get(mission_id)
        plans = tuple(plan for plan in mission.plans if plan.vehicle_id == name)
        findings = await self._findings(plans, wind_of(mission.request))
        try:
            return clear(plans[0], findings, self._clock())
        except NotClearedError as error:
            raise BlockedError(findings) from error

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

    async def _add(
        self, kind: str, request: dict[str, Any], plans: tuple[Plan, ...], wind: Wind | None, by: str, name: str
    ) -> Mission:
        findings = await self._findings(plans, wind)
        mission = Mission(
            id=f"m-{uuid.uuid4().hex[:8]}",
            kind=kind,
            state="draft",
            request=request,
            plans=plans,
            findings=findings,
            flights=tuple(FlightRecord(plan.vehicle_id, items=len(plan.items)) for plan in plans),
            created_time=self._clock(),
            by=by,
            name=name,
            schedule=schedule_of(plans, request.get("persist_s")),
        )
        self._book.keep(mission)
        return mission

    async def _findings(self, plans: tuple[Plan, ...], wind: Wind | None) -> tuple[MissionFinding, ...]:
        now = self._clock()
        states = {name: vehicle.state for name, vehicle in self._fleet.vehicles.items()}

        def check_all() -> tuple[MissionFinding, ...]:
            return tuple(
                MissionFinding(**msgspec.structs.asdict(finding), vehicle_id=plan.vehicle_id)
                for plan in plans
                for finding in (
                    *self._checker(plan, self._district, now, wind),
                    *departure_findings(plan, states.get(plan.vehicle_id)),
                )
            )

        return await asyncio.to_thread(check_all)

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

    def _require(self, mission: Mission, *states: str) -> None:
        if mission.state not in states:
            raise MissionError(
                "mission.wrong_state",
                f"mission {mission.id} is {mission.state}; this needs it to be {' or '.join(states)}",
                f"任务 {mission.id} 当前状态为 {mission.state}，不允许此操作",
            )


async def _bring_home(vehicle: Vehicle) -> None:
    """Home and on the ground: ArduPlane only circles there, so it lands by its plan."""
    if vehicle.telemetry.kind == "fixed_wing" and vehicle.telemetry.autopilot == "ardupilot":
        await vehicle.land()
    else:
        await vehicle.return_home()
