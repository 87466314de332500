"""MAVLink commands and parameters, sent until they are answered. No I/O.

A command is repeated with a rising confirmation count until its COMMAND_ACK comes (MAVLink command protocol guide); an
answer "in progress" makes it wait. What the vehicle says in words meanwhile is kept: it is the reason people need.
"""

from dataclasses import dataclass

from maps.instants import Instant
from missions.vehicles.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, mavlink

_NEVER = Instant(float("inf"))
_IN_PROGRESS_S = 10.0

RESULT_WORDS: dict[int, tuple[str, str]] = {
    mavlink.MAV_RESULT_ACCEPTED: ("accepted", "已接受"),
    mavlink.MAV_RESULT_TEMPORARILY_REJECTED: ("rejected for now", "暂时拒绝"),
    mavlink.MAV_RESULT_DENIED: ("denied", "拒绝"),
    mavlink.MAV_RESULT_UNSUPPORTED: ("not supported by this vehicle", "飞行器不支持"),
    mavlink.MAV_RESULT_FAILED: ("failed", "执行失败"),
    mavlink.MAV_RESULT_IN_PROGRESS: ("in progress", "执行中"),
    6: ("cancelled", "已取消"),  # MAV_RESULT_CANCELLED, not in every dialect
}
_NO_ANSWER = ("no answer from the vehicle", "飞行器无应答")


@dataclass(frozen=True, slots=True)
class Command:
    """A MAV_CMD with its seven parameters; ``place`` (x, y in 1e-7 degrees, frame) makes it a COMMAND_INT."""

    number: int
    params: tuple[float, ...] = ()
    place: tuple[int, int, int] | None = None

    def message(self, target: tuple[int, int], confirmation: int) -> Message:
        """The message that carries it."""
        p = (*self.params, *(0.0,) * (7 - len(self.params)))
        if self.place is None:
            return mavlink.MAVLink_command_long_message(*target, self.number, confirmation % 256, *p)
        x, y, frame = self.place
        return mavlink.MAVLink_command_int_message(*target, frame, self.number, 0, 0, *p[:4], x, y, p[6])


class CommandExchange:
    """One command on its way.

    Attributes:
        deadline: when `tick` wants to be called.
        done: whether it was answered or given up.
        result: MAV_RESULT; None while, or when, there is no answer.
    """

    def __init__(self, command: Command, target: tuple[int, int], *, tries: int = 8, again_s: float = 0.4) -> None:
        self.command = command
        self.deadline = _NEVER
        self.done = False
        self.result: int | None = None
        self._target, self._tries, self._again_s = target, tries, again_s
        self._sent = 0

    @property
    def accepted(self) -> bool:
        """Whether the vehicle said yes."""
        return bool(self.result == mavlink.MAV_RESULT_ACCEPTED)

    @property
    def words(self) -> tuple[str, str]:
        """The result in English and Chinese."""
        if self.result is None:
            return _NO_ANSWER
        return RESULT_WORDS.get(self.result, (f"result {self.result}", f"结果 {self.result}"))

    def start(self, now: Instant) -> list[Message]:
        """The first message to send."""
        return self._send(now)

    def receive(self, message: Message, now: Instant) -> list[Message]:
        """Take a message of the vehicle."""
        if (
            message.get_msgId() != mavlink.MAVLINK_MSG_ID_COMMAND_ACK
            or message.command != self.command.number
            or message.target_system not in (0, GCS_SYSTEM)
            or message.target_component not in (0, GCS_COMPONENT)
        ):
            return []
        if message.result == mavlink.MAV_RESULT_IN_PROGRESS:
            self.deadline = Instant(now + _IN_PROGRESS_S)
            return []
        self.result, self.done, self.deadline = message.result, True, _NEVER
        return []

    def tick(self, now: Instant) -> list[Message]:
        """Look at the time; the command once more when it was not answered."""
        if self.done or now < self.deadline:
            return []
        if self._sent >= self._tries:
            self.done, self.deadline = True, _NEVER
            return []
        return self._send(now)

    def _send(self, now: Instant) -> list[Message]:
        message = self.command.message(self._target, self._sent)
        self._sent += 1
        self.deadline = Instant(now + self._again_s)
        return [message]


class ParameterExchange:
    """Reads or sets one parameter of an autopilot, and waits for its PARAM_VALUE.

    It sets parameters of float-encoding autopilots (ArduPilot) only, and reads those and PX4's floats.

    Attributes:
        deadline: when `tick` wants to be called.
        done: whether it was answered or given up.
        value: the value told, None while, or when, there is none: an unknown name gets no reply at all.
    """

    def __init__(self, name: str, target: tuple[int, int], *, value: float | None = None, tries: int = 5) -> None:
        self.deadline = _NEVER
        self.done = False
        self.value: float | None = None
        self._name, self._wanted, self._target, self._tries = name, value, target, tries
        self._sent = 0

    def start(self, now: Instant) -> list[Message]:
        """The first message to send."""
        return self._send(now)

    def receive(self, message: Message, _now: Instant) -> list[Message]:
        """Take a message of the vehicle."""
        if message.get_msgId() == mavlink.MAVLINK_MSG_ID_PARAM_VALUE and _text(message.param_id) == self._name:
            self.value, self.done, self.deadline = message.param_value, True, _NEVER
        return []

    def tick(self, now: Instant) -> list[Message]:
        """Look at the time; the request once more when it was not answered."""
        if self.done or now < self.deadline:
            return []
        if self._sent >= self._tries:
            self.done, self.deadline = True, _NEVER
            return []
        return self._send(now)

    def _send(self, now: Instant) -> list[Message]:
        self._sent += 1
        self.deadline = Instant(now + 0.5)
        name = self._name.encode()
        if self._wanted is None:
            return [mavlink.MAVLink_param_request_read_message(*self._target, name, -1)]
        return [
            mavlink.MAVLink_param_set_message(*self._target, name, float(self._wanted), mavlink.MAV_PARAM_TYPE_REAL32)
        ]


def _text(raw: bytes | str) -> str:
    return (raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw).rstrip("\0")
