"""Routing: ways around forbidden ground, held against a search written apart from it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from fusion.messages import Position
from maps.district import District
from maps.instants import Instant
from maps.terrain import Terrain
from missions.planning.errors import PlanningError
from missions.planning.profiles import profile
from missions.planning.request import Altitude
from missions.planning.routing import Airspace, Level

NOW = Instant(1_790_000_000.0)
AT_60 = Level("agl", 60.0, 60.0)
ROTORCRAFT = profile("rotorcraft")
MARGIN_M = ROTORCRAFT.position_error_m + 1.0

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def plain(nanling: District) -> District:
    """Flat ground with nothing on it."""
    return replace(
        nanling,
        terrain=Terrain.flat(nanling.frame),
        buildings=nanling.buildings.iloc[:0],
        zones=nanling.zones.iloc[:0],
        missing=(),
    )


def with_zones(district: District, shapes: Sequence[BaseGeometry], rule: str = "no_fly", **columns: object) -> District:
    count = len(shapes)
    rows: dict[str, object] = {
        "id": [f"z-{index}" for index in range(count)],
        "name": [f"试区{i}" for i in range(count)],
    }
    rows |= {"rule": rule, "floor_m": np.nan, "ceiling_m": np.nan, "reference": "agl"}
    rows |= {"valid_from": pd.NaT, "valid_to": pd.NaT} | columns
    zones = geopandas.GeoDataFrame(rows, geometry=list(shapes), crs=district.frame.crs, index=range(count)).to_crs(4326)
    return replace(district, zones=zones)


def with_buildings(district: District, shapes: Sequence[BaseGeometry], height_m: float) -> District:
    rows = {"height_m": height_m, "base_amsl_m": district.home.alt_amsl_m}
    frame = geopandas.GeoDataFrame(rows, geometry=list(shapes), crs=district.frame.crs, index=range(len(shapes)))
    return replace(district, buildings=frame.to_crs(4326))


def airspace(district: District, level: Level = AT_60, **options: object) -> Airspace:
    return Airspace.of(district, level, ROTORCRAFT, **options)  # type: ignore[arg-type]


def length_m(way: Array) -> float:
    return float(np.hypot(*np.diff(way, axis=0).T).sum())


def shortest_m(shapes: Sequence[BaseGeometry], start: Array, end: Array, margin_m: float) -> float:
    """The length of the shortest way past shapes: Dijkstra over all outlines' vertices, every pair looked at."""
    walls = shapely.union_all([shape.buffer(margin_m, quad_segs=6) for shape in shapes])
    outlines = shapely.union_all([shape.buffer(margin_m + 0.05, quad_segs=6) for shape in shapes])
    nodes = np.vstack([start, end, shapely.get_coordinates(outlines)])
    one, other = np.triu_indices(len(nodes), 1)
    legs = shapely.linestrings(np.stack([nodes[one], nodes[other]], axis=1))
    shapely.prepare(walls)
    free = ~shapely.intersects(walls, legs)
    metres = shapely.length(legs[free])
    graph = csr_matrix((np.maximum(metres, 1e-9), (one[free], other[free])), shape=(len(nodes), len(nodes)))
    return float(dijkstra(graph, directed=False, indices=0)[1])


@st.composite
def blocks(draw: st.DrawFn, least_m: float = 20.0, most_m: float = 260.0) -> list[Polygon]:
    """A few convex and bent shapes strewn over a square kilometre."""
    made = []
    for _ in range(draw(st.integers(1, 6))):
        middle = np.array([draw(st.floats(-500, 500)), draw(st.floats(-350, 350))])
        size = draw(st.floats(least_m, most_m))
        turn = draw(st.floats(0, 2 * math.pi))
        if draw(st.booleans()):
            angles = turn + np.linspace(0, 2 * math.pi, draw(st.integers(3, 9)), endpoint=False)
            corners = size / 2 * np.column_stack([np.cos(angles), np.sin(angles)])
        else:  # an L
            corners = size * (np.array([(0, 0), (1, 0), (1, 0.3), (0.3, 0.3), (0.3, 1), (0, 1)]) - 0.4)
            corners = corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        made.append(Polygon(middle + corners))
    return made


WEST, EAST = np.array([-900.0, 0.0]), np.array([900.0, 40.0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=blocks())
def test_a_way_keeps_its_distance_and_is_the_shortest(plain: District, shapes: list[Polygon]) -> None:
    way = airspace(with_zones(plain, shapes)).way(WEST, EAST)
    assert np.allclose(way[[0, -1]], [WEST, EAST])
    line = LineString(way)
    assert all(line.distance(shape) >= MARGIN_M - 0.01 for shape in shapes)
    assert length_m(way) >= shortest_m(shapes, WEST, EAST, MARGIN_M - 0.2) - 0.5
    assert length_m(way) <= 1.02 * shortest_m(shapes, WEST, EAST, MARGIN_M + 2.0)


def test_a_corner_hidden_in_another_obstacle_leads_around_both(plain: District) -> None:
    shapes = [box(-100, -100, 150, 400), box(-130, -140, -60, -80)]
    way = airspace(with_zones(plain, shapes)).way(WEST, EAST)
    assert length_m(way) <= 1.02 * shortest_m(shapes, WEST, EAST, MARGIN_M)


def swung(way: Array, radius_m: float, step_m: float = 2.0) -> Array:
    """An aircraft that flies to each corner of a way, then turns at its radius until the next lies ahead."""
    place, heading = way[0], math.atan2(*(way[1] - way[0])[::-1])
    track = [place]
    for goal in way[1:]:
        for _ in range(20_000):
            toward = goal - place
            if float(np.hypot(*toward)) < step_m:
                break
            off = math.remainder(math.atan2(toward[1], toward[0]) - heading, 2 * math.pi)
            heading += max(-step_m / radius_m, min(step_m / radius_m, off))
            place = place + step_m * np.array([math.cos(heading), math.sin(heading)])
            track.append(place)
        else:
            pytest.fail("a corner is never reached")
    return np.array(track)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=blocks(least_m=60.0), radius=st.sampled_from([30.0, 47.0, 80.0]))
def test_turns_stay_clear_too(plain: District, shapes: list[Polygon], radius: float) -> None:
    assume(all(min(shape.distance(Point(WEST)), shape.distance(Point(EAST))) > 3 * radius for shape in shapes))
    space = airspace(with_zones(plain, shapes))
    roomy = shortest_m(shapes, WEST, EAST, MARGIN_M + 1.6 * radius)
    try:
        way = space.way(WEST, EAST, radius)
    except PlanningError:
        assert not math.isfinite(roomy), "there is room to swing around everything"
        return
    track = LineString(swung(way, radius))
    assert all(track.distance(shape) >= MARGIN_M - 2.0 for shape in shapes)
    assert length_m(way) <= 1.05 * roomy


@pytest.mark.parametrize("heading_deg", [0, 90, 180, 270])
def test_headings_at_both_ends_are_honoured(plain: District, heading_deg: float) -> None:
    zone = box(-100, -300, 100, 300)
    heading = math.radians(heading_deg)
    way = airspace(with_zones(plain, [zone])).way(WEST, EAST, 47.0, heading, heading)
    lead = 60.0 * np.array([math.cos(heading), math.sin(heading)])
    track = LineString(swung(np.vstack([WEST - lead, way, EAST + 5 * lead]), 47.0))
    assert track.distance(zone) >= MARGIN_M - 1.0


def test_the_straight_way_is_taken_where_nothing_stands(plain: District) -> None:
    way = airspace(with_zones(plain, [box(-100, 50, 100, 300)])).way(WEST, EAST)
    assert np.array_equal(way, [WEST, EAST])


def test_a_way_leads_out_of_a_bay_and_through_a_gate(plain: District) -> None:
    bay = box(-200, -200, 200, 200).difference(box(-150, -150, 250, 150))
    way = airspace(with_zones(plain, [bay])).way((0, 0), (-600, 0))
    assert LineString(way).distance(bay) >= MARGIN_M - 0.01
    assert length_m(way) == pytest.approx(shortest_m([bay], np.array([0.0, 0.0]), np.array([-600.0, 0.0]), 6), rel=0.02)
    gate = [box(-50, -2000, 50, -10), box(-50, 10, 50, 2000)]
    assert length_m(airspace(with_zones(plain, gate)).way((-300, 400), (300, 400))) < 1100


def test_a_walled_off_place_is_told_by_the_name_of_its_wall(plain: District) -> None:
    wall = Point(900, 40).buffer(200).difference(Point(900, 40).buffer(150))
    with pytest.raises(PlanningError) as caught:
        airspace(with_zones(plain, [wall])).way(WEST, EAST)
    assert "z-0" in caught.value.message_en
    assert "试区0" in caught.value.message_zh
    assert caught.value.field == "geometry"


@pytest.mark.parametrize(("start", "field"), [((0, 0), "home"), ((103, 0), "home"), ((-900, 0), None)])
def test_an_end_in_forbidden_ground_is_told(plain: District, start: tuple[float, float], field: str | None) -> None:
    space = airspace(with_zones(plain, [box(-100, -100, 100, 100)]))
    if field is None:
        space.way(start, EAST, fields=("home", "geometry"))
        return
    with pytest.raises(PlanningError) as caught:
        space.way(start, EAST, fields=("home", "geometry"))
    assert (caught.value.field, "试区0" in caught.value.message_zh) == (field, True)


def test_what_an_end_lies_in_can_be_forgiven_but_nothing_else(plain: District) -> None:
    own, other = box(-100, -100, 100, 100), box(300, -200, 400, 200)
    way = airspace(with_zones(plain, [own, other])).way((0, 0), EAST, forgiving=True)
    assert LineString(way).distance(other) >= MARGIN_M - 0.01


def test_flight_areas_are_not_left_and_not_jumped_between(plain: District) -> None:
    bent = Polygon([(-1000, -200), (-100, -200), (0, 700), (100, -200), (1000, -200), (1000, 900), (-1000, 900)])
    way = airspace(with_zones(plain, [bent], "flight_area")).way((-900, 0), (900, 0))
    assert LineString(way).within(bent.buffer(-MARGIN_M + 0.01))
    assert length_m(way) > 2 * math.hypot(900, 700)
    apart = [box(-1000, -200, -300, 200), box(300, -200, 1000, 200)]
    with pytest.raises(PlanningError) as caught:
        airspace(with_zones(plain, apart, "flight_area")).way((-900, 0), (900, 0))
    assert caught.value.field == "geometry"


@pytest.mark.parametrize(
    ("columns", "straight"),
    [
        ({"floor_m": 70.0}, True),
        ({"floor_m": 50.0}, False),
        ({"ceiling_m": 50.0}, True),
        ({"ceiling_m": 279.0, "reference": "amsl"}, True),
        ({"ceiling_m": 281.0, "reference": "amsl"}, False),
        ({"valid_to": pd.Timestamp(NOW - 1, unit="s", tz="UTC")}, True),
        ({"valid_from": pd.Timestamp(NOW + 86_400, unit="s", tz="UTC")}, True),
        ({"valid_from": pd.Timestamp(NOW + 1800, unit="s", tz="UTC")}, False),
    ],
)
def test_a_zone_is_gone_around_in_its_heights_and_hours(
    plain: District, columns: dict[str, object], straight: bool
) -> None:
    district = with_zones(plain, [box(-100, -300, 100, 300)], **columns)
    assert (len(airspace(district, when=NOW).way(WEST, EAST)) == 2) is straight


def test_zones_of_any_hours_count_when_the_hour_is_not_known(plain: District) -> None:
    past = pd.Timestamp(NOW - 1, unit="s", tz="UTC")
    assert len(airspace(with_zones(plain, [box(-100, -300, 100, 300)], valid_to=past)).way(WEST, EAST)) > 2


@pytest.mark.parametrize(("height_m", "straight"), [(59.0, False), (61.0, True)])
def test_low_ceilings_are_gone_around(plain: District, height_m: float, straight: bool) -> None:
    district = with_zones(plain, [box(-100, -300, 100, 300)], "ceiling", ceiling_m=height_m)
    assert (len(airspace(district).way(WEST, EAST)) == 2) is straight
    above_sea = Level.amsl(plain.home.alt_amsl_m + 60.0)
    assert (len(airspace(district, above_sea).way(WEST, EAST)) == 2) is straight


@pytest.mark.parametrize(("height_m", "straight"), [(49.0, True), (51.0, False)])
def test_buildings_count_from_the_height_that_clearance_asks_for(
    plain: District, height_m: float, straight: bool
) -> None:
    district = with_buildings(plain, [box(-20, -30, 20, 30)], height_m)
    assert (len(airspace(district).way(WEST, EAST)) == 2) is straight
    above_sea = Level.of(Altitude(value_m=60, reference="home"), Position(0, 0, plain.home.alt_amsl_m))
    assert (len(airspace(district, above_sea).way(WEST, EAST)) == 2) is straight


def test_when_only_the_height_blocks_the_height_to_fly_at_is_told(plain: District) -> None:
    ring = Point(900, 40).buffer(200).difference(Point(900, 40).buffer(150))
    with pytest.raises(PlanningError) as caught:
        airspace(with_buildings(plain, [ring], 75.0)).way(WEST, EAST)
    assert caught.value.field == "altitude.value_m"
    assert "85 m or higher" in caught.value.message_en
    assert "85 米" in caught.value.message_zh


def test_hills_are_gone_around_at_a_height_above_sea_level(plain: District, nanling: District) -> None:
    east, north = np.meshgrid(np.linspace(-2500, 2500, 200), np.linspace(2500, -2500, 200))
    heights = plain.home.alt_amsl_m + 80 * np.exp(-(east**2 + north**2) / (2 * 150.0**2))
    lat, lon, _ = plain.frame.geodetic_from_enu(np.array([[-2500, 2500, 0], [2500, -2500, 0]], dtype=float))
    affine = type(nanling.terrain.crs_from_pixel)
    pixel = affine((lon[1] - lon[0]) / 200, 0, lon[0], 0, (lat[1] - lat[0]) / 200, lat[0])
    hill = Terrain(plain.frame, heights.astype(np.float32), pixel, nanling.terrain.crs)
    district = replace(plain, terrain=hill)
    way = airspace(district, Level.amsl(plain.home.alt_amsl_m + 60)).way(WEST, EAST)
    along = shapely.get_coordinates(LineString(way).segmentize(5.0))
    assert 80 * np.exp(-(along**2).sum(axis=1) / (2 * 150.0**2)).max() <= 50.5
    assert length_m(way) < 1.15 * length_m(np.array([WEST, EAST]))
    assert len(airspace(district, AT_60).way(WEST, EAST)) == 2


def test_what_a_line_comes_too_near_to_is_named(plain: District) -> None:
    space = airspace(with_zones(plain, [box(0, 0, 100, 100), box(500, 500, 600, 600)]))
    assert [each.id for each in space.check_part(np.array([(-50.0, 50.0), (50.0, 50.0)]))] == ["z-0"]
    assert space.check_part(np.array([(-50.0, -50.0), (200.0, -50.0)])) == ()


def test_a_city_of_tall_buildings_is_crossed_by_its_streets(plain: District) -> None:
    houses = [box(x, y, x + 30, y + 30) for x in range(-600, 600, 50) for y in range(-500, 500, 50)]
    way = airspace(with_buildings(plain, houses, 80.0)).way((-700, -13), (705, 210))
    assert LineString(way).distance(shapely.union_all(houses)) >= MARGIN_M - 0.01
    assert length_m(way) < 1.12 * math.dist((-700, -13), (705, 210))


@pytest.mark.parametrize("beside_m", [0.05, 0.5, 1.5, 6.0])
def test_a_way_may_begin_and_end_close_beside_what_it_goes_around(plain: District, beside_m: float) -> None:
    zone = box(-100, -100, 100, 100)
    aside = 100.0 + MARGIN_M + beside_m
    way = airspace(with_zones(plain, [zone])).way((0.0, -aside), (aside, 50.0))
    assert LineString(way).distance(zone) >= MARGIN_M - 0.01
    assert length_m(way) < aside + 50 + aside + 5
