"""A plan's items read as MAVLink's common.xml describes them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from missions.plan import Plan
from tests.missions.safety.oracle.earth import metres
from tests.missions.safety.oracle.world import World

Word = Literal["up", "to", "circle", "stay", "home", "down", "speed"]
_WORDS: dict[int, Word] = {
    16: "to",
    18: "circle",
    19: "circle",
    20: "home",
    21: "down",
    22: "up",
    31: "circle",
    84: "up",
    85: "down",
    93: "stay",
    178: "speed",
}


@dataclass(frozen=True)
class Order:
    """One thing to do.

    Attributes:
        item: index into the plan's items.
        east_m, north_m: where; home where the item has no place.
        up_m: height above the sea.
        agl_m: height above the ground, of items that follow it.
        turns, seconds: around or at the place; both None: until the height is reached.
        radius_m: of the circle, negative against the clock; 0 as the aircraft likes.
        speed_mps: from now on.
    """

    word: Word
    item: int
    east_m: float = 0.0
    north_m: float = 0.0
    up_m: float = 0.0
    agl_m: float | None = None
    turns: float | None = None
    seconds: float | None = None
    radius_m: float = 0.0
    speed_mps: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether it leads to a place."""
        return self.word in {"to", "circle", "home", "down"}


def orders(plan: Plan, world: World) -> list[Order]:
    """What a plan's items order; those for the camera are left out."""
    found = []
    for index, item in enumerate(plan.items):
        word = _WORDS.get(item.command)
        if word is None:
            continue
        first, second, third, _ = (value or 0.0 for value in item.params)
        placed = item.frame != 2 and (item.lat_deg != 0 or item.lon_deg != 0)
        east, north = metres(world.home, item.lat_deg, item.lon_deg) if placed else (0.0, 0.0)
        ground = float(world.ground_m(np.array([[east, north]]))[0])
        over_ground = item.frame in {10, 11}
        datum = 0.0 if item.frame in {0, 5} else ground if over_ground else plan.home.alt_amsl_m
        found.append(
            Order(
                word,
                index,
                float(east),
                float(north),
                ground if word == "down" else world.home[2] if word == "home" else datum + item.alt_m,
                item.alt_m if over_ground and word != "down" else None,
                first if item.command == 18 else None,
                first if item.command in {19, 93} else None,
                second if item.command == 31 else third,
                second if word == "speed" else 0.0,
            )
        )
    return found
