"""Plan files: QGroundControl's ``.plan``, the ``.waypoints`` of WPL 110, and GeoJSON.

Formats: https://docs.qgroundcontrol.com (Plan File Format), https://mavlink.io/en/file_formats/ (plain text mission).
"""

import json
import math
from pathlib import Path
from typing import Any

from fusion.messages import Position, VehicleKind
from missions.plan import Command, Fence, Frame, Plan, PlanItem
from missions.planning.errors import PlanningError
from missions.planning.profiles import profile

MAX_FILE_BYTES = 4_000_000
MAX_ITEMS = 10_000
_PLACELESS = {Frame.MISSION}
_QGC_VEHICLE: dict[VehicleKind, int] = {"fixed_wing": 1, "rotorcraft": 2, "vtol": 20}
_MAV_TYPES: dict[int, VehicleKind] = {1: "fixed_wing", **dict.fromkeys(range(19, 26), "vtol")}

WRITABLE = (".plan", ".waypoints", ".geojson")
READABLE = (".plan", ".waypoints")


def read_plan(source: Path | bytes, suffix: str | None = None, kind: VehicleKind | None = None) -> Plan:
    """Read a plan from a file or its bytes.

    Args:
        source: the file, or what it holds.
        suffix: which format, when bytes are given.
        kind: of aircraft; by default what the file says, else rotorcraft.

    Raises:
        PlanningError: when it cannot be read; says where.
        OSError: when the file is not there.
    """
    if isinstance(source, Path):
        suffix = suffix or source.suffix
        with source.open("rb") as file:
            source = file.read(MAX_FILE_BYTES + 1)
    if len(source) > MAX_FILE_BYTES:
        raise _bad(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB: no plan is", "文件过大，不是任务计划")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(f"byte {error.start} is not UTF-8 text: is this a plan file?", "不是 UTF-8 文本") from error
    match (suffix or "").lower():
        case ".plan":
            return _read_qgc(text, kind)
        case ".waypoints" | ".txt":
            return _read_wpl(text, kind)
        case _:
            raise _bad(
                f"plans are read from {', '.join(READABLE)}, not {suffix}", f"可读取的格式：{'、'.join(READABLE)}"
            )


def write_plan(plan: Plan, suffix: str) -> bytes:
    """A plan as a file of the format that a suffix names.

    Raises:
        PlanningError: for a suffix that is not in `WRITABLE`.
    """
    match suffix.lower():
        case ".plan":
            return json.dumps(_qgc(plan), indent=2, allow_nan=False).encode()
        case ".waypoints":
            return _wpl(plan).encode()
        case ".geojson":
            return json.dumps(geojson(plan), allow_nan=False).encode()
        case _:
            raise _bad(f"plans are written as {', '.join(WRITABLE)}, not {suffix}", f"可写出：{'、'.join(WRITABLE)}")


def geojson(plan: Plan) -> dict[str, Any]:
    """The path and the items with a place, as a FeatureCollection; heights of the path are AMSL."""
    path = [[p.position.lon_deg, p.position.lat_deg, round(p.position.alt_amsl_m, 2)] for p in plan.path]
    features: list[dict[str, Any]] = []
    if len(path) > 1:
        figures = {"duration_s": plan.duration_s, "distance_m": plan.distance_m, "vehicle_id": plan.vehicle_id}
        features.append(_feature({"type": "LineString", "coordinates": path}, figures))
    for index, item in enumerate(plan.items):
        if item.has_place:
            point = {"type": "Point", "coordinates": [item.lon_deg, item.lat_deg, item.alt_m]}
            says = {"item": index, "command": item.command, "frame": item.frame, "purpose": item.purpose}
            features.append(_feature(point, says))
    return {"type": "FeatureCollection", "features": features}


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _qgc(plan: Plan) -> dict[str, Any]:
    home = plan.home
    items = [
        {
            "type": "SimpleItem",
            "autoContinue": item.autocontinue,
            "command": item.command,
            "doJumpId": index + 1,
            "frame": item.frame,
            "params": [*item.params, item.lat_deg, item.lon_deg, item.alt_m],
        }
        for index, item in enumerate(plan.items)
    ]
    polygons = [
        {"inclusion": inclusion, "polygon": [list(corner) for corner in ring], "version": 1}
        for inclusion, rings in ((True, plan.fence.inclusions), (False, plan.fence.exclusions))
        for ring in rings
    ]
    known = profile(plan.vehicle_kind)
    return {
        "fileType": "Plan",
        "version": 1,
        "groundStation": "Liti",
        "mission": {
            "version": 2,
            "firmwareType": 3,
            "vehicleType": _QGC_VEHICLE[plan.vehicle_kind],
            "cruiseSpeed": plan.speed_mps if known.bank_deg is not None else 15,
            "hoverSpeed": plan.speed_mps if known.bank_deg is None else 5,
            "globalPlanAltitudeMode": 0,
            "plannedHomePosition": [home.lat_deg, home.lon_deg, home.alt_amsl_m],
            "items": items,
        },
        "geoFence": {"version": 2, "polygons": polygons, "circles": []},
        "rallyPoints": {"version": 2, "points": [[p.lat_deg, p.lon_deg, p.alt_amsl_m] for p in plan.rally]},
    }


def _read_qgc(text: str, kind: VehicleKind | None) -> Plan:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"the file is not JSON: {error}", "文件不是有效的 JSON") from error
    mission = data.get("mission") if isinstance(data, dict) else None
    if not isinstance(mission, dict) or not isinstance(mission.get("items"), list):
        raise _bad("the file has no mission.items: is it a QGroundControl plan?", "缺少 mission.items", "mission.items")
    home = _numbers(mission.get("plannedHomePosition"), 3, "mission.plannedHomePosition")
    known = kind or _MAV_TYPES.get(int(_number(mission.get("vehicleType", 2), "mission.vehicleType")), "rotorcraft")
    if len(mission["items"]) > MAX_ITEMS:
        raise _bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", "mission.items")
    items = tuple(_qgc_item(item, f"mission.items[{index}]") for index, item in enumerate(mission["items"]))
    speed = mission.get("hoverSpeed" if known == "rotorcraft" else "cruiseSpeed")
    return Plan(
        vehicle_id="",
        vehicle_kind=known,
        home=Position(home[0], home[1], home[2]),
        items=items,
        speed_mps=_number(speed, "mission.hoverSpeed") if speed else profile(known).cruise_mps,
        fence=_qgc_fence(data.get("geoFence")),
        rally=_qgc_rally(data.get("rallyPoints")),
    )


def _qgc_item(item: Any, where: str) -> PlanItem:
    if not isinstance(item, dict) or item.get("type") != "SimpleItem":
        found = item.get("complexItemType", item.get("type")) if isinstance(item, dict) else type(item).__name__
        raise _bad(
            f"{where} is a {found}: only simple items are read; export the plan with its items expanded",
            f"{where} 为复杂项（{found}）：目前只能读取简单项",
            where,
        )
    raw = item.get("params")
    if not isinstance(raw, list) or len(raw) != 7:
        raise _bad(f"{where}.params must be a list of 7 numbers", f"{where}.params 应为 7 个数", f"{where}.params")
    params = [None if value is None else _number(value, f"{where}.params[{i}]") for i, value in enumerate(raw)]
    return PlanItem(
        command=int(_number(item.get("command"), f"{where}.command")),
        frame=int(_number(item.get("frame", Frame.HOME), f"{where}.frame")),
        lat_deg=params[4] or 0.0,
        lon_deg=params[5] or 0.0,
        alt_m=params[6] or 0.0,
        params=(params[0], params[1], params[2], params[3]),
        autocontinue=bool(item.get("autoContinue", True)),
        purpose=_purpose(int(item["command"])),
    )


def _qgc_fence(fence: Any) -> Fence:
    polygons = fence.get("polygons", []) if isinstance(fence, dict) else []
    rings: dict[bool, list[tuple[tuple[float, float], ...]]] = {True: [], False: []}
    for index, polygon in enumerate(polygons if isinstance(polygons, list) else []):
        where = f"geoFence.polygons[{index}]"
        corners = polygon.get("polygon") if isinstance(polygon, dict) else None
        if not isinstance(corners, list) or len(corners) < 3:
            raise _bad(f"{where} needs at least 3 corners", f"{where} 至少需要 3 个顶点", where)
        ring = tuple((c[0], c[1]) for c in (_numbers(corner, 2, where) for corner in corners))
        rings[bool(polygon.get("inclusion", True))].append(ring)
    return Fence(inclusions=tuple(rings[True]), exclusions=tuple(rings[False]))


def _qgc_rally(rally: Any) -> tuple[Position, ...]:
    points = rally.get("points", []) if isinstance(rally, dict) else []
    if not isinstance(points, list):
        raise _bad("rallyPoints.points must be a list", "rallyPoints.points 应为列表", "rallyPoints.points")
    return tuple(Position(*_numbers(point, 3, f"rallyPoints.points[{i}]")) for i, point in enumerate(points))


def _wpl(plan: Plan) -> str:
    home = plan.home
    rows: list[tuple[float, ...]] = [
        (0, 1, int(Frame.AMSL), int(Command.WAYPOINT), 0, 0, 0, 0, home.lat_deg, home.lon_deg, home.alt_amsl_m, 1)
    ]
    for index, item in enumerate(plan.items, start=1):
        params = [0.0 if value is None else value for value in item.params]
        place = (item.lat_deg, item.lon_deg, item.alt_m)
        rows.append((index, 0, item.frame, item.command, *params, *place, int(item.autocontinue)))
    lines = ["\t".join(_cell(value) for value in row) for row in rows]
    return "QGC WPL 110\n" + "\n".join(lines) + "\n"


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.8f}".rstrip("0").rstrip(".")


def _read_wpl(text: str, kind: VehicleKind | None) -> Plan:
    lines = text.splitlines()
    if not lines or not lines[0].startswith("QGC WPL"):
        raise _bad('line 1 must be "QGC WPL 110"', "第 1 行应为 “QGC WPL 110”", "line 1")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = line.split()
        if len(cells) != 12:
            raise _bad(f"line {number} has {len(cells)} columns, not 12", f"第 {number} 行应有 12 列", f"line {number}")
        rows.append([_number(cell, f"line {number}") for cell in cells])
        if len(rows) > MAX_ITEMS:
            raise _bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项")
    if not rows:
        raise _bad("the file holds no item", "文件中没有任务项")
    first, *others = rows
    items = tuple(
        PlanItem(
            command=int(row[3]),
            frame=int(row[2]),
            params=(row[4], row[5], row[6], row[7]),
            lat_deg=row[8],
            lon_deg=row[9],
            alt_m=row[10],
            autocontinue=bool(row[11]),
            purpose=_purpose(int(row[3])),
        )
        for row in others
    )
    known = kind or "rotorcraft"
    return Plan("", known, Position(first[8], first[9], first[10]), items, profile(known).cruise_mps)


def _purpose(command: int) -> str:
    match command:
        case Command.TAKEOFF | Command.VTOL_TAKEOFF:
            return "takeoff"
        case Command.LAND | Command.VTOL_LAND | Command.LAND_START:
            return "land"
        case Command.RETURN_TO_LAUNCH:
            return "return"
        case _:
            return ""


def _numbers(value: Any, count: int, where: str) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) < count:
        raise _bad(f"{where} must be a list of {count} numbers", f"{where} 应为 {count} 个数", where)
    return tuple(_number(each, where) for each in value[:count])


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e9 or isinstance(value, bool):
        raise _bad(f"{where}: {str(value)[:40]!r} is not a usable number", f"{where}：不是可用的数值", where)
    return number


def _bad(message_en: str, message_zh: str, field: str | None = None) -> PlanningError:
    return PlanningError(message_en, message_zh, field)
