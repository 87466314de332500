"""FFmpeg (through PyAV) plays the server over both transports, and gets pictures and their instants."""

import asyncio
import random
import socket
from contextlib import asynccontextmanager

import av
import cv2
import numpy as np
import pytest

from maps.instants import Instant
from simulators.cameras.encoder import Encoder
from simulators.cameras.misp import microseconds
from simulators.rtsp.server import RtspServer

START = 1_790_000_000.0
FPS = 25.0


def picture(number: int) -> np.ndarray:
    image = np.full((96, 160, 3), 90, dtype=np.uint8)
    cv2.circle(image, (20 + number % 120, 48), 12, (40, 60, 240), -1)
    return image


@asynccontextmanager
async def serving(*sensor_ids: str):
    time = START
    server = RtspServer(sensor_ids, lambda: Instant(time), random.Random(1))
    await server.start("127.0.0.1", 0)
    encoders = [Encoder(sensor_id, 160, 96, FPS, 500) for sensor_id in sensor_ids]

    async def film() -> None:
        nonlocal time
        for number in range(100_000):
            time = START + number / FPS
            for encoder in encoders:
                server.publish(encoder.encode(picture(number), time))
            await asyncio.sleep(1 / FPS)

    filming = asyncio.create_task(film())
    try:
        yield server
    finally:
        filming.cancel()
        await asyncio.gather(filming, return_exceptions=True)
        await server.close()


def play(url: str, transport: str, frames: int) -> tuple[list[np.ndarray], list[bytes]]:
    """Pictures, and the SEI time stamps with them."""
    options = {"rtsp_transport": transport, "analyzeduration": "200000"}
    pictures, stamps = [], []
    with av.open(url, options=options, timeout=10) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            pictures.append(frame.to_ndarray(format="bgr24"))
            stamps.extend(bytes(each)[-12:] for each in frame.side_data if each.type.name == "SEI_UNREGISTERED")
            if len(pictures) == frames:
                break
    return pictures, stamps


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_client_plays_a_camera(transport: str) -> None:
    async with serving("cam-001", "cam-002") as server:
        url = f"rtsp://127.0.0.1:{server.port}/cam-002"
        pictures, _ = await asyncio.to_thread(play, url, transport, 12)
    assert all(image.shape == (96, 160, 3) for image in pictures)
    assert np.abs(pictures[-1].astype(int)[5, 5] - 90).max() < 12
    red = (pictures[-1][..., 2] > 180) & (pictures[-1][..., 0] < 100)
    assert 200 < red.sum() < 700


async def test_several_clients_play_at_once_and_their_end_is_noticed() -> None:
    async with serving("cam-001") as server:
        url = f"rtsp://127.0.0.1:{server.port}/cam-001"
        results = await asyncio.gather(*(asyncio.to_thread(play, url, way, 8) for way in ("tcp", "udp", "tcp")))
        assert [len(pictures) for pictures, _ in results] == [8, 8, 8]
        for _ in range(50):
            if not server.players:
                break
            await asyncio.sleep(0.05)
        assert server.players == 0


async def test_each_frame_carries_its_instant_in_an_sei_message() -> None:
    async with serving("cam-001") as server:
        _, stamps = await asyncio.to_thread(play, f"rtsp://127.0.0.1:{server.port}/cam-001", "tcp", 6)
    times = [int.from_bytes(bytes(each[at] for at in (1, 2, 4, 5, 7, 8, 10, 11)), "big") for each in stamps]
    assert len(times) >= 5
    assert (times[0] - microseconds(START)) % microseconds(1 / FPS) in (0, 1, microseconds(1 / FPS) - 1)
    assert np.diff(times) == pytest.approx(microseconds(1 / FPS), abs=1)


async def test_what_is_not_rtsp_gets_400_and_disturbs_nobody() -> None:
    async with serving("cam-001") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes(random.Random(3).randbytes(3000)) + b"\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"RTSP/1.0 400")
        writer.close()
        pictures, _ = await asyncio.to_thread(play, f"rtsp://127.0.0.1:{server.port}/cam-001", "tcp", 3)
        assert len(pictures) == 3


async def test_a_client_that_does_not_read_loses_frames_and_no_memory_grows() -> None:
    async with serving("cam-001") as server:
        slow = socket.create_connection(("127.0.0.1", server.port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"rtsp://127.0.0.1:{server.port}/cam-001"
        slow.sendall(
            f"SETUP {url}/video RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n".encode()
        )
        answer = await asyncio.to_thread(slow.recv, 4096)
        session = answer.split(b"Session: ")[1].split(b";")[0].decode()
        slow.sendall(f"PLAY {url} RTSP/1.0\r\nCSeq: 2\r\nSession: {session}\r\n\r\n".encode())
        pictures, _ = await asyncio.to_thread(play, url, "tcp", 20)
        assert len(pictures) == 20
        slow.close()
