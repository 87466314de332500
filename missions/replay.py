"""Recorded flights played again: `.tlog` files through the same telemetry code, at the recorded pace or faster.

Times are those of the recording. Played *as if now*, every published time is shifted so that the recording's first
packet falls on the moment playing began, divided by the speed: the picture then treats it as the present.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from fusion.bus import Bus
from maps.instants import Clock, Instant
from missions.vehicles.dialect import AUTOPILOT_COMPONENT, Framer, Packet, mavlink
from missions.vehicles.publishing import Ground, VehiclePublisher
from missions.vehicles.telemetry import Telemetry, vehicle_kind
from missions.vehicles.tlog import TlogError, read_tlog

_SLEEP_AT_LEAST_S = 0.005
_YIELD_EVERY = 200


class Replay:
    """Plays recordings into the bus, all from their beginnings at once.

    Attributes:
        vehicles: what is played, by name: ``sys-<n>``, or ``<file>-<n>`` when several files are played.
        packets: packets played.
        time: of the recording, where playing is now (of the file furthest ahead); None before it begins.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        bus: Bus,
        clock: Clock,
        *,
        speed: float = 1.0,
        as_if_now: bool = True,
        names: Mapping[int, str] | None = None,
        ground: Ground | None = None,
    ) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.vehicles: dict[str, Telemetry] = {}
        self.packets = 0
        self.time: Instant | None = None
        self._paths, self._bus, self._clock = tuple(paths), bus, clock
        self._speed, self._as_if_now, self._names, self._ground = speed, as_if_now, dict(names or {}), ground

    async def run(self) -> None:
        """Play everything to its end.

        Raises:
            TlogError: (in an ExceptionGroup) when a file is damaged or none.
        """
        async with asyncio.TaskGroup() as group:
            for path in self._paths:
                group.create_task(self._play(path))

    async def _play(self, path: Path) -> None:
        framer = Framer()
        players: dict[int, VehiclePublisher] = {}
        telemetries: dict[int, Telemetry] = {}
        began = self._clock()
        first: Instant | None = None
        for count, recorded in enumerate(read_tlog(path)):
            if first is None:
                first = recorded.time
            ahead_s = (recorded.time - first) / self._speed - (self._clock() - began)
            if ahead_s > _SLEEP_AT_LEAST_S or count % _YIELD_EVERY == 0:
                await asyncio.sleep(max(0.0, ahead_s))
            shift_s = began + (recorded.time - first) / self._speed - recorded.time if self._as_if_now else 0.0
            self.time = recorded.time
            for packet in framer.feed(recorded.data, whole=True):
                self.packets += 1
                telemetry = telemetries.get(packet.system_id) or self._meet(path, packet)
                if telemetry is None:
                    continue
                if packet.system_id not in telemetries:
                    telemetries[packet.system_id] = telemetry
                    players[packet.system_id] = VehiclePublisher(self._bus, telemetry, ground=self._ground)
                if packet.message is not None:
                    telemetry.receive(packet.message, recorded.time)
            for player in players.values():
                player.publish(recorded.time, shift_s)
        if first is None:
            raise TlogError(f"{path} holds no packets")

    def _meet(self, path: Path, packet: Packet) -> Telemetry | None:
        message = packet.message
        if (
            message is None
            or packet.message_id != mavlink.MAVLINK_MSG_ID_HEARTBEAT
            or packet.component_id != AUTOPILOT_COMPONENT
            or message.autopilot == mavlink.MAV_AUTOPILOT_INVALID
            or (kind := vehicle_kind(message.type)) is None
        ):
            return None
        prefix = "sys" if len(self._paths) == 1 else path.stem
        name = self._names.get(packet.system_id, f"{prefix}-{packet.system_id}")
        telemetry = self.vehicles[name] = Telemetry(name, kind)
        return telemetry
