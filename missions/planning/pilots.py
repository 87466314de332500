"""Items carried out, command by command, as an aircraft that hovers and one with wings carry them out."""

import math
from typing import Protocol

from missions.plan import Command, PlanItem
from missions.planning import hovering, wings
from missions.planning.flight import Flight, Point
from missions.planning.places import Route
from missions.planning.transition import land_vertically, spiral_to_hover, take_wing

DEFAULT_LOITER_RADIUS_M = 60.0
"""ArduPlane's WP_LOITER_RAD (PX4's NAV_LOITER_RAD is 80)."""

APPROACH_SPEED = 1.3
"""Landing speed of a fixed-wing aircraft as a multiple of its slowest one."""

_ENDLESS = 17
_SPLINE = 82
"""MAV_CMD_NAV_LOITER_UNLIM and MAV_CMD_NAV_SPLINE_WAYPOINT."""


class Pilot(Protocol):
    """Carries out items, one after the other."""

    def take_off(self, index: int) -> None:
        """From the ground, as the item says."""

    def go(self, index: int, item: PlanItem) -> None:
        """To the item's place, and what it wants done there."""

    def wait(self, seconds: float) -> None:
        """Where it is."""

    def come_home(self) -> None:
        """Return, and land where that can be done vertically."""

    def land(self, index: int, item: PlanItem) -> None:
        """At the item's place."""


class Rotors:
    """Carries out items with an aircraft that hovers."""

    def __init__(self, flight: Flight, route: Route) -> None:
        self._flight, self._route = flight, route

    def wait(self, seconds: float) -> None:
        """Where it is."""
        hovering.stay(self._flight, seconds)

    def take_off(self, index: int) -> None:
        """From the ground, as the item says."""
        hovering.climb(self._flight, max(self._route.places[index][2], self._flight.place[2]))

    def come_home(self) -> None:
        """Return, and land where that can be done vertically."""
        home = self._route.home
        hovering.go(self._flight, (home[0], home[1], self._flight.place[2]), stops=True)
        hovering.stay(self._flight, hovering.RETURN_WAIT_S)
        hovering.descend(self._flight, home[2])

    def land(self, index: int, item: PlanItem) -> None:
        """At the item's place."""
        target = _touchdown(self._route, index, item, self._flight)
        hovering.go(self._flight, (target[0], target[1], self._flight.place[2]), stops=True)
        hovering.descend(self._flight, target[2])

    def go(self, index: int, item: PlanItem) -> None:
        """To the item's place, and what it wants done there."""
        target = self._route.places[index]
        if item.command == Command.LOITER_TURNS:
            radius = abs(item.params[2] or 0.0) or DEFAULT_LOITER_RADIUS_M
            turns = max(0.0, item.params[0] or 0.0)
            hovering.circle(self._flight, target, radius, turns, clockwise=(item.params[2] or 0.0) >= 0)
            return
        waits = item.command in {Command.WAYPOINT, Command.LOITER_TIME, _SPLINE} and (item.params[0] or 0.0) > 0
        stops = waits or item.command not in {Command.WAYPOINT, _SPLINE} or self._route.onward[index] is None
        if (between := self._route.between.get(index)) is not None:
            hovering.follow(self._flight, [*between, target])
        else:
            hovering.go(self._flight, target, stops=stops)
        if waits:
            hovering.stay(self._flight, item.params[0] or 0.0)


class Wings:
    """Carries out items with an aircraft that has wings; one that hovers too takes off and lands vertically."""

    def __init__(self, flight: Flight, route: Route, launch_heading_deg: float | None) -> None:
        self._flight, self._route = flight, route
        self._launch_rad = None if launch_heading_deg is None else math.radians(90 - launch_heading_deg)
        self._line_from: Point | None = None

    def wait(self, seconds: float) -> None:
        """Where it is."""
        if seconds > 0 and self._flight.on_wings:
            wings.circle(self._flight, self._flight.place, DEFAULT_LOITER_RADIUS_M, clockwise=True, seconds=seconds)
            self._line_from = None

    def take_off(self, index: int) -> None:
        """From the ground, as the item says."""
        flight, target = self._flight, self._route.places[index]
        up = max(target[2], flight.place[2])
        ahead = self._route.next_place(index)
        if flight.profile.hovers:
            hovering.climb(flight, up)
            if ahead is not None:
                take_wing(flight, ahead)
            return
        toward = target if math.dist(target[:2], flight.place[:2]) > 1 else ahead or flight.place
        course = math.atan2(toward[1] - flight.place[1], toward[0] - flight.place[0])
        course = course if self._launch_rad is None else self._launch_rad
        ground, _ = flight.speeds(course)
        run = (up - flight.place[2]) / flight.profile.climb_mps * ground
        end = (flight.place[0] + run * math.cos(course), flight.place[1] + run * math.sin(course), up)
        flight.on_wings, flight.heading_rad = True, None
        wings.go(flight, wings.Line(flight.place, end), 0.0, wings.Height(up, rate_mps=flight.profile.climb_mps))
        self._line_from = None

    def come_home(self) -> None:
        """Return, and land where that can be done vertically."""
        self._get_going(self._route.home)
        if self._flight.profile.hovers:
            spiral_to_hover(self._flight, self._route.home)
            land_vertically(self._flight, self._route.home)
            return
        self._to((self._route.home[0], self._route.home[1], self._flight.place[2]), 0.0)

    def land(self, index: int, item: PlanItem) -> None:
        """At the item's place."""
        flight, target = self._flight, _touchdown(self._route, index, item, self._flight)
        if flight.profile.hovers:
            if flight.on_wings:
                land_vertically(flight, target)
            else:
                hovering.descend(flight, target[2])
            return
        flight.on_wings = True
        flight.speed_mps = min(flight.speed_mps, APPROACH_SPEED * flight.profile.min_mps)
        line = wings.Line(self._line_from or flight.place, target)
        way = max(line.length_m - line.seen_from(flight.place)[0], 1.0)
        drop = max(0.0, flight.place[2] - target[2])
        wings.go(flight, line, 0.0, wings.Height(target[2], drop / way, limited=False))

    def go(self, index: int, item: PlanItem) -> None:
        """To the item's place, and what it wants done there."""
        target, ahead = self._route.places[index], self._route.next_place(index)
        self._get_going(target)
        circles = item.command in {Command.LOITER_TURNS, Command.LOITER_TIME, Command.LOITER_TO_ALT, _ENDLESS}
        if circles:
            self._circle(item, target, ahead)
            return
        for point in self._followed(index, target):
            self._to(point, 0.0)
        self._to(target, self._accept_m(item, target, ahead))

    def _followed(self, index: int, target: Point) -> list[Point]:
        """Points of a leg over the terrain, on the line that is flown: behind a take-off or a circle it begins here."""
        points = self._route.between.get(index, [])
        line = wings.Line(self._line_from or self._flight.place, target)
        to_go = [math.dist(point[:2], target[:2]) for point in points]
        return [
            line.at(line.length_m - left, 0.0)[:2] + point[2:]
            for point, left in zip(points, to_go, strict=True)
            if left < line.length_m
        ]

    def _get_going(self, toward: Point) -> None:
        if not self._flight.on_wings:
            if self._flight.profile.hovers:
                take_wing(self._flight, toward)
            self._flight.on_wings = True

    def _to(self, target: Point, accept_m: float) -> None:
        line = wings.Line(self._line_from or self._flight.place, target)
        if line.length_m > 0.5:
            wings.go(self._flight, line, accept_m)
        self._line_from = target

    def _accept_m(self, item: PlanItem, target: Point, ahead: Point | None) -> float:
        """How near a waypoint is passed: as it says itself, else as the turn behind it asks for."""
        own = item.params[1] or 0.0
        if item.command == Command.WAYPOINT and own >= 1:
            return min(own, 255.0)
        if ahead is None:
            return 0.0
        flight, start = self._flight, self._line_from or self._flight.place
        turn = wings.Line(target, ahead).course_rad - wings.Line(start, target).course_rad
        turn = (turn + math.pi) % (2 * math.pi) - math.pi
        ground, _ = flight.speeds(wings.Line(start, target).course_rad)
        return wings.guidance(flight).turn_distance_m(ground, flight.profile.acceptance_m, turn)

    def _circle(self, item: PlanItem, target: Point, ahead: Point | None) -> None:
        first, second, third = (value or 0.0 for value in item.params[:3])
        to_height = item.command == Command.LOITER_TO_ALT
        signed = second if to_height else third
        turns = max(0.0, first) if item.command == Command.LOITER_TURNS else None
        if item.command == _ENDLESS:
            turns = 1.0
        wings.circle(
            self._flight,
            target,
            abs(signed) or DEFAULT_LOITER_RADIUS_M,
            clockwise=signed >= 0,
            turns=turns,
            seconds=max(0.0, first) if item.command == Command.LOITER_TIME else None,
            onward=ahead,
            line_from=self._line_from,
        )
        self._line_from = None


def _touchdown(route: Route, index: int, item: PlanItem, flight: Flight) -> Point:
    """Where a landing item lands: at its place on the ground, or right below."""
    return route.places[index] if item.has_place else (flight.place[0], flight.place[1], route.home[2])
