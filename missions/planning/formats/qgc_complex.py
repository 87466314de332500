"""QGroundControl's complex items as plain ones: surveys, corridors, structures, landing patterns, mission settings.

Surveys and corridors store the items that QGroundControl made of them ("Items"); those are taken. Where they are
missing (plans made by scripts, and surveys of version 3) the items are computed from the parameters (`qgc_transects`),
which is told. What an item of an unknown type holds cannot be flown, so it is an error and not left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from fusion.messages import Position
from missions.plan import Command, Frame, PlanItem
from missions.planning.formats import qgc_transects
from missions.planning.formats.checked import (
    bad,
    latitude,
    longitude,
    number,
    numbers,
    optional_number,
    rows,
    table,
    whole,
)
from missions.planning.formats.frames import waypoint
from missions.planning.formats.results import MAX_ITEMS, Remarks

MAX_CORNERS = 2_000
MAX_LAYERS = 200
_ROI_NEXT_OFFSET = 196
_TRANSECT = "TransectStyleComplexItem"

SimpleItem = Callable[[dict[str, Any], str, Remarks], PlanItem]


@dataclass(frozen=True, slots=True)
class _Complex:
    """One complex item being read: what it says, where in the file, and what is needed to expand it."""

    said: dict[str, Any]
    where: str
    home: Position | None
    simple: SimpleItem
    remarks: Remarks

    def number(self, *keys: str, default: float | None = None) -> float:
        """The first of some numbers that is given; an error when none is and there is no default."""
        for key in keys:
            found = optional_number(self.said.get(key), f"{self.where}.{key}")
            if found is not None:
                return found
        return number(default, f"{self.where}.{keys[0]}")

    def places(self, key: str, least: int) -> list[tuple[float, float]]:
        """A list of places (latitude, longitude)."""
        where = f"{self.where}.{key}"
        found = []
        for index, corner in enumerate(rows(self.said.get(key), where, MAX_CORNERS)):
            lat, lon = numbers(corner, 2, f"{where}[{index}]")
            found.append((latitude(lat, f"{where}[{index}][0]"), longitude(lon, f"{where}[{index}][1]")))
        if len(found) < least:
            raise bad(f"{where} needs at least {least} places", f"{where} 至少需要 {least} 个点", where)
        return found

    def inner(self, key: str) -> "_Complex":
        """An object within, read the same way."""
        said = table(self.said.get(key, {}), f"{self.where}.{key}")
        return _part(self, said, f"{self.where}.{key}")


def _part(item: _Complex, said: dict[str, Any], where: str) -> _Complex:
    """The same reading, of another part of the file."""
    return _Complex(said, where, item.home, item.simple, item.remarks)


def expanded(
    said: dict[str, Any], where: str, home: Position | None, simple: SimpleItem, remarks: Remarks
) -> list[PlanItem]:
    """The items that a complex item stands for.

    Raises:
        PlanningError: when its type is not known, or its parameters make no pattern.
    """
    name = said.get("complexItemType", said.get("type"))
    item = _Complex(said, where, home, simple, remarks)
    expand = _EXPANDERS.get(str(name).lower())
    if expand is not None:
        return expand(item)
    if isinstance(said.get(_TRANSECT), dict) and said[_TRANSECT].get("Items"):
        return _stored(item.inner(_TRANSECT), "survey")
    raise bad(
        f"{where} is a {str(name)[:40]}, which is not known: export the plan with its items expanded",
        f"{where} 为未知的复杂项（{str(name)[:40]}）：请展开后导出",
        where,
    )


def _stored(item: _Complex, purpose: str) -> list[PlanItem]:
    where = f"{item.where}.Items"
    found = []
    for index, each in enumerate(rows(item.said.get("Items", []), where, MAX_ITEMS)):
        read = item.simple(table(each, f"{where}[{index}]"), f"{where}[{index}]", item.remarks)
        found.append(msgspec.structs.replace(read, purpose=read.purpose or (purpose if read.has_place else "camera")))
    return found


def _survey(item: _Complex) -> list[PlanItem]:
    if "grid" in item.said:
        return _survey_version_3(item)
    transect = item.inner(_TRANSECT)
    if transect.said.get("Items"):
        return _stored(transect, "survey")
    pattern = _pattern(transect)
    pattern = msgspec.structs.replace(
        pattern,
        angle_deg=item.number("angle", "Angle", default=optional_number(transect.said.get("Angle"), item.where) or 0.0),
        entry=int(item.number("entryLocation", default=0.0)),
        alternate=bool(item.said.get("flyAlternateTransects", False)),
    )
    return _computed(item, qgc_transects.survey(item.places("polygon", 3), pattern, item.where), "survey")


def _survey_version_3(item: _Complex) -> list[PlanItem]:
    """Surveys of QGroundControl before 3.4: a grid and a trigger distance, no items."""
    grid = item.inner("grid")
    pattern = qgc_transects.Pattern(
        spacing_m=grid.number("spacing"),
        picture_m=item.number("cameraTriggerDistance", default=0.0),
        turn_m=grid.number("turnAroundDistance", default=0.0),
        altitude_m=grid.number("altitude"),
        frame=int(Frame.HOME if grid.said.get("relativeAltitude", True) else Frame.AMSL),
        hover=bool(item.said.get("hoverAndCapture", False)),
        refly=bool(item.said.get("refly90Degrees", False)),
        angle_deg=grid.number("angle", default=0.0),
        entry=int(grid.number("entryLocation", default=0.0)),
        trigger_in_turns=bool(item.said.get("cameraTriggerInTurnaround", False)),
    )
    return _computed(item, qgc_transects.survey(item.places("polygon", 3), pattern, item.where), "survey")


def _corridor(item: _Complex) -> list[PlanItem]:
    transect = item.inner(_TRANSECT)
    if transect.said.get("Items"):
        return _stored(transect, "corridor")
    pattern = msgspec.structs.replace(
        _pattern(transect), entry=int(item.number("EntryPoint", "entryLocation", default=0.0))
    )
    width_m = item.number("CorridorWidth", "corridorWidth")
    return _computed(item, qgc_transects.corridor(item.places("polyline", 2), width_m, pattern, item.where), "corridor")


def _pattern(transect: _Complex) -> qgc_transects.Pattern:
    camera = transect.inner("CameraCalc")
    frame, altitude = _camera_height(camera, bool(transect.said.get("FollowTerrain", False)))
    return qgc_transects.Pattern(
        spacing_m=camera.number("AdjustedFootprintSide", default=_footprint(camera, "Side")),
        picture_m=camera.number("AdjustedFootprintFrontal", default=_footprint(camera, "Frontal") or 0.0),
        turn_m=transect.number("TurnAroundDistance", default=0.0),
        altitude_m=altitude,
        frame=frame,
        hover=bool(transect.said.get("HoverAndCapture", False)),
        refly=bool(transect.said.get("Refly90Degrees", False)),
        trigger_in_turns=bool(transect.said.get("CameraTriggerInTurnAround", False)),
    )


def _footprint(camera: _Complex, way: str) -> float | None:
    """Ground of a picture that the next does not show, from lens, sensor and overlap; None without those."""
    across = (way == "Side") == (camera.said.get("Landscape", True) is not False)
    keys = ("SensorWidth" if across else "SensorHeight", "FocalLength", "DistanceToSurface", f"{way}Overlap")
    said = [optional_number(camera.said.get(key), f"{camera.where}.{key}") for key in keys]
    sensor_mm, focal_mm, distance_m, overlap = said
    if sensor_mm is None or not focal_mm or distance_m is None or overlap is None:
        return None
    return sensor_mm / focal_mm * distance_m * (1 - overlap / 100)


def _camera_height(camera: _Complex, follow_terrain: bool) -> tuple[int, float]:
    """Frame and height of a pattern: DistanceMode (version 2), or DistanceToSurfaceRelative (version 1)."""
    height = camera.number("DistanceToSurface")
    mode = optional_number(camera.said.get("DistanceMode"), f"{camera.where}.DistanceMode")
    if mode in (3, 4) or (mode is None and follow_terrain):
        return int(Frame.TERRAIN), height
    absolute = mode == 2 or (mode is None and camera.said.get("DistanceToSurfaceRelative", True) is False)
    return int(Frame.AMSL if absolute else Frame.HOME), height


def _computed(item: _Complex, items: list[PlanItem], purpose: str) -> list[PlanItem]:
    item.remarks.add(
        "a pattern without its items: they were computed from its parameters and may differ from QGroundControl's",
        "复杂项未附任务项：已按其参数计算，可能与 QGroundControl 的结果不同",
        item.where,
    )
    return [msgspec.structs.replace(each, purpose=purpose if each.has_place else "camera") for each in items]


def _structure(item: _Complex) -> list[PlanItem]:
    """Rings around a structure, one above the other, with the camera to its side."""
    camera = item.inner("CameraCalc")
    layer_m = camera.number("AdjustedFootprintFrontal", default=_footprint(camera, "Frontal"))
    count = whole(item.said.get("Layers", 1), f"{item.where}.Layers", 1, MAX_LAYERS)
    old = "ScanBottomAlt" not in item.said
    from_top = bool(item.said.get("StartFromTop", False)) and not old
    bottom = item.number("Altitude", "altitude") if old else item.number("ScanBottomAlt")
    start = item.number("StructureHeight") - layer_m / 2 if from_top else bottom + (0.0 if old else layer_m / 2)
    frame = int(Frame.AMSL if old and item.said.get("altitudeRelative") is False else Frame.HOME)
    ring = qgc_transects.around(item.places("polygon", 3), camera.number("DistanceToSurface"), item.where)
    step = -layer_m if from_top else layer_m
    entrance = item.number("EntranceAltitude", "EntranceAlt", default=start)
    items = [] if old else [_at(ring[0], entrance, frame)]
    items.append(_order(_ROI_NEXT_OFFSET, at=(item.number("GimbalPitch", default=0.0), 0.0, 90.0)))
    for layer in range(count):
        height = start + layer * step
        items.append(_at(ring[0], height, frame))
        items.append(_order(Command.SET_CAM_TRIGG_DIST, camera.number("AdjustedFootprintSide", default=0.0), 0.0, 1.0))
        items += [_at(corner, height, frame) for corner in (*ring[1:], ring[0])]
        items.append(_order(Command.SET_CAM_TRIGG_DIST))
    items.append(_order(Command.SET_ROI_NONE))
    return items + ([] if old else [_at(ring[0], entrance, frame)])


def _at(corner: tuple[float, float], height: float, frame: int) -> PlanItem:
    return msgspec.structs.replace(waypoint(*corner, height, frame), purpose="structure")


def _order(command: int, *params: float, at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> PlanItem:
    first, second, third, fourth, *_ = (*params, 0.0, 0.0, 0.0, 0.0)
    return PlanItem(int(command), int(Frame.MISSION), *at, params=(first, second, third, fourth), purpose="camera")


def _landing(land: Command) -> Callable[[_Complex], list[PlanItem]]:
    def expand(item: _Complex) -> list[PlanItem]:
        key = "landingApproachCoordinate" if "landingApproachCoordinate" in item.said else "loiterCoordinate"
        approach = _spot(item, key)
        touchdown = _spot(item, "landCoordinate")
        relative = item.said.get("altitudesAreRelative", item.said.get("landAltitudeRelative", True))
        frame = int(Frame.HOME if relative is not False else Frame.AMSL)
        radius = item.number("loiterRadius", default=0.0) * (1 if item.said.get("loiterClockwise", True) else -1)
        loiters = item.said.get("useLoiterToAlt", True)
        orders = [PlanItem(int(Command.LAND_START), int(Frame.MISSION))]
        if item.said.get("stopTakingPhotos"):
            orders += [_order(Command.SET_CAM_TRIGG_DIST), _order(Command.IMAGE_STOP_CAPTURE)]
        if item.said.get("stopVideoPhotos", item.said.get("stopTakingVideo")):
            orders.append(_order(Command.VIDEO_STOP_CAPTURE))
        last = (
            PlanItem(int(Command.LOITER_TO_ALT), frame, *approach, params=(1.0, radius, 0.0, 1.0))
            if loiters
            else waypoint(*approach, frame)
        )
        down = PlanItem(int(land), frame, *touchdown, params=(0.0, 0.0, 0.0, 0.0))
        return [msgspec.structs.replace(each, purpose="land") for each in (*orders, last, down)]

    return expand


def _spot(item: _Complex, key: str) -> tuple[float, float, float]:
    where = f"{item.where}.{key}"
    lat, lon, alt = numbers(item.said.get(key), 3, where)
    return latitude(lat, f"{where}[0]"), longitude(lon, f"{where}[1]"), alt


def _settings(item: _Complex) -> list[PlanItem]:
    item.remarks.add("mission settings hold no item and were left out", "任务设置不含任务项，已忽略", item.where)
    return []


_EXPANDERS: dict[str, Callable[[_Complex], list[PlanItem]]] = {
    "survey": _survey,
    "corridorscan": _corridor,
    "structurescan": _structure,
    "structurescan-v2": _structure,
    "structurescan-v3": _structure,
    "fwlandingpattern": _landing(Command.LAND),
    "vtollandingpattern": _landing(Command.VTOL_LAND),
    "missionsettings": _settings,
}
