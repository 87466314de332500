"""The gimbal with its manager: where the camera looks, and who may turn it.

Angles: pitch is the tilt against the horizon (0 level, negative down), yaw is against the nose or, when locked, against
north. The gimbal keeps the horizon level.
"""

import math

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.board import Board
from simulators.autopilots.places import Place, approach, clamp, wrap_pi

ROLL_LOCK, PITCH_LOCK, YAW_LOCK, YAW_IN_VEHICLE_FRAME = 4, 8, 16, 32
DEVICE_ID = 1
_CAPABILITIES = 1 | 2 | 8 | 16 | 32 | 128 | 256 | 1024 | 2048 | 65536 | 131072
_SLEW = math.radians(90)
_START_TILT = math.radians(-32.5)
_LEAVE, _MYSELF, _RELEASE = -1, -2, -3


class Gimbal:
    """A three-axis gimbal under the nose.

    Attributes:
        tilt, pan: radians; pan against the nose.
        roi: the place it keeps looking at, if any.
        control: system and component that have primary control.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self.tilt, self.pan = _START_TILT, 0.0
        self.roi: Place | None = None
        self.control = (0, 0)
        self._tilt_wanted, self._yaw_wanted = _START_TILT, 0.0
        self._tilt_rate = self._yaw_rate = 0.0
        self._locked = False

    @property
    def azimuth(self) -> float:
        """Of the optical axis, radians from north."""
        return wrap_pi(self._board.body.yaw + self.pan)

    def _limits(self, axis: str) -> tuple[float, float]:
        parameters = self._board.parameters
        return math.radians(parameters[f"MNT1_{axis}_MIN"]), math.radians(parameters[f"MNT1_{axis}_MAX"])

    def point(self, pitch_deg: float, yaw_deg: float, *, locked: bool) -> None:
        """Look at angles in degrees; locked: yaw is against north."""
        self.roi = None
        self._tilt_rate = self._yaw_rate = 0.0
        low, high = self._limits("PITCH")
        self._tilt_wanted = clamp(math.radians(pitch_deg), low, high)
        self._yaw_wanted, self._locked = wrap_pi(math.radians(yaw_deg)), locked

    def turn(self, pitch_rate_dps: float, yaw_rate_dps: float, *, locked: bool) -> None:
        """Turn at rates until told otherwise."""
        self.roi = None
        self._tilt_wanted, self._locked = self.tilt, locked
        self._yaw_wanted = self.azimuth if locked else self.pan
        self._tilt_rate, self._yaw_rate = math.radians(pitch_rate_dps), math.radians(yaw_rate_dps)

    def release(self) -> None:
        """Look ahead again."""
        self.point(math.degrees(_START_TILT), 0.0, locked=False)

    def pitch_yaw(self, pitch: float, yaw: float, pitch_rate: float, yaw_rate: float, flags: float) -> bool:
        """DO_GIMBAL_MANAGER_PITCHYAW: angles in degrees, or rates in degrees a second where the angles are NaN."""
        locked = math.isfinite(flags) and bool(int(flags) & YAW_LOCK)
        if math.isfinite(pitch) and math.isfinite(yaw):
            self.point(pitch, yaw, locked=locked)
        elif math.isfinite(pitch_rate) and math.isfinite(yaw_rate):
            self.turn(clamp(pitch_rate, -90, 90), clamp(yaw_rate, -90, 90), locked=locked)
        else:
            return False
        return True

    def configure(self, system: float, component: float, source: tuple[int, int]) -> bool:
        """DO_GIMBAL_MANAGER_CONFIGURE: who has primary control."""
        if not (math.isfinite(system) and math.isfinite(component)) or not -3 <= system <= 255:
            return False
        match int(system):
            case v if v == _LEAVE:
                pass
            case v if v == _MYSELF:
                self.control = source
            case v if v == _RELEASE:
                self.control = (0, 0) if self.control == source else self.control
            case v:
                self.control = (v, int(clamp(component, 0, 255)))
        self._board.send(self.status())
        return True

    def step(self, dt: float) -> None:
        """Turn toward what is wanted."""
        body = self._board.body
        if self.roi is not None:
            away = max(body.place.distance(self.roi), 0.01)
            self._tilt_wanted = math.atan2(self.roi.amsl - body.place.amsl, away)
            self._yaw_wanted, self._locked = body.place.bearing(self.roi), True
        self._tilt_wanted += self._tilt_rate * dt
        self._yaw_wanted = wrap_pi(self._yaw_wanted + self._yaw_rate * dt)
        low, high = self._limits("PITCH")
        self._tilt_wanted = clamp(self._tilt_wanted, low, high)
        self.tilt = approach(self.tilt, self._tilt_wanted, _SLEW * dt)
        if self._locked:
            self.pan = wrap_pi(self.pan - body.yaw_rate * dt)
        wanted = wrap_pi(self._yaw_wanted - body.yaw) if self._locked else self._yaw_wanted
        self.pan = wrap_pi(self.pan + clamp(wrap_pi(wanted - self.pan), -_SLEW * dt, _SLEW * dt))

    def attitude(self) -> mavlink.MAVLink_gimbal_device_attitude_status_message:
        """GIMBAL_DEVICE_ATTITUDE_STATUS; the quaternion's yaw is against the nose."""
        nan = float("nan")
        flags = ROLL_LOCK | PITCH_LOCK | YAW_IN_VEHICLE_FRAME | (YAW_LOCK if self._locked else 0)
        return mavlink.MAVLink_gimbal_device_attitude_status_message(
            0,
            0,
            self._board.boot_ms,
            flags,
            quaternion(0.0, self.tilt, self.pan),
            nan,
            nan,
            nan,
            0,
            nan,
            nan,
            DEVICE_ID,
        )

    def status(self) -> mavlink.MAVLink_gimbal_manager_status_message:
        """GIMBAL_MANAGER_STATUS."""
        return mavlink.MAVLink_gimbal_manager_status_message(
            self._board.boot_ms, ROLL_LOCK | PITCH_LOCK, DEVICE_ID, *self.control, 0, 0
        )

    def information(self) -> mavlink.MAVLink_gimbal_manager_information_message:
        """GIMBAL_MANAGER_INFORMATION: retract, neutral, follow and lock on all axes; limits of MNT1_*."""
        limits = [value for axis in ("ROLL", "PITCH", "YAW") for value in self._limits(axis)]
        return mavlink.MAVLink_gimbal_manager_information_message(
            self._board.boot_ms, _CAPABILITIES, DEVICE_ID, *limits
        )

    def device_information(self) -> mavlink.MAVLink_gimbal_device_information_message:
        """GIMBAL_DEVICE_INFORMATION."""
        limits = [value for axis in ("ROLL", "PITCH", "YAW") for value in self._limits(axis)]
        return mavlink.MAVLink_gimbal_device_information_message(
            self._board.boot_ms,
            b"Liti",
            b"Simulated gimbal",
            b"",
            1,
            1,
            0,
            _CAPABILITIES & 0xFFFF,
            0,
            *limits,
            DEVICE_ID,
        )


def quaternion(roll: float, pitch: float, yaw: float) -> list[float]:
    """(w, x, y, z) of roll, pitch and yaw in radians (aerospace sequence)."""
    cr, sr = math.cos(roll / 2), math.sin(roll / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return [
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    ]
