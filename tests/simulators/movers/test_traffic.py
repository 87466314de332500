"""Movers keep to the streets, keep apart, stop and turn, and do the same again with the same seed."""

import functools
import math
from collections import Counter

import numpy as np
import pytest
import shapely

from maps.district import District
from simulators.movers.path import Path, curve
from simulators.movers.states import MoverState
from simulators.movers.traffic import Traffic


@functools.cache
def nanling() -> District:
    return District.embedded("nanling")


def traffic(seed: int = 1, cars: int = 24, people: int = 40, area_m: float = 500) -> Traffic:
    district = nanling()
    ground = district.surface.ground_enu_m
    return Traffic(district.streets, district.frame, ground, cars=cars, people=people, area_m=area_m, seed=seed)


@functools.cache
def watched() -> tuple[tuple[MoverState, ...], ...]:
    """Four minutes, looked at once a second."""
    moving = traffic()
    looks = []
    for step in range(240 * 25):
        moving.step(0.04)
        if step % 25 == 0:
            looks.append(tuple(moving.states()))
    return tuple(looks)


def test_everybody_is_there_and_within_the_area() -> None:
    for look in watched()[::20]:
        assert Counter(mover.kind for mover in look) == {"vehicle": 24, "person": 40}
        assert max(max(map(abs, mover.position_enu_m[:2])) for mover in look) < 530


def test_cars_drive_on_the_carriageway_and_people_beside_it() -> None:
    district = nanling()
    streets = district.streets.to_crs(district.frame.crs)
    carriageway = shapely.union_all(
        [line.buffer(width / 2) for line, width in zip(streets.geometry, streets["width_m"], strict=True)]
    )
    looks = [mover for look in watched()[::10] for mover in look]
    points = shapely.points([mover.position_enu_m[:2] for mover in looks])
    on_street = shapely.contains(carriageway, points)
    cars = np.array([mover.kind == "vehicle" for mover in looks])
    assert on_street[cars].mean() > 0.97
    assert 0.01 < on_street[~cars].mean() < 0.35  # people cross now and then


def test_movers_go_no_farther_than_their_speed_takes_them() -> None:
    for before, after in zip(watched(), watched()[1:], strict=False):
        for a, b in zip(before, after, strict=True):
            moved = math.dist(a.position_enu_m, b.position_enu_m)
            assert moved < max(a.speed_mps, b.speed_mps) * 1.0 + 2.5


def test_cars_keep_apart() -> None:
    for look in watched():
        cars = np.array([mover.position_enu_m[:2] for mover in look if mover.kind == "vehicle"])
        apart = np.linalg.norm(cars[:, None] - cars[None], axis=-1) + np.eye(len(cars)) * 99
        assert apart.min() > 2.5


def test_cars_stop_and_turn_and_none_stands_forever() -> None:
    stops, headings = Counter(), {}
    for look in watched():
        for mover in look:
            if mover.kind == "vehicle":
                stops[mover.id] += mover.speed_mps < 0.1
                headings.setdefault(mover.id, set()).add(round(mover.heading_deg / 90) % 4)
    assert sum(stops.values()) > 100
    assert max(stops.values()) < 200
    assert sum(len(each) > 1 for each in headings.values()) > 15


def test_the_ground_is_under_their_feet() -> None:
    look = watched()[100]
    places = np.array([mover.position_enu_m for mover in look])
    assert places[:, 2] == pytest.approx(nanling().surface.ground_enu_m(places[:, 0], places[:, 1]), abs=1e-6)


def test_the_same_seed_gives_the_same_movements_and_another_gives_others() -> None:
    ends = []
    for seed in (3, 3, 4):
        moving = traffic(seed, cars=6, people=6)
        for _ in range(500):
            moving.step(0.02)
        ends.append([mover.position_enu_m for mover in moving.states()])
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]


def test_without_streets_nobody_moves() -> None:
    district = nanling()
    ground = district.surface.ground_enu_m
    empty = Traffic(district.streets.iloc[:0], district.frame, ground, cars=5, people=5, area_m=500, seed=1)
    empty.step(0.02)
    assert empty.states() == []


def test_a_path_is_measured_along_its_length() -> None:
    path = Path([(0, 0), (0, 10), (10, 10)])
    assert path.length_m == 20
    assert path.place(15) == pytest.approx((5, 10, 90))
    assert path.place(99) == pytest.approx((10, 10, 90))
    assert np.array(path.offset(2).points) == pytest.approx(np.array([(2, 0), (2, 8), (10, 8)]))
    assert np.array(path.between(5, 15).points) == pytest.approx(np.array([(0, 5), (0, 10), (5, 10)]))
    assert path.reversed().start_heading_deg == pytest.approx(270)


def test_a_turn_begins_and_ends_in_the_right_directions() -> None:
    turn = curve((0, 0), 0, (10, 10), 90)
    assert turn.start_heading_deg == pytest.approx(0, abs=12)
    assert turn.end_heading_deg == pytest.approx(90, abs=12)
    assert 14 < turn.length_m < 18
