"""A point mass that hovers: it accelerates toward where it wants to be and brakes in time."""

import math

import numpy as np

from missions.planning.profiles import VehicleProfile
from tests.missions.safety.oracle.log import STEP_S, Log, lift_power
from tests.missions.safety.oracle.orders import Order
from tests.missions.safety.oracle.world import World

LIFT_MPS2 = 1.0
"""Vertical acceleration of usual autopilots."""


class Copter:
    """Flies orders; also lands what has come on wings and now hovers."""

    def __init__(self, world: World, profile: VehicleProfile, log: Log, speed_mps: float) -> None:
        self._world, self._profile, self._log = world, profile, log
        self.speed_mps = speed_mps
        self.place = [0.0, 0.0, world.home[2]]
        self.velocity = [0.0, 0.0, 0.0]

    def fly(self, orders: list[Order]) -> None:
        """All of a plan."""
        for number, order in enumerate(orders):
            self._log.item = order.item
            onward = any(other.moves for other in orders[number + 1 :])
            self._log.phase = 1 if order.word == "up" else 0
            if order.word == "speed":
                self.speed_mps = min(max(order.speed_mps, self._profile.min_mps), self._profile.max_mps)
            elif order.word == "up":
                self.travel((self.place[0], self.place[1], max(order.up_m, self.place[2])))
            elif order.word == "stay":
                self.stay(order.seconds or 0.0)
            elif order.word in {"home", "down"}:
                self.travel((order.east_m, order.north_m, self.place[2]))
                self.stay(5.0 if order.word == "home" else 0.0)
                self.settle(order.up_m)
            elif order.word == "circle" and order.turns is not None:
                self._circle(order)
            elif order.agl_m is not None:
                self._over_ground(order)
            else:
                self.travel((order.east_m, order.north_m, order.up_m), through=order.word == "to" and onward)
            if order.word == "circle":
                self.stay(order.seconds or 0.0)

    def travel(self, target: tuple[float, float, float], *, through: bool = False) -> None:
        """Straight to a place, and stop there unless it is flown through."""
        near = self._profile.acceptance_m if through else 0.15
        while True:
            apart = [b - a for a, b in zip(self.place, target, strict=True)]
            distance = math.hypot(*apart)
            if distance < near:
                return
            unit = [part / distance for part in apart]
            self._toward(unit, distance, self.speed_mps)

    def _toward(self, unit: list[float], distance_m: float, speed_mps: float) -> None:
        flat, steep = max(math.hypot(unit[0], unit[1]), 1e-6), max(abs(unit[2]), 1e-6)
        rate = self._profile.climb_mps if unit[2] > 0 else self._profile.sink_mps
        brake = min(self._profile.acceleration_mps2 / flat, LIFT_MPS2 / steep)
        speed = min(speed_mps / flat, rate / steep, math.sqrt(1.6 * brake * distance_m) + 0.02)
        self._accelerate([speed * part for part in unit], self._profile.acceleration_mps2)

    def _accelerate(self, wanted: list[float], most_mps2: float, lift_mps2: float = LIFT_MPS2) -> None:
        """One step toward a velocity, level and vertical each within its own limit."""
        change = [b - a for a, b in zip(self.velocity, wanted, strict=True)]
        much = math.hypot(change[0], change[1])
        share = min(1.0, most_mps2 * STEP_S / much) if much > 0 else 0.0
        lift = max(-lift_mps2 * STEP_S, min(lift_mps2 * STEP_S, change[2]))
        self.velocity = [
            self.velocity[0] + share * change[0],
            self.velocity[1] + share * change[1],
            self.velocity[2] + lift,
        ]
        self.place = [p + v * STEP_S for p, v in zip(self.place, self.velocity, strict=True)]
        self._keep()

    def _keep(self) -> None:
        wind = self._log.wind_mps
        air = math.hypot(self.velocity[0] - wind[0], self.velocity[1] - wind[1])
        self._log.keep(*self.place, lift_power(self._profile, air, self.velocity[2]))

    def stay(self, seconds: float) -> None:
        """Stand in the air."""
        for _ in range(round(seconds / STEP_S)):
            self._accelerate([0.0, 0.0, 0.0], self._profile.acceleration_mps2)

    def settle(self, ground_m: float) -> None:
        """Straight down to the ground, slowly over the last ten metres."""
        self._log.phase = 2
        self.velocity = [0.0, 0.0, 0.0]
        while self.place[2] > ground_m:
            rate = self._profile.sink_mps if self.place[2] > ground_m + 10 else self._profile.landing_mps
            self.velocity[2] = -rate
            self.place[2] -= rate * STEP_S
            self._keep()

    def _circle(self, order: Order) -> None:
        """To the nearest place of the circle, then around."""
        radius = abs(order.radius_m)
        start = math.atan2(self.place[1] - order.north_m, self.place[0] - order.east_m)
        begin = (order.east_m + radius * math.cos(start), order.north_m + radius * math.sin(start), order.up_m)
        self.travel(begin)
        side = -1 if order.radius_m >= 0 else 1
        most = min(self.speed_mps, math.sqrt(0.5 * self._profile.acceleration_mps2 * radius), radius * 0.349)
        gone, speed = 0.0, 0.0
        while gone < (order.turns or 0.0) * 2 * math.pi:
            speed = min(most, speed + self._profile.acceleration_mps2 * STEP_S)
            gone += speed / radius * STEP_S
            angle = start + side * gone
            self.velocity = [-side * speed * math.sin(angle), side * speed * math.cos(angle), 0.0]
            self.place = [
                order.east_m + radius * math.cos(angle),
                order.north_m + radius * math.sin(angle),
                self.place[2],
            ]
            self._keep()

    def _over_ground(self, order: Order) -> None:
        """A leg whose height over the ground goes evenly from the present one to the order's; it stops at its end."""
        begin = np.array(self.place[:2])
        length = max(math.dist(begin, (order.east_m, order.north_m)), 0.01)
        along = np.append(np.arange(0, length, 2.0), length)
        way = begin + along[:, None] / length * (np.array([order.east_m, order.north_m]) - begin)
        ground = self._world.ground_m(way)
        above = self.place[2] - ground[0]
        wanted = ground + above + ((order.agl_m or 0.0) - above) * along / length
        course = (way[-1] - begin) / length
        gone = 0.0
        while gone < length - 0.15:
            rise = (np.interp(gone + 2.0, along, wanted) - self.place[2]) / 2.0
            cap = self._profile.climb_mps if rise > 0 else self._profile.sink_mps
            slow = min(self.speed_mps, math.sqrt(1.6 * self._profile.acceleration_mps2 * (length - gone)) + 0.02)
            speed = min(slow, cap / max(abs(rise), 1e-6))
            here = math.hypot(self.velocity[0], self.velocity[1])
            speed = min(speed, here + self._profile.acceleration_mps2 * STEP_S)
            up = float(np.clip((np.interp(gone, along, wanted) - self.place[2]) + rise * speed, -cap, cap))
            self._accelerate([float(course[0]) * speed, float(course[1]) * speed, up], 1e9, 1e9)
            gone = float((np.array(self.place[:2]) - begin) @ course)
        self.travel((order.east_m, order.north_m, order.up_m))
