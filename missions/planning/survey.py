"""Surveys: an area imaged in parallel passes, shared among one or more aircraft."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry import GeometryCollection, MultiPolygon, Polygon, shape

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Plan
from missions.planning.allocation import Costs, DoesNotFitError, share_in_order
from missions.planning.assembly import Part, home_m
from missions.planning.crew import Member
from missions.planning.effort import corrected, costs_of, ratios_of, stint_of, with_overhead, within_battery
from missions.planning.errors import PlanningError
from missions.planning.footprints import Eye
from missions.planning.heights import follow_legs
from missions.planning.layers import layer_m
from missions.planning.request import CameraOptics, MissionRequest
from missions.planning.shortage import area_error
from missions.planning.sorties import MOST_SORTIES, in_order, sorties_of
from missions.planning.sweeping import Pass, Swath, TooManyPassesError, cover, order, swath_ground
from missions.planning.sweeping.passes import ends_of, forward
from missions.planning.tasks import Work, plan_of, to_metres

MAX_LENGTH_M = 4_000_000.0
RUNS_TRIED = (1.0, 1.8, 3.0, 4.5, 7.0)
"""Straight run before a pass, in turn radii: a longer one is tried where the flight model, steered as autopilots steer,
would not be on its line in time."""

IMAGED = 0.9985
"""Share of the area that the path as flown must image, a little above what is promised (0.998)."""

ROUNDS = 3
"""How often passes are shared anew when a plan takes more of a battery than was expected."""

GROUND_SAMPLES = 60
"""Across and along an area, for its highest ground."""


_Made = TypeVar("_Made")


def survey(request: MissionRequest, district: District, members: list[Member]) -> tuple[Plan, ...]:
    """The plans of each aircraft that is needed; together they image the area.

    Raises:
        PlanningError: when the area is no area, far too large for the height or for the batteries, or too small for so
            many.
    """
    if len(members) == 1:
        work, plan = _alone(request, district, members[0])
        return sorties_of(request, district, members[0], work, plan=plan)

    def made(area: Polygon | MultiPolygon, eye: Eye, swath: Swath) -> tuple[tuple[Plan, ...], tuple[Plan, ...]]:
        plans = _plans(request, district, members, area, eye, swath)
        return plans, plans

    return _best_imaged(request, district, members, made)


def survey_alone(request: MissionRequest, district: District, member: Member) -> Work:
    """All of an area as one aircraft images it, however long that takes.

    Raises:
        PlanningError: when the area is no area, or far too large for the height.
    """
    return _alone(request, district, member)[0]


def _alone(request: MissionRequest, district: District, member: Member) -> tuple[Work, Plan]:
    """All of an area for one aircraft, and its plan in a single flight."""

    def made(area: Polygon | MultiPolygon, eye: Eye, swath: Swath) -> tuple[tuple[Work, Plan], tuple[Plan, ...]]:
        passes = _passes(request, area, swath, home_m(district, member)[:2])
        work = _work(request, district, member, passes, eye, swath, 0)
        plan = plan_of(request, district, member, [work])
        return (work, plan), (plan,)

    return _best_imaged(request, district, [member], made)


def _best_imaged(
    request: MissionRequest,
    district: District,
    members: Sequence[Member],
    made: Callable[[Polygon | MultiPolygon, Eye, Swath], tuple[_Made, tuple[Plan, ...]]],
) -> _Made:
    """What is made with the shortest runs before passes with which its plans image the area, else with the best."""
    area = _area(request, district)
    eye = Eye.over(request, district, members[0], _with_ground(area))
    widest = max(members, key=lambda member: member.profile.turn_radius_m(member.speed_mps))
    found: list[tuple[float, _Made]] = []
    for runs in RUNS_TRIED:
        swath = _swath(request, eye, widest, runs)
        what, plans = made(area, eye, swath)
        found.append((_imaged_share(district, area, plans), what))
        if found[-1][0] >= IMAGED or swath.turn_radius_m <= 0:
            break
    return max(found, key=lambda each: each[0])[1]


def _area(request: MissionRequest, district: District) -> Polygon | MultiPolygon:
    whole = shapely.make_valid(to_metres(district, request.shape))
    polygons = [part for part in shapely.get_parts(whole) if part.geom_type in {"Polygon", "MultiPolygon"}]
    merged = shapely.union_all(polygons)
    if not polygons or merged.area < 1.0:
        raise PlanningError(
            "the area is smaller than a square metre: draw a larger one", "区域不足一平方米：请画大一些", "geometry"
        )
    assert isinstance(merged, Polygon | MultiPolygon)
    return merged


def _with_ground(area_m: Polygon | MultiPolygon) -> GeometryCollection:
    """An area with places all over it, for looking up its ground."""
    west, south, east, north = area_m.bounds
    across, along = np.meshgrid(np.linspace(west, east, GROUND_SAMPLES), np.linspace(south, north, GROUND_SAMPLES))
    places = np.column_stack([across.ravel(), along.ravel()])
    shapely.prepare(area_m)
    return GeometryCollection([area_m, shapely.MultiPoint(places[shapely.contains_xy(area_m, places)])])


def _swath(request: MissionRequest, eye: Eye, member: Member, run_radii: float) -> Swath:
    """What one pass surely images, and how passes lie: the sidelap is that of the height asked for."""
    radius = member.profile.turn_radius_m(member.speed_mps)
    width = min(_crabbing_width_m(request, eye, member), eye.sure_m)
    # A thousandth is nothing beside the autopilot's errors, and keeps swaths that just meet from leaving hairlines.
    spacing = min(eye.swath_m * (1 - request.camera.sidelap), 0.999 * width)
    return Swath(width, spacing, radius, run_radii * radius)


def _crab_rad(request: MissionRequest, member: Member) -> float:
    """The greatest angle between nose and course; aircraft that turn on the spot look along their course."""
    if request.wind is None or not member.profile.winged:
        return 0.0
    return math.asin(min(0.9, request.wind.speed_mps / member.speed_mps))


def _picture_m(request: MissionRequest, eye: Eye, member: Member) -> float:
    """Distance between pictures: as the overlap asks, and with crabbed pictures at most half their length."""
    if _crab_rad(request, member) <= 0:
        return eye.picture_m
    return min(eye.picture_m, 0.5 * _length_m(eye, request.camera))


def _length_m(eye: Eye, camera: CameraOptics) -> float:
    """Of the ground in a picture, along the way."""
    return eye.picture_m / (1 - camera.overlap)


def _crabbing_width_m(request: MissionRequest, eye: Eye, member: Member) -> float:
    """Width of the band that pictures turned by up to the crab angle image without gaps.

    A picture of width W and length L turned by c holds, across the way at y, a stretch of the way; that stretch is as
    long as the distance d between pictures up to y = (W cos c + L sin c) / 2 - d sin c cos c.
    """
    angles = np.linspace(0.0, _crab_rad(request, member), 30)
    sin, cos = np.sin(angles), np.cos(angles)
    length, every = _length_m(eye, request.camera), _picture_m(request, eye, member)
    return float(np.min(eye.sure_m * cos + length * sin - 2 * every * sin * cos))


def _beyond_m(request: MissionRequest, eye: Eye, member: Member) -> tuple[float, float]:
    """How far before and behind its ground a pass begins and ends.

    The first picture is taken where the pass begins, the last at most one picture's distance before it ends. A crabbed
    picture reaches less far ahead on its leeward side.
    """
    crab = _crab_rad(request, member)
    reach = (_length_m(eye, request.camera) - eye.sure_m * math.sin(crab)) / 2 / math.cos(crab)
    return max(0.0, -reach), max(0.0, _picture_m(request, eye, member) - reach)


def _plans(
    request: MissionRequest,
    district: District,
    members: Sequence[Member],
    area_m: Polygon | MultiPolygon,
    eye: Eye,
    swath: Swath,
) -> tuple[Plan, ...]:
    passes = _passes(request, area_m, swath, home_m(district, members[0])[:2])
    costs = _costs(request, district, members, passes, eye, swath)

    def made(index: int, units: Sequence[int], layer: int) -> Plan:
        mine = _steered(swath, members[index])
        ordered = order([passes[unit] for unit in units], mine, home_m(district, members[index])[:2])
        work = _work(request, district, members[index], ordered, eye, mine, layer)
        return plan_of(request, district, members[index], [work])

    for flights in range(1, (MOST_SORTIES if request.battery_swaps else 1) + 1):
        if (found := _shared(members, costs, flights, made)) is not None:
            return found
    raise area_error(costs, area_m.area)


def _shared(
    members: Sequence[Member], costs: list[Costs], flights: int, made: Callable[[int, Sequence[int], int], Plan]
) -> tuple[Plan, ...] | None:
    """The plans when every aircraft flies so often at most; None when the batteries do not carry it all."""
    count = len(members)
    crew = list(members) * flights
    for _ in range(ROUNDS):
        try:
            shared = share_in_order(costs * flights)
        except DoesNotFitError:
            return None
        flown = [index for index, units in enumerate(shared.orders) if units]
        layers = {member: layer for layer, member in enumerate(sorted({index % count for index in flown}))}
        plans = {index: made(index % count, shared.orders[index], layers[index % count]) for index in flown}
        if all(within_battery(crew[index], plan) for index, plan in plans.items()):
            own = [sorted(plans.keys() & set(range(member, len(crew), count))) for member in layers]
            return tuple(
                plan
                for member, mine in zip(layers, own, strict=True)
                for plan in in_order([plans[index] for index in mine], members[member])
            )
        costs = corrected(costs * flights, ratios_of(crew, shared, plans))[:count]
    return None


def _steered(swath: Swath, member: Member) -> Swath:
    """A swath with the turns and runs of one aircraft of a crew."""
    radius = member.profile.turn_radius_m(member.speed_mps)
    return replace(swath, turn_radius_m=radius, run_m=swath.run_m if member.profile.winged else 0.0)


def _work(
    request: MissionRequest,
    district: District,
    member: Member,
    passes: Sequence[Pass],
    eye: Eye,
    swath: Swath,
    layer: int,
) -> Work:
    parts = _parts(request, district, member, passes, eye, swath, layer_m(layer))
    return Work(parts, swath_ground(passes, swath.width_m), eye.swath_m, eye.resolution_m)


def _passes(request: MissionRequest, area_m: Polygon | MultiPolygon, swath: Swath, start_m: FloatArray) -> list[Pass]:
    try:
        if area_m.area / swath.spacing_m > MAX_LENGTH_M:
            raise TooManyPassesError(f"over {MAX_LENGTH_M / 1000:.0f} km")
        return cover(area_m, swath, start_m, request.direction_deg)
    except TooManyPassesError as error:
        raise PlanningError(
            f"this would take {error}: fly higher or draw a smaller area",
            "所需航线过多或过长：请提高飞行高度或缩小区域",
            "geometry",
        ) from error


def _parts(
    request: MissionRequest,
    district: District,
    member: Member,
    passes: Sequence[Pass],
    eye: Eye,
    swath: Swath,
    extra_m: float,
) -> tuple[Part, ...]:
    """Each pass as a part, with what the pictures' distance needs beyond its ends."""
    ends = ends_of(passes)
    before, behind = _beyond_m(request, eye, member)
    unit = forward(ends)
    legs = follow_legs(
        district,
        ends[:, 0] - unit * before,
        ends[:, 1] + unit * behind,
        request.altitude,
        member.home,
        extra_m,
        member.profile,
        member.speed_mps,
    )
    every = _picture_m(request, eye, member)
    return tuple(Part(leg, "survey", picture_m=every, run_m=swath.run_m) for leg in legs)


def _costs(
    request: MissionRequest,
    district: District,
    members: Sequence[Member],
    passes: list[Pass],
    eye: Eye,
    swath: Swath,
) -> list[Costs]:
    """What each pass costs each aircraft; the very same `Costs` for those that are alike.

    Raises:
        PlanningError: when there are fewer passes than aircraft.
    """
    if len(passes) < len(members):
        raise PlanningError(
            f"the area needs {len(passes)} pass(es), too few for {len(members)} aircraft: use fewer, or a larger area",
            f"该区域只需 {len(passes)} 条航线，不足以分给 {len(members)} 架飞机：请减少飞机或扩大区域",
            "vehicles",
        )
    known: dict[object, Costs] = {}
    for member in members:
        key = (member.profile, member.speed_mps, member.home)
        if key not in known:
            parts = _parts(request, district, member, passes, eye, _steered(swath, member), 0.0)
            stints = [stint_of([part], member, request.wind) for part in parts]
            rough = costs_of(district, member, stints, request.wind, repeat=request.repeat)
            middle = len(passes) // 2
            alone = plan_of(request, district, member, [Work((parts[middle],))])
            known[key] = with_overhead(rough, middle, alone, member)
    return [known[member.profile, member.speed_mps, member.home] for member in members]


def _imaged_share(district: District, area_m: Polygon | MultiPolygon, plans: Sequence[Plan]) -> float:
    """Share of the area that the plans, as flown, image."""
    grounds = [to_metres(district, shape(plan.imaged)) for plan in plans if plan.imaged]
    seen = shapely.intersection(area_m, shapely.union_all(grounds, grid_size=1e-3))
    return float(seen.area / area_m.area)
