"""Benchmarks: hot paths beside what a user would take instead, in one run, as ratios.

Times of one machine say little; the ratio of two measured together says more. Each benchmark gives processor time of
ours and of the peer for the same work, taken in turn, the median of several rounds.
"""

from collections.abc import Callable

from service.benchmarks.measuring import Outcome
from service.benchmarks.picture import picture
from service.benchmarks.planning import planning
from service.benchmarks.telemetry import telemetry
from service.benchmarks.video import video

BENCHMARKS: dict[str, Callable[[], list[Outcome]]] = {
    "telemetry": telemetry,
    "video": video,
    "picture": picture,
    "planning": planning,
}

__all__ = ["BENCHMARKS", "Outcome"]
