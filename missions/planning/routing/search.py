"""The search for the shortest way: A* over a graph of corners that grows as obstacles are met.

Legs are taken for free until their turn comes, and only then held against the map. A leg that is not free brings the
corners of what blocks it into the graph. What was reached before stays reached by the shortest way: fewer obstacles
never make a way longer. So only obstacles that matter are ever looked at (Hart, Nilsson and Raphael, "A formal basis
for the heuristic determination of minimum cost paths", 1968; legs are looked at late as in Dellin and Srinivasa, "A
unifying formalism for shortest path problems with expensive edge evaluations", ICAPS 2016).

Where so much is met that this would take long, the search starts again in a hurry: from each corner it heads for the
end, offers itself only the corners of what blocks its legs, prefers what lies toward the end, and pulls the way it
found taut.

For an aircraft with a turn radius a state is a leg, not a corner: whether and how a corner can be flown depends on
where the aircraft comes from.
"""

import heapq
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maps.positions import FloatArray
from missions.planning.routing.graph import END, START, Graph, Space, TooIntricateError
from missions.planning.routing.turns import (
    SHARPEST_RAD,
    corner_paths,
    flown,
    heading_rad,
    length_m,
    turned_rad,
)

EXACT_REACHED = 150
"""So many corners are reached before the search hurries."""

EXACT_LOOKS = 10_000
EXACT_LOOKS_TURNING = 2_000
"""So many legs are looked at, too, before it hurries; fewer where turns are looked at with them."""

EAGERNESS = 1.3
"""Weight of the distance still to go in a hurry."""

OFFERED = 3
"""In a hurry only the nearest of what blocks a leg is gone around."""

MAX_LOOKS = 15_000
LOOKS_TURNING = 300
"""So many legs are looked at in a hurry, fewer where turns are looked at with them; then the search gives up."""
MAX_REPEATS = 12
AROUND_RADII = 2.5
"""Where a heading is given, the aircraft may also bend at places around it, so many turn radii away."""


class Search:
    """One search for a way.

    Attributes:
        graph: what was looked at; its ``met`` names the obstacles in the way.
        always: so many nodes, the first, belong to no obstacle.
    """

    def __init__(
        self,
        space: Space,
        start_m: FloatArray,
        end_m: FloatArray,
        radius_m: float = 0.0,
        start_heading_rad: float | None = None,
        end_heading_rad: float | None = None,
    ) -> None:
        self.graph = Graph(space, start_m, end_m, radius_m)
        self._space = space
        self._radius_m = radius_m
        self._start_heading = start_heading_rad if radius_m > 0 else None
        self._end_heading = end_heading_rad if radius_m > 0 else None
        self._banned: set[tuple[int, int, int]] = set()
        if self._start_heading is not None:
            self.graph.add_places(_around(start_m, self._start_heading, radius_m))
        if self._end_heading is not None:
            self.graph.add_places(_around(end_m, self._end_heading + math.pi, radius_m))
        self.always = len(self.graph)
        self._looks_left = LOOKS_TURNING if radius_m > 0 else MAX_LOOKS
        self.exact_left = EXACT_LOOKS_TURNING if radius_m > 0 else EXACT_LOOKS

    def run(self) -> FloatArray | None:
        """The corners (N, 2) of the shortest way, start and end included; None when there is none.

        Raises:
            TooIntricateError: when it would take too long to find.
        """
        for _ in range(MAX_REPEATS):
            walk = _Walk(self, hurried=False)
            way = walk.run()
            if walk.gave_up:
                way = _Walk(self, hurried=True).run()
                way = way if way is None or self._radius_m > 0 else self._taut(way)
            if way is None:
                return None
            failing = self._failing(way)
            if failing is None:
                return self.graph.places_m[way]
            self._banned.add((way[failing - 1] if failing else -1, way[failing], way[failing + 1]))
        return None

    def look(self) -> None:
        """Count a look.

        Raises:
            TooIntricateError: when there were too many.
        """
        self._looks_left -= 1
        if self._looks_left < 0:
            raise TooIntricateError

    def _taut(self, way: list[int]) -> list[int]:
        """A way without the corners that can be left out."""
        index = 0
        while index + 2 < len(way):
            for later in range(min(index + 8, len(way) - 1), index + 1, -1):
                if not self.graph.blockers(way[index], way[later]):
                    del way[index + 1 : later]
                    break
            index += 1
        return way

    def _failing(self, way: list[int]) -> int | None:
        """Index of the first corner at which the whole way, flown, comes too near to an obstacle."""
        if self._radius_m <= 0:
            return None
        places = self.graph.places_m[way]
        worst: int | None = None
        for early in (False, True):
            made = flown(places, self._radius_m, self._start_heading, early=early)
            if made is None:
                return max(0, len(way) - 2)
            path, goals = made
            if not self._space.hits(path, places[0], places[-1]):
                continue
            for index, goal in enumerate(goals[1:], start=1):
                if self._space.hits(path[index - 1 : index + 1], places[0], places[-1]):
                    worst = goal - 1 if worst is None else min(worst, goal - 1)
                    break
        return worst

    def turn(self, before: int, corner: int, after: int) -> tuple[float | None, tuple[int, ...]]:
        """Metres that flying over a corner costs beside the legs, None if it cannot be flown; and what hinders it."""
        if self._radius_m <= 0:
            return 0.0, ()
        if (before, corner, after) in self._banned:
            return None, ()
        places = self.graph.places_m
        extra, hindering = self._bend(None if before < 0 else places[before], corner, places[after])
        if extra is None or after != END or self._end_heading is None:
            return extra, hindering
        ahead = np.array([math.cos(self._end_heading), math.sin(self._end_heading)])
        beyond = places[END] + 4 * self._radius_m * ahead
        last, hindering = self._bend(places[corner], END, beyond)
        return (None if last is None else extra + last), hindering

    def _bend(
        self, before_m: FloatArray | None, corner: int, after_m: FloatArray
    ) -> tuple[float | None, tuple[int, ...]]:
        corner_m = self.graph.places_m[corner]
        if before_m is not None and corner != END:
            sharp = turned_rad(heading_rad(before_m, corner_m), heading_rad(corner_m, after_m))
            if sharp > SHARPEST_RAD:
                return None, ()
        paths = corner_paths(before_m, self._start_heading, corner_m, after_m, self._radius_m)
        if paths is None:
            return None, ()
        start = self.graph.places_m[START] if corner == START else None
        end = self.graph.places_m[END]
        for path in paths:
            line = path[:-1] if corner == END else path
            hindering = self.graph.blockers_of(line, start, end) if len(line) > 1 else ()
            if hindering:
                return None, hindering
        return length_m(paths[0]) - math.dist(corner_m, after_m), ()


class _Walk:
    """One pass of the search over the graph as it is, and as it becomes.

    Attributes:
        gave_up: whether it ended because it would take long.
    """

    def __init__(self, search: Search, *, hurried: bool) -> None:
        self._search = search
        self._graph = search.graph
        self._hurried = hurried
        self._by_leg = search._radius_m > 0
        self._reached: list[tuple[int, int, int, float]] = []  # (reached before, node before, node, metres)
        self._known: set[tuple[int, int]] = set()
        self._offered: set[tuple[int, int]] = set()
        self._open: list[tuple[float, float, int, int, bool]] = []  # (bound, metres, reached, node, looked at)
        self._size = len(self._graph)
        self.gave_up = False

    def run(self) -> list[int] | None:
        """Nodes from start to end; None when there is no way, or it gave up."""
        self._reach(-1, START, 0.0)
        while self._open:
            _, metres, reached, node, looked_at = heapq.heappop(self._open)
            before, corner = self._reached[reached][1:3]
            if ((corner if self._by_leg else -1), node) in self._known:
                continue
            if not self._hurried and self._search.exact_left < 0:
                self.gave_up = True
                return None
            if not looked_at:
                cost = self._look(reached, before, corner, node)
                if cost is None:
                    continue
                if cost > 1e-9:
                    metres += cost
                    heapq.heappush(self._open, (metres + self._to_go(node), metres, reached, node, True))
                    continue
            if node == END:
                return self._back(reached, node)
            if not self._hurried and len(self._reached) >= EXACT_REACHED:
                self.gave_up = True
                return None
            self._reach(reached, node, metres)
        return None

    def _to_go(self, node: int) -> float:
        straight = math.dist(self._graph.places_m[node], self._graph.places_m[END])
        return straight * (EAGERNESS if self._hurried else 1.0)

    def _look(self, reached: int, before: int, corner: int, node: int) -> float | None:
        if self._hurried:
            self._search.look()
        else:
            self._search.exact_left -= 1
        cost: float | None = None
        blockers = self._graph.blockers(corner, node)
        if not blockers:
            cost, blockers = self._search.turn(before, corner, node)
        if self._hurried:
            self._offer(reached, blockers)
        elif len(self._graph) > self._size:
            fresh = np.arange(self._size, len(self._graph))
            self._size = len(self._graph)
            self._push(np.arange(len(self._reached)), fresh)
        return cost

    def _offer(self, reached: int, blockers: Sequence[int]) -> None:
        """Offer the corners of what is in the way to whom it is in the way."""
        for obstacle in self._nearest(self._reached[reached][2], blockers):
            if (reached, obstacle) not in self._offered:
                self._offered.add((reached, obstacle))
                self._push(np.array([reached]), np.array(self._graph.nodes_of(obstacle), dtype=np.intp))

    def _nearest(self, node: int, obstacles: Sequence[int]) -> Sequence[int]:
        if len(obstacles) <= OFFERED:
            return obstacles
        places = self._graph.places_m

        def distance(obstacle: int) -> float:
            corners = places[self._graph.nodes_of(obstacle)]
            return float(np.hypot(*(corners - places[node]).T).min(initial=np.inf))

        return sorted(obstacles, key=distance)[:OFFERED]

    def _reach(self, reached: int, node: int, metres: float) -> None:
        before = self._reached[reached][2] if reached >= 0 else -1
        self._reached.append((reached, before, node, metres))
        self._known.add((before if self._by_leg else -1, node))
        targets = np.arange(1, self._search.always if self._hurried else len(self._graph))
        self._push(np.array([len(self._reached) - 1]), targets)

    def _push(self, reached: NDArray[np.intp], targets: NDArray[np.intp]) -> None:
        """Put legs from what was reached to nodes among those to look at."""
        places = self._graph.places_m
        sources = np.array([self._reached[index][2] for index in reached], dtype=np.intp)
        metres = np.array([self._reached[index][3] for index in reached])
        legs = np.hypot(*np.moveaxis(places[targets][None] - places[sources][:, None], -1, 0))
        metres = metres[:, None] + legs
        to_go = np.hypot(*(places[targets] - places[END]).T)
        bounds = metres + to_go * (EAGERNESS if self._hurried else 1.0)
        wanted = legs > 1e-9 if self._hurried else self._graph.candidates(sources, targets) & (legs > 1e-9)
        for row, column in zip(*np.nonzero(wanted), strict=True):
            bound, gone = float(bounds[row, column]), float(metres[row, column])
            heapq.heappush(self._open, (bound, gone, int(reached[row]), int(targets[column]), False))

    def _back(self, reached: int, node: int) -> list[int]:
        way = [node]
        while reached >= 0:
            way.append(self._reached[reached][2])
            reached = self._reached[reached][0]
        return way[::-1]


def _around(place_m: FloatArray, heading: float, radius_m: float) -> FloatArray:
    """Places (6, 2) around one, the first straight ahead."""
    angles = heading + np.arange(6) * math.pi / 3
    return np.asarray(place_m + AROUND_RADII * radius_m * np.column_stack([np.cos(angles), np.sin(angles)]))
