"""Flies plans on the simulated autopilots, in process and as fast as they can be stepped, and keeps what was flown."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fusion.messages import Position, VehicleKind
from maps.district import District
from maps.instants import Instant
from missions.plan import Command, Plan
from missions.planning import MissionRequest, draft
from missions.planning.conformance import Conformance, bounds, conformance
from missions.planning.profiles import PROFILES, VehicleProfile, profile
from missions.vehicles.wire_items import MissionType, WireItem, differences, mission_items
from simulators.autopilots import Autopilot, Kind, VehicleSettings
from simulators.autopilots.modes import CopterMode, PlaneMode
from simulators.autopilots.wind import WindSettings
from tests.simulators.autopilots.station import Station

NOW = Instant(1_790_000_000.0)
EVERY_S = 0.5


@dataclass
class Flown:
    """A flight to its end: when it was where, the mission items that were reached, and what was said."""

    plan: Plan
    times_s: list[float] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    tilts_deg: list[float] = field(default_factory=list)
    azimuths_deg: list[float] = field(default_factory=list)
    reached: set[int] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    landed: bool = False
    pictures: int = 0

    def conformance(self) -> Conformance:
        return conformance(self.plan, self.times_s, self.positions, bounds(profile(self.plan.vehicle_kind)))


def geojson(district: District, kind: str, places_m: object) -> dict[str, object]:
    """GeoJSON of coordinates given as (east, north) in metres from the district's home, nested as there."""

    def degrees(value: object) -> object:
        if isinstance(value[0], (int, float)):
            lat, lon, _ = district.frame.geodetic_from_enu(np.array([*value, 0.0]))
            return [float(lon), float(lat)]
        return [degrees(each) for each in value]

    return json.loads(json.dumps({"type": kind, "coordinates": degrees(places_m)}))


def planned(
    district: District,
    aircraft: VehicleKind,
    *,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
    **asked: object,
) -> Plan:
    """The plan of one aircraft of a kind, standing at the district's home."""
    request = MissionRequest.model_validate({"vehicles": {"count": 1, "kind": aircraft}, **asked})
    (plan,) = draft(request, district, [], NOW, profiles)
    return plan


def fly(plan: Plan, district: District, *, wind: WindSettings | None = None, at_most_s: float = 1800.0) -> Flown:
    """Upload a plan as it goes to ArduPilot, start it as Liti does, and fly until the motors stop.

    An aircraft with wings stands with its nose toward the first place, as docs/autopilots.md asks.
    """
    copter = plan.vehicle_kind == "rotorcraft"
    settings = VehicleSettings(
        kind=Kind(plan.vehicle_kind),
        position=district.home,
        heading_deg=_toward_first(plan),
        arming_delay_s=3.0,
    )
    vehicle = Autopilot(settings, frame=district.frame, terrain=district.terrain, wind=wind)
    station = Station(vehicle)
    station.wait(15)
    sent = mission_items(plan, "ardupilot")
    assert station.upload([item.message(seq, (1, 1), MissionType.MISSION) for seq, item in enumerate(sent)]) == 0
    held = tuple(WireItem.from_message(message) for message in station.download())
    assert differences(sent, held, MissionType.MISSION, "ardupilot", plan.vehicle_kind) == ()
    assert station.set_mode(CopterMode.GUIDED if copter else PlaneMode.AUTO) == 0
    assert station.arm() == 0
    if copter:
        assert station.set_mode(CopterMode.AUTO) == 0
        assert station.command(300) == 0
    return _watch(plan, vehicle, station, at_most_s)


def _watch(plan: Plan, vehicle: Autopilot, station: Station, at_most_s: float) -> Flown:
    flown = Flown(plan)
    start_s = vehicle.state.time_s
    while vehicle.state.armed and vehicle.state.time_s - start_s < at_most_s:
        state = vehicle.state
        flown.times_s.append(state.time_s - start_s)
        flown.positions.append(Position(state.geodetic.lat_deg, state.geodetic.lon_deg, state.geodetic.alt_amsl_m))
        flown.tilts_deg.append(state.gimbal_tilt_deg)
        flown.azimuths_deg.append(state.gimbal_azimuth_deg)
        station.wait(EVERY_S)
    flown.landed = vehicle.state.on_ground and not vehicle.state.armed
    flown.reached = {seq - 1 for seq in station.reached()}
    flown.texts = station.texts()
    flown.pictures = vehicle.state.frames_taken
    return flown


def _toward_first(plan: Plan) -> float:
    away = next(
        item
        for item in plan.items
        if item.has_place
        and math.hypot(item.lat_deg - plan.home.lat_deg, item.lon_deg - plan.home.lon_deg) > 1e-5
        and item.command != Command.SET_ROI_LOCATION
    )
    east = (away.lon_deg - plan.home.lon_deg) * math.cos(math.radians(plan.home.lat_deg))
    return math.degrees(math.atan2(east, away.lat_deg - plan.home.lat_deg)) % 360
