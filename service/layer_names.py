"""The names of a district's layers, as the doors call them."""

from typing import Literal

LayerName = Literal["buildings", "cameras", "sites", "zones", "cells", "streets"]
