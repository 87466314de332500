"""The fleet: every vehicle on every link, found by its heartbeat, followed, and published.

Vehicles are told apart by system id and remote address. A vehicle that comes back from another address after silence is
the same vehicle; one that speaks from a second address while the first still does is another with the same number, gets
a name of its own, and people are told.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from fusion.bus import EVENTS, Bus
from fusion.messages import Event, Severity
from maps.instants import Clock, Instant
from missions.vehicles.dialect import AUTOPILOT_COMPONENT, Encoder, Packet, mavlink
from missions.vehicles.link import Link, LinkError, LinkSettings, Remote
from missions.vehicles.publishing import Ground, VehiclePublisher
from missions.vehicles.telemetry import STALE_AFTER_S, vehicle_kind
from missions.vehicles.tlog import TlogWriter
from missions.vehicles.vehicle import Vehicle, VehicleSettings

_log = logging.getLogger(__name__)

_TICK_S = 0.05
_HEARTBEAT_EVERY_S = 1.0
_REOPEN_S = 5.0
_MOST_VEHICLES = 1_000
_BOTH_SPEAK_S = 1.0
"""For which two addresses must both speak with one system id to be two vehicles."""


class FleetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Links, and names for the system ids expected on them; unknown ones are called ``sys-<n>``."""

    links: tuple[LinkSettings, ...] = ()
    vehicles: tuple[VehicleSettings, ...] = ()


class _Known:
    """A vehicle, where it speaks from, and who publishes it."""

    def __init__(self, vehicle: Vehicle, link: Link, remote: Remote, publisher: VehiclePublisher) -> None:
        self.vehicle = vehicle
        self.publisher = publisher
        self.link = link
        self.remote = remote


class Fleet:
    """All vehicles on all links.

    Attributes:
        settings: as configured.
        vehicles: by name; grows as they are heard of.
        links: each with its counters.
        refused: packets of aircraft beyond the most that can be followed.
    """

    def __init__(
        self, settings: FleetSettings, bus: Bus, clock: Clock, record_folder: Path | None, ground: Ground | None = None
    ) -> None:
        self.settings = settings
        self.refused = 0
        self._bus, self._clock, self._ground = bus, clock, ground
        self._names = {each.system_id: each for each in settings.vehicles}
        self._known: dict[tuple[Link, int, Remote], _Known] = {}
        self._suspects: dict[tuple[Link, int, Remote], Instant] = {}
        self._by_name: dict[str, _Known] = {}
        self._vehicles: dict[str, Vehicle] = {}
        self.vehicles: Mapping[str, Vehicle] = MappingProxyType(self._vehicles)
        self.links = tuple(
            Link(each, self._take, clock, _recorder(record_folder, index, clock))
            for index, each in enumerate(settings.links)
        )
        self._encoders = [Encoder() for _ in self.links]

    async def run(self) -> None:
        """Follow all vehicles until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for link in self.links:
                    group.create_task(self._keep_open(link))
                group.create_task(self._tick_for_ever())
        finally:
            for vehicle in self._vehicles.values():
                await vehicle.close()

    async def _keep_open(self, link: Link) -> None:
        told = False
        while True:
            try:
                await link.run()
            except LinkError as error:
                if not told:
                    _log.error("%s", error)
                    self._tell("link.failed", "critical", link.settings.url, str(error), f"链路无法打开：{error}")
                told = True
            await asyncio.sleep(_REOPEN_S)

    async def _tick_for_ever(self) -> None:
        heartbeat_at = Instant(0.0)
        while True:
            now = self._clock()
            if now >= heartbeat_at or heartbeat_at > now + 10 * _HEARTBEAT_EVERY_S:
                heartbeat_at = Instant(now + _HEARTBEAT_EVERY_S)
                self._send_heartbeats()
            for known in list(self._known.values()):
                known.vehicle.dialogue.tick(now)
                known.publisher.publish(now)
            await asyncio.sleep(_TICK_S)

    def _send_heartbeats(self) -> None:
        message = mavlink.MAVLink_heartbeat_message(
            mavlink.MAV_TYPE_GCS, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3
        )
        for link, encoder in zip(self.links, self._encoders, strict=True):
            if link.connected.is_set():
                for remote in link.remotes:
                    link.send(encoder.encode(message), remote)
            link.flush()

    def _take(self, link: Link, remote: Remote, packet: Packet) -> None:
        """One packet from a link."""
        known = self._known.get((link, packet.system_id, remote))
        now = self._clock()
        if known is None:
            known = self._meet(link, remote, packet, now)
            if known is None:
                return
        known.vehicle.receive(packet, now)

    def _meet(self, link: Link, remote: Remote, packet: Packet, now: Instant) -> _Known | None:
        """The vehicle that a packet from a new address belongs to; None for what is no autopilot's heartbeat."""
        message = packet.message
        if (
            packet.message_id != mavlink.MAVLINK_MSG_ID_HEARTBEAT
            or message is None
            or packet.component_id != AUTOPILOT_COMPONENT
            or message.autopilot == mavlink.MAV_AUTOPILOT_INVALID
            or vehicle_kind(message.type) is None
        ):
            return None
        moved = self._moved(link, remote, packet.system_id, now)
        if moved is not None:
            return moved
        if self._may_have_moved(link, remote, packet.system_id, now):
            return None
        if len(self._known) >= _MOST_VEHICLES:
            self.refused += 1
            return None
        settings = self._names.get(packet.system_id) or VehicleSettings(f"sys-{packet.system_id}", packet.system_id)
        if settings.id in self._vehicles:
            settings = self._second_of(settings, remote)
        vehicle = Vehicle(settings, lambda data: self._send(settings.id, data), self._clock)
        publisher = VehiclePublisher(self._bus, vehicle.telemetry, settings.camera, self._ground)
        known = self._known[link, packet.system_id, remote] = _Known(vehicle, link, remote, publisher)
        self._vehicles[settings.id], self._by_name[settings.id] = vehicle, known
        self._tell("vehicle.found", "info", f"vehicle/{settings.id}", f"{settings.id} found", f"发现 {settings.id}")
        return known

    def _moved(self, link: Link, remote: Remote, system_id: int, now: Instant) -> _Known | None:
        """A vehicle of that system that has been silent at its earlier address and now speaks from here."""
        for key, known in self._known.items():
            heard = known.vehicle.telemetry.received_time
            if key[1] == system_id and (heard is None or now - heard > STALE_AFTER_S):
                del self._known[key]
                self._suspects.pop((link, system_id, remote), None)
                known.link, known.remote = link, remote
                self._known[link, system_id, remote] = known
                return known
        return None

    def _may_have_moved(self, link: Link, remote: Remote, system_id: int, now: Instant) -> bool:
        """Whether it is too early to say that a new address is another vehicle: the earlier one must speak on."""
        heard = [
            known.vehicle.telemetry.received_time or now for key, known in self._known.items() if key[1] == system_id
        ]
        if not heard:
            return False
        if len(self._suspects) > _MOST_VEHICLES:
            self._suspects.clear()
        first = self._suspects.setdefault((link, system_id, remote), now)
        if max(heard) < first + _BOTH_SPEAK_S:
            return True
        del self._suspects[link, system_id, remote]
        return False

    def _second_of(self, settings: VehicleSettings, remote: Remote) -> VehicleSettings:
        number = next(n for n in range(2, _MOST_VEHICLES + 2) if f"{settings.id}-{n}" not in self._vehicles)
        name = f"{settings.id}-{number}"
        self._tell(
            "vehicle.duplicate_id",
            "warning",
            f"vehicle/{name}",
            f"{remote}: a second vehicle with system id {settings.system_id}; it is called {name}: "
            "give every vehicle a number of its own",
            f"{remote}：另一架飞行器使用相同系统号 {settings.system_id}，已命名为 {name}：请为每架设置不同编号",
        )
        return VehicleSettings(name, settings.system_id, settings.kind)

    def _send(self, vehicle_id: str, data: bytes) -> None:
        if (known := self._by_name.get(vehicle_id)) is not None:
            known.link.send(data, known.remote)

    def _tell(self, code: str, severity: Severity, subject: str, message_en: str, message_zh: str) -> None:
        self._bus.publish(EVENTS, Event(self._clock(), code, severity, subject, message_en, message_zh))


def _recorder(folder: Path | None, index: int, clock: Clock) -> TlogWriter | None:
    return None if folder is None else TlogWriter(folder / f"{int(clock())}-link{index + 1}.tlog")
