"""The ground as map tiles: PNG in the terrarium encoding, in Web Mercator's numbering (x from 180 W, y from north).

A pixel's height is red * 256 + green + blue / 256 - 32768 metres; here to 1/16 m, which the eye cannot tell and PNG
packs well.
"""

import math
import struct
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from maps.terrain import Terrain

SIZE_PX = 256
MIN_ZOOM = 10
MAX_ZOOM = 16
STEP_M = 1 / 16
KEPT = 256


class TerrainTiles:
    """The tiles of one terrain; the newest `KEPT` are kept."""

    def __init__(self, terrain: "Terrain") -> None:
        self._terrain = terrain
        self._made: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()

    def get(self, zoom: int, x: int, y: int) -> bytes:
        """The PNG of a tile (call it in a thread).

        Raises:
            KeyError: there is no tile of that number.
        """
        if not (MIN_ZOOM <= zoom <= MAX_ZOOM and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
            raise KeyError((zoom, x, y))
        key = (zoom, x, y)
        if (tile := self._made.get(key)) is None:
            tile = png(terrarium(self._heights(zoom, x, y)))
            self._made[key] = tile
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return tile

    def _heights(self, zoom: int, x: int, y: int) -> NDArray[np.float64]:
        across = (np.arange(SIZE_PX) + 0.5) / SIZE_PX
        lon_deg = (x + across) / 2**zoom * 360.0 - 180.0
        lat_deg = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * (y + across) / 2**zoom))))
        lat, lon = np.meshgrid(lat_deg, lon_deg, indexing="ij")
        return np.asarray(self._terrain.height_amsl_m(lat, lon), dtype=np.float64)


def terrarium(heights_m: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Heights, shape (rows, columns), as red, green and blue, shape (rows, columns, 3)."""
    shifted = np.clip(np.round(heights_m / STEP_M) * STEP_M + 32768.0, 0, 65535.99)
    whole = np.floor(shifted)
    parts = (whole // 256, whole % 256, np.floor((shifted - whole) * 256))
    return np.stack(parts, axis=-1).astype(np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG (ISO 15948) of 8-bit red, green and blue, shape (rows, columns, 3); rows are filtered by "up"."""
    rows, columns, _ = pixels.shape
    flat = pixels.reshape(rows, columns * 3)
    above = np.vstack([np.zeros((1, columns * 3), dtype=np.uint8), flat[:-1]])
    filtered = np.hstack([np.full((rows, 1), 2, dtype=np.uint8), flat - above])
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
