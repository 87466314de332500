import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fusion.footprints import footprint
from fusion.sources import AccessUnit, Frame, SourceSettings
from fusion.sources.reader import Reader
from maps.instants import utc_now
from maps.positions import Geodetic, LocalFrame
from tests.fusion.sources.streams import (
    FPS,
    HEIGHT,
    WIDTH,
    access_units,
    items,
    packet,
    picture,
    pictures,
    transport_stream,
)

START = 1_700_000_000.0


class Played:
    """What a reader handed out."""

    def __init__(self, settings: SourceSettings) -> None:
        self.units: list[AccessUnit] = []
        self.frames: list[Frame] = []
        self.reader = Reader(settings, utc_now, self.units.append, self.frames.append)

    def until(self, done: Callable[[], bool], within_s: float = 20.0) -> None:
        self.reader.start()
        end = time.monotonic() + within_s
        while not done() and time.monotonic() < end:
            time.sleep(0.02)

    def to_the_end(self) -> "Played":
        self.until(lambda: self.reader.progress.phase in ("ended", "waiting"))
        self.stop()
        return self

    def stop(self) -> None:
        self.reader.ask_to_stop()
        assert self.reader.join(10.0), "the thread must end"


def file_of(folder: Path, data: bytes) -> SourceSettings:
    path = folder / "stream.ts"
    path.write_bytes(data)
    return SourceSettings("uav-1-eo", str(path), pace=False)


def klv(count: int, start: float = START) -> list[bytes]:
    return [packet(items(start + i / FPS, platform=(30.0 + i, 0.0, 0.0), alt_amsl_m=300.0 + i)) for i in range(count)]


def test_a_stream_gives_frames_with_time_and_the_pose_of_the_same_instant(tmp_path: Path) -> None:
    played = Played(file_of(tmp_path, transport_stream(access_units(16, START), klv(16)))).to_the_end()
    assert [frame.time for frame in played.frames] == [START + i / FPS for i in range(16)]
    assert {frame.time_source for frame in played.frames} == {"sei"}
    for index, frame in enumerate(played.frames):
        assert frame.pose is not None
        assert frame.pose.azimuth_deg == pytest.approx(30.0 + index, abs=0.01)
        assert frame.pose.position.alt_amsl_m == pytest.approx(300.0 + index, abs=0.2)
        assert frame.luma.shape == (HEIGHT, WIDTH)
        assert np.abs(frame.luma.astype(int) - picture(index)).mean() < 6


def test_without_a_time_in_the_picture_the_metadata_gives_it(tmp_path: Path) -> None:
    played = Played(file_of(tmp_path, transport_stream(access_units(16), klv(16)))).to_the_end()
    assert {frame.time_source for frame in played.frames} == {"klv"}
    assert [frame.time for frame in played.frames] == pytest.approx([START + i / FPS for i in range(16)], abs=0.001)


def test_metadata_with_wrong_presentation_times_still_gives_poses(tmp_path: Path) -> None:
    data = transport_stream(access_units(16, START), klv(16), klv_pts=False)
    played = Played(file_of(tmp_path, data)).to_the_end()
    assert all(frame.pose is not None for frame in played.frames)
    assert played.frames[9].pose is not None
    assert played.frames[9].pose.azimuth_deg == pytest.approx(39.0, abs=0.01)


def test_without_metadata_there_are_frames_without_poses(tmp_path: Path) -> None:
    played = Played(file_of(tmp_path, transport_stream(access_units(8)))).to_the_end()
    assert len(played.frames) == 8
    assert {(frame.time_source, frame.pose) for frame in played.frames} == {("file", None)}


def test_access_units_are_passed_on_as_they_came(tmp_path: Path) -> None:
    sent = access_units(16, START)
    played = Played(file_of(tmp_path, transport_stream(sent, klv(16)))).to_the_end()
    assert [unit.data for unit in played.units] == sent
    assert [unit.key for unit in played.units] == [index % FPS == 0 for index in range(16)]
    assert {unit.codec for unit in played.units} == {played.units[0].codec}
    assert played.units[0].codec.startswith("avc1.")
    assert played.units[3].pose is not None


@pytest.mark.parametrize("seed", range(4))
def test_damaged_data_is_counted_and_survived(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(transport_stream(access_units(40, START), klv(40)))
    for _ in range(60):
        data[rng.randrange(len(data) // 4, len(data) // 2)] = rng.randrange(256)
    played = Played(file_of(tmp_path, bytes(data))).to_the_end()
    progress = played.reader.progress
    assert progress.corrupt + progress.metadata_refused > 0
    assert played.frames[-1].time == START + 39 / FPS


def test_a_file_that_is_no_video_is_an_error_in_words(tmp_path: Path) -> None:
    played = Played(file_of(tmp_path, random.Random(1).randbytes(20_000))).to_the_end()
    assert played.frames == [] and played.reader.progress.detail
    missing = Played(SourceSettings("x", str(tmp_path / "missing.ts"))).to_the_end()
    assert missing.reader.progress.detail is not None and "missing.ts" in missing.reader.progress.detail


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send_until(played: Played, port: int, chunks: list[bytes], pause_s: float, frames: int) -> None:
    played.reader.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        time.sleep(0.3)
        for chunk in chunks:
            for at in range(0, len(chunk), 1316):
                sender.sendto(chunk[at : at + 1316], ("127.0.0.1", port))
            time.sleep(pause_s)
        end = time.monotonic() + 10
        while len(played.frames) < frames and time.monotonic() < end:
            time.sleep(0.02)
    played.stop()


def test_a_sender_that_pauses_between_pictures_need_not_begin_the_next_for_one_to_be_seen() -> None:
    port, start = free_port(), time.time()
    data = transport_stream(access_units(32, start), klv(32, start))
    played = Played(SourceSettings("uav-1-eo", f"udp://127.0.0.1:{port}", vehicle_id="uav-1"))
    send_until(played, port, pictures(data), 0.04, 32)
    last = played.frames[-1]
    assert last.time == pytest.approx(start + 31 / FPS, abs=1e-5), "the last picture, with nothing after it"
    assert last.pose is not None
    assert len(played.frames) == 32 and played.reader.progress.corrupt == 0


def test_a_sender_that_pauses_within_pictures_loses_none() -> None:
    port, start = free_port(), time.time()
    data = transport_stream(access_units(24, start), klv(24, start))
    chunks = [data[at : at + 188] for at in range(0, len(data), 188)]
    played = Played(SourceSettings("uav-1-eo", f"udp://127.0.0.1:{port}", vehicle_id="uav-1"))
    send_until(played, port, chunks, 0.016, 23)
    assert played.reader.progress.corrupt == 0
    assert len(played.frames) >= 23, "all but the last one, whose end is not told"


def test_a_taken_port_is_an_error_in_words_and_is_tried_again() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"udp://127.0.0.1:{taken.getsockname()[1]}"
        played = Played(SourceSettings("uav-1-eo", url))
        played.until(lambda: played.reader.progress.restarts >= 1)
        played.stop()
    assert played.reader.progress.detail is not None and url in played.reader.progress.detail


@pytest.mark.skipif("SAMPLE_VIDEO" not in os.environ, reason="SAMPLE_VIDEO names no file")
def test_a_real_stream_gives_frames_with_poses_and_a_footprint() -> None:
    settings = SourceSettings("sample", os.environ["SAMPLE_VIDEO"], vehicle_id="sample", pace=False)
    played = Played(settings).to_the_end()
    assert played.frames and all(frame.pose is not None for frame in played.frames)
    pose = played.frames[0].pose
    assert pose is not None
    assert footprint(pose, LocalFrame(Geodetic(43.86, 125.32, 220.0)), None) is not None
