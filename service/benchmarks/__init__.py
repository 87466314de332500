"""Benchmarks: hot paths beside what a user would take instead, in one run, as ratios.

Times of one machine say little; the ratio of two measured together says more. Each benchmark gives processor time of
ours and of the peer for the same work, taken in turn, the median of several rounds.
"""

from collections.abc import Callable

from service.benchmarks import clearance, picture, planning, telemetry, video
from service.benchmarks.measuring import Outcome

BENCHMARKS: dict[str, Callable[[], list[Outcome]]] = {
    "telemetry": telemetry.measure,
    "video": video.measure,
    "picture": picture.measure,
    "planning": planning.measure,
    "clearance": clearance.measure,
}

__all__ = ["BENCHMARKS", "Outcome"]
