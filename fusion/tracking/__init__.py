"""Tracking: from observations of many sensors to one track for each thing; usable by itself, on arrays."""

from fusion.tracking.settings import SensorModel, TrackerSettings
from fusion.tracking.tracker import Tracker, TrackerCounts, Tracks

__all__ = ["SensorModel", "Tracker", "TrackerCounts", "TrackerSettings", "Tracks"]
