"""Routing: ways around zones, tall buildings and the outside of flight areas, at the height of the flight."""

from missions.planning.routing.airspace import Airspace
from missions.planning.routing.levels import Level
from missions.planning.routing.obstacles import Obstacle

__all__ = ["Airspace", "Level", "Obstacle"]
