"""The mission protocol without I/O: upload, download and clearing of missions, fences and rally points.

An exchange is started, is given the vehicle's messages and the time, and gives messages to send and the moment at which
it wants to be woken. The vehicle leads an upload by asking for items, the ground leads a download. Manners:

* ArduPilot asks with MISSION_REQUEST, asks again every second and gives up after eight; an item it did not ask for gets
  MISSION_ACK 13 and changes nothing.
* PX4 asks with MISSION_REQUEST_INT (the first time with MISSION_REQUEST), asks again every 250 ms, gives up after 5 s.

An item pushed once more while the vehicle is silent is either the one it waits for, or ignored; so half of the round
trip need not be won. Source: MAVLink mission protocol guide, and recordings of ArduPilot 4.6.2 and PX4 1.16.1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from maps.instants import Instant
from missions.vehicles.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, mavlink
from missions.vehicles.wire_items import MissionType, WireItem

_ACCEPTED = mavlink.MAV_MISSION_ACCEPTED
_WRONG_SEQUENCE = mavlink.MAV_MISSION_INVALID_SEQUENCE
_NEVER = Instant(float("inf"))

ACK_REASONS = {
    mavlink.MAV_MISSION_ERROR: "the vehicle takes no mission now",
    mavlink.MAV_MISSION_UNSUPPORTED_FRAME: "an item's altitude reference is not supported",
    mavlink.MAV_MISSION_UNSUPPORTED: "an item's command is not supported by this vehicle",
    mavlink.MAV_MISSION_NO_SPACE: "the vehicle has no room for so many items",
    mavlink.MAV_MISSION_INVALID: "an item is invalid",
    mavlink.MAV_MISSION_INVALID_SEQUENCE: "items came out of order",
    mavlink.MAV_MISSION_DENIED: "the vehicle refuses a transfer now, perhaps another one is under way",
    mavlink.MAV_MISSION_OPERATION_CANCELLED: "the vehicle gave up waiting for items",
}
PERMANENT = frozenset(
    {
        mavlink.MAV_MISSION_UNSUPPORTED_FRAME,
        mavlink.MAV_MISSION_UNSUPPORTED,
        mavlink.MAV_MISSION_NO_SPACE,
        mavlink.MAV_MISSION_INVALID,
        *range(mavlink.MAV_MISSION_INVALID_PARAM1, mavlink.MAV_MISSION_INVALID_PARAM7 + 1),
    }
)
"""Answers that the same items will get again: trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a transfer is, in seconds.

    Attributes:
        again_s: before something is sent once more, until round trips have been measured.
        soonest_again_s: and never sooner than this.
        silence_s: of the vehicle, after which the exchange fails.
    """

    again_s: float = 0.6
    soonest_again_s: float = 0.15
    silence_s: float = 10.0


class RoundTrip:
    """The round trip of a link as seen by question and answer; repeated questions do not count (Karn's rule)."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._smooth_s: float | None = None
        self._asked: Instant | None = None

    @property
    def again_s(self) -> float:
        """How long to wait before sending once more: four round trips, within the timing's bounds."""
        if self._smooth_s is None:
            return self._timing.again_s
        return min(max(4 * self._smooth_s, self._timing.soonest_again_s), 2.0)

    @property
    def guard_s(self) -> float:
        """Within which a repeated question cannot yet be an answer to what was just sent."""
        return 0.0 if self._smooth_s is None else 0.5 * self._smooth_s

    def asked(self, now: Instant, *, again: bool) -> None:
        """Something was sent that will be answered; ``again``: not for the first time."""
        self._asked = None if again else now

    def answered(self, now: Instant) -> None:
        """The answer came."""
        if self._asked is not None:
            sample_s = max(0.0, now - self._asked)
            self._smooth_s = sample_s if self._smooth_s is None else 0.8 * self._smooth_s + 0.2 * sample_s
        self._asked = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange ended without success; ``ack`` is the vehicle's MAV_MISSION_RESULT where it said one."""

    reason: str
    ack: int | None = None

    @property
    def permanent(self) -> bool:
        """Whether trying the same again is of no use."""
        return self.ack in PERMANENT


class Exchange(ABC):
    """One exchange of the mission protocol with one vehicle.

    Attributes:
        target: the vehicle's system and component.
        mission_type: what is transferred.
        deadline: when `tick` wants to be called.
        done: whether it has ended; then `failure` says whether badly.
    """

    def __init__(self, target: tuple[int, int], mission_type: MissionType, timing: Timing) -> None:
        self.target = target
        self.mission_type = mission_type
        self.deadline: Instant = _NEVER
        self.done = False
        self.failure: Failure | None = None
        self._timing = timing
        self._heard = Instant(0.0)
        self._round_trip = RoundTrip(timing)

    @abstractmethod
    def start(self, now: Instant) -> list[Message]:
        """Begin; the first messages to send."""

    def receive(self, message: Message, now: Instant) -> list[Message]:
        """Take a message of the vehicle; messages to send in answer."""
        if self.done or not self._concerns(message):
            return []
        return self._take(message, now)

    def tick(self, now: Instant) -> list[Message]:
        """Look at the time; messages to send because of silence."""
        if self.done or now < self.deadline:
            return []
        if now - self._heard > self._timing.silence_s:
            self._end(Failure(f"the vehicle has been silent for {self._timing.silence_s:.0f} s"))
            return []
        return self._prompt(now)

    @abstractmethod
    def _take(self, message: Message, now: Instant) -> list[Message]: ...

    @abstractmethod
    def _prompt(self, now: Instant) -> list[Message]: ...

    def _concerns(self, message: Message) -> bool:
        return (
            message.get_srcSystem() == self.target[0]
            and message.get_msgId() in _PROTOCOL
            and message.target_system in (0, GCS_SYSTEM)
            and message.target_component in (0, GCS_COMPONENT)
            and getattr(message, "mission_type", 0) == self.mission_type
        )

    def _end(self, failure: Failure | None = None) -> None:
        self.done, self.failure, self.deadline = True, failure, _NEVER

    def _await(self, now: Instant, *, again: bool) -> None:
        """Something was sent: wake when its answer is overdue."""
        self._round_trip.asked(now, again=again)
        self.deadline = Instant(now + self._round_trip.again_s)


_PROTOCOL = {
    mavlink.MAVLINK_MSG_ID_MISSION_REQUEST,
    mavlink.MAVLINK_MSG_ID_MISSION_REQUEST_INT,
    mavlink.MAVLINK_MSG_ID_MISSION_ACK,
    mavlink.MAVLINK_MSG_ID_MISSION_COUNT,
    mavlink.MAVLINK_MSG_ID_MISSION_ITEM_INT,
}
_REQUESTS = {mavlink.MAVLINK_MSG_ID_MISSION_REQUEST, mavlink.MAVLINK_MSG_ID_MISSION_REQUEST_INT}


class Upload(Exchange):
    """Gives a vehicle all items of one type; success means that it said so, which reading back must confirm.

    Attributes:
        items: what is sent.
        asked: items the vehicle has asked for so far, or did ask for unheard.
        changed: whether the vehicle may hold other items than before.
        pushing: whether items may be sent unasked when the vehicle is silent; not to one that ends a transfer on it.
        wrong_sequence: whether the vehicle complained of an item it had not asked for.
    """

    def __init__(
        self,
        items: tuple[WireItem, ...],
        target: tuple[int, int],
        mission_type: MissionType,
        timing: Timing | None = None,
        *,
        pushing: bool = True,
    ) -> None:
        super().__init__(target, mission_type, timing or Timing())
        self.items = items
        self.asked = 0
        self.changed = False
        self.pushing = pushing
        self.wrong_sequence = False
        self._last: int | None = None
        self._newest = 0
        self._stale: int | None = None
        self._sent_at = Instant(0.0)
        self._pushes = 0

    @property
    def all_sent(self) -> bool:
        """Whether every item was sent: then silence or a refusal may still mean that the vehicle holds them all."""
        return self.asked >= len(self.items)

    def start(self, now: Instant) -> list[Message]:
        """Announce the number of items."""
        self._heard = now
        return self._count(now, again=False)

    def _count(self, now: Instant, *, again: bool) -> list[Message]:
        self._await(now, again=again)
        return [mavlink.MAVLink_mission_count_message(*self.target, len(self.items), int(self.mission_type))]

    def _take(self, message: Message, now: Instant) -> list[Message]:
        if message.get_msgId() in _REQUESTS:
            self._heard = now
            self.changed = True
            if not 0 <= message.seq < len(self.items):
                self._end(Failure(f"the vehicle asked for item {message.seq} of {len(self.items)}"))
                return []
            return self._answer(message.seq, now)
        if message.get_msgId() == mavlink.MAVLINK_MSG_ID_MISSION_ACK:
            return self._take_ack(message.type, now)
        return []

    def _answer(self, seq: int, now: Instant) -> list[Message]:
        """The item asked for, unless it has just been sent.

        A vehicle asks anew for every item it did not expect. Were each repeated request answered, every item from there
        on would travel twice (the "sorcerer's apprentice" of window-less protocols).
        """
        repeated = seq == self._last and self._pushes == 0
        stale = 0 < seq < self._newest and seq != self._stale
        self._stale = seq if stale else None
        if stale or (repeated and now - self._sent_at < self._round_trip.guard_s):
            return []
        if not repeated:
            self._round_trip.answered(now)
        self._newest = seq if seq == 0 else max(seq, self._newest)
        self._last, self._pushes = seq, 0
        self.asked = max(self.asked, seq + 1)
        return [self._send(seq, now, again=repeated)]

    def _take_ack(self, ack: int, now: Instant) -> list[Message]:
        if ack == _WRONG_SEQUENCE and self._last is not None:
            self.wrong_sequence = True
            # It waits for another item than the one pushed: its request for the next got lost.
            if self._pushes and self._last + 1 < len(self.items):
                self._last, self._pushes = self._last + 1, 0
                self.asked = max(self.asked, self._last + 1)
                return [self._send(self._last, now, again=True)]
            return []
        if ack == _ACCEPTED and not self.all_sent and self.items:
            return []  # the end of an earlier transfer, late
        self._end(None if ack == _ACCEPTED else Failure(ACK_REASONS.get(ack, f"mission result {ack}"), ack))
        return []

    def _prompt(self, now: Instant) -> list[Message]:
        if self._last is None:
            return self._count(now, again=True)
        if not self.pushing:
            self._await(now, again=True)
            return []
        self._pushes += 1
        return [self._send(self._last, now, again=True)]

    def _send(self, seq: int, now: Instant, *, again: bool) -> Message:
        self._sent_at = now
        self._await(now, again=again)
        return self.items[seq].message(seq, self.target, self.mission_type)


class Download(Exchange):
    """Reads all items of one type from a vehicle.

    Attributes:
        count: how many it says it holds, None until it does.
        items: those read so far; complete once `done` without failure.
    """

    def __init__(self, target: tuple[int, int], mission_type: MissionType, timing: Timing | None = None) -> None:
        super().__init__(target, mission_type, timing or Timing())
        self.count: int | None = None
        self.items: list[WireItem] = []

    def start(self, now: Instant) -> list[Message]:
        """Ask for the number of items."""
        self._heard = now
        return self._ask(now, again=False)

    def _take(self, message: Message, now: Instant) -> list[Message]:
        kind = message.get_msgId()
        if kind == mavlink.MAVLINK_MSG_ID_MISSION_COUNT and self.count is None:
            self._heard = now
            self.count = message.count
        elif kind == mavlink.MAVLINK_MSG_ID_MISSION_ITEM_INT and message.seq == len(self.items) and self.count:
            self._heard = now
            self.items.append(WireItem.from_message(message))
        elif kind == mavlink.MAVLINK_MSG_ID_MISSION_ACK and message.type != _ACCEPTED and self.count is not None:
            self._end(Failure(ACK_REASONS.get(message.type, f"mission result {message.type}"), message.type))
            return []
        else:
            return []
        if self.count is not None and len(self.items) >= self.count:
            self._end()
            return [mavlink.MAVLink_mission_ack_message(*self.target, _ACCEPTED, int(self.mission_type))]
        self._round_trip.answered(now)
        return self._ask(now, again=False)

    def _prompt(self, now: Instant) -> list[Message]:
        return self._ask(now, again=True)

    def _ask(self, now: Instant, *, again: bool) -> list[Message]:
        self._await(now, again=again)
        if self.count is None:
            return [mavlink.MAVLink_mission_request_list_message(*self.target, int(self.mission_type))]
        return [mavlink.MAVLink_mission_request_int_message(*self.target, len(self.items), int(self.mission_type))]


class Clear(Exchange):
    """Takes all items of one type off a vehicle; success means that it said so."""

    def __init__(self, target: tuple[int, int], mission_type: MissionType, timing: Timing | None = None) -> None:
        super().__init__(target, mission_type, timing or Timing())

    def start(self, now: Instant) -> list[Message]:
        """Ask for the items to be cleared."""
        self._heard = now
        return self._prompt(now)

    def _take(self, message: Message, now: Instant) -> list[Message]:
        if message.get_msgId() == mavlink.MAVLINK_MSG_ID_MISSION_ACK:
            ack = message.type
            if ack == _ACCEPTED:
                self._end()
            elif ack in PERMANENT:
                self._end(Failure(ACK_REASONS.get(ack, f"mission result {ack}"), ack))
            else:
                self._await(now, again=True)
        return []

    def _prompt(self, now: Instant) -> list[Message]:
        self._await(now, again=True)
        return [mavlink.MAVLink_mission_clear_all_message(*self.target, int(self.mission_type))]
