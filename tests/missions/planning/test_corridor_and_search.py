"""Corridors and searches: whatever is drawn is imaged, and patterns are those of the manual."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, shape
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Plan
from missions.planning import MissionRequest, PlanningError, draft
from missions.planning.corridor import passes
from missions.planning.footprints import Eye
from missions.planning.patterns import creeping_line, expanding_square, sector
from missions.planning.request import CameraOptics
from missions.planning.tasks import to_geojson, to_metres

NOW = Instant(1_790_000_000.0)
DATUM = np.zeros(2)


@st.composite
def lines(draw: st.DrawFn) -> LineString:
    """Lines of 2 to 9 places, 15 to 250 m apart, that bend to and fro, back onto themselves at times."""
    course, place = draw(st.floats(0, 2 * math.pi)), np.zeros(2)
    places = [place]
    for _ in range(draw(st.integers(1, 8))):
        course += draw(st.floats(-2.2, 2.2))
        place = place + draw(st.floats(15, 250)) * np.array([math.cos(course), math.sin(course)])
        places.append(place)
    return LineString(places)


@given(lines(), st.floats(40, 400), st.floats(0.1, 0.6), st.sampled_from([0.0, 50.0]))
@settings(deadline=None, max_examples=60)
def test_passes_image_the_whole_corridor(line: LineString, width: float, sidelap: float, turn: float) -> None:
    eye = Eye(90.0, CameraOptics())
    wanted = line.buffer(width / 2)
    imaged = eye.along_all(passes(line, width, eye, sidelap, turn, 4.0 if turn else 0.0))
    assert imaged.intersection(wanted).area >= 0.998 * wanted.area


@given(lines(), st.floats(60, 250), st.sampled_from(["rotorcraft", "fixed_wing", "vtol"]))
@settings(deadline=None, max_examples=10)
def test_corridors_are_imaged_from_the_path_as_flown(
    nanling: District, line: LineString, width: float, aircraft: str
) -> None:
    made = plan(nanling, "corridor", line, aircraft, width_m=width)
    wanted = line.buffer(width / 2)
    assert imaged_m(nanling, made).intersection(wanted).area >= 0.99 * wanted.area
    if aircraft == "rotorcraft":
        assert imaged_m(nanling, made).intersection(wanted).area >= 0.998 * wanted.area


def test_a_straight_corridor_takes_no_more_passes_than_its_width_needs(nanling: District) -> None:
    line = LineString([(-300, 0), (300, 0)])
    for width, count in ((80, 1), (140, 2), (200, 3)):
        made = plan(nanling, "corridor", line, width_m=width)
        norths = {round(float(y)) for _, y in places_m(nanling, made, Command.WAYPOINT)}
        assert len(norths) == count


def test_aircraft_take_stretches_of_one_corridor(nanling: District) -> None:
    line = LineString([(-300, -50), (0, 0), (300, -50)])
    made = draft(request(nanling, "corridor", line, {"count": 3}, width_m=80), nanling, [], NOW)
    imaged = [imaged_m(nanling, each) for each in made]
    assert shapely.union_all(imaged).intersection(line.buffer(40)).area >= 0.998 * line.buffer(40).area
    assert all(each.area < 0.6 * shapely.union_all(imaged).area for each in imaged)


@pytest.mark.parametrize(("geometry", "change", "field"), [
    (LineString([(0, 0), (0.001, 0)]), {}, "geometry"),
    (LineString([(0, 0), (100, 0)]), {"width_m": 4_000, "altitude": {"value_m": 20}}, "width_m"),
])  # fmt: skip
def test_a_corridor_that_cannot_be_flown_names_the_part_to_change(
    nanling: District, geometry: LineString, change: dict[str, object], field: str
) -> None:
    with pytest.raises(PlanningError) as caught:
        plan(nanling, "corridor", geometry, **change)
    assert caught.value.field == field
    assert caught.value.message_zh


@given(st.floats(5, 100), st.integers(1, 8), st.floats(0, 360), st.booleans())
@settings(deadline=None)
def test_an_expanding_square_has_the_legs_of_the_manual(
    spacing: float, rings: int, direction: float, clockwise: bool
) -> None:
    corners = expanding_square(DATUM, spacing, rings, direction, clockwise)
    legs = np.diff(corners, axis=0)
    lengths = np.hypot(legs[:, 0], legs[:, 1]) / spacing
    assert np.allclose(lengths, [*(1 + leg // 2 for leg in range(4 * rings)), 2 * rings])
    turns = legs[:-1, 0] * legs[1:, 1] - legs[:-1, 1] * legs[1:, 0]
    assert np.all((turns < 0) == clockwise), "to one side only"
    assert np.allclose(np.sum(legs[:-1] * legs[1:], axis=1), 0, atol=1e-6 * spacing**2 * rings**2), "square corners"
    first = math.degrees(math.atan2(legs[0, 0], legs[0, 1]))
    assert abs((first - direction + 180) % 360 - 180) < 1e-6


@given(st.floats(50, 2_000), st.floats(0, 360), st.booleans())
@settings(deadline=None)
def test_a_sector_search_is_nine_legs_of_one_radius_turning_120_degrees(
    radius: float, direction: float, clockwise: bool
) -> None:
    triangles = sector(DATUM, radius, direction, clockwise)
    legs = np.vstack([np.diff(each, axis=0) for each in triangles])
    assert len(legs) == 9
    assert np.allclose(np.hypot(legs[:, 0], legs[:, 1]), radius)
    courses = np.degrees(np.arctan2(legs[:, 0], legs[:, 1]))
    turns = (np.diff(courses) + 180) % 360 - 180
    side = 120 if clockwise else -120
    assert np.allclose(turns, [side, side, 0, side, side, 0, side, side], atol=1e-6)
    rims = [tuple(np.round(each[1] / radius, 6)) for each in triangles]
    assert len(set(rims)) == 3


@st.composite
def areas(draw: st.DrawFn) -> Polygon:
    """Star-shaped areas, concave ones among them, 60 m to 1 km across."""
    count = draw(st.integers(3, 10))
    radii = draw(st.lists(st.floats(30, 500), min_size=count, max_size=count))
    angles = 2 * math.pi * np.arange(count) / count
    return Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))


@given(areas(), st.floats(0, 360), st.floats(40, 150), st.floats(0.1, 0.6))
@settings(deadline=None, max_examples=60)
def test_a_creeping_line_sees_the_whole_area(area: Polygon, direction: float, swath: float, sidelap: float) -> None:
    tracks = creeping_line(area, swath * (1 - sidelap), swath, direction)
    bands = [LineString(track).buffer(swath / 2, cap_style="flat") for track in tracks]
    assert shapely.union_all(bands).intersection(area).area >= 0.998 * area.area


@pytest.mark.parametrize("aircraft", ["rotorcraft", "fixed_wing", "vtol"])
@pytest.mark.parametrize("pattern", ["expanding_square", "creeping_line"])
def test_a_search_images_its_area_from_the_path_as_flown(nanling: District, aircraft: str, pattern: str) -> None:
    square = shapely.box(-250, -250, 250, 250)
    where = Point(0, 0) if pattern == "expanding_square" else square
    made = plan(nanling, "search", where, aircraft, pattern=pattern, radius_m=250)
    assert imaged_m(nanling, made).intersection(square).area >= 0.998 * square.area


def test_a_repeated_sector_search_is_turned_by_30_degrees(nanling: District) -> None:
    made = plan(nanling, "search", Point(0, 0), pattern="sector", radius_m=300, repeat=2, direction_deg=0)
    rim = [place for place in places_m(nanling, made, Command.WAYPOINT) if math.hypot(*place) > 290]
    bearings = sorted({round(math.degrees(math.atan2(x, y))) % 360 for x, y in rim})
    assert bearings == list(range(0, 360, 30))


def test_aircraft_share_the_tracks_of_a_creeping_line(nanling: District) -> None:
    area = shapely.box(-300, -150, 300, 150)
    made = draft(request(nanling, "search", area, {"count": 3}), nanling, [], NOW)
    imaged = [imaged_m(nanling, each) for each in made]
    assert shapely.union_all(imaged).intersection(area).area >= 0.998 * area.area
    assert max(each.intersection(area).area for each in imaged) < 0.55 * area.area


def request(
    district: District, kind: str, geometry: BaseGeometry, vehicles: dict[str, object], **more: object
) -> MissionRequest:
    asked = {"kind": kind, "geometry": to_geojson(district, geometry), "vehicles": vehicles}
    return MissionRequest.model_validate({**asked, **more})


def plan(district: District, kind: str, geometry: BaseGeometry, aircraft: str = "rotorcraft", **more: object) -> Plan:
    (made,) = draft(request(district, kind, geometry, {"kind": aircraft}, **more), district, [], NOW)
    return made


def imaged_m(district: District, made: Plan) -> BaseGeometry:
    assert made.imaged is not None
    return shapely.make_valid(to_metres(district, shape(made.imaged)))


def places_m(district: District, made: Plan, command: Command) -> np.ndarray:
    """(N, 2) east and north of a plan's items of a command."""
    items = [item for item in made.items if item.command == command]
    level = np.full(len(items), district.frame.origin.alt_amsl_m)
    enu = district.frame.enu_from_geodetic([i.lat_deg for i in items], [i.lon_deg for i in items], level)
    return enu[:, :2]
