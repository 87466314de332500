"""Drafts: requests and plan files become missions with plans and findings, and plans without blocking ones are cleared.

Planning and checking run in threads; nothing that commands an aircraft waits for them.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import msgspec

from fusion.messages import VehicleKind, VehicleState
from maps.district import District
from maps.instants import Clock, Instant
from missions.dialects import Autopilot
from missions.errors import MissionError
from missions.execution.book import MissionBook
from missions.execution.mission import FlightRecord, Mission, MissionFinding
from missions.execution.overriding import marked, overridden
from missions.execution.proposals import propose
from missions.execution.requests import BlockedError, camera_of, parse_request, planning_errors, wind_of
from missions.execution.traffic import Traffic
from missions.plan import Plan
from missions.planning.formats import Written, export, read, settled
from missions.planning.profiles import VehicleProfile
from missions.planning.request import MissionRequest, Wind
from missions.planning.schedule import in_turn
from missions.planning.schedule import of as schedule_of
from missions.safety import ClearedPlan, Finding, NotClearedError, clear
from missions.safety.checks import judge
from missions.safety.circumstances import Circumstances, UnderWay
from missions.safety.departure import departure_findings
from missions.safety.overrides import Override
from missions.safety.policy import DEFAULT, Policy
from missions.safety.station import Station
from missions.safety.take_offs import Company
from missions.safety.weather import Weather
from missions.vehicles.fleet import Fleet

Planner = Callable[[MissionRequest, District, Sequence[VehicleState], Instant], tuple[Plan, ...]]
Checker = Callable[[Plan, District, Circumstances], Sequence[Finding]]


class Drafts:
    """Makes the missions of a book ready to fly, and keeps their clearances.

    Attributes:
        district: where; the newest.

    Args:
        district: where.
        fleet: the vehicles that are known.
        book: where missions are kept.
        clock: tells UTC.
        profiles: what the aircraft of each kind can do.
        policy: how grave each rule is here, and which may be overridden.
        weather: tells the weather as it was last observed, None where nobody said anything.
        station: where the radio stands; None: radio is not looked at.
        planner, checker: what plans and checks in place of `propose` and `safety.checks.judge`.
    """

    def __init__(
        self,
        district: District,
        fleet: Fleet,
        book: MissionBook,
        clock: Clock,
        *,
        profiles: Mapping[VehicleKind, VehicleProfile],
        policy: Policy = DEFAULT,
        weather: Callable[[], Weather | None] = lambda: None,
        station: Station | None = None,
        planner: Planner | None = None,
        checker: Checker | None = None,
    ) -> None:
        self.district = district
        self._fleet, self._book, self._clock = fleet, book, clock
        self._planner = planner or partial(propose, profiles=profiles)
        self._traffic = Traffic(book, fleet, clock, profiles)
        self._checker = checker or judge
        self._profiles, self._policy = profiles, policy
        self._weather, self._station = weather, station
        self._cleared: dict[str, dict[str, ClearedPlan]] = {}
        self._heights: dict[str, float | None] = {}
        self._clearing = asyncio.Lock()

    async def draft(self, request: MissionRequest | dict[str, Any], by: str) -> Mission:
        """Plan a request and check the plans; nothing flies.

        Work longer than a battery becomes several missions, one for each flight in turn; the first is returned.

        Raises:
            MissionError: when the request is malformed or cannot be planned; says which field.
        """
        asked = request if isinstance(request, MissionRequest) else parse_request(request)
        states = [vehicle.state for vehicle in self._fleet.vehicles.values()]
        now = self._clock()
        known = asked if asked.wind is not None else asked.model_copy(update={"wind": self._wind()})
        with planning_errors():
            plans = await asyncio.to_thread(self._planner, known, self.district, states, now)
        groups = in_turn(plans)
        said = asked.model_dump(mode="json")
        names = (
            [asked.name] if len(groups) == 1 else [f"{asked.name} {n}/{len(groups)}" for n in range(1, len(groups) + 1)]
        )
        drafted = [
            await self._add(asked.kind, said, group, by, name.strip())
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
        found = settled(found, self.district, vehicle.state.home if vehicle is not None else None)
        said = tuple((str(remark), remark.message_zh) for remark in found.remarks)
        plan = msgspec.structs.replace(found.plan, notes=found.plan.notes + said)
        if vehicle_id:
            plan = msgspec.structs.replace(plan, vehicle_id=vehicle_id)
        return await self._add("import", {}, (plan,), by, plan.name)

    async def clear(self, mission_id: str, by: str) -> Mission:
        """Check the plans anew and clear them; launch within half an hour.

        Raises:
            BlockedError: with the findings, when one is blocking.
            MissionError: when the mission has already been launched.
        """
        mission = self._book.get(mission_id)
        require_state(mission, "draft", "cleared")
        await self.ask(plan.vehicle_id for plan in mission.plans)
        async with self._clearing:
            return await self._clear(mission_id, by)

    async def _clear(self, mission_id: str, by: str) -> Mission:
        """One at a time: two that may not fly together are not both judged before either is cleared."""
        findings = await self._judged(self._book.get(mission_id))
        now = self._clock()
        require_state(self._book.get(mission_id), "draft", "cleared")
        mission = msgspec.structs.replace(self._book.get(mission_id), findings=findings, state="draft")
        cleared: dict[str, ClearedPlan] = {}
        try:
            for plan in mission.plans:
                about = [finding for finding in findings if finding.vehicle_id == plan.vehicle_id]
                cleared[plan.vehicle_id] = clear(plan, about, now, overrides=mission.overrides, policy=self._policy)
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

    def override(self, mission_id: str, rule: str, vehicle_id: str | None, reason: str, by: str) -> Mission:
        """Let a mission be cleared in spite of the blocking findings of a rule; see `overriding.overridden`.

        Raises:
            MissionError: when policy does not allow it, nothing of it blocks, or the mission has been launched.
        """
        mission = self._book.get(mission_id)
        require_state(mission, "draft", "cleared")
        changed = overridden(mission, rule, vehicle_id, reason=reason, by=by, now=self._clock(), policy=self._policy)
        self._book.keep(changed)
        words = (
            f"{mission_id}: {rule} overridden by {by}: {reason}",
            f"{by} 对 {mission_id} 的 {rule} 越权放行：{reason}",
        )
        self._book.tell("mission.overridden", "warning", mission_id, *words)
        return changed

    async def check_before_launch(self, mission_id: str) -> None:
        """Judge a cleared mission as it would be launched now; what blocks it makes it a draft again.

        Raises:
            BlockedError: with the findings, when one is blocking.
        """
        mission = self._book.get(mission_id)
        findings = await self._judged(mission)
        if not any(finding.blocks for finding in findings):
            return
        now = self._book.get(mission_id)
        if now.state == "cleared" and now.cleared_time == mission.cleared_time:
            self.withdraw(mission_id)
            self._book.keep(msgspec.structs.replace(now, findings=findings, state="draft"))
        raise BlockedError(findings)

    async def _judged(self, mission: Mission) -> tuple[MissionFinding, ...]:
        given = self.given(mission.request)
        return await asyncio.to_thread(self.judging(mission.plans, given, mission.overrides))

    def clearances(self, mission_id: str) -> dict[str, ClearedPlan]:
        """The cleared plans of a mission that has not been launched, by vehicle; none when it is not cleared."""
        return self._cleared.get(mission_id, {})

    def withdraw(self, mission_id: str) -> None:
        """A mission is launched or given up: its clearance is used up."""
        self._cleared.pop(mission_id, None)

    async def cleared_anew(self, mission_id: str, name: str) -> ClearedPlan:
        """One plan of a mission, checked again.

        Raises:
            BlockedError: with the findings, when one is blocking.
        """
        mission = self._book.get(mission_id)
        plans = tuple(plan for plan in mission.plans if plan.vehicle_id == name)
        findings = await self._findings(plans, mission.request, mission.overrides)
        try:
            return clear(plans[0], findings, self._clock(), overrides=mission.overrides, policy=self._policy)
        except NotClearedError as error:
            raise BlockedError(findings) from error

    def export(
        self, mission_id: str, suffix: str, vehicle_id: str | None = None, autopilot: Autopilot | None = None
    ) -> Written:
        """One plan of a mission as a file (``.plan``, ``.waypoints``, ``.kml``, ``.kmz``, ``.geojson``).

        It is written in the dialect of an autopilot: by default of the vehicle's own, where that is known.

        Raises:
            MissionError: when there is no such plan or format.
        """
        mission = self._book.get(mission_id)
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

    async def _add(self, kind: str, request: dict[str, Any], plans: tuple[Plan, ...], by: str, name: str) -> Mission:
        findings = await self._findings(plans, request)
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

    async def _findings(
        self, plans: tuple[Plan, ...], request: dict[str, Any], overrides: Sequence[Override] = ()
    ) -> tuple[MissionFinding, ...]:
        await self.ask(plan.vehicle_id for plan in plans)
        return await asyncio.to_thread(self.judging(plans, self.given(request), overrides))

    def given(
        self, request: dict[str, Any], under_way: UnderWay | None = None, takeoff: float | None = None
    ) -> Circumstances:
        """The circumstances at this moment, for plans that take off now or then, or for a flight under way.

        The wind is the one that the kept request names, else that of the weather.
        """
        return Circumstances(
            now=Instant(max(self._clock(), takeoff or 0.0)),
            wind=wind_of(request) or self._wind(),
            launched=takeoff is not None,
            under_way=under_way,
            profiles=self._profiles,
            policy=self._policy,
            weather=self._weather(),
            camera=camera_of(request),
            station=self._station,
        )

    def _wind(self) -> Wind | None:
        observed = self._weather()
        return None if observed is None else observed.wind

    def of_vehicle(self, given: Circumstances, name: str) -> Circumstances:
        """The circumstances with what a vehicle has said of itself."""
        return replace(given, return_height_m=self._heights.get(name))

    def judging(
        self, plans: tuple[Plan, ...], given: Circumstances, overrides: Sequence[Override] = ()
    ) -> Callable[[], tuple[MissionFinding, ...]]:
        """What judges plans over the newest district; to be called in a thread."""
        district = self.district
        states = {name: vehicle.state for name, vehicle in self._fleet.vehicles.items()}
        others, unplaced = self._traffic.beside(plans, district)
        company = Company(plans, district, given.wind, given.profiles) if len(plans) > 1 else None
        given = replace(given, others=cache(others), unplaced=unplaced, company=company)
        own = {plan.vehicle_id: self.of_vehicle(given, plan.vehicle_id) for plan in plans}

        def check_all() -> tuple[MissionFinding, ...]:
            return tuple(
                finding
                for plan in plans
                for finding in marked(
                    [
                        *self._checker(plan, district, own[plan.vehicle_id]),
                        *given.policy.applied(departure_findings(plan, states.get(plan.vehicle_id))),
                    ],
                    plan.vehicle_id,
                    overrides,
                    given.policy,
                )
            )

        return check_all

    async def ask(self, names: Iterable[str]) -> None:
        """Ask those of the vehicles that are heard how high they return by themselves, as their parameters say now."""
        heard = [self._fleet.vehicles[name] for name in names if name in self._fleet.vehicles]
        heard = [vehicle for vehicle in heard if vehicle.state.link == "up"]
        heights = await asyncio.gather(*(vehicle.return_height_m() for vehicle in heard))
        self._heights.update({vehicle.id: height for vehicle, height in zip(heard, heights, strict=True)})

    def has_asked(self, name: str) -> bool:
        """Whether a vehicle was asked since the service began."""
        return name in self._heights


def require_state(mission: Mission, *states: str) -> None:
    """Refuse what a mission's state does not allow.

    Raises:
        MissionError: ``mission.wrong_state``.
    """
    if mission.state not in states:
        raise MissionError(
            "mission.wrong_state",
            f"mission {mission.id} is {mission.state}; this needs it to be {' or '.join(states)}",
            f"任务 {mission.id} 当前状态为 {mission.state}，不允许此操作",
        )
