"""Sweeping: the passes that image an area with little flying, and the order in which they are flown."""

from missions.planning.sweeping.coverage import Swath, Sweep, TooManyPassesError, cover, order, ordered, sweep
from missions.planning.sweeping.passes import Pass, swath_ground

__all__ = ["Pass", "Swath", "Sweep", "TooManyPassesError", "cover", "order", "ordered", "swath_ground", "sweep"]
