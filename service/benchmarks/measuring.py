"""Measuring two things in turn, in processor time."""

import statistics
import time
from collections.abc import Callable

import msgspec

ROUNDS = 5


class Outcome(msgspec.Struct, frozen=True):
    """What one comparison gave.

    Attributes:
        name: what was done.
        size: how much of it.
        ours: our figure.
        peer: the peer's figure for the same work.
        unit: of both.
        ratio: ours / peer.
        peer_name: who the peer is.
    """

    name: str
    size: str
    ours: float
    peer: float
    unit: str
    ratio: float
    peer_name: str


def compare(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds of both, the median of `ROUNDS` rounds taken in turn after one that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        for work, taken in zip((ours, peer), times, strict=True):
            begun = time.process_time()
            work()
            if turn:
                taken.append(time.process_time() - begun)
    return statistics.median(times[0]), statistics.median(times[1])
