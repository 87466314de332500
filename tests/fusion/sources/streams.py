"""Streams for tests, made here: H.264 with time stamps in it, KLV by a small writer, transport streams by PyAV."""

import io
import struct
from collections.abc import Iterable, Mapping
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
WIDTH, HEIGHT, FPS = 320, 192, 8


def picture(index: int) -> NDArray[np.uint8]:
    """A textured picture with a bright square that moves to the right, shape (HEIGHT, WIDTH)."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    grey = (90 + 20 * np.sin(columns / 9) + 15 * np.cos(rows / 7)).astype(np.uint8)
    left = 20 + 4 * index
    grey[80:100, left : left + 20] = 230
    return grey


def sei(time: float) -> bytes:
    """A NAL unit with the precision time stamp of MISB ST 0604."""
    stamp = struct.pack(">Q", round(time * 1e6))
    body = b"MISPmicrosectime\x1f" + b"\xff".join(stamp[i : i + 2] for i in (0, 2, 4, 6))
    return b"\x00\x00\x00\x01\x06\x05" + bytes([len(body)]) + body + b"\x80"


def with_time(unit: bytes, time: float) -> bytes:
    """An access unit with its time put before its first slice."""
    at = 0
    while (at := unit.find(b"\x00\x00\x01", at)) >= 0:
        if unit[at + 3] & 0x1F in (1, 5):
            return unit[:at].removesuffix(b"\x00") + sei(time) + b"\x00" + unit[at:]
        at += 3
    return unit


def access_units(count: int, start: float | None = None, group: int = FPS) -> list[bytes]:
    """Encoded pictures, Annex B; with times from ``start`` on where it is given."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size, encoder.max_b_frames, encoder.thread_count = group, 0, 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1:aud=1"}
    units = []
    for index in range(count):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
        planes[:HEIGHT] = picture(index)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        unit = b"".join(bytes(packet) for packet in encoder.encode(frame))
        units.append(with_time(unit, start + index / FPS) if start is not None else unit)
    return units


def unsigned(value: float, low: float, high: float, size: int) -> bytes:
    return round((value - low) / (high - low) * (256**size - 1)).to_bytes(size, "big")


def signed(value: float, limit: float, size: int) -> bytes:
    return round(value / limit * (256**size // 2 - 1)).to_bytes(size, "big", signed=True)


def items(
    time: float,
    *,
    lat_deg: float = 43.86,
    lon_deg: float = 125.32,
    alt_amsl_m: float = 300.0,
    platform: tuple[float, float, float] = (30.0, 0.0, 0.0),
    relative: tuple[float, float, float] = (0.0, -60.0, 0.0),
    hfov_deg: float = 60.0,
    vfov_deg: float = 36.0,
) -> dict[int, bytes]:
    """ST 0601 items: platform is heading, pitch, roll; relative is azimuth, elevation, roll of the sensor."""
    return {
        2: struct.pack(">Q", round(time * 1e6)),
        5: unsigned(platform[0], 0, 360, 2),
        6: signed(platform[1], 20, 2),
        7: signed(platform[2], 50, 2),
        10: b"Test",
        13: signed(lat_deg, 90, 4),
        14: signed(lon_deg, 180, 4),
        15: unsigned(alt_amsl_m, -900, 19000, 2),
        16: unsigned(hfov_deg, 0, 180, 2),
        17: unsigned(vfov_deg, 0, 180, 2),
        18: unsigned(relative[0] % 360, 0, 360, 4),
        19: signed(relative[1], 180, 4),
        20: unsigned(relative[2] % 360, 0, 360, 4),
        65: b"\x13",
    }


def packet(values: Mapping[int, bytes] | Iterable[tuple[int, bytes]], *, checksum: bool = True) -> bytes:
    """An ST 0601 packet of items in the order given."""
    pairs = values.items() if isinstance(values, Mapping) else values
    body = b"".join(bytes([tag, len(value)]) + value for tag, value in pairs)
    if not checksum:
        return KEY + _length(len(body)) + body
    whole = KEY + _length(len(body) + 4) + body + b"\x01\x02"
    total = sum(byte << 8 * (1 - index % 2) for index, byte in enumerate(whole)) & 0xFFFF
    return whole + struct.pack(">H", total)


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)


def transport_stream(units: list[bytes], klv: list[bytes] | None = None, *, klv_pts: bool = True) -> bytes:
    """An MPEG transport stream of access units and, beside each, its metadata."""
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        data = container.add_data_stream("klv") if klv is not None else None
        for index, unit in enumerate(units):
            if klv is not None and data is not None:
                metadata = av.Packet(klv[index])
                metadata.stream, metadata.time_base = data, Fraction(1, 90_000)
                metadata.pts = metadata.dts = index * 90_000 // FPS if klv_pts else None
                container.mux(metadata)
            coded = av.Packet(unit)
            coded.stream, coded.time_base = video, Fraction(1, 90_000)
            coded.pts = coded.dts = index * 90_000 // FPS
            coded.is_keyframe = index % FPS == 0
            container.mux(coded)
    return out.getvalue()


def pictures(data: bytes) -> list[bytes]:
    """A transport stream cut before each picture (a packet of the video, PID 256, that starts a PES packet)."""
    starts = [
        at
        for at in range(0, len(data), 188)
        if (data[at + 1] & 0x1F) << 8 | data[at + 2] == 256 and data[at + 1] & 0x40
    ]
    return [data[a:b] for a, b in zip([0, *starts[1:]], [*starts[1:], len(data)], strict=True)]
