"""Delivering items to a vehicle for certain: upload, read back, compare; on failure leave nothing half done. No I/O.

A rejected or broken-off upload has already replaced part of the old plan on ArduPilot, so a delivery that fails clears
what the vehicle holds and says whether that was confirmed.
"""

from dataclasses import dataclass
from typing import Literal

from fusion.messages import VehicleKind
from maps.instants import Instant
from missions.dialects import Autopilot
from missions.vehicles.dialect import Message
from missions.vehicles.transfer import Clear, Download, Exchange, Failure, Timing, Upload
from missions.vehicles.wire_items import Difference, MissionType, WireItem, differences

Left = Literal["earlier", "cleared", "unknown"]
"""What a failed delivery left on the vehicle: its earlier items untouched, none, or nobody knows."""

_LEFT_WORDS: dict[Left, tuple[str, str]] = {
    "earlier": ("the vehicle still holds what it held before", "飞行器仍保留原有内容"),
    "cleared": ("what the vehicle held has been cleared", "飞行器上的内容已清除"),
    "unknown": (
        "it is not known what the vehicle holds now: do not fly it before another upload succeeds",
        "无法确认飞行器当前内容：再次上传成功之前请勿起飞",
    ),
}
_TYPE_WORDS = {
    MissionType.MISSION: ("mission", "航线"),
    MissionType.FENCE: ("fence", "围栏"),
    MissionType.RALLY: ("rally points", "备降点"),
}


class DeliveryError(Exception):
    """A delivery failed; the message says why and what the vehicle holds now.

    Attributes:
        mission_type: what was delivered.
        reason: why it failed.
        left: what is on the vehicle now.
        message_zh: the message in Chinese.
    """

    def __init__(self, mission_type: MissionType, reason: str, left: Left) -> None:
        self.mission_type = mission_type
        self.reason = reason
        self.left = left
        words_en, words_zh = _TYPE_WORDS[mission_type]
        left_en, left_zh = _LEFT_WORDS[left]
        self.message_zh = f"{words_zh}上传失败（{reason}）；{left_zh}"
        super().__init__(f"upload of the {words_en} failed: {reason}; {left_en}")


@dataclass(frozen=True, slots=True)
class Persistence:
    """How hard a delivery tries: attempts, and seconds in all as a base plus so much for each item."""

    attempts: int = 8
    base_s: float = 60.0
    per_item_s: float = 1.5
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom: the vehicle's system and component, and whose manners it has."""

    target: tuple[int, int]
    autopilot: Autopilot
    kind: VehicleKind


class Delivery:
    """One delivery of all items of one type to one vehicle.

    Attributes:
        deadline: when `tick` wants to be called.
        done: whether it has ended; then `error` says whether badly.
        attempts: uploads begun.
        held: what the vehicle holds, as read back, once done without error.
    """

    def __init__(
        self,
        items: tuple[WireItem, ...],
        mission_type: MissionType,
        recipient: Recipient,
        timing: Timing | None = None,
        persistence: Persistence | None = None,
    ) -> None:
        self.deadline = Instant(float("inf"))
        self.done = False
        self.error: DeliveryError | None = None
        self.attempts = 0
        self.held: tuple[WireItem, ...] = ()
        self._items, self._type = items, mission_type
        self._recipient, self._target = recipient, recipient.target
        self._timing = timing or Timing()
        self._persistence = persistence or Persistence()
        self._exchange: Exchange | None = None
        self._resume_at: Instant | None = None
        self._give_up_at = Instant(float("inf"))
        self._changed = False
        self._pushing = True
        self._reason: str | None = None
        self._found: tuple[Difference, ...] = ()

    @property
    def progress(self) -> float:
        """Share of the way, 0 to 1: three fifths upload, two fifths reading back."""
        total = max(1, len(self._items))
        if self.done:
            return 1.0
        if isinstance(self._exchange, Upload):
            return 0.6 * self._exchange.asked / total
        if isinstance(self._exchange, Download) and self._reason is None:
            return 0.6 + 0.4 * min(1.0, len(self._exchange.items) / total)
        return 0.0

    def start(self, now: Instant) -> list[Message]:
        """Begin; the first messages to send."""
        self._give_up_at = Instant(now + self._persistence.base_s + self._persistence.per_item_s * len(self._items))
        return self._upload(now)

    def receive(self, message: Message, now: Instant) -> list[Message]:
        """Take a message of the vehicle; messages to send in answer."""
        if self.done or self._exchange is None:
            return []
        return self._after(self._exchange.receive(message, now), now)

    def tick(self, now: Instant) -> list[Message]:
        """Look at the time; messages to send because of it."""
        if self.done:
            return []
        if self._exchange is None:
            return self._upload(now) if self._resume_at is not None and now >= self._resume_at else []
        return self._after(self._exchange.tick(now), now)

    def cancel(self, reason: str, now: Instant) -> list[Message]:
        """Give up now; the messages that begin clearing what the vehicle got of it."""
        if self.done or self._reason is not None:
            return []
        if isinstance(self._exchange, Upload):
            self._changed |= self._exchange.changed
        self._exchange = None
        return self._clean(reason, now)

    def _upload(self, now: Instant) -> list[Message]:
        self.attempts += 1
        return self._begin(
            Upload(self._items, self._target, self._type, self._timing, pushing=self._pushing),
            now,
        )

    def _begin(self, exchange: Exchange, now: Instant) -> list[Message]:
        self._exchange, self._resume_at = exchange, None
        return self._after(exchange.start(now), now)

    def _after(self, messages: list[Message], now: Instant) -> list[Message]:
        """Go on when the running exchange has ended; its messages, and those of what follows."""
        exchange = self._exchange
        if exchange is None or not exchange.done:
            self.deadline = exchange.deadline if exchange is not None else self.deadline
            return messages
        self._exchange = None
        if self._reason is not None:
            return [*messages, *self._after_cleaning(exchange, now)]
        if isinstance(exchange, Upload):
            return [*messages, *self._after_upload(exchange, now)]
        assert isinstance(exchange, Download)
        return [*messages, *self._after_reading(exchange, now)]

    def _after_upload(self, upload: Upload, now: Instant) -> list[Message]:
        self._changed |= upload.changed
        failure = upload.failure
        if failure is None or (upload.all_sent and not failure.permanent):
            return self._begin(Download(self._target, self._type, self._timing), now)
        if upload.wrong_sequence:
            self._pushing = False
        return self._again(failure, now)

    def _after_reading(self, download: Download, now: Instant) -> list[Message]:
        if download.failure is not None:
            return self._again(Failure(f"reading back failed: {download.failure.reason}"), now)
        held = tuple(download.items)
        found = differences(self._items, held, self._type, self._recipient.autopilot, self._recipient.kind)
        if not found or (not self._items and len(held) <= 1):
            self.done, self.held, self.deadline = True, held, Instant(float("inf"))
            return []
        # The same differences twice are the vehicle's doing, not the link's.
        repeated, self._found = found == self._found, found
        reason = f"the vehicle holds something else than was sent: {found[0]}"
        if len(found) > 1:
            reason += f", and {len(found) - 1} more"
        return self._clean(reason, now) if repeated else self._again(Failure(reason), now)

    def _again(self, failure: Failure, now: Instant) -> list[Message]:
        pause_s = min(self._persistence.pause_s * 2 ** (self.attempts - 1), 8.0)
        if failure.permanent or self.attempts >= self._persistence.attempts or now + pause_s > self._give_up_at:
            return self._clean(failure.reason, now)
        self._resume_at = self.deadline = Instant(now + pause_s)
        return []

    def _clean(self, reason: str, now: Instant) -> list[Message]:
        self._reason = reason
        if not self._changed:
            return self._fail("earlier")
        return self._begin(Clear(self._target, self._type, self._timing), now)

    def _after_cleaning(self, exchange: Exchange, now: Instant) -> list[Message]:
        if exchange.failure is not None:
            return self._fail("unknown")
        if isinstance(exchange, Clear):
            return self._begin(Download(self._target, self._type, self._timing), now)
        home = 1 if self._recipient.autopilot == "ardupilot" and self._type is MissionType.MISSION else 0
        assert isinstance(exchange, Download)
        return self._fail("cleared" if len(exchange.items) <= home else "unknown")

    def _fail(self, left: Left) -> list[Message]:
        assert self._reason is not None
        self.done, self.deadline = True, Instant(float("inf"))
        self.error = DeliveryError(self._type, self._reason, left)
        return []
