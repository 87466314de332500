"""Transits: the ways between parts of a plan, and home, around what stands in the way at their height.

A transit begins and ends where a part wants it; when one of these places itself lies in forbidden ground, that ground
does not count for the transit: clearance says so of the part. What was gone around is told in a note.
"""

import math
from itertools import pairwise

import numpy as np
import shapely

from maps.district import District
from maps.positions import FloatArray
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.flight import Flight, Point
from missions.planning.heights import SAMPLE_M, TOLERANCE_M, ground_amsl_m, stepped
from missions.planning.request import MissionRequest
from missions.planning.routing import Airspace, Level, Obstacle
from missions.planning.routing.blocked import ALTITUDE
from missions.planning.ways import named
from missions.planning.wind import AirMass
from missions.planning.wings import Line, go, guidance

WIDER = (1.0, 1.6, 2.4)
"""Multiples of the turn radius that are tried until the flight model keeps clear on the way."""

MOST_FAILURES = 1
"""After so many transits of a plan without a clear way for their turns, no more turns are searched for: buildings stand
too close at this height, clearance tells where, and the search would take minutes."""

SWING_RADII = 4.0
"""Within so many turn radii beside the straight way an aircraft with wings may swing out."""

FOLLOWS_FROM_M = 200.0
"""Shorter transits do not follow the ground between their ends."""


class Transits:
    """Finds the transits of one aircraft's plan.

    Attributes:
        avoided: what was gone around so far, by kind and id.
    """

    def __init__(self, request: MissionRequest, district: District, member: Member) -> None:
        self._request, self._district, self._member = request, district, member
        self._airspaces: dict[Level, Airspace] = {}
        self.avoided: dict[tuple[str, str], Obstacle] = {}
        self._failures = 0
        self._blocked: dict[str, str] = {}

    def between(
        self,
        start_m: FloatArray,
        end_m: FloatArray,
        leaving_rad: float | None = None,
        entering_rad: float | None = None,
    ) -> FloatArray:
        """The points (N, 3) to fly over from one place to another, both left out; often none.

        Args:
            start_m: east, north, AMSL.
            end_m: the same.
            leaving_rad: course at the start, for aircraft with wings; None when it is not known.
            entering_rad: course on which it goes on behind the end.

        Where only the height asked for is to blame, the transit goes straight and a note says so: the draft shows the
        place, and clearance refuses it.

        Raises:
            PlanningError: when there is no way around.
        """
        start, end = np.asarray(start_m, dtype=np.float64), np.asarray(end_m, dtype=np.float64)
        if math.dist(start[:2], end[:2]) < 1.0:
            return np.zeros((0, 3))
        space = self._space(start, end)
        try:
            if self._member.profile.winged:
                flat = self._winged_way(space, start, end, leaving_rad, entering_rad)
            else:
                flat = space.way(start, end, forgiving=True)
        except PlanningError as error:
            if error.field != ALTITUDE:
                raise
            self._blocked[error.message_en] = error.message_zh
            flat = np.array([start[:2], end[:2]])
        if len(flat) > 2:
            for obstacle in space.check_part(np.array([start, end])):
                self.avoided[obstacle.kind, obstacle.id] = obstacle
        lifted = self._lifted(flat, start, end)
        return (stepped(lifted) if self._member.profile.winged else lifted)[1:-1]

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What was gone around, or could not be, in English and Chinese; empty when nothing was in the way."""
        straight = tuple(
            (
                f"{english} (drawn all the same; where it comes too near, the plan is not cleared)",
                f"{chinese}（航线仍按此绘制，过近处无法放行）",
            )
            for english, chinese in self._blocked.items()
        )
        if not self.avoided:
            return straight
        english, chinese = named([*self.avoided.values()])
        return ((f"the ways between parts go around {english}", f"航段之间绕行{chinese}"), *straight)

    def _space(self, start: FloatArray, end: FloatArray) -> Airspace:
        level = self._level(start, end)
        if level not in self._airspaces:
            self._airspaces[level] = Airspace.of(
                self._district, level, self._member.profile, when=self._member.planned_time
            )
        return self._airspaces[level]

    def _level(self, start: FloatArray, end: FloatArray) -> Level:
        altitude = self._request.altitude
        if altitude.reference != "agl":
            return Level.amsl(float(start[2]), float(end[2]))
        above = np.array([start[2], end[2]]) - ground_amsl_m(self._district, np.array([start[:2], end[:2]]))
        steps = np.round((above - altitude.value_m) / TOLERANCE_M) * TOLERANCE_M + altitude.value_m
        return Level("agl", float(steps.min()), float(steps.max()))

    def _winged_way(
        self, space: Airspace, start: FloatArray, end: FloatArray, leaving: float | None, entering: float | None
    ) -> FloatArray:
        """The first way that stays clear in the flight model; else the last one found, for clearance to judge."""
        member = self._member
        steering = guidance(self._flight(start, leaving))
        radius = max(member.profile.turn_radius_m(member.speed_mps), steering.reach_m(member.speed_mps))
        direct = np.array([start[:2], end[:2]])
        if not space.check_part(direct, SWING_RADII * radius) or self._clear(space, direct, start, leaving, entering):
            return direct
        found: FloatArray | None = None
        for wider in WIDER if self._failures < MOST_FAILURES else ():
            try:
                found = space.way(start, end, radius * wider, leaving, entering, forgiving=True)
            except PlanningError:
                break
            if self._clear(space, found, start, leaving, entering):
                return found
        self._failures += 1
        words_en, words_zh = named(space.check_part(direct, SWING_RADII * radius))
        self._blocked[f"no way with turns of {radius:.0f} m was found between parts near {words_en}"] = (
            f"在{words_zh}附近未找到可按 {radius:.0f} 米半径转弯的航段"
        )
        return space.way(start, end, forgiving=True) if found is None else found

    def _clear(
        self, space: Airspace, way: FloatArray, start: FloatArray, leaving: float | None, entering: float | None
    ) -> bool:
        """Whether the flight model, flown along a way and on behind it, stays clear of what its ends are clear of."""
        flight = self._flight(start, leaving)
        flight.mark()
        height = float(start[2])
        corners = [*way]
        if entering is not None:
            beyond = 4 * self._member.profile.turn_radius_m(self._member.speed_mps)
            corners.append(way[-1] + beyond * np.array([math.cos(entering), math.sin(entering)]))
        places: list[Point] = [(float(east), float(north), height) for east, north in corners]
        for index, (one, other) in enumerate(pairwise(places)):
            line = Line(one, other)
            accept = 0.0
            if index + 2 < len(places):
                bend = math.remainder(Line(other, places[index + 2]).course_rad - line.course_rad, 2 * math.pi)
                ground, _ = flight.speeds(line.course_rad)
                accept = guidance(flight).turn_distance_m(ground, flight.profile.acceptance_m, bend)
            go(flight, line, accept)
        path = flight.trajectory().enu_m[:, :2]
        own = {(each.kind, each.id) for each in (*space.check_part(way[:1]), *space.check_part(way[-1:]))}
        return all((each.kind, each.id) in own for each in space.check_part(path))

    def _flight(self, start: FloatArray, leaving: float | None) -> Flight:
        place = (float(start[0]), float(start[1]), float(start[2]))
        air = AirMass.of(self._request.wind)
        return Flight(self._member.profile, air, self._member.speed_mps, place, leaving, on_wings=True)

    def _lifted(self, flat: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
        """Points (N, 3) of a way whose height goes evenly from its start's to its end's: above the ground where asked.

        Where the ground between two corners asks for it, there are more points than corners.
        """
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(flat, axis=0).T))])
        if self._request.altitude.reference != "agl":
            return np.column_stack([flat, np.interp(along, along[[0, -1]], [start[2], end[2]])])
        ground = ground_amsl_m(self._district, flat)
        above = np.interp(along, along[[0, -1]], [start[2] - ground[0], end[2] - ground[-1]])
        made = [np.array([*flat[0], start[2]])]
        for index in range(1, len(flat)):
            if along[index] - along[index - 1] > FOLLOWS_FROM_M:
                made += self._followed(flat[index - 1 : index + 1], above[index - 1 : index + 1])
            made.append(np.array([*flat[index], ground[index] + above[index]]))
        return np.array(made)

    def _followed(self, leg: FloatArray, above: FloatArray) -> list[FloatArray]:
        """Points between the ends of a leg, without which it would leave its height above the ground too far."""
        length = math.dist(leg[0], leg[1])
        share = np.linspace(0, 1, max(2, math.ceil(length / SAMPLE_M) + 1))
        places = leg[0] + (leg[1] - leg[0]) * share[:, None]
        heights = ground_amsl_m(self._district, places) + above[0] + (above[1] - above[0]) * share
        profile = shapely.LineString(np.column_stack([share * length, heights])).simplify(TOLERANCE_M)
        kept = shapely.get_coordinates(profile)[1:-1]
        return [np.array([*(leg[0] + (leg[1] - leg[0]) * s / length), up]) for s, up in kept]
