"""How a multirotor moves: a point mass that is tilted to accelerate, with drag, in wind.

The controller asks for a velocity; the vehicle tilts to get it, within its limits of tilt, acceleration and climb. The
tilt is what the horizontal thrust needs: acceleration wanted, plus drag of the air that blows by.
"""

import math
from typing import Protocol

from simulators.autopilots.body import Body
from simulators.autopilots.places import Place, approach, clamp, wrap_pi
from simulators.autopilots.wind import Wind

GRAVITY = 9.80665
_DRAG_PER_S = 0.22
_TILT_TIME_S = 0.15
_VELOCITY_GAIN = 2.2
_CLIMB_GAIN = 3.0
_DRAG_LEARN_S = 0.5
HOVER_THROTTLE = 0.36
_MOST_CLIMB_ACCELERATION = 3.0


class Parameters(Protocol):
    """Values by ArduCopter's names."""

    def __getitem__(self, name: str, /) -> float: ...


class Rotorcraft:
    """The airframe; `step` moves the body."""

    def __init__(self, body: Body, parameters: Parameters) -> None:
        self.body = body
        self._parameters = parameters
        self._drag_known = [0.0, 0.0]

    def step(
        self, dt: float, velocity: tuple[float, float, float], yaw: float, wind: Wind, acceleration_limit: float
    ) -> None:
        """Fly for dt seconds toward a velocity (east, north, up; m/s) and a yaw (radians).

        Args:
            dt: seconds.
            velocity: wanted, over ground.
            yaw: wanted, from north.
            wind: at the vehicle.
            acceleration_limit: horizontal, m/s2.
        """
        body = self.body
        if body.on_ground and velocity[2] <= 0.02:
            self._stand()
            return
        body.on_ground = False
        drag = (_DRAG_PER_S * (wind.east - body.east_mps), _DRAG_PER_S * (wind.north - body.north_mps))
        self._learn_drag(dt, drag)
        thrust = self._thrust_wanted(velocity, acceleration_limit)
        self._tilt(dt, thrust, yaw)
        self._accelerate(dt, drag, velocity[2])
        self._move(dt)
        body.airspeed_mps = math.hypot(body.east_mps - wind.east, body.north_mps - wind.north, body.up_mps)

    def idle(self, dt: float, spinning: bool) -> None:
        """Stand on the ground; the motors spin or not."""
        self._stand()
        self.body.throttle = approach(self.body.throttle, 0.1 if spinning else 0.0, dt)

    def drop(self, dt: float) -> None:
        """Fall with stopped motors."""
        body = self.body
        body.throttle = 0.0
        body.up_mps -= GRAVITY * dt
        self._move(dt)

    def _learn_drag(self, dt: float, drag: tuple[float, float]) -> None:
        """The controller's integrator: it comes to know the mean drag, but not the gust of this moment."""
        keep = math.exp(-dt / _DRAG_LEARN_S)
        self._drag_known = [keep * known + (1 - keep) * now for known, now in zip(self._drag_known, drag, strict=True)]

    def _thrust_wanted(self, velocity: tuple[float, float, float], limit: float) -> tuple[float, float]:
        body = self.body
        east = _VELOCITY_GAIN * (velocity[0] - body.east_mps)
        north = _VELOCITY_GAIN * (velocity[1] - body.north_mps)
        size = math.hypot(east, north)
        if size > limit:
            east, north = east * limit / size, north * limit / size
        return east - self._drag_known[0], north - self._drag_known[1]

    def _tilt(self, dt: float, thrust: tuple[float, float], yaw: float) -> None:
        body = self.body
        self._turn(dt, yaw)
        most = math.tan(math.radians(self._parameters["ANGLE_MAX"] / 100)) * GRAVITY
        size = math.hypot(*thrust)
        scale = most / size if size > most else 1.0
        forward = (thrust[0] * math.sin(body.yaw) + thrust[1] * math.cos(body.yaw)) * scale
        right = (thrust[0] * math.cos(body.yaw) - thrust[1] * math.sin(body.yaw)) * scale
        blend = 1 - math.exp(-dt / _TILT_TIME_S)
        pitch_step = blend * (math.atan2(-forward, GRAVITY) - body.pitch)
        roll_step = blend * (math.atan2(right, GRAVITY) - body.roll)
        body.pitch, body.roll = body.pitch + pitch_step, body.roll + roll_step
        body.pitch_rate, body.roll_rate = pitch_step / dt, roll_step / dt

    def _turn(self, dt: float, yaw: float) -> None:
        body = self.body
        fastest = math.radians(max(self._parameters["ATC_SLEW_YAW"] / 100, 5))
        wanted = clamp(2.5 * wrap_pi(yaw - body.yaw), -fastest, fastest)
        body.yaw_rate = approach(body.yaw_rate, wanted, math.radians(120) * dt)
        body.yaw = wrap_pi(body.yaw + body.yaw_rate * dt)

    def _accelerate(self, dt: float, drag: tuple[float, float], climb: float) -> None:
        body = self.body
        forward, right = -math.tan(body.pitch) * GRAVITY, math.tan(body.roll) * GRAVITY
        sin_yaw, cos_yaw = math.sin(body.yaw), math.cos(body.yaw)
        body.east_mps += (forward * sin_yaw + right * cos_yaw + drag[0]) * dt
        body.north_mps += (forward * cos_yaw - right * sin_yaw + drag[1]) * dt
        most = max(self._parameters["WPNAV_ACCEL_Z"] / 100, 0.3)
        braking = 2.5 if abs(climb) < abs(body.up_mps) else 1.0
        limit = min(most * 1.2 * braking, _MOST_CLIMB_ACCELERATION)
        up = clamp(_CLIMB_GAIN * (climb - body.up_mps), -limit, limit)
        body.up_mps += up * dt
        tilt = math.cos(body.roll) * math.cos(body.pitch)
        load = (1 + up / GRAVITY) / max(tilt, 0.5)
        body.throttle = clamp(HOVER_THROTTLE * load + 0.008 * body.up_mps, 0, 1)

    def _move(self, dt: float) -> None:
        body = self.body
        body.place = body.place.moved(body.east_mps * dt, body.north_mps * dt, body.up_mps * dt)
        if body.place.amsl <= body.ground_amsl and body.up_mps <= 0:
            body.touchdown_mps = -body.up_mps
            self._stand()

    def _stand(self) -> None:
        body = self.body
        body.stop()
        body.on_ground = True
        body.roll = body.pitch = 0.0
        body.airspeed_mps = 0.0
        body.place = Place(body.place.east, body.place.north, body.ground_amsl)
        self._drag_known = [0.0, 0.0]
