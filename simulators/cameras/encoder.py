"""The H.264 encoder of one camera: libx264 through PyAV, without delay and with a key frame every second."""

from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.cameras.misp import stamped
from simulators.cameras.units import AccessUnit

_CLOCK_HZ = 90_000
_QUALITY = 24  # libx264's constant rate factor: the bit rate is a limit, and a still picture takes far less


class Encoder:
    """Makes access units of pictures: Constrained Baseline, closed groups of pictures of one second, even quality.

    The encoder holds back no frame, repeats its headers before every key frame, begins every access unit with a
    delimiter, and puts the frame's instant into it (`simulators.cameras.misp`).
    """

    def __init__(self, sensor_id: str, width_px: int, height_px: int, fps: float, bitrate_kbps: int) -> None:
        self.sensor_id = sensor_id
        self._frames = 0
        self._ticks = _CLOCK_HZ / fps
        group = max(1, round(fps))
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
        context.time_base = Fraction(1, _CLOCK_HZ)
        context.framerate = Fraction(fps).limit_denominator(1001)
        context.gop_size = group
        context.max_b_frames = 0
        context.thread_count = 1
        context.profile = "Baseline"
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": str(_QUALITY),
            "x264-params": f"keyint={group}:min-keyint={group}:scenecut=0:repeat-headers=1:aud=1:open-gop=0:"
            f"vbv-maxrate={bitrate_kbps}:vbv-bufsize={bitrate_kbps}:sliced-threads=0",
        }
        self._context = context

    def encode(self, picture: NDArray[np.uint8], time: float) -> AccessUnit:
        """Encode a picture (height, width, 3; BGR) that shows an instant (UTC seconds)."""
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = round(self._frames * self._ticks)
        self._frames += 1
        packets = self._context.encode(frame)
        data = b"".join(bytes(packet) for packet in packets)
        return AccessUnit(self.sensor_id, time, any(packet.is_keyframe for packet in packets), stamped(data, time))
