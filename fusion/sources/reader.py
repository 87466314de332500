"""One thread for one source: opens it, takes it apart, decodes it, and opens it again when it ends.

The thread owns the container and the decoder. It hands out access units and frames by the functions it was given, which
must not wait, and keeps a `Progress` that others may read.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from fusion.klv import MetadataReader
from fusion.messages import CameraPose
from fusion.sources import h264
from fusion.sources.frames import AccessUnit, Frame, TimeSource
from fusion.sources.opening import opened
from fusion.sources.poses import MetadataClock, PoseTrack
from fusion.sources.settings import SourceError, SourceSettings
from fusion.sources.timing import Witnesses, judge, producer_time
from maps.instants import Clock

_BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_PENDING = 32
_WINDOW_S = 4.0
_PIXELS_AT_MOST = 4096 * 2304


@dataclass(slots=True)
class Progress:
    """How a source is getting on. Written by its thread alone; others read single values.

    Attributes:
        phase: "connecting", "playing", "waiting" (to try again) or "ended".
        detail: why it is not playing, or what to know of a stream that is.
        frames: decoded since the start.
        corrupt: packets or pictures that could not be decoded, or not fully.
        last_frame_s: monotonic time of the newest decoded frame.
        last_time: sensor's time of it.
        advanced_s: monotonic time when the sensor's time last went forward.
        arrivals: recent (monotonic time, latency in seconds) of frames.
    """

    phase: str = "connecting"
    detail: str | None = None
    frames: int = 0
    corrupt: int = 0
    restarts: int = 0
    metadata: int = 0
    metadata_refused: int = 0
    width_px: int | None = None
    height_px: int | None = None
    time_source: TimeSource | None = None
    skew_s: float | None = None
    last_frame_s: float | None = None
    last_time: float | None = None
    advanced_s: float | None = None
    dark: bool = False
    pose: CameraPose | None = None
    arrivals: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=64))

    def rate(self, now_s: float) -> tuple[float, float | None]:
        """Frames a second over the last seconds, and the mean latency in milliseconds."""
        recent = [entry for entry in tuple(self.arrivals) if now_s - entry[0] <= _WINDOW_S]
        if len(recent) < 2:
            return 0.0, None
        span = max(recent[-1][0] - recent[0][0], 1e-3)
        return (len(recent) - 1) / span, 1000.0 * sum(latency for _, latency in recent) / len(recent)


class Reader:
    """Reads one source in a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        settings: SourceSettings,
        clock: Clock,
        on_unit: Callable[[AccessUnit], None],
        on_frame: Callable[[Frame], None],
        poses: PoseTrack | None = None,
    ) -> None:
        """A reader; ``poses`` are used where the stream brings none of its own."""
        self.settings = settings
        self.progress = Progress()
        self.poses = poses or PoseTrack()
        self._clock = clock
        self._on_unit = on_unit
        self._on_frame = on_frame
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source {settings.sensor_id}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False when it has not ended in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        tries = 0
        while not self._stop.is_set():
            begun = self.progress.frames
            self.progress.phase = "connecting"
            self.progress.detail = self._read_once()
            if self.settings.protocol == "file" and self.progress.frames > begun:
                self.progress.phase = "ended"
                return
            tries = 0 if self.progress.frames > begun else tries + 1
            self.progress.phase = "waiting"
            pause = _BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)]
            if self._stop.wait(pause * random.uniform(0.8, 1.2)):
                return
            self.progress.restarts += 1

    def _read_once(self) -> str:
        """Open and read to the end; the reason of the end in words."""
        try:
            with opened(self.settings, self._stop) as (container, feed):
                reading = _Reading(self, container)
                reading.run(self._stop)
            if feed is not None and feed.silent:
                return f"nothing arrived at {self.settings.shown_url} for {self.settings.read_timeout_s:g} s"
            return "the stream ended"
        except SourceError as error:
            return str(error)
        except (av.FFmpegError, OSError, ValueError, EOFError) as error:
            said = getattr(error, "strerror", None) or str(error)
            return f"{self.settings.shown_url}: {said}"


class _Reading:
    """One opened container."""

    def __init__(self, reader: Reader, container: InputContainer) -> None:
        if not container.streams.video:
            raise SourceError(f"{reader.settings.shown_url} has no video in it")
        self.settings = reader.settings
        self.progress = reader.progress
        self.reader = reader
        self.container = container
        self.video = container.streams.video[0]
        self.decoder: VideoCodecContext = self.video.codec_context
        self.decoder.thread_count = 1
        if self.settings.protocol != "file":
            self.decoder.flags |= av.codec.context.Flags.low_delay
        self.h264 = self.decoder.name == "h264"
        self.sets, self.length_bytes = h264.parameter_sets(self.decoder.extradata or b"")
        self.codec = h264.facts(self.sets).codec
        self.metadata: dict[int, MetadataReader] = {}
        self.clock = MetadataClock()
        self.own_poses = PoseTrack()
        self.pending: dict[int, tuple[float, TimeSource, CameraPose | None, bool]] = {}
        self.count = 0
        self.started = False
        self.tainted = False
        self.begin: tuple[float, float] | None = None
        self.pace: tuple[float, float] | None = None

    def run(self, stop: threading.Event) -> None:
        """Take packets until the end, or until asked to stop."""
        for packet in self.container.demux():
            if stop.is_set():
                return
            if packet.size == 0:
                continue
            if packet.stream.type == "data":
                self._take_metadata(packet)
            elif packet.stream_index == self.video.index:
                self._take_video(packet, stop)
        self._decode(None)

    def _take_metadata(self, packet: "Packet[Any]") -> None:
        reader = self.metadata.setdefault(packet.stream_index, MetadataReader())
        pts_s = _seconds(packet)
        for metadata in reader.feed(bytes(packet)):
            self.clock.add(metadata, pts_s)
            pose = metadata.pose()
            if pose is not None:
                self.own_poses.add(pose)
        self.progress.metadata = sum(each.packets for each in self.metadata.values())
        self.progress.metadata_refused = sum(each.refused for each in self.metadata.values())

    def _take_video(self, packet: "Packet[Any]", stop: threading.Event) -> None:
        pts_s = _seconds(packet)
        if self.settings.protocol == "file" and self.settings.pace and pts_s is not None and self._wait(pts_s, stop):
            return
        data = bytes(packet)
        if self.length_bytes:
            data = h264.annex_b(data, self.length_bytes)
        facts = h264.facts(data) if self.h264 else h264.UnitFacts(packet.is_keyframe, True, None, b"", None)
        time_, source = self._time(packet, facts.time, pts_s)
        pose = self.own_poses.at(time_) or self.reader.poses.at(time_)
        if packet.is_corrupt:
            self.progress.corrupt += 1
            self.tainted = True
        elif facts.key:
            self.tainted = False
        self._hand_out(data, facts, time_, pose)
        if not self.started and not facts.key:
            return
        self.started = True
        self.count += 1
        self.pending[self.count] = (time_, source, pose, self.tainted)
        while len(self.pending) > _PENDING:
            self.pending.pop(next(iter(self.pending)))
        packet.pts = packet.dts = self.count
        self._decode(packet)

    def _hand_out(self, data: bytes, facts: h264.UnitFacts, time_: float, pose: CameraPose | None) -> None:
        if not self.h264:
            return
        if facts.parameter_sets:
            self.sets, self.codec = facts.parameter_sets, facts.codec or self.codec
        elif facts.key:
            data = self.sets + data
        if self.codec is not None and facts.has_picture:
            size = self.decoder.width, self.decoder.height
            self.reader._on_unit(
                AccessUnit(self.settings.sensor_id, data, facts.key, time_, self.codec, *size, pose=pose)
            )

    def _time(self, packet: "Packet[Any]", sei: float | None, pts_s: float | None) -> tuple[float, TimeSource]:
        live = self.settings.protocol != "file"
        arrival = float(self.reader._clock())
        if not live:
            if self.begin is None:
                self.begin = (arrival, pts_s or 0.0)
            arrival = self.begin[0] + (pts_s - self.begin[1] if pts_s is not None else self.count / 25.0)
        rtcp = producer_time(bytes(packet.get_sidedata("prft"))) if packet.has_sidedata("prft") else None
        judged = judge(Witnesses(sei, self.clock.time_of(pts_s), rtcp, arrival, live))
        self.progress.skew_s = judged.refused_skew_s
        return judged.time, judged.source

    def _wait(self, pts_s: float, stop: threading.Event) -> bool:
        """Let a file take its own time; True when asked to stop meanwhile."""
        now = time.monotonic()
        if self.pace is None:
            self.pace = (now, pts_s)
        ahead = (pts_s - self.pace[1]) - (now - self.pace[0])
        return stop.wait(min(max(ahead, 0.0), 5.0))

    def _decode(self, packet: "Packet[Any] | None") -> None:
        try:
            frames = self.decoder.decode(packet)
        except (av.InvalidDataError, av.PatchWelcomeError, av.UnknownError) as error:
            self.progress.corrupt += 1
            self.progress.detail = f"a picture could not be decoded: {error.strerror}"
            self.tainted = True
            return
        except EOFError:
            return
        for frame in frames:
            self._take_frame(frame)

    def _take_frame(self, frame: VideoFrame) -> None:
        known = self.pending.pop(frame.pts, None) if frame.pts is not None else None
        if known is None or frame.width * frame.height > _PIXELS_AT_MOST:
            return
        time_, source, pose, tainted = known
        if frame.is_corrupt:
            self.progress.corrupt += 1
            self.tainted = tainted = True
        luma = luma_of(frame)
        arrival = float(self.reader._clock())
        self._note(frame, luma, time_, source, arrival, pose)
        if not tainted:
            self.reader._on_frame(Frame(self.settings.sensor_id, time_, source, arrival, luma, pose))

    def _note(
        self,
        frame: VideoFrame,
        luma: NDArray[np.uint8],
        time_: float,
        source: TimeSource,
        arrival: float,
        pose: CameraPose | None,
    ) -> None:
        progress, now = self.progress, time.monotonic()
        progress.width_px, progress.height_px = frame.width, frame.height
        progress.time_source = source
        progress.arrivals.append((now, arrival - time_))
        if progress.last_time is None or time_ != progress.last_time:
            progress.advanced_s = now
        if progress.frames % 8 == 0:
            sample = luma[::16, ::16]
            progress.dark = bool(sample.max() < 40 and sample.std() < 2.0)
        progress.last_time, progress.last_frame_s, progress.pose = time_, now, pose
        progress.frames += 1
        progress.phase = "playing"


def _seconds(packet: "Packet[Any]") -> float | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return float(stamp * packet.time_base) if stamp is not None and packet.time_base else None


def luma_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """The brightness of a frame, shape (height, width), uint8; 8-bit planar formats are not converted."""
    name = frame.format.name
    if not (name.startswith(("yuv4", "yuvj4", "nv12", "nv21", "gray")) and name[-2:] not in ("le", "be")):
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return np.array(rows[: frame.height, : frame.width])
