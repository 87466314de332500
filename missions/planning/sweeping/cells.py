"""Cells: runs of passes that lie side by side, between places where the area splits, joins, begins or ends.

The cells of the boustrophedon decomposition (Choset, "Coverage of known spaces: the boustrophedon cellular
decomposition", Autonomous Robots 9, 2000), found on strips rather than on the area's corners.
"""

import numpy as np

from missions.planning.sweeping.strips import IndexArray, Strips


def cells(made: Strips) -> list[list[int]]:
    """The numbers of the passes of each cell, in order across it; together all passes once."""
    lower, upper = _touching(made)
    count = len(made.row)
    onward = np.bincount(lower, minlength=count)
    backward = np.bincount(upper, minlength=count)
    single = (onward[lower] == 1) & (backward[upper] == 1)
    following = dict(zip(lower[single].tolist(), upper[single].tolist(), strict=True))
    begun = set(range(count)) - set(following.values())
    found = []
    for first in sorted(begun):
        cell = [first]
        while (after := following.get(cell[-1])) is not None:
            cell.append(after)
        found.append(cell)
    return found


def _touching(made: Strips) -> tuple[IndexArray, IndexArray]:
    """Pairs of passes in neighbouring strips that lie beside each other over some length."""
    order = np.arange(len(made.row))
    begins = np.searchsorted(made.row, made.row + 1, side="left")
    ends = np.searchsorted(made.row, made.row + 1, side="right")
    pairs = ends - begins
    lower = np.repeat(order, pairs)
    upper = np.arange(len(lower)) - np.repeat(np.cumsum(pairs) - pairs, pairs) + begins[lower]
    beside = (made.first_m[lower] <= made.last_m[upper]) & (made.first_m[upper] <= made.last_m[lower])
    return lower[beside], upper[beside]
