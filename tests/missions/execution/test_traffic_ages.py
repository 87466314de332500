"""Traffic: the older a position is, the more air is taken for it, until it says nothing any more."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from fusion.bus import Bus
from fusion.messages import Position, VehicleState
from maps.district import District
from maps.instants import Instant
from missions.execution.book import MissionBook
from missions.execution.mission import MemoryStore
from missions.execution.traffic import ASIDE_M, UP_M, Traffic
from missions.planning.profiles import PROFILES

NOW = Instant(1_790_000_000.0)


@dataclass
class Vehicles:
    """A fleet of which only the states count."""

    vehicles: dict[str, SimpleNamespace]


def seen(district: District, age_s: float, **values: object) -> tuple[list, tuple[str, ...]]:
    """What is taken for one vehicle whose newest position is so old."""
    home = district.home
    place = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m + 50)
    given = {"position": place, "in_air": True, "velocity_enu_mps": (3.0, 4.0, 2.0), "link": "up", **values}
    state = VehicleState("uav-9", "rotorcraft", "px4", time=NOW - age_s, received_time=NOW - age_s, **given)
    fleet = Vehicles({"uav-9": SimpleNamespace(state=state)})
    book = MissionBook(Bus(), MemoryStore(), lambda: NOW)
    intents, unplaced = Traffic(book, fleet, lambda: NOW, PROFILES).beside((), district)
    return intents(), unplaced


@pytest.mark.parametrize(("age_s", "link"), [(0.0, "up"), (4.0, "stale"), (30.0, "lost")])
def test_it_grows_by_what_the_vehicle_may_have_flown_since(nanling: District, age_s: float, link: str) -> None:
    (taken,), unplaced = seen(nanling, age_s, link=link)
    air = taken.volumes
    assert air.error_m == pytest.approx(ASIDE_M + 5.0 * age_s)
    assert air.high_amsl_m[0] - air.low_amsl_m[0] == pytest.approx(2 * (UP_M + 2.0 * age_s))
    assert unplaced == (() if link == "up" else ("uav-9",)), "one that is not heard is told of besides"


def test_a_speed_that_is_unknown_is_that_of_its_kind(nanling: District) -> None:
    (taken,), _ = seen(nanling, 10.0, velocity_enu_mps=None)
    assert taken.volumes.error_m == pytest.approx(ASIDE_M + 10 * PROFILES["rotorcraft"].cruise_mps)


@pytest.mark.parametrize("values", [{"position": None}, {"link": "lost"}])
def test_one_that_may_be_anywhere_is_told_of(nanling: District, values: dict) -> None:
    assert seen(nanling, 90.0, **values) == ([], ("uav-9",))


def test_who_stands_on_the_ground_takes_no_air(nanling: District) -> None:
    assert seen(nanling, 90.0, in_air=False, armed=True) == ([], ())
