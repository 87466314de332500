"""Zones: a layer's rows read into local metres, with what it leaves out filled in."""

from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from maps.district import District
from maps.zones import zones


def layer(district: District, **columns: object) -> District:
    row: dict[str, object] = {"id": ["z-1"], "rule": ["no_fly"]} | {name: [value] for name, value in columns.items()}
    frame = geopandas.GeoDataFrame(row, geometry=[box(100, 200, 300, 500)], crs=district.frame.crs).to_crs(4326)
    return replace(district, zones=frame)


def test_the_demonstration_districts_zones_are_read_in_their_order(nanling: District) -> None:
    found = zones(nanling)
    assert [zone.id for zone in found] == list(nanling.zones["id"])
    assert {zone.rule for zone in found} == {"flight_area", "no_fly", "ceiling", "alert"}


def test_a_zone_stands_where_it_was_drawn(nanling: District) -> None:
    (zone,) = zones(layer(nanling))
    assert zone.shape_m.bounds == pytest.approx((100, 200, 300, 500), abs=0.01)


def test_what_the_layer_leaves_out_has_a_stated_meaning(nanling: District) -> None:
    (zone,) = zones(layer(nanling, name=None, reference=None, floor_m=np.nan))
    assert (zone.name, zone.reference) == ("z-1", "amsl")
    assert (zone.floor_m, zone.ceiling_m) == (-np.inf, np.inf)
    assert zone.in_force([-1e12, 0.0, 1e12]).all()


def test_times_without_a_zone_are_utc_and_the_end_is_outside(nanling: District) -> None:
    (zone,) = zones(layer(nanling, valid_from="2026-05-01T08:00:00", valid_to="2026-05-01T18:00:00+08:00"))
    begin = pd.Timestamp("2026-05-01T08:00:00Z").timestamp()
    assert zone.in_force([begin - 1, begin, begin + 7199, begin + 7200]).tolist() == [False, True, True, False]


def test_a_district_without_zones_has_none(nanling: District) -> None:
    assert zones(replace(nanling, zones=nanling.zones.iloc[:0])) == ()
