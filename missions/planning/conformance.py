"""Conformance: how far a flown path departs from the planned one, part by part, and whether that is within bounds.

The flown positions are put in order on the planned path: each belongs to a place on it, and later ones never to earlier
places. Among all such orders the one with the least sum of squared distances is taken, found by dynamic programming
(the alignment of dynamic time warping, Sakoe and Chiba, "Dynamic programming algorithm optimization for spoken word
recognition", 1978, with free skips on the planned side). So a path that crosses or repeats itself is compared with the
right one of its passes, and what was skipped is found as planned path that nobody flew.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.messages import Position
from maps.positions import FloatArray, Geodetic, LocalFrame
from missions.plan import Plan
from missions.planning.leeway import Leeway
from missions.planning.profiles import SETTLE_S, VehicleProfile

STEP_M = 2.0
"""The planned path is compared at places no further apart, unless it is very long."""

MOST_PLACES = 4_000
"""On each side; more flown positions are thinned, and the step along a longer path grows."""

TURN_WINDOW_M = 15.0
TURN_RAD = math.radians(12)
"""A place belongs to a turn where the course changes by more within `TURN_WINDOW_M` before and behind it: on arcs of up
to 70 m of radius, as wings that bank by 35 degrees fly them at 20 m/s."""

SLOPE = 0.04
"""A place belongs to a climb or descent where the path rises or falls by more for each metre."""

ROLL_OUT_M = 60.0
"""A fixed-wing aircraft comes to rest within so much beyond the place where it is to touch the ground."""

_STILL_M = 2.0
_CIRCLING = frozenset({"orbit"})
_ENDS = frozenset({"takeoff", "land", "return"})


@dataclass(frozen=True)
class Bounds:
    """How far a flight may depart from its plan, metres.

    Attributes:
        lateral_m: across the path, where it leads straight on.
        turn_m: the same in turns and on circles, and on the way up and down at both ends.
        vertical_m: above or below the path.
        slope_m: the same where the path climbs or descends, and at both ends. What `missions.planning.leeway` leaves to
            the aircraft does not count.
        missed_m: planned path that may be left out.
    """

    lateral_m: float
    turn_m: float
    vertical_m: float
    slope_m: float
    missed_m: float = 0.0


def bounds(profile: VehicleProfile) -> Bounds:
    """The bounds of an aircraft: its position error, half a turn's radius more in turns, and less in height."""
    error, radius = profile.position_error_m, profile.turn_radius_m()
    return Bounds(error, error + radius / 2, max(5.0, error / 2), error, 2 * (error + radius))


@dataclass(frozen=True)
class PhaseDeparture:
    """What became of one phase of the plan.

    Attributes:
        phase: the purpose of the items flown ("takeoff", "survey", "land", …), with " turn" behind it in turns
            (aircraft with wings: until they have settled), " slope" where the path climbs or descends.
        positions: flown positions that belong to it.
        lateral_p95_m, lateral_max_m: horizontal distance from the path; NaN where nothing was flown.
        vertical_p95_m, vertical_max_m: distance above or below it.
        planned_s, flown_s: time that the phase takes.
    """

    phase: str
    positions: int
    lateral_p95_m: float
    lateral_max_m: float
    vertical_p95_m: float
    vertical_max_m: float
    planned_s: float
    flown_s: float


@dataclass(frozen=True, eq=False)
class Conformance:
    """A flight beside its plan.

    Attributes:
        phases: in the order in which the plan has them first.
        phase: (N,) index into ``phases`` for each flown position that was compared.
        time_s: (N,) of these, since the first.
        lateral_m: (N,) horizontal distance from the planned path; right of it positive, left negative.
        vertical_m: (N,) height above the planned path; see `Bounds.slope_m`.
        along_m: (N,) place on the planned path, from its beginning.
        missed_m: planned path after the take-off that was not flown: nothing flown came within the bound for turns.
        planned_s, flown_s: from take-off to the end.
    """

    phases: tuple[PhaseDeparture, ...]
    phase: NDArray[np.intp]
    time_s: FloatArray
    lateral_m: FloatArray
    vertical_m: FloatArray
    along_m: FloatArray
    missed_m: float
    planned_s: float
    flown_s: float
    bounds: Bounds

    @property
    def reasons(self) -> tuple[str, ...]:
        """Where the flight left its bounds, a sentence for each; empty when it kept to them."""
        said = []
        for each in self.phases:
            lateral = self.bounds.turn_m if _is_loose(each.phase) else self.bounds.lateral_m
            if each.lateral_max_m > lateral:
                said.append(f"{each.phase}: {each.lateral_max_m:.1f} m beside the path, {lateral:.1f} m are allowed")
            vertical = self.bounds.slope_m if _is_sloping(each.phase) else self.bounds.vertical_m
            if each.vertical_max_m > vertical:
                said.append(
                    f"{each.phase}: {each.vertical_max_m:.1f} m above or below the path, {vertical:.1f} m are allowed"
                )
        if self.missed_m > self.bounds.missed_m:
            said.append(f"{self.missed_m:.0f} m of the path were not flown, {self.bounds.missed_m:.0f} m are allowed")
        return tuple(said)

    @property
    def within(self) -> bool:
        """Whether the flight kept to its bounds from take-off to landing."""
        return not self.reasons


def conformance(plan: Plan, times_s: Sequence[float], positions: Sequence[Position], allowed: Bounds) -> Conformance:
    """Compare a flight with its plan.

    Args:
        plan: with its path.
        times_s: of the positions, rising; any zero.
        positions: as flown, standing on the ground before and after included or not.
        allowed: the bounds.

    Raises:
        ValueError: the plan has no path, there are no positions, or the times do not fit them.
    """
    if len(plan.path) < 2:
        raise ValueError("the plan has no path to compare with: draft it again")
    if len(positions) < 2 or len(times_s) != len(positions):
        raise ValueError(f"{len(positions)} positions with {len(times_s)} times: two or more of both are needed")
    frame = LocalFrame(Geodetic(plan.home.lat_deg, plan.home.lon_deg, plan.home.alt_amsl_m))
    path = _Path(plan, frame)
    times, flown = _in_the_air(np.asarray(times_s, dtype=np.float64), _places(frame, positions), path.points)
    matched = _aligned(flown, path.points)
    along, lateral, vertical = _offsets(flown, path, matched)
    vertical = _beyond_leeway(flown, path, matched, vertical)
    lateral = _beside_circles(flown, path, matched, lateral)
    if plan.vehicle_kind == "fixed_wing":
        lateral = _rolling_out(flown, path, matched, lateral, allowed)
    missed = _missed(flown, path, matched, allowed)
    departures = _by_phase(path, times, matched, np.abs(lateral), np.abs(vertical))
    return Conformance(
        departures,
        path.phase[matched],
        times - times[0],
        lateral,
        vertical,
        along,
        missed,
        planned_s=float(path.time_s[-1] - path.time_s[0]),
        flown_s=float(times[-1] - times[0]),
        bounds=allowed,
    )


class _Path:
    """The planned path at places a step apart.

    Attributes:
        points: (M, 3) east, north, height AMSL.
        time_s: (M,).
        along_m: (M,) length from the beginning.
        phase: (M,) index into ``names``.
        names: of the phases.
        leeway: heights and circles that the aircraft may choose.
        leaving: (M,) number of the circle that the item flown before it went around, -1 for others.
    """

    def __init__(self, plan: Plan, frame: LocalFrame) -> None:
        corners = _places(frame, [point.position for point in plan.path])
        lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
        step = max(STEP_M, float(lengths[-1]) / MOST_PLACES)
        self.along_m = np.unique(np.concatenate([np.arange(0.0, lengths[-1], step), lengths]))
        self.points = np.column_stack([np.interp(self.along_m, lengths, corners[:, axis]) for axis in range(3)])
        self.time_s = np.interp(self.along_m, lengths, [point.time_s for point in plan.path])
        ends = np.minimum(np.searchsorted(lengths, self.along_m), len(plan.path) - 1)
        item = np.array([point.item for point in plan.path], dtype=np.intp)[ends]
        self.leeway = Leeway.of(
            plan.items, plan.home, frame, self.points, item, winged=plan.vehicle_kind != "rotorcraft"
        )
        circle_of = {
            int(item[place]): int(self.leeway.circle[place]) for place in np.flatnonzero(self.leeway.circle >= 0)
        }
        self.leaving = np.array([circle_of.get(int(each) - 1, -1) for each in item], dtype=np.intp)
        turning = self._turning() if plan.vehicle_kind == "rotorcraft" else self._settling(self._turning())
        states = zip(ends, turning, self._sloping(), strict=True)
        labels = [_label(plan, plan.path[end].item, turns=bool(turns), slopes=bool(sl)) for end, turns, sl in states]
        self.names = tuple(dict.fromkeys(labels))
        number = {name: index for index, name in enumerate(self.names)}
        self.phase = np.array([number[label] for label in labels], dtype=np.intp)

    def _turning(self) -> NDArray[np.bool_]:
        """(M,) where the course over the ground changes."""
        east, north = (
            np.interp(self.along_m[:, None] + np.array([-1, 0, 1]) * TURN_WINDOW_M, self.along_m, self.points[:, axis])
            for axis in (0, 1)
        )
        steps = np.diff(east + 1j * north, axis=1)
        moves = np.abs(steps).min(axis=1) > TURN_WINDOW_M / 3
        change = np.abs(np.angle(steps[:, 1] * np.conj(steps[:, 0])))
        return np.asarray(moves & (change > TURN_RAD))

    def _settling(self, turning: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(M,) the same with the seconds in which wings settle on the line that the turn led to."""
        last = np.maximum.accumulate(np.where(turning, self.time_s, -np.inf))
        return np.asarray(self.time_s - last <= SETTLE_S)

    def _sloping(self) -> NDArray[np.bool_]:
        """(M,) where the path climbs or descends."""
        return np.asarray(abs(np.gradient(self.points[:, 2], self.along_m)) > SLOPE)


def _label(plan: Plan, item: int, *, turns: bool, slopes: bool) -> str:
    purpose = (plan.items[item].purpose if item < len(plan.items) else "") or "other"
    if turns and purpose not in _CIRCLING:
        return f"{purpose} turn"
    return f"{purpose} slope" if slopes and purpose not in _ENDS else purpose


def _is_loose(phase: str) -> bool:
    """Whether the bound for turns holds; rotorcraft have the same in both."""
    return phase.endswith(" turn") or phase.split(maxsplit=1)[0] in _ENDS | _CIRCLING


def _is_sloping(phase: str) -> bool:
    return phase.endswith(" slope") or phase.split(maxsplit=1)[0] in _ENDS


def _places(frame: LocalFrame, positions: Sequence[Position]) -> FloatArray:
    """(N, 3) east, north and height AMSL."""
    lat, lon, up = np.array([(each.lat_deg, each.lon_deg, each.alt_amsl_m) for each in positions], dtype=np.float64).T
    return np.column_stack([frame.enu_from_geodetic(lat, lon, up)[:, :2], up])


def _in_the_air(times_s: FloatArray, flown: FloatArray, path: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Without the standing before and after, and thinned to what can be compared."""
    moved = np.linalg.norm(flown - flown[0], axis=1) > _STILL_M
    first = max(int(np.argmax(moved)) - 1, 0) if moved.any() else 0
    resting = np.linalg.norm(flown - flown[-1], axis=1) > _STILL_M
    last = len(flown) - int(np.argmax(resting[::-1])) if resting.any() else len(flown)
    kept = np.arange(first, max(min(last + 1, len(flown)), first + 2))
    if len(kept) > MOST_PLACES:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_PLACES).astype(np.intp)]
    return times_s[kept], flown[kept]


def _aligned(flown: FloatArray, path: FloatArray) -> NDArray[np.intp]:
    """(N,) index of the path's place for each flown one; never falling."""
    count = len(path)
    came_from = np.empty((len(flown), count), dtype=np.uint16 if count < 65_536 else np.uint32)
    best = np.zeros(count)
    places = np.arange(count)
    for row, place in enumerate(flown):
        least = np.minimum.accumulate(best)
        came_from[row] = np.maximum.accumulate(np.where(best <= least, places, 0))
        best = least + ((path - place) ** 2).sum(axis=1)
    matched = np.empty(len(flown), dtype=np.intp)
    at = int(np.argmin(best))
    for row in range(len(flown) - 1, -1, -1):
        matched[row] = at
        at = int(came_from[row, at])
    return matched


def _offsets(flown: FloatArray, path: _Path, matched: NDArray[np.intp]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place along the path, distance to its right, and height above it, each (N,), from the segments around a match."""
    best = np.full(len(flown), np.inf)
    along, lateral, vertical = (np.zeros(len(flown)) for _ in range(3))
    for start in (matched - 2, matched - 1, matched, matched + 1):
        low = np.clip(start, 0, len(path.points) - 2)
        a, b = path.points[low], path.points[low + 1]
        leg = b - a
        size = np.maximum((leg**2).sum(axis=1), 1e-12)
        share = np.clip(((flown - a) * leg).sum(axis=1) / size, 0, 1)
        off = flown - (a + leg * share[:, None])
        apart = (off**2).sum(axis=1)
        nearer = apart < best
        best = np.where(nearer, apart, best)
        right = np.where(leg[:, 1] * off[:, 0] - leg[:, 0] * off[:, 1] < 0, -1.0, 1.0)
        along = np.where(nearer, path.along_m[low] + share * np.sqrt(size), along)
        lateral = np.where(nearer, right * np.hypot(off[:, 0], off[:, 1]), lateral)
        vertical = np.where(nearer, off[:, 2], vertical)
    return along, lateral, vertical


def _beyond_leeway(flown: FloatArray, path: _Path, matched: NDArray[np.intp], vertical: FloatArray) -> FloatArray:
    """(N,) height above or below the path, without what its leeway allows there."""
    above = np.minimum(vertical, np.maximum(flown[:, 2] - path.leeway.top_m[matched], 0.0))
    below = np.maximum(vertical, np.minimum(flown[:, 2] - path.leeway.floor_m[matched], 0.0))
    return np.where(vertical > 0, above, below)


def _beside_circles(flown: FloatArray, path: _Path, matched: NDArray[np.intp], lateral: FloatArray) -> FloatArray:
    """(N,) distance beside the path; on a circle on which it sinks beside the circle, however often it goes round."""
    circles = path.leeway.circles_m
    if not len(circles):
        return lateral
    number = path.leeway.circle[matched]
    number = np.where(number >= 0, number, path.leaving[matched])
    east, north, radius = circles[np.maximum(number, 0)].T
    beside = np.hypot(flown[:, 0] - east, flown[:, 1] - north) - radius
    on_circle = (number >= 0) & (np.abs(beside) < np.abs(lateral))
    return np.where(on_circle, beside, lateral)


def _rolling_out(
    flown: FloatArray, path: _Path, matched: NDArray[np.intp], lateral: FloatArray, allowed: Bounds
) -> FloatArray:
    """(N,) distance beside the path; beyond its end on the ground, beside the runway's line for `ROLL_OUT_M`."""
    end = path.points[-1]
    course = end[:2] - path.points[np.searchsorted(path.along_m, path.along_m[-1] - 30.0), :2]
    forward = course / max(float(np.hypot(*course)), 1e-9)
    off = flown[:, :2] - end[:2]
    beyond, beside = off @ forward, off @ np.array([forward[1], -forward[0]])
    rolling = (matched >= len(path.points) - 2) & (beyond > 0) & (beyond < ROLL_OUT_M)
    rolling &= np.abs(flown[:, 2] - end[2]) < allowed.vertical_m
    return np.where(rolling, beside, lateral)


def _missed(flown: FloatArray, path: _Path, matched: NDArray[np.intp], allowed: Bounds) -> float:
    """Length of planned path that no flown segment of its turn came near."""
    after = np.searchsorted(matched, np.arange(len(path.points)), side="left")
    nearest = np.full(len(path.points), np.inf)
    for shift in (-2, -1, 0, 1):
        low = np.clip(after + shift, 0, len(flown) - 2)
        a, b = flown[low], flown[low + 1]
        leg = b - a
        size = np.maximum((leg**2).sum(axis=1), 1e-12)
        share = np.clip(((path.points - a) * leg).sum(axis=1) / size, 0, 1)
        off = path.points - (a + leg * share[:, None])
        off[path.leeway.given, 2] = 0.0
        nearest = np.minimum(nearest, np.linalg.norm(off, axis=1))
    reach = math.hypot(allowed.turn_m, allowed.vertical_m)
    left_to_it = (path.phase == path.names.index("takeoff")) if "takeoff" in path.names else np.zeros(1, dtype=bool)
    away = (nearest > reach) & ~left_to_it & (path.leeway.circle < 0)
    return float(np.diff(path.along_m)[away[1:]].sum())


def _by_phase(
    path: _Path, times: FloatArray, matched: NDArray[np.intp], lateral: FloatArray, vertical: FloatArray
) -> tuple[PhaseDeparture, ...]:
    planned = np.bincount(path.phase[1:], weights=np.diff(path.time_s), minlength=len(path.names))
    of_flown = path.phase[matched]
    taken = np.bincount(of_flown[1:], weights=np.diff(times), minlength=len(path.names))
    made = []
    for index, name in enumerate(path.names):
        mine = np.flatnonzero(of_flown == index)
        lateral_p95, lateral_max = _p95_and_most(lateral[mine])
        vertical_p95, vertical_max = _p95_and_most(vertical[mine])
        made.append(
            PhaseDeparture(
                name,
                len(mine),
                lateral_p95,
                lateral_max,
                vertical_p95,
                vertical_max,
                float(planned[index]),
                float(taken[index]),
            )
        )
    return tuple(made)


def _p95_and_most(values: FloatArray) -> tuple[float, float]:
    return (float(np.percentile(values, 95)), float(values.max())) if len(values) else (math.nan, math.nan)
