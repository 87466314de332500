"""Video: decoding with detection beside bare decoding of the same frames with PyAV."""

from fractions import Fraction

import av
import numpy as np

from fusion.detection.background import BackgroundModel
from service.benchmarks.measuring import Outcome, compare

FRAMES = 150
SIZES = ((1280, 720), (640, 360))


def measure() -> list[Outcome]:
    """Moving things found in a still scene with noise and thirty moving patches."""
    return [_of_size(width, height) for width, height in SIZES]


def _of_size(width: int, height: int) -> Outcome:
    packets, extradata = _encoded(width, height)

    def decoded() -> list[av.VideoFrame]:
        decoder = av.CodecContext.create("h264", "r")
        decoder.thread_count = 1
        decoder.extradata = extradata
        return [frame for packet in packets for frame in decoder.decode(av.Packet(packet))]

    def ours() -> None:
        model = BackgroundModel()
        for index, frame in enumerate(decoded()):
            plane = frame.planes[0]
            luma = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size)[:, :width]
            model.moving(luma, index / 25)

    mine, theirs = compare(ours, decoded)
    speed, bare = FRAMES / mine, FRAMES / theirs
    size = f"{width}x{height}, {FRAMES} frames"
    return Outcome("Decoding with detection", size, speed, bare, "frames a second", speed / bare, "PyAV, decoding only")


def _encoded(width: int, height: int) -> tuple[list[bytes], bytes | None]:
    rng = np.random.default_rng(1)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate = 3_000_000
    encoder.framerate = Fraction(25)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "g": "25"}
    scene = rng.integers(60, 180, (height // 8, width // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    places = rng.uniform(0, 1, (30, 2)) * (height - 30, width - 40)
    speeds = rng.uniform(-3, 3, (30, 2))
    packets = []
    for index in range(FRAMES):
        luma = scene.copy()
        for row, column in (places + speeds * index) % (height - 30, width - 40):
            luma[int(row) : int(row) + 16, int(column) : int(column) + 24] = 230
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = luma
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets, encoder.extradata
