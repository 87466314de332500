"""Separation of whole plans, climbs, turns and landings included, beside flying both; and what it costs."""

import math
from dataclasses import replace

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from maps.district import District
from missions.plan import Command, Frame, Plan, PlanItem
from missions.safety.flightpath import FlightPath
from missions.safety.separation import BETWEEN_MISSIONS, others_near, separation_findings
from missions.safety.volumes import Intent, Volumes

places = st.tuples(st.integers(-250, 250), st.integers(-250, 250), st.integers(30, 70))
flights = st.tuples(st.lists(places, min_size=1, max_size=4), st.integers(-40, 40), st.integers(0, 60))


def flown(district: District, places_m: list[tuple[int, int, int]], east_m: int) -> Plan:
    """Up at a place east of home, along the places, and down where it took off."""
    frame = district.frame
    home = frame.to_geodetic([float(east_m), 0.0, 0.0])
    items = [PlanItem(Command.TAKEOFF, Frame.HOME, home.lat_deg, home.lon_deg, places_m[0][2], purpose="takeoff")]
    for east, north, up in places_m:
        there = frame.to_geodetic([float(east), float(north), 0.0])
        items.append(PlanItem(Command.WAYPOINT, Frame.HOME, there.lat_deg, there.lon_deg, up))
    items.append(PlanItem(Command.RETURN_TO_LAUNCH, Frame.MISSION, purpose="return"))
    place = Position(home.lat_deg, home.lon_deg, district.home.alt_amsl_m)
    return Plan("", "rotorcraft", place, tuple(items), 8.0)


def at(path: FlightPath, time: np.ndarray) -> np.ndarray:
    """(N, 3) where it is at these times since take-off; NaN before and after."""
    there = np.column_stack([np.interp(time, path.time_s, path.enu_m[:, axis]) for axis in range(3)])
    there[(time < 0) | (time > path.time_s[-1])] = np.nan
    return there


@settings(max_examples=30)
@given(flights, flights)
def test_where_two_plans_come_near_a_conflict_is_found_both_ways(nanling: District, one: tuple, two: tuple) -> None:
    paths = [FlightPath.of(flown(nanling, places_m, east), nanling, None) for places_m, east, _ in (one, two)]
    intents = [
        Intent(name, name, Volumes.of(path), [(start, start)], 0.0)
        for name, path, (_, _, start) in zip("ab", paths, (one, two), strict=True)
    ]
    found = bool(list(separation_findings(intents[0], [intents[1]])))
    assert found is bool(list(separation_findings(intents[1], [intents[0]])))
    time = np.arange(0.0, 60.0 + max(path.time_s[-1] for path in paths), 0.2)
    a, b = (at(path, time - start) for path, (_, _, start) in zip(paths, (one, two), strict=True))
    aside, above = np.hypot(*(a - b)[:, :2].T), np.abs(a - b)[:, 2]
    needed = 2 * paths[0].error_m + BETWEEN_MISSIONS.lateral_m
    pads = np.all([np.hypot(*(p - path.home_m)[:, :2].T) < 2.1 for p, path in zip((a, b), paths, strict=True)], axis=0)
    if ((aside < needed) & (above < BETWEEN_MISSIONS.vertical_m) & ~pads).any():
        assert found


def test_what_is_looked_at_is_what_flies_nearby(nanling: District) -> None:
    """Of 1000 flights all over the land only the two beside it are compared piece by piece."""
    path = FlightPath.of(flown(nanling, [(200, 0, 50)], 0), nanling, None)
    air = Volumes.of(path)

    def moved(name: str, east_m: float) -> Intent:
        lines = shapely.transform(air.lines, lambda flat: flat + np.array([east_m, 0.0]))
        return Intent(name, name, replace(air, lines=lines), [(0.0, 0.0)])

    others = [moved(f"uav-{number}", 500.0 * math.ceil(number / 2) * (-1) ** number) for number in range(1, 1001)]
    near = [moved("beside", 30.0), moved("behind", -20.0)]
    own = Intent("own", "own", air, [(0.0, 0.0)])
    assert others_near(own, [*others[:500], *near, *others[500:]], BETWEEN_MISSIONS) == near
