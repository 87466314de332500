"""DJI's wayline files (WPML 1.0) read: ``wpmz/waylines.wpml``, or ``wpmz/template.kml`` where that is missing.

Source: DJI Cloud API documentation, DJI WPML (template.kml, waylines.wpml, common elements). Speeds hold from a
waypoint on, so a change of speed is written after it; the speed to the first waypoint is the transitional one.
"""

import math
from dataclasses import dataclass, field

import msgspec

from fusion.messages import Position, VehicleKind
from missions.plan import Command, Frame, PlanItem
from missions.planning.formats.checked import bad, latitude, longitude, number, optional_number, shown, whole
from missions.planning.formats.dji_actions import order, orders_of
from missions.planning.formats.dji_heights import Heights, heights_of
from missions.planning.formats.frames import assumed_home, bare_plan, purpose, waypoint
from missions.planning.formats.results import MAX_ITEMS, Read, Remarks
from missions.planning.formats.xmltree import Element

DEFAULT_TAKEOFF_M = 20.0
_MAX_INDEX = 65_535


def is_dji(root: Element) -> bool:
    """Whether a document speaks WPML."""
    return any("dji.com/wpmz" in each.namespace for each in root.walk())


@dataclass(slots=True)
class _Wayline:
    """What is collected along the waylines of a file."""

    heights: Heights
    remarks: Remarks
    speed_mps: float | None = None
    looks_at: str | None = None
    items: list[PlanItem] = field(default_factory=list)

    def speed(self, speed_mps: float | None) -> None:
        """Fly at this speed from here on."""
        if speed_mps is not None and speed_mps > 0 and speed_mps != self.speed_mps:
            self.items.append(speed_item(speed_mps))
            self.speed_mps = speed_mps


def speed_item(speed_mps: float) -> PlanItem:
    """A change of ground speed."""
    return msgspec.structs.replace(order(Command.CHANGE_SPEED, 1.0, speed_mps, -1.0), purpose="speed")


def read(waylines: Element | None, template: Element | None, kind: VehicleKind | None = None) -> Read:
    """A plan from the documents of a DJI file; at least one is given.

    Raises:
        PlanningError: when they hold no wayline; says in which line.
    """
    remarks = Remarks()
    root = waylines if waylines is not None else template
    assert root is not None
    config = _config(template, waylines)
    folders = [each for each in root.walk() if each.name == "Folder" and each.child("Placemark") is not None]
    if waylines is None:
        _check_templates(folders)
    if not folders:
        raise bad(f"{root.where}: the file holds no wayline", f"第 {root.line} 行：文件中没有航线", f"line {root.line}")
    if len(folders) > 1:
        remarks.add(f"{len(folders)} waylines are flown one after the other", f"{len(folders)} 条航线依次执行")
    line = _Wayline(heights_of(config, template, remarks), remarks)
    cruise = optional_number(folders[0].said("autoFlightSpeed"), folders[0].where)
    transitional = optional_number(config.said("globalTransitionalSpeed"), config.where) if config is not None else None
    line.speed(transitional or cruise)
    for folder in folders:
        _read_folder(folder, line)
        if len(line.items) > MAX_ITEMS:
            raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", f"line {folder.line}")
    takeoff = _takeoff(config, line)
    ends = _ends(config, line.items, remarks)
    items = (takeoff, *line.items, *ends)
    home = line.heights.home or assumed_home(tuple(line.items), remarks)
    return remarks.read(bare_plan(items, home, kind, cruise))


def _config(template: Element | None, waylines: Element | None) -> Element | None:
    """The mission's configuration: the template's where it has one, for only that names the take-off point."""
    for root in (template, waylines):
        found = next((each for each in root.walk() if each.name == "missionConfig"), None) if root is not None else None
        if found is not None:
            return found
    return None


def _check_templates(folders: list[Element]) -> None:
    for folder in folders:
        name = folder.said("templateType") or "waypoint"
        if name != "waypoint":
            raise bad(
                f"{folder.where} is a template of type {shown(name)} without its waylines: export the file again from"
                " DJI Pilot or FlightHub, which add wpmz/waylines.wpml",
                f"{folder.where} 是 {shown(name)} 模板，缺少 waylines.wpml：请从 DJI Pilot 或司空重新导出",
                f"line {folder.line}",
            )


def _takeoff(config: Element | None, line: _Wayline) -> PlanItem:
    said = optional_number(config.said("takeOffSecurityHeight"), config.where) if config is not None else None
    if said is None:
        first = next((item for item in line.items if item.has_place), None)
        said = first.alt_m if first is not None and first.frame == Frame.HOME else DEFAULT_TAKEOFF_M
        line.remarks.add(f"take-off goes to {said:g} m above home", f"起飞高度按相对起飞点 {said:g} 米计")
    home = line.heights.home or Position(0.0, 0.0, 0.0)
    return PlanItem(
        int(Command.TAKEOFF), int(Frame.HOME), home.lat_deg, home.lon_deg, said, (0.0, 0.0, 0.0, None),
        purpose="takeoff",
    )  # fmt: skip


def _ends(config: Element | None, items: list[PlanItem], remarks: Remarks) -> list[PlanItem]:
    action = config.said("finishAction") if config is not None else None
    match action:
        case "goHome":
            return [_end(Command.RETURN_TO_LAUNCH, Frame.MISSION)]
        case "autoLand":
            return [_end(Command.LAND, Frame.HOME)]
        case "gotoFirstWaypoint":
            first = next((item for item in items if item.command == Command.WAYPOINT), None)
            return [msgspec.structs.replace(first, purpose="return")] if first is not None else []
        case "noAction" | None:
            return []
    remarks.add(f"the finish action {shown(action)} is not known", f"未知的结束动作 {shown(action)}")
    return []


def _end(command: Command, frame: Frame) -> PlanItem:
    return PlanItem(int(command), int(frame), purpose=purpose(command))


def _read_folder(folder: Element, line: _Wayline) -> None:
    start = folder.child("startActionGroup")
    for action in start.all("action") if start is not None else ():
        line.items += orders_of(action, line.remarks)
    placemarks = folder.all("Placemark")
    groups = _Groups(folder, placemarks, line.remarks)
    for number_of, placemark in enumerate(placemarks):
        index = whole(placemark.said("index") or number_of, f"<index> of {placemark.where}", 0, _MAX_INDEX)
        item = _waypoint_of(placemark, folder, line)
        _look(placemark, folder, (item.lat_deg, item.lon_deg), line)
        line.items.append(item)
        line.items += groups.at(index)
        if number_of < len(placemarks) - 1:
            line.speed(_speed(placemark, folder))
        if len(line.items) > MAX_ITEMS:
            raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", placemark.where)


def _waypoint_of(placemark: Element, folder: Element, line: _Wayline) -> PlanItem:
    where = placemark.where
    point = placemark.child("Point")
    text = point.said("coordinates") if point is not None else None
    if text is None:
        raise bad(f"{where} is no waypoint: it has no Point with coordinates", f"{where} 没有坐标", where)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < 2:
        raise bad(f"{where}: {shown(text)} is not longitude,latitude", f"{where}：坐标格式错误", where)
    height, mode = _height(placemark, folder)
    frame, alt = line.heights.taken(height, mode, where, line.remarks)
    item = waypoint(latitude(parts[1], where), longitude(parts[0], where), alt, frame)
    heading = _heading(placemark, folder)
    if heading is not None and heading.said("waypointHeadingMode") == "smoothTransition":
        yaw = number(heading.said("waypointHeadingAngle") or 0.0, heading.where) % 360.0
        item = msgspec.structs.replace(item, params=(0.0, 0.0, 0.0, yaw or 360.0))
    turn = placemark.child("waypointTurnParam")
    if turn is not None and turn.said("waypointTurnMode") == "coordinateTurn":
        radius = number(turn.said("waypointTurnDampingDist") or 0.0, turn.where)
        item = msgspec.structs.replace(item, params=(0.0, radius, 0.0, item.params[3]))
    return item


def _height(placemark: Element, folder: Element) -> tuple[float, str]:
    executed = placemark.said("executeHeight")
    if executed is not None:
        return number(executed, f"<executeHeight> of {placemark.where}"), folder.said("executeHeightMode") or "WGS84"
    system = folder.child("waylineCoordinateSysParam")
    mode = (system.said("heightMode") if system is not None else None) or "relativeToStartPoint"
    own = None if _flag(placemark, "useGlobalHeight") else placemark.said("height")
    said = own or folder.said("globalHeight") or folder.said("height") or placemark.said("height")
    return number(said, f"<height> of {placemark.where}"), mode


def _flag(holder: Element, name: str) -> bool:
    return holder.said(name) in ("1", "true")


def _speed(placemark: Element, folder: Element) -> float | None:
    own = None if _flag(placemark, "useGlobalSpeed") else placemark.said("waypointSpeed")
    return optional_number(own or folder.said("autoFlightSpeed"), f"<waypointSpeed> of {placemark.where}")


def _heading(placemark: Element, folder: Element) -> Element | None:
    own = None if _flag(placemark, "useGlobalHeadingParam") else placemark.child("waypointHeadingParam")
    return own if own is not None else folder.child("globalWaypointHeadingParam")


def _look(placemark: Element, folder: Element, place: tuple[float, float], line: _Wayline) -> None:
    """Keep the nose on a place while the file says so: a region of interest, and its end."""
    heading = _heading(placemark, folder)
    poi = heading.said("waypointPoiPoint") if heading is not None else None
    wanted = poi if heading is not None and heading.said("waypointHeadingMode") == "towardPOI" else None
    if wanted == line.looks_at:
        return
    line.looks_at = wanted
    if wanted is None or heading is None:
        line.items.append(order(Command.SET_ROI_NONE))
        return
    parts = (*wanted.split(","), "", "")
    first, second = number(parts[0], heading.where), number(parts[1], heading.where)
    if math.dist((first, second), place) > math.dist((second, first), place):  # documented as latitude, longitude
        first, second = second, first
    lat, lon = latitude(first, heading.where), longitude(second, heading.where)
    up = optional_number(parts[2], heading.where) or 0.0
    mode = folder.said("executeHeightMode") or "relativeToStartPoint"
    frame, alt = line.heights.taken(up, mode, heading.where, line.remarks)
    line.items.append(PlanItem(int(Command.SET_ROI_LOCATION), frame, lat, lon, alt, purpose="camera"))


class _Groups:
    """The action groups of a wayline, by the waypoints at which something begins or ends."""

    def __init__(self, folder: Element, placemarks: list[Element], remarks: Remarks) -> None:
        self._items: dict[int, list[PlanItem]] = {}
        self._ends: dict[int, list[PlanItem]] = {}
        self._remarks = remarks
        for placemark in placemarks:
            for group in placemark.all("actionGroup"):
                self._add(group)

    def at(self, index: int) -> list[PlanItem]:
        """The items of a waypoint: what ends there, then what is done or begins there."""
        return [*self._ends.get(index, ()), *self._items.get(index, ())]

    def _add(self, group: Element) -> None:
        where = group.where
        start = whole(group.said("actionGroupStartIndex") or 0, f"<actionGroupStartIndex> of {where}", 0, _MAX_INDEX)
        end = whole(group.said("actionGroupEndIndex") or start, f"<actionGroupEndIndex> of {where}", 0, _MAX_INDEX)
        trigger = group.child("actionTrigger")
        name = (trigger.said("actionTriggerType") if trigger is not None else None) or "reachPoint"
        actions = group.all("action")
        pictures = [each for each in actions if each.said("actionActuatorFunc") == "takePhoto"]
        items = self._items.setdefault(start, [])
        if name in ("multipleDistance", "multipleTiming") and pictures and trigger is not None:
            every = number(trigger.said("actionTriggerParam"), f"<actionTriggerParam> of {where}")
            begins, ends = _series(name, every)
            items.append(begins)
            self._ends.setdefault(end, []).append(ends)
            actions = [each for each in actions if each not in pictures]
        elif name not in ("reachPoint", "betweenAdjacentPoints"):
            self._remarks.add(
                f"actions triggered by {shown(name)} are done once, where they begin",
                f"触发方式 {shown(name)} 的动作仅在起点执行一次",
                where,
            )
        for action in actions:
            items += orders_of(action, self._remarks)


def _series(trigger: str, every: float) -> tuple[PlanItem, PlanItem]:
    if trigger == "multipleDistance":
        return order(Command.SET_CAM_TRIGG_DIST, every, 0.0, 1.0), order(Command.SET_CAM_TRIGG_DIST)
    return order(Command.IMAGE_START_CAPTURE, 0.0, every, 0.0), order(Command.IMAGE_STOP_CAPTURE)
