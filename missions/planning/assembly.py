"""Assembly: parts put together to a plan.

Every kind of mission makes parts, each a stretch flown as one with its camera at work. What plans share is written
here, once: the beginning, the ways between parts, the camera's orders, the way home, and the figures of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Plan
from missions.planning.approach import entries, lowered, over_circle
from missions.planning.climb_out import climb_out_course_rad
from missions.planning.climbing import climb_circle
from missions.planning.crew import Member
from missions.planning.heights import TOLERANCE_M, ground_amsl_m, over
from missions.planning.items import ItemWriter, Stay
from missions.planning.landing import Landing, VerticalLanding, landing, vertical_landing
from missions.planning.request import MissionRequest
from missions.planning.trajectory import fly
from missions.planning.transits import Transits
from missions.planning.ways import Ground, Way, course_rad, with_run
from missions.planning.wind import AirMass

CLIMB_OUT_PITCH_DEG = 12.0
TAKE_OFF_RUN_M = 200.0

RUN_RADII = 1.5
"""Straight run before and after a part, in turn radii, on which an aircraft with wings settles on the line."""


@dataclass(frozen=True, eq=False)
class Part:
    """A stretch flown as one.

    Attributes:
        points_m: (N, 3) with N >= 1: east, north, height AMSL.
        purpose: of its items: "survey", "corridor", "orbit" …
        picture_m: distance between pictures along it; None takes none.
        look_at_m: (3,) the place the camera looks at; None looks straight down.
        run_m: straight run before and after it for an aircraft with wings; by default `RUN_RADII` turn radii.
        stay: what is done at its last point.
        speed_mps: at which it is flown, where it is not the aircraft's own.
    """

    points_m: FloatArray
    purpose: str
    picture_m: float | None = None
    look_at_m: FloatArray | None = None
    run_m: float | None = None
    stay: Stay | None = None
    speed_mps: float | None = None


@dataclass(frozen=True)
class Surveyed:
    """What the pictures of a plan show.

    Attributes:
        ground_resolution_m: metres of ground for each pixel, straight below.
        swath_m: width imaged by one pass; None where pictures are taken aslant.
        imaged: GeoJSON of the ground imaged.
    """

    ground_resolution_m: float
    swath_m: float | None
    imaged: dict[str, Any]


def compose(
    request: MissionRequest,
    district: District,
    member: Member,
    parts: Sequence[Part],
    *,
    surveyed: Surveyed | None = None,
    notes: Sequence[tuple[str, str]] = (),
) -> Plan:
    """The plan of one aircraft: take off, fly the parts in their order, come home; flown in the model for its figures.

    Raises:
        PlanningError: when there is no way around what stands between two parts.
        ValueError: when there is no part.
    """
    if not parts:
        raise ValueError("a plan needs at least one part")
    writer = ItemWriter(district, member.home)
    ground, pieces = _opened(request, district, member, parts)
    transits = Transits(request, district, member)
    place, course = _begin(writer, request, district, member, transits, pieces[0][1])
    camera = _Camera(writer)
    pace = _Pace(writer, member, member.speed_mps)
    for part, way in pieces:
        _transit(writer, transits.between(place, way.points_m[0], course, way.entering_rad))
        _write(writer, camera, pace, part, way)
        place, course = way.points_m[-1], None if part.stay else way.leaving_rad
    camera.rest()
    pace.take(None)
    reach = np.vstack([home_m(district, member), *(way.points_m for _, way in pieces)])
    _go_home(writer, request, district, member, transits, place, course, reach)
    flown = fly(writer.items, member.home, member.profile, district, speed_mps=member.speed_mps, wind=request.wind)
    return Plan(
        vehicle_id=member.vehicle_id,
        vehicle_kind=member.profile.kind,
        home=member.home,
        items=tuple(writer.items),
        speed_mps=member.speed_mps,
        path=flown.path(district),
        duration_s=flown.duration_s,
        distance_m=flown.distance_m,
        energy_fraction=float(flown.energy_s[-1]) / member.profile.endurance_s,
        ground_resolution_m=surveyed.ground_resolution_m if surveyed else None,
        swath_m=surveyed.swath_m if surveyed else None,
        imaged=surveyed.imaged if surveyed else None,
        name=request.name,
        notes=(*notes, *(ground.notes if ground is not None else ()), *transits.notes),
    )


def _opened(
    request: MissionRequest, district: District, member: Member, parts: Sequence[Part]
) -> tuple[Ground | None, list[tuple[Part, Way]]]:
    """The parts with their ways, cut where they may not be flown.

    A survey is kept whole, for all of its ground is to be imaged, and so are parts of which nothing would be left: what
    crosses forbidden ground is for clearance to refuse.
    """
    ways = [with_run(part.points_m, _run_m(part, member), stays=part.stay is not None) for part in parts]
    whole = [part.purpose == "survey" or _circled(part) for part in parts]
    lines = [way.points_m for way, kept in zip(ways, whole, strict=True) if not kept]
    ground = Ground(request, district, member, lines) if lines else None
    pieces = [
        (part if piece.ends else replace(part, stay=None), piece)
        for part, way, kept in zip(parts, ways, whole, strict=True)
        for piece in ([way] if kept or ground is None else ground.opened(way))
    ]
    if ground is not None:
        ground.kept_whole = not pieces
    return ground, pieces or list(zip(parts, ways, strict=True))


def _circled(part: Part) -> bool:
    """Whether a part is a place to stay at, which cannot be flown in pieces."""
    return part.stay is not None and len(part.points_m) == 1


def _run_m(part: Part, member: Member) -> float:
    return part.run_m if part.run_m is not None else RUN_RADII * member.profile.turn_radius_m(member.speed_mps)


@dataclass
class _Camera:
    """What the camera was last told, so that nothing is said twice."""

    writer: ItemWriter
    looks_at: tuple[float, ...] | None = None
    picture_m: float | None = None

    def work(self, part: Part) -> None:
        """Look where a part wants it, before the part begins."""
        if part.look_at_m is not None:
            looks_at = tuple(float(value) for value in part.look_at_m)
            if looks_at != self.looks_at:
                self.writer.look_at(part.look_at_m)
            self.looks_at = looks_at
        elif self.looks_at is not None:
            self.writer.look_free()
            self.writer.look_down()
            self.looks_at = None

    def take(self, picture_m: float | None) -> None:
        """Take pictures from here on at this distance, or none."""
        if picture_m != self.picture_m:
            self.writer.trigger(picture_m or 0.0)
            self.picture_m = picture_m

    def rest(self) -> None:
        """End everything."""
        self.take(None)
        if self.looks_at is not None:
            self.writer.look_free()
            self.looks_at = None


@dataclass
class _Pace:
    """The speed it was last told to fly at, so that nothing is said twice."""

    writer: ItemWriter
    member: Member
    speed_mps: float

    def take(self, speed_mps: float | None) -> None:
        """Fly at this speed from here on; None: at the aircraft's own."""
        wanted = speed_mps or self.member.speed_mps
        if wanted != self.speed_mps:
            self.writer.speed(wanted, self.member.profile.bank_deg is not None)
            self.speed_mps = wanted


def _transit(writer: ItemWriter, points_m: FloatArray) -> None:
    for point in points_m:
        writer.waypoint(point, "transit")


def _write(writer: ItemWriter, camera: _Camera, pace: _Pace, part: Part, way: Way) -> None:
    """The items of one part. An order is carried out when the place written before it is reached."""
    if part.picture_m is None:
        camera.take(None)
    camera.work(part)
    if part.speed_mps is None:
        pace.take(None)
    last = len(way.points_m) - 1
    for index, point in enumerate(way.points_m):
        on_the_way = index <= way.first if part.picture_m is not None else index < way.first
        purpose = "transit" if on_the_way or index > way.last else part.purpose
        if index == last and part.stay is not None:
            writer.stay(point, part.purpose, part.stay)
        else:
            writer.waypoint(point, purpose)
        if index == way.first and part.speed_mps is not None:
            pace.take(part.speed_mps)
        if index == way.first and part.picture_m is not None:
            camera.take(part.picture_m)
        elif index == way.last < last:
            camera.take(None)


def _begin(
    writer: ItemWriter, request: MissionRequest, district: District, member: Member, transits: Transits, way: Way
) -> tuple[FloatArray, float | None]:
    """Take off toward the first part, set the speed, and point the camera down.

    Returns:
        Where the way to the first part begins (east, north, AMSL), and the course there if it is given.
    """
    home, first = home_m(district, member), way.points_m[0]
    place, course = over(district, request.altitude, home, first), None
    top = place
    if member.profile.kind != "fixed_wing":
        writer.place(_TAKE_OFF[member.profile.kind], place, "takeoff", 0, 0, 0, None)
    else:
        toward = np.vstack([transits.between(place, first, None, way.entering_rad), first])[0]
        ahead_rad = course_rad(np.array([home, toward])) or 0.0
        up = float(place[2])
        air = AirMass.of(request.wind)
        course = climb_out_course_rad(district, home, ahead_rad, member.profile, member.speed_mps, up, air)
        ahead = home[:2] + TAKE_OFF_RUN_M * np.array([np.cos(course), np.sin(course)])
        place = over(district, request.altitude, ahead, first)
        top = np.array([*ahead, home[2] + max(30.0, (up - home[2]) / 2)])
        writer.place(Command.TAKEOFF, top, "takeoff", CLIMB_OUT_PITCH_DEG, 0.0, 0.0, None)
    writer.speed(member.speed_mps, member.profile.bank_deg is not None)
    writer.look_down()
    if course is None:
        return place, None
    circle = climb_circle(district, top, course, place, first, member.profile, member.speed_mps)
    if circle is None:
        return place, course
    writer.place(Command.LOITER_TO_ALT, circle.centre_m, "transit", 1.0, round(circle.signed_radius_m), 0.0, 1.0)
    return circle.centre_m, None


_TAKE_OFF = {"rotorcraft": Command.TAKEOFF, "vtol": Command.VTOL_TAKEOFF}


def _go_home(
    writer: ItemWriter,
    request: MissionRequest,
    district: District,
    member: Member,
    transits: Transits,
    place_m: FloatArray,
    course_rad: float | None,
    reach: FloatArray,
) -> None:
    """Return and land for rotorcraft, a landing pattern for fixed-wing aircraft, an approach and a descent for VTOL.

    The return is flown straight: where home does not lie straight ahead, places to fly around by are written before,
    and one above home where it is flown at another height there.
    """
    home = home_m(district, member)
    if not member.profile.winged:
        top = over(district, request.altitude, home, place_m)
        way = transits.between(place_m, top, course_rad)
        _transit(writer, way)
        if abs(float([place_m, *way][-1][2] - top[2])) > TOLERANCE_M:
            writer.waypoint(top, "transit")
        writer.order(Command.RETURN_TO_LAUNCH, "return")
        return
    made: Landing | VerticalLanding
    above = float(place_m[2] - ground_amsl_m(district, place_m[:2]))
    if member.profile.hovers:
        made = vertical_landing(district, home, member.profile, request.wind, above)
    else:
        made = landing(district, home, member.profile, request.wind, above)
    high = over_circle(district, request.altitude, made, place_m)
    _transit(writer, lowered([place_m, *transits.between(place_m, high, course_rad), high], made.radius_m))
    writer.order(Command.LAND_START, "land")
    circles = entries(district, made, high, reach, member.profile.position_error_m)
    for entry_m in circles:
        leaves = 1.0 if entry_m is circles[-1] else 0.0  # whether it goes on around until the next place lies ahead
        writer.place(Command.LOITER_TO_ALT, entry_m, "land", leaves, round(made.signed_radius_m), 0.0, 1.0)
    if isinstance(made, Landing):
        writer.waypoint(made.gate_m, "land")
    down = Command.LAND if isinstance(made, Landing) else Command.VTOL_LAND
    writer.place(down, made.touchdown_m, "land", 0.0, 0.0, 0.0, None)


def home_m(district: District, member: Member) -> FloatArray:
    """(east, north, AMSL) of where a member of the crew stands."""
    enu = district.frame.enu_from_geodetic(member.home.lat_deg, member.home.lon_deg, member.home.alt_amsl_m)
    return np.array([enu[0], enu[1], member.home.alt_amsl_m])
