"""Sweeping: the whole area is imaged, by little flying, in an order that the aircraft can turn in."""

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from missions.planning.dubins import dubins_lengths
from missions.planning.sweeping import Pass, Swath, TooManyPassesError, cover, order, swath_ground

ROTORCRAFT = Swath(88.0, 64.7)
WINGED = Swath(88.0, 64.7, turn_radius_m=46.0, run_m=46.0)
L = Polygon([(0, 0), (1000, 0), (1000, 200), (200, 200), (200, 1000), (0, 1000)])
U = Polygon([(0, 0), (1000, 0), (1000, 1000), (800, 1000), (800, 200), (200, 200), (200, 1000), (0, 1000)])


def areas() -> st.SearchStrategy[Polygon | MultiPolygon]:
    """Turned rectangles put together, and others taken away: concave, with holes, in parts, thin."""
    rectangle = st.builds(
        lambda width, height, turn, east, north: affinity.translate(
            affinity.rotate(box(0, 0, width, height), turn, origin=(0, 0)), east, north
        ),
        st.floats(3, 900),
        st.floats(20, 900),
        st.floats(0, 180),
        st.floats(-500, 500),
        st.floats(-500, 500),
    )

    def area(added: list[Polygon], taken: list[Polygon]) -> Polygon | MultiPolygon | None:
        made = shapely.union_all(added).difference(shapely.union_all([each.buffer(-0.3 * 20) for each in taken]))
        polygons = [part for part in shapely.get_parts(made) if isinstance(part, Polygon) and part.area > 1]
        return MultiPolygon(polygons) if polygons else None

    made = st.builds(area, st.lists(rectangle, min_size=1, max_size=4), st.lists(rectangle, max_size=2))
    return made.filter(lambda each: each is not None and each.area > 400)  # type: ignore[return-value]


def flown_m(passes: list[Pass], swath: Swath) -> float:
    """All passes and the ways between them, runs and turns included."""
    poses = np.array([[*each.start_m, *each.end_m] for each in passes])
    course = np.arctan2(poses[:, 3] - poses[:, 1], poses[:, 2] - poses[:, 0])
    run = swath.run_m * np.column_stack([np.cos(course), np.sin(course)])
    leaving = np.column_stack([poses[:, 2:] + run, course])[:-1]
    entering = np.column_stack([poses[:, :2] - run, course])[1:]
    turns = dubins_lengths(leaving, entering, swath.turn_radius_m).sum() if len(passes) > 1 else 0.0
    return sum(each.length_m for each in passes) + float(turns) + 2 * swath.run_m * (len(passes) - 1)


@given(areas(), st.floats(40, 150), st.floats(0.0, 0.6), st.sampled_from([0.0, 40.0, 70.0]))
@settings(deadline=None, max_examples=25)
def test_the_swaths_of_a_sweep_image_the_whole_area(area: Polygon, width: float, sidelap: float, radius: float) -> None:
    swath = Swath(width, width * (1 - sidelap), radius, radius)
    passes = cover(area, swath, np.zeros(2))
    assert np.isfinite([(each.start_m, each.end_m) for each in passes]).all()
    assert swath_ground(passes, width).intersection(area).area >= 0.9995 * area.area
    assert shapely.MultiPoint([end for each in passes for end in (each.start_m, each.end_m)]).within(
        area.convex_hull.buffer(width)
    )


@pytest.mark.parametrize("swath", [ROTORCRAFT, WINGED], ids=["rotorcraft", "fixed-wing"])
@pytest.mark.parametrize("turn_deg", [0, 17, 45])
def test_a_compact_area_takes_little_more_than_its_share_of_swaths(swath: Swath, turn_deg: float) -> None:
    square = affinity.rotate(box(0, 0, 1400, 1400), turn_deg)
    disc = shapely.Point(0, 0).buffer(800)
    for area in (square, disc):
        passes = cover(area, swath, np.array(area.bounds[:2]))
        assert flown_m(passes, swath) <= 1.35 * area.area / swath.spacing_m


@pytest.mark.parametrize("area", [L, U], ids=["L", "U"])
def test_arms_are_swept_lengthwise(area: Polygon) -> None:
    passes = cover(area, ROTORCRAFT)
    assert flown_m(passes, ROTORCRAFT) <= 1.15 * area.area / ROTORCRAFT.spacing_m
    courses = {
        round(math.degrees(math.atan2(p.end_m[1] - p.start_m[1], p.end_m[0] - p.start_m[0]))) % 180 for p in passes
    }
    assert courses == {0, 90}


def test_a_forced_direction_is_kept() -> None:
    for passes in (cover(L, ROTORCRAFT, direction_deg=30), cover(L, WINGED, direction_deg=210)):
        courses = [math.degrees(math.atan2(p.end_m[0] - p.start_m[0], p.end_m[1] - p.start_m[1])) % 180 for p in passes]
        assert courses == pytest.approx([30] * len(passes), abs=1e-6)


def test_ordering_a_share_flies_every_pass_once() -> None:
    passes = cover(U, WINGED)
    share = order(passes[2:8], WINGED, np.array([500.0, -200.0]))
    ends = [frozenset((each.start_m, each.end_m)) for each in share]
    assert sorted(map(sorted, ends)) == sorted(sorted({p.start_m, p.end_m}) for p in passes[2:8])


def test_a_winged_aircraft_skips_passes_that_it_cannot_turn_into() -> None:
    passes = cover(box(0, 0, 2000, 600), Swath(40.0, 30.0, turn_radius_m=60.0, run_m=60.0))
    gaps = [abs(after.start_m[1] - before.end_m[1]) for before, after in pairwise(passes)]
    assert sum(gap >= 90 for gap in gaps) > 0.8 * len(gaps)


def test_an_area_far_too_large_is_refused() -> None:
    with pytest.raises(TooManyPassesError):
        cover(box(0, 0, 10_000, 10_000), Swath(2.0, 1.5))
