"""FFmpeg (through PyAV) and a STANAG 4609 verifier both find frames and metadata of the same instants."""

import asyncio
import io
import socket

import av
import numpy as np
import pytest
from stanag4609 import FMVVerifier, decode_uas_local_set

from maps.optics import Lens, Pose
from maps.positions import Geodetic
from simulators.cameras.encoder import Encoder
from simulators.cameras.units import AccessUnit
from simulators.mpegts.klv import Attitude, Metadata, local_set
from simulators.mpegts.sender import TransportSender
from simulators.mpegts.transport import PACKET, TransportMuxer, crc32

START, FPS = 1_790_000_000.0, 10.0


def metadata(time: float) -> Metadata:
    position = Geodetic(43.86, 125.32 + (time - START) * 1e-5, 280.0)
    pose = Pose((0, 0, 60), 45, -40)
    return Metadata(time, "test", "uav-1", "1", Attitude(0, 0, 0), position, pose, Lens(160, 96, 60, 38))


def units(count: int) -> list[AccessUnit]:
    encoder = Encoder("uav-1-eo", 160, 96, FPS, 800)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (96, 160, 3), dtype=np.uint8)
    return [encoder.encode(np.roll(noise, at, axis=1), START + at / FPS) for at in range(count)]


def stream(count: int) -> bytes:
    muxer = TransportMuxer(START)
    return b"".join(muxer.frame(u.data, local_set(metadata(u.time)), u.time, u.key) for u in units(count))


def test_the_crc_is_the_one_of_mpeg() -> None:
    assert crc32(b"123456789") == 0x0376E6E7


def test_ffmpeg_finds_every_frame_and_its_metadata_at_the_same_time() -> None:
    data = stream(16)
    assert len(data) % PACKET == 0
    with av.open(io.BytesIO(data), format="mpegts") as container:
        assert [each.type for each in container.streams] == ["video", "data"]
        video, klv = {}, {}
        for packet in container.demux():
            if packet.size and packet.stream.type == "data":
                klv[packet.pts] = decode_uas_local_set(bytes(packet)).value(14)
            elif packet.size:
                video[packet.pts] = len(packet.decode())
    assert len(video) == 16
    assert sorted(video) == sorted(klv)
    assert sum(video.values()) == 16
    longitudes = [klv[pts] for pts in sorted(klv)]
    assert np.diff(longitudes) == pytest.approx(1e-5 / FPS, abs=2e-7)
    assert np.diff(sorted(video)) == pytest.approx(90_000 / FPS, abs=1)


def test_the_verifier_finds_no_error() -> None:
    verifier = FMVVerifier(require_security=False, require_miis=False, validate_mismms=False)
    verifier.feed(stream(40))
    report = verifier.finish()
    assert report.st0601_packets == 40
    assert [f"{finding.code}: {finding.message}" for finding in report.errors] == []


async def test_frames_arrive_over_udp_as_whole_packets() -> None:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    sender = TransportSender("uav-1-eo", receiver.getsockname(), START)
    await sender.start()
    loop = asyncio.get_running_loop()
    sent = units(3)
    for unit in sent:
        sender.send(unit, metadata(unit.time))
    received = b""
    while received.count(b"\x47\x41\x00") < 3:  # first packets of the video's frames
        datagram = await asyncio.wait_for(loop.sock_recv(receiver, 65536), 5)
        assert len(datagram) % PACKET == 0
        assert len(datagram) <= 1316
        received += datagram
    sender.close()
    receiver.close()
