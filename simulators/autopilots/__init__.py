"""Simulated MAVLink autopilots: a rotorcraft and a fixed-wing aircraft that behave as ArduPilot 4.6 does.

`Autopilot` is the whole vehicle without I/O; `simulators.autopilots.link` puts it on UDP or TCP.
"""

from simulators.autopilots.autopilot import STEP_S, Autopilot
from simulators.autopilots.settings import CameraSettings, Kind, VehicleSettings
from simulators.autopilots.state import State
from simulators.autopilots.wind import WindSettings

__all__ = ["STEP_S", "Autopilot", "CameraSettings", "Kind", "State", "VehicleSettings", "WindSettings"]
