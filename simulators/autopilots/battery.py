"""The battery: what the motors draw, what is left, and the voltage under load (three lithium cells)."""

from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.board import Board
from simulators.autopilots.fixed_wing import CRUISE_THROTTLE
from simulators.autopilots.rotorcraft import HOVER_THROTTLE

_FULL_V, _FALL_V, _KNEE_V, _KNEE = 12.6, 1.7, 1.2, 0.1
_SAG = 0.5
_IDLE_A = 0.35
_LIFT_LOAD = 4.0
"""Power of a quadplane in hover, as a multiple of what its wings need."""


@dataclass(slots=True)
class Battery:
    """State of charge; `fraction` goes from 1 to 0.

    A hover (or cruise) of `battery_minutes` empties it.
    """

    board: Board
    fraction: float = 1.0
    current_a: float = 0.0
    consumed_mah: float = 0.0
    energy_j: float = 0.0

    def __post_init__(self) -> None:
        self.fraction = min(max(self.board.settings.battery_fraction, 0.0), 1.0)

    @property
    def capacity_mah(self) -> float:
        """Of the full battery."""
        return max(self.board.parameters["BATT_CAPACITY"], 100.0)

    @property
    def usual_a(self) -> float:
        """Current in hover or cruise."""
        return self.capacity_mah / 1000 * 60 / self.board.settings.battery_minutes

    @property
    def voltage_v(self) -> float:
        """At the terminals, under load."""
        used = 1 - self.fraction
        knee = max(_KNEE - self.fraction, 0) / _KNEE * _KNEE_V
        return _FULL_V - _FALL_V * used - knee - _SAG * self.current_a / max(self.usual_a, 0.1)

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return self.fraction <= 0

    def step(self, dt: float) -> None:
        """Draw current for dt seconds."""
        throttle = self.board.body.throttle if self.board.armed else 0.0
        usual = HOVER_THROTTLE if self.board.is_copter else CRUISE_THROTTLE
        load = _LIFT_LOAD * self.board.body.lift**1.5 if self.board.body.lift else (throttle / usual) ** 1.5
        self.current_a = self.usual_a * load + (_IDLE_A if self.board.armed else 0.0) * min(1.0, self.usual_a)
        drawn = self.current_a * dt / 3.6
        self.consumed_mah += drawn
        self.energy_j += self.current_a * self.voltage_v * dt
        self.fraction = max(self.fraction - drawn / self.capacity_mah, 0.0)

    def message(self) -> mavlink.MAVLink_battery_status_message:
        """BATTERY_STATUS of battery 0."""
        unknown = 65535
        return mavlink.MAVLink_battery_status_message(
            0, 0, 0, 32767, [round(self.voltage_v * 1000), *[unknown] * 9], round(self.current_a * 100),
            round(self.consumed_mah), round(self.energy_j / 100), round(self.fraction * 100),
            0, 4 if self.fraction <= 0.1 else 1,
        )  # fmt: skip
