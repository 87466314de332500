"""Schedules: when each aircraft of a mission takes off and lands, and how long a station is left without anybody.

Times are seconds after the launch. Figures are read from the plans alone, so that they hold for any plans.
"""

import math
from collections.abc import Sequence

import msgspec

from fusion.messages import Position
from missions.plan import Command, Plan, PlanItem

TAKEOFF_SPACING_S = 10.0
"""Aircraft that stand near each other take off so long after one another."""

LANDING_SPACING_S = 30.0
"""And land so long after one another: the last 10 m of a vertical landing at 0.5 m/s, and leaving the place."""

NEAR_M = 100.0

_NOT_WORK = frozenset({"", "takeoff", "speed", "transit", "turn", "camera", "return", "land"})
_AT_M = 30.0
"""A place is reached, for what can be seen from there, from this far on."""


class TakeOff(msgspec.Struct, frozen=True):
    """One flight of a plan.

    Attributes:
        plan: index of the plan.
        vehicle_id: who; empty when no vehicle is chosen yet.
        time_s: when it takes off.
        landed_s: when it has landed.
        on_station_s: from when to when it does its work; None when it does none.
    """

    plan: int
    vehicle_id: str
    time_s: float
    landed_s: float
    on_station_s: tuple[float, float] | None


class Schedule(msgspec.Struct, frozen=True):
    """All flights of a mission.

    Attributes:
        takeoffs: in the order of take-off.
        finish_s: when the last has landed.
        energy_fractions: for each plan, of the battery that one flight of it uses.
        worst_uncovered_s: the longest time that nobody is on station between the first arrival and the end of the
            patrol; None for missions that keep no station.
    """

    takeoffs: tuple[TakeOff, ...]
    finish_s: float
    energy_fractions: tuple[float, ...]
    worst_uncovered_s: float | None = None


def of(plans: Sequence[Plan], persist_s: float | None = None) -> Schedule:
    """The schedule of a mission's plans.

    Args:
        plans: of one mission.
        persist_s: how long its patrol is to be kept up, from the first arrival on; None when the request asks for none.
    """
    flights = []
    for index, plan in enumerate(plans):
        station = on_station_s(plan)
        for start in plan.takeoffs_s:
            stay = None if station is None else (start + station[0], start + station[1])
            flights.append(TakeOff(index, plan.vehicle_id, start, start + plan.duration_s, stay))
    flights.sort(key=lambda flight: (flight.time_s, flight.plan))
    return Schedule(
        tuple(flights),
        max((flight.landed_s for flight in flights), default=0.0),
        tuple(plan.energy_fraction for plan in plans),
        None
        if persist_s is None
        else worst_uncovered_s([f.on_station_s for f in flights if f.on_station_s], persist_s),
    )


def worst_uncovered_s(stays_s: Sequence[tuple[float, float]], persist_s: float) -> float:
    """The longest time within a patrol that no stay covers.

    Args:
        stays_s: from when to when somebody is on station.
        persist_s: length of the patrol, which begins with the first arrival.
    """
    if not stays_s:
        return persist_s
    ordered = sorted(stays_s)
    end = ordered[0][0] + persist_s
    worst, covered = 0.0, ordered[0][0]
    for begin, leave in [*ordered, (end, end)]:
        worst = max(worst, min(begin, end) - covered)
        covered = max(covered, min(leave, end))
    return worst


def on_station_s(plan: Plan) -> tuple[float, float] | None:
    """From when to when after take-off a plan does its work; None when its path shows no work.

    Work that takes pictures begins with the first of them, other work when its first place is reached.
    """
    work = [index for index, item in enumerate(plan.items) if item.has_place and item.purpose not in _NOT_WORK]
    if not work or not plan.path:
        return None
    first, last = work[0], work[-1]
    ends = [point.time_s for point in plan.path if point.item <= last]
    pictures = [i for i, item in enumerate(plan.items[:first]) if item.command == Command.SET_CAM_TRIGG_DIST]
    if pictures and (plan.items[pictures[-1]].params[0] or 0.0) > 0:
        begin = max((point.time_s for point in plan.path if point.item < pictures[-1]), default=0.0)
    else:
        begin = _reached_s(plan, first)
    return begin, max(*ends, begin)


def _reached_s(plan: Plan, index: int) -> float:
    """When the place of an item, or the circle around it, is reached."""
    item = plan.items[index]
    near = max(_AT_M, 1.2 * _circle_m(item))
    place = Position(item.lat_deg, item.lon_deg, 0.0)
    there = [point for point in plan.path if point.item == index]
    at = [point.time_s for point in there if _apart_m(point.position, place) <= near]
    if at:
        return at[0]
    return max((point.time_s for point in plan.path if point.item <= index), default=0.0)


def _circle_m(item: PlanItem) -> float:
    return abs(item.params[2] or 0.0) if item.command in (Command.LOITER_TIME, Command.LOITER_TURNS) else 0.0


def staggered(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Take-offs and landings one after another for aircraft that stand near each other, the longest flight first.

    Plans that already say when they take off are left alone; an aircraft's later flights wait as long as its first.
    """
    starts: dict[int, float] = {index: plan.takeoffs_s[0] for index, plan in enumerate(plans) if _planned(plan)}
    free = [index for index, plan in enumerate(plans) if index not in starts and plan.sortie == 1]
    for index in sorted(free, key=lambda each: (-plans[each].duration_s, each)):
        near = [(start, plans[other]) for other, start in starts.items() if _near(plans[index], plans[other])]
        starts[index] = _first_free_s(
            plans[index].duration_s, [(start, start + each.duration_s) for start, each in near]
        )
    made, wait = [], 0.0
    for index, plan in enumerate(plans):
        if plan.sortie == 1:
            wait = 0.0 if _planned(plan) else starts[index]
        made.append(msgspec.structs.replace(plan, takeoffs_s=tuple(start + wait for start in plan.takeoffs_s)))
    return tuple(made)


def _first_free_s(duration_s: float, taken_s: Sequence[tuple[float, float]]) -> float:
    """The earliest take-off for a flight, apart from the take-offs and landings of others."""
    after = [start + TAKEOFF_SPACING_S for start, _ in taken_s]
    after += [max(0.0, landed + LANDING_SPACING_S - duration_s) for _, landed in taken_s]

    def free(start: float) -> bool:
        return all(
            abs(start - other) >= TAKEOFF_SPACING_S - 1e-6
            and abs(start + duration_s - landed) >= LANDING_SPACING_S - 1e-6
            for other, landed in taken_s
        )

    return min(start for start in (0.0, *after) if free(start))


def _planned(plan: Plan) -> bool:
    return plan.sortie == 1 and plan.takeoffs_s != (0.0,)


def in_turn(plans: Sequence[Plan]) -> tuple[tuple[Plan, ...], ...]:
    """Plans by the flight that they are of their aircraft: one plan for each aircraft in every group.

    The times of a later group are counted from its own launch, which is when the first of it takes off.
    """
    groups = []
    for sortie in sorted({plan.sortie for plan in plans}):
        group = [plan for plan in plans if plan.sortie == sortie]
        begin = 0.0 if sortie == 1 else min(plan.takeoffs_s[0] for plan in group)
        groups.append(
            tuple(
                msgspec.structs.replace(plan, takeoffs_s=tuple(start - begin for start in plan.takeoffs_s))
                for plan in group
            )
        )
    return tuple(groups)


def _near(plan: Plan, other: Plan) -> bool:
    return _apart_m(plan.home, other.home) <= NEAR_M


def _apart_m(a: Position, b: Position) -> float:
    """Metres along the ground between near positions (equirectangular, 6371 km)."""
    north = math.radians(a.lat_deg - b.lat_deg)
    east = math.radians(a.lon_deg - b.lon_deg) * math.cos(math.radians(a.lat_deg))
    return 6_371_000.0 * math.hypot(north, east)
