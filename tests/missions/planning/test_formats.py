"""Plan files: what is written is read back equal, and broken files say where they are broken."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.planning import PlanningError
from missions.planning.formats import geojson, read_plan, write_plan

number = st.floats(-1e4, 1e4).map(lambda value: round(value, 4))
items = st.builds(
    PlanItem,
    command=st.sampled_from([int(c) for c in Command] + [31010]),
    frame=st.sampled_from([int(f) for f in Frame]),
    lat_deg=st.floats(-90, 90).map(lambda v: round(v, 7)),
    lon_deg=st.floats(-180, 180).map(lambda v: round(v, 7)),
    alt_m=number,
    params=st.tuples(number, number, number, number),
    autocontinue=st.booleans(),
)
plans = st.builds(
    lambda many, speed: Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), tuple(many), speed),
    st.lists(items, min_size=1, max_size=30),
    st.floats(1, 20),
)


def bare(plan: Plan) -> list[tuple[object, ...]]:
    return [(i.command, i.frame, i.lat_deg, i.lon_deg, i.alt_m, i.params, i.autocontinue) for i in plan.items]


@pytest.mark.parametrize("suffix", [".plan", ".waypoints", ".geojson"])
@given(plan=plans)
@settings(deadline=None, max_examples=50)
def test_items_survive_a_round_trip(suffix: str, plan: Plan) -> None:
    again = read_plan(write_plan(plan, suffix), suffix)
    assert bare(again) == bare(plan)
    assert again.home == plan.home


def test_a_plan_file_carries_fence_rally_kind_and_unset_parameters() -> None:
    ring = ((43.86, 125.32), (43.87, 125.32), (43.87, 125.33))
    hold = PlanItem(16, 3, 43.865, 125.325, 60.0, (0.0, None, 0.0, None))
    rally = (Position(43.861, 125.321, 40.0),)
    home = Position(43.86, 125.32, 220.0)
    plan = Plan("uav-3", "fixed_wing", home, (hold,), 18.0, Fence((ring,), (ring,)), rally)
    again = read_plan(write_plan(plan, ".plan"), ".plan")
    assert again.vehicle_kind == "fixed_wing"
    assert again.speed_mps == 18.0
    assert again.fence == plan.fence
    assert again.rally == plan.rally
    assert again.items[0].params == (0.0, None, 0.0, None)


def test_geojson_shows_each_item_with_a_place() -> None:
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (PlanItem(16, 3, 43.87, 125.33, 60.0),), 8.0)
    (feature,) = [each for each in geojson(plan)["features"] if each["properties"]["liti"] == "item"]
    assert feature["geometry"]["coordinates"] == [125.33, 43.87, 280.0]
    assert feature["properties"]["alt_m"] == 60.0
    assert feature["properties"]["altitude_reference"] == "home"


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (b"\xc3\x28\x00", ".plan", "UTF-8"),
        (b"\xff\xfe\x00", ".plan", "UTF-16"),
        (b"{", ".plan", "JSON"),
        (b"[" * 100_000, ".plan", "JSON"),
        (b"{}", ".plan", "mission.items"),
        (json.dumps({"mission": {"items": [], "plannedHomePosition": [1]}}).encode(), ".plan", "plannedHomePosition"),
        (
            json.dumps(
                {
                    "mission": {
                        "plannedHomePosition": [43.8, 125.3, 200],
                        "items": [{"type": "ComplexItem", "complexItemType": "teleport"}],
                    }
                }
            ).encode(),
            ".plan",
            "teleport",
        ),
        (b"hello", ".waypoints", "line 1"),
        (b"QGC WPL 110\n1 2 3\n", ".waypoints", "line 2"),
        (b"QGC WPL 110\n0 1 0 16 0 0 0 0 x 125 220 1\n", ".waypoints", "line 2"),
        (b"QGC WPL 110\n", ".waypoints", "no item"),
        (b"x" * 5_000_000, ".plan", "larger"),
        (b"", ".docx", "read from"),
    ],
)
def test_a_broken_file_says_where(data: bytes, suffix: str, words: str) -> None:
    with pytest.raises(PlanningError, match=words):
        read_plan(data, suffix)


@given(st.binary(max_size=300), st.sampled_from([".plan", ".waypoints", ".geojson"]))
@settings(deadline=None, max_examples=100)
def test_no_bytes_break_the_reader(data: bytes, suffix: str) -> None:
    head = b"QGC WPL 110\n" if suffix == ".waypoints" else b""
    try:
        read_plan(head + data, suffix)
    except PlanningError as error:
        assert error.message_en
