"""An area shared among unlike aircraft: all of it, within the batteries, in layers, and done at about the same time."""

import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import box, shape

from maps.district import District
from maps.instants import Instant
from missions.planning import MissionRequest, PlanningError, draft, schedule
from missions.planning.profiles import profile
from missions.planning.schedule import TAKEOFF_SPACING_S
from missions.planning.tasks import to_metres

NOW = Instant(1_790_000_000.0)


@pytest.fixture(scope="module")
def nanling(nanling: District) -> District:
    """The district without zones, so that all of an area is imaged."""
    return replace(nanling, zones=nanling.zones.iloc[:0])


def area(district: District, width_m: float, height_m: float, **more: object) -> MissionRequest:
    corners = np.asarray(box(-width_m / 2, -height_m / 2, width_m / 2, height_m / 2).exterior.coords)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([corners, np.zeros(len(corners))]))
    ring = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    asked = {"kind": "survey", "geometry": {"type": "Polygon", "coordinates": [ring]}, **more}
    return MissionRequest.model_validate(asked)


def crew_of(**kinds: int) -> list[dict[str, object]]:
    return [{"count": count, "kind": kind} for kind, count in kinds.items()]


def test_rotorcraft_and_aircraft_with_wings_image_one_area_together(nanling: District) -> None:
    asked = area(nanling, 1500, 1200, vehicles=crew_of(rotorcraft=2, fixed_wing=1))
    plans = draft(asked, nanling, [], NOW)
    assert [plan.vehicle_kind for plan in plans] == ["rotorcraft", "rotorcraft", "fixed_wing"]
    imaged = shapely.union_all([to_metres(nanling, shape(plan.imaged)) for plan in plans if plan.imaged])
    wanted = box(-750, -600, 750, 600)
    assert imaged.intersection(wanted).area >= 0.998 * wanted.area
    for plan in plans:
        assert plan.energy_fraction <= 1 - profile(plan.vehicle_kind).reserve_fraction
    times = [plan.duration_s for plan in plans]
    assert max(times) < 1.35 * min(times)
    starts = sorted(plan.takeoffs_s[0] for plan in plans)
    assert np.diff(starts).min() >= TAKEOFF_SPACING_S
    assert schedule.of(plans).finish_s < 0.6 * 3 * max(times)


def test_an_area_too_large_for_the_batteries_is_imaged_in_several_flights(nanling: District) -> None:
    plans = draft(area(nanling, 2000, 1500, vehicles=crew_of(rotorcraft=2), battery_swaps=True), nanling, [], NOW)
    assert len(plans) > 2 and {plan.sortie for plan in plans} >= {1, 2}
    assert all(plan.energy_fraction <= 0.8 for plan in plans)
    imaged = shapely.union_all([to_metres(nanling, shape(plan.imaged)) for plan in plans if plan.imaged])
    wanted = box(-1000, -750, 1000, 750)
    assert imaged.intersection(wanted).area >= 0.998 * wanted.area
    assert all(any("of this aircraft" in english and "架次" in chinese for english, chinese in p.notes) for p in plans)


def test_an_area_far_too_large_for_the_crew_says_how_many_or_how_much_would_do(nanling: District) -> None:
    with pytest.raises(PlanningError) as error:
        draft(area(nanling, 7000, 7000, vehicles=crew_of(rotorcraft=2)), nanling, [], NOW)
    assert error.value.field == "vehicles"
    assert re.search(r"aircraft would do|aircraft are too few", error.value.message_en)
