"""The ground as an aircraft's camera has come to know it: a picture of the ground from above, kept up frame by frame.

The mosaic is a square raster, north up, in the district's plane. A frame and the mosaic are related by the plane of the
ground in view (`egomotion`). Ground that the camera sees again and again settles; what moves over it does not.
"""

import cv2
import numpy as np

from fusion.detection.blobs import Image
from maps.optics import Lens
from maps.positions import FloatArray

_SIZE_PX = 1280
_SCALE_STEP = 1.5
_WEIGHT = 0.25


class GroundMosaic:
    """A raster of ground brightness around where the camera looks.

    Attributes:
        metres_per_px: of the raster.
    """

    def __init__(self) -> None:
        self.metres_per_px = 0.0
        self._east = self._north = 0.0  # of the raster's upper left corner
        self._grey: Image = np.zeros((_SIZE_PX, _SIZE_PX), dtype=np.uint8)

    def clear(self) -> None:
        """Forget all ground."""
        self.metres_per_px = 0.0
        self._grey[:] = 0

    def place(self, east_north_from_frame: FloatArray, lens: Lens) -> bool:
        """Make room for what a camera sees; False where its ground is too near, too far or too wide for a raster.

        The scale follows the camera's height in coarse steps; a change of it forgets all ground.

        Args:
            east_north_from_frame: homography, 3 x 3, from pixels to metres.
            lens: of the camera.
        """
        width, height = lens.width_px, lens.height_px
        pixels = np.array([[[0, height], [width, height], [width / 2, height / 2]]], dtype=np.float64)
        left, right, middle = cv2.perspectiveTransform(pixels, east_north_from_frame)[0].astype(np.float64)
        finest = float(np.linalg.norm(right - left)) / width
        if not 0.005 < finest < 3.0:
            return False
        if not 1 / _SCALE_STEP < finest / max(self.metres_per_px, 1e-9) < _SCALE_STEP:
            self.clear()
            self.metres_per_px = finest
            half = _SIZE_PX / 2 * finest
            self._east, self._north = float(middle[0]) - half, float(middle[1]) + half
        self._follow(middle)
        return True

    def raster_from(self, east_north_from_frame: FloatArray) -> FloatArray:
        """The homography from a frame's pixels to the raster's."""
        scale = 1 / self.metres_per_px
        raster = np.array([[scale, 0, -self._east * scale], [0, -scale, self._north * scale], [0, 0, 1]])
        return np.asarray(raster @ east_north_from_frame)

    def _follow(self, middle: FloatArray) -> None:
        """Move the raster when the camera looks away from its middle part; ground that falls off is forgotten."""
        right = round((float(middle[0]) - self._east) / self.metres_per_px - _SIZE_PX / 2)
        down = round((self._north - float(middle[1])) / self.metres_per_px - _SIZE_PX / 2)
        if max(abs(right), abs(down)) < _SIZE_PX // 6:
            return
        shift = np.array([[1, 0, -right], [0, 1, -down]], dtype=np.float64)
        size = (_SIZE_PX, _SIZE_PX)
        self._grey = np.asarray(cv2.warpAffine(self._grey, shift, size, flags=cv2.INTER_NEAREST), dtype=np.uint8)
        self._east += right * self.metres_per_px
        self._north -= down * self.metres_per_px

    def seen_from(self, raster_from_frame: FloatArray, width_px: int, height_px: int) -> Image:
        """The known ground as a frame would show it; 0 where it is not known."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(self._grey, raster_from_frame, (width_px, height_px), flags=flags)
        return np.asarray(seen, dtype=np.uint8)

    def learn(self, frame: Image, use: Image, raster_from_frame: FloatArray) -> None:
        """Take in a frame where ``use`` is 255 (as usual) or 128 (slowly: what seems to move may be there to stay)."""
        height, width = frame.shape
        corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], dtype=np.float32)
        outline = cv2.perspectiveTransform(corners, raster_from_frame)[:, 0]
        x0, y0 = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, _SIZE_PX)
        x1, y1 = np.clip(np.ceil(outline.max(axis=0)).astype(int), 0, _SIZE_PX)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        window = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], dtype=np.float64) @ raster_from_frame
        size = (int(x1 - x0), int(y1 - y0))
        fresh = np.asarray(
            cv2.warpPerspective(np.maximum(frame, 1), window, size, flags=cv2.INTER_LINEAR), dtype=np.uint8
        )
        how = cv2.warpPerspective(use, window, size, flags=cv2.INTER_NEAREST)
        grey = self._grey[y0:y1, x0:x1]
        _, new = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV)
        cv2.copyTo(fresh, cv2.bitwise_and(how, new), grey)
        _, usual = cv2.threshold(how, 200, 255, cv2.THRESH_BINARY)
        cv2.copyTo(cv2.addWeighted(grey, 1 - _WEIGHT, fresh, _WEIGHT, 0.0), usual, grey)
        slow = cv2.inRange(how, 100, 200)
        if cv2.countNonZero(slow):
            cv2.copyTo(_one_step(grey, fresh), slow, grey)


def _one_step(grey: Image, towards: Image) -> Image:
    """Each pixel one grey level nearer to another picture."""
    one = np.ones_like(grey)
    up, down = cv2.min(cv2.subtract(towards, grey), one), cv2.min(cv2.subtract(grey, towards), one)
    return np.asarray(cv2.subtract(cv2.add(grey, up), down), dtype=np.uint8)
