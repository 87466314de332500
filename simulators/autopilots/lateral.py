"""Lateral guidance of a fixed-wing aircraft: along a line and around a circle.

The law is that of Park, Deyst and How, "A New Nonlinear Guidance Logic for Trajectory Tracking" (AIAA 2004-4900): turn
toward a point on the path a distance L1 ahead; with L1 from a period and a damping as ArduPilot's NAVL1_PERIOD and
NAVL1_DAMPING. On the circle it is a proportional-derivative law about the centripetal acceleration.
"""

import math
from dataclasses import dataclass

from simulators.autopilots.body import Body
from simulators.autopilots.parameters import ParameterTable
from simulators.autopilots.places import Place, clamp, wrap_pi

GRAVITY = 9.80665


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the law asks for: a bank (radians), and how far off the path the aircraft is (m, right of it positive)."""

    bank: float
    cross_track_m: float


class Lateral:
    """Bank angles for a body."""

    def __init__(self, body: Body, parameters: ParameterTable) -> None:
        self._body, self._parameters = body, parameters

    @property
    def l1_m(self) -> float:
        """The distance L1 at the present ground speed."""
        period, damping = max(self._parameters["NAVL1_PERIOD"], 1), self._parameters["NAVL1_DAMPING"]
        return max(damping * period * max(self._body.ground_speed_mps, 5) / math.pi, 10.0)

    def _bank_for(self, acceleration: float) -> float:
        return math.atan2(acceleration, GRAVITY)

    def _course(self) -> float:
        body = self._body
        if body.ground_speed_mps < 1:
            return body.yaw
        return math.atan2(body.east_mps, body.north_mps)

    def along(self, start: Place, end: Place) -> Guidance:
        """Fly along the line from start through end."""
        body, speed, l1 = self._body, max(self._body.ground_speed_mps, 3), self.l1_m
        if start.distance(end) < 1:
            return self.toward(body.place.bearing(end))
        track = start.bearing(end)
        east, north = body.place.east - start.east, body.place.north - start.north
        cross = east * math.cos(track) - north * math.sin(track)
        to_path = math.asin(clamp(cross / l1, -0.7071, 0.7071))
        nu = clamp(wrap_pi(track - to_path - self._course()), -math.pi / 2, math.pi / 2)
        damping = self._parameters["NAVL1_DAMPING"]
        return Guidance(self._bank_for(4 * damping**2 * speed * speed / l1 * math.sin(nu)), cross)

    def toward(self, course: float) -> Guidance:
        """Fly a course over ground."""
        speed, damping = max(self._body.ground_speed_mps, 3), self._parameters["NAVL1_DAMPING"]
        nu = clamp(wrap_pi(course - self._course()), -math.pi / 2, math.pi / 2)
        return Guidance(self._bank_for(4 * damping**2 * speed * speed / self.l1_m * math.sin(nu)), 0.0)

    def around(self, centre: Place, radius_m: float) -> Guidance:
        """Fly around a centre; a negative radius turns counter-clockwise.

        From outside it steers at the centre, until the circle asks for more bank to its own side than that.
        """
        body, size, sense = self._body, abs(radius_m), math.copysign(1.0, radius_m)
        outside = body.place.distance(centre) - size
        inward = body.place.bearing(centre)
        drift = -(body.east_mps * math.sin(inward) + body.north_mps * math.cos(inward))
        around = sense * (body.north_mps * math.sin(inward) - body.east_mps * math.cos(inward))
        omega = math.tau / max(self._parameters["NAVL1_PERIOD"], 1)
        damping = self._parameters["NAVL1_DAMPING"]
        back = omega**2 * outside + 2 * damping * omega * drift
        if drift > 0 and around < 0:
            back = max(back, 0.0)
        circle = self._bank_for(sense * (back + around**2 / max(0.5 * size, size + outside)))
        approach = self.toward(inward).bank
        joins = outside <= 0 or sense * approach >= sense * circle
        return Guidance(circle if joins else approach, outside)

    def turn_distance(self, radius_m: float, turn_rad: float) -> float:
        """How long before a waypoint the turn to the next leg begins."""
        whole = min(radius_m, self.l1_m)
        return whole * min(abs(turn_rad) / (math.pi / 2), 1.0)
