"""Planning: our sweeps over awkward areas beside the single-direction to-and-fro of ground stations.

The peer lays parallel transects a spacing apart over the area, in one default direction, keeps of each what lies
between its first and its last crossing of the area's edge, and flies them in turn. Lengths hold turns and the ways
between passes; the aircraft with wings turns at its radius. The share imaged is that of the same swath for both.
"""

import math
import time
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

from missions.planning.dubins import dubins_lengths
from missions.planning.sweeping import Pass, Swath, cover, swath_ground
from service.benchmarks.awkward_areas import awkward_areas
from service.benchmarks.measuring import Outcome

AIRCRAFT = {
    # The swath of the default camera 4 m below 80 m above the ground, and its spacing at a sidelap of 30 % from 80 m.
    "rotorcraft": Swath(87.7, 64.6),
    "fixed-wing": Swath(87.7, 64.6, turn_radius_m=47.2, run_m=47.2),
}
PEER = "transects, north-south"
TEN_KM2_M = 3163.0


def measure() -> list[Outcome]:
    """Length by area and aircraft; mean length, least share and greatest time of all; the time for 10 km2."""
    outcomes = []
    lengths, shares, times = [], [], []
    for kind, swath in AIRCRAFT.items():
        for name, area in awkward_areas().items():
            begun = time.process_time()
            ours = cover(area, swath, np.array(area.bounds[:2]))
            taken = time.process_time() - begun
            begun = time.process_time()
            peer = transects(area, swath)
            times.append((taken, time.process_time() - begun))
            lengths.append((flown_m(ours, swath), flown_m(peer, swath)))
            shares.append((_share(area, ours, swath), _share(area, peer, swath)))
            outcomes.append(_outcome(f"Survey of: {name}", kind, lengths[-1], "m"))
    size = f"{len(lengths)} surveys"
    outcomes.append(_outcome("Length of a survey, mean", size, np.mean(lengths, axis=0), "m"))
    outcomes.append(_outcome("Area imaged, least", size, np.min(shares, axis=0) * 100, "%"))
    lower = float(sum(ours < peer - 1e-6 for ours, peer in shares))
    outcomes.append(Outcome("Surveys imaged less than by the peer", size, lower, 0.0, "", lower, PEER))
    outcomes.append(_outcome("Time to plan, greatest", size, np.max(times, axis=0) * 1000, "ms"))
    outcomes += [_ten_km2(kind, swath) for kind, swath in AIRCRAFT.items()]
    return outcomes


def _outcome(name: str, size: str, pair: Sequence[float], unit: str) -> Outcome:
    ours, peer = float(pair[0]), float(pair[1])
    return Outcome(name, size, ours, peer, unit, ours / peer if peer else math.inf, PEER)


def _ten_km2(kind: str, swath: Swath) -> Outcome:
    """Length over a square of 10 km2 beside the least that any sweep could take: area / effective swath."""
    area = shapely.box(0, 0, TEN_KM2_M, TEN_KM2_M)
    ours = flown_m(cover(area, swath), swath)
    least = area.area / swath.spacing_m
    return Outcome("Length over 10 km2", kind, ours, least, "m", ours / least, "area / effective swath")


def transects(area_m: Polygon | MultiPolygon, swath: Swath, direction_deg: float = 0.0) -> list[Pass]:
    """What a plain planner flies: parallel transects through the area's middle, cut to their outermost crossings."""
    along = np.array([math.sin(math.radians(direction_deg)), math.cos(math.radians(direction_deg))])
    across = np.array([along[1], -along[0]])
    west, south, east, north = area_m.bounds
    middle = np.array([west + east, south + north]) / 2
    reach = math.hypot(east - west, north - south)
    count = math.ceil(reach / swath.spacing_m / 2)
    found: list[Pass] = []
    for index in range(-count, count + 1):
        place = middle + across * index * swath.spacing_m
        inside = shapely.intersection(LineString([place - along * reach, place + along * reach]), area_m)
        if inside.length <= 0:
            continue
        shares = (shapely.get_coordinates(inside) - place) @ along
        ends = [place + along * share for share in (shares.min(), shares.max())]
        if len(found) % 2:
            ends.reverse()
        found.append(Pass((float(ends[0][0]), float(ends[0][1])), (float(ends[1][0]), float(ends[1][1]))))
    return found


def flown_m(passes: Sequence[Pass], swath: Swath) -> float:
    """All passes and the ways between them, runs and turns included."""
    poses = np.array([[*each.start_m, *each.end_m] for each in passes])
    course = np.arctan2(poses[:, 3] - poses[:, 1], poses[:, 2] - poses[:, 0])
    run = swath.run_m * np.column_stack([np.cos(course), np.sin(course)])
    leaving = np.column_stack([poses[:, 2:] + run, course])[:-1]
    entering = np.column_stack([poses[:, :2] - run, course])[1:]
    turns = float(dubins_lengths(leaving, entering, swath.turn_radius_m).sum()) if len(passes) > 1 else 0.0
    return sum(each.length_m for each in passes) + turns + 2 * swath.run_m * (len(passes) - 1)


def _share(area_m: Polygon | MultiPolygon, passes: Sequence[Pass], swath: Swath) -> float:
    return float(swath_ground(passes, swath.width_m).intersection(area_m).area / area_m.area)
