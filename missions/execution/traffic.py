"""Traffic: what the flights of other missions, and vehicles without one, take of the air."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import shapely

from fusion.messages import Position, VehicleKind, VehicleState
from maps.district import District
from maps.instants import Clock
from maps.positions import FloatArray
from missions.execution.book import MissionBook
from missions.execution.mission import ACTIVE, ENDED, FlightRecord, Mission
from missions.execution.requests import wind_of
from missions.plan import Plan
from missions.planning.errors import PlanningError
from missions.planning.profiles import VehicleProfile
from missions.safety.circumstances import UnderWay
from missions.safety.clearance import VALID_FOR_S
from missions.safety.flightpath import FlightPath
from missions.safety.volumes import Intent, Volumes
from missions.vehicles.fleet import Fleet

STARTS_WITHIN_S = 300.0
"""A launched flight without a time of take-off takes off within that time: its upload and its arming."""

ASIDE_M, UP_M = 100.0, 30.0
"""Around a vehicle that flies without a plan so much air is its own, and what it flies through since it last said
where it was: where it goes, nobody knows."""

FORGOTTEN_S = 60.0
"""A position older than this says nothing any more; a warning stays."""

ON_WAY_HOME_UP_M = 20.0

_ON_GROUND = frozenset({"waiting", "uploading", "uploaded", "arming"})


@dataclass(frozen=True)
class _Taken:
    """One flight as it stands: its plan, when it takes off, and where it is when it flies."""

    mission: Mission
    plan: Plan
    takeoffs: tuple[tuple[float, float], ...]
    under_way: UnderWay | None
    comes_home: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.plan.vehicle_id} ({self.mission.id})"


class Traffic:
    """Knows who else flies, or may.

    Args:
        book: of the missions.
        fleet: the vehicles.
        clock: tells UTC.
        profiles: what the aircraft of each kind can do.
    """

    def __init__(
        self, book: MissionBook, fleet: Fleet, clock: Clock, profiles: Mapping[VehicleKind, VehicleProfile]
    ) -> None:
        self._book, self._fleet, self._clock, self._profiles = book, fleet, clock, profiles
        self._paths: dict[int, FlightPath] = {}

    def beside(self, plans: Sequence[Plan], district: District) -> tuple[Callable[[], list[Intent]], tuple[str, ...]]:
        """What takes air beside the flights of a mission, as it is known now.

        Args:
            plans: of the mission itself, or some of them.
            district: where.

        Returns:
            What gives the intents, to be called in a thread, for paths are worked out there; and the names of vehicles
            in the air of which nobody knows where they are.
        """
        judged = {id(plan) for plan in plans}
        missions = [each for each in self._book.all() if each.state == "cleared" or each.state in ACTIVE]
        own = {each.id for each in missions if any(id(plan) in judged for plan in each.plans)}
        flights = [taken for mission in missions if mission.id not in own for taken in self._flights(mission)]
        planned = {plan.vehicle_id for mission in missions if mission.id in own for plan in mission.plans}
        planned |= {plan.vehicle_id for plan in plans}
        planned |= {taken.plan.vehicle_id for taken in flights if taken.under_way is not None}
        aloft = [v.state for name, v in self._fleet.vehicles.items() if name not in planned and _is_aloft(v.state)]
        now = float(self._clock())
        placed = [state for state in aloft if state.position is not None and now - state.time <= FORGOTTEN_S]
        followed = [self._fleet.vehicles[taken.plan.vehicle_id].state for taken in flights if taken.under_way]
        unplaced = tuple(sorted(state.id for state in (*aloft, *followed) if not _is_placed(state)))

        def intents() -> list[Intent]:
            self._paths = {key: path for key, path in self._paths.items() if key in {id(t.plan) for t in flights}}
            return [
                *(self._intent(taken, district) for taken in flights),
                *(self._around(state, state.position, district) for state in placed if state.position is not None),
            ]

        return intents, unplaced

    def _flights(self, mission: Mission) -> Iterator[_Taken]:
        for plan, record in zip(mission.plans, mission.flights, strict=True):
            if record.state not in ENDED:
                yield self._taken(mission, plan, record)

    def _taken(self, mission: Mission, plan: Plan, record: FlightRecord) -> _Taken:
        now = float(self._clock())
        if mission.state == "cleared":
            last = (mission.cleared_time or now) + VALID_FOR_S
            return _Taken(mission, plan, tuple((now + s, max(last, now) + s) for s in plan.takeoffs_s), None)
        if record.state in _ON_GROUND:
            due = record.takeoff_time
            first, last = (due, due) if due is not None else (now, now + STARTS_WITHIN_S)
            return _Taken(mission, plan, tuple((first + s, last + s) for s in _since_first(plan)), None)
        vehicle = self._fleet.vehicles.get(plan.vehicle_id)
        position = vehicle.state.position if vehicle is not None else None
        if position is None:
            return _Taken(mission, plan, ((record.started_time or now, inf),), None)
        under_way = UnderWay(record.item or 0, position)
        seen = min(now, vehicle.state.time) if vehicle is not None else now
        last = seen if record.state == "flying" else inf
        return _Taken(mission, plan, ((seen, last),), under_way, record.state == "returning")

    def _intent(self, taken: _Taken, district: District) -> Intent:
        path = self._path(taken, district)
        if taken.comes_home and taken.under_way is not None:
            volumes = _way_home(path, taken.under_way.position)
        else:
            volumes = Volumes.of(path if taken.under_way is None else path.ahead(taken.under_way))
        waits = taken.mission.state == "cleared"
        aloft = taken.under_way is not None
        return Intent(taken.plan.vehicle_id, taken.name, volumes, taken.takeoffs, waits=waits, aloft=aloft)

    def _around(self, state: VehicleState, position: Position, district: District) -> Intent:
        """The air of a vehicle that flies without a plan: the older its position, the more."""
        now = float(self._clock())
        cruise = self._profiles[state.kind].cruise_mps
        east, north, up = state.velocity_enu_mps or (cruise, 0.0, 0.0)
        age_s = max(0.0, now - state.time)
        aside, above = ASIDE_M + math.hypot(east, north) * age_s, UP_M + abs(up) * age_s
        flat = _flat(district, position)
        here = np.array([flat - 0.5, flat + 0.5])
        air = _line(district, here, position.alt_amsl_m - above, position.alt_amsl_m + above, aside)
        return Intent(state.id, f"{state.id} (in the air without a plan)", air, ((now, inf),), aloft=True)

    def _path(self, taken: _Taken, district: District) -> FlightPath:
        known = self._paths.get(id(taken.plan))
        if known is not None and known.plan is taken.plan:
            return known
        wind = wind_of(taken.mission.request)
        try:
            path = FlightPath.of(taken.plan, district, wind, self._profiles)
        except PlanningError:
            path = FlightPath.of(taken.plan, district, None, self._profiles)
        self._paths[id(taken.plan)] = path
        return path


def _since_first(plan: Plan) -> tuple[float, ...]:
    """Its take-offs, in seconds since the first."""
    return tuple(start - plan.takeoffs_s[0] for start in plan.takeoffs_s)


def _is_placed(state: VehicleState) -> bool:
    return state.position is not None and state.link == "up"


def _is_aloft(state: VehicleState) -> bool:
    return bool(state.in_air) or (state.in_air is None and state.armed)


def _way_home(path: FlightPath, position: Position) -> Volumes:
    """The straight way from where it is to where it takes off, between its present and its return height."""
    asked = path.plan.home.alt_amsl_m + max(path.profile.return_height_m, 0.0)
    low, high = sorted((position.alt_amsl_m, asked))
    flat = np.array([_flat(path.district, position) - 0.5, path.home_m[:2] + 0.5])
    return _line(path.district, flat, low - ON_WAY_HOME_UP_M, high + ON_WAY_HOME_UP_M, path.error_m)


def _flat(district: District, position: Position) -> FloatArray:
    enu = district.frame.enu_from_geodetic(position.lat_deg, position.lon_deg, position.alt_amsl_m)
    return np.asarray(enu[:2], dtype=np.float64)


def _line(district: District, flat_m: FloatArray, low_m: float, high_m: float, error_m: float) -> Volumes:
    """The air along a line, at any time."""
    return Volumes(
        district,
        error_m,
        np.array([shapely.LineString(flat_m)], dtype=object),
        np.array([low_m]),
        np.array([high_m]),
        np.array([0.0]),
        np.array([inf]),
        np.array([0]),
        np.array([False]),
    )
