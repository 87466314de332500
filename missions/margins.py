"""Distances that planning keeps and clearance demands."""

import math
from typing import Final

import numpy as np

from maps.positions import FloatArray

CLEAR_BY_M = 10.0
"""Metres of air that must be left over everything below."""

LANDING_CLEAR_BY_M = 4.0
"""The same on the climb-out and the glide of an aircraft with wings, which fly slowly and straight there."""

DRIFTS: Final[FloatArray] = np.array([(0.0, 0.0), *((math.cos(a), math.sin(a)) for a in np.arange(8) * math.pi / 4)])
"""(9, 2) a place and those around it to which an aircraft may drift, in units of the distance by which it may miss."""
