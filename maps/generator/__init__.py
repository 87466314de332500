"""Invented districts: streets, buildings, cameras and rules made from a seed, on real coordinates.

``python -m maps.generator --seed 7 OUT`` writes a folder that `maps.district.District` loads. The same seed gives the
same district.
"""

from maps.generator.invention import Invention, invent
from maps.generator.writing import write

__all__ = ["Invention", "invent", "write"]
