"""Flight of aircraft that hover: straight legs from rest to rest, turns on the spot, straight up and straight down."""

import math
from collections.abc import Sequence
from itertools import pairwise

from missions.planning.energy import flight_power, hover_power
from missions.planning.flight import Flight, Point
from missions.planning.motion import VERTICAL_ACCELERATION_MPS2, Limits, overlap_s

FINAL_DESCENT_M = 10.0
"""The last metres are flown at the landing speed (ArduCopter's LAND_ALT_LOW, PX4's MPC_LAND_ALT1)."""

RETURN_WAIT_S = 5.0
"""Wait over home before landing (ArduCopter's RTL_LOIT_TIME)."""

CIRCLE_RAD_PER_S = math.radians(20)
"""Fastest turn around a circle's centre (ArduCopter's CIRCLE_RATE)."""

CIRCLE_STEP_RAD = math.radians(10)
MAX_TURNS_DRAWN = 50


def follow(flight: Flight, points: Sequence[Point]) -> None:
    """Along a straight leg whose height changes on the way, to its last point, and stop there.

    Raises:
        PlanningError: when the wind is too strong for the leg.
    """
    start, end = flight.place, points[-1]
    course = math.atan2(end[1] - start[1], end[0] - start[0])
    ground, air = flight.speeds(course)
    steps = [(math.dist(a[:2], b[:2]), b[2] - a[2]) for a, b in pairwise([start, *points])]
    rates = (flight.profile.climb_mps, flight.profile.sink_mps)
    seconds = [max(across / ground, up / rates[0], -up / rates[1], 1e-3) for across, up in steps]
    length = sum(across for across, _ in steps)
    slower = max(1.0, _limits(flight, 0.0, ground).leg_s(length) / sum(seconds))
    for point, each, (_, up) in zip(points, seconds, steps, strict=True):
        time = each * slower
        flight.move(point, time, time * flight_power(flight.profile, air, up / time))
    flight.heading_rad = course
    rest(flight)


def go(flight: Flight, target: Point, *, stops: bool) -> None:
    """Straight to a point; with ``stops`` it comes to rest there, else it may begin the next leg a little early.

    Raises:
        PlanningError: when the wind is too strong for the leg.
    """
    east, north, up = (b - a for a, b in zip(flight.place, target, strict=True))
    across = math.hypot(east, north)
    length = math.hypot(across, up)
    if length < 0.01:
        if stops:
            rest(flight)
        return
    course, slope = math.atan2(north, east), math.atan2(up, across)
    ground, air = flight.speeds(course) if across > 0.1 else (flight.speed_mps, flight.air.speed_mps)
    limits = _limits(flight, slope, ground)
    seconds = limits.leg_s(length)
    if flight.corner is not None:
        seconds -= _early(flight, course, slope, limits, length)
    seconds = max(seconds, length / limits.speed_mps)
    power = flight_power(flight.profile, air, up / seconds) if across > 0.1 else _vertical(flight, up / seconds)
    flight.move(target, seconds, seconds * power)
    if across > 0.5:
        flight.heading_rad = course
    flight.corner = None if stops else (course, slope, length)


def rest(flight: Flight) -> None:
    """Come to a standstill: the next leg begins from rest."""
    flight.corner = None


def stay(flight: Flight, seconds: float) -> None:
    """Stand in the air."""
    rest(flight)
    flight.wait(seconds, hover_power(flight.profile, flight.air.speed_mps))


def climb(flight: Flight, up_m: float) -> None:
    """Straight up, or down, to a height AMSL."""
    change = up_m - flight.place[2]
    if abs(change) < 0.01:
        return
    rate = flight.profile.climb_mps if change > 0 else flight.profile.sink_mps
    limits = Limits(rate, VERTICAL_ACCELERATION_MPS2, flight.profile.jerk_mps3)
    seconds = limits.leg_s(abs(change))
    flight.move((*flight.place[:2], up_m), seconds, seconds * _vertical(flight, change / seconds))
    rest(flight)


def descend(flight: Flight, ground_m: float) -> None:
    """Straight down to the ground, slowly over the last metres."""
    high = flight.place[2] - ground_m
    if high <= 0:
        return
    climb(flight, ground_m + min(FINAL_DESCENT_M, high))
    rate = flight.profile.landing_mps
    seconds = min(FINAL_DESCENT_M, high) / rate
    flight.move((*flight.place[:2], ground_m), seconds, seconds * _vertical(flight, -rate))


def circle(flight: Flight, centre: Point, radius_m: float, turns: float, *, clockwise: bool) -> None:
    """Go to the nearest point of a circle, around its centre, and stop there.

    Raises:
        PlanningError: when the wind is too strong for the circle.
    """
    east, north = flight.place[0] - centre[0], flight.place[1] - centre[1]
    begin = math.atan2(north, east) if math.hypot(east, north) > 0.5 else 0.0
    go(flight, (centre[0] + radius_m * math.cos(begin), centre[1] + radius_m * math.sin(begin), centre[2]), stops=True)
    side = -1 if clockwise else 1
    gentle = math.sqrt(0.5 * flight.profile.acceleration_mps2 * radius_m)
    asked, flight.speed_mps = flight.speed_mps, min(flight.speed_mps, gentle, CIRCLE_RAD_PER_S * radius_m)
    not_drawn = max(0, math.ceil(turns - MAX_TURNS_DRAWN))
    sweep = 2 * math.pi * (turns - not_drawn)
    count = max(1, math.ceil(sweep / CIRCLE_STEP_RAD))
    began_s, began_energy_s = flight.time_s, flight.energy_s
    for step in range(1, count + 1):
        angle = begin + side * sweep * step / count
        ground, air = flight.speeds(angle + side * math.pi / 2)
        seconds = radius_m * sweep / count / ground
        place = (centre[0] + radius_m * math.cos(angle), centre[1] + radius_m * math.sin(angle), centre[2])
        flight.move(place, seconds, seconds * flight_power(flight.profile, air, 0.0))
    if not_drawn:
        more = not_drawn * 2 * math.pi / sweep
        flight.move(flight.place, more * (flight.time_s - began_s), more * (flight.energy_s - began_energy_s))
    flight.speed_mps = asked
    rest(flight)


def _vertical(flight: Flight, rate_mps: float) -> float:
    return hover_power(flight.profile, flight.air.speed_mps, rate_mps)


def _limits(flight: Flight, slope_rad: float, ground_mps: float) -> Limits:
    """Along a leg that rises at an angle: neither the level nor the vertical part may exceed its own limits."""
    profile = flight.profile
    flat, steep = max(math.cos(slope_rad), 1e-6), max(abs(math.sin(slope_rad)), 1e-6)
    rate = profile.climb_mps if slope_rad > 0 else profile.sink_mps
    return Limits(
        min(ground_mps / flat, rate / steep),
        min(profile.acceleration_mps2 / flat, VERTICAL_ACCELERATION_MPS2 / steep),
        profile.jerk_mps3,
    )


def _early(flight: Flight, course: float, slope: float, limits: Limits, length_m: float) -> float:
    """By how much this leg begins before the last one ends."""
    assert flight.corner is not None
    before_course, before_slope, before_m = flight.corner
    ground, _ = flight.speeds(before_course)
    cosine = math.cos(slope) * math.cos(before_slope) * math.cos(course - before_course)
    turn = math.acos(max(-1.0, min(1.0, cosine + math.sin(slope) * math.sin(before_slope))))
    before = _limits(flight, before_slope, ground)
    return overlap_s(before, before_m, limits, length_m, turn, flight.profile.acceptance_m)
