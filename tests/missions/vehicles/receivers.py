"""Small receivers of the mission protocol, of both manners, and a lossy link with delay, all on a virtual clock.

The manners are those of the recorded autopilots: ArduCopter 4.6.2 (asks with MISSION_REQUEST, again every second, gives
up after eight seconds with ACK 15, refuses for a while, answers ACK 13 to an item it did not ask for, overwrites home,
gives frame 3 for 6) and PX4 1.16.1 (MISSION_REQUEST_INT, again every 250 ms, gives up after five seconds).
"""

import heapq
import itertools
import random
from dataclasses import replace

from maps.instants import Instant
from missions.vehicles.dialect import Encoder, Framer, Message, mavlink
from missions.vehicles.wire_items import MissionType, WireItem

SYSTEM = (1, 1)
GCS = (255, 190)


class Receiver:
    """An autopilot that knows the mission protocol and nothing else."""

    request_again_s = 1.0
    give_up_s = 8.0

    def __init__(self, unsupported: frozenset[int] = frozenset()) -> None:
        self.held: dict[int, list[WireItem]] = {0: [], 1: [], 2: []}
        self.unsupported = unsupported
        self.refuse_until = 0.0
        self.uploads = 0
        self._incoming: list[WireItem] = []
        self._count = 0
        self._type: int | None = None
        self._heard = self._asked = 0.0

    def receive(self, message: Message, now: float) -> list[Message]:
        kind = message.get_type()
        if kind == "MISSION_COUNT":
            return self._begin(message, now)
        if kind == "MISSION_ITEM_INT":
            return self._item(message, now)
        if kind == "MISSION_REQUEST_LIST":
            count = len(self.held[message.mission_type])
            return [mavlink.MAVLink_mission_count_message(*GCS, count, message.mission_type)]
        if kind == "MISSION_REQUEST_INT":
            return self._give(message)
        if kind == "MISSION_CLEAR_ALL":
            self.held[message.mission_type] = self.after_clear(message.mission_type)
            return [self.ack(0, message.mission_type)]
        return []

    def tick(self, now: float) -> list[Message]:
        if self._type is None:
            return []
        if now - self._heard > self.give_up_s:
            mission_type, self._type = self._type, None
            self.refuse_until = now + 2.0
            return [self.ack(15, mission_type)]
        if now - self._asked >= self.request_again_s:
            return self._ask(now)
        return []

    def ack(self, result: int, mission_type: int) -> Message:
        return mavlink.MAVLink_mission_ack_message(*GCS, result, mission_type)

    def after_clear(self, _mission_type: int) -> list[WireItem]:
        return []

    def request(self, seq: int, mission_type: int) -> Message:
        raise NotImplementedError

    def stored(self, seq: int, item: WireItem, mission_type: int) -> WireItem:
        raise NotImplementedError

    def on_unexpected(self, mission_type: int, now: float) -> list[Message]:
        raise NotImplementedError

    def _begin(self, message: Message, now: float) -> list[Message]:
        if now < self.refuse_until:
            return [self.ack(14, message.mission_type)]
        self.uploads += 1
        self._count, self._type, self._incoming = message.count, message.mission_type, []
        self._heard = now
        if self._count == 0:
            self.held[message.mission_type], self._type = [], None
            return [self.ack(0, message.mission_type)]
        return self._ask(now)

    def _ask(self, now: float) -> list[Message]:
        self._asked = now
        assert self._type is not None
        return [self.request(len(self._incoming), self._type)]

    def _item(self, message: Message, now: float) -> list[Message]:
        if self._type is None:
            return [self.ack(1, message.mission_type)]
        if message.seq != len(self._incoming):
            return self.on_unexpected(self._type, now)
        if message.command in self.unsupported:
            mission_type, self._type = self._type, None
            self.held[mission_type] = [*self._incoming, *self.held[mission_type][len(self._incoming) :]]
            return [self.ack(3, mission_type)]
        self._heard = now
        self._incoming.append(self.stored(message.seq, WireItem.from_message(message), self._type))
        if len(self._incoming) < self._count:
            return self._ask(now)
        mission_type, self._type = self._type, None
        self.held[mission_type] = self._incoming
        return [self.ack(0, mission_type)]

    def _give(self, message: Message) -> list[Message]:
        items = self.held[message.mission_type]
        if message.seq >= len(items):
            return [self.ack(13, message.mission_type)]
        item = items[message.seq].message(message.seq, GCS, MissionType(message.mission_type))
        return [item]


class ArduPilotReceiver(Receiver):
    def after_clear(self, mission_type: int) -> list[WireItem]:
        return self.held[0][:1] if mission_type == 0 else []

    def request(self, seq: int, mission_type: int) -> Message:
        return mavlink.MAVLink_mission_request_message(*GCS, seq, mission_type)

    def stored(self, seq: int, item: WireItem, mission_type: int) -> WireItem:
        if mission_type == 0 and seq == 0:
            return replace(item, frame=0, command=16, z=220.1)
        if item.command in (20, 178):
            item = replace(item, frame=0)
        return replace(item, frame={6: 3, 5: 0}.get(item.frame, item.frame), autocontinue=int(mission_type == 0))

    def on_unexpected(self, mission_type: int, now: float) -> list[Message]:
        return [self.ack(13, mission_type)]


class Px4Receiver(Receiver):
    request_again_s = 0.25
    give_up_s = 5.0

    def request(self, seq: int, mission_type: int) -> Message:
        if self.uploads == 1 and seq == 0:
            return mavlink.MAVLink_mission_request_message(*GCS, seq, mission_type)
        return mavlink.MAVLink_mission_request_int_message(*GCS, seq, mission_type)

    def stored(self, seq: int, item: WireItem, mission_type: int) -> WireItem:
        return replace(item, frame=5, autocontinue=0) if mission_type == 1 else item

    def on_unexpected(self, mission_type: int, now: float) -> list[Message]:
        return self._ask(now)


class LossyLink:
    """Carries packets between a sans-I/O exchange and a receiver on a virtual clock, losing a share of them."""

    def __init__(self, loss: float, delay_s: float = 0.02, seed: int = 1) -> None:
        self.now = 1000.0
        self._loss, self._delay_s = loss, delay_s
        self._random = random.Random(seed)
        self._order = itertools.count()
        self._in_flight: list[tuple[float, int, bool, bytes]] = []
        self._ours, self._theirs = Encoder(*GCS), Encoder(*SYSTEM)
        self._framer = Framer()

    def _send(self, messages: list[Message], to_vehicle: bool) -> None:
        for message in messages:
            data = (self._ours if to_vehicle else self._theirs).encode(message)
            if self._random.random() >= self._loss:
                entry = (self.now + self._delay_s, next(self._order), to_vehicle, data)
                heapq.heappush(self._in_flight, entry)

    def run(self, exchange, receiver: Receiver, limit_s: float = 3600.0) -> float:
        """Run until the exchange is done; the virtual seconds it took."""
        began = self.now
        self._send(exchange.start(Instant(self.now)), True)
        while not exchange.done:
            assert self.now - began < limit_s, "the exchange does not end"
            arrival = self._in_flight[0][0] if self._in_flight else float("inf")
            self.now = max(self.now, min(arrival, exchange.deadline, self.now + 0.05))
            while self._in_flight and self._in_flight[0][0] <= self.now:
                _, _, to_vehicle, data = heapq.heappop(self._in_flight)
                (message,) = (packet.message for packet in self._framer.feed(data))
                if to_vehicle:
                    self._send(receiver.receive(message, self.now), False)
                else:
                    self._send(exchange.receive(message, Instant(self.now)), True)
            self._send(receiver.tick(self.now), False)
            self._send(exchange.tick(Instant(self.now)), True)
        return self.now - began
