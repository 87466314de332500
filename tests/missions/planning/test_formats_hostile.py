"""Broken, hostile and huge files: a plan or a PlanningError that says where, and bounded memory."""

import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.planning import PlanningError
from missions.planning.formats import MAX_FILE_BYTES, READABLE, read

DATA = Path(__file__).parents[2] / "data" / "plans"
GENUINE = sorted(path for path in DATA.iterdir() if path.suffix in READABLE)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark>{}</Placemark></kml>'


def packed(compression: int = zipfile.ZIP_DEFLATED, **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


DJI = packed(
    wpmz__template_kml=(DATA / "dji_pilot" / "template.kml").read_bytes(),
    wpmz__waylines_wpml=(DATA / "dji_pilot" / "waylines.wpml").read_bytes(),
)
GENUINE_BYTES = [(path.read_bytes(), path.suffix) for path in GENUINE] + [(DJI, ".kmz")]


def read_or_refuse(data: bytes, suffix: str) -> PlanningError | None:
    try:
        found = read(data, suffix)
    except PlanningError as error:
        assert error.message_en
        assert error.message_zh
        return error
    assert all(str(remark) and remark.message_zh for remark in found.remarks)
    return None


@pytest.mark.parametrize("suffix", READABLE)
@given(data=st.binary(max_size=400))
@settings(deadline=None, max_examples=25)
def test_any_bytes_are_a_plan_or_an_error(suffix: str, data: bytes) -> None:
    read_or_refuse(data, suffix)


@given(
    genuine=st.sampled_from(GENUINE_BYTES),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 30)), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=150)
def test_a_damaged_file_is_a_plan_or_an_error(genuine: tuple[bytes, str], cuts: list[tuple[float, bytes, int]]) -> None:
    data, suffix = genuine
    for share, instead, gone in cuts:
        at = int(share * len(data))
        data = data[:at] + instead + data[at + gone :]
    read_or_refuse(data, suffix)


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)


def places_in(value: object) -> list[tuple[object, object]]:
    """Every container with each of its keys."""
    found: list[tuple[object, object]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places_in(value[key])]
    return found


@pytest.mark.parametrize(
    "path", [each for each in GENUINE if each.suffix in (".plan", ".mission", ".geojson")], ids=lambda path: path.name
)
@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_any_value_in_the_place_of_another_is_a_plan_or_an_error(path: Path, data: st.DataObject) -> None:
    content = json.loads(path.read_text())
    holder, key = data.draw(st.sampled_from(places_in(content)), label="place")
    holder[key] = data.draw(leaves, label="value")  # type: ignore[index]
    read_or_refuse(json.dumps(content).encode(), path.suffix)


@pytest.mark.parametrize(("data", "suffix"), GENUINE_BYTES, ids=[path.name for path in GENUINE] + ["dji.kmz"])
def test_a_file_cut_short_anywhere_is_never_half_a_plan(data: bytes, suffix: str) -> None:
    whole = read(data, suffix).plan
    step = max(1, len(data) // 40)
    for end in range(0, len(data) - 8, step):
        error = read_or_refuse(data[:end], suffix)
        if error is None:  # plain text has no end of its own: what is there must be the beginning
            part = read(data[:end], suffix).plan
            assert suffix in (".waypoints", ".txt")
            assert len(part.items) <= len(whole.items)


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (b"", ".plan", "empty"),
        (b"\xef\xbb\xbf", ".plan", "empty"),
        (b'{"mission": {"items": [1e999]}}', ".plan", "too large"),
        (b'{"mission": {"items": [Infinity]}}', ".plan", "Infinity"),
        (b'{"mission": {"items": [' + b"9" * 5000 + b"]}}", ".plan", "not JSON"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, ".plan", "deeper"),
        (b"[" * 200_000, ".geojson", "JSON"),
        (b'{"mission": {"items": [\n\n  oops]}}', ".plan", "line 3 column 3"),
        (b'{"fileType": "Plan", "mission": {"items": [null]}}', ".plan", r"mission.items\[0\]"),
        (b'{"mission": {"items": {}}}', ".plan", "mission.items"),
        (b'{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point"}}]}', ".geojson", r"features\[0\]"),
        (b'{"type": "Point", "coordinates": [43.8, 125.3]}', ".geojson", "swapped"),
        (b'{"type": "Polygon", "coordinates": []}', ".geojson", "no line and no point"),
        (b'{"type": "Topology"}', ".geojson", "Topology"),
        (b"QGC WPL 110\n0 1 0 16 0 0 0 0 43 125 0 1\n1 0 3 16 0 0 0 inf 43 125 9 1\n", ".txt", "line 3 column 8"),
        (b"QGC WPL 110\n0 1 0 16 0 0 0 0 43 125 0 1\n1 0 3 -5 0 0 0 0 43 125 9 1\n", ".txt", "line 3 column 4"),
        (b"QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t143.8\t125\t220\t1\n", ".txt", "latitude"),
        (b"QGC WPL 110\n0 1 0 16 0 0 0 0 43 125 0 1\0\n", ".txt", "line 2 holds a null byte"),
        (b"QGC WPL 110\n0 1 0 16 0 0 0 0 4_3 125 0 1\n", ".txt", "line 2 column 9"),
        (b"<kml>\n<Placemark>\n</kml>", ".kml", "line 3"),
        (b"<gpx/>", ".kml", "not KML"),
        (KML.format("<Point>\n<coordinates>125.3</coordinates></Point>").encode(), ".kml", "line 2"),
        (KML.format("<Point><coordinates>125.3,x,1</coordinates></Point>").encode(), ".kml", "coordinates"),
        (b"<?xml version='1.0' encoding='no-such'?><kml/>", ".kml", "XML"),
        (b"PK\x03\x04 nothing more", ".kmz", "broken"),
        (packed(readme_txt=b"hello"), ".kmz", "neither"),
        (packed(doc_kml=b"<kml>"), ".kmz", "XML"),
        (b"x" * (MAX_FILE_BYTES + 1), ".kmz", "larger"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hostile_file_is_refused_with_its_place(data: bytes, suffix: str, words: str) -> None:
    with pytest.raises(PlanningError, match=words):
        read(data, suffix)


def test_entities_and_document_types_are_refused_before_they_expand() -> None:
    laughs = '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n<kml>&b;</kml>'
    outside = '<!DOCTYPE kml SYSTEM "file:///etc/passwd"><kml/>'
    for text in (laughs, outside):
        for data, suffix in ((text.encode(), ".kml"), (packed(doc_kml=text.encode()), ".kmz")):
            with pytest.raises(PlanningError, match="line 1: documents with a DOCTYPE"):
                read(data, suffix)


def test_deep_and_wide_xml_is_refused() -> None:
    with pytest.raises(PlanningError, match="levels"):
        read(b"<Folder>" * 1000 + b"</Folder>" * 1000, ".kml")
    with pytest.raises(PlanningError, match="elements"):
        read(packed(doc_kml=b"<kml>" + b"<a/>" * 500_000 + b"</kml>"), ".kmz")


def peak_bytes(data: bytes, suffix: str) -> int:
    tracemalloc.start()
    try:
        read_or_refuse(data, suffix)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_in_an_archive_is_unpacked_no_further_than_the_limit() -> None:
    bomb = packed(wpmz__waylines_wpml=b" " * 200_000_000)
    assert len(bomb) < 1_000_000
    assert peak_bytes(bomb, ".kmz") < 60_000_000
    assert "unpacks to more" in str(read_or_refuse(bomb, ".kmz"))


def test_a_header_that_lies_about_its_size_is_not_believed() -> None:
    bomb = bytearray(packed(wpmz__waylines_wpml=b" " * 200_000_000))
    directory = bomb.rindex(b"PK\x01\x02")
    for at in (22, directory + 24):  # uncompressed size, in the local header and in the directory
        bomb[at : at + 4] = struct.pack("<I", 10)
    assert peak_bytes(bytes(bomb), ".kmz") < 60_000_000
    assert read_or_refuse(bytes(bomb), ".kmz") is not None


def test_encrypted_and_oddly_packed_archives_are_refused() -> None:
    secret = bytearray(packed(doc_kml=b"<kml/>"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        secret[secret.index(signature) + offset] |= 1
    odd = packed(zipfile.ZIP_LZMA, doc_kml=b"<kml/>")
    for data in (bytes(secret), odd):
        assert "cannot be unpacked" in str(read_or_refuse(data, ".kmz"))


def test_a_million_entries_are_refused_in_bounded_memory() -> None:
    item = '{"type":"SimpleItem","command":16,"params":[0,0,0,0,43.8,125.3,50]}'
    many = '{"mission":{"items":[' + ",".join([item] * 15_000) + "]}}"
    numbers = '{"type":"LineString","coordinates":[' + ",".join(["[125.3,43.8,1]"] * 60_000) + "]}"
    lines = "QGC WPL 110\n" + "0 0 3 16 0 0 0 0 43.8 125.3 9 1\n" * 100_000
    coordinates = KML.format(f"<LineString><coordinates>{'125.3,43.8,5 ' * 60_000}</coordinates></LineString>")
    for text, suffix in ((many, ".plan"), (numbers, ".geojson"), (lines, ".waypoints"), (coordinates, ".kml")):
        assert peak_bytes(text.encode(), suffix) < 250_000_000
        assert "10000" in str(read_or_refuse(text.encode(), suffix))


def test_texts_in_other_encodings_and_with_nan_are_read() -> None:
    item = {"type": "SimpleItem", "command": 16, "frame": 3, "params": [0, 0, 0, float("nan"), 43.8, 125.3, "50"]}
    text = json.dumps({"mission": {"plannedHomePosition": [43.8, 125.3, 200], "items": [item]}})
    for data in (text.encode("utf-16"), text.encode("utf-8-sig"), text.encode()):
        assert read(data, ".plan").plan.items[0].params[3] is None
    assert read(KML.format("<Point><coordinates>1,2,3</coordinates></Point>").encode("utf-16"), ".kml").plan.items
