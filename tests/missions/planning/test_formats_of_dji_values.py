"""DJI's wayline files: what holds where a waypoint says "as all", how heights are tied to the sea, heights written."""

import io
import zipfile
from pathlib import Path

import msgspec
import pytest

from fusion.messages import Position
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.formats import export, read

DATA = Path(__file__).parents[2] / "data" / "plans" / "dji_pilot"
TEMPLATE = (DATA / "template.kml").read_text()
WAYLINES = (DATA / "waylines.wpml").read_text()
HOME = Position(43.86, 125.32, 220.0)


def flown(**files: str) -> Plan:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"wpmz/{name.replace('_', '.')}", text)
    return read(out.getvalue(), ".kmz").plan


def waypoints(plan: Plan) -> list[tuple[int, float]]:
    return [(item.frame, item.alt_m) for item in plan.items if item.command == Command.WAYPOINT]


def template(height_m: float, speed_mps: float, flag: int) -> str:
    folder = """<Folder><wpml:templateType>waypoint</wpml:templateType>
    <wpml:autoFlightSpeed>9</wpml:autoFlightSpeed><wpml:globalHeight>70</wpml:globalHeight>
    <wpml:waylineCoordinateSysParam><wpml:heightMode>relativeToStartPoint</wpml:heightMode>
    </wpml:waylineCoordinateSysParam>"""
    for index in range(3):
        folder += f"""<Placemark><Point><coordinates>125.32{index},43.86</coordinates></Point>
        <wpml:index>{index}</wpml:index><wpml:height>{height_m}</wpml:height>
        <wpml:useGlobalHeight>{flag}</wpml:useGlobalHeight><wpml:useGlobalSpeed>{flag}</wpml:useGlobalSpeed>
        <wpml:waypointSpeed>{speed_mps}</wpml:waypointSpeed></Placemark>"""
    start, end = TEMPLATE.index("<Folder>"), TEMPLATE.index("</Folder>") + len("</Folder>")
    return TEMPLATE[:start] + folder + "</Folder>" + TEMPLATE[end:]


@pytest.mark.parametrize(("flag", "height_m", "speed_mps"), [(1, 70.0, 9.0), (0, 45.0, 4.0)])
def test_a_waypoint_has_its_own_values_unless_it_takes_those_of_all(
    flag: int, height_m: float, speed_mps: float
) -> None:
    plan = flown(template_kml=template(45, 4, flag))
    assert waypoints(plan) == [(Frame.HOME, height_m)] * 3
    speeds = [item.params[1] for item in plan.items if item.command == Command.CHANGE_SPEED]
    assert speeds[-1] == speed_mps or (flag and set(speeds) <= {speed_mps, 12.0})
    assert (4.0 in speeds) == (flag == 0)


def test_heights_without_a_mode_are_above_the_ellipsoid() -> None:
    mode = "<wpml:executeHeightMode>WGS84</wpml:executeHeightMode>"
    assert mode in WAYLINES
    plain = flown(template_kml=TEMPLATE, waylines_wpml=WAYLINES)
    assert waypoints(flown(template_kml=TEMPLATE, waylines_wpml=WAYLINES.replace(mode, ""))) == waypoints(plain)


def test_a_difference_of_heights_that_no_geoid_has_ties_nothing_to_the_sea() -> None:
    wrong = TEMPLATE.replace("<wpml:height>290</wpml:height>", "<wpml:height>90</wpml:height>")
    wrong = wrong.replace("<wpml:height>300</wpml:height>", "<wpml:height>100</wpml:height>")
    assert wrong != TEMPLATE
    assert {frame for frame, _ in waypoints(flown(template_kml=wrong, waylines_wpml=WAYLINES))} == {Frame.HOME}


def test_a_point_of_interest_is_found_in_either_order_of_its_coordinates() -> None:
    found = [
        next(item for item in flown(template_kml=TEMPLATE, waylines_wpml=text).items if item.command == 195)
        for text in (WAYLINES, swapped(WAYLINES))
    ]
    assert found[0] == found[1]
    assert found[0].lat_deg == pytest.approx(43.86, abs=0.01)


def swapped(waylines: str) -> str:
    """The same file with the points of interest longitude first, or latitude first where they were not."""
    parts = waylines.split("<wpml:waypointPoiPoint>")
    made = [parts[0]]
    for part in parts[1:]:
        text, rest = part.split("</", 1)
        first, second, *height = text.split(",")
        made.append(",".join([second, first, *height]) + "</" + rest)
    return "<wpml:waypointPoiPoint>".join(made)


def test_heights_above_the_sea_are_written_above_home() -> None:
    item = PlanItem(16, int(Frame.AMSL), 43.861, 125.321, 290.0, (0.0, 0.0, 0.0, None))
    takeoff = PlanItem(22, int(Frame.HOME), 43.86, 125.32, 40.0, (0.0, 0.0, 0.0, None), purpose="takeoff")
    plan = Plan("", "rotorcraft", HOME, (takeoff, item), 8.0)
    written = export(plan, ".kmz")
    assert "heights above the sea" in written.losses
    assert waypoints(read(written.data, ".kmz").plan) == [(Frame.HOME, 70.0)]


def test_a_plan_file_says_in_words_of_qgroundcontrol_what_heights_are_measured_from() -> None:
    frames = {Frame.HOME: 1, Frame.AMSL: 2, Frame.TERRAIN: 4}
    items = tuple(PlanItem(16, int(frame), 43.86, 125.32, 60.0) for frame in frames)
    written = export(Plan("", "rotorcraft", HOME, items, 8.0), ".plan").data
    assert [item["AltitudeMode"] for item in msgspec.json.decode(written)["mission"]["items"]] == list(frames.values())


def test_a_home_whose_height_is_not_above_the_sea_is_told() -> None:
    rows = "QGC WPL 110\n0 1 3 16 0 0 0 0 43.86 125.32 12 1\n1 0 3 16 0 0 0 0 43.87 125.32 50 1\n"
    found = read(rows.encode(), ".waypoints")
    assert found.home_assumed
    assert found.plan.home.alt_amsl_m == 0.0
    assert any("home's height" in str(remark) for remark in found.remarks)
