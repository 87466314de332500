"""Changes of a VTOL between hover and wings, and its vertical landing.

Quadplanes of ArduPilot and PX4's standard VTOL alike: up vertically, ahead until the wings carry; for landing down on
wings, brake in front of the place, and straight down.
"""

import math

from missions.planning import hovering, wings
from missions.planning.flight import Flight, Point

DEFAULT_RADIUS_M = 80.0
"""Circle over home on which a VTOL comes down to its hover height (PX4's NAV_LOITER_RAD)."""

BRAKING_STEP_S = 0.5
BRAKING_STEPS_AT_MOST = 200
_ARRIVED_M = 1.0


def take_wing(flight: Flight, toward: Point) -> None:
    """From hover to flight on wings, in the direction of a place, at the present height."""
    profile = flight.profile
    course = math.atan2(toward[1] - flight.place[1], toward[0] - flight.place[0])
    ahead = max(0.0, profile.transition_m + float(flight.air.along_mps(course)) * profile.transition_s)
    flight.on_wings = True
    flight.heading_rad = course
    place = (flight.place[0] + ahead * math.cos(course), flight.place[1] + ahead * math.sin(course), flight.place[2])
    if profile.transition_s > 0:
        flight.move(place, profile.transition_s, profile.transition_s * profile.transition_power)


def spiral_to_hover(flight: Flight, place: Point) -> None:
    """Come down on wings, circling over a place, to the height at which hovering begins."""
    low = place[2] + flight.profile.hover_height_m
    if flight.place[2] > low + wings.SLOPE_FROM_M:
        radius = max(DEFAULT_RADIUS_M, flight.profile.turn_radius_m(flight.speed_mps))
        wings.circle(flight, (place[0], place[1], low), radius, clockwise=True)


def land_vertically(flight: Flight, place: Point) -> None:
    """Fly to a place on the ground on wings, brake in front of it, and go straight down.

    Raises:
        PlanningError: when the wind is too strong for the way there.
    """
    up = flight.place[2]
    line = wings.Line(flight.place, (place[0], place[1], up))
    braking_m = _braking_m(flight, line.course_rad)
    if line.length_m > braking_m + 1:
        wings.go(flight, line, braking_m, wings.Height(up))
    if flight.profile.transition_s > 0:
        _brake(flight, (place[0], place[1], up))
    flight.on_wings, flight.heading_rad = False, None
    hovering.descend(flight, place[2])


def _braking_m(flight: Flight, course_rad: float) -> float:
    """Distance in which it comes to rest from its speed over the ground on a course."""
    ground, _ = flight.speeds(course_rad)
    return max(flight.profile.transition_m, ground**2 / (2 * flight.profile.acceleration_mps2))


def _brake(flight: Flight, place: Point) -> None:
    """From the present speed over the ground to rest at a place, with the acceleration of an aircraft that hovers.

    Straight where the course already leads to the place; from the rim of a circle it swings out first.
    """
    profile, heading = flight.profile, flight.heading_rad or 0.0
    east_mps = flight.speed_mps * math.cos(heading) + flight.air.east_mps
    north_mps = flight.speed_mps * math.sin(heading) + flight.air.north_mps
    most = profile.acceleration_mps2 * BRAKING_STEP_S
    for _ in range(BRAKING_STEPS_AT_MOST):
        east, north = place[0] - flight.place[0], place[1] - flight.place[1]
        away = math.hypot(east, north)
        if away <= max(_ARRIVED_M, BRAKING_STEP_S * math.hypot(east_mps, north_mps) / 2):
            break
        wanted = min(flight.speed_mps, math.sqrt(2 * profile.acceleration_mps2 * away)) / away
        change = wanted * east - east_mps, wanted * north - north_mps
        share = min(1.0, most / max(math.hypot(*change), 1e-9))
        east_mps, north_mps = east_mps + share * change[0], north_mps + share * change[1]
        here = (flight.place[0] + east_mps * BRAKING_STEP_S, flight.place[1] + north_mps * BRAKING_STEP_S, place[2])
        flight.move(here, BRAKING_STEP_S, BRAKING_STEP_S * profile.transition_power)
    flight.move(place, BRAKING_STEP_S, BRAKING_STEP_S * profile.transition_power)
