"""Effort: about how long work takes an aircraft, and how much of its battery, before any plan of it is made.

Straight legs by the wind triangle, shortest turns for aircraft with wings, stays by their time. What is left out
(take-off, landing, braking at corners) is measured on a real plan of one piece of the work and added; whoever decides
by these figures compares them with the plans in the end.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.allocation import Allocation, Costs
from missions.planning.assembly import RUN_RADII, Part, home_m
from missions.planning.crew import Member
from missions.planning.dubins import dubins_lengths
from missions.planning.energy import straight_cost_s
from missions.planning.request import Wind
from missions.planning.wind import AirMass, ground_speed_mps

SPARED = 0.02
"""Share of the usable battery that allocation leaves, for what its estimate does not know."""

_LEAST_MPS = 0.5


@dataclass(frozen=True, eq=False)
class Stint:
    """A piece of work as seen from outside: where it begins and ends, and what happens between.

    Attributes:
        entry: (3,) east and north in metres, and the heading in radians (mathematical), None where any will do.
        exit: the same where it ends.
        time_s: from entry to exit.
        energy_s: the same, of the battery, in seconds of cruise.
    """

    entry: tuple[float, float, float | None]
    exit: tuple[float, float, float | None]
    time_s: float
    energy_s: float


def usable_s(member: Member) -> float:
    """What an aircraft's battery has over its reserve, in seconds of cruise."""
    return member.profile.endurance_s * (1 - member.profile.reserve_fraction)


def stint_of(parts: Sequence[Part], member: Member, wind: Wind | None) -> Stint:
    """What parts flown one after another take.

    Args:
        parts: at least one.
        member: who flies them.
        wind: over all of them.
    """
    time = energy = 0.0
    before: FloatArray | None = None
    for part in parts:
        points = np.asarray(part.points_m, dtype=np.float64)
        whole = points if before is None else np.vstack([before, points])
        part_time, part_energy = _legs(member, wind, whole[:-1], whole[1:])
        pace = member.speed_mps / (part.speed_mps or member.speed_mps)
        stay = _stay_s(part, member) + 2 * _run_m(part, member) / member.speed_mps
        time += float(part_time.sum()) * pace + stay
        energy += float(part_energy.sum()) * pace + stay
        before = points[-1:]
    first, last = parts[0].points_m, parts[-1].points_m
    settled = parts[-1].stay is None
    return Stint(
        _pose(first[0], first[1:2], 1), _pose(last[-1], last[-2:-1] if settled else last[:0], -1), time, energy
    )


def _pose(place: FloatArray, other: FloatArray, sense: int) -> tuple[float, float, float | None]:
    if len(other) == 0:
        return float(place[0]), float(place[1]), None
    along = sense * (other[0] - place)
    return float(place[0]), float(place[1]), math.atan2(along[1], along[0])


def _run_m(part: Part, member: Member) -> float:
    if len(part.points_m) < 2:
        return 0.0
    return part.run_m if part.run_m is not None else RUN_RADII * member.profile.turn_radius_m(member.speed_mps)


def _stay_s(part: Part, member: Member) -> float:
    if part.stay is None:
        return 0.0
    return part.stay.seconds + part.stay.turns * 2 * math.pi * part.stay.radius_m / member.speed_mps


def _legs(
    member: Member, wind: Wind | None, start: FloatArray, end: FloatArray, distance_m: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """(N,) seconds and seconds of cruise power of level legs between places (N, 2 or 3)."""
    step = end[:, :2] - start[:, :2]
    apart = np.hypot(step[:, 0], step[:, 1]) if distance_m is None else distance_m
    course = np.arctan2(step[:, 1], step[:, 0])
    air = AirMass.of(wind)
    ground = np.maximum(ground_speed_mps(member.profile, air, course, member.speed_mps), _LEAST_MPS)
    power = straight_cost_s(member.profile, air, course, apart, member.speed_mps)
    return apart / ground, np.where(np.isfinite(power), power, apart / _LEAST_MPS)


def costs_of(
    district: District, member: Member, stints: Sequence[Stint | None], wind: Wind | None, *, repeat: int = 1
) -> Costs:
    """What pieces of work cost an aircraft that stands at its home; take-off and landing are left out.

    Args:
        district: for its frame.
        member: the aircraft.
        stints: the work; None for what it cannot do.
        wind: steady, everywhere.
        repeat: how often a tour is flown before the aircraft comes home.
    """
    count = len(stints)
    home = home_m(district, member)
    place = (float(home[0]), float(home[1]), None)
    entries = [place, *(each.entry if each else place for each in stints)]
    exits = [place, *(each.exit if each else place for each in stints)]
    row, column = (index.ravel() for index in np.indices((count + 1, count + 1)))
    start = np.array([exits[index][:2] for index in row])
    end = np.array([entries[index][:2] for index in column])
    direct = np.arctan2(*(end - start).T[::-1])
    leaving = np.array([h if (h := exits[index][2]) is not None else math.nan for index in row])
    entering = np.array([h if (h := entries[index][2]) is not None else math.nan for index in column])
    poses = [np.where(np.isnan(each), direct, each) for each in (leaving, entering)]
    radius = member.profile.turn_radius_m(member.speed_mps)
    apart = dubins_lengths(np.column_stack([start, poses[0]]), np.column_stack([end, poses[1]]), radius)
    time, energy = (each.reshape(count + 1, count + 1) for each in _legs(member, wind, start, end, apart))
    time[1:, 1:] *= repeat
    energy[1:, 1:] *= repeat
    time[:, 1:] += [each.time_s * repeat if each else 0.0 for each in stints]
    energy[:, 1:] += [each.energy_s * repeat if each else math.inf for each in stints]
    return Costs(time, energy, usable_s(member) * (1 - SPARED))


def with_overhead(costs: Costs, unit: int, plan: Plan, member: Member) -> Costs:
    """The same with what take-off and landing take beside it, seen in a real plan of one unit of the work alone."""
    over_s = max(0.0, plan.duration_s - costs.tour_s([unit]))
    over_energy_s = max(0.0, used_s(member, plan) - costs.tour_energy_s([unit]))
    time, energy = costs.time_s.copy(), costs.energy_s.copy()
    time[0, 1:] += over_s
    energy[0, 1:] += over_energy_s
    return Costs(time, energy, costs.usable_s)


def used_s(member: Member, plan: Plan) -> float:
    """What a plan takes of an aircraft's battery, in seconds of cruise."""
    return plan.energy_fraction * member.profile.endurance_s


def within_battery(member: Member, plan: Plan) -> bool:
    """Whether a plan leaves an aircraft's reserve untouched."""
    return used_s(member, plan) <= usable_s(member)


def ratios_of(
    members: Sequence[Member], shared: Allocation, plans: Mapping[int, Plan]
) -> dict[int, tuple[float, float]]:
    """By aircraft: time and energy of its plan as multiples of what the allocation expected."""
    return {
        index: (
            plan.duration_s / max(shared.times_s[index], 1e-9),
            used_s(members[index], plan) / max(shared.energies_s[index], 1e-9),
        )
        for index, plan in plans.items()
    }


def corrected(costs: Sequence[Costs], ratios: Mapping[int, tuple[float, float]]) -> list[Costs]:
    """Estimates scaled by what flights of aircraft that are alike really took; for energy by the worst of them.

    Args:
        costs: of each aircraft; the very same for those that are alike, and so are the results.
        ratios: from `ratios_of`.
    """
    made: dict[int, Costs] = {}
    for each in costs:
        alike = [ratio for index, ratio in ratios.items() if costs[index] is each]
        if id(each) not in made:
            time = sum(ratio[0] for ratio in alike) / len(alike) if alike else 1.0
            energy = max((ratio[1] for ratio in alike), default=1.0)
            made[id(each)] = Costs(each.time_s * time, each.energy_s * energy, each.usable_s)
    return [made[id(each)] for each in costs]
