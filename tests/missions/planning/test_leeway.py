"""Leeway: steeper climbs, and circles on which an aircraft sinks at its own rate, are no departure from a plan."""

import numpy as np
import pytest

from fusion.messages import Position, VehicleKind
from maps.positions import Geodetic, LocalFrame
from missions.plan import Command, Frame, PathPoint, Plan, PlanItem
from missions.planning.conformance import Bounds, conformance
from missions.planning.leeway import Leeway

HOME = Geodetic(43.86, 125.32, 220.0)
FRAME = LocalFrame(HOME)
RADIUS_M = 60.0
ALLOWED = Bounds(15.0, 35.0, 7.5, 15.0, 100.0)


def waypoint(east: float, north: float, up: float, purpose: str, command: Command = Command.WAYPOINT) -> PlanItem:
    there = FRAME.to_geodetic([east, north, 0.0])
    params = (1.0, RADIUS_M, 0.0, 1.0) if command == Command.LOITER_TO_ALT else (0.0, 0.0, 0.0, None)
    return PlanItem(int(command), int(Frame.HOME), there.lat_deg, there.lon_deg, up, params, purpose=purpose)


ITEMS = (
    waypoint(400, 0, 100, "transit"),
    waypoint(900, RADIUS_M, 40, "land", Command.LOITER_TO_ALT),
    waypoint(1200, 0, 40, "land"),
)


def circling(laps: float, from_m: float, to_m: float, level_m: float) -> np.ndarray:
    """(N, 4) east, north, up, item: a climb to 100 m, a leg, laps of a circle while sinking, and on."""
    climb = np.column_stack([np.linspace(0, 400, 80), np.zeros(80), np.linspace(50, 100, 80), np.zeros(80)])
    leg = np.column_stack([np.linspace(405, 900, 100), np.zeros(100), np.linspace(level_m, from_m, 100), np.ones(100)])
    angle = np.linspace(0, 2 * np.pi * laps, int(120 * laps))
    ring = np.column_stack([900 + RADIUS_M * np.sin(angle), RADIUS_M * (1 - np.cos(angle))])
    ring = np.column_stack([ring, np.linspace(from_m, to_m, len(angle)), np.ones(len(angle))])
    on = np.column_stack([np.linspace(905, 1200, 60), np.zeros(60), np.full(60, to_m), np.full(60, 2)])
    return np.vstack([climb, leg, ring, on])


def positions(path: np.ndarray) -> list[Position]:
    up = path[:, 2] + HOME.alt_amsl_m
    lat, lon, _ = FRAME.geodetic_from_enu(path[:, :3])
    return [Position(float(a), float(o), float(h)) for a, o, h in zip(lat, lon, up, strict=True)]


def plan(kind: VehicleKind = "fixed_wing", circle_from_m: float = 45) -> Plan:
    """It glides on the way to the circle, and goes around once."""
    path = circling(1.0, circle_from_m, 40, 100)
    points = [PathPoint(p, i * 1.0, int(row[3])) for i, (p, row) in enumerate(zip(positions(path), path, strict=True))]
    home = Position(HOME.lat_deg, HOME.lon_deg, HOME.alt_amsl_m)
    return Plan("uav", kind, home, ITEMS, 18.0, path=tuple(points))


def reasons(path: np.ndarray, kind: VehicleKind = "fixed_wing", circle_from_m: float = 45) -> tuple[str, ...]:
    planned = plan(kind, circle_from_m)
    return conformance(planned, np.arange(len(path), dtype=float).tolist(), positions(path), ALLOWED).reasons


@pytest.mark.parametrize("laps", [1.0, 2.0, 3.0])
def test_staying_up_and_sinking_on_the_circle_is_no_departure_however_often_it_goes_round(laps: float) -> None:
    assert reasons(circling(laps, 100, 40, 100)) == ()


def test_gliding_evenly_to_the_circle_is_no_departure_from_a_slower_descent_and_gliding_deeper_is() -> None:
    assert reasons(circling(1.0, 50, 40, 100), circle_from_m=85) == ()
    deeper = circling(1.0, 50, 40, 100)
    deeper[80:180, 2] = np.maximum(np.linspace(100, 10, 100), 45)
    assert any("above or below" in reason for reason in reasons(deeper, circle_from_m=85))


def test_a_wider_circle_or_a_deeper_descent_is_one() -> None:
    wide = circling(2.0, 100, 40, 100)
    wide[180:420, 0] = 900 + (wide[180:420, 0] - 900) * 2
    wide[180:420, 1] = RADIUS_M + (wide[180:420, 1] - RADIUS_M) * 2
    assert any("beside the path" in reason for reason in reasons(wide))
    deep = circling(2.0, 100, 10, 100)
    assert any("above or below" in reason for reason in reasons(deep))


def test_a_steeper_climb_is_no_departure_and_a_flatter_one_is() -> None:
    steep, flat = circling(1.0, 45, 40, 100), circling(1.0, 45, 40, 100)
    steep[:80, 2] = np.minimum(50 + np.arange(80) * 3.0, 100)
    flat[:80, 2] = np.linspace(50, 70, 80)
    assert reasons(steep) == ()
    assert any("above or below" in reason for reason in reasons(flat))
    assert reasons(steep, "rotorcraft") != ()


def test_the_band_ends_where_climb_and_circle_end() -> None:
    path = circling(1.0, 45, 40, 100)
    leeway = Leeway.of(ITEMS, plan().home, FRAME, path[:, :3], path[:, 3].astype(np.intp), winged=True)
    assert leeway.top_m[:80] == pytest.approx(100.0)
    assert leeway.top_m[200] == pytest.approx(100.0)
    assert leeway.floor_m[200] == pytest.approx(40.0)
    assert leeway.top_m[-1] == leeway.floor_m[-1] == pytest.approx(40.0)
    assert leeway.circles_m == pytest.approx(np.array([[900.0, RADIUS_M, RADIUS_M]]), abs=0.1)


def test_a_climb_leads_no_higher_than_the_item_that_is_flown_to() -> None:
    items = (waypoint(400, 0, 60, "transit"), waypoint(900, 0, 110, "transit"))
    east = np.linspace(0, 900, 181)
    path = np.column_stack([east, np.zeros(181), HOME.alt_amsl_m + 20 + east / 10])
    leeway = Leeway.of(items, plan().home, FRAME, path, (east > 400).astype(np.intp), winged=True)
    assert leeway.top_m[east <= 400].max() == pytest.approx(HOME.alt_amsl_m + 60)
    assert leeway.top_m[east > 400].min() == pytest.approx(HOME.alt_amsl_m + 110)


def test_from_a_circle_above_another_it_may_already_sink_to_the_lower_one() -> None:
    items = (
        waypoint(900, RADIUS_M, 100, "land", Command.LOITER_TO_ALT),
        waypoint(900, RADIUS_M, 40, "land", Command.LOITER_TO_ALT),
    )
    path = circling(1.0, 100, 40, 100)[80:300]
    path[:, 3] = np.arange(220) >= 110
    path[:, 2] += HOME.alt_amsl_m
    leeway = Leeway.of(items, plan().home, FRAME, path[:, :3], path[:, 3].astype(np.intp), winged=True)
    upper = path[:, 3] == 0
    assert leeway.floor_m[upper].min() == pytest.approx(HOME.alt_amsl_m + 40, abs=1)
    assert leeway.floor_m[upper][0] == pytest.approx(HOME.alt_amsl_m + 100)
