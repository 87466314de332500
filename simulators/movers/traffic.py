"""All that moves on the ground of the world."""

import random
from collections.abc import Callable

import geopandas
import numpy as np

from maps.positions import FloatArray, LocalFrame
from simulators.movers.cars import Car, Cars
from simulators.movers.network import Network
from simulators.movers.people import People, Person
from simulators.movers.states import MoverState

Ground = Callable[[FloatArray, FloatArray], FloatArray]
"""Gives "up" of the ground at arrays of east and north."""


class Traffic:
    """Cars and people on a district's streets; the same seed gives the same movements."""

    def __init__(
        self,
        streets: geopandas.GeoDataFrame,
        frame: LocalFrame,
        ground: Ground,
        *,
        cars: int,
        people: int,
        area_m: float,
        seed: int,
    ) -> None:
        network = Network.of(streets, frame, area_m)
        self._ground = ground
        self._cars = Cars(network, random.Random(f"{seed}/cars"))
        self._cars.populate(cars)
        self._people = People(network, random.Random(f"{seed}/people"))
        self._people.populate(people)

    def step(self, dt_s: float) -> None:
        """Advance everything by some hundredths of a second."""
        self._cars.step(dt_s)
        self._people.step(dt_s)

    def states(self) -> list[MoverState]:
        """Everything as it is now, cars first."""
        movers: list[Car | Person] = [*self._cars.cars, *self._people.people]
        if not movers:
            return []
        places = np.array([mover.path.place(mover.along_m) for mover in movers])
        ups = self._ground(places[:, 0], places[:, 1])
        cars = len(self._cars.cars)
        return [
            MoverState(
                mover.id,
                "vehicle" if index < cars else "person",
                (east, north, up),
                heading,
                mover.speed_mps,
                mover.shape,
            )
            for index, (mover, (east, north, heading), up) in enumerate(
                zip(movers, places.tolist(), ups.tolist(), strict=True)
            )
        ]
