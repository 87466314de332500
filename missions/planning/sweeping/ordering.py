"""Ordering: in which order, and each in which sense, passes are flown.

A generalised travelling salesman's problem: of each pass one of its two senses is flown. Tours begin as whole cells
flown to and fro one after the other (for aircraft with a turn radius also with passes skipped, so that no turn is
tighter than the aircraft), or by going to the nearest pass each time; they are then improved by reversals (2-opt) and
by moving stretches elsewhere (Or-opt), whichever helps most, until nothing helps or the work allowed is used up. The
same passes are always flown in the same order.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from maps.positions import FloatArray
from missions.planning.sweeping.hops import Hops

StateArray = npt.NDArray[np.intp]

MOVED = (1, 2, 3, 5)
"""Lengths of the stretches that are tried elsewhere."""

WORK = 6_000_000
"""Pairs of passes looked at in all before a tour is taken as it is."""

KICKED = 24
"""Tours of up to so many passes are shaken up and improved again, since their optimum is within reach."""

KICKS = 12


def tour_length(tour: StateArray, costs: Hops) -> float:
    """All hops of a tour, with its weighted ways from and to the start; the passes themselves not counted."""
    if not len(tour):
        return 0.0
    between = costs.between[tour[:-1], tour[1:]].sum()
    return float(costs.outward[tour[0]] + between + costs.homeward[tour[-1]])


def best_tour(costs: Hops, cells: Sequence[Sequence[int]], skips: Sequence[int], effort: float = 1.0) -> StateArray:
    """The shortest tour found: states (N,) as `Hops` numbers them, each pass once.

    Args:
        costs: between the passes.
        cells: numbers of passes that lie side by side, in order across their cell; together all passes once.
        skips: how many passes on to fly next within a cell; 1 is to and fro.
        effort: share of `WORK` to spend on improving; 0 leaves the best beginning as it is.
    """
    count = len(costs.outward) // 2
    if count == 0:
        return np.zeros(0, dtype=np.intp)
    beginnings = list(_beginnings(costs, cells, skips, count))
    beginnings.sort(key=lambda tour: tour_length(tour, costs))
    if effort <= 0 or count == 1:
        return beginnings[0]
    trials = beginnings[:3] if count <= 60 else beginnings[:1]
    found = [improved(tour, costs, effort * WORK / len(trials)) for tour in trials]
    best = min(found, key=lambda tour: tour_length(tour, costs))
    return _kicked(best, costs) if 4 < count <= KICKED and effort >= 1 else best


def _beginnings(costs: Hops, cells: Sequence[Sequence[int]], skips: Sequence[int], count: int) -> Iterator[StateArray]:
    for skip in dict.fromkeys(skips):
        sequences = [np.asarray(cell, dtype=np.intp)[_skipping(len(cell), skip)] for cell in cells]
        yield from _cell_by_cell(costs, sequences)
    if count <= 400:
        yield _nearest_next(costs, count, int(np.argmin(costs.outward)))
        yield _nearest_next(costs, count, 0)


def _skipping(count: int, skip: int) -> StateArray:
    """The order 0, m, 1, m + 1, …, m - 1 over blocks of 2 m - 1: every hop goes m on or m - 1 back."""
    order: list[int] = []
    while len(order) < count:
        base, left = len(order), count - len(order)
        step = min(skip, (left + 1) // 2) if left < 2 * skip - 1 else skip
        block = min(left, max(1, 2 * step - 1))
        for index in range(step):
            order += [base + place for place in (index, index + step) if place < block]
    return np.array(order, dtype=np.intp)


def _cell_by_cell(costs: Hops, sequences: list[StateArray]) -> Iterator[StateArray]:
    """Tours of whole cells, the nearest beginning next; begun with the cells nearest to the start."""
    variants: list[StateArray] = []
    for sequence in sequences:
        to_and_fro = 2 * sequence + np.arange(len(sequence)) % 2
        variants += [to_and_fro, to_and_fro ^ 1, to_and_fro[::-1] ^ 1, to_and_fro[::-1]]
    opening = np.array([variant[0] for variant in variants])
    closing = np.array([variant[-1] for variant in variants])
    cell = np.arange(len(variants)) // 4
    for first in np.argsort(costs.outward[opening], kind="stable")[: 4 if len(sequences) > 1 else 8]:
        taken = np.zeros(len(sequences), dtype=bool)
        chosen = [int(first)]
        taken[cell[first]] = True
        for _ in range(len(sequences) - 1):
            reach = np.where(taken[cell], np.inf, costs.between[closing[chosen[-1]], opening])
            following = int(np.argmin(reach))
            chosen.append(following)
            taken[cell[following]] = True
        yield np.concatenate([variants[index] for index in chosen])


def _nearest_next(costs: Hops, count: int, first: int) -> StateArray:
    tour = np.empty(count, dtype=np.intp)
    tour[0] = first
    between = costs.between.copy()
    for index in range(1, count):
        done = tour[index - 1] // 2
        between[:, 2 * done : 2 * done + 2] = np.inf
        tour[index] = int(np.argmin(between[tour[index - 1]]))
    return tour


def improved(tour: StateArray, costs: Hops, work: float) -> StateArray:
    """A tour made shorter by the best reversal or move each time, until none helps or the work is used up."""
    count = len(tour)
    frame = _framed(costs)
    ring = np.concatenate([[2 * count], tour, [2 * count]])
    used = 0.0
    while used < work:
        used += count * count * (1 + 2 * len(MOVED))
        gain, change = _best_reversal(ring, frame)
        for length in MOVED:
            if length < count:
                gain, change = max((gain, change), _best_move(ring, frame, length), key=lambda each: each[0])
        if gain < 1e-6:
            break
        ring = change
    return ring[1:-1]


def _framed(costs: Hops) -> FloatArray:
    """The costs with one more pair of states that stands for the start, at both ends of every tour."""
    size = len(costs.outward)
    frame = np.zeros((size + 2, size + 2))
    frame[:size, :size] = costs.between
    frame[size:, :size] = costs.outward
    frame[:size, size:] = costs.homeward[:, None]
    return frame


def _best_reversal(ring: StateArray, frame: FloatArray) -> tuple[float, StateArray]:
    """The best stretch to fly backwards, and the tour with it; the stretch i .. j of the tour without its ends."""
    before, here, after = ring[:-2], ring[1:-1], ring[2:]
    lost = frame[before, here][:, None] + frame[here, after][None, :]
    gained = frame[np.ix_(before, here ^ 1)] + frame[np.ix_(here ^ 1, after)]
    saving = np.where(np.tri(len(here), dtype=bool).T, lost - gained, -np.inf)
    i, j = np.unravel_index(int(np.argmax(saving)), saving.shape)
    changed = ring.copy()
    changed[i + 1 : j + 2] = ring[i + 1 : j + 2][::-1] ^ 1
    return float(saving[i, j]), changed


def _best_move(ring: StateArray, frame: FloatArray, length: int) -> tuple[float, StateArray]:
    """The best stretch of a length to fly at another time of the tour, either way round, and the tour with it."""
    heads, tails = ring[1:-length], ring[length:-1]
    before, after = ring[: -length - 1], ring[length + 1 :]
    freed = frame[before, heads] + frame[tails, after] - frame[before, after]
    gap_from, gap_to = ring[:-1], ring[1:]
    closed = frame[gap_from, gap_to]
    as_is = frame[np.ix_(gap_from, heads)].T + frame[np.ix_(tails, gap_to)]
    turned = frame[np.ix_(gap_from, tails ^ 1)].T + frame[np.ix_(heads ^ 1, gap_to)]
    saving = freed[:, None] + closed[None, :] - np.minimum(as_is, turned)
    stretch = np.arange(len(heads))[:, None]
    gap = np.arange(len(gap_from))[None, :]
    saving[(gap >= stretch) & (gap <= stretch + length)] = -np.inf
    i, j = np.unravel_index(int(np.argmax(saving)), saving.shape)
    moved = ring[i + 1 : i + 1 + length]
    if turned[i, j] < as_is[i, j]:
        moved = moved[::-1] ^ 1
    rest = np.delete(ring, slice(i + 1, i + 1 + length))
    place = j + 1 if j < i else j + 1 - length
    return float(saving[i, j]), np.concatenate([rest[:place], moved, rest[place:]])


def _kicked(tour: StateArray, costs: Hops) -> StateArray:
    """The best of a tour and of what becomes of it when stretches are exchanged and the whole is improved again."""
    chance = np.random.default_rng(len(tour))
    best, length = tour, tour_length(tour, costs)
    for _ in range(KICKS):
        a, b, c = np.sort(chance.choice(np.arange(1, len(tour)), 3, replace=False))
        shaken = np.concatenate([best[:a], best[b:c], best[a:b], best[c:]])
        again = improved(shaken, costs, WORK / 20)
        if (reached := tour_length(again, costs)) < length - 1e-6:
            best, length = again, reached
    return best
