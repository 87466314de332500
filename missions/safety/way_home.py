"""The way home: from every point of the path, where the autopilot flies when it returns by itself.

After a lost link, a low battery or a breach an autopilot flies straight to the place it returns to: home, the nearest
rally point, or the plan's own landing. Between two neighbouring points of the path these straight ways sweep an area,
which is judged piece by piece like the path itself, against zones, terrain, buildings and the plan's fence.

Heights: a rotorcraft climbs to `VehicleProfile.return_height_m` when it is lower, and stays where it is when it is
higher (ArduCopter's RTL_ALT, PX4's RTL_RETURN_ALT); ArduCopter climbs less close to home. ArduPlane changes to
RTL_ALTITUDE on the way, PX4's plane only climbs: anything between the two heights may be flown. A climb is at least
even over the way, or as steep as it can be.

ArduPilot heeds rally points only within a distance (AP_Rally: RALLY_LIMIT_KM, 0.3 km on ArduCopter), and ArduPlane
prefers them to home; PX4 flies to the nearest of all. Where they differ, both ways are judged.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from maps.instants import Instant
from maps.positions import FloatArray
from missions.margins import CLEAR_BY_M
from missions.plan import Command, landing_index
from missions.planning.trajectory import altitude_amsl_m
from missions.safety.fence import fence_findings
from missions.safety.findings import Finding
from missions.safety.flightpath import EARLY, LATE, FlightPath
from missions.safety.obstacles import obstacle_findings
from missions.safety.swept import Swept, highest_beside_amsl_m
from missions.safety.zones import zone_findings

IntArray = NDArray[np.intp]

ORIGIN_STEP_M = 40.0
"""Points of the path between which ways home are swept lie at most so far apart."""

PIECE_M = 60.0
"""Length of the pieces of a way home."""

CONE_SLOPE = 3.0
"""Near home ArduCopter climbs only into a cone so steep (RTL_CONE_SLOPE); PX4 knows one too, within 10 m of home."""

RALLY_LIMIT_M, RALLY_LIMIT_WINGED_M = 300.0, 5000.0
"""ArduPilot's RALLY_LIMIT_KM."""

FASTEST = 1.5
"""Speed over the ground on the way home at most, as a multiple of that of the plan: with the wind in the back."""

PIECES_AT_MOST = 60_000

_BLOCKING = frozenset({"no_fly", "flight_area", "terrain"})
"""A return some metres over a ceiling, or across a fence at which the vehicle already turns back, is only warned of."""


def way_home_findings(path: FlightPath, now: Instant, told: Sequence[Finding]) -> Iterator[Finding]:
    """What stands against returning from somewhere on the path, the worst of each kind.

    What is told already of the path itself at the same item is not told again.
    """
    air = ways_home(path)
    if not len(air):
        return
    for found in (*zone_findings(air, now), *obstacle_findings(air), *fence_findings(air, path.plan)):
        if any((found.rule, found.item) == (each.rule, each.item) for each in told):
            continue
        remedy, remedy_zh = _remedy(path, found)
        yield msgspec.structs.replace(
            found,
            rule="way_home",
            severity="blocking" if found.rule in _BLOCKING else "warning",
            message=f"returning by itself (lost link, low battery) from item {_number(found)} it would fly straight to "
            f"where it lands; there {found.message.split(':')[0]}: {remedy}",
            message_zh=f"若在第 {_number(found)} 项自动返航（失联、低电量），将直线飞往降落点，"
            f"届时{found.message_zh.split('：')[0]}：{remedy_zh}",
        )


def _number(found: Finding) -> int:
    """Of the item to blame, as people count."""
    return (found.item or 0) + 1


def _remedy(path: FlightPath, found: Finding) -> tuple[str, str]:
    """What would make the way home safe."""
    if found.rule == "terrain" and found.position is not None and found.margin_m is not None:
        needed = math.ceil(found.position.alt_amsl_m - found.margin_m - path.plan.home.alt_amsl_m - 0.01)
        return (
            f"have it return at {needed} m above home or higher (the autopilot's return height, and return_height_m "
            "of its profile), or add a rally point",
            f"请将自动返航高度设为起飞点以上不低于 {needed} 米（飞控返航高度及机型配置 return_height_m），或设置集结点",
        )
    return (
        "add a rally point on this side, start from another place, or return at another height",
        "请在此侧设置集结点、更换起飞点或调整返航高度",
    )


def ways_home(path: FlightPath) -> Swept:
    """The air between the path and the places to which the vehicle would return from it."""
    samples, first = origins(path)
    goals, heights = _goals(path)
    apart = np.linalg.norm(path.enu_m[samples, None, :2] - goals[None], axis=2)
    chosen = [goal for choice in choices(path, apart) for goal in (choice[first], choice[first + 1])]
    ways = np.unique(np.concatenate([np.column_stack([first, goal]) for goal in chosen]), axis=0)
    return swept(path, samples, ways[:, 0], goals[ways[:, 1]], heights[ways[:, 1]])[0]


def way_home_from(path: FlightPath, here_m: FloatArray) -> tuple[Swept, Swept]:
    """The air between a place (3,), on the path or off it, and where the vehicle would return to; and that place."""
    goals, heights = _goals(path)
    apart = np.linalg.norm(goals - here_m[:2], axis=1)
    goal = np.unique(np.concatenate(list(choices(path, apart[None]))))
    low, high = _return_heights(path, np.full(len(goal), here_m[2]), heights[goal], apart[goal])
    way, step, total = _pieces(apart[goal])
    start, end = (here_m[:2] + (share / total)[:, None] * (goals[goal[way]] - here_m[:2]) for share in (step, step + 1))
    ground = highest_beside_amsl_m(path.district, np.vstack([start, end]), path.error_m).reshape(2, -1)
    away_s = LATE * apart[goal[way]] / max(path.plan.speed_mps / 2, 1.0)
    air = Swept(
        path.district,
        path.error_m,
        np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object),
        low[way],
        high[way],
        ground.min(axis=0),
        ground.max(axis=0),
        ground.max(axis=0),
        np.zeros(len(way)),
        away_s,
        np.full(len(way), path.item[0]),
        np.full(len(way), CLEAR_BY_M),
    )
    last = air.only(step == total - 1)
    return air, replace(last, shapes=np.asarray(shapely.points(goals[goal]), dtype=object))


def swept(
    path: FlightPath, samples: IntArray, first: IntArray, goal_m: FloatArray, goal_up_m: FloatArray
) -> tuple[Swept, IntArray]:
    """The air between neighbouring samples, (W,) the first of each two, and the place (W, 2) that they return to.

    Returns:
        The air in pieces, and (M,) to which of these ways each piece belongs.
    """
    start = path.enu_m[np.stack([samples[first], samples[first + 1]])]
    apart = np.linalg.norm(goal_m - start[..., :2], axis=2)
    away = apart.max(axis=0)
    low, high = _return_heights(path, start[..., 2], goal_up_m, apart)
    climbs = np.where(start[..., 2] <= low, high - low, 0.0) if path.profile.winged else np.zeros_like(low)
    climbs = np.minimum(climbs, apart * path.profile.climb_on_way_mps / (FASTEST * max(path.plan.speed_mps, 1.0)))
    way, step, total = _pieces(away)
    corners = np.stack(
        [
            start[side, way, :2] + (share / total)[:, None] * (goal_m[way] - start[side, way, :2])
            for side, share in ((0, step), (0, step + 1), (1, step + 1), (1, step))
        ],
        axis=1,
    )
    ground = highest_beside_amsl_m(path.district, corners.reshape(-1, 2), 0.0).reshape(-1, 4)
    slowest_mps = max(path.plan.speed_mps / 2, 1.0)
    before, after = samples[first[way]], samples[first[way] + 1]
    air = Swept(
        path.district,
        path.error_m,
        np.asarray(shapely.polygons(corners), dtype=object),
        (low[:, way] + step / total * climbs[:, way]).min(axis=0),
        high.max(axis=0)[way],
        ground.min(axis=1),
        ground.max(axis=1),
        ground.max(axis=1),
        EARLY * path.time_s[before],
        LATE * path.time_s[after] + away[way] / slowest_mps,
        path.item[after],
        np.full(len(way), CLEAR_BY_M),
    )
    return air, way


def _pieces(away_m: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """(M,) each: the way a piece belongs to, its number on it, and how many pieces that way has."""
    counts = np.maximum(1, np.ceil(away_m / max(PIECE_M, float(away_m.sum()) / PIECES_AT_MOST))).astype(np.intp)
    step = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(counts)), counts), step, np.repeat(counts, counts)


def choices(path: FlightPath, apart_m: FloatArray) -> Iterator[IntArray]:
    """(N,) each: the place to which each autopilot would return from samples so far (N, G) from home and the others."""
    yield np.argmin(apart_m, axis=1)
    if apart_m.shape[1] == 1:
        return
    rally = 1 + np.argmin(apart_m[:, 1:], axis=1)
    near = apart_m[np.arange(len(rally)), rally] <= (RALLY_LIMIT_WINGED_M if path.profile.winged else RALLY_LIMIT_M)
    if not path.profile.winged:
        near &= apart_m[np.arange(len(rally)), rally] < apart_m[:, 0]
    yield np.where(near, rally, 0)


def origins(path: FlightPath) -> tuple[IntArray, IntArray]:
    """Samples from which a return is judged: in the air, not already landing, nowhere farther apart than needed.

    Returns:
        The samples, and those of them, by number, that have a neighbour: ways home sweep the air between the two.
    """
    over = {Command.TAKEOFF, Command.VTOL_TAKEOFF, Command.RETURN_TO_LAUNCH}
    landing = {"takeoff", "land"} if not path.profile.hovers else set()
    excluded = [index for index, item in enumerate(path.plan.items) if item.command in over or item.purpose in landing]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path.enu_m, axis=0), axis=1))])
    turning = np.concatenate([[True], np.diff(np.floor((path.began_m + along) / ORIGIN_STEP_M)) > 0])
    corners = np.zeros(len(along), dtype=bool)
    corners[np.searchsorted(path.time_s, path.flown.time_s - path.began_s).clip(max=len(along) - 1)] = True
    keep = (turning | corners) & ~np.isin(path.item, excluded) & ~path.near_ground
    samples = np.flatnonzero(keep)
    return samples, np.flatnonzero(np.diff(along[samples]) <= 3 * ORIGIN_STEP_M)


def _goals(path: FlightPath) -> tuple[FloatArray, FloatArray]:
    """(G, 2) places it may return to, the nearest is flown to, and (G,) their heights AMSL, at which none is lower."""
    plan, frame = path.plan, path.district.frame
    landing = landing_index(plan)
    begins = [item for item in plan.items[landing:] if item.has_place] if landing is not None else []
    if plan.vehicle_kind == "fixed_wing" and begins:
        item = begins[0]
        there = frame.enu_from_geodetic(item.lat_deg, item.lon_deg, 0.0)
        return np.array([there[:2]], dtype=np.float64), np.array([altitude_amsl_m(item, plan.home, path.district)])
    places = [frame.enu_from_geodetic(p.lat_deg, p.lon_deg, p.alt_amsl_m)[:2] for p in (plan.home, *plan.rally)]
    return np.array(places, dtype=np.float64), np.full(len(places), -np.inf)


def _return_heights(
    path: FlightPath, up_m: FloatArray, goal_m: FloatArray, away_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest height AMSL at which the vehicle may return from its heights, so far away from the goals."""
    over_home_m = path.profile.return_height_m
    asked = up_m if over_home_m < 0 else path.plan.home.alt_amsl_m + over_home_m
    if not path.profile.winged:
        within_cone = np.minimum(asked, path.plan.home.alt_amsl_m + CONE_SLOPE * away_m)
        return np.maximum(up_m, within_cone), np.maximum(up_m, asked)
    to = np.where(np.isfinite(goal_m), goal_m, asked)
    return np.minimum(up_m, to), np.maximum(up_m, to)
