"""The air that a flight may pass through, in pieces: what every rule about places judges.

A piece is a stretch of the path, or of the air between the path and the place to which the vehicle returns. It knows
the ground it lies over, its lowest and highest height, and the times at which the vehicle may be there. Rules ask for
each piece, so that nothing between two samples is missed.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.messages import Position
from maps.district import District
from maps.positions import FloatArray
from missions.margins import DRIFTS

EARTH_RADIUS_M = 6_371_000.0

_COLUMNS = (
    "shapes",
    "low_amsl_m",
    "high_amsl_m",
    "ground_low_m",
    "ground_high_m",
    "ground_beside_m",
    "start_s",
    "end_s",
    "item",
    "clearance_m",
)


@dataclass(frozen=True, eq=False)
class Swept:
    """Pieces of air, one row each.

    Attributes:
        district: where.
        error_m: lateral distance by which the vehicle may miss them.
        shapes: (M,) shapely lines or areas, east and north.
        low_amsl_m, high_amsl_m: (M,) the heights between which the vehicle may be.
        ground_low_m, ground_high_m: (M,) lowest and highest ground below, AMSL.
        ground_beside_m: (M,) highest ground below and as far aside as the vehicle may miss the piece, AMSL.
        start_s, end_s: (M,) first and last time it may be there, since take-off.
        item: (M,) index of the item being flown.
        clearance_m: (M,) metres of air that must be left below; minus infinity where it takes off or lands.
    """

    district: District
    error_m: float
    shapes: NDArray[np.object_]
    low_amsl_m: FloatArray
    high_amsl_m: FloatArray
    ground_low_m: FloatArray
    ground_high_m: FloatArray
    ground_beside_m: FloatArray
    start_s: FloatArray
    end_s: FloatArray
    item: NDArray[np.int64]
    clearance_m: FloatArray

    def __len__(self) -> int:
        return len(self.shapes)

    def only(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Swept":
        """Some of the pieces."""
        return replace(self, **{name: getattr(self, name)[which] for name in _COLUMNS})

    def heights(self, reference: str) -> tuple[FloatArray, FloatArray]:
        """(M,) each: the lowest and the highest height, above the ground ("agl") or the sea ("amsl")."""
        if reference != "agl":
            return self.low_amsl_m, self.high_amsl_m
        return self.low_amsl_m - self.ground_high_m, self.high_amsl_m - self.ground_low_m

    @cached_property
    def _bounds_m(self) -> FloatArray:
        """(M, 4) west, south, east, north."""
        return np.asarray(shapely.bounds(self.shapes)).reshape(-1, 4)

    @cached_property
    def middle_m(self) -> FloatArray:
        """(M, 2) the middle of each piece."""
        west, south, east, north = self._bounds_m.T
        return np.asarray(np.column_stack([west + east, south + north]) / 2)

    @cached_property
    def around(self) -> NDArray[np.object_]:
        """(M,) boxes that hold the pieces and what lies as far aside as the vehicle may miss them."""
        west, south, east, north = self._bounds_m.T
        aside = self.error_m
        return np.asarray(shapely.box(west - aside, south - aside, east + aside, north + aside), dtype=object)

    def up_m(self, amsl_m: FloatArray) -> FloatArray:
        """(M,) heights AMSL at the pieces as "up" of the local frame, which the earth's curve bends away from."""
        away = (self.middle_m**2).sum(axis=1)
        return np.asarray(amsl_m - self.district.frame.origin.alt_amsl_m - away / (2 * EARTH_RADIUS_M))

    def position(self, piece: int) -> Position:
        """Where a piece is, at its lower height."""
        east, north = self.middle_m[piece]
        height = float(self.low_amsl_m[piece])
        up = height - self.district.frame.origin.alt_amsl_m
        lat, lon, _ = self.district.frame.geodetic_from_enu(np.array([[east, north, up]]))
        ground = float(self.district.terrain.height_amsl_m(lat[0], lon[0]))
        return Position(float(lat[0]), float(lon[0]), height, height - ground)


def highest_beside_amsl_m(district: District, flat_m: FloatArray, aside_m: float) -> FloatArray:
    """(N,) highest ground at places (N, 2) and around them at a distance, AMSL."""
    places = flat_m[:, None, :] + DRIFTS * aside_m
    up = district.surface.ground_enu_m(places[..., 0], places[..., 1]).max(axis=1)
    return np.asarray(up + district.frame.origin.alt_amsl_m + (flat_m**2).sum(axis=1) / (2 * EARTH_RADIUS_M))
