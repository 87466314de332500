"""The whole world in its own process, with clients that know it only by the wire."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from pymavlink import mavutil
from stanag4609 import decode_uas_local_set

from maps.district import District
from simulators.__main__ import main


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scenario(folder: Path, video_port: int) -> Path:
    path = folder / "small.toml"
    path.write_text(f"""
name = "small"
seed = 5
[movers]
people = 6
cars = 6
area_m = 400
[[vehicles]]
id = "uav-1"
kind = "rotorcraft"
system_id = 7
mavlink = "tcpin:127.0.0.1:0"
arming_delay_s = 1
[vehicles.camera]
url = "udp://127.0.0.1:{video_port}"
sensor_id = "uav-1-eo"
width_px = 320
height_px = 180
[fixed_cameras]
rtsp_port = 0
ids = ["cam-001"]
width_px = 320
height_px = 180
[[faults]]
at_s = 0
kind = "black_video"
target = "cam-001"
duration_s = 0.01
""")
    return path


def mavlink_types(address: str, count: int) -> set[str]:
    _, host, port = address.split(":")
    link = mavutil.mavlink_connection(f"tcp:{host}:{port}", source_system=255)
    try:
        return {link.recv_match(blocking=True, timeout=15).get_type() for _ in range(count)}
    finally:
        link.close()


def first_pictures(url: str, count: int) -> list[np.ndarray]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=60) as container:
        frames = container.decode(video=0)
        return [next(frames).to_ndarray(format="bgr24") for _ in range(count)]


def airborne(port: int, count: int) -> tuple[int, list[dict[str, float]]]:
    """Frames decoded, and the metadata that came with them."""
    frames, metadata = 0, []
    with av.open(f"udp://127.0.0.1:{port}", format="mpegts", timeout=60) as container:
        for packet in container.demux():
            if packet.stream.type == "data":
                local_set = decode_uas_local_set(bytes(packet))
                metadata.append({str(field.definition.tag): field.value for field in local_set.fields})
            else:
                frames += len(packet.decode())
            if frames >= count:
                return frames, metadata
    raise AssertionError("the stream ended")


async def test_a_small_world_flies_films_and_tells_the_truth(tmp_path: Path) -> None:
    video_port = free_port(socket.SOCK_DGRAM)
    truth = tmp_path / "truth.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", str(scenario(tmp_path, video_port)), "--truth", str(truth),
        stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 120)
        assert line.startswith(b"ready ")
        where = json.loads(line[6:])
        types, pictures, (frames, metadata) = await asyncio.gather(
            asyncio.to_thread(mavlink_types, where["vehicles"]["uav-1"], 3),
            asyncio.to_thread(first_pictures, where["videos"]["cam-001"], 8),
            asyncio.to_thread(airborne, video_port, 8),
        )
    finally:
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), 30)
    assert status == 0
    assert "HEARTBEAT" in types
    assert pictures[-1].shape == (180, 320, 3)
    assert pictures[-1].std() > 20
    assert frames == 8
    home = District.embedded("nanling").home
    assert len(metadata) >= 7
    assert metadata[-1]["13"] == pytest.approx(home.lat_deg, abs=1e-5)
    assert metadata[-1]["14"] == pytest.approx(home.lon_deg, abs=1e-5)
    assert metadata[-1]["15"] == pytest.approx(home.alt_amsl_m, abs=1.0)
    lines = [json.loads(each) for each in truth.read_text().splitlines()]
    assert {each["kind"] for each in lines} == {"person", "vehicle", "rotorcraft"}
    times = sorted({each["time"] for each in lines})
    assert len(times) > 3
    assert np.median(np.diff(times)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('name = "x"\ndistrict = "nowhere"\n', "district: 'nowhere'"),
        ('name = "x"\n[fixed_cameras]\nids = ["cam-999"]\n', "fixed_cameras.ids: cam-999"),
        ('name = "x"\nspede = 2\n', "spede: is not a key"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, says: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    assert main([str(path)]) == 1
    assert says in capsys.readouterr().err


def test_a_taken_port_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = tmp_path / "taken.toml"
        path.write_text(f'name = "x"\n[fixed_cameras]\nids = ["cam-001"]\nrtsp_port = {taken.getsockname()[1]}\n')
        assert main([str(path), "--seconds", "1"]) == 1
    assert "address already in use" in capsys.readouterr().err
