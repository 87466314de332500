"""The book of missions: their newest form, kept in the store and shown in the picture."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from fusion.bus import ENTITIES, EVENTS, Bus
from fusion.messages import Event, Severity
from maps.instants import Clock, Instant
from missions.errors import MissionError
from missions.execution.mission import (
    ACTIVE,
    ENDED,
    FlightRecord,
    Mission,
    MissionStore,
    flight_event,
    mission_entity,
    state_of,
)

_REFRESH_S = 5.0
_TICK_S = 0.2
_SAVED = ("state", "item", "items_reached", "contingencies")
"""What of a flight is worth a write."""

_ENDS = {"done": "已完成", "aborted": "已中止", "failed": "失败"}


class MissionBook:
    """Every mission in its newest form. A change is stored at once, and published within a fifth of a second."""

    def __init__(self, bus: Bus, store: MissionStore, clock: Clock) -> None:
        self._bus, self._store, self._clock = bus, store, clock
        self._missions: dict[str, Mission] = {}
        self._published: dict[str, Instant] = {}
        self._pending: set[str] = set()

    def get(self, mission_id: str) -> Mission:
        """One mission.

        Raises:
            MissionError: ``mission.not_found``.
        """
        try:
            return self._missions[mission_id]
        except KeyError:
            raise MissionError(
                "mission.not_found", f"there is no mission {mission_id}", f"没有任务 {mission_id}", "id"
            ) from None

    def all(self) -> tuple[Mission, ...]:
        """Every mission, newest first."""
        return tuple(sorted(self._missions.values(), key=lambda mission: -mission.created_time))

    def load(self) -> tuple[Mission, ...]:
        """Take every mission from the store; a clearance does not outlive the service, so cleared ones are drafts."""
        for mission in self._store.load_all():
            known = msgspec.structs.replace(mission, state="draft") if mission.state == "cleared" else mission
            self._missions[mission.id] = known
            self._pending.add(mission.id)
        return self.all()

    def keep(self, mission: Mission, *, save: bool = True) -> None:
        """Take the newest form of a mission; ``save=False`` for changes not worth a write, such as progress."""
        self._missions[mission.id] = mission
        self._pending.add(mission.id)
        if save:
            self._store.save(mission)

    def flight_changed(self, mission_id: str, record: FlightRecord) -> None:
        """Take the newest record of a flight: the mission's state follows, and people are told."""
        mission = self.get(mission_id)
        before = next(flight for flight in mission.flights if flight.vehicle_id == record.vehicle_id)
        flights = tuple(record if flight is before else flight for flight in mission.flights)
        changed = msgspec.structs.replace(mission, flights=flights, state=state_of(flights))
        self.keep(changed, save=any(getattr(before, name) != getattr(record, name) for name in _SAVED))
        if before.state != record.state:
            self._bus.publish(EVENTS, flight_event(changed, record, self._clock()))
        if changed.state in ENDED and mission.state not in ENDED:
            severity: Severity = "info" if changed.state == "done" else "warning"
            words = f"{mission_id} {changed.state}", f"{mission_id} {_ENDS[changed.state]}"
            self.tell(f"mission.{changed.state}", severity, mission_id, *words)

    def tell(self, code: str, severity: Severity, mission_id: str, message_en: str, message_zh: str) -> None:
        """Tell people of a mission."""
        event = Event(self._clock(), code, severity, f"mission/{mission_id}", message_en, message_zh)
        self._bus.publish(EVENTS, event)

    def warn(
        self, code: str, severity: Severity, vehicle_id: str, words: tuple[str, str], properties: Mapping[str, Any]
    ) -> None:
        """Tell people of a vehicle in the air, in English and Chinese."""
        words_en, words_zh = f"{vehicle_id}: {words[0]}", f"{vehicle_id}：{words[1]}"
        event = Event(self._clock(), code, severity, f"vehicle/{vehicle_id}", words_en, words_zh, dict(properties))
        self._bus.publish(EVENTS, event)

    def notice(self, vehicle_id: str, message_en: str, message_zh: str) -> None:
        """Tell people what a vehicle that is being launched waits for."""
        event = Event(self._clock(), "flight.notice", "warning", f"vehicle/{vehicle_id}", message_en, message_zh)
        self._bus.publish(EVENTS, event)

    async def publish_for_ever(self) -> None:
        """Show changes in the picture, and those that fly again every few seconds, until cancelled."""
        while True:
            now = self._clock()
            for mission_id, mission in self._missions.items():
                refresh = mission.state in ACTIVE and now - self._published.get(mission_id, 0.0) >= _REFRESH_S
                if mission_id in self._pending or refresh:
                    self._published[mission_id] = now
                    self._bus.publish(ENTITIES, mission_entity(mission, now))
            self._pending.clear()
            await asyncio.sleep(_TICK_S)
