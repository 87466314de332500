"""A district's folder: what is read, what may be missing, and how what is wrong is named."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from shapely import LineString, Point, Polygon, box

from maps.district import District, DistrictError
from maps.layers import LAYERS
from tests.maps import small
from tests.maps.small import building, camera

ZONE = {"id": "z", "rule": "no_fly", "geometry": box(0, 0, 50, 50)}


def problems(folder: Path) -> list[tuple[str, int | None, str | None, str]]:
    with pytest.raises(DistrictError) as caught:
        District.load(folder)
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems[:10])
    return [(p.layer, p.row, p.field, p.message) for p in caught.value.problems]


def test_only_a_name_and_a_home_are_needed_and_what_is_missing_is_said(tmp_path: Path) -> None:
    district = District.load(small.head(tmp_path))
    assert (district.name, district.name_en) == ("小区", "Small")
    assert district.missing == ("terrain", *(layer.name for layer in LAYERS))
    assert all(len(getattr(district, layer.name)) == 0 for layer in LAYERS)
    assert "px" in " ".join(district.cameras.columns) and district.buildings.crs == 4326
    assert not district.terrain.known
    hits = district.surface.cast((0, 0, 50), [[0, 0, -1], [1, 0, -1]])
    assert np.allclose(hits.range_m, [50, 50 * np.sqrt(2)], atol=0.01)


@pytest.mark.parametrize("crs", [4326, 4490, 32651, 3857])
def test_any_coordinate_system_is_read(tmp_path: Path, crs: int) -> None:
    small.layer(small.head(tmp_path), "buildings", [building(box(100, 50, 140, 70), 12.0)], crs)
    district = District.load(tmp_path)
    assert district.buildings.crs == 4326
    bounds = district.buildings.to_crs(district.frame.crs).total_bounds
    assert np.allclose(bounds, [100, 50, 140, 70], atol=0.01)


def test_extra_columns_and_files_with_other_layer_names_are_kept(tmp_path: Path) -> None:
    small.layer(small.head(tmp_path), "cameras", [camera(colour="grey", ptz=1)])
    (tmp_path / "cameras.gpkg").rename(tmp_path / "sites.gpkg")
    small.layer(tmp_path, "cameras", [camera(colour="grey", ptz=1)])
    found = problems(tmp_path)  # a camera is no site, but its one layer is read whatever its name
    assert {field for _, _, field, _ in found} == {"class"}
    (tmp_path / "sites.gpkg").unlink()
    district = District.load(tmp_path)
    row = district.cameras_by_id["cam-1"]
    assert row["colour"] == "grey" and row["ptz"] and np.isnan(row["range_m"])


def test_home_without_altitude_stands_on_the_ground(tmp_path: Path) -> None:
    small.terrain(small.head(tmp_path, alt=""), lambda e, n: 231.0 + 0 * e)
    assert District.load(tmp_path).home.alt_amsl_m == pytest.approx(231.0)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    row = camera()
    del row["hfov_deg"]
    small.layer(small.head(tmp_path), "cameras", [row])
    [(layer, index, field, message)] = problems(tmp_path)
    assert (layer, index, field) == ("cameras", None, "hfov_deg") and "missing" in message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tilt_deg", -120.0, "at least -90 and at most 90"),
        ("hfov_deg", 0.0, "more than 0 and less than 180"),
        ("hfov_deg", "wide", "a number"),
        ("width_px", 1920.5, "a whole number"),
        ("height_m", -2.0, "at least 0"),
        ("height_m", None, "is empty"),
        ("id", "  ", "is empty"),
        ("ptz", "maybe", "true or false"),
        ("azimuth_deg", 4000.0, "at most 360"),
    ],
)
def test_a_bad_value_is_named_by_layer_row_and_field(tmp_path: Path, field: str, value: object, words: str) -> None:
    rows = [camera(id="cam-1"), camera(id="cam-2", east=9) | {field: value}]
    if isinstance(value, str):
        rows[0][field] = "1" if field != "id" else "cam-1"
    small.layer(small.head(tmp_path), "cameras", rows)
    [(layer, row, named, message)] = problems(tmp_path)
    assert (layer, row, named) == ("cameras", 2, field) and words in message


def test_all_problems_of_all_layers_come_at_once(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.layer(folder, "cameras", [camera(tilt_deg=99.0), camera(id="cam-2", width_px=0)])
    small.layer(folder, "zones", [ZONE | {"rule": "keep out"}])
    (folder / "terrain.tif").write_bytes(b"?")
    found = {(layer, row, field) for layer, row, field, _ in problems(folder)}
    assert found == {
        ("terrain", None, None),
        ("cameras", 1, "tilt_deg"),
        ("cameras", 2, "width_px"),
        ("zones", 1, "rule"),
    }


def test_an_id_used_twice_is_named_with_its_first_row(tmp_path: Path) -> None:
    small.layer(small.head(tmp_path), "cameras", [camera(id="a"), camera(id="b"), camera(id="a")])
    assert problems(tmp_path) == [("cameras", 3, "id", "'a' is already that of row 1")]


@pytest.mark.parametrize(
    ("layer", "geometry", "words"),
    [
        ("buildings", Point(0, 0), "is a Point; it must be Polygon or MultiPolygon"),
        ("buildings", Polygon([(0, 0), (20, 20), (20, 0), (0, 20)]), "Self-intersection"),
        ("buildings", Polygon(), "empty"),
        ("cameras", LineString([(0, 0), (5, 5)]), "it must be Point"),
    ],
)
def test_a_wrong_geometry_is_named(tmp_path: Path, layer: str, geometry: object, words: str) -> None:
    row = camera() if layer == "cameras" else building(box(0, 0, 1, 1), 5.0)
    small.layer(small.head(tmp_path), layer, [row | {"geometry": geometry}])
    [(named, index, field, message)] = problems(tmp_path)
    assert (named, index, field) == (layer, 1, "geometry") and words in message


def test_swapped_and_misplaced_coordinates_are_told_apart(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    small.layer(folder, "cameras", [camera(), camera(id="cam-2")])
    swap, shift = '{"type": "Point", "coordinates": [43.86, 125.32]}', [100.0, 43.86]
    import geopandas

    frame = geopandas.read_file(folder / "cameras.gpkg")
    frame.geometry = [Point(json.loads(swap)["coordinates"]), Point(shift)]
    frame.to_file(folder / "cameras.gpkg", layer="cameras", driver="GPKG")
    first, second = problems(folder)
    assert first[1:3] == (1, "geometry") and "latitude and longitude are swapped" in first[3]
    assert second[1:3] == (2, "geometry") and "from home: check the coordinate reference system" in second[3]


def test_a_layer_without_a_coordinate_system_is_refused(tmp_path: Path) -> None:
    small.layer(small.head(tmp_path), "cameras", [camera()])
    with sqlite3.connect(tmp_path / "cameras.gpkg") as file:
        file.execute("UPDATE gpkg_contents SET srs_id = -1")
        file.execute("UPDATE gpkg_geometry_columns SET srs_id = -1")
    [(layer, _, _, message)] = problems(tmp_path)
    assert layer == "cameras" and "coordinate reference system" in message


def test_what_is_not_a_geopackage_is_refused(tmp_path: Path) -> None:
    folder = small.head(tmp_path)
    (folder / "sites.gpkg").write_bytes(b"SQLite format 3\0" + bytes(range(256)))
    (folder / "zones.gpkg").write_text("no data here")
    found = problems(folder)
    assert [layer for layer, *_ in found] == ["sites", "zones"]
    assert all("not a GeoPackage" in message for *_, message in found)


def test_zones_say_what_their_rule_needs(tmp_path: Path) -> None:
    rows = [
        ZONE | {"id": "a", "rule": "ceiling", "ceiling_m": None, "valid_to": None, "valid_from": None, "floor_m": 0.0},
        ZONE | {"id": "b", "ceiling_m": 20.0, "floor_m": 90.0},
        ZONE | {"id": "c", "valid_from": "2026-05-02", "valid_to": "2026-05-01T12:00:00+08:00"},
    ]
    small.layer(small.head(tmp_path), "zones", rows)
    assert [(row, field) for _, row, field, _ in problems(tmp_path)] == [
        (1, "ceiling_m"),
        (2, "ceiling_m"),
        (3, "valid_to"),
    ]


def test_times_are_brought_to_utc(tmp_path: Path) -> None:
    rows = [ZONE | {"valid_from": "2026-05-01T08:00:00+08:00", "valid_to": "2026-05-03"}]
    small.layer(small.head(tmp_path), "zones", rows)
    [zone] = District.load(tmp_path).zones.to_dict("records")
    assert (zone["valid_from"], zone["valid_to"]) == ("2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no such file"),
        ("name = ", "not TOML"),
        ('name = "x"', "home"),
        ('name = "x"\n[home]\nlat_deg = 143.8\nlon_deg = 125.0', "$.home.lat_deg"),
        ('name = "x"\n[home]\nlat_deg = "north"\nlon_deg = 125.0', "$.home.lat_deg"),
    ],
)
def test_a_broken_head_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "district.toml").write_text(text)
    [(layer, _, _, message)] = problems(tmp_path)
    assert layer == "district.toml" and words in message


def test_an_unknown_embedded_district_says_which_there_are() -> None:
    with pytest.raises(FileNotFoundError, match="nanling"):
        District.embedded("atlantis")
