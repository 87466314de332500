"""The dialogue with one vehicle: its messages in, ours out, and the exchanges in between.

Exchanges (`Delivery`, `CommandExchange` …) know no I/O; here they get the vehicle's messages the moment they arrive,
and the time a few tens of times a second. Nothing here waits for anything but the vehicle.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from maps.instants import Clock, Instant
from missions.errors import MissionError
from missions.vehicles.commands import Command, CommandExchange
from missions.vehicles.dialect import AUTOPILOT_COMPONENT, Encoder, Message, Packet, mavlink
from missions.vehicles.streams import ARDUPILOT, COMMON, PX4, StreamRequests
from missions.vehicles.telemetry import LOST_AFTER_S, Telemetry

_TIMESYNC_EVERY_S = 2.0
_WORDS_FOLLOW_S = 0.3


class Exchange(Protocol):
    """What the dialogue needs of an exchange."""

    done: bool

    def start(self, now: Instant) -> list[Message]:
        """The first messages to send."""

    def receive(self, message: Message, now: Instant) -> list[Message]:
        """Take a message; the messages to send in answer."""

    def tick(self, now: Instant) -> list[Message]:
        """Look at the time; the messages to send because of it."""


E = TypeVar("E", bound=Exchange)


class Dialogue:
    """One vehicle's messages, both ways; to be used from one event loop.

    Attributes:
        telemetry: what its messages said.
        restarts: how often the autopilot began anew.
    """

    def __init__(self, system_id: int, telemetry: Telemetry, send: Callable[[bytes], None], clock: Clock) -> None:
        self.target = (system_id, AUTOPILOT_COMPONENT)
        self.telemetry = telemetry
        self.clock = clock
        self.restarts = 0
        self._send_bytes = send
        self._encoder = Encoder()
        self._running: dict[Exchange, asyncio.Event] = {}
        self._waiting: list[tuple[Callable[[], bool], asyncio.Event]] = []
        self._streams: StreamRequests | None = None
        self._timesync_at = Instant(0.0)

    def send(self, *messages: Message) -> None:
        """Send messages to this vehicle; never waits."""
        for message in messages:
            self._send_bytes(self._encoder.encode(message))

    def receive(self, packet: Packet, now: Instant) -> None:
        """Take one packet of this vehicle."""
        if packet.message is None:
            return
        telemetry, reboots = self.telemetry, self.telemetry.boot_time.reboots
        silent = telemetry.heartbeat_time is not None and now - telemetry.heartbeat_time > LOST_AFTER_S
        telemetry.receive(packet.message, now)
        if packet.component_id == AUTOPILOT_COMPONENT:
            self._keep_streams(packet.message, now, silent or telemetry.boot_time.reboots != reboots)
            self.restarts += telemetry.boot_time.reboots - reboots
        for exchange in list(self._running):
            self.send(*exchange.receive(packet.message, now))
            self._settle(exchange)
        self._wake_waiting()

    def tick(self, now: Instant) -> None:
        """Look at the time: what must be repeated, asked for or given up."""
        for exchange in list(self._running):
            self.send(*exchange.tick(now))
            self._settle(exchange)
        if self.telemetry.link(now) != "up":
            return
        if self._streams is not None:
            self.send(*self._streams.due(now))
        if now >= self._timesync_at:
            self._timesync_at = Instant(now + _TIMESYNC_EVERY_S)
            self.send(mavlink.MAVLink_timesync_message(0, int(now * 1e9)))

    async def perform(self, exchange: E) -> E:
        """Run an exchange to its end and give it back; cancelling this ends it."""
        finished = asyncio.Event()
        self._running[exchange] = finished
        try:
            self.send(*exchange.start(self.clock()))
            if not exchange.done:
                await finished.wait()
        finally:
            self._running.pop(exchange, None)
        return exchange

    async def until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait until something holds of the telemetry; False when it does not within that time."""
        if holds():
            return True
        changed = asyncio.Event()
        entry = (holds, changed)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(within_s):
                await changed.wait()
        except TimeoutError:
            return holds()
        finally:
            self._waiting.remove(entry)
        return True

    async def command(self, command: Command, *, tries: int = 8) -> None:
        """Send a command until it is accepted.

        Raises:
            MissionError: ``vehicle.refused`` with the vehicle's own words, or ``vehicle.no_answer``.
        """
        began = self.clock()
        exchange = await self.perform(CommandExchange(command, self.target, tries=tries))
        if not exchange.accepted:
            raise await self.refusal(exchange, began)

    async def refusal(self, exchange: CommandExchange, began: Instant) -> MissionError:
        """The error for a command that was not accepted, with what the vehicle said since it began."""
        if exchange.result is not None:
            await self.until(lambda: bool(self.telemetry.texts.since(began)), _WORDS_FOLLOW_S)
        texts = self.telemetry.texts.since(began)
        words_en, words_zh = exchange.words
        said = "; ".join(texts[-3:])
        name = self.telemetry.vehicle_id
        return MissionError(
            "vehicle.no_answer" if exchange.result is None else "vehicle.refused",
            f"{name}: {_command_name(exchange.command.number)} {words_en}" + (f": {said}" if said else ""),
            f"{name}：{_command_name(exchange.command.number)} {words_zh}" + (f"：{said}" if said else ""),
        )

    def _settle(self, exchange: Exchange) -> None:
        if exchange.done and (finished := self._running.get(exchange)) is not None:
            finished.set()

    def _wake_waiting(self) -> None:
        for holds, changed in self._waiting:
            if not changed.is_set() and holds():
                changed.set()

    def _keep_streams(self, message: Message, now: Instant, forgotten: bool) -> None:
        if self._streams is None:
            if self.telemetry.heartbeat_time is None:
                return
            streams = {"ardupilot": ARDUPILOT, "px4": PX4}.get(self.telemetry.autopilot, COMMON)
            self._streams = StreamRequests(*self.target, streams)
        if forgotten:
            self._streams.restart()
        self._streams.receive(message, now)


def _command_name(number: int) -> str:
    entry = mavlink.enums["MAV_CMD"].get(number)
    return entry.name.removeprefix("MAV_CMD_") if entry is not None else f"command {number}"
