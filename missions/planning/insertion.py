"""First tours for an allocation: work inserted where it delays least, then moved and swapped off the longest tour.

Local search that looks at the sum of all tours leaves the longest one long; these moves look at nothing but the longest
and one other. What they give is where OR-Tools begins in `missions.planning.allocation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maps.positions import FloatArray

_LEAST_GAIN_S = 1e-6
_MOST_MOVES = 400

Vehicle = tuple[FloatArray, FloatArray, float]
"""Times and energies between nodes, (N + 1, N + 1) with home at 0, and the usable energy."""


def length(matrix: FloatArray, tour: Sequence[int]) -> float:
    """Of a tour of nodes from home (node 0) to home; 0 when it has none."""
    if not tour:
        return 0.0
    stops = np.array([0, *tour, 0])
    return float(matrix[stops[:-1], stops[1:]].sum())


@dataclass(frozen=True)
class _Place:
    """Where a node fits best into a tour.

    Attributes:
        time_s: of the whole tour with it.
        at: index in the tour before which it goes.
        drained: share of the battery that it takes.
    """

    time_s: float
    at: int
    drained: float


def first_tours(vehicles: Sequence[Vehicle]) -> list[list[int]] | None:
    """Tours of nodes that together visit all but home, the longest of them short; None when insertion finds none.

    The costliest nodes are inserted first, and then again in orders shaken by a fixed seed; the best of all is kept.

    Args:
        vehicles: what the same nodes cost each vehicle.
    """
    alone = np.min([time[0, 1:] + time[1:, 0] for time, _, _ in vehicles], axis=0)
    found: list[tuple[float, float, list[list[int]]]] = []
    dice = np.random.default_rng(0)
    for trial in range(_trials(len(alone))):
        weights = alone if trial == 0 else alone * dice.uniform(0.3, 1.0, len(alone))
        order = (np.argsort(-weights, kind="stable") + 1).tolist()
        tours = _inserted(vehicles, order) or _inserted(vehicles, order, sparing=True)
        if tours is not None:
            _improve(vehicles, tours)
            times = [length(vehicle[0], tour) for vehicle, tour in _each(vehicles, tours)]
            found.append((max(times), sum(times), tours))
    return min(found)[2] if found else None


def _trials(nodes: int) -> int:
    return int(np.clip(150 / max(nodes, 1), 1, 12))


def _improve(vehicles: Sequence[Vehicle], tours: list[list[int]]) -> None:
    for _ in range(_MOST_MOVES):
        if not (_moved(vehicles, tours) or _swapped(vehicles, tours)):
            return


def _inserted(vehicles: Sequence[Vehicle], nodes: Sequence[int], *, sparing: bool = False) -> list[list[int]] | None:
    """The nodes one by one, each where its tour ends soonest or, sparing batteries, where it takes least of one."""
    tours: list[list[int]] = [[] for _ in vehicles]
    for node in nodes:
        places = [
            (_best_place(vehicle, tour, node), index) for index, (vehicle, tour) in enumerate(_each(vehicles, tours))
        ]
        fitting = [
            (place.drained if sparing else place.time_s, index, place.at)
            for place, index in places
            if place is not None
        ]
        if not fitting:
            return None
        _, index, at = min(fitting)
        tours[index].insert(at, node)
    return tours


def _each(vehicles: Sequence[Vehicle], tours: list[list[int]]) -> list[tuple[Vehicle, list[int]]]:
    return list(zip(vehicles, tours, strict=True))


def _best_place(vehicle: Vehicle, tour: Sequence[int], node: int) -> _Place | None:
    """None when the battery lets it in nowhere."""
    time, energy, usable = vehicle
    stops = np.array([0, *tour, 0])
    before, after = stops[:-1], stops[1:]
    slower = time[before, node] + time[node, after] - (time[before, after] if tour else 0.0)
    dearer = energy[before, node] + energy[node, after] - (energy[before, after] if tour else 0.0)
    slower = np.where(length(energy, tour) + dearer <= usable, slower, np.inf)
    at = int(np.argmin(slower))
    if not np.isfinite(slower[at]):
        return None
    return _Place(length(time, tour) + float(slower[at]), at, float(dearer[at]) / usable)


def _without(tour: Sequence[int], node: int) -> list[int]:
    return [each for each in tour if each != node]


def _moved(vehicles: Sequence[Vehicle], tours: list[list[int]]) -> bool:
    """Move one node of the longest tour to a better place, in it or in another, if that makes the longer shorter."""
    times = [length(vehicle[0], tour) for vehicle, tour in _each(vehicles, tours)]
    longest = int(np.argmax(times))
    best, move = times[longest] - _LEAST_GAIN_S, None
    for node in tours[longest]:
        rest = _without(tours[longest], node)
        rest_s = length(vehicles[longest][0], rest)
        for other, vehicle in enumerate(vehicles):
            place = _best_place(vehicle, rest if other == longest else tours[other], node)
            if place is not None and (worse := max(place.time_s, rest_s)) < best:
                best, move = worse, (node, other, place.at)
    if move is None:
        return False
    node, other, at = move
    tours[longest] = _without(tours[longest], node)
    tours[other].insert(at, node)
    return True


def _swapped(vehicles: Sequence[Vehicle], tours: list[list[int]]) -> bool:
    """Swap one node of the longest tour for one of another tour, if that makes the longer of the two shorter."""
    times = [length(vehicle[0], tour) for vehicle, tour in _each(vehicles, tours)]
    longest = int(np.argmax(times))
    best, swap = times[longest] - _LEAST_GAIN_S, None
    for node in tours[longest]:
        rest = _without(tours[longest], node)
        for other, vehicle in enumerate(vehicles):
            if other == longest:
                continue
            for taken in tours[other]:
                there = _best_place(vehicle, _without(tours[other], taken), node)
                if there is None or there.time_s >= best:
                    continue
                here = _best_place(vehicles[longest], rest, taken)
                if here is not None and (worse := max(here.time_s, there.time_s)) < best:
                    best, swap = worse, (node, here.at, other, taken, there.at)
    if swap is None:
        return False
    node, here_at, other, taken, there_at = swap
    tours[longest] = _without(tours[longest], node)
    tours[longest].insert(here_at, taken)
    tours[other] = _without(tours[other], taken)
    tours[other].insert(there_at, node)
    return True
