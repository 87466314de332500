"""Motion is believed when it goes on: chains of things from frame to frame of one sensor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.detection.things import Things
from fusion.messages import TargetKind
from maps.positions import FloatArray

_SPEED_AT_MOST_MPS = {"person": 5.0, "vehicle": 28.0, "other": 28.0}
_FORGET_S = 0.7
_VOTES = 8


@dataclass(slots=True)
class _Chain:
    point: FloatArray
    velocity: FloatArray
    time: float
    begin_point: FloatArray
    begin_box: FloatArray
    kinds: list[TargetKind]
    length: int = 1
    moved: bool = False


class Confirmation:
    """Follows the things of one sensor, just far enough to tell motion from flicker.

    A thing is confirmed when it was near enough to where one of the same sensor was the frame before, at least
    ``frames`` times in a row, and has gone somewhere meanwhile: by ``move_m`` on the ground, or more than the spread of
    its place.
    """

    def __init__(self, frames: int = 2, move_m: float = 0.3) -> None:
        self._frames = frames
        self._move_m = move_m
        self._chains: list[_Chain] = []

    def confirm(self, found: Things, time: float) -> tuple[NDArray[np.bool_], tuple[TargetKind, ...]]:
        """Which things are confirmed, shape (N,), and what each is by the majority of its chain."""
        confirmed = np.zeros(len(found), dtype=np.bool_)
        kinds: list[TargetKind] = list(found.kinds)
        self._chains = [chain for chain in self._chains if 0 <= time - chain.time <= _FORGET_S]
        free = set(range(len(found)))
        for distance, chain, i in sorted(self._pairs(found, time), key=lambda pair: pair[0]):
            if i not in free or chain.time == time:
                continue
            del distance
            free.discard(i)
            self._extend(chain, found, i, time)
            kinds[i] = max(set(chain.kinds), key=chain.kinds.count)
            confirmed[i] = chain.moved and chain.length >= self._frames
        for i in free:
            point, box = found.points_enu_m[i, :2], found.boxes_px[i]
            self._chains.append(_Chain(point, np.zeros(2), time, point, box, [found.kinds[i]]))
        return confirmed, tuple(kinds)

    def _pairs(self, found: Things, time: float) -> list[tuple[float, _Chain, int]]:
        pairs = []
        for chain in self._chains:
            gap = time - chain.time
            expected = chain.point + chain.velocity * gap
            for i in range(len(found)):
                off = float(np.hypot(*(found.points_enu_m[i, :2] - expected)))
                sigma = float(np.sqrt(np.trace(found.covariances_m2[i])))
                speed = _SPEED_AT_MOST_MPS[found.kinds[i]]
                slack = min(1.5 * sigma, 4.0)
                reach = speed * gap + slack if chain.length < 2 else 0.4 * speed * gap + slack + 0.5
                if off <= reach:
                    pairs.append((off, chain, i))
        return pairs

    def _extend(self, chain: _Chain, found: Things, i: int, time: float) -> None:
        point = found.points_enu_m[i, :2]
        gap = max(time - chain.time, 1e-3)
        fresh = (point - chain.point) / gap
        chain.velocity = fresh if chain.length == 1 else 0.7 * chain.velocity + 0.3 * fresh
        chain.point, chain.time = point, time
        chain.length += 1
        chain.kinds = [*chain.kinds[-_VOTES + 1 :], found.kinds[i]]
        gone_m = float(np.hypot(*(point - chain.begin_point)))
        box, begin = found.boxes_px[i], chain.begin_box
        gone_px = float(np.hypot(*((box[:2] + box[2:] / 2) - (begin[:2] + begin[2:] / 2))))
        if gone_m >= self._move_m and gone_px >= 1.0:
            chain.moved = True
