"""Faults begin and end when the scenario says, and damage only what they should."""

import random

from simulators.cameras.units import AccessUnit
from simulators.faults import Faults
from simulators.scenario import FaultSection

FAULTS = [
    FaultSection(at_s=10, kind="link_loss", target="uav-1", duration_s=5),
    FaultSection(at_s=12, kind="stall_video", target="cam-001", duration_s=2),
]


def test_a_fault_lasts_from_its_time_for_its_duration() -> None:
    faults = Faults(FAULTS, random.Random(1))
    active = [t for t in range(20) if faults.active("link_loss", "uav-1", t)]
    assert active == [10, 11, 12, 13, 14]
    assert not faults.active("link_loss", "uav-2", 12)
    assert not faults.active("black_video", "cam-001", 12)
    assert faults.active("stall_video", "cam-001", 13.9)


def test_damage_is_in_the_picture_and_repeatable() -> None:
    unit = AccessUnit("cam-001", 1.0, True, bytes(range(256)) * 40)
    first, second = ([Faults((), random.Random(seed)).damaged(unit) for _ in range(1)] for seed in (1, 1))
    assert first == second
    faults = Faults((), random.Random(2))
    results = [faults.damaged(unit) for _ in range(200)]
    lost = sum(result is None for result in results)
    assert 5 < lost < 50
    for result in results:
        if result is not None:
            assert result.data != unit.data
            assert result.data[:64] == unit.data[:64]
            assert len(result.data) == len(unit.data)
