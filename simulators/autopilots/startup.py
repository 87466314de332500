"""Waking up: calibration, the EKF, the GPS fix; and what keeps a vehicle from being armed until then.

The times and lines are those of ArduPilot 4.6.2 recorded in simulation, stretched or pressed together so that the
vehicle can be armed after the delay that is asked for.
"""

from simulators.autopilots.board import ALERT, CRITICAL, INFO, WARNING, Board
from simulators.autopilots.modes import PlaneMode, may_arm, needs_position

RECORDED_DELAY_S = 41.0
_FIRST_HEARTBEAT_S = 0.94
_READY_S = 2.37
_COPTER_LINES = (
    (0.2, INFO, "Calibrating barometer"),
    (1.82, INFO, "Barometer 1 calibration complete"),
    (1.82, INFO, "Barometer 2 calibration complete"),
    (_READY_S, INFO, "ArduPilot Ready"),
    (_READY_S, INFO, "AHRS: DCM active"),
    (4.35, INFO, "EKF3 IMU0 initialised"),
    (4.35, INFO, "EKF3 IMU1 initialised"),
    (4.36, INFO, "AHRS: EKF3 active"),
    (5.70, INFO, "EKF3 IMU0 tilt alignment complete"),
    (5.70, INFO, "EKF3 IMU1 tilt alignment complete"),
    (5.80, INFO, "EKF3 IMU0 MAG0 initial yaw alignment complete"),
    (5.80, INFO, "EKF3 IMU1 MAG0 initial yaw alignment complete"),
    (9.71, INFO, "GPS 1: probing for u-blox at 230400 baud"),
    (9.73, INFO, "GPS 1: detected u-blox"),
    (19.93, INFO, "EKF3 IMU0 origin set"),
    (20.12, INFO, "EKF3 IMU1 origin set"),
    (41.5, INFO, "EKF3 IMU0 is using GPS"),
    (41.5, INFO, "EKF3 IMU1 is using GPS"),
)
_PLANE_LINES = (
    (0.19, INFO, "Ground start"),
    (0.19, ALERT, "Skipping INS calibration"),
    (0.19, INFO, "Calibrating barometer"),
    (1.72, INFO, "Barometer 1 calibration complete"),
    (1.72, INFO, "Barometer 2 calibration complete"),
    (1.72, INFO, "Airspeed 1 calibration started"),
    (1.73, INFO, "ArduPilot Ready"),
    (1.73, INFO, "AHRS: DCM active"),
    (1.81, WARNING, "Throttle failsafe off"),
    (3.47, INFO, "Airspeed 1 calibrated"),
    (9.52, INFO, "GPS 1: probing for u-blox at 230400 baud"),
    (9.54, INFO, "GPS 1: detected u-blox"),
    (10.73, INFO, "EKF3 IMU0 initialised"),
    (10.73, INFO, "EKF3 IMU1 initialised"),
    (12.61, INFO, "EKF3 IMU0 tilt alignment complete"),
    (12.61, INFO, "EKF3 IMU1 tilt alignment complete"),
    (12.70, INFO, "EKF3 IMU0 MAG0 initial yaw alignment complete"),
    (12.70, INFO, "EKF3 IMU1 MAG0 initial yaw alignment complete"),
    (19.94, INFO, "EKF3 IMU0 origin set"),
    (19.94, INFO, "EKF3 IMU1 origin set"),
    (40.9, INFO, "EKF3 IMU0 is using GPS"),
    (40.9, INFO, "EKF3 IMU1 is using GPS"),
    (41.0, INFO, "AHRS: EKF3 active"),
)
_GPS_S, _ORIGIN_S = 9.7, 19.93
_PREARM_EVERY_S = 30.0
_CHECK_EVERY_S = 1.0


class Startup:
    """Where the vehicle is in waking up.

    Attributes:
        prearm_good: the pre-arm bit of SYS_STATUS; checked once a second, so that it lags behind.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        lines = _COPTER_LINES if board.is_copter else _PLANE_LINES
        self._lines = [(self._at(time_s), severity, text) for time_s, severity, text in lines]
        self._last_complaint_s = -_PREARM_EVERY_S / 2
        self.prearm_good = False
        self._next_check_s = 0.0

    def _at(self, recorded_s: float) -> float:
        """When something that was recorded at a time happens here; what comes before the heartbeat is not moved."""
        scale = min(1.0, (self._board.settings.arming_delay_s + 0.01) / RECORDED_DELAY_S)
        if self._board.settings.arming_delay_s > RECORDED_DELAY_S and recorded_s > _GPS_S:
            scale = self._board.settings.arming_delay_s / RECORDED_DELAY_S
        if recorded_s <= _FIRST_HEARTBEAT_S:
            return recorded_s
        return _FIRST_HEARTBEAT_S + (recorded_s - _FIRST_HEARTBEAT_S) * scale

    @property
    def beating(self) -> bool:
        """Whether heartbeats have begun."""
        return self._board.boot_s >= _FIRST_HEARTBEAT_S

    @property
    def ready(self) -> bool:
        """Whether the first calibration is over."""
        return self._board.boot_s >= self._at(_READY_S)

    @property
    def gps_seen(self) -> bool:
        """Whether the receiver talks (though it may not have a fix)."""
        return self._board.boot_s >= self._at(_GPS_S)

    @property
    def fix(self) -> bool:
        """Whether the receiver has a fix."""
        return self._board.boot_s >= self._at(_GPS_S) + 0.25

    @property
    def origin_set(self) -> bool:
        """Whether the estimator has an origin, and the vehicle a home."""
        return self._board.boot_s >= self._at(_ORIGIN_S)

    @property
    def position_good(self) -> bool:
        """Whether the estimator uses the position."""
        return self._board.boot_s >= self._at(RECORDED_DELAY_S + _FIRST_HEARTBEAT_S)

    def refusal(self) -> str | None:
        """Why arming is refused now; None when it is not."""
        board = self._board
        if not self.ready:
            return "System not initialised"
        if not may_arm(board.mode):
            return "Mode not armable"
        if not board.is_copter and not self.position_good:
            return "AHRS: not using configured AHRS type" if self.fix else "GPS 1: Bad fix"
        if needs_position(board.mode) and not self.position_good:
            return "Need Position Estimate"
        return None

    def step(self) -> None:
        """Say what is due, and complain now and then while not ready to arm."""
        board = self._board
        while self._lines and self._lines[0][0] <= board.boot_s:
            _, severity, text = self._lines.pop(0)
            board.say(severity, text)
        if board.mode is PlaneMode.INITIALISING and self.ready:
            board.mode = PlaneMode.MANUAL
        if board.boot_s >= self._next_check_s:
            self._next_check_s = board.boot_s + _CHECK_EVERY_S
            self.prearm_good = board.armed or (self.origin_set and self.refusal() is None)
        if board.armed or not self.origin_set or board.boot_s - self._last_complaint_s < _PREARM_EVERY_S:
            return
        self._last_complaint_s = board.boot_s
        if (reason := self.refusal()) is not None:
            board.say(CRITICAL, f"PreArm: {reason}")
