"""What movers look like from outside: for the truth file and for the cameras."""

from dataclasses import dataclass
from typing import Literal

MoverKind = Literal["person", "vehicle"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Outer sizes of a mover, metres, and which of the colours it has."""

    length_m: float
    width_m: float
    height_m: float
    look: int


@dataclass(frozen=True, slots=True)
class MoverState:
    """One mover at one instant.

    Attributes:
        position_enu_m: centre of its footprint, on the ground.
        heading_deg: from true north.
    """

    id: str
    kind: MoverKind
    position_enu_m: tuple[float, float, float]
    heading_deg: float
    speed_mps: float
    shape: Shape
