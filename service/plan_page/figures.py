"""The figures of a plan page: of the whole mission, of each vehicle, and of what its pictures show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import shape

from maps.district import District
from missions.plan import Plan
from missions.planning.request import MissionRequest
from missions.safety import Finding
from service.plan_page.course import Course
from service.plan_page.overview import colour
from service.plan_page.view import local
from service.plan_page.words import VEHICLES, Words, both, clock, escaped, known, length, number

MAX_FLIGHTS = 100
NO_UNIT = Words("", "")


@dataclass(frozen=True)
class Figure:
    """One number with its name, and a line that explains it."""

    name: Words
    value: str
    unit: Words = NO_UNIT
    note: Words | None = None
    bad: bool = False


def mission_figures(courses: Sequence[Course], request: MissionRequest | None, district: District) -> Iterator[Figure]:
    """What one wants to know first."""
    plans = [course.plan for course in courses]
    finish = max(course.plan.takeoffs_s[-1] + course.duration_s for course in courses)
    yield Figure(Words("完成用时", "Time to finish"), clock(finish), note=_start_note(plans))
    total = sum(course.length_m * len(course.plan.takeoffs_s) for course in courses)
    yield Figure(Words("航程", "Distance"), _thousands(total), Words("千米", "km"), _each_note(courses))
    used = max(course.battery_fraction for course in courses)
    reserve = max(course.profile.reserve_fraction for course in courses)
    note = Words(f"须留 {reserve:.0%} 备用", f"{reserve:.0%} must be left")
    most = Words("最大耗电", "Battery, at most")
    yield Figure(most, f"{used:.0%}".removesuffix("%"), Words("%", "%"), note, bad=used > 1 - reserve)
    yield from _picture_figures(courses, request, district)


def _picture_figures(courses: Sequence[Course], request: MissionRequest | None, district: District) -> Iterator[Figure]:
    plans = [course.plan for course in courses]
    resolutions = [plan.ground_resolution_m for plan in plans if plan.ground_resolution_m]
    if resolutions:
        note = Words("每像素", "a pixel")
        yield Figure(
            Words("地面分辨率", "Ground resolution"), number(100 * max(resolutions), 1), Words("厘米", "cm"), note
        )
    swaths = [plan.swath_m for plan in plans if plan.swath_m]
    if swaths:
        yield Figure(Words("幅宽", "Swath"), number(min(swaths), 0), Words("米", "m"))
    share = imaged_share(plans, request, district)
    if share is not None:
        note = Words("按视场模型", "by the footprint model")
        yield Figure(Words("已覆盖", "Imaged"), number(100 * share, 1 if share < 0.9995 else 0), Words("%", "%"), note)
    pictures = sum(course.pictures for course in courses)
    if pictures:
        yield Figure(Words("照片", "Pictures"), f"{pictures:,}", Words("张", ""))


def imaged_share(plans: Sequence[Plan], request: MissionRequest | None, district: District) -> float | None:
    """How much of the area (or of the corridor's width) that was asked for is imaged; None where that has no sense."""
    imaged = [shapely.make_valid(local(district, shape(plan.imaged))) for plan in plans if plan.imaged is not None]
    if not imaged or request is None:
        return None
    asked = local(district, request.shape)
    if request.kind == "corridor" and request.width_m:
        asked = asked.buffer(request.width_m / 2, cap_style="flat")
    if request.kind not in {"survey", "corridor", "search"} or asked.area <= 0:
        return None
    asked = shapely.make_valid(asked)
    return min(1.0, float(shapely.union_all(imaged).intersection(asked).area / asked.area))


def _start_note(plans: Sequence[Plan]) -> Words | None:
    starts = [start for plan in plans for start in plan.takeoffs_s]
    if len(starts) < 2 or max(starts) <= 0:
        return None
    return Words(f"最后起飞 {clock(max(starts))}", f"last take-off at {clock(max(starts))}")


def _each_note(courses: Sequence[Course]) -> Words | None:
    if len(courses) < 2:
        return None
    longest = max(course.length_m for course in courses)
    return Words(f"单机最远 {length(longest)}", f"{length(longest)} at most for one")


def _thousands(metres: float) -> str:
    return f"{metres / 1000:.2f}" if metres < 10_000 else f"{metres / 1000:,.1f}"


def figure_tiles(figures: Iterator[Figure]) -> str:
    """The figures as HTML."""
    return "".join(
        f'<div class="figure{" bad" if each.bad else ""}"><dt>{both(each.name)}</dt>'
        f"<dd><b>{escaped(each.value)}</b> {both(each.unit)}"
        f"{f'<small>{both(each.note)}</small>' if each.note else ''}</dd></div>"
        for each in figures
    )


def vehicle_cards(courses: Sequence[Course], findings: Sequence[Sequence[Finding]]) -> str:
    """A card for each vehicle: what it is, when it flies, how far, and what that takes of its battery."""
    finish = max(course.plan.takeoffs_s[-1] + course.duration_s for course in courses)
    staggered = any(course.plan.takeoffs_s != (0.0,) for course in courses)
    return "".join(
        _card(course, found, finish if staggered else None) for course, found in zip(courses, findings, strict=True)
    )


def _card(course: Course, findings: Sequence[Finding], finish_s: float | None) -> str:
    plan = course.plan
    reserve = course.profile.reserve_fraction
    used = min(1.0, course.battery_fraction)
    over = " over" if course.battery_fraction > 1 - reserve else ""
    blocking = sum(finding.severity == "blocking" for finding in findings)
    flag = f'<em class="blocking">{both(Words("受阻", "blocked"))}</em>' if blocking else ""
    return (
        f'<li class="vehicle {colour(course.number - 1)}" data-plan="{course.number - 1}">'
        f'<h3><i class="swatch"></i><span class="name">{escaped(course.label)}</span> '
        f"<small>{both(known(VEHICLES, plan.vehicle_kind))}</small>{flag}</h3>"
        f"<p>{_sentence(course)}</p>"
        f'<div class="battery{over}" title="{course.battery_fraction:.0%}"><i style="width:{number(100 * used)}%"></i>'
        f'<u style="left:{number(100 * (1 - reserve))}%"></u></div>'
        f'<p class="dim">{both(Words("耗电", "battery"))} <b>{course.battery_fraction:.0%}</b> · '
        f"{both(Words('余', 'left'))} {max(0.0, 1 - course.battery_fraction):.0%} · "
        f"{both(Words('备用线', 'reserve'))} {reserve:.0%}</p>{_flights(course, finish_s)}</li>"
    )


def _flights(course: Course, finish_s: float | None) -> str:
    """When it is in the air, over the time of the whole mission; nothing where all fly at once."""
    if finish_s is None:
        return ""
    share = number(100 * course.duration_s / finish_s, 2)
    bars = "".join(
        f'<i style="left:{number(100 * start / finish_s, 2)}%;width:{share}%"></i>'
        for start in course.plan.takeoffs_s[:MAX_FLIGHTS]
    )
    return f'<div class="flights">{bars}</div>'


def _sentence(course: Course) -> str:
    plan, items = course.plan, len(course.plan.items)
    parts = [both(Words(f"{items} 项", f"{items} items")), length(course.length_m), clock(course.duration_s)]
    if plan.takeoffs_s != (0.0,):
        shown = [clock(start) for start in plan.takeoffs_s[:4]]
        more = " …" if len(plan.takeoffs_s) > 4 else ""
        starts = ", ".join(shown) + more
        parts.append(both(Words(f"起飞 +{starts}", f"takes off at +{starts}")))
    return " · ".join(parts)
