"""When a frame was taken: the best of several witnesses."""

import struct
from dataclasses import dataclass

from fusion.sources.frames import TimeSource

_SKEW_AT_MOST_S = 10.0
_EARLIEST = 946_684_800.0  # 2000-01-01; a clock that was never set says 1970 or 1980


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who says when one frame was taken, Unix seconds; None where they say nothing.

    Attributes:
        sei: the precision time stamp in the picture's own data.
        klv: the time stamp of the metadata tied to it.
        rtcp: the sender's clock, by RTCP sender reports.
        arrival: the clock here when the picture arrived.
        live: whether the picture was taken just now, so that arrival bounds it.
    """

    sei: float | None
    klv: float | None
    rtcp: float | None
    arrival: float
    live: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The time of a frame, who said so, and by how much a witness that was not believed is off, seconds."""

    time: float
    source: TimeSource
    refused_skew_s: float | None = None


def judge(witnesses: Witnesses) -> Judged:
    """Believe the frame itself, then its metadata, then the sender's clock, then the arrival.

    In a live stream a witness that is more than 10 s from the arrival is not believed: its clock is wrong.
    """
    refused: float | None = None
    named: tuple[tuple[TimeSource, float | None], ...] = (
        ("sei", witnesses.sei),
        ("klv", witnesses.klv),
        ("rtcp", witnesses.rtcp),
    )
    for source, time in named:
        if time is None or time < _EARLIEST:
            continue
        skew = time - witnesses.arrival
        if witnesses.live and abs(skew) > _SKEW_AT_MOST_S:
            refused = skew if refused is None else refused
            continue
        return Judged(time, source, refused)
    return Judged(witnesses.arrival, "arrival" if witnesses.live else "file", refused)


def producer_time(side_data: bytes) -> float | None:
    """The instant in FFmpeg's "producer reference time" of a packet: its RTP time by RTCP's sender reports."""
    if len(side_data) < 8:
        return None
    microseconds = int(struct.unpack_from("=q", side_data)[0])
    return microseconds / 1e6 if microseconds > 0 else None
