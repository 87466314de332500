"""Profiles: what each kind of aircraft can do, in the figures that planning and clearance need.

`PROFILES` is the table of defaults; a service's configuration may change any figure of it (docs/operating.md). Powers
are multiples of the power of level cruise in still air, so that energy is counted in seconds of cruise.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from fusion.messages import VehicleKind

GRAVITY_MPS2 = 9.80665
SETTLE_S = 4.0
"""Time in which a line-following autopilot settles on a line it turned onto within `run_m`: one time constant of
ArduPilot's L1 controller, period 17 s / (2 pi) at damping 0.75 divided by the damping, rounded up."""


class VehicleProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Performance of a kind of aircraft.

    Attributes:
        cruise_mps: speed on the way, through the air with wings, over the ground for rotorcraft.
        min_mps, max_mps: slowest and fastest speed through the air that it is sent at; a rotorcraft holds no more
            against a wind either (its tilt limit), and is the slower over the ground.
        climb_mps: rate of climb that it keeps with a full load while taking off.
        climb_on_way_mps: the same on its way at cruise, where autopilots of aircraft with wings climb gently.
        sink_mps: rate of descent on the way down.
        landing_mps: rate of descent over the last 10 m (vertical landings) or on the glide (fixed-wing).
        acceleration_mps2: with which it speeds up and brakes when it hovers.
        jerk_mps3: with which that acceleration builds up.
        bank_deg: bank to which its autopilot goes in turns; None for an aircraft that turns on the spot.
        glide_deg: angle of a fixed-wing landing's glide, where there is room for it.
        guidance_period_s: period of its autopilot's line following (ArduPilot's NAVL1_PERIOD); unused without wings.
        acceptance_m: distance at which a waypoint counts as reached and the turn to the next begins.
        endurance_s: full battery to empty, at cruise, in still air.
        hover_power: power at a standstill in the air; unused by aircraft that cannot hover.
        climb_power, sink_power: power while climbing and descending (on its wings, where it has some).
        parasite_share: share of the cruise power that grows with the cube of the speed; the rest carries the weight.
        transition_s: time from hover to flight on its wings, and back (VTOL).
        transition_m: distance over the ground that takes in still air.
        transition_power: power meanwhile.
        hover_height_m: height over home at which a VTOL changes between hover and wings.
        return_height_m: height over home to which its autopilot climbs before it returns, or, on wings, changes on the
            way (ArduPilot's RTL_ALT and RTL_ALTITUDE, PX4's RTL_RETURN_ALT); negative where it keeps its own.
        reserve_fraction: of the battery that must be left after landing.
        position_error_m: lateral distance (3 sigma) by which it may miss its path, wind gusts included.
        max_wind_mps: it is not flown in more.
        max_gust_mps: nor in stronger gusts.
        icing_below_c: at this temperature and below it is not flown in visible moisture, precipitation among it.
        max_precipitation_mmh: nor in more rain or snow (as water).
        min_visibility_m: nor where one sees less far.
        min_temperature_c, max_temperature_c: nor in colder or warmer air.
        turnaround_s: from landing to the next take-off: a person changes the battery and checks the aircraft.

    Raises:
        ValueError: when figures contradict one another; says which.
    """

    kind: VehicleKind
    cruise_mps: float
    min_mps: float
    max_mps: float
    climb_mps: float
    climb_on_way_mps: float
    sink_mps: float
    landing_mps: float
    acceleration_mps2: float
    jerk_mps3: float
    bank_deg: float | None
    glide_deg: float
    guidance_period_s: float
    acceptance_m: float
    endurance_s: float
    hover_power: float
    climb_power: float
    sink_power: float
    parasite_share: float
    transition_s: float
    transition_m: float
    transition_power: float
    hover_height_m: float
    return_height_m: float
    reserve_fraction: float
    position_error_m: float
    max_wind_mps: float
    max_gust_mps: float
    icing_below_c: float
    max_precipitation_mmh: float
    min_visibility_m: float
    min_temperature_c: float
    max_temperature_c: float
    turnaround_s: float

    def __post_init__(self) -> None:
        if not 0 < self.min_mps <= self.cruise_mps <= self.max_mps:
            raise ValueError(
                f"speeds must rise from min_mps ({self.min_mps:g}) over cruise_mps ({self.cruise_mps:g}) "
                f"to max_mps ({self.max_mps:g})"
            )
        if (self.bank_deg is None) != (self.kind == "rotorcraft"):
            raise ValueError("aircraft with wings, and only they, have a bank_deg")
        if self.hovers and self.hover_power <= 1 - self.parasite_share:
            raise ValueError(
                f"hover_power ({self.hover_power:g}) must be more than the share of cruise power that carries the "
                f"weight, 1 - parasite_share ({1 - self.parasite_share:g})"
            )
        if self.climb_on_way_mps > self.climb_mps:
            raise ValueError(
                f"climb_on_way_mps ({self.climb_on_way_mps:g}) must not be more than climb_mps ({self.climb_mps:g})"
            )
        if self.max_wind_mps >= self.max_mps:
            raise ValueError(
                f"max_wind_mps ({self.max_wind_mps:g}) must be less than max_mps ({self.max_mps:g}): "
                "it could not hold its place"
            )

        if self.min_temperature_c >= self.max_temperature_c:
            raise ValueError(
                f"min_temperature_c ({self.min_temperature_c:g}) must be less than max_temperature_c "
                f"({self.max_temperature_c:g})"
            )

    @property
    def winged(self) -> bool:
        """Whether it flies on wings and cannot turn on the spot."""
        return self.bank_deg is not None

    @property
    def hovers(self) -> bool:
        """Whether it can stand in the air, and so takes off and lands vertically."""
        return self.kind != "fixed_wing"

    def turn_radius_m(self, speed_mps: float | None = None) -> float:
        """Radius of a coordinated turn, v^2 / (g tan bank); 0 for an aircraft that turns on the spot."""
        if self.bank_deg is None:
            return 0.0
        speed = speed_mps or self.cruise_mps
        return speed**2 / (GRAVITY_MPS2 * math.tan(math.radians(self.bank_deg)))


def run_m(profile: VehicleProfile, speed_mps: float | None = None) -> float:
    """The straight run before a pass on which an aircraft with wings settles on the line; 0 for the others."""
    if not profile.winged:
        return 0.0
    return profile.turn_radius_m(speed_mps) + SETTLE_S * (speed_mps or profile.cruise_mps)


PROFILES: Final[Mapping[VehicleKind, VehicleProfile]] = MappingProxyType(
    {
        # Weather, of all kinds: our own defaults where makers say nothing. Gusts: about 1.5 times the wind.
        # Ice: looked for from some degrees above freezing, for propellers cool the air. Precipitation: the upper end of
        # light rain (WMO-No. 8). Visibility: the least for flights by sight near the ground (ICAO Annex 2, table 3-1),
        # twice that on wings. Temperature: what lithium batteries are usually released for.
        # Speeds up, down and of landing, acceleration, jerk and acceptance: ArduCopter's defaults (WPNAV_SPEED,
        # _SPEED_UP, _SPEED_DN, _ACCEL, _JERK, _RADIUS, LAND_SPEED; WPNAV_SPEED goes to 20 m/s). The powers follow
        # the power curves of small multirotors (Leishman, Principles of Helicopter Aerodynamics, ch. 5).
        "rotorcraft": VehicleProfile(
            kind="rotorcraft",
            cruise_mps=10.0,
            min_mps=0.5,
            max_mps=20.0,
            climb_mps=2.5,
            climb_on_way_mps=2.5,
            sink_mps=1.5,
            landing_mps=0.5,
            acceleration_mps2=2.5,
            jerk_mps3=1.0,
            bank_deg=None,
            glide_deg=4.9,
            guidance_period_s=17.0,
            acceptance_m=2.0,
            endurance_s=25 * 60,
            hover_power=1.1,
            climb_power=1.3,
            sink_power=0.9,
            parasite_share=0.3,
            transition_s=0.0,
            transition_m=0.0,
            transition_power=1.0,
            hover_height_m=0.0,
            return_height_m=15.0,
            reserve_fraction=0.2,
            position_error_m=5.0,
            max_wind_mps=10.0,
            max_gust_mps=15.0,
            icing_below_c=5.0,
            max_precipitation_mmh=2.5,
            min_visibility_m=1500.0,
            min_temperature_c=-10.0,
            max_temperature_c=40.0,
            turnaround_s=300.0,
        ),
        # Climb and sink: ArduPlane's TECS_CLMB_MAX 5 and TECS_SINK_MIN 2 m/s with some left to hold the line; bank:
        # ROLL_LIMIT_DEG 45 (PX4's FW_R_LIM is 50) less 5 for gusts; period: NAVL1_PERIOD 17 s; acceptance: WP_RADIUS
        # 90 m; glide: just below PX4's FW_LND_ANG of 5 degrees. The rest are usual figures of electric aircraft of 2
        # to 3 m span.
        "fixed_wing": VehicleProfile(
            kind="fixed_wing",
            cruise_mps=18.0,
            min_mps=12.5,
            max_mps=28.0,
            climb_mps=4.0,
            climb_on_way_mps=2.5,
            sink_mps=2.5,
            landing_mps=1.5,
            acceleration_mps2=2.0,
            jerk_mps3=2.0,
            bank_deg=40.0,
            glide_deg=4.9,
            guidance_period_s=17.0,
            acceptance_m=90.0,
            endurance_s=60 * 60,
            hover_power=4.0,
            climb_power=2.0,
            sink_power=0.4,
            parasite_share=0.6,
            transition_s=0.0,
            transition_m=0.0,
            transition_power=1.0,
            hover_height_m=0.0,
            return_height_m=100.0,
            reserve_fraction=0.2,
            position_error_m=15.0,
            max_wind_mps=12.0,
            max_gust_mps=17.0,
            icing_below_c=5.0,
            max_precipitation_mmh=2.5,
            min_visibility_m=3000.0,
            min_temperature_c=-10.0,
            max_temperature_c=40.0,
            turnaround_s=300.0,
        ),
        # As above; hovering takes four times the power of flight on wings (usual for separate lift motors), a
        # transition some 8 s (Q_TRANSITION_MS 5000 after the speed-up; PX4's VT_F_TR_OL_TM 6 s).
        "vtol": VehicleProfile(
            kind="vtol",
            cruise_mps=18.0,
            min_mps=13.0,
            max_mps=26.0,
            climb_mps=3.0,
            climb_on_way_mps=2.5,
            sink_mps=2.0,
            landing_mps=0.5,
            acceleration_mps2=2.0,
            jerk_mps3=2.0,
            bank_deg=35.0,
            glide_deg=4.9,
            guidance_period_s=17.0,
            acceptance_m=90.0,
            endurance_s=50 * 60,
            hover_power=4.0,
            climb_power=2.5,
            sink_power=0.6,
            parasite_share=0.6,
            transition_s=8.0,
            transition_m=75.0,
            transition_power=3.5,
            hover_height_m=40.0,
            return_height_m=100.0,
            reserve_fraction=0.2,
            position_error_m=15.0,
            max_wind_mps=12.0,
            max_gust_mps=17.0,
            icing_below_c=5.0,
            max_precipitation_mmh=2.5,
            min_visibility_m=3000.0,
            min_temperature_c=-10.0,
            max_temperature_c=40.0,
            turnaround_s=300.0,
        ),
    }
)


def profile(kind: VehicleKind, profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES) -> VehicleProfile:
    """The profile of a kind of aircraft in a table of profiles."""
    return profiles[kind]
