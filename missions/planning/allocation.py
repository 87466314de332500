"""Allocation: which aircraft does which piece of the work, and in what order; numbers in, numbers out.

Two ways, for two shapes of work:

* `allocate` shares tasks that may be done in any order: a vehicle routing problem with unlike vehicles whose longest
  tour is to be as short as possible, each tour within its battery. A first answer by insertion is improved move by
  move, then by OR-Tools' guided local search (Voudouris and Tsang, "Guided local search and its application to the
  traveling salesman problem", EJOR 113, 1999). Its end is counted in solutions, not in seconds, so that the same
  request gives the same plan on every machine.
* `share_in_order` shares work that lies in an order, as the passes of a survey do, in contiguous runs: exactly, by
  bisection over the time to finish, as linear partition problems are solved.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from maps.positions import FloatArray
from missions.planning.insertion import first_tours, length

_TICKS = 10
"""OR-Tools counts in whole numbers: tenths of a second."""

_SPAN_WEIGHT = 100
"""How much a second of the time to finish counts beside a second of somebody's flight."""

_MOST_STATES = 128
_BISECTIONS = 40
_SAFETY_S = 60


class DoesNotFitError(Exception):
    """The batteries do not carry the work."""


@dataclass(frozen=True, eq=False)
class Costs:
    """What the work costs one vehicle. Node 0 is its home, node ``i + 1`` is unit ``i`` of the work.

    Attributes:
        time_s: (N + 1, N + 1) from the end of a row's unit to the end of a column's, that unit's own work included;
            column 0 is the way home and the landing.
        energy_s: the same for the battery, in seconds of cruise.
        usable_s: of the battery, the reserve left out; seconds of cruise.
    """

    time_s: FloatArray
    energy_s: FloatArray
    usable_s: float

    @property
    def units(self) -> int:
        """How many units of work there are."""
        return len(self.time_s) - 1

    def tour_s(self, order: Sequence[int]) -> float:
        """Seconds to do units in an order, from home to home; 0 without any."""
        return length(self.time_s, [unit + 1 for unit in order])

    def tour_energy_s(self, order: Sequence[int]) -> float:
        """Battery for units in an order, from home to home."""
        return length(self.energy_s, [unit + 1 for unit in order])

    @cached_property
    def _runs(self) -> tuple[FloatArray, FloatArray]:
        """(N,) sums of time and of energy along the units in their order, 0 at the first unit."""
        sums = []
        for matrix in (self.time_s, self.energy_s):
            steps = matrix[np.arange(1, self.units), np.arange(2, self.units + 1)]
            sums.append(np.concatenate([[0.0], np.cumsum(steps)]))
        return sums[0], sums[1]

    def reach(self, first: int, within_s: float) -> int:
        """One past the last unit of the longest run from ``first`` on that takes so long and that its battery lasts."""
        if first >= self.units:
            return first
        times, energies = self._runs
        ends = slice(first + 1, None)
        time = self.time_s[0, first + 1] + times[first:] - times[first] + self.time_s[ends, 0]
        energy = self.energy_s[0, first + 1] + energies[first:] - energies[first] + self.energy_s[ends, 0]
        done = np.flatnonzero((time <= within_s) & (energy <= self.usable_s))
        return first + 1 + int(done[-1]) if len(done) else first


@dataclass(frozen=True)
class Allocation:
    """Who does what.

    Attributes:
        orders: for each vehicle the units it does, in its order; empty for one that is not needed.
        times_s: for each vehicle, from take-off to landing.
        energies_s: for each vehicle, of its battery, in seconds of cruise.
    """

    orders: tuple[tuple[int, ...], ...]
    times_s: tuple[float, ...]
    energies_s: tuple[float, ...]

    @property
    def finish_s(self) -> float:
        """When the last has landed."""
        return max(self.times_s)


def allocate(vehicles: Sequence[Costs]) -> Allocation:
    """Share units of work that may be done in any order so that the last aircraft is home as soon as possible.

    Args:
        vehicles: what the same units cost each vehicle.

    Raises:
        ValueError: without vehicles, or when they speak of different numbers of units.
        DoesNotFitError: when no way was found that keeps everybody's reserve.
    """
    _check(vehicles)
    if vehicles[0].units == 0:
        return _allocation(vehicles, [[] for _ in vehicles])
    tours = first_tours([(each.time_s, each.energy_s, each.usable_s) for each in vehicles])
    if tours is None:
        raise DoesNotFitError("the batteries do not carry the work")
    return _allocation(vehicles, min(_solve(vehicles, tours), tours, key=lambda each: _worth(vehicles, each)))


def share_in_order(vehicles: Sequence[Costs]) -> Allocation:
    """Share units of work that lie in an order, a contiguous run to each vehicle, to finish as soon as possible.

    Exact for any order of the vehicles along the work, as long as there are few different ones: vehicles for which the
    very same `Costs` stand are interchangeable. Otherwise they are put in the order of the work nearest to them.

    Raises:
        ValueError: without vehicles, or when they speak of different numbers of units.
        DoesNotFitError: when the batteries do not carry all of it.
    """
    _check(vehicles)
    kinds: list[Costs] = list({id(each): each for each in vehicles}.values())
    counts = tuple(sum(each is kind for each in vehicles) for kind in kinds)
    if math.prod(count + 1 for count in counts) > _MOST_STATES:
        in_turn = sorted(range(len(vehicles)), key=lambda index: _nearest(vehicles[index]))
        return _bisect(vehicles, [(index,) for index in in_turn], in_turn=True)
    return _bisect(vehicles, [tuple(i for i, each in enumerate(vehicles) if each is kind) for kind in kinds])


def most_in_order(vehicles: Sequence[Costs]) -> int:
    """How many units, from the first on, the vehicles' batteries carry when each takes a contiguous run once."""
    _check(vehicles)
    done = 0
    for each in sorted(vehicles, key=lambda costs: -costs.usable_s):
        done = each.reach(done, math.inf)
    return done


def _check(vehicles: Sequence[Costs]) -> None:
    if not vehicles:
        raise ValueError("work cannot be shared among no vehicles")
    if len({each.units for each in vehicles}) != 1:
        raise ValueError("every vehicle needs the costs of the same units")


def _worth(vehicles: Sequence[Costs], tours: Sequence[Sequence[int]]) -> tuple[float, float]:
    times = [length(each.time_s, tour) for each, tour in zip(vehicles, tours, strict=True)]
    return max(times), sum(times)


def _allocation(vehicles: Sequence[Costs], tours: Sequence[Sequence[int]]) -> Allocation:
    """From tours of nodes."""
    orders = tuple(tuple(node - 1 for node in tour) for tour in tours)
    return Allocation(
        orders,
        tuple(each.tour_s(order) for each, order in zip(vehicles, orders, strict=True)),
        tuple(each.tour_energy_s(order) for each, order in zip(vehicles, orders, strict=True)),
    )


def _solve(vehicles: Sequence[Costs], tours: list[list[int]]) -> list[list[int]]:
    """Tours of nodes by OR-Tools, beginning at given ones; those where rounding keeps it from taking them."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    nodes = vehicles[0].units + 1
    index = pywrapcp.RoutingIndexManager(nodes, len(vehicles), 0)
    model = pywrapcp.RoutingModel(index)
    times = [model.RegisterTransitMatrix(_whole(each.time_s)) for each in vehicles]
    energies = [model.RegisterTransitMatrix(_whole(_within(each))) for each in vehicles]
    for vehicle, transit in enumerate(times):
        model.SetArcCostEvaluatorOfVehicle(transit, vehicle)
    longest = int(max(each.time_s.max() for each in vehicles) * _TICKS + 1) * (nodes + 1)
    model.AddDimensionWithVehicleTransits(times, 0, longest, True, "time")
    usable = [math.floor(each.usable_s * _TICKS) for each in vehicles]
    model.AddDimensionWithVehicleTransitAndCapacity(energies, 0, usable, True, "energy")
    model.GetDimensionOrDie("time").SetGlobalSpanCostCoefficient(_SPAN_WEIGHT)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.solution_limit = _patience(nodes)
    parameters.time_limit.seconds = _SAFETY_S
    model.CloseModelWithParameters(parameters)
    start = model.ReadAssignmentFromRoutes(tours, True)
    answer = model.SolveFromAssignmentWithParameters(start, parameters) if start is not None else None
    if answer is None:
        return tours
    return [_tour(model, index, answer, vehicle) for vehicle in range(len(vehicles))]


def _patience(nodes: int) -> int:
    """How many solutions the search may look at: a large problem's solutions take longer to come by."""
    return int(np.clip(30_000 / nodes**2, 10, 100))


def _tour(model, index, answer, vehicle: int) -> list[int]:  # type: ignore[no-untyped-def]
    """The nodes of one vehicle, its home left out."""
    at = answer.Value(model.NextVar(model.Start(vehicle)))
    nodes = []
    while not model.IsEnd(at):
        nodes.append(index.IndexToNode(at))
        at = answer.Value(model.NextVar(at))
    return nodes


def _whole(matrix: FloatArray) -> list[list[int]]:
    whole: list[list[int]] = np.ceil(matrix * _TICKS).astype(np.int64).tolist()
    return whole


def _within(costs: Costs) -> FloatArray:
    """Energies in which what the battery can never carry is just too much, not endless."""
    return np.asarray(np.minimum(costs.energy_s, costs.usable_s + 1))


def _nearest(costs: Costs) -> int:
    return int(np.argmin(costs.time_s[0, 1:] + costs.time_s[1:, 0])) if costs.units else 0


def _bisect(vehicles: Sequence[Costs], kinds: Sequence[tuple[int, ...]], *, in_turn: bool = False) -> Allocation:
    """The least time within which the vehicles, by kinds of interchangeable ones, can do all units in runs."""
    units = vehicles[0].units

    def runs(within_s: float) -> list[tuple[int, int, int]] | None:
        reached = _reached(vehicles, kinds, within_s, in_turn)
        return None if reached is None else _back(kinds, *reached)

    best = runs(math.inf)
    if best is None:
        raise DoesNotFitError("the batteries do not carry the work")
    high = max(vehicles[vehicle].tour_s(range(first, end)) for vehicle, first, end in best) if units else 0.0
    low = 0.0
    for _ in range(_BISECTIONS):
        if high - low <= 1e-3 * high:
            break
        middle = (low + high) / 2
        if (found := runs(middle)) is None:
            low = middle
        else:
            best, high = found, middle
    tours: list[list[int]] = [[] for _ in vehicles]
    for vehicle, first, end in best:
        tours[vehicle] = list(range(first + 1, end + 1))
    return _allocation(vehicles, tours)


_Counts = tuple[int, ...]
_Reached = dict[_Counts, tuple[int, int]]
"""By how many of each kind were used: the units done, and the kind that did the last run."""


def _reached(
    vehicles: Sequence[Costs], kinds: Sequence[tuple[int, ...]], within_s: float, in_turn: bool
) -> tuple[_Reached, _Counts] | None:
    """The farthest that every mix of vehicles comes, until one of them has done all; None when none does."""
    units = vehicles[0].units
    none = (0,) * len(kinds)
    reached: _Reached = {none: (0, -1)}
    layer = [none]
    if units == 0:
        return reached, none
    while layer:
        following: dict[_Counts, None] = {}
        for used in layer:
            done = reached[used][0]
            choices = [sum(used)] if in_turn else range(len(kinds))
            for kind in choices:
                if kind >= len(kinds) or used[kind] >= len(kinds[kind]):
                    continue
                more = (*used[:kind], used[kind] + 1, *used[kind + 1 :])
                end = vehicles[kinds[kind][used[kind]]].reach(done, within_s)
                if more not in reached or end > reached[more][0]:
                    reached[more] = (end, kind)
                following[more] = None
                if end >= units:
                    return reached, more
        layer = list(following)
    return None


def _back(kinds: Sequence[tuple[int, ...]], reached: _Reached, used: _Counts) -> list[tuple[int, int, int]]:
    """The runs as (vehicle, first unit, one past the last), from the last backwards."""
    runs = []
    while (step := reached[used])[1] >= 0:
        end, kind = step
        used = (*used[:kind], used[kind] - 1, *used[kind + 1 :])
        first = reached[used][0]
        if end > first:
            runs.append((kinds[kind][used[kind]], first, end))
    return runs
