"""The graph of corners that a search bends its way about; it grows as obstacles are met."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from missions.planning.routing.corners import Corners, touching

START, END = 0, 1
"""Indices of the first nodes of every graph."""

MAX_NODES = 6_000


class Space(Protocol):
    """Ground with obstacles, known by number."""

    def hits(self, line_m: FloatArray, start_m: FloatArray | None = None, end_m: FloatArray | None = None) -> list[int]:
        """Obstacles that a line (N, 2) comes too near to; ``start_m`` and ``end_m`` may be as near as they are."""

    def near(self, places_m: FloatArray) -> NDArray[np.bool_]:
        """(N,) whether places of shape (N, 2) lie too near to any obstacle."""

    def corners(self, obstacle: int, radius_m: float) -> Corners:
        """The corners around an obstacle."""


class TooIntricateError(Exception):
    """More corners would have to be looked at than is reasonable."""


class Graph:
    """Start, end and the corners of the obstacles met so far; which legs between them are free is looked up once.

    Attributes:
        places_m: (N, 2).
        met: obstacles whose corners are in the graph.
    """

    def __init__(self, space: Space, start_m: FloatArray, end_m: FloatArray, radius_m: float) -> None:
        self._space = space
        self._radius_m = radius_m
        self.places_m = np.array([start_m, end_m], dtype=np.float64)
        self._back = np.zeros((2, 2))
        self._ahead = np.zeros((2, 2))
        self.met: set[int] = set()
        self._blockers: dict[tuple[int, int], tuple[int, ...]] = {}
        self._nodes: dict[int, range] = {}

    def __len__(self) -> int:
        return len(self.places_m)

    def add_places(self, places_m: FloatArray) -> None:
        """Add places at which a way may bend freely; those too near to an obstacle are left out."""
        kept = places_m[~self._space.near(places_m)]
        nothing = np.zeros_like(kept)
        self._append(Corners(kept, nothing, nothing))

    def meet(self, obstacles: Sequence[int]) -> None:
        """Add the corners of obstacles, those too near to other obstacles as well: legs to them bring in the others.

        Raises:
            TooIntricateError: when the graph would grow too large.
        """
        for obstacle in obstacles:
            if obstacle in self.met:
                continue
            self.met.add(obstacle)
            found = self._space.corners(obstacle, self._radius_m)
            first = len(self)
            self._append(found)
            self._nodes[obstacle] = range(first, len(self))
        if len(self) > MAX_NODES:
            raise TooIntricateError

    def _append(self, found: Corners) -> None:
        self.places_m = np.vstack([self.places_m, found.places_m])
        self._back = np.vstack([self._back, found.back])
        self._ahead = np.vstack([self._ahead, found.ahead])

    def nodes_of(self, obstacle: int) -> range:
        """The corners around an obstacle that was met."""
        return self._nodes.get(obstacle, range(0))

    def blockers(self, one: int, other: int) -> tuple[int, ...]:
        """What stands in the way of the straight leg between two nodes; it joins the graph."""
        key = (min(one, other), max(one, other))
        if key not in self._blockers:
            start = self.places_m[START] if START in key else None
            end = self.places_m[END] if END in key else None
            self._blockers[key] = self.blockers_of(self.places_m[list(key)], start, end)
        return self._blockers[key]

    def blockers_of(
        self, line_m: FloatArray, start_m: FloatArray | None = None, end_m: FloatArray | None = None
    ) -> tuple[int, ...]:
        """What stands in the way of a line (N, 2); it joins the graph."""
        hits = self._space.hits(line_m, start_m, end_m)
        self.meet(hits)
        return tuple(hits)

    def candidates(self, sources: NDArray[np.intp], targets: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(S, T) legs that a shortest way may have: those that touch the corners at both their ends.

        Aircraft with a turn radius swing out around corners, so that any leg may serve them. The way's start and end
        may lie nearer to an obstacle than its corners do, from where no leg touches them: theirs always count.
        """
        if self._radius_m > 0:
            return np.ones((len(sources), len(targets)), dtype=bool)
        along = self.places_m[targets][None] - self.places_m[sources][:, None]
        leaving = touching(along, self._back[sources][:, None], self._ahead[sources][:, None])
        entering = touching(along, self._back[targets][None], self._ahead[targets][None])
        outermost = np.isin(sources, (START, END))[:, None] | np.isin(targets, (START, END))[None, :]
        return np.asarray((leaving & entering) | outermost)
