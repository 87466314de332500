"""Streets: a turned and bent grid, some of its links left out, all of it connected."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from maps.generator import words
from maps.positions import FloatArray

HALF_M = 1960.0
HOME_BLOCK_M = 250.0
SIDEWALK_M = 5.0
AVENUE_M = 24.0

Node = tuple[int, int]
Link = tuple[Node, Node]


@dataclass(frozen=True)
class Street:
    """A street or a stretch of one; its line has a vertex, shared exactly, at every crossing.

    Attributes:
        nodes: crossings along it.
        line: through them, local metres.
    """

    name: str
    name_en: str
    width_m: float
    nodes: tuple[Node, ...]
    line: LineString


@dataclass(frozen=True)
class Block:
    """Ground between streets.

    Attributes:
        cells: the grid's meshes it is made of (several where links are left out).
        outline: to the middle of the streets around it.
        lot: what may be built on: without streets and sidewalks.
        angle_deg: of its south side against east.
    """

    cells: tuple[Node, ...]
    outline: Polygon
    lot: Polygon
    angle_deg: float

    @property
    def middle(self) -> tuple[float, float]:
        """East and north of its middle, metres."""
        return self.outline.centroid.x, self.outline.centroid.y


@dataclass(frozen=True)
class Network:
    """All streets and blocks.

    Attributes:
        crossings: local metres of every node that a street touches.
    """

    crossings: dict[Node, FloatArray]
    streets: tuple[Street, ...]
    blocks: tuple[Block, ...]

    def links(self) -> dict[Link, Street]:
        """The street between neighbouring crossings, in both directions."""
        links: dict[Link, Street] = {}
        for street in self.streets:
            for a, b in pairwise(street.nodes):
                links[a, b] = links[b, a] = street
        return links


def lay(rng: np.random.Generator) -> Network:
    """Streets and blocks around the origin; the block at the origin is a field of `HOME_BLOCK_M`."""
    easts, norths = _lines(rng), _lines(rng)
    nodes = _bend(easts, norths, rng)
    columns, rows = len(easts), len(norths)
    home = (int(np.searchsorted(easts, 0.0)) - 1, int(np.searchsorted(norths, 0.0)) - 1)
    widths = {axis: _widths(count, middle, rng) for axis, count, middle in ((0, columns, home[0]), (1, rows, home[1]))}
    left_out = _left_out(columns, rows, home, widths, rng)
    names = iter(words.street_names(rng))
    streets: list[Street] = []
    for axis, count in ((0, columns), (1, rows)):
        for index in range(count):
            width = widths[axis][index]
            name, name_en = words.street(next(names), axis, width >= AVENUE_M)
            along = [(index, k) if axis == 0 else (k, index) for k in range(rows if axis == 0 else columns)]
            for part in _stretches(along, left_out):
                line = LineString([nodes[node] for node in part])
                streets.append(Street(name, name_en, width, tuple(part), line))
    touched = {node: nodes[node] for street in streets for node in street.nodes}
    return Network(touched, tuple(streets), _blocks(nodes, columns, rows, left_out, streets))


def _lines(rng: np.random.Generator) -> FloatArray:
    sides = []
    for _ in range(2):
        steps = rng.uniform(168, 232, size=20)
        at = HOME_BLOCK_M / 2 + np.concatenate([[0.0], np.cumsum(steps)])
        sides.append(at[at <= HALF_M])
    return np.concatenate([-sides[0][::-1], sides[1]])


def _bend(easts: FloatArray, norths: FloatArray, rng: np.random.Generator) -> dict[Node, FloatArray]:
    turn, phase_a, phase_b = np.radians(rng.uniform(4, 8)), *rng.uniform(0, 2 * np.pi, 2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

    def bent(east: float, north: float) -> FloatArray:
        return np.array(
            [
                0.94 * east + 28 * (np.sin(north / 330 + phase_a) - np.sin(phase_a)),
                0.94 * north + 22 * (np.sin(east / 370 + phase_b) - np.sin(phase_b)),
            ]
        )

    return {
        (i, j): np.round(rotation @ bent(float(east), float(north)), 2)
        for i, east in enumerate(easts)
        for j, north in enumerate(norths)
    }


def _widths(count: int, home: int, rng: np.random.Generator) -> list[float]:
    """Every fourth an avenue, the first at the field's far side."""
    return [AVENUE_M if (k - home) % 4 == 1 else float(rng.choice([10.0, 12.0, 14.0, 16.0])) for k in range(count)]


def _left_out(
    columns: int, rows: int, home: Node, widths: dict[int, list[float]], rng: np.random.Generator
) -> set[frozenset[Node]]:
    """Links left out: never of an avenue, the rim or near home, and no two at one crossing, so all stay connected."""
    candidates: list[Link] = []
    for i in range(1, columns - 1):
        for j in range(1, rows - 1):
            if max(abs(i - home[0]), abs(j - home[1])) <= 3:
                continue
            if widths[0][i] < AVENUE_M and j + 1 < rows - 1:
                candidates.append(((i, j), (i, j + 1)))
            if widths[1][j] < AVENUE_M and i + 1 < columns - 1:
                candidates.append(((i, j), (i + 1, j)))
    left_out: set[frozenset[Node]] = set()
    used: set[Node] = set()
    for k in rng.permutation(len(candidates)):
        a, b = candidates[k]
        if a not in used and b not in used and len(left_out) < 28:
            left_out.add(frozenset((a, b)))
            used |= {a, b}
    return left_out


def _stretches(along: list[Node], left_out: set[frozenset[Node]]) -> Iterable[list[Node]]:
    part = [along[0]]
    for a, b in pairwise(along):
        if frozenset((a, b)) in left_out:
            if len(part) > 1:
                yield part
            part = []
        part.append(b)
    if len(part) > 1:
        yield part


def _blocks(
    nodes: dict[Node, FloatArray], columns: int, rows: int, left_out: set[frozenset[Node]], streets: list[Street]
) -> tuple[Block, ...]:
    meshes = [(i, j) for i in range(columns - 1) for j in range(rows - 1)]
    group = {mesh: mesh for mesh in meshes}
    for a, b in (sorted(link) for link in left_out):
        other = (a[0] - 1, a[1]) if a[0] == b[0] else (a[0], a[1] - 1)
        keep, lose = group[other], group[a]
        group = {mesh: keep if root == lose else root for mesh, root in group.items()}
    paved = shapely.union_all(
        [street.line.buffer(street.width_m / 2 + SIDEWALK_M, cap_style="square") for street in streets]
    )
    blocks = []
    for root in sorted(set(group.values())):
        cells = tuple(mesh for mesh in meshes if group[mesh] == root)
        outline = _one_polygon([Polygon([nodes[i + x, j + y] for x, y in _CORNERS]) for i, j in cells])
        lot: Polygon = max(shapely.get_parts(outline.difference(paved)), key=lambda part: part.area)
        south = nodes[root[0] + 1, root[1]] - nodes[root]
        blocks.append(Block(cells, outline, lot, float(np.degrees(np.arctan2(south[1], south[0])))))
    return tuple(blocks)


def _one_polygon(parts: list[Polygon]) -> Polygon:
    joined = shapely.union_all(parts)
    if not isinstance(joined, Polygon):
        raise TypeError("the parts do not touch each other")
    return joined


_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))
