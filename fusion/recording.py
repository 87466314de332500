"""Recordings: what the bus carried, appended to a file, and played again through the same code.

A recording (``.liti``) is the line ``LITI 1``, then frames: length and CRC-32 of the content (two 32-bit little-endian
numbers), then the content, a MessagePack array of the instant it was recorded, the topic's name and the value. A file
that was cut off, or damaged from some point on, is good up to there.
"""

import asyncio
import logging
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from fusion.bus import ENTITIES, TOPICS, Bus, Topic
from fusion.messages import CameraPose
from fusion.picture import Picture
from maps.instants import Clock, Instant, utc_now

log = logging.getLogger(__name__)

MAGIC = b"LITI 1\n"
SUFFIX = ".liti"
FLUSH_EVERY_S = 0.5
MAX_WAITING_BYTES = 32 * 2**20
MAX_FRAME_BYTES = 64 * 2**20
MOMENTS = ("time", "stale_time", "received_time", "arrival_time")
"""Fields that are instants, and move when a recording is played as if it were the present."""

_HEAD = struct.Struct("<II")


class RecordingError(ValueError):
    """A file that is no recording; the message says so."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One value: when it was recorded, on which topic, and the value."""

    time: Instant
    topic: Topic[Any]
    value: Any


class Recorder:
    """Appends every recorded topic of a bus to a file.

    Attributes:
        path: of the file.
        frames: written or waiting to be.
        dropped: values lost, because the disk was too slow or they could not be written.
        bytes: written.
    """

    def __init__(self, bus: Bus, path: Path, clock: Clock = utc_now, *, picture: Picture | None = None) -> None:
        self.path = path
        self.frames = 0
        self.dropped = 0
        self.bytes = 0
        self._bus = bus
        self._clock = clock
        self._picture = picture
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._encoder = msgspec.msgpack.Encoder()

    async def run(self) -> None:
        """Record until cancelled; what was published before that is in the file.

        With a picture, the file begins with all that is in it, so that playing starts from the same state.

        Raises:
            RecordingError: when the file exists and is no recording.
            OSError: when the disk refuses.
        """
        with _open_to_append(self.path) as file:
            ends = [self._bus.listen(topic, self._listener(topic)) for topic in TOPICS if topic.recorded]
            for entity in self._picture or ():
                self._take(ENTITIES.name, entity)
            writing: asyncio.Future[None] | None = None
            try:
                while True:
                    await asyncio.sleep(FLUSH_EVERY_S)
                    if self._waiting:
                        writing = asyncio.ensure_future(asyncio.to_thread(self._write, file, self._collect()))
                        await asyncio.shield(writing)
            finally:
                for end in ends:
                    end()
                if writing is not None:
                    await writing
                self._write(file, self._collect())

    def _listener(self, topic: Topic[Any]) -> Callable[[Any], None]:
        return lambda value: self._take(topic.name, value)

    def _take(self, topic: str, value: object) -> None:
        try:
            content = self._encoder.encode((self._clock(), topic, value))
        except (TypeError, ValueError, OverflowError):
            self.dropped += 1
            return
        if self._waiting_bytes + len(content) > MAX_WAITING_BYTES:
            self.dropped += 1
            return
        self.frames += 1
        self._waiting_bytes += len(content) + _HEAD.size
        self._waiting += (_HEAD.pack(len(content), zlib.crc32(content)), content)

    def _collect(self) -> bytes:
        data = b"".join(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        return data

    def _write(self, file: BinaryIO, data: bytes) -> None:
        file.write(data)
        file.flush()
        self.bytes += len(data)


def read_recording(path: Path) -> Iterator[Recorded]:
    """The values of a recording, in order; ends where the file ends, was cut off, or is damaged (which is logged).

    Topics unknown to this version, and values that do not fit their topic, are left out.

    Raises:
        RecordingError: when the file is no recording.
        OSError: when it cannot be read.
    """
    topics = {topic.name: topic for topic in TOPICS}
    decoders = {topic.name: msgspec.msgpack.Decoder(topic.payload) for topic in TOPICS}
    head = msgspec.msgpack.Decoder(tuple[float, str, msgspec.Raw])
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise RecordingError(f"{path.name} is no recording of Liti: it does not begin with {MAGIC!r}")
        while content := _next_content(file, path):
            try:
                time, name, raw = head.decode(content)
                if name in topics and math.isfinite(time):
                    yield Recorded(Instant(time), topics[name], decoders[name].decode(raw))
            except msgspec.DecodeError as error:
                log.warning("%s: a value was left out: %s", path.name, error)


async def play(
    path: Path,
    bus: Bus,
    *,
    speed: float = 1.0,
    clock: Clock = utc_now,
    wanted: Callable[[Recorded], bool] | None = None,
    as_present: bool = True,
) -> int:
    """Publish a recording at the pace at which it was recorded, times ``speed``; returns the number of values.

    Args:
        path: of the recording.
        bus: where to publish.
        speed: 2 is twice as fast; infinity is as fast as possible.
        clock: tells the present.
        wanted: values to be published; all when left out. (Leave out entities of tracks to have them tracked anew.)
        as_present: move the instants in the values so that the recording begins now.

    Raises:
        ValueError: for a speed that is not positive.
        RecordingError: when the file is no recording.
    """
    if not speed > 0:
        raise ValueError(f"speed must be positive, not {speed}")
    loop = asyncio.get_running_loop()
    began_s, began = loop.time(), clock()
    first: float | None = None
    count = 0
    for recorded in read_recording(path):
        first = recorded.time if first is None else first
        wait_s = began_s + (recorded.time - first) / speed - loop.time()
        await asyncio.sleep(max(0.0, wait_s) if wait_s > 0.002 or count % 100 == 0 else 0)
        if wanted is None or wanted(recorded):
            move = _Move(first, began, speed) if as_present else None
            bus.publish(recorded.topic, recorded.value if move is None else move.value(recorded.value))
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Move:
    """From instants of a recording to instants of its playing."""

    first: float
    began: float
    speed: float

    def instant(self, time: float) -> float:
        pace = self.speed if math.isfinite(self.speed) else 1.0
        return self.began + (time - self.first) / pace

    def value(self, value: Any) -> Any:
        moved = {name: self.instant(getattr(value, name)) for name in MOMENTS if hasattr(value, name)}
        pose = getattr(value, "pose", None)
        if isinstance(pose, CameraPose):
            moved["pose"] = self.value(pose)
        return msgspec.structs.replace(value, **moved)


def _open_to_append(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    good = 0
    if path.exists() and path.stat().st_size:
        with path.open("rb") as old:
            if old.read(len(MAGIC)) != MAGIC:
                raise RecordingError(f"{path} exists and is no recording of Liti; choose another name")
            good = old.tell()
            while _next_content(old, path):
                good = old.tell()
    file: BinaryIO = path.open("r+b" if good else "wb")
    file.truncate(good)
    file.seek(good)
    if not good:
        file.write(MAGIC)
    return file


def _next_content(file: BinaryIO, path: Path) -> bytes | None:
    head = file.read(_HEAD.size)
    if not head:
        return None
    if len(head) == _HEAD.size:
        length, checksum = _HEAD.unpack(head)
        if length <= MAX_FRAME_BYTES:
            content = file.read(length)
            if len(content) == length and zlib.crc32(content) == checksum:
                return content
    log.warning("%s: cut off or damaged at byte %d; what follows is not read", path.name, file.tell())
    return None
