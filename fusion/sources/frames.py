"""What comes out of a source: access units as they came, and decoded frames."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion.messages import CameraPose

TimeSource = Literal["sei", "klv", "rtcp", "arrival", "file"]
"""Who says when a frame was taken: the frame itself, its metadata, the sender's clock report, or only its arrival."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture, not transcoded.

    Attributes:
        sensor_id: whose.
        data: H.264 in Annex B; a key unit brings its parameter sets.
        key: whether decoding can start here.
        time: the sensor's time, Unix seconds.
        codec: such as ``avc1.42c01e``.
        width_px, height_px: of the picture; 0 while it is not known.
        pose: of the camera at that instant, where known.
    """

    sensor_id: str
    data: bytes
    key: bool
    time: float
    codec: str
    width_px: int = 0
    height_px: int = 0
    pose: CameraPose | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    Attributes:
        sensor_id: whose.
        time: the sensor's time, Unix seconds.
        time_source: who says so.
        arrival_time: when it was decoded here, Unix seconds.
        luma: brightness, shape (height, width), uint8; not to be written to.
        pose: of the camera at that instant, where the stream says.
    """

    sensor_id: str
    time: float
    time_source: TimeSource
    arrival_time: float
    luma: NDArray[np.uint8]
    pose: CameraPose | None
