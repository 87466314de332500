"""DJI's wayline files: heights by what they are measured from, actions, and what a wayline cannot say."""

import io
import math
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from fusion.messages import Position
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.planning import PlanningError
from missions.planning.formats import Read, export, read

DATA = Path(__file__).parents[2] / "data" / "plans" / "dji_pilot"
TEMPLATE = (DATA / "template.kml").read_text()
WAYLINES = (DATA / "waylines.wpml").read_text()
HOME = Position(43.86, 125.32, 220.0)


def kmz(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"wpmz/{name.replace('_', '.')}", text)
    return out.getvalue()


def flown(**files: str) -> Read:
    return read(kmz(**files), ".kmz")


def order(command: int, *params: float) -> PlanItem:
    padded = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem(int(command), int(Frame.MISSION), params=padded, purpose="camera")


def place(lat: float, lon: float, alt: float, command: int = 16, frame: int = 3, **more: object) -> PlanItem:
    params = more.pop("params", (0.0, 0.0, 0.0, None))
    return PlanItem(int(command), frame, lat, lon, alt, params)  # type: ignore[arg-type]


SPEED = PlanItem(178, 2, params=(1.0, 8.0, -1.0, 0.0), purpose="speed")
TAKEOFF = PlanItem(22, 3, 43.86, 125.32, 40.0, (0.0, 0.0, 0.0, None), purpose="takeoff")
RETURN = PlanItem(20, 2, purpose="return")


def plan(*items: PlanItem, **more: object) -> Plan:
    return Plan("", "rotorcraft", HOME, (TAKEOFF, SPEED, *items), 8.0, **more)  # type: ignore[arg-type]


def test_waylines_become_items_with_their_actions() -> None:
    found = flown(template_kml=TEMPLATE, waylines_wpml=WAYLINES)
    said = [(item.command, item.params[:2]) for item in found.plan.items]
    assert said == [
        (22, (0.0, 0.0)),
        (178, (1.0, 12.0)),
        (1000, (-90.0, 0.0)),
        (16, (0.0, 5.0)),
        (206, (15.0, 0.0)),
        (178, (1.0, 10.0)),
        (16, (0.0, 0.0)),
        (206, (0.0, 0.0)),
        (93, (7.0, -1.0)),
        (2500, (0.0, 0.0)),
        (178, (1.0, 5.0)),
        (195, (0.0, 0.0)),
        (16, (0.0, 0.0)),
        (20, (0.0, 0.0)),
    ]
    assert found.plan.items[0].alt_m == 25.0
    assert found.plan.items[6].params[3] == 270.0
    assert found.plan.speed_mps == 10.0
    assert any("megaphone" in str(remark) for remark in found.remarks)


def test_heights_above_the_ellipsoid_become_heights_above_the_sea_by_the_files_own_separation() -> None:
    found = flown(template_kml=TEMPLATE, waylines_wpml=WAYLINES).plan
    assert [(item.frame, item.alt_m) for item in found.items if item.command == 16] == [(0, 290), (0, 300), (0, 300)]
    assert found.home == Position(43.86, 125.32, 219.4)
    roi = next(item for item in found.items if item.command == 195)
    assert (roi.lat_deg, roi.lon_deg, roi.frame, roi.alt_m) == (43.8615, 125.323, 0, 277.0)


def test_without_a_separation_ellipsoid_heights_are_taken_above_the_take_off_point() -> None:
    template = TEMPLATE.replace("EGM96", "WGS84")
    found = flown(template_kml=template, waylines_wpml=WAYLINES).plan
    heights = [(item.frame, item.alt_m) for item in found.items if item.command == 16]
    assert heights == [(3, pytest.approx(70.6)), (3, pytest.approx(80.6)), (3, pytest.approx(80.6))]


def test_ellipsoid_heights_that_nothing_ties_to_the_sea_are_told() -> None:
    found = flown(waylines_wpml=WAYLINES)
    assert any("ellipsoid" in str(remark) and "tens of metres" in str(remark) for remark in found.remarks)
    assert any("home" in str(remark) for remark in found.remarks)


@pytest.mark.parametrize(
    ("mode", "frame"), [("relativeToStartPoint", Frame.HOME), ("realTimeFollowSurface", Frame.TERRAIN)]
)
def test_the_frame_follows_the_height_mode(mode: str, frame: Frame) -> None:
    waylines = WAYLINES.replace(">WGS84<", f">{mode}<")
    found = flown(template_kml=TEMPLATE, waylines_wpml=waylines).plan
    assert {item.frame for item in found.items if item.command == 16} == {frame}


@pytest.mark.parametrize(
    ("mode", "frame"),
    [("EGM96", Frame.AMSL), ("relativeToStartPoint", Frame.HOME), ("aboveGroundLevel", Frame.TERRAIN)],
)
def test_a_template_alone_is_read_with_its_global_values(mode: str, frame: Frame) -> None:
    found = flown(template_kml=TEMPLATE.replace("EGM96", mode)).plan
    points = [item for item in found.items if item.command == 16]
    assert [item.alt_m for item in points] == [290.0, 300.0]
    assert {item.frame for item in points} == {frame}
    again = read(TEMPLATE.replace("EGM96", mode).encode(), ".kml").plan
    assert again == found


def test_a_mapping_template_without_waylines_says_what_to_do() -> None:
    template = TEMPLATE.replace("<wpml:templateType>waypoint", "<wpml:templateType>mapping2d")
    with pytest.raises(PlanningError, match="mapping2d") as error:
        flown(template_kml=template)
    assert "waylines" in error.value.message_en


def test_several_waylines_are_flown_one_after_the_other() -> None:
    start, end = WAYLINES.index("<Folder>"), WAYLINES.index("</Folder>") + len("</Folder>")
    found = flown(waylines_wpml=WAYLINES[:end] + WAYLINES[start:end] + WAYLINES[end:])
    assert sum(item.command == 16 for item in found.plan.items) == 6
    assert any("2 waylines" in str(remark) for remark in found.remarks)


@pytest.mark.parametrize(
    ("action", "last"), [("autoLand", [21]), ("noAction", []), ("gotoFirstWaypoint", [16]), ("goHome", [20])]
)
def test_the_finish_action_is_the_end_of_the_plan(action: str, last: list[int]) -> None:
    found = flown(waylines_wpml=WAYLINES.replace("goHome", action)).plan
    assert [item.command for item in found.items[13:]] == last


def test_an_ordinary_kmz_is_read_as_its_kml() -> None:
    line = "<LineString><coordinates>125.3,43.8,50 125.31,43.8,50</coordinates></LineString>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("doc.kml", f"<kml><Placemark>{line}</Placemark></kml>")
        archive.writestr("files/icon.png", b"\x89PNG")
    assert len(read(out.getvalue(), ".kmz").plan.items) == 2


def test_a_plan_in_djis_words_comes_back_equal() -> None:
    ours = plan(
        order(Command.GIMBAL_PITCHYAW, -90.0),
        place(43.861, 125.321, 60.0),
        order(Command.SET_CAM_TRIGG_DIST, 12.5, 0.0, 1.0),
        place(43.8612345, 125.3223456, 61.25),
        order(Command.SET_CAM_TRIGG_DIST),
        PlanItem(93, 2, params=(4.0, -1.0, -1.0, -1.0)),
        order(Command.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0),
        order(Command.VIDEO_START_CAPTURE),
        place(43.862, 125.3223456, 61.25, params=(0.0, 6.0, 0.0, 45.0)),
        order(Command.VIDEO_STOP_CAPTURE),
        RETURN,
    )
    written = export(ours, ".kmz")
    assert set(written.losses) <= {"purposes"}
    again = read(written.data, ".kmz").plan
    assert again.items == ours.items
    assert (again.home, again.speed_mps) == (ours.home, ours.speed_mps)


def test_a_speed_holds_from_its_waypoint_on() -> None:
    slower = PlanItem(178, 2, params=(1.0, 3.0, -1.0, 0.0), purpose="speed")
    ours = plan(place(43.861, 125.321, 60.0), slower, place(43.862, 125.321, 60.0), RETURN)
    assert read(export(ours, ".kmz").data, ".kmz").plan.items == ours.items


def test_looking_at_a_place_becomes_a_point_of_interest_and_back() -> None:
    roi = PlanItem(195, 3, 43.8615, 125.3222, 10.0, purpose="camera")
    ours = plan(roi, place(43.861, 125.321, 60.0), place(43.862, 125.321, 60.0), RETURN)
    written = export(ours, ".kmz")
    assert "towardPOI" in zipfile.ZipFile(io.BytesIO(written.data)).read("wpmz/waylines.wpml").decode()
    assert read(written.data, ".kmz").plan.items == ours.items


def test_turns_are_flown_as_waypoints_on_the_circle_and_said_to_be_lost() -> None:
    centre = place(43.8615, 125.3222, 60.0, Command.LOITER_TURNS, params=(2.0, 0.0, -40.0, None))
    written = export(plan(centre, RETURN), ".kmz")
    assert "LOITER_TURNS" in written.losses
    ring = [item for item in read(written.data, ".kmz").plan.items if item.command == 16]
    assert len(ring) == 33
    metres = math.radians(6_371_008.8)
    east = metres * math.cos(math.radians(43.8615))
    at = [((item.lon_deg - 125.3222) * east, (item.lat_deg - 43.8615) * metres) for item in ring]
    assert [math.hypot(*point) for point in at] == pytest.approx([40.0] * 33, abs=0.05)
    turned = [a[0] * b[1] - a[1] * b[0] for a, b in pairwise(at)]
    assert all(each > 0 for each in turned)  # counter-clockwise, by the sign of the radius


def test_what_a_wayline_cannot_say_is_named() -> None:
    ring = ((43.86, 125.32), (43.87, 125.32), (43.87, 125.33))
    ours = plan(
        place(43.861, 125.321, 280.0, frame=0),
        order(31010, 1.0),
        place(43.862, 125.321, 0.0, Command.LAND),
        fence=Fence((ring,), (), 120.0),
        rally=(HOME,),
        name="evening round",
    )
    losses = export(ours, ".kmz").losses
    assert {"fence", "ceiling", "rally", "name", "heights above the sea", "MAV_CMD 31010", "LAND"} <= set(losses)


def test_a_plan_above_terrain_is_written_above_ground_and_a_mixture_is_refused() -> None:
    above = plan(place(43.861, 125.321, 60.0, frame=10), place(43.862, 125.321, 50.0, frame=10), RETURN)
    again = read(export(above, ".kmz").data, ".kmz").plan
    assert [(item.frame, item.alt_m) for item in again.items if item.command == 16] == [(10, 60.0), (10, 50.0)]
    mixed = plan(place(43.861, 125.321, 60.0, frame=10), place(43.862, 125.321, 50.0), RETURN)
    with pytest.raises(PlanningError, match="above terrain"):
        export(mixed, ".kmz")
    with pytest.raises(PlanningError, match="no waypoint"):
        export(plan(RETURN), ".kmz")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (
            "<wpml:executeHeight>323</wpml:executeHeight>",
            "<wpml:executeHeight>high</wpml:executeHeight>",
            "executeHeight",
        ),
        ("<Point><coordinates>125.322000,43.861000</coordinates></Point>", "", "Placemark"),
        ("125.322000,43.861000", "43.861000,125.322000", "latitude"),
        ("125.322000,43.861000", "here", "longitude,latitude"),
        ("<wpml:actionTriggerParam>15</wpml:actionTriggerParam>", "", "actionTriggerParam"),
        ("<wpml:hoverTime>7<", "<wpml:hoverTime>nan<", "hoverTime"),
        ("<wpml:index>1<", "<wpml:index>-1<", "index"),
        ("43.861500,125.323000,300", "a,b,c", "waypointHeadingParam"),
        ("</Folder>", "", "mismatched"),
    ],
)
def test_a_broken_wayline_says_where(old: str, new: str, where: str) -> None:
    assert old in WAYLINES
    with pytest.raises(PlanningError, match=where) as error:
        flown(waylines_wpml=WAYLINES.replace(old, new))
    assert "line" in error.value.message_en
