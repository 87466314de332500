"""The mission protocol as ArduPilot speaks it, for one list (mission, fence or rally), without I/O.

It asks with MISSION_REQUEST and takes MISSION_ITEM_INT or MISSION_ITEM. A mission is replaced item by item while it
arrives, so a rejected upload leaves a mixture; fence and rally lists are replaced as a whole at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.items import Item, ItemError

RETRY_S, GIVE_UP_S = 1.0, 8.9
"""Asks again each second, eight times, and then gives up (recorded from ArduPilot 4.6.2)."""
_CAPACITY = {items.MISSION: 1000, items.FENCE: 84, items.RALLY: 34}


@dataclass(slots=True)
class _Upload:
    source: tuple[int, int]
    next: int
    last: int
    progress_s: float
    asked_s: float


class StoredList:
    """What the vehicle holds of one mission type; `version` counts changes."""

    def __init__(self, mission_type: int) -> None:
        self.mission_type = mission_type
        self.items: list[Item] = []
        self.version = 0

    def replace_all(self, new: list[Item]) -> None:
        """Hold these items instead."""
        self.items = new
        self.version += 1


class Transfer:
    """Upload, download and clearing of one list.

    Args:
        stored: the list that it fills and reads.
        copter: whether items are packed as ArduCopter packs them.
        send: takes each answer.
        home: the item that stands for home at index 0 of a mission.
        current: index of the item being flown.
        complete: called after an upload or clearing; returns a MAV_MISSION_RESULT.
    """

    def __init__(
        self,
        stored: StoredList,
        *,
        copter: bool,
        send: Callable[[mavlink.MAVLink_message], None],
        home: Callable[[], Item],
        current: Callable[[], int],
        complete: Callable[[list[Item]], int],
    ) -> None:
        self.stored = stored
        self._copter, self._send, self._home, self._current, self._complete = copter, send, home, current, complete
        self._upload: _Upload | None = None
        self._waiting: list[Item] = []
        self._tail: list[Item] = []

    @property
    def receiving(self) -> bool:
        """Whether an upload is under way."""
        return self._upload is not None

    def receive(self, message: mavlink.MAVLink_message, now_s: float) -> None:
        """Handle one message of the protocol that is meant for this list."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        match message.get_type():
            case "MISSION_COUNT":
                self._count(message.count, source, now_s)
            case "MISSION_WRITE_PARTIAL_LIST":
                self._partial(message.start_index, message.end_index, source, now_s)
            case "MISSION_ITEM_INT" | "MISSION_ITEM":
                self._item(message, source, now_s)
            case "MISSION_REQUEST_LIST":
                if self._idle(source):
                    kind = self.stored.mission_type
                    self._send(mavlink.MAVLink_mission_count_message(*source, len(self.stored.items), kind))
            case "MISSION_REQUEST_INT" | "MISSION_REQUEST":
                if self._idle(source):
                    self._deliver(message.seq, source, message.get_type() == "MISSION_REQUEST")
            case "MISSION_CLEAR_ALL":
                if self._idle(source):
                    self._ack(source, self._complete([]))

    def step(self, now_s: float) -> None:
        """Ask again, or give up."""
        upload = self._upload
        if upload is None:
            return
        if now_s - upload.progress_s >= GIVE_UP_S:
            self._upload = None
            self._ack(upload.source, items.CANCELLED)
        elif now_s - upload.asked_s >= RETRY_S:
            self._ask(now_s)

    def _ack(self, target: tuple[int, int], result: int) -> None:
        self._send(mavlink.MAVLink_mission_ack_message(*target, result, self.stored.mission_type))

    def _idle(self, source: tuple[int, int]) -> bool:
        if self._upload is not None:
            self._ack(source, items.DENIED)
        return self._upload is None

    def _count(self, count: int, source: tuple[int, int], now_s: float) -> None:
        if self._upload is not None and self._upload.source != source:
            self._ack(source, items.DENIED)
            return
        if count > _CAPACITY[self.stored.mission_type]:
            self._ack(source, items.NO_SPACE)
            return
        self._upload = None
        self._waiting, self._tail = [], []
        if self.stored.mission_type == items.MISSION:
            del self.stored.items[count:]
            self.stored.version += 1
        if count == 0:
            self._ack(source, self._complete([]))
            return
        self._upload = _Upload(source, 0, count - 1, now_s, now_s)
        self._ask(now_s)

    def _partial(self, first: int, last: int, source: tuple[int, int], now_s: float) -> None:
        if self._upload is not None and self._upload.source != source:
            self._ack(source, items.DENIED)
            return
        held = len(self.stored.items)
        if not 0 <= first <= last < held:
            self._ack(source, items.FAILED)
            return
        self._waiting, self._tail = list(self.stored.items[:first]), list(self.stored.items[last + 1 :])
        self._upload = _Upload(source, first, last, now_s, now_s)
        self._ask(now_s)

    def _ask(self, now_s: float) -> None:
        upload = self._upload
        if upload is not None:
            upload.asked_s = now_s
            self._send(mavlink.MAVLink_mission_request_message(*upload.source, upload.next, self.stored.mission_type))

    def _item(self, message: mavlink.MAVLink_message, source: tuple[int, int], now_s: float) -> None:
        upload = self._upload
        if upload is None:
            self._ack(source, items.FAILED)
            return
        if upload.source != source:
            self._ack(source, items.DENIED)
            return
        if message.seq != upload.next:
            self._ack(source, items.INVALID_SEQUENCE)
            return
        try:
            item = items.received(message, self.stored.mission_type, self._copter)
        except ItemError as error:
            self._upload = None
            self._ack(source, error.result)
            return
        self._keep(upload.next, item)
        upload.progress_s = now_s
        upload.next += 1
        if upload.next <= upload.last:
            self._ask(now_s)
            return
        self._upload = None
        whole = self.stored.items if self.stored.mission_type == items.MISSION else self._waiting + self._tail
        self._ack(source, self._complete(list(whole)))

    def _keep(self, index: int, item: Item) -> None:
        if self.stored.mission_type != items.MISSION:
            self._waiting.append(item)
        elif index < len(self.stored.items):
            self.stored.items[index] = item
            self.stored.version += 1
        else:
            self.stored.items.append(item)
            self.stored.version += 1

    def _deliver(self, index: int, target: tuple[int, int], as_float: bool) -> None:
        mission = self.stored.mission_type == items.MISSION
        if index >= len(self.stored.items):
            self._ack(target, items.FAILED if mission else items.INVALID_SEQUENCE)
            return
        item = self._home() if mission and index == 0 else self.stored.items[index]
        current = int(mission and index == self._current())
        message = items.message_of(item, index, self.stored.mission_type, current, target)
        if as_float:
            fields = [getattr(message, name) for name in message.fieldnames]
            place = item.has_place or (mission and index == 0) or not mission
            scale = 1e-7 if place else 1.0
            fields[11:13] = [item.x * scale, item.y * scale]
            self._send(mavlink.MAVLink_mission_item_message(*fields))
            return
        self._send(message)
