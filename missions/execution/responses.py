"""Responses: when something comes up against a flight in the air, its pilot is told, and policy's contingency follows.

An order goes to the vehicle as a pilot's does. It is given once for each cause: who resumes the flight after it is not
stopped again for the same. What a pilot orders comes first: a flight that holds, returns or lands by a pilot's order is
only told of, and an order of ours under way is given up when a pilot gives another.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from fusion.messages import Severity, VehicleState
from maps.instants import Clock
from missions.errors import MissionError
from missions.execution.book import MissionBook
from missions.execution.contingency import GRAVITY, ORDERS, Action, Decision, in_words
from missions.execution.mission import Contingency, FlightRecord, Mission
from missions.execution.operation import Operation
from missions.plan import Plan
from missions.safety import Finding
from missions.safety.circumstances import UnderWay
from missions.vehicles.modes import MISSION
from missions.vehicles.vehicle import Vehicle

AGAIN_S = 2.0
"""After an order that was not taken."""


class Ledger(Protocol):
    """Where orders are written down that nobody in particular gave."""

    def order(self, action: str, subject: str, detail: str) -> AbstractAsyncContextManager[None]:
        """Write an order down before it is given, and how it ended after it.

        Args:
            action: such as ``vehicle.hold``.
            subject: the vehicle.
            detail: why.
        """


class Unwritten:
    """Writes nothing down."""

    def order(self, action: str, subject: str, detail: str) -> AbstractAsyncContextManager[None]:
        """Only gives the order."""
        return nullcontext()


@dataclass(frozen=True)
class Aloft:
    """One flight in the air, as it is judged.

    Attributes:
        state: of its vehicle.
        under_way: where it stands.
        orders: of its vehicle when it was looked at.
    """

    mission: Mission
    operation: Operation
    vehicle: Vehicle
    plan: Plan
    state: VehicleState
    under_way: UnderWay
    orders: int

    @property
    def record(self) -> FlightRecord:
        """How far it has come by now."""
        return self.operation.flights[self.vehicle.id].record


class Responses:
    """Tells of contingencies and orders what is decided.

    Args:
        book: tells people.
        clock: tells UTC.
        ledger: where orders are written down.
        again: called with the reason when the flight must be judged again.
    """

    def __init__(self, book: MissionBook, clock: Clock, ledger: Ledger, again: Callable[[str], None]) -> None:
        self._book, self._clock, self._ledger, self._again = book, clock, ledger, again
        self._ours: dict[str, tuple[int, Action]] = {}
        self._ordering: set[str] = set()

    def is_ordering(self, vehicle: Vehicle) -> bool:
        """Whether anybody is giving it an order at this moment: what it will do then is not known yet."""
        return vehicle.ordering > 0 or vehicle.id in self._ordering

    def may_order(self, aloft: Aloft, action: Action) -> bool:
        """Whether it flies by its plan, or holds by an order of ours and this one is graver."""
        vehicle = aloft.vehicle
        if aloft.record.state == "flying" and vehicle.telemetry.mode in MISSION:
            return True
        count, earlier = self._ours.get(vehicle.id, (-1, "tell"))
        return vehicle.orders == count and GRAVITY[action] > GRAVITY[earlier]

    def tell(self, aloft: Aloft, findings: list[Finding]) -> None:
        """Tell people what has come up."""
        for each in findings:
            severity: Severity = "critical" if each.severity == "blocking" else "warning"
            words = each.message, each.message_zh or each.message
            self._book.warn("flight.ahead", severity, aloft.vehicle.id, words, _properties(aloft, each, "tell"))
        self._note(aloft, findings, "tell")

    def begin(self, aloft: Aloft, findings: list[Finding], decision: Decision, owner: asyncio.TaskGroup) -> None:
        """Tell people what has come up and is done about it, and give the order in a task of its own."""
        self._ordering.add(aloft.vehicle.id)
        owner.create_task(self._carry_out(aloft, findings, decision))

    async def _carry_out(self, aloft: Aloft, findings: list[Finding], decision: Decision) -> None:
        name, action = aloft.vehicle.id, decision.action
        why, why_zh = in_words(findings)
        said = f"{decision.words}: {why}", f"{decision.words_zh}：{why_zh}"
        properties = _properties(aloft, findings[0], action)
        self._book.warn("flight.contingency", "critical", name, said, properties)
        try:
            async with self._ledger.order(f"vehicle.{action}", name, said[0]):
                await self._give(aloft.vehicle, action)
        except MissionError as error:
            failed = f"the order was not taken: {error.message_en}", f"指令未被执行：{error.message_zh}"
            self._book.warn("flight.contingency_failed", "critical", name, failed, properties)
            await asyncio.sleep(AGAIN_S)
            self._again("an order was not taken")
        else:
            self._note(aloft, findings, action)
        finally:
            self._ordering.discard(name)

    async def _give(self, vehicle: Vehicle, action: Action) -> None:
        """Give an order, until it is taken or a pilot gives another one."""
        giving = asyncio.ensure_future(ORDERS[action](vehicle))
        try:
            await asyncio.sleep(0)
            mine = vehicle.orders
            self._ours[vehicle.id] = mine, action
            while not giving.done() and vehicle.orders == mine:
                await asyncio.wait({giving}, timeout=0.05)
            if giving.done():
                giving.result()
        finally:
            giving.cancel()

    def _note(self, aloft: Aloft, findings: list[Finding], action: Action) -> None:
        now, flight = self._clock(), aloft.operation.flights[aloft.vehicle.id]
        flight.met(
            Contingency(each.rule, each.about, each.severity, action, now, each.message, each.message_zh)
            for each in findings
        )
        aloft.operation.changed(flight.record)


def _properties(aloft: Aloft, finding: Finding, action: Action) -> Mapping[str, str]:
    about = {"about": finding.about} if finding.about else {}
    return {"mission": aloft.mission.id, "rule": finding.rule, **about, "action": action, "by": "liti"}
