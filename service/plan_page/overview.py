"""The map of a plan page: the ground, what was asked for, and each vehicle's path with its marks, in one SVG."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Plan, PlanItem
from missions.planning.request import MissionRequest
from missions.safety import Finding
from service.plan_page.course import Course
from service.plan_page.ground import camera_marks, ground, pin, site_marks, zone_areas, zone_marks
from service.plan_page.view import View, area_path, line_path, lines, local
from service.plan_page.words import PURPOSES, escaped, known, number, title

DRAWN_POINTS = 24_000
"""Points of all paths of a page together."""

ARROW_EVERY_PX = 90.0
MAX_ARROWS = 70
MARK_APART_PX = 15.0
MAX_WAYPOINTS = 1_500
MAX_CIRCLES = 200
MAX_NUMBERS = 200
"""Marks of one plan."""

FARTHEST_DEG = 0.5
_ON_THE_WAY = {"", "transit", "turn", "camera", "speed"}
_CIRCLES = {Command.LOITER_TURNS: 2, Command.LOITER_TIME: 2, Command.LOITER_TO_ALT: 1}
"""Commands that circle, and which of their parameters is the radius."""


def view_of(courses: Sequence[Course], request: MissionRequest | None, district: District) -> View:
    """What the map must show: the paths, the homes and what was asked for."""
    places = [course.enu_m[:, :2] for course in courses if len(course.enu_m)]
    places += [item_places(course.plan, district) for course in courses]
    places += [_home(course.plan, district)[None, :2] for course in courses]
    if request is not None:
        places.append(shapely.get_coordinates(local(district, request.shape)))
    return View.of(np.vstack(places))


def overview(
    courses: Sequence[Course],
    findings: Sequence[Sequence[Finding]],
    request: MissionRequest | None,
    district: District,
    view: View,
) -> str:
    """The map as one ``svg`` element."""
    content = [ground(district, view), zone_areas(district, view)]
    content += [_imaged(course, district) for course in courses]
    if request is not None:
        content.append(_asked(request, district))
    content += [f'<g class="marks sites">{"".join(site_marks(district, view))}</g>']
    content += [f'<g class="marks cameras">{"".join(camera_marks(district, view))}</g>']
    content += [f'<g class="marks names">{"".join(zone_marks(district, view))}</g>']
    budget = DRAWN_POINTS // max(1, len(courses))
    content += [_path(course, index, budget, view) for index, course in enumerate(courses)]
    content += [_marks(course, index, district, view) for index, course in enumerate(courses)]
    content.append("".join(_homes(courses, district)))
    content.append("".join(_finding_marks(findings, district)))
    box = f"{number(view.west_m)} {number(-view.north_m)} {number(view.width_m)} {number(view.height_m)}"
    scale = f"--px:{number(view.metres_per_px, 4)}"
    return (
        f'<svg id="map" viewBox="{box}" style="{scale}" role="img" aria-label="map" '
        f'preserveAspectRatio="xMidYMid meet">{_definitions(view)}{"".join(content)}<g id="map-cursor"></g></svg>'
    )


def colour(index: int) -> str:
    """The class that gives a vehicle its colour."""
    return f"v{index % 8}"


def item_places(plan: Plan, district: District) -> FloatArray:
    """(M, 2) places of the items of `_placed`."""
    placed = _placed(plan)
    if not placed:
        return np.zeros((0, 2))
    lat, lon = np.array([(item.lat_deg, item.lon_deg) for _, item in placed]).T
    return district.frame.enu_from_geodetic(lat, lon, np.full(len(lat), district.frame.origin.alt_amsl_m))[:, :2]


def _definitions(view: View) -> str:
    """Hatching of the zones; in pixels, scaled with the map."""
    scale = number(view.metres_per_px, 4)
    patterns = (
        f'<pattern id="hatch-{rule}" class="hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="scale({scale}) rotate({turn})"><path class="{rule}" d="M0 0V7"/></pattern>'
        for rule, turn in (("no_fly", 45), ("ceiling", -45), ("alert", 90))
    )
    return f"<defs>{''.join(patterns)}</defs>"


def _imaged(course: Course, district: District) -> str:
    if course.plan.imaged is None:
        return ""
    area = local(district, shape(course.plan.imaged)).simplify(0.5)
    return f'<path class="imaged {colour(course.number - 1)}" d="{area_path(area)}"/>'


def _asked(request: MissionRequest, district: District) -> str:
    """What was drawn by the person who asked: areas, lines and places."""
    geometry = local(district, request.shape)
    edges = geometry.boundary if geometry.geom_type in {"Polygon", "MultiPolygon"} else geometry
    drawn = "".join(line_path(shapely.get_coordinates(line)) for line in lines(edges))
    places = "".join(
        pin(point.x, point.y, '<path class="asked" d="M-7 0H7M0-7V7"/><circle class="asked" r="4.5"/>')
        for point in _points(geometry)
    )
    return f'<g class="request"><path class="asked casing" d="{drawn}"/><path class="asked" d="{drawn}"/>{places}</g>'


def _points(geometry: BaseGeometry) -> Iterator[shapely.Point]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Point":
            yield part


def _path(course: Course, index: int, budget: int, view: View) -> str:
    if len(course.enu_m) < 2:
        return ""
    kept = course.drawn(budget)
    line = line_path(course.enu_m[kept])
    working = "".join(
        line_path(course.enu_m[samples]) for on, samples in runs(course.imaging[kept], kept) if on and len(samples) > 1
    )
    return (
        f'<g class="course {colour(index)}" data-plan="{index}"><path class="working" d="{working}"/>'
        f'<path class="casing" d="{line}"/><path class="line" d="{line}"/>{"".join(_arrows(course, kept, view))}</g>'
    )


def runs(values: np.ndarray, samples: np.ndarray) -> Iterator[tuple[bool, np.ndarray]]:
    """Neighbouring samples of equal value, each run with the first sample of the next."""
    changes = np.flatnonzero(np.diff(values.astype(np.int8))) + 1
    edges = [0, *changes.tolist(), len(values)]
    for start, end in pairwise(edges):
        if end > start:
            yield bool(values[start]), samples[start : end + 1]


def _arrows(course: Course, kept: np.ndarray, view: View) -> Iterator[str]:
    """Arrow heads in the middle of long legs, evenly along the path."""
    flat = course.enu_m[kept][:, :2]
    steps = np.diff(flat, axis=0)
    lengths = np.hypot(*steps.T)
    every = max(ARROW_EVERY_PX * view.metres_per_px, float(lengths.sum()) / MAX_ARROWS)
    since = every / 2
    for index in range(len(steps)):
        since += lengths[index]
        if since < every or lengths[index] < 16 * view.metres_per_px:
            continue
        since = 0.0
        east, north = flat[index] + steps[index] / 2
        heading = math.degrees(math.atan2(steps[index][0], steps[index][1]))
        shape_px = f'<path class="arrow" transform="rotate({number(heading)})" d="M0-5.2L4 4.2L0 2.2L-4 4.2z"/>'
        yield pin(east, north, shape_px)


def _marks(course: Course, index: int, district: District, view: View) -> str:
    """Waypoints as dots, circles with their radius, and numbers at the items that matter."""
    dots: list[str] = []
    numbers: list[str] = []
    circles: list[str] = []
    taken: list[FloatArray] = []
    key = key_items(course.plan)
    for place, (number_, item) in zip(item_places(course.plan, district), _placed(course.plan), strict=True):
        if len(dots) < MAX_WAYPOINTS:
            dots.append(f"M{number(place[0])} {number(-place[1])}h0")
        if len(circles) < MAX_CIRCLES and (radius := circle_radius_m(item, course)):
            circles.append(f'<circle cx="{number(place[0])}" cy="{number(-place[1])}" r="{number(radius)}"/>')
        if number_ not in key or len(numbers) >= MAX_NUMBERS:
            continue
        if all(math.dist(place, other) >= MARK_APART_PX * view.metres_per_px for other in taken):
            taken.append(place)
            numbers.append(_numbered(place, number_, item))
    return (
        f'<g class="items {colour(index)}" data-plan="{index}"><path class="dots" d="{"".join(dots)}"/>'
        f'<g class="loiters">{"".join(circles)}</g>{"".join(numbers)}</g>'
    )


def _numbered(place: FloatArray, index: int, item: PlanItem) -> str:
    hint = title(known(PURPOSES, item.purpose))
    width = 14 if index < 99 else 20 if index < 999 else 26
    badge = f'<rect x="{-width / 2}" y="-7" width="{width}" height="14" rx="7"/>'
    return pin(place[0], place[1], f'{badge}<text y="3.4">{index + 1}</text>{hint}', " number")


def circle_radius_m(item: PlanItem, course: Course) -> float:
    """The radius of the circle that an item flies; 0 when it flies none."""
    parameter = _CIRCLES.get(Command(item.command)) if item.command in _CIRCLES else None
    if parameter is None:
        return 0.0
    turns_on_the_spot = course.plan.vehicle_kind == "rotorcraft" and item.command != Command.LOITER_TURNS
    return 0.0 if turns_on_the_spot else abs(item.params[parameter] or 0.0)


def _placed(plan: Plan) -> list[tuple[int, PlanItem]]:
    """The items that send the vehicle to a place within `FARTHEST_DEG` of its home, with their indices."""
    home = plan.home
    return [
        (index, item)
        for index, item in enumerate(plan.items)
        if item.has_place
        and abs(item.lat_deg - home.lat_deg) < FARTHEST_DEG
        and abs(item.lon_deg - home.lon_deg) < FARTHEST_DEG
    ]


def key_items(plan: Plan) -> set[int]:
    """Indices of the items that tell a plan's story: take-off, where parts begin and end, loiters and the landing."""
    key = set()
    for purpose, group in groupby(_placed(plan), key=lambda pair: pair[1].purpose):
        members = [index for index, _ in group]
        if purpose not in _ON_THE_WAY:
            key |= {members[0], members[-1]}
    key |= {index for index, item in _placed(plan) if item.command != Command.WAYPOINT}
    return key


def _homes(courses: Sequence[Course], district: District) -> Iterator[str]:
    """Where the aircraft stand, each place once."""
    for east, north in sorted({tuple(np.round(_home(course.plan, district)[:2], 1)) for course in courses}):
        yield pin(east, north, '<circle r="8.5"/><path d="M0-4.8L5 0H3.4V4.2H-3.4V0H-5z"/>', " home")


def _home(plan: Plan, district: District) -> FloatArray:
    home = plan.home
    return district.frame.enu_from_geodetic(home.lat_deg, home.lon_deg, home.alt_amsl_m)


def _finding_marks(findings: Sequence[Sequence[Finding]], district: District) -> Iterator[str]:
    for each in (finding for group in findings for finding in group):
        if each.position is None:
            continue
        enu = district.frame.enu_from_geodetic(each.position.lat_deg, each.position.lon_deg, each.position.alt_amsl_m)
        mark = '<path d="M0-9L8.5 6.5H-8.5z"/><path class="bang" d="M0-3.6V1.4M0 3.6v.4"/>'
        mark += f"<title>{escaped(each.rule)}</title>"
        yield pin(float(enu[0]), float(enu[1]), mark, f" finding {each.severity}")
