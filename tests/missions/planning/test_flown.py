"""Plans are flown to the end on the simulated vehicles, and the path flown keeps to the bounds of the plan."""

import numpy as np
import pytest

from maps.district import District
from missions.plan import Command
from simulators.autopilots.wind import WindSettings
from tests.missions.planning.flying import Flown, fly, geojson, planned

FIELD = [[(-130, 45), (130, 45), (130, 195), (-130, 195), (-130, 45)]]
FAR_FIELD = [[(-500, -800), (100, -800), (100, -500), (-500, -500), (-500, -800)]]
WIDE_FIELD = [[(-350, -570), (350, -570), (350, -270), (-350, -270), (-350, -570)]]

_NAVIGATED = (Command.TAKEOFF, Command.VTOL_TAKEOFF, Command.WAYPOINT, Command.LOITER_TURNS, Command.LOITER_TIME)


def was_flown_to_its_end(flown: Flown) -> None:
    found = flown.conformance()
    assert flown.landed
    navigated = {index for index, item in enumerate(flown.plan.items) if item.command in _NAVIGATED}
    assert navigated <= flown.reached
    assert found.within, (found.reasons, found.phases)
    assert found.flown_s == pytest.approx(found.planned_s, rel=0.15)


@pytest.mark.parametrize("wind", [None, WindSettings(from_deg=240.0, speed_mps=6.0, gust_mps=2.0)])
def test_a_survey_is_flown_within_bounds_in_calm_air_and_in_wind(nanling: District, wind: WindSettings | None) -> None:
    plan = planned(nanling, "rotorcraft", kind="survey", geometry=geojson(nanling, "Polygon", FIELD))
    flown = fly(plan, nanling, wind=wind)
    was_flown_to_its_end(flown)
    assert flown.pictures > 20


def test_an_orbit_is_flown_with_the_camera_on_its_middle(nanling: District) -> None:
    middle = (60, 120)
    plan = planned(
        nanling, "rotorcraft", kind="orbit", geometry=geojson(nanling, "Point", middle), radius_m=50, turns=2
    )
    flown = fly(plan, nanling)
    was_flown_to_its_end(flown)
    east, north, _ = nanling.frame.enu_from_geodetic(
        *np.array([(each.lat_deg, each.lon_deg, each.alt_amsl_m) for each in flown.positions]).T
    ).T
    around = abs(np.hypot(east - middle[0], north - middle[1]) - 50) < 4
    toward = np.degrees(np.arctan2(middle[0] - east, middle[1] - north))
    off = (np.array(flown.azimuths_deg) - toward + 180) % 360 - 180
    assert around.sum() * 0.5 > 2 * 2 * np.pi * 50 / 11, "two turns at no more than 11 m/s"
    assert np.percentile(abs(off[around]), 90) < 6


def test_a_fixed_wing_survey_is_flown_and_landed(nanling: District) -> None:
    plan = planned(
        nanling,
        "fixed_wing",
        kind="survey",
        geometry=geojson(nanling, "Polygon", WIDE_FIELD),
        altitude={"value_m": 110},
    )
    flown = fly(plan, nanling)
    was_flown_to_its_end(flown)


@pytest.mark.parametrize("pattern", ["expanding_square", "sector"])
def test_a_search_is_flown_with_every_leg(nanling: District, pattern: str) -> None:
    plan = planned(
        nanling,
        "rotorcraft",
        kind="search",
        pattern=pattern,
        geometry=geojson(nanling, "Point", (50, 120)),
        altitude={"value_m": 60},
        radius_m=120,
    )
    was_flown_to_its_end(fly(plan, nanling))


def test_a_corridor_is_flown_along_its_bends(nanling: District) -> None:
    line = [(-150, 60), (0, 90), (100, 200), (220, 220)]
    plan = planned(
        nanling,
        "rotorcraft",
        kind="corridor",
        geometry=geojson(nanling, "LineString", line),
        altitude={"value_m": 70},
        width_m=100,
    )
    flown = fly(plan, nanling)
    was_flown_to_its_end(flown)
    assert flown.pictures > 20


def test_a_fixed_wing_orbit_circles_its_turns_and_comes_home(nanling: District) -> None:
    plan = planned(
        nanling,
        "fixed_wing",
        kind="orbit",
        geometry=geojson(nanling, "Point", (0, -400)),
        altitude={"value_m": 110},
        radius_m=120,
        turns=2,
    )
    was_flown_to_its_end(fly(plan, nanling))


def test_a_vtol_survey_rises_on_rotors_flies_on_wings_and_lands_on_rotors(nanling: District) -> None:
    plan = planned(
        nanling,
        "vtol",
        kind="survey",
        geometry=geojson(nanling, "Polygon", FAR_FIELD),
        altitude={"value_m": 110},
    )
    flown = fly(plan, nanling)
    was_flown_to_its_end(flown)
    assert flown.pictures > 20
    said = [text.split(" airspeed")[0].split(" d=")[0] for text in flown.texts]
    order = ["Transition started", "Transition done", "VTOL Position1", "Land descend started", "Land complete"]
    assert [text for text in said if text in order] == order
    home = nanling.home
    last = flown.positions[-1]
    assert np.hypot(last.lat_deg - home.lat_deg, (last.lon_deg - home.lon_deg) * 0.72) * 111_320 < 3
