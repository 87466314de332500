"""The path that an aircraft flies for given items: places, turns, times and energy.

One model serves both sides: planning previews with it, clearance checks what it says. It does what ArduPilot and PX4
do (docs/autopilots.md): rotorcraft fly straight legs from rest to rest, cutting corners by no more than the acceptance
radius (`missions.planning.hovering`); aircraft with wings begin turns early, join lines, climb at once and glide
evenly (`missions.planning.wings`); a VTOL rises, changes to its wings, and back before it lands
(`missions.planning.transition`). Altitudes are AMSL throughout.
"""

from collections.abc import Sequence

from fusion.messages import Position
from maps.district import District
from missions.plan import Command, PlanItem
from missions.planning.flight import Flight, Trajectory
from missions.planning.pilots import Pilot, Rotors, Wings
from missions.planning.places import LANDINGS, TAKE_OFFS, Route, altitude_amsl_m, moves
from missions.planning.profiles import VehicleProfile
from missions.planning.request import Wind
from missions.planning.wind import AirMass

__all__ = ["Trajectory", "altitude_amsl_m", "fly"]


def fly(
    items: Sequence[PlanItem],
    home: Position,
    profile: VehicleProfile,
    district: District,
    *,
    speed_mps: float | None = None,
    wind: Wind | None = None,
    launch_heading_deg: float | None = None,
    turn_side: int = 0,
) -> Trajectory:
    """The path for a list of items, from the ground at home.

    Args:
        items: in the order of flight; those without a place only change speed or take time.
        home: where the vehicle stands; HOME altitudes are measured from its ``alt_amsl_m``.
        profile: of the aircraft.
        district: for its frame and terrain.
        speed_mps: until an item changes it; by default the profile's cruise.
        wind: steady, everywhere.
        launch_heading_deg: clockwise from north, in which a fixed-wing aircraft is launched and climbs out; by default
            toward its first item.
        turn_side: to which an aircraft with wings turns where either side would do: +1 left, -1 right, 0 the nearer.

    Raises:
        PlanningError: when a leg cannot be flown against the wind.
    """
    route = Route.of(items, home, district)
    flight = Flight(profile, AirMass.of(wind), _speed(profile, speed_mps or profile.cruise_mps), route.home)
    flight.turn_side = turn_side
    flight.mark()
    pilot: Pilot = Wings(flight, route, launch_heading_deg) if profile.winged else Rotors(flight, route)
    for index, item in enumerate(items):
        flight.item = index
        if item.command == Command.CHANGE_SPEED:
            if item.params[1] and item.params[1] > 0:
                flight.speed_mps = _speed(profile, item.params[1])
        elif item.command == Command.DELAY:
            pilot.wait(max(0.0, item.params[0] or 0.0))
        elif item.command in TAKE_OFFS:
            pilot.take_off(index)
        elif item.command == Command.RETURN_TO_LAUNCH:
            pilot.come_home()
        elif item.command in LANDINGS:
            pilot.land(index, item)
        elif moves(item):
            pilot.go(index, item)
    return flight.trajectory()


def _speed(profile: VehicleProfile, asked_mps: float) -> float:
    """What the autopilot makes of a speed: it keeps within its limits."""
    return max(profile.min_mps, min(profile.max_mps, asked_mps))
