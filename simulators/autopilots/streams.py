"""Which messages are sent how often.

ArduPilot groups messages into streams (SR0_* parameters, REQUEST_DATA_STREAM); SET_MESSAGE_INTERVAL overrides the rate
of one message. All that listen to a vehicle share its streams.
"""

from collections.abc import Callable

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.parameters import ParameterTable

Builder = Callable[[], mavlink.MAVLink_message | None]

GROUPS: dict[str, tuple[int, ...]] = {
    "SR0_EXTRA1": (30, 178, 164, 11020),
    "SR0_POSITION": (33, 32),
    "SR0_EXTRA2": (74,),
    "SR0_EXT_STAT": (1, 125, 152, 62, 42, 24, 162, 87),
    "SR0_RC_CHAN": (36, 65),
    "SR0_RAW_SENS": (27, 116, 29, 137),
    "SR0_EXTRA3": (163, 168, 2, 136, 147, 285, 193, 241),
}
"""Message ids by the parameter that holds their rate in Hz, in the order in which they are sent."""
_REQUESTED = {
    0: tuple(GROUPS),
    1: ("SR0_RAW_SENS",),
    2: ("SR0_EXT_STAT",),
    3: ("SR0_RC_CHAN",),
    6: ("SR0_POSITION",),
    10: ("SR0_EXTRA1",),
    11: ("SR0_EXTRA2",),
    12: ("SR0_EXTRA3",),
}
_FASTEST_HZ = 50


class Streams:
    """Rates, and what is due."""

    def __init__(self, parameters: ParameterTable) -> None:
        self._parameters = parameters
        self._builders: dict[int, Builder] = {}
        self._own_interval_s: dict[int, float] = {}
        self._next_s: dict[int, float] = {}
        self._group = {message_id: name for name, ids in GROUPS.items() for message_id in ids}
        self._order: list[int] = []

    def offer(self, builders: dict[int, Builder]) -> None:
        """Messages that can be sent, by id; a builder may say None when it has nothing to tell."""
        self._builders |= builders
        grouped = [i for ids in GROUPS.values() for i in ids if i in self._builders]
        self._order = grouped + [i for i in self._builders if i not in self._group]

    def knows(self, message_id: int) -> bool:
        """Whether a message can be asked for."""
        return message_id in self._builders

    def build(self, message_id: int) -> mavlink.MAVLink_message | None:
        """One message, now."""
        return self._builders[message_id]()

    def request(self, stream_id: int, rate_hz: int, start: bool) -> None:
        """REQUEST_DATA_STREAM."""
        for name in _REQUESTED.get(stream_id, ()):
            self._parameters.put(name, float(min(rate_hz, _FASTEST_HZ)) if start else 0.0)

    def set_interval(self, message_id: int, interval_us: float) -> bool:
        """SET_MESSAGE_INTERVAL: -1 stops, 0 goes back to the stream's rate; False for an unknown message."""
        if message_id not in self._builders:
            return False
        self._next_s.pop(message_id, None)
        if interval_us == 0:
            self._own_interval_s.pop(message_id, None)
        elif interval_us < 0:
            self._own_interval_s[message_id] = 0.0
        else:
            self._own_interval_s[message_id] = max(interval_us * 1e-6, 1 / _FASTEST_HZ)
        return True

    def interval_s(self, message_id: int) -> float:
        """Seconds between two of a message; 0 when it is not sent."""
        if (own := self._own_interval_s.get(message_id)) is not None:
            return own
        group = self._group.get(message_id)
        rate = self._parameters[group] if group is not None else 0.0
        return 1 / min(rate, _FASTEST_HZ) if rate > 0 else 0.0

    def interval_message(self, message_id: int) -> mavlink.MAVLink_message_interval_message:
        """MESSAGE_INTERVAL: 0 for a message that is not known, -1 for one that is not sent."""
        if message_id not in self._builders:
            return mavlink.MAVLink_message_interval_message(message_id, 0)
        interval = self.interval_s(message_id)
        return mavlink.MAVLink_message_interval_message(message_id, round(interval * 1e6) if interval else -1)

    def restart(self) -> None:
        """The vehicle boots anew: intervals that were asked for are forgotten."""
        self._own_interval_s.clear()
        self._next_s.clear()

    def due(self, now_s: float) -> list[mavlink.MAVLink_message]:
        """The messages to send now."""
        messages = []
        for message_id in self._order:
            interval = self.interval_s(message_id)
            if interval == 0:
                continue
            at = self._next_s.get(message_id, now_s)
            if now_s + 1e-6 < at:
                continue
            self._next_s[message_id] = max(at + interval, now_s)
            if (message := self._builders[message_id]()) is not None:
                messages.append(message)
        return messages
