"""How well a camera sees: grades of pixel density after IEC 62676-4:2025.

The edition of 2025 grades by pixels per metre of scene: 20, 40, 80, 125, 250, 500 and 1500. (The older edition's
detect, observe, recognise and identify at 25, 62.5, 125 and 250 px/m are not these; do not mix them.)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade.

    Attributes:
        name: as the standard calls what it is good for.
        name_zh: in Chinese.
        px_per_m: pixel density from which it holds.
    """

    name: str
    name_zh: str
    px_per_m: float


GRADES: tuple[Grade, ...] = (
    Grade("overview", "概览", 20.0),
    Grade("outline", "轮廓", 40.0),
    Grade("discern", "辨别", 80.0),
    Grade("perceive", "察觉", 125.0),
    Grade("characterise", "特征", 250.0),
    Grade("validate", "核实", 500.0),
    Grade("scrutinise", "细察", 1500.0),
)
"""From the coarsest to the finest."""


def grade(name: str) -> Grade:
    """The grade of that name.

    Raises:
        ValueError: when there is none; says which there are.
    """
    for known in GRADES:
        if known.name == name.strip().lower():
            return known
    raise ValueError(f"there is no grade {name!r}; the grades are {', '.join(known.name for known in GRADES)}")
