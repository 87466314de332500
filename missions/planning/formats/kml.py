"""KML 2.2: plans of our own whole, and the paths, tracks and placemarks of others as waypoints.

Source: OGC 07-147r2 (KML 2.2), Google's ``gx`` extensions (gx:Track). What is written has one placemark for each
feature of the GeoJSON (`geo`), with the feature's properties as ExtendedData; that is what is read back. Of others'
files the lines and tracks are flown, or else the points: heights "absolute" are above the sea, "relativeToGround"
above terrain.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from fusion.messages import VehicleKind
from missions.dialects import Autopilot, differs, spoken
from missions.plan import Frame, Plan
from missions.planning.errors import PlanningError
from missions.planning.formats import geo
from missions.planning.formats.checked import bad, latitude, longitude, optional_number, shown
from missions.planning.formats.frames import TERRAIN_FRAMES
from missions.planning.formats.jsontext import parse
from missions.planning.formats.results import Read, Remarks, Written
from missions.planning.formats.ways import Vertex, Way, flown
from missions.planning.formats.xmltext import Markup, document, element
from missions.planning.formats.xmltree import Element

NAMESPACE = "http://www.opengis.net/kml/2.2"
_TEXTS = {"liti", "command_name", "altitude_reference", "purpose", "vehicle_kind", "vehicle_id", "name"}
_COMMA = re.compile(r"\s*,\s*")
_SHAPES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model"}


def write(plan: Plan, autopilot: Autopilot | None = None) -> Written:
    """A plan as KML; nothing of it is lost."""
    content = geo.geojson(msgspec.structs.replace(plan, items=spoken(plan, autopilot or "unknown")))
    placemarks = [_placemark(feature) for feature in content["features"]]
    own = element("ExtendedData", _data("liti_plan", json.dumps(content["liti"], allow_nan=False)))
    root = element("Document", element("name", plan.name or "plan"), own, *placemarks)
    return Written(document(element("kml", root, xmlns=NAMESPACE)), differs(plan, autopilot or "unknown"))


def _data(name: str, value: str) -> Markup:
    return element("Data", element("value", value), name=name)


def _placemark(feature: dict[str, Any]) -> Markup:
    says = feature["properties"]
    data = [
        _data(key, value if key in _TEXTS else json.dumps(value, allow_nan=False))
        for key, value in says.items()
        if value != ""
    ]
    name = f"{says['item'] + 1} {says['command_name']}" if says["liti"] == "item" else says["liti"]
    geometry = None if feature["geometry"] is None else _geometry(feature["geometry"], says)
    return element("Placemark", element("name", name), element("ExtendedData", *data), geometry)


def _geometry(geometry: dict[str, Any], says: dict[str, Any]) -> Markup:
    coordinates = geometry["coordinates"]
    match geometry["type"]:
        case "Point":
            terrain = says.get("frame") in TERRAIN_FRAMES
            mode = "relativeToGround" if terrain else "absolute"
            place = [*coordinates, says["alt_m"]] if terrain else coordinates
            return element("Point", element("altitudeMode", mode), element("coordinates", _tuple(place)))
        case "LineString":
            line = " ".join(_tuple(each) for each in coordinates)
            return element("LineString", element("altitudeMode", "absolute"), element("coordinates", line))
        case _:
            ring = element("LinearRing", element("coordinates", " ".join(_tuple(each) for each in coordinates[0])))
            return element("Polygon", element("outerBoundaryIs", ring))


def _tuple(place: list[float]) -> str:
    return ",".join(repr(value) for value in place)


def read(root: Element, kind: VehicleKind | None = None) -> Read:
    """A plan from the root element of a KML document.

    Raises:
        PlanningError: when it holds nothing to fly, or what is no place; says in which line.
    """
    if root.name not in ("kml", "Document", "Folder", "Placemark"):
        raise bad(f"{root.where}: this is not KML", f"第 {root.line} 行：不是 KML", f"line {root.line}")
    placemarks = [element for element in root.walk() if element.name == "Placemark"]
    features = [(each, _properties(each)) for each in placemarks]
    if any(says.get("liti") in ("item", "home") for _, says in features):
        return _own(root, features, kind)
    remarks = Remarks()
    if any(each.name == "NetworkLink" for each in root.walk()):
        remarks.add("links to other files are not followed", "不读取链接的其他文件")
    ways = [way for placemark in placemarks for way in _ways(placemark, remarks)]
    return flown(ways, kind, remarks, f"line {root.line}")


def _own(root: Element, features: list[tuple[Element, dict[str, Any]]], kind: VehicleKind | None) -> Read:
    holder = root.child("Document") or root
    collection = {
        "type": "FeatureCollection",
        "liti": _properties(holder).get("liti_plan"),
        "features": [{"geometry": _feature_geometry(each, says), "properties": says} for each, says in features],
    }
    try:
        return geo.read_value(collection, kind)
    except PlanningError as error:
        index = re.match(r"features\[(\d+)\]", error.field or "")
        if index is None:
            raise
        where = features[int(index[1])][0].where
        raise bad(f"{where}: {error.message_en}", f"{where}：{error.message_zh}", where) from error


def _properties(holder: Element) -> dict[str, Any]:
    extended = holder.child("ExtendedData")
    found: dict[str, Any] = {}
    for data in extended.all("Data") if extended is not None else ():
        name, value = data.attributes.get("name", ""), data.said("value") or ""
        found[name] = value if name in _TEXTS else _value(value)
    return found


def _value(text: str) -> Any:
    """A value of ExtendedData: JSON where it is that, otherwise the text."""
    try:
        return parse(text) if text[:1] in '-0123456789[{tfn"' else text
    except PlanningError:
        return text


def _feature_geometry(placemark: Element, says: dict[str, Any]) -> dict[str, Any] | None:
    shape = next((each for each in placemark.children if each.name in _SHAPES), None)
    if shape is None:
        return None
    lists = [[lon, lat, *([] if up is None else [up])] for lat, lon, up in _vertices(_line_of(shape))]
    match shape.name:
        case "Point":
            return {"type": "Point", "coordinates": lists[0] if lists else None}
        case "LineString":
            return {"type": "LineString", "coordinates": lists}
        case _:
            return {"type": "Polygon", "coordinates": [lists]}


def _line_of(shape: Element) -> Element:
    """The element that holds the coordinates of a shape."""
    ring = next((each for each in shape.walk() if each.name == "LinearRing"), None)
    return ring if ring is not None else shape


def _vertices(shape: Element) -> list[Vertex]:
    text = shape.child("coordinates")
    if text is None:
        return []
    return [_vertex(each.split(","), text) for each in _COMMA.sub(",", text.text.strip()).split()]


def _vertex(parts: list[str], holder: Element) -> Vertex:
    where = holder.where
    if len(parts) < 2:
        raise bad(f"{where}: {shown(' '.join(parts))} is not longitude,latitude", f"{where}：坐标格式错误", where)
    up = optional_number(parts[2], where) if len(parts) > 2 else None
    return latitude(parts[1], where), longitude(parts[0], where), up


def _ways(holder: Element, remarks: Remarks) -> Iterator[Way]:
    for shape in holder.children:
        match shape.name:
            case "Point" | "LineString":
                yield _way(_vertices(shape), shape, remarks)
            case "Track":
                coords = [each for each in shape.children if each.name == "coord"]
                yield _way([_vertex(each.text.split(), each) for each in coords], shape, remarks)
            case "MultiGeometry" | "MultiTrack":
                yield from _ways(shape, remarks)
            case "Polygon" | "LinearRing" | "Model":
                remarks.add(
                    f"a {shape.name} is no way to fly and was left out", f"{shape.name} 不是航线，已忽略", shape.where
                )


def _way(vertices: list[Vertex], shape: Element, remarks: Remarks) -> Way:
    match shape.said("altitudeMode"):
        case "absolute":
            frame = int(Frame.AMSL)
        case "relativeToGround":
            frame = int(Frame.TERRAIN)
        case _:  # "clampToGround", KML's default: a line drawn on the ground; a height of 0 is none
            frame = int(Frame.HOME)
            vertices = [(lat, lon, up or None) for lat, lon, up in vertices]
    return Way(tuple(vertices), frame, shape.name != "Point", shape.where)
