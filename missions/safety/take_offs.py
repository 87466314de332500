"""Take-offs of one mission's aircraft: put off until no two of them come too near to one another on the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from fusion.messages import VehicleKind
from maps.district import District
from missions.plan import Plan
from missions.planning.errors import PlanningError
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import Wind
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.separation import WITHIN_MISSION, Spacing, least_wait_s, separation_findings
from missions.safety.soundness import soundness_findings
from missions.safety.volumes import Intent, Volumes

_MOST_WAIT_S = 1800.0


def put_off(
    plans: Sequence[Plan],
    district: District,
    *,
    wind: Wind | None = None,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> tuple[Plan, ...]:
    """The plans with later take-offs where two aircraft would meet, the earlier ones first.

    Plans that take off several times, or are one of several flights of their aircraft, are left as they are scheduled;
    so is what would have to wait for over half an hour.
    """
    if len(plans) < 2 or any(len(plan.takeoffs_s) != 1 or plan.sortie != 1 for plan in plans):
        return tuple(plans)
    made = list(plans)
    fixed: list[Intent] = []
    for index in sorted(range(len(plans)), key=lambda each: (plans[each].takeoffs_s[0], each)):
        intent = _intent(plans[index], index, district, wind, profiles)
        if intent is None:
            continue
        wait = least_wait_s(intent, fixed, WITHIN_MISSION)
        if wait is not None and 0 < wait <= _MOST_WAIT_S:
            made[index] = msgspec.structs.replace(plans[index], takeoffs_s=(plans[index].takeoffs_s[0] + wait,))
            intent = replace(intent, takeoffs=tuple((begin + wait, end + wait) for begin, end in intent.takeoffs))
        fixed.append(intent)
    return tuple(made)


@dataclass(frozen=True, eq=False)
class Company:
    """The aircraft of one mission, each to be kept apart from those that take off before it.

    Attributes:
        plans: of all of them.
        district: where.
        wind: as in `missions.safety.circumstances.Circumstances`, like the profiles.
        spacing: what must be left between them.
        names: of them, for people; empty: of their vehicles.
    """

    plans: tuple[Plan, ...]
    district: District
    wind: Wind | None = None
    profiles: Mapping[VehicleKind, VehicleProfile] = field(default_factory=lambda: PROFILES)
    spacing: Spacing = WITHIN_MISSION
    names: tuple[str, ...] = ()

    def findings(self, plan: Plan) -> Iterator[Finding]:
        """Where an aircraft may meet one that takes off before it; each two of them are told of once.

        Later flights of an aircraft are launched on their own, and kept apart from others then.
        """
        own = next((number for number, each in enumerate(self.plans) if each is plan), None)
        if own is None or (intent := self._intents[own]) is None:
            return
        order = [(other.takeoffs_s[0], number) for number, other in enumerate(self.plans)]
        before = [
            other
            for key, other, its in zip(order, self._intents, self.plans, strict=True)
            if other is not None and key < order[own] and its.sortie == plan.sortie
        ]
        yield from separation_findings(intent, before, self.spacing, clock="launch")

    @cached_property
    def _intents(self) -> list[Intent | None]:
        made = [
            _intent(plan, number, self.district, self.wind, self.profiles) for number, plan in enumerate(self.plans)
        ]
        if not self.names:
            return made
        named = zip(made, self.names, strict=True)
        return [None if intent is None else replace(intent, vehicle_id=name, name=name) for intent, name in named]


def _intent(
    plan: Plan, number: int, district: District, wind: Wind | None, profiles: Mapping[VehicleKind, VehicleProfile]
) -> Intent | None:
    """What a plan flies, in seconds after the launch; None when it cannot be flown at all, or not in this wind."""
    if any(finding.severity == "blocking" for finding in soundness_findings(plan, district)):
        return None
    try:
        path = FlightPath.of(plan, district, wind, profiles)
    except PlanningError:
        return None
    name = plan.vehicle_id or f"#{number + 1}"
    return Intent(name, name, Volumes.of(path), tuple((start, start) for start in plan.takeoffs_s))
