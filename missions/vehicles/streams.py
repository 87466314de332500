"""Which messages a vehicle must send and how often, asked for until they come. No I/O.

ArduPilot sends only HEARTBEAT until asked; PX4 sends seven kinds at 50 Hz that nobody needs that often. Both take
MAV_CMD_SET_MESSAGE_INTERVAL. A request may get lost and an autopilot may restart and forget, so what counts is whether
the messages come: a kind that stays away is asked for again, ever less often when the vehicle seems not to have it.
"""

from dataclasses import dataclass

from maps.instants import Instant
from missions.vehicles.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, mavlink

_AT_ONCE = Instant(0.0)
_SPACING_S = 0.05
_FIRST_AGAIN_S = 1.0
_SLOWEST_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of message and the interval in seconds at which it is wanted."""

    message_id: int
    interval_s: float


COMMON = (
    Stream(mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT, 0.1),
    Stream(mavlink.MAVLINK_MSG_ID_ATTITUDE, 0.1),
    Stream(mavlink.MAVLINK_MSG_ID_GPS_RAW_INT, 0.5),
    Stream(mavlink.MAVLINK_MSG_ID_MISSION_CURRENT, 0.5),
    Stream(mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE, 0.5),
    Stream(mavlink.MAVLINK_MSG_ID_SYS_STATUS, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_SYSTEM_TIME, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_HOME_POSITION, 2.0),
    Stream(mavlink.MAVLINK_MSG_ID_BATTERY_STATUS, 2.0),
    Stream(mavlink.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS, 0.1),
)
ARDUPILOT = (*COMMON, Stream(mavlink.MAVLINK_MSG_ID_WIND, 1.0))
PX4 = (
    *COMMON,
    Stream(mavlink.MAVLINK_MSG_ID_WIND_COV, 2.0),
    Stream(mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET, 1.0),
    Stream(mavlink.MAVLINK_MSG_ID_SERVO_OUTPUT_RAW, 1.0),
)


@dataclass(slots=True)
class _Watch:
    stream: Stream
    seen: Instant | None = None
    asked: int = 0
    ask_at: Instant = _AT_ONCE
    granted: bool = False


class StreamRequests:
    """Asks one vehicle for its streams.

    Attributes:
        requests: how many were sent.
    """

    def __init__(self, system_id: int, component_id: int, streams: tuple[Stream, ...]) -> None:
        self.requests = 0
        self._target = (system_id, component_id)
        self._watches = {stream.message_id: _Watch(stream) for stream in streams}
        self._asking: int | None = None
        self._next = Instant(0.0)

    def receive(self, message: Message, now: Instant) -> None:
        """Notice which kinds come, and which request was granted."""
        watch = self._watches.get(message.get_msgId())
        if watch is not None:
            watch.seen = now
        if (
            message.get_msgId() == mavlink.MAVLINK_MSG_ID_COMMAND_ACK
            and message.command == mavlink.MAV_CMD_SET_MESSAGE_INTERVAL
            and self._asking is not None
            and message.target_system in (0, GCS_SYSTEM)
            and message.target_component in (0, GCS_COMPONENT)
        ):
            asked, self._asking = self._watches[self._asking], None
            asked.granted = message.result == mavlink.MAV_RESULT_ACCEPTED
            self._next = now

    def restart(self) -> None:
        """Ask for everything anew: the autopilot has restarted and forgot."""
        for watch in self._watches.values():
            watch.asked, watch.ask_at, watch.granted, watch.seen = 0, _AT_ONCE, False, None
        self._asking = None

    def due(self, now: Instant) -> list[Message]:
        """The requests to send now: at most one, so that a slow link is not flooded."""
        if now < self._next:
            return []
        for watch in self._watches.values():
            if self._missing(watch, now) and now >= watch.ask_at:
                watch.asked += 1
                watch.granted = False
                watch.ask_at = Instant(now + min(_FIRST_AGAIN_S * 2 ** (watch.asked - 1), _SLOWEST_AGAIN_S))
                self._next = Instant(now + _SPACING_S)
                self._asking = watch.stream.message_id
                self.requests += 1
                return [self._request(watch.stream)]
        return []

    def _missing(self, watch: _Watch, now: Instant) -> bool:
        if not watch.granted and watch.asked < 4:
            return True
        patience_s = max(4 * watch.stream.interval_s, 5.0)
        if watch.seen is not None and now - watch.seen <= patience_s:
            watch.asked = min(watch.asked, 4)
            return False
        return True

    def _request(self, stream: Stream) -> Message:
        return mavlink.MAVLink_command_long_message(
            *self._target, mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, 0,
            float(stream.message_id), stream.interval_s * 1e6, 0.0, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
