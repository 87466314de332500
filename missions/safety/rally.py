"""Rally points: places to land at for a plan whose straight ways home are barred.

Returning by itself an autopilot flies straight home, or to a rally point (`missions.safety.way_home`). Where a zone or
a building stands on that way, places on this side of it are proposed: open ground, as few as do, chosen one after the
other so that each leaves the fewest ways barred that are left.
"""

import numpy as np
import shapely
from msgspec.structs import replace
from numpy.typing import NDArray

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.errors import PlanningError
from missions.safety.circumstances import Circumstances
from missions.safety.flightpath import FlightPath
from missions.safety.obstacles import room_below_m
from missions.safety.swept import Swept, highest_beside_amsl_m
from missions.safety.way_home import IntArray, choices, origins, swept
from missions.safety.zones import beyond_m, narrowed

MOST_POINTS = 5
MOST_CANDIDATES = 60
MOST_WAYS = 15_000
"""Ways to places that are looked at; on a long path that is fewer places."""

GRID_M = 50.0
"""Distance between the places that are looked at."""

REACH_M = 250.0
"""How far from a barred way's beginning they lie: ArduCopter heeds none farther away than 300 m."""

FAR_M = 1000.0
"""Ways to rally points farther away than this are not looked at, and count as barred."""

ROOM_M = 10.0
"""Distance that is kept from buildings, beside the error by which the aircraft may miss the place."""

LEVEL_M = 3.0
"""Ground rises by no more from the place to as far as the aircraft may miss it."""


def with_rally_points(plan: Plan, district: District, given: Circumstances) -> Plan:
    """The plan with rally points and a note of them; the plan itself where none are needed, or none help.

    A fixed-wing aircraft returns to the landing of its plan, and has no use for them.
    """
    if plan.vehicle_kind == "fixed_wing" or plan.rally:
        return plan
    try:
        path = FlightPath.of(plan, district, given.wind, {plan.vehicle_kind: given.profile(plan.vehicle_kind)})
    except PlanningError:
        return plan
    points = _points(path, given.now)
    if not points:
        return plan
    note = (
        f"{len(points)} rally point(s) added: the straight way home is barred from parts of the way, so returning by "
        "itself (lost link, low battery) it would land there; see that they are free",
        f"已增加 {len(points)} 个集结点：部分航段的直线返航路线受阻，自动返航（失联、低电量）时将在集结点降落，"
        "请确保该处无人无障碍",
    )
    return replace(plan, rally=points, notes=(*plan.notes, note))


def _points(path: FlightPath, now: Instant) -> tuple[Position, ...]:
    """The rally points that clear all ways home; none where nothing is barred or no places do."""
    samples, first = origins(path)
    home = path.enu_m[:1, :2]
    barred = _barred(path, now, samples, first, home)
    if not barred.any():
        return ()
    ends = np.unique(np.concatenate([first[barred[:, 0]], first[barred[:, 0]] + 1]))
    places = _open_ground(path, path.enu_m[samples[ends], :2], min(MOST_CANDIDATES, max(1, MOST_WAYS // len(first))))
    if not len(places):
        return ()
    if path.profile.winged:
        places = np.vstack([home, places])  # ArduPlane flies home only where a rally point lies there
    goals = np.vstack([home, places])
    barred = np.hstack([barred, _barred(path, now, samples, first, places)])
    apart = np.linalg.norm(path.enu_m[samples, None, :2] - goals[None], axis=2)

    def left(chosen: list[int]) -> int:
        """How many ways are barred with these goals."""
        bad = np.zeros(len(first), dtype=bool)
        for choice in choices(path, apart[:, chosen]):
            goal = np.asarray(chosen)[choice]
            bad |= barred[np.arange(len(first)), goal[first]] | barred[np.arange(len(first)), goal[first + 1]]
        return int(bad.sum())

    for chosen in ([0], [0, 1]):
        while left(chosen) and len(chosen) <= MOST_POINTS:
            chosen.append(min(range(1, len(goals)), key=lambda each: left([*chosen, each])))
        if not left(chosen):
            return tuple(_position(path, goals[each]) for each in chosen[1:])
    return ()


def _position(path: FlightPath, place_m: FloatArray) -> Position:
    """A rally point, at the height of the return."""
    lat, lon, _ = path.district.frame.geodetic_from_enu(np.array([*place_m, 0.0]))
    up = path.plan.home.alt_amsl_m + max(path.profile.return_height_m, 0.0)
    return Position(round(float(lat), 7), round(float(lon), 7), up)


def _barred(
    path: FlightPath, now: Instant, samples: IntArray, first: IntArray, goals_m: FloatArray
) -> NDArray[np.bool_]:
    """(F, G) whether the ways from pairs of samples to goals are barred; those too far away are, too."""
    apart = np.linalg.norm(path.enu_m[samples[first], None, :2] - goals_m[None], axis=2)
    asked = np.ones(apart.shape, dtype=bool) if len(goals_m) == 1 or path.profile.winged else apart <= FAR_M
    pair, goal = np.nonzero(asked)
    air, way = swept(path, samples, first[pair], goals_m[goal], np.full(len(goal), -np.inf))
    found = np.ones(apart.shape, dtype=bool)
    ways = np.zeros(len(pair), dtype=bool)
    np.logical_or.at(ways, way, _forbidden(air, now))
    found[pair, goal] = ways
    return found


def _forbidden(air: Swept, now: Instant) -> NDArray[np.bool_]:
    """(M,) whether pieces of air break a rule that blocks on a way home."""
    found = room_below_m(air) < air.clearance_m
    areas = [zone.shape_m for zone in air.district.zone_map.zones if zone.rule == "flight_area"]
    if areas:
        found |= beyond_m(air.shapes, narrowed(shapely.union_all(areas), air.error_m)) > 0
    for zone, pieces in air.district.zone_map.near(air.shapes, air.error_m, air.heights("agl"), air.heights("amsl")):
        if zone.rule == "no_fly":
            found[pieces[zone.in_force_during(now + air.start_s[pieces], now + air.end_s[pieces])]] = True
    return np.asarray(found)


def _open_ground(path: FlightPath, near_m: FloatArray, most: int) -> FloatArray:
    """(C, 2) places near some others where an aircraft may come down: in no zone, level, away from buildings."""
    district, error = path.district, path.error_m
    steps = np.arange(-REACH_M, REACH_M + 1, GRID_M)
    around = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    places = np.unique(np.round((near_m[:, None] + around).reshape(-1, 2) / GRID_M), axis=0) * GRID_M
    points = shapely.points(places)
    zones = district.zone_map.zones
    free = highest_beside_amsl_m(district, places, error) <= highest_beside_amsl_m(district, places, 0.0) + LEVEL_M
    areas = [zone.shape_m for zone in zones if zone.rule == "flight_area"]
    if areas:
        free &= shapely.covers(narrowed(shapely.union_all(areas), error), points)
    closed = [zone.shape_m for zone in zones if zone.rule == "no_fly"]
    if closed:
        free &= ~shapely.dwithin(points, shapely.union_all(closed), error)
    if len(district.surface.prisms.rows):
        beside, _ = district.surface.tree.query(points, predicate="dwithin", distance=error + ROOM_M)
        free[beside] = False
    found = places[free]
    return found[:: max(1, -(-len(found) // most))]
