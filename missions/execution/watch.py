"""The watch: what is cleared and waits, and what flies, is judged again whenever circumstances change.

One thread judges, one plan after the other: those in the air first, then those launched and still on the ground, then
those that wait for their launch. What changes meanwhile wakes it once more, however often it changes, and between two
plans it rests for as long as the last one took. So a flood of changes costs no more than a part of one core, and
nothing that commands an aircraft waits for it.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from fusion.bus import SENSORS, VEHICLES, Bus
from fusion.messages import SensorState, VehicleState
from maps.instants import Clock, Instant
from missions.execution.book import MissionBook
from missions.execution.contingency import CONTINGENCIES, Action, Decision, asked, decided, in_words, is_known
from missions.execution.drafts import Drafts
from missions.execution.mission import Mission, MissionFinding
from missions.execution.operation import Operation, disarm_on_ground
from missions.execution.responses import Aloft, Ledger, Responses, Unwritten
from missions.plan import Plan
from missions.safety import Finding
from missions.safety.circumstances import UnderWay
from missions.safety.way_out import cause, way_out
from missions.vehicles.fleet import Fleet

log = logging.getLogger(__name__)

EVERY_S = 30.0
"""Everything is judged at least so often."""

REST_AT_LEAST_S, REST_AT_MOST_S = 0.25, 1.0
AGAIN_S = 0.5
BATTERY_STEP = 0.05
REMEMBERED = 10_000
HOVERS_BELOW_MPS = 5.0
"""A VTOL slower than this over the ground is taken not to fly on its wings."""

_BLIND = frozenset({"offline", "stalled", "frozen", "black"})
_HEALTH_ZH = {"offline": "离线", "stalled": "画面中断", "frozen": "画面冻结", "black": "黑屏"}

T = TypeVar("T")


class Watch:
    """Judges again what is cleared and what flies; `run` must be running.

    Args:
        book: of the missions.
        drafts: judges plans, and keeps their clearances.
        fleet: the vehicles.
        operations: the launched missions, by id.
        bus: tells of vehicles and sensors, and is told what comes up.
        clock: tells UTC.
        policy: what is done in the air, by rule.
        ledger: where orders are written down.
    """

    def __init__(
        self,
        book: MissionBook,
        drafts: Drafts,
        fleet: Fleet,
        operations: Mapping[str, Operation],
        bus: Bus,
        clock: Clock,
        policy: Mapping[str, Action] = CONTINGENCIES,
        ledger: Ledger | None = None,
    ) -> None:
        self._book, self._drafts, self._fleet, self._operations = book, drafts, fleet, operations
        self._bus, self._clock, self._policy = bus, clock, policy
        self._responses = Responses(book, clock, ledger or Unwritten(), self.changed)
        self._wake = asyncio.Event()
        self._thread: ThreadPoolExecutor | None = None
        self._rested_at = 0.0
        self._changed: dict[str, Instant] = {}
        self._blind: dict[str, SensorState] = {}
        self._known: dict[str, tuple[bool, bool, float]] = {}

    def changed(self, reason: str, about: Iterable[str] = ()) -> None:
        """Circumstances have changed: judge again, at once.

        Args:
            reason: what has changed, for the log.
            about: ids of zones and the like that are not what they were: what was told of them may be told again.
        """
        log.debug("judging again: %s", reason)
        self._renew(about)
        self._wake.set()

    def _renew(self, about: Iterable[str]) -> None:
        now = self._clock()
        for name in about:
            self._changed.pop(name, None)
            self._changed[name] = now
        while len(self._changed) > REMEMBERED:
            del self._changed[next(iter(self._changed))]

    async def run(self) -> None:
        """Judge again at every change, and every `EVERY_S`, until cancelled."""
        ends = self._bus.listen(VEHICLES, self._hear_vehicle), self._bus.listen(SENSORS, self._hear_sensor)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        try:
            async with asyncio.TaskGroup() as orders:
                while True:
                    self._wake.clear()
                    await self._round(orders)
                    await asyncio.sleep(REST_AT_LEAST_S)
                    try:
                        async with asyncio.timeout(EVERY_S):
                            await self._wake.wait()
                    except TimeoutError:
                        continue
        finally:
            for end in ends:
                end()
            self._thread.shutdown(wait=False, cancel_futures=True)

    # What changes

    def _hear_vehicle(self, state: VehicleState) -> None:
        """Wake when a vehicle's link or position is lost or back, or its battery has fallen by much."""
        up, fixed, battery = self._known.get(state.id, (True, True, 1.0))
        now = state.link != "lost", state.position is not None
        left = state.battery_fraction if state.battery_fraction is not None else battery
        if now == (up, fixed) and abs(battery - left) < BATTERY_STEP:
            return
        if now[1] and not fixed:
            self._renew([state.id])
        self._known[state.id] = (*now, left)
        self._wake.set()

    def _hear_sensor(self, state: SensorState) -> None:
        """Wake when the camera of a vehicle shows nothing any more."""
        if state.vehicle_id is None:
            return
        if state.health in _BLIND:
            if state.id not in self._blind:
                self._wake.set()
            self._blind[state.id] = state
        elif state.health == "ok" and self._blind.pop(state.id, None) is not None:
            self._renew([state.id])

    # One round

    async def _round(self, orders: asyncio.TaskGroup) -> None:
        for mission_id, operation in list(self._operations.items()):
            for name in operation.in_flight():
                await self._in_the_air(self._book.get(mission_id), operation, name, orders)
        for mission_id, operation in list(self._operations.items()):
            for name in operation.on_ground():
                await self._on_ground(self._book.get(mission_id), operation, name)
        for mission in self._book.all():
            if mission.state == "cleared":
                await self._waiting(mission)

    async def _judged(self, work: Callable[[], T], *, at_once: bool = False) -> T:
        """Have the thread do something, after it has rested for as long as it worked last, unless that is urgent."""
        loop = asyncio.get_running_loop()
        if not at_once:
            await asyncio.sleep(self._rested_at - loop.time())
        began = loop.time()
        done = await loop.run_in_executor(self._thread, work)
        self._rested_at = loop.time() + min(loop.time() - began, REST_AT_MOST_S)
        return done

    # Waiting for its launch

    async def _waiting(self, mission: Mission) -> None:
        given = self._drafts.given(mission.request)
        findings = await self._judged(self._drafts.judging(mission.plans, given, mission.overrides))
        now = self._book.get(mission.id)
        if now.state != "cleared" or now.cleared_time != mission.cleared_time or findings == now.findings:
            return
        if any(each.blocks for each in findings):
            self._withdraw(now, findings)
            return
        self._book.keep(msgspec.structs.replace(now, findings=findings))
        standing = [each for each in findings if each.overridden is None]
        if new := [each for each in standing if not is_known(each, _of(now, each.vehicle_id))]:
            why, why_zh = in_words(new)
            words = f"{mission.id}: this has come up: {why}", f"{mission.id} 出现新情况：{why_zh}"
            self._book.tell("mission.warning", "warning", mission.id, *words)

    def _withdraw(self, mission: Mission, findings: tuple[MissionFinding, ...]) -> None:
        self._drafts.withdraw(mission.id)
        self._book.keep(msgspec.structs.replace(mission, findings=findings, state="draft"))
        why, why_zh = in_words([each for each in findings if each.blocks])
        words = f"{mission.id} is not cleared any more: {why}", f"{mission.id} 的放行已撤回：{why_zh}"
        self._book.tell("mission.clearance_withdrawn", "critical", mission.id, *words)

    # Launched, and still on the ground

    async def _on_ground(self, mission: Mission, operation: Operation, name: str) -> None:
        takeoff = operation.flights[name].record.takeoff_time
        given = self._drafts.given(mission.request, takeoff=takeoff)
        findings = await self._judged(self._drafts.judging((_plan_of(mission, name),), given, mission.overrides))
        blocking = [each for each in findings if each.blocks]
        if not blocking or name not in operation.on_ground():
            return
        why, why_zh = in_words(blocking)
        vehicle = self._fleet.vehicles.get(name)
        operation.keep_on_ground(name, vehicle, f"kept on the ground: {why}", f"禁止起飞：{why_zh}")
        if vehicle is not None:
            await disarm_on_ground(vehicle, lambda en, zh: self._book.notice(name, en, zh))

    # In the air

    async def _in_the_air(self, mission: Mission, operation: Operation, name: str, orders: asyncio.TaskGroup) -> None:
        vehicle = self._fleet.vehicles.get(name)
        if vehicle is None or vehicle.state.link == "lost":
            return
        if self._responses.is_ordering(vehicle):
            self._soon()
            return
        state, plan, record = vehicle.state, _plan_of(mission, name), operation.flights[name].record
        item = state.mission_item if state.mission_item is not None else record.item or 0
        under_way = UnderWay(item, state.position or plan.home, state.battery_fraction)
        aloft = Aloft(mission, operation, vehicle, plan, state, under_way, vehicle.orders)
        findings: list[Finding] = list(self._of_sensors(state))
        if state.position is None:
            findings.append(_no_position(name))
        elif record.state != "returning":
            if not self._drafts.has_asked(name):
                await self._drafts.ask([name])
            given = self._drafts.given(mission.request, under_way)
            judged = await self._judged(self._drafts.judging((plan,), given, mission.overrides))
            findings += [each for each in judged if each.overridden is None]
        fresh = self._fresh(findings, aloft)
        if not fresh or name not in operation.in_flight():
            return
        decision = await self._decided(aloft, asked(fresh, self._policy), fresh)
        if vehicle.orders != aloft.orders or self._responses.is_ordering(vehicle):
            self._soon()
        elif decision is not None and self._responses.may_order(aloft, decision.action):
            self._responses.begin(aloft, fresh, decision, orders)
        else:
            self._responses.tell(aloft, fresh)

    def _soon(self) -> None:
        """An order is under way: judge again when it is known what came of it."""
        asyncio.get_running_loop().call_later(AGAIN_S, self._wake.set)

    async def _decided(self, aloft: Aloft, action: Action, fresh: list[Finding]) -> Decision | None:
        """What is to be done besides telling, if anything."""
        if action == "tell" or not self._responses.may_order(aloft, action):
            return None
        given = self._drafts.given(aloft.mission.request, aloft.under_way)
        given = self._drafts.of_vehicle(given, aloft.vehicle.id)
        district, causes = self._drafts.district, {cause(each) for each in fresh}
        out = await self._judged(lambda: way_out(aloft.plan, district, given, causes), at_once=True)
        return decided(action, out, hovers=_hovers(aloft.state))

    def _fresh(self, findings: Iterable[Finding], aloft: Aloft) -> list[Finding]:
        """What was neither known at clearance, nor told of this flight since its cause is what it is."""
        name = aloft.vehicle.id
        told = [each for each in aloft.record.contingencies if each.time >= self._changed.get(each.about, 0.0)]
        known = [*_of(aloft.mission, name), *(Finding(each.rule, each.severity, "", about=each.about) for each in told)]
        return [finding for finding in findings if not is_known(finding, known)]

    def _of_sensors(self, state: VehicleState) -> Iterable[Finding]:
        for sensor in self._blind.values():
            if sensor.vehicle_id == state.id:
                yield Finding(
                    "sensor",
                    "blocking",
                    f"its camera {sensor.id} is {sensor.health}: what it flies over is not seen",
                    f"机载相机 {sensor.id} {_HEALTH_ZH[sensor.health]}：所经区域无画面",
                    about=sensor.id,
                )


def _plan_of(mission: Mission, name: str) -> Plan:
    return next(plan for plan in mission.plans if plan.vehicle_id == name)


def _of(mission: Mission, name: str) -> list[Finding]:
    """What was known of one vehicle's plan when it was last judged before its launch.

    A finding that was overridden up to some measure is not: beyond that it is news.
    """
    return [
        each
        for each in mission.findings
        if each.vehicle_id == name and (each.overridden is None or each.overridden.breach is None)
    ]


def _no_position(name: str) -> Finding:
    return Finding(
        "position",
        "blocking",
        "it does not know where it is any more: its plan ahead cannot be watched",
        "定位丢失：无法继续监视其后续航线",
        about=name,
    )


def _hovers(state: VehicleState) -> bool:
    if state.kind == "vtol" and state.velocity_enu_mps is not None:
        east, north, _ = state.velocity_enu_mps
        return math.hypot(east, north) < HOVERS_BELOW_MPS
    return state.kind == "rotorcraft"
