"""Text files of Mission Planner and QGroundControl, files of Google Earth and drawing tools, and what is assumed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fusion.messages import Position
from maps.district import District
from maps.layers import LAYERS
from maps.positions import Geodetic, LocalFrame
from maps.reading import empty
from maps.terrain import Terrain
from missions.plan import Frame
from missions.planning import PlanningError
from missions.planning.formats import Read, read, settled

DATA = Path(__file__).parents[2] / "data" / "plans"


def named(name: str) -> Read:
    return read(DATA / name)


def said(found: Read) -> str:
    return " | ".join(str(remark) for remark in found.remarks)


def test_mission_planners_file_begins_with_home() -> None:
    found = named("mission_planner.waypoints")
    assert (found.plan.home.lat_deg, found.plan.home.alt_amsl_m) == (43.86, 219.4)
    assert [item.command for item in found.plan.items] == [22, 178, 16, 203, 177, 20]
    place = found.plan.items[2]
    assert (place.frame, place.lat_deg, place.alt_m, place.params[0]) == (Frame.TERRAIN, 43.8612345, 60.0, 5.0)
    assert found.plan.items[4].params[0] == 3.0
    assert found.remarks == ()


def test_a_camera_order_with_a_number_where_a_latitude_would_be_is_no_place() -> None:
    camera = named("mission_planner.waypoints").plan.items[3]
    assert (camera.frame, camera.lat_deg) == (Frame.MISSION, 1.0)


def test_a_file_of_version_120_has_no_home_and_counts_from_0() -> None:
    found = named("px4.txt")
    assert [item.command for item in found.plan.items] == [22, 16, 177, 20]
    assert found.plan.items[1].frame == Frame.HOME  # written as MISSION_ITEM_INT's
    assert found.plan.items[0].params[3] is None
    assert found.plan.items[2].params[0] == 2.0
    assert "does not say where home is" in said(found)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("QGC WPL 110\r\n0,1,0,16,0,0,0,0,43.86,125.32,220,1\r\n1,0,3,16,0,0,0,0,43.87,125.32,50,1\r\n", 1),
        ("QGC  WPL\t110  \n# a comment\n0 1 0 16 0 0 0 0 43.86 125.32 220 1\n\n1 0 3 16 0 0 0 0 43.87 125.3 50 1", 1),
        ("QGC WPL 110\n0 1 3 22 0 0 0 0 43.86 125.32 30 1\n1 0 3 16 0 0 0 0 43.87 125.32 50 1\n", 2),
        ("QGC WPL 200\n0 1 0 16 0 0 0 0 43.86 125.32 220 1\n1 0 3 16 0 0 0 0 43.87 125.32 50 1\n", 1),
    ],
)
def test_text_files_are_read_liberally(text: str, count: int) -> None:
    found = read(text.encode(), ".waypoints")
    assert len(found.plan.items) == count
    assert found.plan.home.lat_deg == 43.86


def test_fences_and_rally_points_saved_as_text_are_told_from_the_mission() -> None:
    corner = "0 3 5001 3 0 0 0"
    rows = [
        "QGC WPL 110",
        "0 1 0 16 0 0 0 0 43.86 125.32 220 1",
        f"1 {corner} 43.85 125.31 0 1",
        f"2 {corner} 43.87 125.31 0 1",
        f"3 {corner} 43.87 125.33 0 1",
        "4 0 3 5004 50 0 0 0 43.861 125.321 0 1",
        "5 0 3 5100 0 0 0 0 43.862 125.322 40 1",
        "6 0 3 16 0 0 0 0 43.865 125.32 60 1",
    ]
    found = read("\n".join(rows).encode(), ".waypoints")
    assert [item.command for item in found.plan.items] == [16]
    assert found.plan.fence.inclusions == (((43.85, 125.31), (43.87, 125.31), (43.87, 125.33)),)
    assert len(found.plan.fence.exclusions[0]) == 36
    assert found.plan.rally[0].alt_amsl_m == 260.0
    with pytest.raises(PlanningError, match="item 1: the fence ends 2 corners into the polygon"):
        read("\n".join(rows[:4]).encode(), ".waypoints")


def test_vtol_commands_tell_the_kind_of_aircraft() -> None:
    rows = "QGC WPL 110\n0 1 0 16 0 0 0 0 43.86 125.32 220 1\n1 0 3 84 0 0 0 0 43.87 125.32 50 1\n"
    assert read(rows.encode(), ".waypoints").plan.vehicle_kind == "vtol"


def test_home_at_nowhere_is_the_first_place_instead() -> None:
    rows = "QGC WPL 110\n0 1 0 16 0 0 0 0 0 0 0 1\n1 0 3 16 0 0 0 0 43.87 125.32 50 1\n"
    found = read(rows.encode(), ".waypoints")
    assert found.plan.home.lat_deg == 43.87
    assert "home" in said(found)


def test_the_lines_of_a_kml_file_are_flown_and_the_rest_is_named() -> None:
    found = named("google_earth_path.kml")
    points = [(item.command, item.frame, item.lat_deg, item.lon_deg, item.alt_m) for item in found.plan.items]
    assert points == [(16, 0, 43.86, 125.32, 280.0), (16, 0, 43.86, 125.322, 280.0), (16, 0, 43.862, 125.322, 290.0)]
    assert "1 points were left out" in said(found)
    assert "Polygon" in said(found)
    assert "home" in said(found)


def test_a_track_above_ground_keeps_its_heights_above_ground() -> None:
    found = named("track.kml")
    assert [(item.frame, item.lon_deg, item.alt_m) for item in found.plan.items] == [
        (Frame.TERRAIN, 125.32, 55.0),
        (Frame.TERRAIN, 125.321, 60.0),
    ]


def test_points_alone_are_flown_in_order_and_the_ground_gives_no_height() -> None:
    point = "<Placemark><Point><coordinates>{}</coordinates></Point></Placemark>"
    text = f"<kml><Document>{point.format('125.3,43.8,0')}{point.format(' 125.4 , 43.9 ')}</Document></kml>"
    found = read(text.encode(), ".kml")
    assert [(item.lat_deg, item.frame, item.alt_m) for item in found.plan.items] == [(43.8, 3, 80.0), (43.9, 3, 80.0)]
    assert "80 m above home" in said(found)


def test_lines_of_geojson_are_flown_above_home() -> None:
    found = named("drawn.geojson")
    assert [(item.frame, item.alt_m) for item in found.plan.items] == [(3, 50.0), (3, 50.0), (3, 80.0)]
    assert (found.plan.home.lat_deg, found.plan.home.lon_deg) == (43.86, 125.32)
    assert "above home" in said(found)
    assert "Polygon" in said(found)
    assert "home" in said(found)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "LineString", "coordinates": [[125.3, 43.8, 50], [125.31, 43.8, 50]]},
        {"type": "MultiPoint", "coordinates": [[125.3, 43.8, 50], [125.31, 43.8, 50]]},
        {"type": "MultiLineString", "coordinates": [[[125.3, 43.8, 50], [125.31, 43.8, 50]]]},
        {
            "type": "GeometryCollection",
            "geometries": [{"type": "LineString", "coordinates": [[125.3, 43.8, 50], [125.31, 43.8, 50]]}],
        },
    ],
    ids=lambda geometry: geometry["type"],
)
def test_a_bare_geometry_or_feature_is_read_too(geometry: dict) -> None:
    for value in (geometry, {"type": "Feature", "properties": {}, "geometry": geometry}):
        for suffix in (".geojson", ".json"):
            items = read(json.dumps(value).encode(), suffix).plan.items
            assert [item.lon_deg for item in items] == [125.3, 125.31]


def test_a_json_file_may_be_a_plan_of_qgroundcontrol() -> None:
    data = (DATA / "qgc_survey.plan").read_bytes()
    assert read(data, ".json") == read(data, ".plan")


def test_the_kind_is_taken_from_the_file_unless_it_is_given() -> None:
    assert named("qgc_vtol_landing.plan").plan.vehicle_kind == "vtol"
    assert read(DATA / "qgc_vtol_landing.plan", kind="fixed_wing").plan.vehicle_kind == "fixed_wing"
    assert read(DATA / "track.kml", kind="fixed_wing").plan.vehicle_kind == "fixed_wing"


def test_a_home_that_no_file_says_lies_on_the_ground_or_where_the_vehicle_is() -> None:
    frame = LocalFrame(Geodetic(43.86, 125.32, 200.0))
    layers = {layer.name: empty(layer) for layer in LAYERS}
    flat = Terrain.flat(LocalFrame(Geodetic(43.86, 125.32, 231.5)))
    district = District(Path(), "", "", {}, frame, replace(flat, known=True), missing=(), **layers)
    found = named("drawn.geojson")
    assert found.home_assumed
    assert settled(found, district).plan.home.alt_amsl_m == 231.5
    vehicle = Position(43.8605, 125.3205, 233.0)
    assert settled(found, district, vehicle).plan.home == vehicle
    place = "0 0 0 0 43.86 125.32"
    rows = f"QGC WPL 110\n0 0 3 16 0 0 0 0 0 0 0 1\n1 0 3 16 {place} 50 1\n2 0 3 5100 {place} 40 1\n"
    raised = settled(read(rows.encode(), ".waypoints"), district).plan
    assert raised.rally[0].alt_amsl_m == 271.5
    known = named("qgc_survey.plan")
    assert settled(known, district, vehicle) == known
