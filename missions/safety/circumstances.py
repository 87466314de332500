"""Circumstances: what a plan is judged against besides the district."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fusion.messages import VehicleKind
from maps.instants import Instant
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.safety.policy import DEFAULT, Policy


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a plan is judged against besides the district.

    Attributes:
        now: when it would take off.
        wind: a steady one over the whole flight; None: calm.
        profiles: what the aircraft of each kind can do.
        policy: how grave each rule is here.
    """

    now: Instant
    wind: Wind | None = None
    profiles: Mapping[VehicleKind, VehicleProfile] = field(default_factory=lambda: PROFILES)
    policy: Policy = DEFAULT
