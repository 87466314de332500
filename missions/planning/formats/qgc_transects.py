"""Survey and corridor patterns of QGroundControl, computed from their parameters where a file lacks their items.

Lines of a survey run along ``angle`` (clockwise from north), ``spacing`` apart, and reach beyond the polygon by the
turn-around distance; a corridor's lines run beside its centre line. Plane geometry in metres around the pattern's
middle (equirectangular projection): these patterns are a few kilometres wide.
"""

import math

import msgspec
from shapely.affinity import rotate
from shapely.errors import GEOSException
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from missions.plan import Command, Frame, PlanItem
from missions.planning.formats.checked import bad
from missions.planning.formats.frames import waypoint
from missions.planning.formats.results import MAX_ITEMS

MAX_EXTENT_M = 100_000.0
MAX_LINES = 2_000
METRES_PER_DEGREE = math.radians(6_371_008.8)
HOVER_S = 2.0
BESIDE_M = 2_000.0
"""QGroundControl lays lines from the western edge of a square on, which is so much wider than the area is long."""

Place = tuple[float, float]
Line = list[Place]


class Pattern(msgspec.Struct, frozen=True):
    """Parameters of a pattern.

    Attributes:
        spacing_m: between lines.
        picture_m: along a line; 0 for none.
        turn_m: beyond the ends of a line.
        altitude_m: in the frame.
        frame: MAV_FRAME.
        hover: stand still for each picture.
        refly: once more, across.
        angle_deg: of the lines, clockwise from north (surveys).
        entry: corner at which it begins, 0 to 3.
        alternate: every other line first, the others on the way back.
        trigger_in_turns: pictures in the turns too.
    """

    spacing_m: float
    picture_m: float
    turn_m: float
    altitude_m: float
    frame: int
    hover: bool = False
    refly: bool = False
    angle_deg: float = 0.0
    entry: int = 0
    alternate: bool = False
    trigger_in_turns: bool = False


class _Plane:
    """Metres east and north of the middle of some places, and back."""

    def __init__(self, places: list[Place], where: str) -> None:
        lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
        self.lat, self.lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        self.east = METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        self.metres: Line = [
            ((lon - self.lon) * self.east, (lat - self.lat) * METRES_PER_DEGREE) for lat, lon in places
        ]
        if abs(self.lat) > 85 or any(math.hypot(*point) > MAX_EXTENT_M for point in self.metres):
            raise bad(
                f"{where} is wider than {2 * MAX_EXTENT_M / 1000:.0f} km: are latitude and longitude swapped?",
                f"{where} 范围过大：经纬度是否颠倒？",
                where,
            )

    def geodetic(self, point: Place) -> Place:
        return round(self.lat + point[1] / METRES_PER_DEGREE, 8), round(self.lon + point[0] / self.east, 8)


def survey(polygon: list[Place], pattern: Pattern, where: str) -> list[PlanItem]:
    """The items of a survey over a polygon of (latitude, longitude).

    Raises:
        PlanningError: when polygon or spacing make no pattern.
    """
    plane = _Plane(polygon, where)
    area = Polygon(plane.metres).buffer(0)
    if area.is_empty or area.area < 1.0:
        raise bad(f"{where}.polygon encloses nothing", f"{where}.polygon 没有面积", f"{where}.polygon")
    items: list[PlanItem] = []
    for turned in (0.0, 90.0) if pattern.refly else (0.0,):
        lines = _lines(area, pattern.angle_deg + turned, pattern, where)
        items += _flown(lines, pattern, plane, where)
    return items


def _lines(area: BaseGeometry, angle_deg: float, pattern: Pattern, where: str) -> list[Line]:
    """Lines across an area where QGroundControl lays them; over a notch in the area they go straight on."""
    west, south, east, north = area.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    angle_deg = _upward_deg(angle_deg)
    upright = rotate(area, angle_deg, origin=middle)  # counter-clockwise: lines now run north
    low, bottom, high, top = upright.bounds
    spacing = _spacing(pattern, high - low, where)
    # The first of them lies so far west, whatever the spacing: which of them meet the area follows from that.
    begin = middle[0] - (max(east - west, north - south) + BESIDE_M) / 2
    numbers = range(math.ceil((low - begin) / spacing), math.floor((high - begin) / spacing) + 1)
    crossing = [_across(upright, begin + number * spacing, bottom, top) for number in numbers]
    lines = [line for line in crossing if line]
    if len(lines) < 2:
        lines = [_across(upright, middle[0], bottom, top) or [middle, middle]]
    # Entry 0 begins in the north-west, 1 in the north-east, 2 in the south-west, 3 in the south-east of the lines.
    if pattern.entry in (1, 3):
        lines.reverse()
    if pattern.entry in (0, 1):
        lines = [line[::-1] for line in lines]
    return [
        [(x, y) for x, y in rotate(LineString(line), -angle_deg, origin=middle).coords]
        for line in _in_turn(lines, pattern.alternate)
    ]


def _upward_deg(angle_deg: float) -> float:
    """An angle as QGroundControl turns lines by it: half a turn less, or more, where it is beyond a right angle."""
    if angle_deg > 90.0:
        return angle_deg - 180.0
    return angle_deg + 180.0 if angle_deg < -90.0 else angle_deg


def _across(upright: BaseGeometry, across: float, bottom: float, top: float) -> Line:
    """The line to the north at a place, from where it first meets an area to where it last does; empty beside it."""
    cut = upright.intersection(LineString([(across, bottom - 1), (across, top + 1)]))
    if cut.length < 0.01:
        return []
    _, first, _, last = cut.bounds
    return [(across, first), (across, last)]


def _spacing(pattern: Pattern, width_m: float, where: str) -> float:
    spacing = pattern.spacing_m if pattern.spacing_m >= 0.5 else width_m + 1.0  # as QGroundControl: one line
    if width_m / spacing > MAX_LINES:
        raise bad(f"{where} would need more than {MAX_LINES} lines", f"{where} 航线超过 {MAX_LINES} 条", where)
    return spacing


def _in_turn(lines: list[Line], alternate: bool) -> list[Line]:
    """Every second line flown the other way."""
    ordered = lines[::2] + lines[1::2][::-1] if alternate else lines
    return [line if index % 2 == 0 else line[::-1] for index, line in enumerate(ordered)]


def corridor(centre: list[Place], width_m: float, pattern: Pattern, where: str) -> list[PlanItem]:
    """The items of a corridor of a width along a centre line of (latitude, longitude).

    Raises:
        PlanningError: when line, width or spacing make no pattern.
    """
    plane = _Plane(centre, where)
    line = LineString(plane.metres)
    if line.length < 1.0 or not 0 <= width_m <= MAX_EXTENT_M:
        raise bad(f"{where} has no length, or no width", f"{where} 没有长度或宽度", where)
    spacing = _spacing(pattern, width_m, where)
    count = max(1, math.ceil(width_m / spacing - 1e-9))
    beside = [0.0] if count == 1 else [width_m / 2 - spacing * (index + 0.5) for index in range(count)]
    lines = [each for offset in beside if (each := _beside(line, offset))]
    if pattern.entry in (1, 3):
        lines.reverse()
    if pattern.entry in (2, 3):
        lines = [each[::-1] for each in lines]
    return _flown(_in_turn(lines, False), pattern, plane, where)


def _beside(line: LineString, offset_m: float) -> Line:
    try:
        moved = line if offset_m == 0 else line.offset_curve(offset_m, join_style="mitre")
    except GEOSException:
        return []
    parts = [part for part in getattr(moved, "geoms", [moved]) if not part.is_empty]
    return [(x, y) for part in parts for x, y in part.coords]


def _flown(lines: list[Line], pattern: Pattern, plane: _Plane, where: str) -> list[PlanItem]:
    """Items for lines: entry, pictures, exit, and the turn-around points beyond both."""
    items: list[PlanItem] = []
    for line in lines:
        points = _stops(line, pattern.picture_m) if pattern.hover and pattern.picture_m > 0 else line
        if pattern.turn_m > 0:
            items.append(_point(_beyond(line[1], line[0], pattern.turn_m), pattern, plane))
        for index, point in enumerate(points):
            items.append(_point(point, pattern, plane))
            items += _camera(index, len(points), pattern)
        if pattern.turn_m > 0:
            items.append(_point(_beyond(line[-2], line[-1], pattern.turn_m), pattern, plane))
        if len(items) > MAX_ITEMS:
            raise bad(f"{where} makes more than {MAX_ITEMS} items", f"{where} 超过 {MAX_ITEMS} 项", where)
    if pattern.trigger_in_turns and pattern.picture_m > 0 and not pattern.hover:
        items.append(_trigger(0.0))
    return items


def _point(point: Place, pattern: Pattern, plane: _Plane) -> PlanItem:
    return waypoint(*plane.geodetic(point), pattern.altitude_m, pattern.frame)


def _camera(index: int, count: int, pattern: Pattern) -> list[PlanItem]:
    if pattern.picture_m <= 0:
        return []
    if pattern.hover:
        stay = PlanItem(int(Command.DELAY), int(Frame.MISSION), params=(HOVER_S, -1.0, -1.0, -1.0))
        return [stay, PlanItem(int(Command.IMAGE_START_CAPTURE), int(Frame.MISSION), params=(0.0, 0.0, 1.0, 0.0))]
    if index == 0:
        return [_trigger(pattern.picture_m)]
    return [_trigger(0.0)] if index == count - 1 and not pattern.trigger_in_turns else []


def _trigger(distance_m: float) -> PlanItem:
    return PlanItem(int(Command.SET_CAM_TRIGG_DIST), int(Frame.MISSION), params=(distance_m, 0.0, 1.0, 0.0))


def _stops(line: Line, every_m: float) -> Line:
    way = LineString(line)
    count = min(MAX_ITEMS, max(1, math.ceil(way.length / max(every_m, 0.5) - 1e-9)))
    return [(p.x, p.y) for p in (way.interpolate(index / count, normalized=True) for index in range(count + 1))]


def _beyond(before: Place, end: Place, distance_m: float) -> Place:
    """A point past the end of a line."""
    east, north = end[0] - before[0], end[1] - before[1]
    length = math.hypot(east, north) or 1.0
    return end[0] + east / length * distance_m, end[1] + north / length * distance_m


def around(polygon: list[Place], distance_m: float, where: str) -> list[Place]:
    """The ring at a distance around a polygon of (latitude, longitude), not closed.

    Raises:
        PlanningError: when the polygon encloses nothing.
    """
    plane = _Plane(polygon, where)
    if not -MAX_EXTENT_M <= distance_m <= MAX_EXTENT_M:
        raise bad(f"{where} lies {distance_m:g} m from its structure", f"{where} 距离无效", where)
    ring = Polygon(plane.metres).buffer(0).buffer(distance_m, join_style="mitre")
    if ring.is_empty:
        raise bad(f"{where}.polygon encloses nothing", f"{where}.polygon 没有面积", f"{where}.polygon")
    largest = max(getattr(ring, "geoms", [ring]), key=lambda part: part.area)
    corners = list(largest.exterior.coords)[:-1]
    start = min(range(len(corners)), key=lambda index: math.dist(corners[index], plane.metres[0]))
    return [plane.geodetic((x, y)) for x, y in corners[start:] + corners[:start]]
