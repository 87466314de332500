"""The two documents of a DJI wayline file, from a wayline.

``waylines.wpml`` is what the aircraft flies, ``template.kml`` what DJI Pilot shows and edits; both say the same. The
aircraft and its payload are a Mavic 3 Enterprise's, which DJI Pilot asks to change for another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fusion.messages import Position
from missions.plan import Command, PlanItem
from missions.planning.formats.dji_actions import action_of, action_xml
from missions.planning.formats.xmltext import Markup, document, element

KML = "http://www.opengis.net/kml/2.2"
WPML = "http://www.dji.com/wpmz/1.0.2"
DRONE, DRONE_SUB = 77, 0
PAYLOAD, PAYLOAD_SUB, PAYLOAD_POSITION = 66, 0, 0
MIN_SECURITY_M = 1.5
MAX_SECURITY_M = 1500.0


@dataclass(slots=True)
class Stop:
    """A waypoint: its place, height (metres as the wayline measures), speed from there on, and what is done at it."""

    lat_deg: float
    lon_deg: float
    height_m: float
    speed_mps: float
    looks_at: tuple[float, float, float] | None = None
    yaw_deg: float | None = None
    turn_m: float = 0.0
    orders: list[PlanItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wayline:
    """What both documents say.

    Attributes:
        home: the reference take-off point.
        takeoff_m: height above it to which the aircraft climbs first.
        above_ground: heights of the stops are above ground, rather than above the take-off point.
        cruise_mps: of the whole.
        transitional_mps: to the first stop.
        finish: finishAction.
        before: orders before the first stop.
        stops: in their order.
    """

    home: Position
    takeoff_m: float
    above_ground: bool
    cruise_mps: float
    transitional_mps: float
    finish: str
    before: tuple[PlanItem, ...]
    stops: tuple[Stop, ...]


def w(name: str, *content: str | float | None) -> Markup:
    """An element of WPML."""
    return element(f"wpml:{name}", *content)


def template_kml(line: Wayline) -> bytes:
    """The template: what DJI Pilot shows and edits."""
    system = w(
        "waylineCoordinateSysParam",
        w("coordinateMode", "WGS84"),
        w("heightMode", "aboveGroundLevel" if line.above_ground else "relativeToStartPoint"),
    )
    folder = element(
        "Folder",
        w("templateType", "waypoint"),
        w("templateId", 0),
        system,
        w("autoFlightSpeed", line.cruise_mps),
        w("gimbalPitchMode", "manual"),
        w("globalWaypointHeadingParam", w("waypointHeadingMode", "followWayline")),
        w("globalWaypointTurnMode", "toPointAndStopWithDiscontinuityCurvature"),
        w("globalUseStraightLine", 1),
        w("globalHeight", line.stops[0].height_m),
        *_placemarks(line, executed=False),
        w("payloadParam", w("payloadPositionIndex", PAYLOAD_POSITION), w("imageFormat", "wide")),
    )
    return _kml(w("author", "Liti"), _config(line, reference=True), folder)


def waylines_wpml(line: Wayline) -> bytes:
    """The wayline: what the aircraft flies."""
    begin = [action for item in line.before if (action := action_of(item)) is not None]
    start = [action_xml(index, action) for index, action in enumerate(begin)]
    folder = element(
        "Folder",
        w("templateId", 0),
        w("executeHeightMode", "realTimeFollowSurface" if line.above_ground else "relativeToStartPoint"),
        w("waylineId", 0),
        w("autoFlightSpeed", line.cruise_mps),
        w("startActionGroup", *start) if start else None,
        *_placemarks(line, executed=True),
    )
    return _kml(_config(line, reference=False), folder)


def _kml(*content: Markup) -> bytes:
    return document(element("kml", element("Document", *content), **{"xmlns": KML, "xmlns:wpml": WPML}))


def _config(line: Wayline, reference: bool) -> Markup:
    home = line.home
    point = f"{home.lat_deg!r},{home.lon_deg!r},{home.alt_amsl_m!r}"
    return w(
        "missionConfig",
        w("flyToWaylineMode", "safely"),
        w("finishAction", line.finish),
        w("exitOnRCLost", "executeLostAction"),
        w("executeRCLostAction", "goBack"),
        w("takeOffSecurityHeight", min(MAX_SECURITY_M, max(MIN_SECURITY_M, line.takeoff_m))),
        w("takeOffRefPoint", point) if reference else None,
        w("takeOffRefPointAGLHeight", home.alt_amsl_m) if reference else None,
        w("globalTransitionalSpeed", line.transitional_mps),
        w("droneInfo", w("droneEnumValue", DRONE), w("droneSubEnumValue", DRONE_SUB)),
        w(
            "payloadInfo",
            w("payloadEnumValue", PAYLOAD),
            w("payloadSubEnumValue", PAYLOAD_SUB),
            w("payloadPositionIndex", PAYLOAD_POSITION),
        ),
    )


def _placemarks(line: Wayline, executed: bool) -> Iterator[Markup]:
    series = _series(line.stops)
    group = 0
    for index, stop in enumerate(line.stops):
        groups = [*_reached(index, stop, group), *series.get(index, ())]
        numbered = [_group(group + offset, *each) for offset, each in enumerate(groups)]
        group += len(groups)
        yield element("Placemark", *_stop(index, stop, executed), *numbered)


def _stop(index: int, stop: Stop, executed: bool) -> Iterator[Markup]:
    yield element("Point", element("coordinates", f"{stop.lon_deg!r},{stop.lat_deg!r}"))
    yield w("index", index)
    if executed:
        yield w("executeHeight", stop.height_m)
    else:
        yield w("ellipsoidHeight", stop.height_m)
        yield w("height", stop.height_m)
        for name in ("useGlobalHeight", "useGlobalSpeed", "useGlobalHeadingParam", "useGlobalTurnParam"):
            yield w(name, 0)
    yield w("waypointSpeed", stop.speed_mps)
    yield _heading(stop)
    mode = "coordinateTurn" if stop.turn_m > 0 else "toPointAndStopWithDiscontinuityCurvature"
    yield w("waypointTurnParam", w("waypointTurnMode", mode), w("waypointTurnDampingDist", stop.turn_m))
    yield w("useStraightLine", 1)


def _heading(stop: Stop) -> Markup:
    mode, angle, poi = "followWayline", 0.0, (0.0, 0.0, 0.0)
    if stop.looks_at is not None:
        mode, poi = "towardPOI", stop.looks_at
    elif stop.yaw_deg is not None:
        mode, angle = "smoothTransition", (stop.yaw_deg + 180.0) % 360.0 - 180.0
    return w(
        "waypointHeadingParam",
        w("waypointHeadingMode", mode),
        w("waypointHeadingAngle", angle),
        w("waypointPoiPoint", ",".join(repr(value) for value in poi)),
        w("waypointHeadingPathMode", "followBadArc"),
    )


_Group = tuple[int, int, str, float | None, list[Markup]]


def _reached(index: int, stop: Stop, group: int) -> Iterator[_Group]:
    """The group of what is done on reaching a stop."""
    actions = [action for item in stop.orders if (action := action_of(item)) is not None]
    if actions:
        yield index, index, "reachPoint", None, [action_xml(number, action) for number, action in enumerate(actions)]


def _series(stops: tuple[Stop, ...]) -> dict[int, list[_Group]]:
    """Groups that go on from stop to stop: pictures by distance or by time, from the order that begins them on."""
    found: dict[int, list[_Group]] = {}
    begun: dict[str, tuple[int, float]] = {}

    def end(trigger: str, index: int) -> None:
        if trigger in begun:
            start, every = begun.pop(trigger)
            photo = action_xml(0, ("takePhoto", {"fileSuffix": "", "payloadPositionIndex": 0.0}))
            if index > start:
                found.setdefault(start, []).append((start, index, trigger, every, [photo]))

    for index, stop in enumerate(stops):
        for item in stop.orders:
            first, second, third, _ = (value or 0.0 for value in item.params)
            if item.command == Command.SET_CAM_TRIGG_DIST:
                end("multipleDistance", index)
                if first > 0:
                    begun["multipleDistance"] = (index, first)
            elif item.command == Command.IMAGE_STOP_CAPTURE or (
                item.command == Command.IMAGE_START_CAPTURE and second > 0
            ):
                end("multipleTiming", index)
                if item.command == Command.IMAGE_START_CAPTURE and third == 0:
                    begun["multipleTiming"] = (index, second)
    for trigger in tuple(begun):
        end(trigger, len(stops) - 1)
    return found


def _group(number: int, start: int, end: int, trigger: str, every: float | None, actions: list[Markup]) -> Markup:
    param = None if every is None else w("actionTriggerParam", every)
    return w(
        "actionGroup",
        w("actionGroupId", number),
        w("actionGroupStartIndex", start),
        w("actionGroupEndIndex", end),
        w("actionGroupMode", "sequence"),
        w("actionTrigger", w("actionTriggerType", trigger), param),
        *actions,
    )
