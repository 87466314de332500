"""Video in: from streams to access units for viewers, frames for analysis, and what each sensor's health is."""

from fusion.sources.frames import AccessUnit, Frame
from fusion.sources.settings import SourceError, SourceSettings
from fusion.sources.sources import Sources

__all__ = ["AccessUnit", "Frame", "SourceError", "SourceSettings", "Sources"]
