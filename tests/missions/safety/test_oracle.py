"""Clearance against an oracle that shares no geometry with it: nothing unsafe is cleared, what is safe is not refused.

240 cases by default; ``ORACLE_CASES=10000 ORACLE_FIRST=0 pytest --timeout=0 -s`` runs more, and prints the counts.
"""

import math
import os
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from maps.district import District
from maps.instants import Instant
from missions.planning.profiles import PROFILES
from missions.safety import Finding
from missions.safety.checks import check
from tests.missions.safety.oracle.cases import HOME, Case, case
from tests.missions.safety.oracle.copter import Copter
from tests.missions.safety.oracle.earth import degrees, metres
from tests.missions.safety.oracle.log import GRAVITY, Log
from tests.missions.safety.oracle.orders import Order
from tests.missions.safety.oracle.plane import Plane
from tests.missions.safety.oracle.verdict import clearly_safe, margins, unsafe
from tests.missions.safety.oracle.world import World, outside_m

NOW = Instant(1_790_000_000.0)
CASES = int(os.environ.get("ORACLE_CASES", "240"))
FIRST = int(os.environ.get("ORACLE_FIRST", "0"))


@dataclass
class Tally:
    """What came of all cases.

    Attributes:
        counts: by what the oracle says of a case, and whether the check blocks it; and rules broken.
        missed: seeds that the oracle finds unsafe and the check lets pass, with the rules broken.
        refused: seeds that are clearly safe and blocked, with the rules told.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[tuple[int, set[str]]] = field(default_factory=list)
    refused: list[tuple[int, set[str]]] = field(default_factory=list)

    def add(self, of: Case, told: list[Finding]) -> None:
        margin = margins(of.plan, of.world, of.profile, of.wind_mps)
        broken, safe = unsafe(margin, of.profile), clearly_safe(margin, of.profile)
        blocked = any(each.severity == "blocking" for each in told)
        warned = broken == {"way_home_warned"} and any(each.rule == "way_home" for each in told)
        self.counts.update((rule, "broken") for rule in broken)
        state = "safe" if safe else "warned" if warned else "unsafe" if broken else "near"
        self.counts[state, "refused" if blocked else "cleared"] += 1
        if broken and not blocked and not warned:
            self.missed.append((of.seed, broken))
        if safe and blocked:
            self.refused.append((of.seed, {each.rule for each in told}))


@pytest.fixture(scope="module")
def tally(nanling: District) -> Tally:
    found = Tally()
    for seed in range(FIRST, FIRST + CASES):
        of = case(seed)
        district = of.world.district(nanling, NOW)
        found.add(of, check(of.plan, district, NOW, wind=of.wind, profiles={of.profile.kind: of.profile}))
    print(found)
    return found


def test_nothing_unsafe_is_cleared(tally: Tally) -> None:
    assert not tally.missed


@pytest.mark.parametrize("seed", [3073, 8825, 9295])
def test_what_was_once_cleared_though_unsafe_is_refused(nanling: District, seed: int) -> None:
    """A climb that its leg is too short for, a turn back to either side, a leg over terrain behind a take-off."""
    of, found = case(seed), Tally()
    district = of.world.district(nanling, NOW)
    found.add(of, check(of.plan, district, NOW, wind=of.wind, profiles={of.profile.kind: of.profile}))
    assert found.counts["unsafe", "refused"] == 1


def test_hardly_anything_clearly_safe_is_refused(tally: Tally) -> None:
    assert len(tally.refused) <= 0.01 * (tally.counts["safe", "cleared"] + len(tally.refused))


@pytest.mark.skipif(CASES < 240, reason="too few cases to hold every kind")
def test_the_cases_hold_enough_of_every_kind(tally: Tally) -> None:
    assert tally.counts["unsafe", "refused"] > CASES / 10
    assert tally.counts["safe", "cleared"] > CASES / 10
    rules = {"no_fly", "flight_area", "ceiling", "terrain", "endurance", "fence", "way_home", "way_home_warned"}
    assert {rule for rule, state in tally.counts if state == "broken"} == rules


def test_the_oracle_measures_as_one_does_by_hand() -> None:
    square = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    places = np.array([(5.0, 5.0), (5.0, 1.0), (13.0, 14.0), (-2.0, 5.0)])
    assert outside_m(square, places) == pytest.approx([-5, -1, 5, 2])
    notched = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 2.0), (0.0, 10.0)])
    assert outside_m(notched, np.array([(5.0, 6.0)]))[0] > 2
    there = degrees(HOME, [1500.0, -700.0])
    assert metres(HOME, *there) == pytest.approx([1500, -700], abs=1e-6)
    assert there[0] == pytest.approx(HOME[0] - math.degrees(700 / 6.3652e6), abs=2e-5)


def test_the_oracle_turns_no_tighter_than_the_bank_allows_and_stops_where_it_is_told() -> None:
    wings = PROFILES["fixed_wing"]
    log = Log(wings, (0.0, 0.0))
    around = [
        Order("up", 0, 300, 0, 280),
        Order("circle", 1, 800, 0, 280, turns=3.0, radius_m=20.0),
        Order("to", 2, 0, 0, 280),
    ]
    Plane(World(HOME), wings, log, 18.0).fly(around)
    flown = log.table()[:, :2]
    step = np.diff(flown, axis=0)
    turn = np.abs(np.diff(np.unwrap(np.arctan2(step[:, 1], step[:, 0]))))
    assert 0.1 * 18.0 / turn.max() == pytest.approx(18.0**2 / (GRAVITY * math.tan(math.radians(40))), rel=0.03)
    rotors = PROFILES["rotorcraft"]
    log = Log(rotors, (0.0, 0.0))
    Copter(World(HOME), rotors, log, 10.0).fly([Order("up", 0, 0, 0, 280), Order("to", 1, 100, 0, 280)])
    flown = log.table()
    assert flown[:, 0].max() == pytest.approx(100, abs=0.3)
    assert flown[-1, 0] == pytest.approx(100, abs=0.3)
    speed = np.hypot(*np.diff(flown[:, :2], axis=0).T) / 0.1
    assert speed.max() <= 10.01
    assert np.abs(np.diff(speed)).max() / 0.1 <= 2.6
