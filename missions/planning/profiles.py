"""Profiles: what each kind of aircraft can do, in the figures that planning and clearance need."""

import math

import msgspec

from fusion.messages import VehicleKind

GRAVITY_MPS2 = 9.80665


class VehicleProfile(msgspec.Struct, frozen=True):
    """Performance of a kind of aircraft.

    Attributes:
        cruise_mps: air speed on the way.
        climb_mps: rate of climb that it keeps with a full load.
        sink_mps: rate of descent on the way down.
        landing_mps: rate of descent over the last 10 m (rotorcraft) or on the glide (fixed-wing).
        bank_deg: bank in turns; None for an aircraft that turns on the spot.
        endurance_s: full battery to empty, at cruise, in still air.
        climb_power: power while climbing, as a multiple of cruise power.
        sink_power: the same while descending.
        reserve_fraction: of the battery that must be left after landing.
        position_error_m: lateral distance (3 sigma) by which it may miss its path, wind gusts included.
        max_wind_mps: it is not flown in more.
    """

    kind: VehicleKind
    cruise_mps: float
    climb_mps: float
    sink_mps: float
    landing_mps: float
    bank_deg: float | None
    endurance_s: float
    climb_power: float
    sink_power: float
    reserve_fraction: float
    position_error_m: float
    max_wind_mps: float

    def turn_radius_m(self, speed_mps: float | None = None) -> float:
        """Radius of a coordinated turn, v^2 / (g tan bank); 0 for an aircraft that turns on the spot."""
        if self.bank_deg is None:
            return 0.0
        speed = speed_mps or self.cruise_mps
        return speed**2 / (GRAVITY_MPS2 * math.tan(math.radians(self.bank_deg)))


_PROFILES: dict[VehicleKind, VehicleProfile] = {
    # Climb, sink and landing speeds are near ArduPilot's defaults (WPNAV_SPEED_UP 250, WPNAV_SPEED_DN 150,
    # LAND_SPEED 50 cm/s; TECS_CLMB_MAX 5, TECS_SINK_MIN 2 m/s); the rest are usual figures of small electric aircraft.
    "rotorcraft": VehicleProfile("rotorcraft", 10.0, 2.5, 1.5, 0.5, None, 25 * 60, 1.3, 0.9, 0.2, 5.0, 10.0),
    "fixed_wing": VehicleProfile("fixed_wing", 18.0, 4.0, 2.5, 1.5, 35.0, 60 * 60, 2.0, 0.4, 0.2, 15.0, 12.0),
    "vtol": VehicleProfile("vtol", 18.0, 3.0, 2.0, 0.5, 30.0, 50 * 60, 2.5, 0.6, 0.2, 15.0, 12.0),
}


def profile(kind: VehicleKind) -> VehicleProfile:
    """The profile of a kind of aircraft."""
    return _PROFILES[kind]
