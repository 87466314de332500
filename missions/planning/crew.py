"""Who flies: the vehicles that a request names or counts, and where each starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fusion.messages import Position, VehicleKind, VehicleState
from maps.district import District
from maps.instants import Instant
from missions.planning.errors import PlanningError
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import MissionRequest, VehicleCount


@dataclass(frozen=True)
class Member:
    """One aircraft of a mission: its name (empty when none is chosen yet), what it can do and where it stands.

    Attributes:
        planned_time: when the mission is planned, which decides the zones that count; None: all do.
    """

    vehicle_id: str
    profile: VehicleProfile
    home: Position
    speed_mps: float
    planned_time: Instant | None = None


def crew(
    request: MissionRequest,
    district: District,
    vehicles: Sequence[VehicleState],
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> list[Member]:
    """The aircraft for a request.

    With no vehicle known at all, as when planning at a desk, a counted crew is made of nameless ones.

    Raises:
        PlanningError: when a vehicle is not there or does not know where it is, there are too few, or one cannot fly at
            the speed asked for.
    """
    asked = [request.vehicles] if isinstance(request.vehicles, VehicleCount) else request.vehicles
    counts = [each for each in asked if isinstance(each, VehicleCount)]
    names = [each for each in asked if isinstance(each, str)]
    if counts and not vehicles:
        home = _home(request, district, None)
        kinds = [count.kind or "rotorcraft" for count in counts for _ in range(count.count)]
        return [_member("", profiles[kind], home, request) for kind in kinds]
    chosen = _named(names, vehicles) if names else _counted(counts, vehicles)
    return [_member(each.id, profiles[each.kind], _home(request, district, each), request) for each in chosen]


def _named(names: Sequence[str], vehicles: Sequence[VehicleState]) -> list[VehicleState]:
    known = {each.id: each for each in vehicles}
    absent = [name for name in names if name not in known]
    if absent:
        raise PlanningError(
            f"no vehicle is called {', '.join(absent)}; known are {', '.join(sorted(known)) or 'none'}",
            f"没有名为 {'、'.join(absent)} 的飞机；已知：{'、'.join(sorted(known)) or '无'}",
            "vehicles",
        )
    return [known[name] for name in names]


def _counted(counts: Sequence[VehicleCount], vehicles: Sequence[VehicleState]) -> list[VehicleState]:
    """Free vehicles for counts of kinds; those that leave the kind open choose last."""
    chosen: list[VehicleState] = []
    for asked in sorted(counts, key=lambda count: count.kind is None):
        taken = {each.id for each in chosen}
        free = [
            each
            for each in vehicles
            if (asked.kind is None or each.kind == asked.kind) and not each.armed and each.id not in taken
        ]
        if len(free) < asked.count:
            raise PlanningError(
                f"{asked.count} free vehicle(s) of kind {asked.kind or 'any'} are asked for, {len(free)} are there",
                f"需要 {asked.count} 架空闲飞机（类型 {asked.kind or '不限'}），现有 {len(free)} 架",
                "vehicles",
            )
        chosen += free[: asked.count]
    return chosen


def _member(vehicle_id: str, known: VehicleProfile, home: Position, request: MissionRequest) -> Member:
    speed = request.speed_mps or known.cruise_mps
    if not known.min_mps <= speed <= known.max_mps:
        raise PlanningError(
            f"a {known.kind} flies {known.min_mps:g} to {known.max_mps:g} m/s, not {speed:g}",
            f"该类飞机的速度范围为 {known.min_mps:g} 至 {known.max_mps:g} 米/秒，不能是 {speed:g}",
            "speed_mps",
        )
    return Member(vehicle_id, known, home, speed)


def _home(request: MissionRequest, district: District, vehicle: VehicleState | None) -> Position:
    if request.home is not None:
        lat, lon = request.home.lat_deg, request.home.lon_deg
    elif vehicle is not None:
        place = vehicle.home or vehicle.position
        if place is None:
            raise PlanningError(
                f"{vehicle.id} does not know yet where it stands (its receiver or its estimator has no position): "
                "wait until it does, or name a home",
                f"{vehicle.id} 尚无可信位置（接收机或导航解算未就绪）：请等待，或指定起飞点",
                "vehicles",
            )
        return Position(place.lat_deg, place.lon_deg, place.alt_amsl_m)
    else:
        lat, lon = district.home.lat_deg, district.home.lon_deg
    return Position(lat, lon, float(district.terrain.height_amsl_m(lat, lon)))
