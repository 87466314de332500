"""The whole scene: pictures of it from fixed cameras, whose background stays, and from moving ones."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maps.district import District
from simulators.scenery import facades, figures
from simulators.scenery.blocks import QUICK, Blocks, Faces
from simulators.scenery.figures import Figure
from simulators.scenery.ground import Depths, depths, paint
from simulators.scenery.ortho import Ortho
from simulators.scenery.painting import paint_ortho
from simulators.scenery.view import View

_FINE_M = 600.0
_STILL_GRID = (8, 6)  # pixels from node to node, and iterations for each node
_MOVING_GRID = (20, 4)
_STILL_FINER = 2


@dataclass(frozen=True, eq=False, slots=True)
class Backdrop:
    """What a view shows without movers, and what is needed to put movers into it."""

    view: View
    picture: NDArray[np.uint8]
    faces: Faces
    depths: Depths


class Scene:
    """A district as cameras see it; made once, then asked for pictures."""

    def __init__(self, district: District, seed: int) -> None:
        surface = district.surface
        west, south, east, north = district.terrain.bounds_deg
        corners = district.frame.enu_from_geodetic([south, north], [west, east], district.home.alt_amsl_m)
        whole = float(np.abs(corners[:, :2]).max())
        self._ground = surface.ground_enu_m
        self._ortho: Ortho = paint_ortho(district.streets, district.frame, surface, _FINE_M, whole, seed)
        self.blocks = Blocks(surface, seed)

    def still(self, view: View) -> Backdrop:
        """A careful background, for a camera that does not move."""
        large = view.scaled(_STILL_FINER)
        picture = self._background(large, self.blocks.faces(large), depths(large, self._ground, *_STILL_GRID))
        size = (view.lens.width_px, view.lens.height_px)
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        faces = self.blocks.faces(view)
        labels = facades.label(faces, view.lens.height_px, view.lens.width_px, by_face=True)
        # a face that is nowhere to be seen stands behind others at every pixel, and these hide what it would hide
        seen = np.unique(labels[labels > 0]).astype(np.intp) - 1
        return Backdrop(view, small, faces.only(seen), depths(view, self._ground, *_STILL_GRID))

    def moving(self, view: View) -> Backdrop:
        """A quick background, for one frame of a moving camera."""
        faces = self.blocks.faces(view, QUICK)
        found = depths(view, self._ground, *_MOVING_GRID)
        return Backdrop(view, self._background(view, faces, found), faces, found)

    def with_figures(self, backdrop: Backdrop, movers: list[Figure]) -> NDArray[np.uint8]:
        """The picture with movers in it; the backdrop stays as it is."""
        picture = backdrop.picture.copy()
        figures.draw(backdrop.view, movers, self.blocks, backdrop.faces, backdrop.depths, picture)
        return picture

    def _background(self, view: View, faces: Faces, found: Depths) -> NDArray[np.uint8]:
        picture = paint(view, found, self._ortho)
        facades.draw(view, self.blocks, faces, picture)
        return picture
