"""The district's buildings as faces: which of them a view shows, where, and in which order to draw them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.positions import FloatArray
from maps.surface import Surface
from simulators.scenery import light
from simulators.scenery.view import NEAR_M, View, clipped


@dataclass(frozen=True, slots=True)
class Care:
    """How far and how small buildings are drawn.

    Attributes:
        farthest_m: buildings beyond are left out.
        smallest_px: walls less wide and less high than this are left out.
    """

    farthest_m: float
    smallest_px: float


CAREFUL = Care(1800.0, 0.7)
QUICK = Care(1200.0, 2.0)
_FACADES = np.array(
    [(176, 190, 205), (150, 172, 196), (196, 200, 202), (140, 150, 176), (168, 180, 178), (188, 176, 164),
     (150, 160, 168), (126, 146, 184)], dtype=np.float64
)  # fmt: skip
_ROOFS = np.array(
    [(128, 130, 134), (142, 140, 138), (112, 116, 124), (120, 104, 98), (150, 152, 150)], dtype=np.float64
)


@dataclass(frozen=True, eq=False, slots=True)
class Faces:
    """What a view shows of buildings, in the order to draw it (far to near).

    Attributes:
        polygons: pixels, each (K, 2); K is 4 for walls that are wholly in front.
        boxes: left, top, right, bottom in pixels, shape (F, 4).
        buildings: which building each belongs to, shape (F,).
        walls: which wall it is, -1 for a roof, shape (F,).
        colours: BGR, shape (F, 3).
        distances_m: from the camera, shape (F,).
    """

    polygons: list[FloatArray]
    boxes: FloatArray
    buildings: NDArray[np.intp]
    walls: NDArray[np.intp]
    colours: FloatArray
    distances_m: FloatArray

    def only(self, kept: NDArray[np.intp]) -> "Faces":
        """Some of the faces, in the same order."""
        return Faces(
            [self.polygons[index] for index in kept.tolist()],
            self.boxes[kept],
            self.buildings[kept],
            self.walls[kept],
            self.colours[kept],
            self.distances_m[kept],
        )


class Blocks:
    """All buildings, each a prism: walls down to the ground, and a flat roof.

    Attributes:
        starts_m, ends_m: edges of the footprints, shape (W, 2); outside is on the right.
        normals: unit vectors out of the walls, shape (W, 2).
        feet_up_m: ground at both ends of each wall, shape (W, 2).
        tops_up_m: of each building.
    """

    def __init__(self, surface: Surface, seed: int) -> None:
        prisms = surface.prisms
        rng = np.random.default_rng(seed)
        self.starts_m, self.ends_m, self.owners = prisms.starts_m, prisms.ends_m, prisms.owners
        self.tops_up_m = prisms.tops_up_m
        along = self.ends_m - self.starts_m
        self.lengths_m = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
        self.normals = np.stack([along[:, 1], -along[:, 0]], axis=1) / self.lengths_m[:, None]
        feet = [surface.ground_enu_m(ends[:, 0], ends[:, 1]) for ends in (self.starts_m, self.ends_m)]
        self.feet_up_m = np.stack(feet, axis=1)
        self.rings = [shapely.get_coordinates(polygon.exterior)[:-1] for polygon in prisms.polygons]
        boxes = shapely.bounds(prisms.polygons).reshape(-1, 4)
        self._centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        self._radii = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1) / 2
        self._bases = np.full(len(self.rings), np.inf)
        np.minimum.at(self._bases, self.owners, self.feet_up_m.min(axis=1))
        self._first_wall = np.searchsorted(self.owners, np.arange(len(self.rings) + 1))
        count = len(self.rings)
        self.facade = _FACADES[rng.integers(len(_FACADES), size=count)] * rng.uniform(0.92, 1.06, (count, 1))
        self.roof = _ROOFS[rng.integers(len(_ROOFS), size=count)] * rng.uniform(0.92, 1.1, (count, 1))
        self.storey_m = rng.uniform(2.9, 3.5, count)

    @cached_property
    def _shades(self) -> FloatArray:
        return light.shade(np.column_stack([self.normals, np.zeros(len(self.normals))]))

    def faces(self, view: View, care: Care = CAREFUL) -> Faces:
        """The faces in a view."""
        shown = self._in_view(view, care)
        walls = np.concatenate(
            [np.arange(self._first_wall[b], self._first_wall[b + 1]) for b in shown] or [np.zeros(0, dtype=np.intp)]
        )
        rank = self._ranks(view, shown, walls)
        faces = self._walls(view, walls, rank, care) + self._roofs(view, shown, rank)
        faces.sort(key=lambda face: face[0])
        count = len(faces)
        polygons = [face[1] for face in faces]
        boxes = _boxes(polygons)
        numbers = np.array([face[2:4] for face in faces], dtype=np.intp).reshape(count, 2)
        colours = np.array([face[4] for face in faces]).reshape(count, 3)
        distances = np.array([face[5] for face in faces])
        return Faces(polygons, boxes, numbers[:, 0], numbers[:, 1], light.hazed(colours, distances), distances)

    def _in_view(self, view: View, care: Care) -> NDArray[np.intp]:
        middle = np.column_stack([self._centres, (self._bases + self.tops_up_m) / 2])
        height = self.tops_up_m - self._bases
        reach = np.hypot(self._radii, height / 2)
        right, down, forward = view.camera(middle).T
        fx, fy = view.lens.focal_px
        inside = (forward > NEAR_M - reach) & (forward < care.farthest_m)
        for aside, tangent in (
            (right, view.lens.width_px / 2 / fx),
            (down, view.lens.height_px / 2 / fy),
        ):
            inside &= np.abs(aside) - tangent * forward < reach * np.hypot(1, tangent)
        inside &= height * fy > 2 * care.smallest_px * np.maximum(forward, 1)
        return np.nonzero(inside)[0]

    def _ranks(self, view: View, shown: NDArray[np.intp], walls: NDArray[np.intp]) -> dict[int, tuple[int, float]]:
        """For each building its turn to be drawn (the farther, judged by its nearest point, the earlier)."""
        start, along = self.starts_m[walls], self.ends_m[walls] - self.starts_m[walls]
        towards = view.position[:2] - start
        part = np.clip((towards * along).sum(axis=1) / self.lengths_m[walls] ** 2, 0, 1)
        distance = np.linalg.norm(towards - along * part[:, None], axis=1)
        nearest = np.full(len(self.rings), np.inf)
        np.minimum.at(nearest, self.owners[walls], distance)
        order = shown[np.argsort(-nearest[shown])]
        return {int(building): (turn, float(nearest[building])) for turn, building in enumerate(order)}

    def _walls(
        self, view: View, walls: NDArray[np.intp], rank: dict[int, tuple[int, float]], care: Care
    ) -> "list[_Face]":
        outside = ((view.position[:2] - self.starts_m[walls]) * self.normals[walls]).sum(axis=1) > 0.01
        walls = walls[outside]
        camera = view.camera(self.corners(walls))
        depth = camera[..., 2]
        ahead = np.asarray((depth > NEAR_M).any(axis=1))
        walls, camera, depth = walls[ahead], camera[ahead], depth[ahead]
        whole = np.asarray((depth > NEAR_M).all(axis=1))
        pixels = view.pixels(np.where(whole[:, None, None], camera, 1.0))
        distance = np.linalg.norm(camera.mean(axis=1), axis=1)
        colours = self.facade[self.owners[walls]] * self._shades[walls, None]
        seen = ~whole | _on_screen(view, pixels, care)
        faces: list[_Face] = []
        for index in np.nonzero(seen)[0].tolist():
            polygon = pixels[index] if whole[index] else view.pixels(clipped(camera[index]))
            owner = int(self.owners[walls[index]])
            turn = (rank[owner][0], 0, -float(distance[index]))
            faces.append((turn, polygon, owner, int(walls[index]), colours[index], float(distance[index])))
        return faces

    def _roofs(self, view: View, shown: NDArray[np.intp], rank: dict[int, tuple[int, float]]) -> "list[_Face]":
        faces: list[_Face] = []
        for building in shown[view.position[2] > self.tops_up_m[shown] + 0.01].tolist():
            ring = self.rings[building]
            camera = view.camera(np.column_stack([ring, np.full(len(ring), self.tops_up_m[building])]))
            if camera[:, 2].min() <= NEAR_M:
                camera = clipped(camera)
            if len(camera) >= 3:
                turn, distance = rank[building]
                distance = float(np.hypot(distance, view.position[2] - self.tops_up_m[building]))
                face = ((turn, 1, 0.0), view.pixels(camera), building, -1, self.roof[building], distance)
                faces.append(face)
        return faces

    def corners(self, walls: NDArray[np.intp]) -> FloatArray:
        """Corners of walls, shape (N, 4, 3): foot and foot, top and top, going round."""
        tops = self.tops_up_m[self.owners[walls]]
        start, end, feet = self.starts_m[walls], self.ends_m[walls], self.feet_up_m[walls]
        return np.stack(
            [
                np.column_stack([start, feet[:, 0]]),
                np.column_stack([end, feet[:, 1]]),
                np.column_stack([end, tops]),
                np.column_stack([start, tops]),
            ],
            axis=1,
        )

    def hides(self, faces: Faces, box: tuple[float, float, float, float], place_enu_m: FloatArray) -> list[FloatArray]:
        """Polygons of the faces that stand before a thing on the ground which fills a box of the picture."""
        over = (faces.boxes[:, 0] < box[2]) & (faces.boxes[:, 2] > box[0])
        over &= (faces.boxes[:, 1] < box[3]) & (faces.boxes[:, 3] > box[1])
        candidates = np.nonzero(over)[0]
        walls = faces.walls[candidates]
        behind = ((place_enu_m[:2] - self.starts_m[walls]) * self.normals[walls]).sum(axis=1) < 0
        return [faces.polygons[index] for index in candidates[(walls < 0) | behind]]


_Face = tuple[tuple[int, int, float], FloatArray, int, int, FloatArray, float]


def _boxes(polygons: list[FloatArray]) -> FloatArray:
    """Left, top, right, bottom of each polygon."""
    if not polygons:
        return np.zeros((0, 4))
    points = np.concatenate(polygons)
    starts = np.concatenate([[0], np.cumsum([len(polygon) for polygon in polygons])[:-1]])
    return np.hstack([np.minimum.reduceat(points, starts, axis=0), np.maximum.reduceat(points, starts, axis=0)])


def _on_screen(view: View, pixels: FloatArray, care: Care) -> NDArray[np.bool_]:
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    within = (high[:, 0] > 0) & (high[:, 1] > 0)
    within &= (low[:, 0] < view.lens.width_px) & (low[:, 1] < view.lens.height_px)
    return np.asarray(within & ((high - low).max(axis=1) > care.smallest_px))
