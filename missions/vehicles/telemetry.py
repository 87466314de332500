"""Telemetry: MAVLink messages of one vehicle in, its `VehicleState` out. No I/O; arrival times are passed in.

Dialects differ, and here is where the differences end: ArduPilot counts mission items from its home item, PX4 from the
first; PX4 reports a current of -100 and both a battery of -1 when they do not know; a gimbal's yaw may be meant from
the nose or from north. Sources: MAVLink common.xml, gimbal protocol v2, and the recordings of real autopilots.
"""

import math
from collections.abc import Callable
from typing import Literal

from fusion.messages import Attitude, Position, Vector3, VehicleKind, VehicleState
from maps.instants import Instant
from missions.dialects import Autopilot
from missions.vehicles.boot_time import BootTime
from missions.vehicles.dialect import AUTOPILOT_COMPONENT, Message, mavlink
from missions.vehicles.modes import mode_name
from missions.vehicles.status_text import StatusTexts

STALE_AFTER_S = 2.0
LOST_AFTER_S = 5.0
FAULTS_FOR_S = 60.0
BELIEVED_FIX = 3
"""Below a three-dimensional fix, positions were seen to be 0/0, drifting, or in another hemisphere."""
HEIGHTS_AGREE_M = 20.0
"""Until home is known, a position must lie this near the receiver's own height: for a second after its first fix
ArduPlane was seen to report its height above nothing yet (0 m) as its height above the sea."""

_PREARM_BIT = 0x10000000
_YAW_LOCK, _YAW_IN_VEHICLE_FRAME, _YAW_IN_EARTH_FRAME = 16, 32, 64
_FIXED_WING = {1}
_ROTORCRAFT = {2, 3, 4, 13, 14, 15, 29, 35, 43}
_VTOL = {19, 20, 21, 22, 23, 24, 25}
_MOST_REACHED = 4096
_AUTOPILOTS: dict[int, Autopilot] = {
    mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA: "ardupilot",
    mavlink.MAV_AUTOPILOT_PX4: "px4",
}


def vehicle_kind(mav_type: int) -> VehicleKind | None:
    """The kind of vehicle a HEARTBEAT's type means; None for what is no aircraft."""
    if mav_type in _FIXED_WING:
        return "fixed_wing"
    if mav_type in _ROTORCRAFT:
        return "rotorcraft"
    return "vtol" if mav_type in _VTOL else None


class Telemetry:
    """Everything known of one vehicle from its messages.

    Attributes:
        kind: from its heartbeat, or as configured until it says.
        autopilot: from its heartbeat.
        boot_time: brings its times to UTC.
        texts: what it said.
        reached: plan indices of items it reported reached since `begin_flight`, in order, each once.
        mission_seq: the autopilot's own number of its current item, None until it says.
        mission_size: items it says it holds, without ArduPilot's home; None when it does not say.
        messages: messages taken.
        positions: positions believed.
    """

    def __init__(self, vehicle_id: str, kind: VehicleKind = "rotorcraft") -> None:
        self.vehicle_id = vehicle_id
        self.kind: VehicleKind = kind
        self.autopilot: Autopilot = "unknown"
        self.boot_time = BootTime()
        self.texts = StatusTexts()
        self.reached: list[int] = []
        self.mission_seq: int | None = None
        self.mission_size: int | None = None
        self.messages = self.positions = 0
        self.received_time: Instant | None = None
        self.heartbeat_time: Instant | None = None
        self.custom_mode: int | None = None
        self.armed = False
        self.landed_state = 0
        self._ready = False
        self._fix = 0
        self._satellites: int | None = None
        self._gps_alt_m: float | None = None
        self._position: Position | None = None
        self._position_time: Instant | None = None
        self._alt_home_m: float | None = None
        self._velocity: Vector3 | None = None
        self._attitude: Attitude | None = None
        self._home: Position | None = None
        self._battery: float | None = None
        self._voltage: float | None = None
        self._wind: tuple[float, float] | None = None
        self._gimbal: tuple[float, float, bool] | None = None

    def receive(self, message: Message, arrival: Instant) -> None:
        """Take one message of this vehicle; kinds that say nothing of its state are ignored."""
        self.messages += 1
        self.received_time = arrival
        if message.get_srcComponent() == AUTOPILOT_COMPONENT:
            handler = _AUTOPILOT_HANDLERS.get(message.get_msgId())
            if handler is not None:
                handler(self, message, arrival)
        if message.get_msgId() == mavlink.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS:
            self._take_gimbal(message)

    @property
    def mode(self) -> str:
        """The autopilot's own word for its mode, empty until it says."""
        return "" if self.custom_mode is None else mode_name(self.autopilot, self.kind, self.custom_mode)

    @property
    def first_seq(self) -> int:
        """The autopilot's number of a plan's first item: ArduPilot keeps home in front of it."""
        return 1 if self.autopilot == "ardupilot" else 0

    @property
    def in_air(self) -> bool | None:
        """Whether it flies, None when it does not say."""
        return None if self.landed_state == 0 else self.landed_state != mavlink.MAV_LANDED_STATE_ON_GROUND

    def begin_flight(self) -> None:
        """Forget which items were reached: what follows belongs to a new flight."""
        self.reached = []

    def link(self, now: Instant) -> Literal["up", "stale", "lost"]:
        """ "up", "stale" or "lost" by the silence since the newest message."""
        silence_s = math.inf if self.received_time is None else now - self.received_time
        return "up" if silence_s < STALE_AFTER_S else "stale" if silence_s < LOST_AFTER_S else "lost"

    def state(self, now: Instant) -> VehicleState:
        """What is known now."""
        azimuth_deg, tilt_deg = self._camera_angles()
        return VehicleState(
            id=self.vehicle_id,
            kind=self.kind,
            autopilot=self.autopilot,
            time=self._position_time if self._position_time is not None else now,
            received_time=self.received_time if self.received_time is not None else now,
            link=self.link(now),
            armed=self.armed,
            mode=self.mode,
            ready_to_arm=self._ready and self._fix >= BELIEVED_FIX,
            in_air=self.in_air,
            fix_type=self._fix,
            satellites=self._satellites,
            position=self._position,
            alt_home_m=self._alt_home_m,
            velocity_enu_mps=self._velocity,
            attitude=self._attitude,
            home=self._home,
            battery_fraction=self._battery,
            battery_v=self._voltage,
            wind_from_deg=self._wind[0] if self._wind else None,
            wind_mps=self._wind[1] if self._wind else None,
            camera_azimuth_deg=azimuth_deg,
            camera_tilt_deg=tilt_deg,
            mission_item=self._item(),
            mission_items=self.mission_size,
            faults=self.texts.since(Instant(now - FAULTS_FOR_S), worst=3)[-5:],
        )

    def _item(self) -> int | None:
        if self.mission_seq is None or not self.mission_size:
            return None
        item = self.mission_seq - self.first_seq
        return item if 0 <= item < self.mission_size else None

    def _camera_angles(self) -> tuple[float | None, float | None]:
        if self._gimbal is None:
            return None, None
        yaw_deg, tilt_deg, from_north = self._gimbal
        if from_north:
            return yaw_deg % 360.0, tilt_deg
        if self._attitude is None:
            return None, tilt_deg
        return (self._attitude.yaw_deg + yaw_deg) % 360.0, tilt_deg

    # One method for each message kind; each takes the message and its arrival.

    def _take_heartbeat(self, message: Message, arrival: Instant) -> None:
        kind = vehicle_kind(message.type)
        if kind is None or message.autopilot == mavlink.MAV_AUTOPILOT_INVALID:
            return
        self.kind = kind
        self.autopilot = _AUTOPILOTS.get(message.autopilot, "unknown")
        self.heartbeat_time = arrival
        self.custom_mode = message.custom_mode
        self.armed = bool(message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)

    def _take_system_time(self, message: Message, arrival: Instant) -> None:
        self._clocked(message, arrival)
        self.boot_time.own_utc(message.time_unix_usec, message.time_boot_ms, arrival)

    def _take_timesync(self, message: Message, arrival: Instant) -> None:
        if message.tc1 != 0:
            self.boot_time.round_trip(Instant(message.ts1 / 1e9), message.tc1 / 1e9, arrival)

    def _take_gps(self, message: Message, _arrival: Instant) -> None:
        self._fix = message.fix_type
        self._satellites = None if message.satellites_visible == 255 else message.satellites_visible
        self._gps_alt_m = message.alt / 1e3
        if self._fix < BELIEVED_FIX:
            self._forget_position()

    def _take_position(self, message: Message, arrival: Instant) -> None:
        time = self._clocked(message, arrival)
        if self._fix < BELIEVED_FIX or (message.lat == 0 and message.lon == 0) or not self._heights_agree(message):
            self._forget_position()
            return
        self._position = Position(message.lat / 1e7, message.lon / 1e7, message.alt / 1e3)
        self._position_time = time
        self.positions += 1
        self._alt_home_m = message.relative_alt / 1e3
        self._velocity = (message.vy / 100.0, message.vx / 100.0, -message.vz / 100.0)

    def _heights_agree(self, message: Message) -> bool:
        return self._home is not None or (
            self._gps_alt_m is not None and abs(message.alt / 1e3 - self._gps_alt_m) <= HEIGHTS_AGREE_M
        )

    def _clocked(self, message: Message, arrival: Instant) -> Instant:
        """UTC of a message that carries the time since boot; an autopilot that has restarted has no home yet."""
        reboots = self.boot_time.reboots
        time = self.boot_time.observe(message.time_boot_ms, arrival)
        if self.boot_time.reboots != reboots:
            self._home = None
        return time

    def _forget_position(self) -> None:
        self._position = self._position_time = self._alt_home_m = self._velocity = None

    def _take_attitude(self, message: Message, arrival: Instant) -> None:
        self._clocked(message, arrival)
        roll, pitch, yaw = (math.degrees(angle) for angle in (message.roll, message.pitch, message.yaw))
        self._attitude = Attitude(roll, pitch, yaw % 360.0)

    def _take_sys_status(self, message: Message, _arrival: Instant) -> None:
        self._ready = bool(message.onboard_control_sensors_health & _PREARM_BIT)
        if 0 <= message.battery_remaining <= 100:
            self._battery = message.battery_remaining / 100.0
        if message.voltage_battery not in (0, 0xFFFF):
            self._voltage = message.voltage_battery / 1e3

    def _take_battery(self, message: Message, _arrival: Instant) -> None:
        if message.id != 0:
            return
        known = 0 <= message.battery_remaining <= 100
        self._battery = message.battery_remaining / 100.0 if known else None

    def _take_landed(self, message: Message, _arrival: Instant) -> None:
        self.landed_state = message.landed_state

    def _take_home(self, message: Message, _arrival: Instant) -> None:
        if message.latitude or message.longitude:
            self._home = Position(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)

    def _take_mission_current(self, message: Message, _arrival: Instant) -> None:
        self.mission_seq = message.seq
        total = getattr(message, "total", 0)
        if total != 0xFFFF:
            self.mission_size = total

    def _take_reached(self, message: Message, _arrival: Instant) -> None:
        item = message.seq - self.first_seq
        if item >= 0 and item not in self.reached and len(self.reached) < _MOST_REACHED:
            self.reached.append(item)

    def _take_text(self, message: Message, arrival: Instant) -> None:
        self.texts.receive(message, arrival)

    def _take_wind(self, message: Message, _arrival: Instant) -> None:
        self._wind = (message.direction % 360.0, message.speed)

    def _take_wind_cov(self, message: Message, _arrival: Instant) -> None:
        north, east = message.wind_x, message.wind_y
        if math.isfinite(north) and math.isfinite(east):
            self._wind = (math.degrees(math.atan2(-east, -north)) % 360.0, math.hypot(north, east))

    def _take_gimbal(self, message: Message) -> None:
        w, x, y, z = message.q
        if not all(math.isfinite(part) for part in (w, x, y, z)):
            return
        pitch = math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x))))
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        flags = message.flags
        from_north = bool(flags & _YAW_IN_EARTH_FRAME) or (
            not flags & _YAW_IN_VEHICLE_FRAME and bool(flags & _YAW_LOCK)
        )
        self._gimbal = (math.degrees(yaw), math.degrees(pitch), from_north)


_Handler = Callable[[Telemetry, Message, Instant], None]
_AUTOPILOT_HANDLERS: dict[int, _Handler] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: Telemetry._take_heartbeat,
    mavlink.MAVLINK_MSG_ID_SYSTEM_TIME: Telemetry._take_system_time,
    mavlink.MAVLINK_MSG_ID_TIMESYNC: Telemetry._take_timesync,
    mavlink.MAVLINK_MSG_ID_GPS_RAW_INT: Telemetry._take_gps,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: Telemetry._take_position,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: Telemetry._take_attitude,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: Telemetry._take_sys_status,
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: Telemetry._take_battery,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: Telemetry._take_landed,
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: Telemetry._take_home,
    mavlink.MAVLINK_MSG_ID_MISSION_CURRENT: Telemetry._take_mission_current,
    mavlink.MAVLINK_MSG_ID_MISSION_ITEM_REACHED: Telemetry._take_reached,
    mavlink.MAVLINK_MSG_ID_STATUSTEXT: Telemetry._take_text,
    mavlink.MAVLINK_MSG_ID_WIND: Telemetry._take_wind,
    mavlink.MAVLINK_MSG_ID_WIND_COV: Telemetry._take_wind_cov,
}
