"""A ground station for tests: it talks to an `Autopilot` without a network and lets simulated time pass."""

from collections.abc import Callable

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import STEP_S, Autopilot, State

Message = mavlink.MAVLink_message


class Station:
    """System 255, component 190, as most ground stations are."""

    def __init__(self, vehicle: Autopilot, system: int = 255, component: int = 190) -> None:
        self.vehicle = vehicle
        self.heard: list[Message] = []
        self.beats = True
        self.time_s = 0.0
        self._encoder = mavlink.MAVLink(None, srcSystem=system, srcComponent=component)
        self._parser = mavlink.MAVLink(None)
        self._next_beat_s = 0.0
        self._source = (system, component)

    @property
    def target(self) -> int:
        return self.vehicle.settings.system_id

    def send(self, message: Message) -> list[Message]:
        """Send one message; what came back at once."""
        self.vehicle.receive(message.pack(self._encoder), self._source)
        self._encoder.seq = (self._encoder.seq + 1) % 256
        return self._fetch()

    def _fetch(self) -> list[Message]:
        came = [m for packet in self.vehicle.outgoing() for m in self._parser.parse_buffer(packet) or ()]
        self.heard += came
        return came

    def wait(self, seconds: float) -> list[Message]:
        """Let time pass; what came meanwhile."""
        came: list[Message] = []
        for _ in range(round(seconds / STEP_S)):
            self.vehicle.step(STEP_S)
            came += self._fetch()
            self.time_s += STEP_S
            if self.beats and self.time_s >= self._next_beat_s:
                self._next_beat_s = self.time_s + 1
                came += self.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        return came

    def wait_until(self, condition: Callable[[State], bool], at_most_s: float) -> list[Message]:
        """Let time pass until something is so; fails when it does not come to be."""
        came: list[Message] = []
        for _ in range(round(at_most_s / 0.2)):
            if condition(self.vehicle.state):
                return came
            came += self.wait(0.2)
        raise AssertionError(f"did not happen within {at_most_s} s; {self.vehicle.state}")

    def command(self, number: int, *params: float, p7: float = 0) -> int:
        """COMMAND_LONG with param1 and following (and param7); the result of its acknowledgement."""
        values = [*params, *[0.0] * (6 - len(params)), p7][:7]
        message = mavlink.MAVLink_command_long_message(self.target, 1, number, 0, *values)
        acks = [m for m in self.send(message) if m.get_type() == "COMMAND_ACK" and m.command == number]
        assert len(acks) == 1, acks
        return int(acks[0].result)

    def set_mode(self, custom_mode: int) -> int:
        return self.command(176, 1, custom_mode)

    def arm(self) -> int:
        return self.command(400, 1)

    def texts(self) -> list[str]:
        return [m.text for m in self.heard if m.get_type() == "STATUSTEXT"]

    def reached(self) -> list[int]:
        return [m.seq for m in self.heard if m.get_type() == "MISSION_ITEM_REACHED"]

    def last(self, name: str) -> Message:
        return next(m for m in reversed(self.heard) if m.get_type() == name)

    def upload(self, listed: list[Message], mission_type: int = 0) -> int:
        """Upload by the protocol; the result of the acknowledgement."""
        answers = self.send(mavlink.MAVLink_mission_count_message(self.target, 1, len(listed), mission_type))
        while True:
            for answer in answers:
                if answer.get_type() == "MISSION_ACK":
                    return int(answer.type)
            asked = [a for a in answers if a.get_type() == "MISSION_REQUEST"]
            assert len(asked) == 1, answers
            assert asked[0].mission_type == mission_type
            answers = self.send(listed[asked[0].seq])

    def download(self, mission_type: int = 0) -> list[Message]:
        """The list that the vehicle holds."""
        answers = self.send(mavlink.MAVLink_mission_request_list_message(self.target, 1, mission_type))
        count = next(a.count for a in answers if a.get_type() == "MISSION_COUNT")
        listed = []
        for seq in range(count):
            answers = self.send(mavlink.MAVLink_mission_request_int_message(self.target, 1, seq, mission_type))
            listed += [a for a in answers if a.get_type() == "MISSION_ITEM_INT"]
        return listed


def item(seq: int, command: int, north_m: float = 0, east_m: float = 0, up_m: float = 0, *,
         params: tuple[float, float, float, float] = (0, 0, 0, 0), frame: int = 3, target: int = 1,
         mission_type: int = 0) -> Message:  # fmt: skip
    """MISSION_ITEM_INT some metres from 43.86 N 125.32 E."""
    lat, lon = 43.86 + north_m / 111_105, 125.32 + east_m / 80_385
    return mavlink.MAVLink_mission_item_int_message(
        target, 1, seq, frame, command, 0, 1, *params, round(lat * 1e7), round(lon * 1e7), up_m, mission_type
    )
