"""How a fixed-wing aircraft moves: coordinated turns, climb paid for with speed and throttle, drift with the wind.

The controller asks for a bank angle, a climb rate and an airspeed; the aircraft follows within its limits. Through the
air it flies where its nose points; over the ground it is carried by the wind (the wind triangle).
"""

import math

from simulators.autopilots.body import Body
from simulators.autopilots.parameters import ParameterTable
from simulators.autopilots.places import Place, approach, clamp, wrap_pi
from simulators.autopilots.wind import Wind

GRAVITY = 9.80665
_ROLL_TIME_S = 0.35
_ROLL_RATE = math.radians(70)
_CLIMB_TIME_S = 0.9
_CLIMB_ACCELERATION = 3.0
_THRUST = 4.0
_BRAKING = 2.2
CRUISE_THROTTLE = 0.48
_GROUND_THRUST = 7.0
_ROLLING_DRAG = 0.9
_WHEEL_BRAKING = 1.1


class FixedWing:
    """The airframe; `step` moves the body."""

    def __init__(self, body: Body, parameters: ParameterTable) -> None:
        self.body = body
        self._parameters = parameters

    @property
    def most_bank(self) -> float:
        """The greatest bank, radians."""
        limit = self._parameters["NAVL1_LIM_BANK"] or self._parameters["ROLL_LIMIT_DEG"]
        return math.radians(clamp(limit, 5, 70))

    def step(self, dt: float, bank: float, climb: float, airspeed: float, wind: Wind) -> None:
        """Fly for dt seconds toward a bank (radians), a climb rate and an airspeed (m/s)."""
        body = self.body
        speed = max(body.airspeed_mps, 1.0)
        self._bank(dt, clamp(bank, -self.most_bank, self.most_bank))
        body.yaw_rate = GRAVITY * math.tan(body.roll) / speed
        body.yaw = wrap_pi(body.yaw + body.yaw_rate * dt)
        climb = clamp(climb, -self._parameters["TECS_SINK_MAX"], self._parameters["TECS_CLMB_MAX"])
        climb = clamp(climb, -0.5 * speed, self._climb_left(speed))
        step = clamp((climb - body.up_mps) / _CLIMB_TIME_S, -_CLIMB_ACCELERATION, _CLIMB_ACCELERATION) * dt
        body.up_mps += step
        self._fly_speed(dt, airspeed, climb)
        self._carry(dt, wind)

    def glide(self, dt: float, wind: Wind) -> None:
        """Fly on with stopped motor: level wings, sinking."""
        self.step(dt, 0.0, -self._parameters["TECS_SINK_MIN"], self._parameters["AIRSPEED_MIN"] + 4, wind)
        self.body.throttle = 0.0

    def take_off_roll(self, dt: float, wind: Wind, throttle: float) -> None:
        """Accelerate along the ground in the direction of the nose."""
        body = self.body
        body.throttle = approach(body.throttle, throttle, dt * 2)
        thrust = _GROUND_THRUST * body.throttle - (_ROLLING_DRAG if body.ground_speed_mps > 0.1 else 0.0)
        self._roll_out(dt, max(body.ground_speed_mps + thrust * dt, 0.0), wind)

    def brake(self, dt: float, wind: Wind) -> None:
        """Roll out after the landing, motor stopped."""
        speed = self.body.ground_speed_mps
        self.body.throttle = 0.0
        self.body.pitch = approach(self.body.pitch, 0.0, dt)
        slower = (_WHEEL_BRAKING + 0.02 * speed * speed) * dt
        self._roll_out(dt, max(speed - slower, 0.0), wind)

    def _roll_out(self, dt: float, speed: float, wind: Wind) -> None:
        body = self.body
        body.east_mps, body.north_mps, body.up_mps = speed * math.sin(body.yaw), speed * math.cos(body.yaw), 0.0
        head_wind = -(wind.east * math.sin(body.yaw) + wind.north * math.cos(body.yaw))
        body.airspeed_mps = max(speed + head_wind, 0.0)
        body.roll = body.roll_rate = body.yaw_rate = 0.0
        body.place = Place(
            body.place.east + body.east_mps * dt, body.place.north + body.north_mps * dt, body.ground_amsl
        )
        body.on_ground = True

    def _bank(self, dt: float, bank: float) -> None:
        body = self.body
        rate = clamp((bank - body.roll) / _ROLL_TIME_S, -_ROLL_RATE, _ROLL_RATE)
        body.roll_rate = rate
        body.roll += rate * dt

    def _climb_left(self, speed: float) -> float:
        """Climb rate that the aircraft has power for; near its lowest speed it must not climb."""
        slowest = self._parameters["AIRSPEED_MIN"]
        return self._parameters["TECS_CLMB_MAX"] * clamp((speed - slowest * 0.9) / 3, 0.0, 1.0)

    def _fly_speed(self, dt: float, airspeed: float, climb: float) -> None:
        body = self.body
        slowest, fastest = self._parameters["AIRSPEED_MIN"], self._parameters["AIRSPEED_MAX"]
        wanted = clamp(airspeed, slowest, fastest)
        load = 1 / max(math.cos(body.roll), 0.35)
        most = max(_THRUST * (1 - 0.6 * body.up_mps / max(self._parameters["TECS_CLMB_MAX"], 1)), 0.5)
        change = clamp(0.8 * (wanted - body.airspeed_mps), -_BRAKING, most)
        body.airspeed_mps = max(body.airspeed_mps + change * dt, 0.5)
        speed_part = (body.airspeed_mps / max(self._parameters["AIRSPEED_CRUISE"], 5)) ** 2
        effort = CRUISE_THROTTLE * speed_part * (0.8 + 0.2 * load * load) + 0.07 * body.up_mps + 0.09 * change
        body.throttle = clamp(effort, 0, 1)
        path = math.asin(clamp(body.up_mps / max(body.airspeed_mps, 1), -0.7, 0.7))
        cruise = max(self._parameters["AIRSPEED_CRUISE"], 5)
        attack = math.radians(clamp(2.5 * (cruise / max(body.airspeed_mps, 5)) ** 2 * load - 4.5, -4, 10))
        pitch = path + attack
        body.pitch_rate = clamp((pitch - body.pitch) / 0.3, -1.0, 1.0)
        body.pitch += body.pitch_rate * dt

    def _carry(self, dt: float, wind: Wind) -> None:
        body = self.body
        along = math.sqrt(max(body.airspeed_mps**2 - body.up_mps**2, 0.01))
        body.east_mps = along * math.sin(body.yaw) + wind.east
        body.north_mps = along * math.cos(body.yaw) + wind.north
        body.place = body.place.moved(body.east_mps * dt, body.north_mps * dt, body.up_mps * dt)
        body.on_ground = False
        if body.place.amsl <= body.ground_amsl:
            body.place = Place(body.place.east, body.place.north, body.ground_amsl)
            body.on_ground = True
            body.touchdown_mps = -body.up_mps
            body.up_mps = 0.0
