"""Messages about the state of the autopilot and its parts."""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.flight import Flight
from simulators.autopilots.modes import base_mode, needs_position
from simulators.autopilots.streams import Builder
from simulators.autopilots.telemetry_motion import clip16

_VERSION = 0x040602FF
_FILES = 0x20
_COPTER_CAPABILITIES, _PLANE_CAPABILITIES = 64495 & ~_FILES, 62319 & ~_FILES
"""As recorded, but without files over MAVLink, which are not simulated."""
_COPTER_SENSORS, _PLANE_SENSORS = 0x5371FC2F, 0x1371FC3F
_GPS, _POSITION_CONTROL, _PLANE_CONTROL, _FENCE = 0x20, 0x6000, 0x7C00, 0x100000
_ESTIMATOR, _TERRAIN, _LOGGING, _PROXIMITY, _PREARM = 0x200000, 0x400000, 0x1000000, 0x4000000, 0x10000000
_EKF_GOOD, _EKF_NO_POSITION, _EKF_WAKING = 831, 167, 1024
_GRAVITY = 9.80665
BOOT, CALIBRATING, STANDBY, ACTIVE, CRITICAL = 1, 2, 3, 4, 5
"""MAV_STATE."""
ON_GROUND, IN_AIR, TAKING_OFF, LANDING = 1, 2, 3, 4
"""MAV_LANDED_STATE."""


class HealthTelemetry:
    """Builds the messages."""

    def __init__(self, flight: Flight) -> None:
        self._flight, self._board = flight, flight.board

    def builders(self) -> dict[int, Builder]:
        """By message id."""
        flight = self._flight
        return {
            0: self.heartbeat,
            1: self.sys_status,
            2: self.system_time,
            27: self.raw_imu,
            29: self.pressure,
            36: self.servos,
            42: flight.sequence.message,
            65: self.channels,
            116: self.scaled_imu2,
            125: lambda: mavlink.MAVLink_power_status_message(5000, 0, 0),
            136: self.terrain,
            147: flight.battery.message,
            148: self.version,
            152: lambda: mavlink.MAVLink_meminfo_message(0, 65535, 524288),
            162: lambda: flight.fence.message() if flight.fence.enabled else None,
            193: self.ekf,
            241: self.vibration,
            245: self.extended_state,
        }

    def heartbeat(self) -> mavlink.MAVLink_message:
        """HEARTBEAT."""
        board = self._board
        return mavlink.MAVLink_heartbeat_message(
            self._mav_type(), 3, self._base_mode(), int(board.mode), self.system_status(), 3
        )

    def _mav_type(self) -> int:
        parameters = self._board.parameters
        if self._board.is_vtol and parameters["Q_MAV_TYPE"]:
            return int(parameters["Q_MAV_TYPE"])
        return 2 if self._board.is_copter else 1

    def _base_mode(self) -> int:
        board = self._board
        if board.is_copter and not self._flight.startup.ready:
            return 89
        return base_mode(board.mode, board.armed)

    def system_status(self) -> int:
        """MAV_STATE."""
        board, flight = self._board, self._flight
        if not flight.startup.ready:
            return BOOT if board.is_copter else CALIBRATING
        if board.armed and flight.failsafes.active:
            return CRITICAL
        return ACTIVE if board.armed and not board.body.on_ground else STANDBY

    def sys_status(self) -> mavlink.MAVLink_message:
        """SYS_STATUS."""
        battery = self._flight.battery
        present, enabled, health = self._sensors()
        return mavlink.MAVLink_sys_status_message(
            present, enabled, health, 0, round(battery.voltage_v * 1000),
            clip16(battery.current_a * 100), round(battery.fraction * 100), 0, 0, 0, 0, 0, 0,
        )  # fmt: skip

    def _sensors(self) -> tuple[int, int, int]:
        """Present, enabled and healthy sensors (bits of MAV_SYS_STATUS_SENSOR)."""
        board, startup = self._board, self._flight.startup
        present = _COPTER_SENSORS if board.is_copter else _PLANE_SENSORS
        off = 0 if self._flight.fence.enabled else _FENCE
        if not needs_position(board.mode):
            off |= _POSITION_CONTROL if board.is_copter else _PLANE_CONTROL
        if not startup.origin_set:
            off |= _ESTIMATOR
        enabled = present & ~off & ~(0 if board.armed else _LOGGING)
        bad = off & ~_FENCE
        if not startup.fix:
            bad |= _GPS
        if not startup.prearm_good:
            bad |= _PREARM
        if not board.is_copter:
            return present, enabled, present & ~(bad | _TERRAIN)
        return present, enabled, (present & ~bad) | _PROXIMITY

    def system_time(self) -> mavlink.MAVLink_message:
        """SYSTEM_TIME; the wall clock is known with the fix."""
        known = self._flight.startup.fix
        return mavlink.MAVLink_system_time_message(int(self._board.clock() * 1e6) if known else 0, self._board.boot_ms)

    def _imu(self) -> tuple[int, ...]:
        body = self._board.body
        acc = (
            clip16(1000 * math.sin(body.pitch)),
            clip16(-1000 * math.sin(body.roll)),
            clip16(-1000 * math.cos(body.roll) * math.cos(body.pitch)),
        )
        gyro = (clip16(body.roll_rate * 1000), clip16(body.pitch_rate * 1000), clip16(body.yaw_rate * 1000))
        field = (clip16(256 * math.cos(body.yaw)), clip16(-256 * math.sin(body.yaw)), 481)
        return (*acc, *gyro, *field)

    def raw_imu(self) -> mavlink.MAVLink_message:
        """RAW_IMU."""
        return mavlink.MAVLink_raw_imu_message(self._board.boot_us, *self._imu(), 0, 3000)

    def scaled_imu2(self) -> mavlink.MAVLink_message:
        """SCALED_IMU2."""
        return mavlink.MAVLink_scaled_imu2_message(self._board.boot_ms, *self._imu(), 3000)

    def pressure(self) -> mavlink.MAVLink_message:
        """SCALED_PRESSURE of the standard atmosphere (ICAO 7488, troposphere)."""
        body = self._board.body
        hectopascal = 1013.25 * (1 - 2.25577e-5 * body.place.amsl) ** 5.25588
        dynamic = 0.5 * 1.225 * body.airspeed_mps**2 / 100 if not self._board.is_copter else 0.0
        return mavlink.MAVLink_scaled_pressure_message(self._board.boot_ms, hectopascal, dynamic, 3000)

    def servos(self) -> mavlink.MAVLink_message:
        """SERVO_OUTPUT_RAW."""
        board, body = self._board, self._board.body
        throttle = 1000 + round(1000 * body.throttle)
        if board.is_copter:
            return mavlink.MAVLink_servo_output_raw_message(board.boot_us & 0xFFFFFFFF, 0, *[throttle] * 4, 0, 0, 0, 0)
        roll, pitch = 1500 + clip16(200 * body.roll_rate), 1500 + clip16(200 * body.pitch_rate)
        return mavlink.MAVLink_servo_output_raw_message(
            board.boot_us & 0xFFFFFFFF, 0, roll, pitch, throttle, 1500, 0, 0, 0, 0
        )

    def channels(self) -> mavlink.MAVLink_message:
        """RC_CHANNELS."""
        return mavlink.MAVLink_rc_channels_message(
            self._board.boot_ms, 8, *self._flight.sticks.channels_us, *[0] * 10, 255
        )

    def terrain(self) -> mavlink.MAVLink_message | None:
        """TERRAIN_REPORT of the ground beneath."""
        board, body = self._board, self._board.body
        if board.home is None:
            return None
        at = board.chart.geodetic(body.place)
        return mavlink.MAVLink_terrain_report_message(
            round(at.lat_deg * 1e7), round(at.lon_deg * 1e7), 100, body.ground_amsl, body.height_m, 0, 336
        )

    def ekf(self) -> mavlink.MAVLink_message:
        """EKF_STATUS_REPORT."""
        startup = self._flight.startup
        flags = _EKF_GOOD if startup.position_good else _EKF_NO_POSITION if startup.ready else _EKF_WAKING
        return mavlink.MAVLink_ekf_status_report_message(flags, 0.01, 0.01, 0.002, 0.01, 0.0)

    def vibration(self) -> mavlink.MAVLink_message:
        """VIBRATION."""
        shake = 0.003 + 0.1 * self._board.body.throttle
        return mavlink.MAVLink_vibration_message(self._board.boot_us, shake, shake, shake, 0, 0, 0)

    def landed_state(self) -> int:
        """MAV_LANDED_STATE."""
        board, pilot = self._board, self._flight.pilot
        if self._flight.plane is not None:
            moving = board.body.ground_speed_mps > 0.5
            return IN_AIR if board.armed and (not board.body.on_ground or moving) else ON_GROUND
        if pilot.landing and board.armed:
            return LANDING
        if board.body.on_ground:
            return ON_GROUND
        return TAKING_OFF if pilot.taking_off else IN_AIR

    def extended_state(self) -> mavlink.MAVLink_message:
        """EXTENDED_SYS_STATE."""
        lifted = self._flight.quadplane
        vtol_state = 3 if self._board.is_copter else int(lifted.vtol_state) if lifted is not None else 0
        return mavlink.MAVLink_extended_sys_state_message(vtol_state, self.landed_state())

    def version(self) -> mavlink.MAVLink_message:
        """AUTOPILOT_VERSION."""
        capabilities = _COPTER_CAPABILITIES if self._board.is_copter else _PLANE_CAPABILITIES
        uid = f"{self._board.settings.system_id:02x}" + "1219c7c4c5404aaa"
        return mavlink.MAVLink_autopilot_version_message(
            capabilities, _VERSION, 0, 0, 0, list(b"1ebd4d99"), [0] * 8, [0] * 8, 0, 0, 0, list(uid.encode())
        )

    def banner(self) -> tuple[str, ...]:
        """What is said when somebody fetches all parameters."""
        if self._board.is_copter:
            return ("ArduCopter V4.6.2 (1ebd4d99)", "Frame: QUAD/PLUS")
        return ("ArduPlane V4.6.2 (1ebd4d99)",)
