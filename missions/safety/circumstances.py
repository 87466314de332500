"""Circumstances: what a plan is judged against besides the district."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fusion.messages import Position, VehicleKind
from maps.instants import Instant
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import CameraOptics, Wind
from missions.safety.policy import DEFAULT, Policy
from missions.safety.station import Station
from missions.safety.weather import Weather

if TYPE_CHECKING:
    from missions.safety.take_offs import Company
    from missions.safety.volumes import Intent


@dataclass(frozen=True)
class UnderWay:
    """Where a flight stands that is judged in the air.

    Attributes:
        item: index of the item being flown.
        position: where the vehicle is.
        battery_fraction: what is left of its battery, 0 to 1; None when it does not tell.
    """

    item: int
    position: Position
    battery_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a plan is judged against besides the district.

    Attributes:
        now: when it would take off; for one under way, the present.
        wind: a steady one over the whole flight; None: calm.
        launched: whether it takes off just then, whatever its plan says of its wait after the launch.
        under_way: where it is when it flies already: only what is left of its path is judged; None: all of it.
        profiles: what the aircraft of each kind can do.
        return_height_m: as in a profile, but as this very aircraft's parameters say; None: as its profile says.
        policy: how grave each rule is here.
        weather: as observed; None: nobody said anything.
        camera: what images the ground, and how finely it is asked to; None: nothing is asked for.
        station: where the radio to the aircraft stands; None: not looked at.
        company: the plans of the same mission, launched together; None when that is not judged.
        others: gives what other flights take of the air, in UTC.
        unplaced: names of vehicles in the air of which nobody knows where they are.
    """

    now: Instant
    wind: Wind | None = None
    launched: bool = False
    under_way: UnderWay | None = None
    profiles: Mapping[VehicleKind, VehicleProfile] = field(default_factory=lambda: PROFILES)
    return_height_m: float | None = None
    policy: Policy = DEFAULT
    weather: Weather | None = None
    camera: CameraOptics | None = None
    station: Station | None = None
    company: "Company | None" = None
    others: "Callable[[], Sequence[Intent]]" = tuple
    unplaced: tuple[str, ...] = ()

    def profile(self, kind: VehicleKind) -> VehicleProfile:
        """What an aircraft of a kind can do, as far as this one is known."""
        known = self.profiles[kind]
        if self.return_height_m is None:
            return known
        return msgspec.structs.replace(known, return_height_m=self.return_height_m)
