"""Any plan, written in any format and any dialect, comes back equal but for what the writer names as lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import Position
from missions.plan import Command, Fence, Frame, PathPoint, Plan, PlanItem
from missions.planning import PlanningError
from missions.planning.formats import FORMATS, READABLE, WRITABLE, export, read, read_plan, write_plan

degrees = st.floats(-1, 1).map(lambda v: round(v, 7))
lat = degrees.map(lambda v: round(43.86 + v, 7))
lon = degrees.map(lambda v: round(125.32 + v, 7))
value = st.floats(-1e4, 1e4).map(lambda v: round(v, 4) + 0.0)
param = st.one_of(st.none(), value, st.sampled_from([0.0, 1.0, -1.0]))
height = st.floats(-50, 500).map(lambda v: round(v, 2) + 0.0)  # without a negative zero
position = st.builds(Position, lat, lon, height)
ring = st.lists(st.tuples(lat, lon), min_size=3, max_size=6).map(tuple)
PLACELESS = [c for c in Command if c >= Command.DELAY and c not in (Command.LAND_START, Command.SET_ROI_LOCATION)]

placed = st.builds(
    PlanItem,
    command=st.sampled_from([int(c) for c in Command if c not in PLACELESS] + [17, 82, 31000]),
    frame=st.sampled_from([0, 3, 10]),
    lat_deg=lat,
    lon_deg=lon,
    alt_m=height,
    params=st.tuples(param, param, param, param),
    autocontinue=st.booleans(),
    purpose=st.sampled_from(["", "survey", "turn", "takeoff", "land"]),
)
placeless = st.builds(
    PlanItem,
    command=st.sampled_from([int(c) for c in PLACELESS] + [20, 22, 115, 203, 531, 31010]),
    frame=st.just(int(Frame.MISSION)),
    alt_m=st.sampled_from([0.0, 30.0]),
    params=st.tuples(param, param, param, param),
    autocontinue=st.booleans(),
    purpose=st.sampled_from(["", "camera", "return"]),
)
jump = st.builds(lambda to: PlanItem(177, int(Frame.MISSION), params=(float(to), 2.0, 0.0, 0.0)), st.integers(1, 20))
plans = st.builds(
    Plan,
    vehicle_id=st.sampled_from(["", "uav-3"]),
    vehicle_kind=st.sampled_from(["rotorcraft", "fixed_wing", "vtol"]),
    home=position,
    items=st.lists(st.one_of(placed, placeless, jump), min_size=1, max_size=25).map(tuple),
    speed_mps=st.floats(1, 30).map(lambda v: round(v, 2)),
    fence=st.builds(
        Fence,
        st.lists(ring, max_size=2).map(tuple),
        st.lists(ring, max_size=2).map(tuple),
        st.one_of(st.none(), st.floats(10, 500)),
    ),
    rally=st.lists(position, max_size=3).map(tuple),
    path=st.lists(st.builds(PathPoint, position, st.floats(0, 1e4), st.integers(0, 20)), max_size=4).map(tuple),
    duration_s=st.floats(0, 1e4),
    name=st.sampled_from(["", "evening round", "晚间巡逻 <1> & 2"]),
    notes=st.sampled_from([(), (("flown higher", "升高"),)]),
)


def forgiven(plan: Plan, losses: tuple[str, ...]) -> Plan:
    """A plan without what a writer says is lost; two plans that are equal then differ by nothing else."""
    bare: dict[str, Any] = {}
    if "fence" in losses:
        bare["fence"] = Fence(ceiling_home_m=plan.fence.ceiling_home_m)
    if "ceiling" in losses:
        bare["fence"] = msgspec.structs.replace(bare.get("fence", plan.fence), ceiling_home_m=None)
    if "rally" in losses:
        bare["rally"] = ()
    if "figures" in losses:
        bare |= {"path": (), "duration_s": 0.0, "notes": ()}
    for name, field, nothing in (("vehicle", "vehicle_id", ""), ("name", "name", ""), ("speed", "speed_mps", 0.0)):
        if name in losses:
            bare[field] = nothing
    if "kind" in losses:
        bare |= {"vehicle_kind": "rotorcraft", "speed_mps": 0.0}
    if "home" in losses:
        bare["home"] = Position(0.0, 0.0, 0.0)
    items = tuple(item_forgiven(item, losses) for item in plan.items)
    return msgspec.structs.replace(plan, items=items, **bare)


def item_forgiven(item: PlanItem, losses: tuple[str, ...]) -> PlanItem:
    if "purposes" in losses:
        item = msgspec.structs.replace(item, purpose="")
    if "unset parameters" in losses:
        item = msgspec.structs.replace(item, params=tuple(0.0 if each is None else each for each in item.params))
    changed = {"LOITER_TURNS": (18, 19), "LAND_START": (189,), "TAKEOFF": (22,), "VTOL_TAKEOFF": (84,)}
    for name, commands in changed.items():
        if name in losses and item.command in commands:
            item = PlanItem(0, 0)
    return item


@pytest.mark.parametrize("autopilot", [None, "ardupilot", "px4"])
@pytest.mark.parametrize("suffix", [".plan", ".waypoints", ".geojson", ".kml"])
@given(plan=plans)
@settings(deadline=None, max_examples=20)
def test_a_plan_comes_back_equal_but_for_the_named_losses(suffix: str, autopilot: Any, plan: Plan) -> None:
    written = export(plan, suffix, autopilot)
    again = read(written.data, suffix)
    assert forgiven(again.plan, written.losses) == forgiven(plan, written.losses)
    assert export(again.plan, suffix, autopilot).data == written.data or "home" in written.losses


@pytest.mark.parametrize("suffix", [".geojson", ".kml"])
@given(plan=plans)
@settings(deadline=None, max_examples=25)
def test_geojson_and_kml_lose_nothing(suffix: str, plan: Plan) -> None:
    written = export(plan, suffix)
    assert written.losses == ()
    assert read_plan(written.data, suffix) == plan


@given(plan=plans)
@settings(deadline=None, max_examples=40)
def test_a_dji_file_holds_every_item_that_is_not_named_as_lost(plan: Plan) -> None:
    try:
        written = export(plan, ".kmz")
    except PlanningError as error:
        assert "no waypoint" in error.message_en or "above terrain" in error.message_en
        return
    again = read(written.data, ".kmz").plan
    found = iter([held(item, again) for item in again.items])
    assert all(held(item, plan) in found for item in plan.items if called(item) not in written.losses)
    assert ("fence" in written.losses) == bool(plan.fence.inclusions or plan.fence.exclusions)
    assert read_plan(write_plan(again, ".kmz"), ".kmz") == again


def called(item: PlanItem) -> str:
    known = item.command in Command.__members__.values()
    return Command(item.command).name if known else f"MAV_CMD {item.command}"


def held(item: PlanItem, plan: Plan) -> tuple[object, ...]:
    """What a wayline holds of an item: its heights are above home, and 0 is as good as nothing."""
    above_home = item.alt_m - plan.home.alt_amsl_m if item.frame == Frame.AMSL else item.alt_m
    height = round(above_home, 2) + 0.0 if item.frame != Frame.MISSION else None
    return item.command, item.lat_deg, item.lon_deg, height, tuple(each or 0.0 for each in item.params)


def test_every_format_has_a_suffix_of_its_own_and_a_media_type() -> None:
    suffixes = [suffix for each in FORMATS for suffix in each.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert set(WRITABLE) == {".plan", ".waypoints", ".geojson", ".kml", ".kmz"}
    assert set(READABLE) >= {*WRITABLE, ".txt", ".json"}
    assert all("/" in each.media_type for each in FORMATS)


def test_the_suffix_may_be_in_capitals_and_bytes_need_one() -> None:
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (PlanItem(16, 3, 43.87, 125.33, 60.0),), 10.0)
    assert read_plan(write_plan(plan, ".PLAN"), ".Plan").items[0].alt_m == 60.0
    with pytest.raises(PlanningError, match=r"\.kmz"):
        read_plan(b"{}")
    with pytest.raises(PlanningError, match="written as"):
        write_plan(plan, ".json")


def test_ardupilots_files_begin_with_home_and_say_numbers_only() -> None:
    item = PlanItem(16, 3, 43.87, 125.33, 60.0, (0.0, None, 0.0, None))
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (item,), 10.0)
    lines = write_plan(plan, ".waypoints", "ardupilot").decode().splitlines()
    assert lines[0] == "QGC WPL 110"
    assert lines[1].split("\t") == ["0", "1", "0", "16", "0", "0", "0", "0", "43.86", "125.32", "220", "1"]
    assert lines[2].split("\t")[4:8] == ["0", "0", "0", "0"]


def test_px4s_files_begin_with_the_first_item_and_leave_parameters_unset() -> None:
    takeoff = PlanItem(22, 3, 0.0, 0.0, 30.0, (0.0, 0.0, 0.0, None), purpose="takeoff")
    turns = PlanItem(18, 3, 43.87, 125.33, 60.0, (2.0, 0.0, 50.0, None))
    jump = PlanItem(177, 2, params=(2.0, 1.0, 0.0, 0.0))
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (takeoff, turns, jump), 10.0)
    written = export(plan, ".waypoints", "px4")
    rows = [line.split("\t") for line in written.data.decode().splitlines()]
    assert rows[0] == ["QGC WPL 120"]
    assert rows[1][:4] == ["0", "1", "3", "22"]
    assert rows[1][7:10] == ["nan", "43.86", "125.32"]  # PX4 takes no take-off without a place
    assert rows[2][3:5] == ["19", "62.8"]  # turns as a time: 2 turns of 50 m at 10 m/s
    assert rows[3][3:5] == ["177", "1"]  # counted from 0
    assert {"home", "LOITER_TURNS", "TAKEOFF"} <= set(written.losses)
    assert read_plan(written.data, ".waypoints").items[2].params[0] == 2.0


def test_a_rotorcraft_on_px4_waits_on_the_circle_and_not_over_what_it_looks_at() -> None:
    turns = PlanItem(18, 3, 43.87, 125.32, 60.0, (1.0, 0.0, 50.0, None))
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (turns,), 10.0)
    (rotorcraft,) = read_plan(write_plan(plan, ".plan", "px4"), ".plan").items
    assert (43.87 - rotorcraft.lat_deg) * 111_195 == pytest.approx(50, abs=0.1)
    winged = msgspec.structs.replace(plan, vehicle_kind="fixed_wing")
    (circling,) = read_plan(write_plan(winged, ".plan", "px4"), ".plan").items
    assert (circling.command, circling.lat_deg, circling.params[2]) == (19, 43.87, 50.0)


def test_px4_is_said_to_refuse_heights_above_terrain() -> None:
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (PlanItem(16, 10, 43.87, 125.33, 60.0),), 10.0)
    assert "heights above terrain" in export(plan, ".plan", "px4").losses
    assert "heights above terrain" not in export(plan, ".plan", "ardupilot").losses


@pytest.mark.parametrize("kind", ["rotorcraft", "fixed_wing", "vtol"])
@pytest.mark.parametrize(("autopilot", "firmware"), [("ardupilot", 3), ("px4", 12), (None, 0)])
def test_a_plan_file_says_whose_it_is(kind: Any, autopilot: Any, firmware: int) -> None:
    plan = Plan("", kind, Position(43.86, 125.32, 220.0), (PlanItem(16, 3, 43.87, 125.33, 60.0),), 9.0)
    mission = msgspec.json.decode(write_plan(plan, ".plan", autopilot))["mission"]
    assert mission["firmwareType"] == firmware
    assert mission["vehicleType"] == {"rotorcraft": 2, "fixed_wing": 1, "vtol": 20}[kind]
    assert mission["hoverSpeed" if kind == "rotorcraft" else "cruiseSpeed"] == 9.0


@pytest.mark.parametrize("suffix", [".plan", ".geojson", ".kml"])
def test_a_fence_without_anything_to_fly_comes_back_too(suffix: str) -> None:
    ring = ((43.86, 125.32), (43.87, 125.32), (43.87, 125.33))
    plan = Plan("", "rotorcraft", Position(43.86, 125.32, 220.0), (), 10.0, Fence((ring,), (), 120.0))
    assert read_plan(write_plan(plan, suffix), suffix) == plan
