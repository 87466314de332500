"""GeoJSON (RFC 7946): plans of our own whole, and the lines and points of others as waypoints.

What is written is a FeatureCollection. Each feature says in its property ``liti`` what it is: "home", "item" (one each,
in order; commands without a place have no geometry), "path", "fence", "rally". The properties of an item decide, with
``altitude_reference`` in words; the third coordinate of its geometry is AMSL, and missing where only terrain knows it.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from fusion.messages import Position, VehicleKind
from missions.dialects import Autopilot, differs, names_place, spoken
from missions.plan import Fence, Frame, PathPoint, Plan, PlanItem
from missions.planning.errors import PlanningError
from missions.planning.formats.checked import (
    bad,
    latitude,
    longitude,
    number,
    numbers,
    optional_number,
    rows,
    shown,
    table,
    whole,
)
from missions.planning.formats.frames import (
    REFERENCES,
    amsl_m,
    assumed_home,
    bare_plan,
)
from missions.planning.formats.jsontext import parse
from missions.planning.formats.results import MAX_ITEMS, Read, Remarks, Written, command_name
from missions.planning.formats.ways import Way, flown

_SAID_BY_FEATURES = {"vehicle_id", "vehicle_kind", "home", "items", "speed_mps", "fence", "rally", "path", "name"}
_MAX_PATH = 200_000
_KINDS: tuple[VehicleKind, ...] = ("rotorcraft", "fixed_wing", "vtol")


def write(plan: Plan, autopilot: Autopilot | None = None) -> Written:
    """A plan as GeoJSON; nothing of it is lost."""
    content = geojson(msgspec.structs.replace(plan, items=spoken(plan, autopilot or "unknown")))
    data = json.dumps(content, allow_nan=False, ensure_ascii=False).encode("utf-8", "replace")
    return Written(data, differs(plan, autopilot or "unknown"))


def geojson(plan: Plan) -> dict[str, Any]:
    """A plan as a FeatureCollection."""
    home = plan.home
    says: dict[str, Any] = {"vehicle_kind": plan.vehicle_kind, "speed_mps": plan.speed_mps}
    says |= {"vehicle_id": plan.vehicle_id, "name": plan.name, "alt_amsl_m": home.alt_amsl_m}
    features = [_feature("home", _point(home.lat_deg, home.lon_deg, home.alt_amsl_m), says | _above_ground(home))]
    features += [_item_feature(index, item, home) for index, item in enumerate(plan.items)]
    if plan.path:
        line = [[p.position.lon_deg, p.position.lat_deg, p.position.alt_amsl_m] for p in plan.path]
        along = {"times_s": [p.time_s for p in plan.path], "items": [p.item for p in plan.path]}
        along["alts_agl_m"] = [p.position.alt_agl_m for p in plan.path]
        shape = (
            {"type": "LineString", "coordinates": line} if len(line) > 1 else _point(line[0][1], line[0][0], line[0][2])
        )
        features.append(_feature("path", shape, along))
    features += [
        _feature("fence", {"type": "Polygon", "coordinates": [_closed(ring)]}, {"inclusion": inclusion})
        for inclusion, rings in ((True, plan.fence.inclusions), (False, plan.fence.exclusions))
        for ring in rings
    ]
    if plan.fence.ceiling_home_m is not None:
        features.append(_feature("fence", None, {"ceiling_home_m": plan.fence.ceiling_home_m}))
    features += [
        _feature("rally", _point(p.lat_deg, p.lon_deg, p.alt_amsl_m), {"alt_amsl_m": p.alt_amsl_m} | _above_ground(p))
        for p in plan.rally
    ]
    figures = {key: value for key, value in msgspec.to_builtins(plan).items() if key not in _SAID_BY_FEATURES}
    return {"type": "FeatureCollection", "liti": {"version": 1, "figures": figures}, "features": features}


def _feature(what: str, geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"liti": what} | properties}


def _point(lat_deg: float, lon_deg: float, up_m: float | None) -> dict[str, Any]:
    coordinates = [lon_deg, lat_deg] + ([] if up_m is None else [up_m])
    return {"type": "Point", "coordinates": coordinates}


def _above_ground(position: Position) -> dict[str, Any]:
    return {} if position.alt_agl_m is None else {"alt_agl_m": position.alt_agl_m}


def _closed(ring: tuple[tuple[float, float], ...]) -> list[list[float]]:
    return [[lon, lat] for lat, lon in (*ring, ring[0])]


def _item_feature(index: int, item: PlanItem, home: Position) -> dict[str, Any]:
    says: dict[str, Any] = {
        "item": index,
        "command": item.command,
        "command_name": command_name(item.command),
        "frame": item.frame,
        "altitude_reference": REFERENCES.get(item.frame, f"MAV_FRAME {item.frame}"),
        "alt_m": item.alt_m,
        **{f"param{index}": value for index, value in enumerate(item.params, start=1)},
        "autocontinue": item.autocontinue,
        "purpose": item.purpose,
    }
    if names_place(item) and abs(item.lat_deg) <= 90 and abs(item.lon_deg) <= 180:
        return _feature("item", _point(item.lat_deg, item.lon_deg, amsl_m(item, home)), says)
    if item.lat_deg or item.lon_deg:
        says |= {"param5": item.lat_deg, "param6": item.lon_deg}
    return _feature("item", None, says)


def read(text: str, kind: VehicleKind | None = None) -> Read:
    """A plan from GeoJSON.

    Raises:
        PlanningError: when it cannot be read; says which feature.
    """
    return read_value(parse(text), kind)


def read_value(data: Any, kind: VehicleKind | None = None) -> Read:
    """A plan from what GeoJSON says.

    Raises:
        PlanningError: when it cannot be read; says which feature.
    """
    said = table(data, "the file")
    features = list(_features(said))
    marked = [(where, each) for where, each in features if "liti" in each["properties"]]
    if any(each["properties"]["liti"] in ("item", "home") for _, each in marked):
        return _own(said, marked, len(features) - len(marked), kind)
    return _foreign(features, kind)


def _features(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each feature with its place in the file; bare geometries as features without properties."""
    match said.get("type"):
        case "FeatureCollection":
            for index, each in enumerate(rows(said.get("features"), "features", _MAX_PATH)):
                where = f"features[{index}]"
                feature = table(each, where)
                geometry = feature.get("geometry")
                properties = feature.get("properties")
                yield (
                    where,
                    {
                        "geometry": None if geometry is None else table(geometry, f"{where}.geometry"),
                        "properties": {} if properties is None else table(properties, f"{where}.properties"),
                    },
                )
        case "Feature":
            yield from _features({"type": "FeatureCollection", "features": [said]})
        case (
            "Point"
            | "MultiPoint"
            | "LineString"
            | "MultiLineString"
            | "Polygon"
            | "MultiPolygon"
            | "GeometryCollection"
        ):
            yield "geometry", {"geometry": said, "properties": {}}
        case other:
            raise bad(f"type: {shown(other)} is not a type of GeoJSON", "不是 GeoJSON", "type")


def _own(said: dict[str, Any], marked: list[tuple[str, dict[str, Any]]], others: int, kind: VehicleKind | None) -> Read:
    remarks = Remarks()
    by: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for where, feature in marked:
        by.setdefault(str(feature["properties"]["liti"]), []).append((where, feature))
    for name in sorted(set(by) - {"home", "item", "path", "fence", "rally"}):
        remarks.add(f"features marked {shown(name)} are not known and were left out", "未知要素已忽略", by[name][0][0])
    if others:
        remarks.add(f"{others} features that are no part of a plan were left out", f"忽略 {others} 个无关要素")
    listed = sorted(
        by.get("item", []), key=lambda each: number(each[1]["properties"].get("item"), f"{each[0]}.properties.item")
    )
    if len(listed) > MAX_ITEMS:
        raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", "features")
    items = tuple(_item(feature, where) for where, feature in listed)
    homes = by.get("home", [])
    home = _position(homes[0][1], homes[0][0]) if homes else assumed_home(items, remarks)
    says = homes[0][1]["properties"] if homes else {}
    said_kind = says.get("vehicle_kind")
    known = kind or next((each for each in _KINDS if each == said_kind), None)
    speed = optional_number(says.get("speed_mps"), "home.properties.speed_mps")
    plan = msgspec.structs.replace(
        bare_plan(items, home, known, speed),
        vehicle_id=str(says.get("vehicle_id") or "")[:64],
        name=str(says.get("name") or "")[:200],
        fence=_fence(by.get("fence", [])),
        rally=tuple(_position(feature, where) for where, feature in by.get("rally", [])),
        path=_path(*by["path"][0]) if "path" in by else (),
    )
    return remarks.read(_with_figures(plan, said.get("liti")))


def _with_figures(plan: Plan, own: Any) -> Plan:
    figures = own.get("figures") if isinstance(own, dict) else None
    if not isinstance(figures, dict):
        return plan
    wanted = {key: value for key, value in figures.items() if key not in _SAID_BY_FEATURES}
    try:
        said = msgspec.convert(
            {**msgspec.to_builtins(msgspec.structs.replace(plan, items=(), path=())), **wanted}, Plan
        )
    except msgspec.ValidationError as error:
        raise bad(f"liti.figures: {error}", "liti.figures 无效", "liti.figures") from error
    return msgspec.structs.replace(said, items=plan.items, path=plan.path)


def _item(feature: dict[str, Any], where: str) -> PlanItem:
    says, at = feature["properties"], f"{where}.properties"
    params = [optional_number(says.get(f"param{index}"), f"{at}.param{index}") for index in range(1, 5)]
    lat, lon = (optional_number(says.get(key), f"{at}.{key}") or 0.0 for key in ("param5", "param6"))
    if feature["geometry"] is not None:
        lat, lon, _ = _coordinates(_of_point(feature["geometry"], where), where)
    said_purpose = says.get("purpose")
    return PlanItem(
        command=whole(says.get("command"), f"{at}.command", 0, 65_535),
        frame=whole(says.get("frame"), f"{at}.frame", 0, 255),
        lat_deg=lat,
        lon_deg=lon,
        alt_m=optional_number(says.get("alt_m"), f"{at}.alt_m") or 0.0,
        params=(params[0], params[1], params[2], params[3]),
        autocontinue=_true(says.get("autocontinue")),
        purpose=said_purpose[:40] if isinstance(said_purpose, str) else "",
    )


def _true(value: Any) -> bool:
    """A yes or no, as a program may have written it again; yes where nothing is said."""
    return value not in (False, 0, "0", "false", "False")


def _listed(value: Any, where: str) -> list[Any]:
    """A list, or the text of one, as QGIS writes lists; empty when it is no longer one."""
    if isinstance(value, str):
        try:
            value = parse(value)
        except PlanningError:
            return []
    return rows(value, where, _MAX_PATH) if isinstance(value, list) else []


def _of_point(geometry: dict[str, Any], where: str) -> Any:
    if geometry.get("type") != "Point":
        raise bad(f"{where} must be a Point", f"{where} 应为 Point", where)
    return geometry.get("coordinates")


def _coordinates(value: Any, where: str) -> tuple[float, float, float | None]:
    """Latitude, longitude and third coordinate of a GeoJSON position, which begins with the longitude."""
    lon, lat = numbers(value, 2, f"{where}.coordinates")
    up = optional_number(value[2], f"{where}.coordinates[2]") if len(value) > 2 else None
    return latitude(lat, f"{where}.coordinates[1]"), longitude(lon, f"{where}.coordinates[0]"), up


def _position(feature: dict[str, Any], where: str) -> Position:
    says, geometry = feature["properties"], table(feature["geometry"], f"{where}.geometry")
    lat, lon, up = _coordinates(_of_point(geometry, where), where)
    said = optional_number(says.get("alt_amsl_m"), f"{where}.properties.alt_amsl_m")
    height = said if said is not None else up
    return Position(lat, lon, height or 0.0, optional_number(says.get("alt_agl_m"), f"{where}.properties.alt_agl_m"))


def _fence(features: list[tuple[str, dict[str, Any]]]) -> Fence:
    rings: dict[bool, list[tuple[tuple[float, float], ...]]] = {True: [], False: []}
    ceiling = None
    for where, feature in features:
        says = feature["properties"]
        if feature["geometry"] is None:
            ceiling = optional_number(says.get("ceiling_home_m"), f"{where}.properties.ceiling_home_m")
            continue
        loops = rows(feature["geometry"].get("coordinates"), f"{where}.coordinates", 1_000)
        ring = rows(loops[0] if loops else None, f"{where}.coordinates[0]", _MAX_PATH)
        corners = [_coordinates(corner, f"{where}[{index}]")[:2] for index, corner in enumerate(ring)]
        if len(corners) < 4 or corners[0] != corners[-1]:
            raise bad(f"{where} must be a closed ring of 3 corners or more", f"{where} 应为闭合多边形", where)
        rings[_true(says.get("inclusion"))].append(tuple(corners[:-1]))
    return Fence(tuple(rings[True]), tuple(rings[False]), ceiling)


def _path(where: str, feature: dict[str, Any]) -> tuple[PathPoint, ...]:
    says, geometry = feature["properties"], table(feature["geometry"], f"{where}.geometry")
    line = geometry.get("coordinates")
    line = rows([line] if geometry.get("type") == "Point" else line, f"{where}.coordinates", _MAX_PATH)
    along = [_listed(says.get(key, []), f"{where}.properties.{key}") for key in ("times_s", "items", "alts_agl_m")]
    if any(len(each) != len(line) for each in along):
        return ()  # somebody edited the line: where the aircraft is when follows from the items anyway
    points = []
    for index, (corner, time_s, item, agl) in enumerate(zip(line, *along, strict=True)):
        at = f"{where}[{index}]"
        lat, lon, up = _coordinates(corner, at)
        position = Position(lat, lon, up or 0.0, optional_number(agl, at))
        points.append(PathPoint(position, number(time_s, at), whole(item, at, 0, 65_535)))
    return tuple(points)


def _foreign(features: list[tuple[str, dict[str, Any]]], kind: VehicleKind | None) -> Read:
    remarks = Remarks()
    ways = [
        way
        for where, feature in features
        if feature["geometry"] is not None
        for way in _ways(feature["geometry"], where, remarks)
    ]
    return flown(ways, kind, remarks, "features")


def _ways(geometry: dict[str, Any], where: str, remarks: Remarks, depth: int = 0) -> Iterator[Way]:
    found = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            yield Way((_coordinates(found, where),), int(Frame.HOME), False, where)
        case "LineString" | "MultiPoint" as name:
            corners = rows(found, f"{where}.coordinates", _MAX_PATH)
            vertices = tuple(_coordinates(corner, f"{where}[{index}]") for index, corner in enumerate(corners))
            yield Way(vertices, int(Frame.HOME), name == "LineString", where)
        case "MultiLineString":
            for index, line in enumerate(rows(found, f"{where}.coordinates", _MAX_PATH)):
                yield from _ways({"type": "LineString", "coordinates": line}, f"{where}[{index}]", remarks)
        case "GeometryCollection" if depth < 4:
            for index, each in enumerate(rows(geometry.get("geometries"), f"{where}.geometries", _MAX_PATH)):
                at = f"{where}.geometries[{index}]"
                yield from _ways(table(each, at), at, remarks, depth + 1)
        case other:
            remarks.add(
                f"a {shown(other)} is no way to fly and was left out", f"{shown(other)} 不是航线，已忽略", where
            )
