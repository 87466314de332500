"""Faults of a scenario: what is broken at a moment, and how video looks that is."""

import random
from collections.abc import Sequence

from simulators.cameras.units import AccessUnit
from simulators.scenario import FaultKind, FaultSection

_DAMAGE_EVERY_BYTES = 400
_LOSE_CHANCE = 0.1
_UNTOUCHED = 64  # headers and time stamp stay, so that the damage is in the picture


class Faults:
    """Tells which faults are active, by seconds since the scenario began."""

    def __init__(self, faults: Sequence[FaultSection], rng: random.Random) -> None:
        self._faults = tuple(faults)
        self._rng = rng

    def active(self, kind: FaultKind, target: str, seconds: float) -> bool:
        """Whether a target has this fault now."""
        return any(
            fault.kind == kind and fault.target == target and 0 <= seconds - fault.at_s < fault.duration_s
            for fault in self._faults
        )

    def damaged(self, unit: AccessUnit) -> AccessUnit | None:
        """The access unit as a bad line would give it: some bytes changed, now and then all of it lost (None)."""
        if self._rng.random() < _LOSE_CHANCE:
            return None
        data = bytearray(unit.data)
        for _ in range(max(1, len(data) // _DAMAGE_EVERY_BYTES)):
            at = self._rng.randrange(min(_UNTOUCHED, len(data) - 1), len(data))
            data[at] ^= 1 << self._rng.randrange(8)
        return AccessUnit(unit.sensor_id, unit.time, unit.key, bytes(data))
