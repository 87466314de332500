"""Changes of a VTOL between hover and wings, and its vertical landing.

Quadplanes of ArduPilot and PX4's standard VTOL alike: up vertically, ahead until the wings carry; for landing down on
wings, brake in front of the place, and straight down.
"""

import math

from missions.planning import hovering, wings
from missions.planning.flight import Flight, Point

DEFAULT_RADIUS_M = 80.0
"""Circle over home on which a VTOL comes down to its hover height (PX4's NAV_LOITER_RAD)."""


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
    profile = flight.profile
    up = flight.place[2]
    line = wings.Line(flight.place, (place[0], place[1], up))
    if line.length_m > profile.transition_m + 1:
        wings.go(flight, line, profile.transition_m, wings.Height(up))
    flight.on_wings, flight.heading_rad = False, None
    if profile.transition_s > 0:
        power = profile.transition_power
        flight.move((place[0], place[1], up), profile.transition_s, profile.transition_s * power)
    hovering.descend(flight, place[2])
