"""What the page's own program needs: the courses sample by sample, and the ground in three dimensions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from service.plan_page.course import Course
from service.plan_page.ground import near
from service.plan_page.view import View, polygons

SAMPLES = 16_000
"""Samples of all courses of a page together."""

GROUND_POSTS = 44
SOLID_BUILDINGS = 700
"""The buildings nearest to the paths that stand in three dimensions."""


def page_data(courses: Sequence[Course], district: District, view: View) -> dict[str, Any]:
    """Everything as plain lists of rounded numbers.

    Each course has ``x``, ``y``, ``z`` (east, north, AMSL), ``g`` (ground AMSL), ``t`` (s), ``d`` (m), ``v`` (m/s),
    ``e`` (percent of the battery used) and ``i`` (item), one value a sample.
    """
    budget = SAMPLES // max(1, len(courses))
    return {
        "view": [round(edge, 1) for edge in (view.west_m, view.south_m, view.east_m, view.north_m)],
        "courses": [_course(course, budget) for course in courses],
        "ground": _ground(district, view),
        "buildings": _buildings(courses, district, view),
    }


def _course(course: Course, budget: int) -> dict[str, Any]:
    kept = course.drawn(budget)
    ends = course.plan.takeoffs_s
    return {
        "name": course.label,
        "starts": [round(start, 1) for start in ends],
        "x": _tenths(course.enu_m[kept, 0]),
        "y": _tenths(course.enu_m[kept, 1]),
        "z": _tenths(course.enu_m[kept, 2]),
        "g": _tenths(course.ground_amsl_m[kept]),
        "t": _tenths(course.time_s[kept]),
        "d": _tenths(course.distance_m[kept]),
        "v": _tenths(course.speed_mps[kept]),
        "e": _tenths(course.energy_fraction[kept] * 100),
        "i": [] if course.path is None else course.path.item[kept].tolist(),
    }


def _tenths(values: FloatArray) -> list[float]:
    return [float(value) for value in np.round(values, 1)]


def _ground(district: District, view: View) -> dict[str, Any]:
    """Heights AMSL on a coarse grid, rows from south to north."""
    margin = 0.12 * max(view.width_m, view.height_m)
    east = np.linspace(view.west_m - margin, view.east_m + margin, GROUND_POSTS)
    north = np.linspace(view.south_m - margin, view.north_m + margin, GROUND_POSTS)
    places = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([places, np.zeros(len(places))]))
    return {"x": _tenths(east), "y": _tenths(north), "z": _tenths(np.asarray(district.terrain.height_amsl_m(lat, lon)))}


def _buildings(courses: Sequence[Course], district: District, view: View) -> list[list[float]]:
    """Each as height above ground, ground AMSL, then the corners x, y, x, y …; the nearest to the paths."""
    found = near(district.buildings, district, view)
    if not len(found):
        return []
    flown = [shapely.LineString(course.enu_m[course.drawn(400)][:, :2]) for course in courses if len(course.enu_m) > 1]
    if flown:
        away = found.geometry.distance(shapely.union_all(flown)).to_numpy()
        found = found.iloc[np.argsort(away, kind="stable")[:SOLID_BUILDINGS]]
    return [solid for row in found.itertuples() for solid in _solids(row.geometry, float(row.height_m), district)]


def _solids(shape: BaseGeometry, height_m: float, district: District) -> list[list[float]]:
    made = []
    for polygon in polygons(shape.simplify(1.0)):
        corners = shapely.get_coordinates(polygon.exterior)[:-1]
        centre = np.append(corners.mean(axis=0), 0.0)
        lat, lon, _ = district.frame.geodetic_from_enu(centre)
        base = float(district.terrain.height_amsl_m(lat, lon))
        made.append([round(height_m, 1), round(base, 1), *_tenths(corners.reshape(-1))])
    return made
