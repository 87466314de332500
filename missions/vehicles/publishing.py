"""What is published of a vehicle: its state, its entity in the picture, and what people should learn of.

The same for vehicles that fly now and for recordings played again.
"""

from typing import Any, Protocol

import msgspec
import numpy as np

from fusion.bus import ENTITIES, EVENTS, VEHICLES, Bus
from fusion.messages import Entity, Event, Position, Severity, VehicleState
from maps.instants import Instant
from missions.vehicles.telemetry import LOST_AFTER_S, Telemetry

_STATE_AT_MOST_EVERY_S = 0.05
_STATE_AT_LEAST_EVERY_S = 1.0
_ENTITY_EVERY_S = 0.2

_PROPERTIES = (
    "autopilot",
    "link",
    "armed",
    "mode",
    "ready_to_arm",
    "in_air",
    "fix_type",
    "satellites",
    "alt_home_m",
    "battery_fraction",
    "battery_v",
    "wind_from_deg",
    "wind_mps",
    "camera_azimuth_deg",
    "camera_tilt_deg",
    "mission_item",
    "mission_items",
    "received_time",
)


class Ground(Protocol):
    """What is wanted of the terrain."""

    def height_amsl_m(self, lat_deg: Any, lon_deg: Any, /) -> Any:
        """Height of the ground, metres AMSL."""


class VehiclePublisher:
    """Publishes one vehicle: VehicleState with every new position, its entity at most five times a second."""

    def __init__(self, bus: Bus, telemetry: Telemetry, camera: str | None = None, ground: Ground | None = None) -> None:
        self._bus, self._telemetry, self._camera, self._ground = bus, telemetry, camera, ground
        self._positions = 0
        self._state_at = self._entity_at = Instant(0.0)
        self._texts_until = Instant(0.0)
        self._lost = self._armed = False
        self._restarts = 0

    def publish(self, now: Instant, shift_s: float = 0.0) -> None:
        """Publish what is due now; ``shift_s`` is added to every time (recordings played as if they flew now)."""
        telemetry = self._telemetry
        if telemetry.received_time is None:
            return
        fresh = telemetry.positions != self._positions
        if abs(now - self._state_at) < (_STATE_AT_MOST_EVERY_S if fresh else _STATE_AT_LEAST_EVERY_S):
            return
        self._positions, self._state_at = telemetry.positions, now
        state = telemetry.state(now)
        if shift_s:
            state = msgspec.structs.replace(
                state, time=state.time + shift_s, received_time=state.received_time + shift_s
            )
        self._bus.publish(VEHICLES, state)
        if abs(now - self._entity_at) >= _ENTITY_EVERY_S - _STATE_AT_MOST_EVERY_S / 2:
            self._entity_at = now
            self._bus.publish(ENTITIES, vehicle_entity(state, self._ground, self._camera))
        self._tell_changes(state, now, shift_s)

    def _tell_changes(self, state: VehicleState, now: Instant, shift_s: float) -> None:
        def tell(code: str, severity: Severity, words_en: str, words_zh: str) -> None:
            subject, time = f"vehicle/{state.id}", now + shift_s
            event = Event(time, code, severity, subject, f"{state.id}: {words_en}", f"{state.id}：{words_zh}")
            self._bus.publish(EVENTS, event)

        if state.link == "lost" and not self._lost:
            tell("vehicle.link_lost", "critical", "link lost", "链路中断")
        elif state.link == "up" and self._lost:
            tell("vehicle.link_back", "info", "link back", "链路恢复")
        if state.link != "stale":
            self._lost = state.link == "lost"
        if self._telemetry.boot_time.reboots != self._restarts:
            self._restarts = self._telemetry.boot_time.reboots
            tell("vehicle.restarted", "warning", "its autopilot has restarted", "自驾仪已重启")
        if state.armed != self._armed:
            self._armed = state.armed
            if state.armed:
                tell("vehicle.armed", "info", "armed", "已解锁")
            else:
                tell("vehicle.disarmed", "info", "disarmed", "已上锁")
        for text in self._telemetry.texts.texts:
            if text.time > self._texts_until and text.severity <= 4:
                tell("vehicle.text", "critical" if text.severity <= 2 else "warning", text.text, text.text)
        self._texts_until = now


def vehicle_entity(state: VehicleState, ground: Ground | None = None, camera: str | None = None) -> Entity:
    """The entity ``vehicle/<id>``; ``ground`` adds the height above it, ``camera`` names the sensor it carries."""
    properties: dict[str, Any] = {"kind": state.kind}
    for name in _PROPERTIES:
        value = getattr(state, name)
        if value is not None:
            properties[name] = value
    if state.home is not None:
        properties["home"] = msgspec.to_builtins(state.home)
    if state.faults:
        properties["faults"] = list(state.faults)
    if camera is not None:
        properties["sensor_id"] = camera
    return Entity(
        id=f"vehicle/{state.id}",
        kind="vehicle",
        time=state.time,
        stale_time=state.received_time + LOST_AFTER_S,
        source=state.id,
        position=_above_ground(state.position, ground),
        velocity_enu_mps=state.velocity_enu_mps,
        attitude=state.attitude,
        properties=properties,
    )


def _above_ground(position: Position | None, ground: Ground | None) -> Position | None:
    if position is None or ground is None:
        return position
    height_m = float(np.asarray(ground.height_amsl_m(position.lat_deg, position.lon_deg)))
    if not np.isfinite(height_m):
        return position
    return msgspec.structs.replace(position, alt_agl_m=round(position.alt_amsl_m - height_m, 2))
