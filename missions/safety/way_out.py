"""The way out: what is left to an aircraft in the air when it may not fly on as planned."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely

from maps.district import District
from missions.plan import Plan
from missions.planning.errors import PlanningError
from missions.safety.circumstances import Circumstances, UnderWay
from missions.safety.fence import fence_findings
from missions.safety.findings import Finding
from missions.safety.flightpath import FlightPath
from missions.safety.obstacles import obstacle_findings
from missions.safety.swept import Swept
from missions.safety.way_home import way_home_from
from missions.safety.zones import zone_findings

Cause = tuple[str, str]
"""A rule, and the id of what it was broken at."""

_ON_THE_WAY = frozenset({"no_fly", "flight_area", "terrain"})
"""As `missions.safety.way_home` blocks: the way home may rise over a ceiling or cross the plan's own fence."""


@dataclass(frozen=True)
class WayOut:
    """What is left to it.

    Attributes:
        inside: whether a cause to break off holds where it is: it may not stay there.
        home_clear: whether it can fly home; from inside, whether that way leads out and through nothing else.
    """

    inside: bool
    home_clear: bool


def cause(finding: Finding) -> Cause:
    """What a finding is about: findings of one cause are one thing to people, wherever on the path they are."""
    return finding.rule, finding.about


def way_out(plan: Plan, district: District, given: Circumstances, causes: Iterable[Cause]) -> WayOut:
    """What is left to a vehicle under way that has causes to break off.

    Raises:
        ValueError: it is not under way.
    """
    if given.under_way is None:
        raise ValueError("a way out is for a vehicle under way")
    try:
        profiles = {plan.vehicle_kind: given.profile(plan.vehicle_kind)}
        path = FlightPath.of(plan, district, given.wind, profiles).ahead(given.under_way)
    except PlanningError:
        return WayOut(inside=False, home_clear=False)  # it cannot fly against the wind
    here = _place_m(district, given.under_way)
    air, goals = way_home_from(path, here)
    there = replace(
        air.only(np.array([0])),
        shapes=np.asarray([shapely.Point(here[:2])], dtype=object),
        low_amsl_m=here[2:],
        high_amsl_m=here[2:],
    )
    inside = _broken(there, plan, given) & set(causes)
    on_the_way = {each for each in _broken(air, plan, given) if each[0] in _ON_THE_WAY}
    leads_out = not inside & _broken(goals, plan, given)
    return WayOut(bool(inside), on_the_way <= inside and leads_out)


def _place_m(district: District, now: UnderWay) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(3,) east, north, height AMSL."""
    flat = district.frame.enu_from_geodetic(now.position.lat_deg, now.position.lon_deg, now.position.alt_amsl_m)[:2]
    return np.append(flat, now.position.alt_amsl_m)


def _broken(air: Swept, plan: Plan, given: Circumstances) -> set[Cause]:
    findings = (*zone_findings(air, given.now), *obstacle_findings(air), *fence_findings(air, plan))
    return {cause(finding) for finding in findings}
