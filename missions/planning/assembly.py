"""What every plan shares: its beginning, its way home, and the figures of the whole."""

from typing import Any

import numpy as np

from maps.district import District
from maps.positions import FloatArray
from missions.plan import Command, Plan
from missions.planning.crew import Member
from missions.planning.items import ItemWriter
from missions.planning.landing import landing
from missions.planning.request import MissionRequest
from missions.planning.trajectory import fly

LAYER_M = 12.0
"""Aircraft of one mission fly this much higher than one another, so that their transits never meet."""

CLIMB_OUT_PITCH_DEG = 12.0


def begin(writer: ItemWriter, district: District, member: Member, first: FloatArray) -> None:
    """Take off toward the first point (east, north, AMSL), set the speed, and point the camera down."""
    home = home_m(district, member)
    if member.profile.bank_deg is None:
        writer.place(Command.TAKEOFF, np.array([home[0], home[1], first[2]]), "takeoff", 0.0, 0.0, 0.0, None)
    else:
        toward = first[:2] - home[:2]
        ahead = home[:2] + toward / max(float(np.hypot(*toward)), 1.0) * 200
        climb_out = home[2] + max(30.0, (first[2] - home[2]) / 2)
        writer.place(Command.TAKEOFF, np.array([*ahead, climb_out]), "takeoff", CLIMB_OUT_PITCH_DEG, 0.0, 0.0, None)
    writer.speed(member.speed_mps, member.profile.bank_deg is not None)
    writer.look_down()


def finish(
    writer: ItemWriter,
    request: MissionRequest,
    district: District,
    member: Member,
    *,
    ground_resolution_m: float | None = None,
    swath_m: float | None = None,
    imaged: dict[str, Any] | None = None,
) -> Plan:
    """Add the way home, fly the whole in the model, and make the plan."""
    _go_home(writer, request, district, member)
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
        ground_resolution_m=ground_resolution_m,
        swath_m=swath_m,
        imaged=imaged,
        name=request.name,
    )


def _go_home(writer: ItemWriter, request: MissionRequest, district: District, member: Member) -> None:
    """Return and land for rotorcraft, a landing pattern for aircraft with wings."""
    if member.profile.kind != "fixed_wing":
        writer.order(Command.RETURN_TO_LAUNCH, "return")
        return
    made = landing(district, home_m(district, member), member.profile, request.wind)
    writer.order(Command.LAND_START, "land")
    writer.place(Command.LOITER_TO_ALT, made.entry_m, "land", 1.0, round(made.radius_m), 0.0, 1.0)
    writer.waypoint(made.gate_m, "land")
    writer.place(Command.LAND, made.touchdown_m, "land", 0.0, 0.0, 0.0, None)


def home_m(district: District, member: Member) -> FloatArray:
    """(east, north, AMSL) of where a member of the crew stands."""
    enu = district.frame.enu_from_geodetic(member.home.lat_deg, member.home.lon_deg, member.home.alt_amsl_m)
    return np.array([enu[0], enu[1], member.home.alt_amsl_m])
