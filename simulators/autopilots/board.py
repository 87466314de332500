"""The flight controller's board: what every part of the autopilot shares, and the way messages leave it.

A part says what it has to say through `Board.send` (a MAVLink message, packed at once) and `Board.say` (a line for
people; it leaves after the answer to the message that caused it, as ArduPilot's do).
"""

import random
from collections import deque
from math import radians

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.instants import Clock
from simulators.autopilots.body import Body
from simulators.autopilots.modes import CopterMode, Mode, PlaneMode
from simulators.autopilots.parameters import ParameterTable
from simulators.autopilots.places import Chart, Place, wrap_pi
from simulators.autopilots.settings import Kind, VehicleSettings
from simulators.autopilots.wind import Wind

OUTBOX_PACKETS = 4096
_TEXT_LENGTH = 50
ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG = 1, 2, 3, 4, 5, 6, 7
"""MAV_SEVERITY."""


class Board:
    """State that the parts share.

    Attributes:
        boot_s: simulated seconds since power-on.
        armed: whether the motors may turn.
        mode: the flight mode, a `CopterMode` or `PlaneMode`.
        home: where it was armed (or got its first position); None before the first position.
        dropped: packets lost because nobody fetched them.
    """

    def __init__(self, settings: VehicleSettings, chart: Chart, wind: Wind, clock: Clock, rng: random.Random) -> None:
        self.settings, self.chart, self.wind, self.clock, self.rng = settings, chart, wind, clock, rng
        self.parameters = ParameterTable(settings.kind, settings.parameters)
        self.parameters.put("SYSID_THISMAV", settings.system_id)
        at = settings.position
        start = chart.place(at.lat_deg, at.lon_deg, at.alt_amsl_m)
        ground = chart.ground_amsl(start.east, start.north)
        start = chart.place(at.lat_deg, at.lon_deg, ground)
        self.body = Body(start, wrap_pi(radians(settings.heading_deg)), ground)
        self.boot_s = 0.0
        self.armed = False
        self.mode: Mode = CopterMode.STABILIZE if self.is_copter else PlaneMode.INITIALISING
        self.home: Place | None = None
        self.dropped = 0
        self._encoder = mavlink.MAVLink(None, srcSystem=settings.system_id, srcComponent=1)
        self._outbox: deque[bytes] = deque()
        self._texts: deque[tuple[int, str]] = deque(maxlen=64)
        self._text_id = 0

    @property
    def is_copter(self) -> bool:
        """Whether it is a rotorcraft."""
        return self.settings.kind is Kind.ROTORCRAFT

    @property
    def is_vtol(self) -> bool:
        """Whether it is a plane with lift rotors."""
        return self.settings.kind is Kind.VTOL

    @property
    def boot_ms(self) -> int:
        """Milliseconds since power-on, as time_boot_ms carries them."""
        return int(self.boot_s * 1000) & 0xFFFFFFFF

    @property
    def boot_us(self) -> int:
        """Microseconds since power-on."""
        return int(self.boot_s * 1e6)

    @property
    def relative_m(self) -> float:
        """Height above home; above the ground it stands on while home is unknown."""
        base = self.home.amsl if self.home else self.body.ground_amsl
        return self.body.place.amsl - base

    def send(self, message: mavlink.MAVLink_message) -> None:
        """Pack a message and put it into the outbox; the oldest packet goes when nobody fetches them."""
        if len(self._outbox) >= OUTBOX_PACKETS:
            self._outbox.popleft()
            self.dropped += 1
        self._outbox.append(message.pack(self._encoder))
        self._encoder.seq = (self._encoder.seq + 1) % 256

    def say(self, severity: int, text: str) -> None:
        """A STATUSTEXT, sent at the end of this step."""
        self._texts.append((severity, text))

    def flush_texts(self) -> None:
        """Send what was said; lines over 50 characters go in several chunks."""
        while self._texts:
            severity, text = self._texts.popleft()
            data = text.encode()
            if len(data) <= _TEXT_LENGTH:
                self.send(mavlink.MAVLink_statustext_message(severity, data))
                continue
            self._text_id = self._text_id % 65535 + 1
            for chunk, start in enumerate(range(0, len(data), _TEXT_LENGTH)):
                part = data[start : start + _TEXT_LENGTH]
                self.send(mavlink.MAVLink_statustext_message(severity, part, self._text_id, chunk))

    def put_parameter(self, name: str, value: float) -> None:
        """Change a parameter from within, and tell everybody."""
        self.parameters.put(name, value)
        self.send(self.parameters.message(name, indexed=False))

    def take(self) -> list[bytes]:
        """Everything in the outbox, oldest first."""
        packets = list(self._outbox)
        self._outbox.clear()
        return packets
