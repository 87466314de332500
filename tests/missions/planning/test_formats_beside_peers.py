"""Readers and writers of others beside ours: pymavlink for WPL, GDAL (the library of QGIS) for KML and GeoJSON."""

from pathlib import Path

import geopandas
import pyogrio
import pytest
from pymavlink import mavwp

from fusion.messages import Position
from missions.plan import Fence, Plan, PlanItem
from missions.planning.formats import read_plan, write_plan

RING = ((43.85, 125.31), (43.87, 125.31), (43.87, 125.33))
PLAN = Plan(
    "",
    "rotorcraft",
    Position(43.86, 125.32, 220.0),
    (
        PlanItem(22, 3, 43.86, 125.32, 40.0, purpose="takeoff"),
        PlanItem(178, 2, params=(1.0, 8.0, -1.0, 0.0)),
        PlanItem(16, 3, 43.8612345, 125.3212345, 60.5, (2.5, 0.0, 0.0, 0.0)),
        PlanItem(206, 2, params=(12.5, 0.0, 1.0, 0.0), autocontinue=False),
        PlanItem(20, 2, purpose="return"),
    ),
    10.0,
    Fence((RING,), (), 120.0),
)


def test_pymavlink_reads_the_text_files_that_are_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.waypoints"
    path.write_bytes(write_plan(PLAN, ".waypoints"))
    loader = mavwp.MAVWPLoader()
    assert loader.load(str(path)) == 6
    home, *items = (loader.wp(index) for index in range(6))
    assert (home.x, home.y, home.z, home.frame) == (43.86, 125.32, 220.0, 0)
    for theirs, ours in zip(items, PLAN.items, strict=True):
        assert (theirs.command, theirs.frame, theirs.autocontinue) == (ours.command, ours.frame, ours.autocontinue)
        assert (theirs.x, theirs.y, theirs.z) == (ours.lat_deg, ours.lon_deg, ours.alt_m)
        assert (theirs.param1, theirs.param2, theirs.param3, theirs.param4) == ours.params


def test_what_pymavlink_saves_is_read_back(tmp_path: Path) -> None:
    first, second = tmp_path / "a.waypoints", tmp_path / "b.waypoints"
    first.write_bytes(write_plan(PLAN, ".waypoints"))
    loader = mavwp.MAVWPLoader()
    loader.load(str(first))
    loader.save(str(second))
    again = read_plan(second)
    assert again.home == PLAN.home
    for theirs, ours in zip(again.items, read_plan(first).items, strict=True):
        assert theirs.lat_deg == pytest.approx(ours.lat_deg, abs=5e-7)  # it saves six decimals
        assert theirs.lon_deg == pytest.approx(ours.lon_deg, abs=5e-7)
        assert (theirs.command, theirs.params, theirs.alt_m) == (ours.command, ours.params, ours.alt_m)


@pytest.mark.parametrize("suffix", [".geojson", ".kml"])
def test_gdal_shows_the_items_at_their_places(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"plan{suffix}"
    path.write_bytes(write_plan(PLAN, suffix))
    features = pyogrio.read_dataframe(path)
    points = [shape for shape in features.geometry if shape is not None and shape.geom_type == "Point"]
    assert (points[2].x, points[2].y, points[2].z) == (125.3212345, 43.8612345, 280.5)
    assert sum(shape is not None and shape.geom_type == "Polygon" for shape in features.geometry) == 1


def test_a_plan_that_gdal_has_written_again_is_still_the_plan(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.geojson", tmp_path / "theirs.geojson"
    ours.write_bytes(write_plan(PLAN, ".geojson"))
    features = geopandas.read_file(ours)
    features.to_file(theirs, driver="GeoJSON", COORDINATE_PRECISION=9)
    assert read_plan(theirs) == PLAN
