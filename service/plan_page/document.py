"""The plan page as one document: style, program and data inside, nothing from outside."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from string import Template

from fusion.messages import VehicleKind
from maps.district import District
from maps.instants import Instant
from maps.zones import zones
from missions.plan import Plan
from missions.planning.profiles import PROFILES, VehicleProfile
from missions.planning.request import MissionRequest
from missions.safety import Finding
from missions.safety.checks import check
from service.plan_page.course import Course, courses
from service.plan_page.elevation import profile
from service.plan_page.figures import figure_tiles, mission_figures, vehicle_cards
from service.plan_page.ground import zone_names
from service.plan_page.listing import assumptions, finding_list, item_tables
from service.plan_page.overview import overview, view_of
from service.plan_page.solid import page_data
from service.plan_page.words import KINDS, Words, both, escaped, known

PROGRAM = ("page.js", "map.js", "profile.js", "solid.js")


def plan_page(
    plans: Sequence[Plan],
    district: District,
    now: Instant,
    *,
    request: MissionRequest | None = None,
    findings: Sequence[Sequence[Finding]] | None = None,
    profiles: Mapping[VehicleKind, VehicleProfile] = PROFILES,
) -> str:
    """A self-contained HTML page that shows plans: map, altitude profiles, three dimensions, figures and findings.

    Args:
        plans: of one mission, at least one.
        district: over which they are flown.
        now: when the page is made; zones count as they are in force then.
        request: what was asked; None for plans from files.
        findings: of each plan; by default the plans are checked here.
        profiles: what each kind of aircraft can do.

    Raises:
        ValueError: when there is no plan.
    """
    if not plans:
        raise ValueError("a page needs at least one plan")
    wind = request.wind if request is not None else None
    found = (
        [check(plan, district, now, wind=wind, profiles=profiles) for plan in plans] if findings is None else findings
    )
    flown = courses(plans, district, wind, profiles, [_can_be_flown(each) for each in found])
    view = view_of(flown, request, district)
    return Template(_asset("page.html")).substitute(
        title=escaped(_title(plans, request).zh),
        policy=_policy(),
        style=_asset("page.css"),
        heading=_heading(plans, request),
        place=_place(district, now),
        verdict=_verdict(found),
        figures=figure_tiles(mission_figures(flown, request, district)),
        map=overview(flown, found, request, district, view),
        vehicles=vehicle_cards(flown, found),
        findings=finding_list(flown, found),
        profiles=_profiles(flown, found, request, district),
        assumptions=assumptions(request, flown),
        items=item_tables(flown),
        data=_json(page_data(flown, district, view)),
        program=_program(),
    )


def _can_be_flown(findings: Sequence[Finding]) -> bool:
    """Whether the model can fly a plan: its items and their numbers make sense."""
    return not any(each.severity == "blocking" and each.rule in {"items", "altitude", "distance"} for each in findings)


def _title(plans: Sequence[Plan], request: MissionRequest | None) -> Words:
    name = (request.name if request is not None else "") or plans[0].name
    kind = known(KINDS, request.kind) if request is not None else Words("飞行计划", "Flight plan")
    return Words(f"{name} · {kind.zh}", f"{name} · {kind.en}") if name else kind


def _heading(plans: Sequence[Plan], request: MissionRequest | None) -> str:
    name = (request.name if request is not None else "") or plans[0].name
    kind = known(KINDS, request.kind) if request is not None else Words("飞行计划", "Flight plan")
    return f"{escaped(name)} <small>{both(kind)}</small>" if name else both(kind)


def _place(district: District, now: Instant) -> str:
    made = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    name = Words(district.name or "未知辖区", district.name_en or district.name or "unknown district")
    invented = Words("虚构辖区", "an invented district")
    said = [both(name), escaped(made)]
    if district.head.get("invented"):
        said.insert(1, both(invented))
    return " · ".join(said)


def _verdict(findings: Sequence[Sequence[Finding]]) -> str:
    every = [each for found in findings for each in found]
    blocking = sum(each.severity == "blocking" for each in every)
    if blocking:
        return f'<p class="verdict blocking">{both(Words(f"{blocking} 项阻止起飞", f"{blocking} blocking"))}</p>'
    if every:
        count = len({each.message for each in every})
        return f'<p class="verdict warning">{both(Words(f"可放行，{count} 项提醒", f"clear, {count} to judge"))}</p>'
    return f'<p class="verdict good">{both(Words("检查通过", "checks passed"))}</p>'


def _profiles(
    flown: Sequence[Course],
    findings: Sequence[Sequence[Finding]],
    request: MissionRequest | None,
    district: District,
) -> str:
    here, names = zones(district), zone_names(district)
    altitude = request.altitude if request is not None else None
    made = []
    for course, found in zip(flown, findings, strict=True):
        drawn = profile(course, here, names, found, altitude, len(flown))
        name = f'<h3><i class="swatch v{(course.number - 1) % 8}"></i>{escaped(course.label)}</h3>'
        made.append(f'<div class="course-profile">{name if len(flown) > 1 else ""}{drawn}</div>' if drawn else "")
    return "".join(made)


def _json(data: object) -> str:
    """JSON that can stand in a script element: no angle bracket or ampersand in it ends or opens anything."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _asset(name: str) -> str:
    return (resources.files("service.plan_page") / "assets" / name).read_text("utf-8")


@cache
def _program() -> str:
    return '"use strict";(() => {\n' + "\n".join(_asset(name) for name in PROGRAM) + "})();"


def _policy() -> str:
    """A content security policy under which nothing runs but the page's own program, and nothing is loaded."""
    digest = base64.b64encode(hashlib.sha256(_program().encode()).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
