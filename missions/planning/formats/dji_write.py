"""Plans written as DJI's wayline files (WPML 1.0.2): a KMZ with ``wpmz/template.kml`` and ``wpmz/waylines.wpml``.

Heights are written above the take-off point, which is what DJI aircraft measure themselves; a plan that is all above
terrain is written above ground. Orders between two waypoints are done at the first of them. What a wayline cannot say
is found by reading the file back, so that nothing is lost without a name.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from missions.dialects import DEFAULT_LOITER_RADIUS_M, EARTH_RADIUS_M, Autopilot, names_place
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.formats import dji_read, xmltree
from missions.planning.formats.archive import packed
from missions.planning.formats.checked import bad
from missions.planning.formats.dji_actions import action_of
from missions.planning.formats.dji_xml import Stop, Wayline, template_kml, waylines_wpml
from missions.planning.formats.frames import AMSL_FRAMES, TERRAIN_FRAMES, amsl_m, purpose
from missions.planning.formats.results import Written, command_name, figures_of, in_order

RING_STEP_DEG = 22.5
MAX_RING = 2_000
MAX_COMPARED = 1_500
"""Items whose order is compared too: that takes time with their square."""
TEMPLATE, WAYLINES = "wpmz/template.kml", "wpmz/waylines.wpml"
_ENDS = {
    int(Command.RETURN_TO_LAUNCH): "goHome",
    int(Command.LAND): "autoLand",
    int(Command.VTOL_LAND): "autoLand",
}
_TAKEOFFS = (Command.TAKEOFF, Command.VTOL_TAKEOFF)
_PLACES = (Command.WAYPOINT, Command.LOITER_TIME, Command.LOITER_TO_ALT, 17, 82)


def write(plan: Plan, autopilot: Autopilot | None = None) -> Written:
    """A plan as a DJI wayline file; an autopilot's dialect has no meaning here.

    Raises:
        PlanningError: when it has no waypoint, or mixes heights above terrain with others.
    """
    wayline = _Walk(plan).walked()
    template, waylines = template_kml(wayline), waylines_wpml(wayline)
    data = packed({TEMPLATE: template, WAYLINES: waylines})
    again = dji_read.read(xmltree.parse(waylines), xmltree.parse(template), plan.vehicle_kind).plan
    return Written(data, in_order(_losses(plan, again)))


@dataclass(slots=True)
class _Walk:
    """A plan being walked through, item by item, and the wayline that comes of it."""

    plan: Plan
    stops: list[Stop] = field(default_factory=list)
    before: list[PlanItem] = field(default_factory=list)
    speed_mps: float = 0.0
    looks_at: tuple[float, float, float] | None = None

    def walked(self) -> Wayline:
        """The wayline of the plan."""
        plan = self.plan
        above_ground = _above_ground(plan)
        self.speed_mps = transitional = plan.speed_mps
        takeoff_m: float | None = None
        finish = "noAction"
        for index, item in enumerate(plan.items):
            if item.command in _ENDS:
                self._last_place(item)
                finish = _ENDS[item.command]
                break
            if item.command in _TAKEOFFS:
                takeoff_m = self._above_home(item) if takeoff_m is None and not self.stops else takeoff_m
            elif item.command in _PLACES and item.has_place:
                self._stop(item)
            elif item.command == Command.LOITER_TURNS and item.has_place:
                self._ring(index)
            else:
                self._order(item)
            if not self.stops:
                transitional = self.speed_mps
        if not self.stops:
            raise bad("the plan has no waypoint: a DJI file needs one", "计划没有航点，无法写为 DJI 航线文件", "items")
        first = self.stops[0].height_m
        return Wayline(
            home=plan.home,
            takeoff_m=takeoff_m if takeoff_m is not None else max(first, dji_read.DEFAULT_TAKEOFF_M),
            above_ground=above_ground,
            cruise_mps=plan.speed_mps,
            transitional_mps=transitional,
            finish=finish,
            before=tuple(self.before),
            stops=tuple(self.stops),
        )

    def _above_home(self, item: PlanItem) -> float:
        if item.frame in TERRAIN_FRAMES or item.frame not in AMSL_FRAMES:
            return item.alt_m
        return round(item.alt_m - self.plan.home.alt_amsl_m, 3)

    def _stop(self, item: PlanItem) -> None:
        hold, radius, _, yaw = item.params
        stop = Stop(item.lat_deg, item.lon_deg, self._above_home(item), self.speed_mps, self.looks_at)
        stop.yaw_deg = yaw if item.command == Command.WAYPOINT and yaw else None
        stop.turn_m = radius if item.command == Command.WAYPOINT and radius and radius > 0 else 0.0
        self.stops.append(stop)
        waits = hold if item.command in (Command.WAYPOINT, Command.LOITER_TIME) else None
        if waits and waits > 0:
            stop.orders.append(PlanItem(int(Command.DELAY), int(Frame.MISSION), params=(waits, -1.0, -1.0, -1.0)))

    def _ring(self, index: int) -> None:
        """Turns around a place as waypoints on the circle: waylines know no circles."""
        item = self.plan.items[index]
        turns, radius = item.params[0] or 1.0, item.params[2] or DEFAULT_LOITER_RADIUS_M
        count = min(MAX_RING, max(1, math.ceil(abs(turns) * 360.0 / RING_STEP_DEG)))
        reach = math.degrees(abs(radius) / EARTH_RADIUS_M)
        shrink = max(math.cos(math.radians(item.lat_deg)), 1e-3)
        origin = self.stops[-1] if self.stops else None
        north = (origin.lat_deg if origin else self.plan.home.lat_deg) - item.lat_deg
        east = ((origin.lon_deg if origin else self.plan.home.lon_deg) - item.lon_deg) * shrink
        start = math.atan2(east, north)
        step = math.copysign(math.radians(abs(turns) * 360.0 / count), radius)
        for number_of in range(count + 1):
            bearing = start + number_of * step
            lat = round(item.lat_deg + reach * math.cos(bearing), 8)
            lon = round(item.lon_deg + reach * math.sin(bearing) / shrink, 8)
            self.stops.append(Stop(lat, lon, self._above_home(item), self.speed_mps, self.looks_at))

    def _order(self, item: PlanItem) -> None:
        second = item.params[1]
        match item.command:
            case Command.CHANGE_SPEED:
                self.speed_mps = second if second and second > 0 else self.speed_mps
                if self.stops:
                    self.stops[-1].speed_mps = self.speed_mps
            case Command.SET_ROI_LOCATION if names_place(item):
                self.looks_at = (item.lat_deg, item.lon_deg, self._above_home(item))
            case Command.SET_ROI_NONE:
                self.looks_at = None
            case _ if self.stops:
                self.stops[-1].orders.append(item)
            case _ if action_of(item) is not None:
                self.before.append(item)

    def _last_place(self, item: PlanItem) -> None:
        """A landing somewhere: over there first, at the height of the waypoint before."""
        if item.command == Command.RETURN_TO_LAUNCH or not item.has_place:
            return
        height = self.stops[-1].height_m if self.stops else dji_read.DEFAULT_TAKEOFF_M
        self.stops.append(Stop(item.lat_deg, item.lon_deg, height, self.speed_mps, self.looks_at))


def _above_ground(plan: Plan) -> bool:
    frames = {
        item.frame in TERRAIN_FRAMES for item in plan.items if names_place(item) and item.command not in _TAKEOFFS
    }
    if len(frames) > 1:
        raise bad(
            "the plan mixes heights above terrain with others, which one DJI wayline cannot: measure all from home",
            "计划混用了相对地形与其他高度，DJI 航线无法表示：请统一为相对起飞点高度",
            "items",
        )
    return frames == {True}


def _losses(plan: Plan, again: Plan) -> list[str]:
    """By name, what differs between a plan and the same plan read back."""
    fence = plan.fence
    said = [
        ("fence", bool(fence.inclusions or fence.exclusions)),
        ("ceiling", fence.ceiling_home_m is not None),
        ("rally", bool(plan.rally)),
        ("heights above the sea", any(item.frame in AMSL_FRAMES and names_place(item) for item in plan.items)),
        ("home", again.home != plan.home),
        ("purposes", any(item.purpose != purpose(item.command) for item in plan.items)),
        ("autocontinue", not all(item.autocontinue for item in plan.items)),
        ("vehicle", bool(plan.vehicle_id)),
        ("kind", plan.vehicle_kind != "rotorcraft"),
        ("speed", again.speed_mps != plan.speed_mps),
        ("name", bool(plan.name)),
        ("figures", figures_of(plan)),
    ]
    ours = [_comparable(item, plan) for item in plan.items]
    theirs = [_comparable(item, again) for item in again.items]
    changed = [command_name(plan.items[index].command) for index in _missing(ours, theirs)]
    if plan.items and plan.items[0].command not in _TAKEOFFS:
        changed.append("no take-off")
    return [name for name, lost in said if lost] + changed


def _missing(ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> Iterator[int]:
    """Which of ours are not among theirs in the same order; of very many, which are not among theirs at all."""
    if len(ours) > MAX_COMPARED:
        left = Counter(theirs)
        for index, each in enumerate(ours):
            left[each] -= 1
            if left[each] < 0:
                yield index
        return
    for tag, start, end, _, _ in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag in ("delete", "replace"):
            yield from range(start, end)


def _comparable(item: PlanItem, plan: Plan) -> tuple[object, ...]:
    """What must survive of an item; heights above home, so that the frame alone makes no difference."""
    height = amsl_m(item, plan.home)
    up = None if not names_place(item) and item.command not in _TAKEOFFS else item.alt_m if height is None else height
    terrain = item.frame in TERRAIN_FRAMES
    params = tuple(None if value == 0 else value for value in item.params)
    return item.command, round(item.lat_deg, 7), round(item.lon_deg, 7), up and round(up, 2), terrain, params
