"""What moves in the pictures, from cameras that stand still and cameras that fly, and where on the ground it is."""

from fusion.detection.observer import FixedObserver, FlyingObserver, Observer

__all__ = ["FixedObserver", "FlyingObserver", "Observer"]
