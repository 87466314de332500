"""Tasks: what one part of a request's geometry takes one aircraft to do, and the plan made of several of them.

Every kind of mission says what a single task needs (`Work`). Whoever shares tasks among aircraft may put the works of
any tasks, in any order, into one plan.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.assembly import Part, Surveyed, compose
from missions.planning.crew import Member
from missions.planning.errors import PlanningError
from missions.planning.footprints import flown
from missions.planning.request import MissionRequest

Note = tuple[str, str]
"""Something a person should know, in English and in Chinese."""


@dataclass(frozen=True)
class Share:
    """Which of how many aircraft that fly the same task together this is; ``index`` counts from 0."""

    index: int = 0
    count: int = 1


ALONE = Share()


@dataclass(frozen=True, eq=False)
class Work:
    """What a task takes.

    Attributes:
        parts: in the order of flight.
        imaged_m: the ground that its camera images, east and north; None where it images none.
        swath_m: width imaged by one pass; None where passes have no width, as on an orbit.
        ground_resolution_m: metres of ground for each pixel.
        notes: what was decided that the request did not ask for.
        repeated: whether the parts already hold as many repetitions as the request wants.
    """

    parts: tuple[Part, ...]
    imaged_m: BaseGeometry | None = None
    swath_m: float | None = None
    ground_resolution_m: float | None = None
    notes: tuple[Note, ...] = ()
    repeated: bool = False


WorkOf = Callable[[MissionRequest, District, Member, BaseGeometry, float, Share], Work]
"""A kind's answer to (request, district, member, task in local metres, metres to fly higher than asked, share).

It raises `missions.planning.errors.PlanningError` when the task cannot be flown by that member.
"""


def tasks_m(request: MissionRequest, district: District) -> tuple[BaseGeometry, ...]:
    """The tasks of a request in local metres (east, north)."""
    return tuple(to_metres(district, task) for task in request.tasks)


def to_metres(district: District, degrees: BaseGeometry) -> BaseGeometry:
    """A geometry of longitudes and latitudes in local metres."""
    coordinates = shapely.get_coordinates(degrees)
    level = np.full(len(coordinates), district.frame.origin.alt_amsl_m)
    enu = district.frame.enu_from_geodetic(coordinates[:, 1], coordinates[:, 0], level)
    return shapely.set_coordinates(degrees, enu[:, :2])


def to_geojson(district: District, metres: BaseGeometry) -> dict[str, Any]:
    """A geometry in local metres as GeoJSON."""
    coordinates = shapely.get_coordinates(metres)
    lat, lon, _ = district.frame.geodetic_from_enu(np.column_stack([coordinates, np.zeros(len(coordinates))]))
    return dict(mapping(shapely.set_coordinates(metres, np.round(np.column_stack([lon, lat]), 7))))


def shared_tracks(tracks: list[FloatArray], share: Share) -> list[FloatArray]:
    """An aircraft's share of tracks (2, 2): neighbours, about as long in all as those of the others, at least one.

    Raises:
        PlanningError: when there are fewer tracks than aircraft.
    """
    if len(tracks) < share.count:
        raise PlanningError(
            f"this needs {len(tracks)} track(s), too few for {share.count} aircraft: use fewer",
            f"只需 {len(tracks)} 条航线，不足以分给 {share.count} 架飞机：请减少飞机",
            "vehicles",
        )
    middles = np.cumsum([math.dist(*track) + 1.0 for track in tracks])
    middles = (middles - np.diff(middles, prepend=0.0) / 2) / middles[-1]
    whose = np.minimum((middles * share.count).astype(int), share.count - 1)
    for index in range(share.count):  # nobody goes without: take from the neighbours
        whose[index] = min(whose[index], index)
        whose[-1 - index] = max(whose[-1 - index], share.count - 1 - index)
    return [track for track, owner in zip(tracks, np.maximum.accumulate(whose), strict=True) if owner == share.index]


def together(works: Sequence[Work]) -> Work:
    """Several works in their order as one."""
    swaths = [work.swath_m for work in works]
    return Work(
        parts=tuple(part for work in works for part in work.parts),
        imaged_m=shapely.union_all([work.imaged_m for work in works if work.imaged_m is not None]),
        swath_m=None if None in swaths else min(swath for swath in swaths if swath is not None),
        ground_resolution_m=max(work.ground_resolution_m or 0.0 for work in works),
        notes=tuple(dict.fromkeys(note for work in works for note in work.notes)),
        repeated=any(work.repeated for work in works),
    )


def plan_of(request: MissionRequest, district: District, member: Member, works: Sequence[Work]) -> Plan:
    """The plan of one aircraft that does these works in this order, as often as the request repeats them.

    Where the camera looks straight down, what is imaged is taken from the path as it will be flown.
    """
    parts = [part for work in works for part in work.parts]
    if not any(work.repeated for work in works):
        parts *= request.repeat
    notes = list(dict.fromkeys(note for work in works for note in work.notes))
    plan = compose(request, district, member, parts, surveyed=_surveyed(district, works), notes=notes)
    if any(work.swath_m is None for work in works):
        return plan
    return msgspec.structs.replace(plan, imaged=_flown(request, district, plan, {part.purpose for part in parts}))


def _flown(request: MissionRequest, district: District, plan: Plan, purposes: set[str]) -> dict[str, Any] | None:
    at = [(point.position.lat_deg, point.position.lon_deg, point.position.alt_amsl_m) for point in plan.path]
    path = np.asarray(at)
    path[:, :2] = district.frame.enu_from_geodetic(path[:, 0], path[:, 1], path[:, 2])[:, :2]
    imaging = np.array([plan.items[point.item].purpose in purposes for point in plan.path[1:]])
    ground = flown(district, path, imaging, request.camera)
    return plan.imaged if ground.is_empty else to_geojson(district, ground)


def _surveyed(district: District, works: Sequence[Work]) -> Surveyed | None:
    imaged = [work.imaged_m for work in works if work.imaged_m is not None and not work.imaged_m.is_empty]
    if not imaged:
        return None
    resolution = max(work.ground_resolution_m or 0.0 for work in works)
    swath = min((work.swath_m for work in works if work.swath_m is not None), default=None)
    return Surveyed(resolution, swath, to_geojson(district, shapely.union_all(imaged)))
