"""The lists of a plan page: findings, what was taken for granted, and the items one by one."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from missions.plan import Plan
from missions.planning.request import MissionRequest
from missions.safety import Finding
from service.plan_page.course import Course
from service.plan_page.overview import colour
from service.plan_page.words import (
    COMMANDS,
    PURPOSES,
    REFERENCES,
    SEVERITIES,
    VEHICLES,
    Words,
    both,
    clock,
    escaped,
    known,
    length,
    number,
)

MAX_ROWS = 1_600
"""Items that are listed one by one, of all plans of a page together."""

MAX_ROWS_OF_ONE = 400

FIELDS: dict[str, Words] = {
    "altitude": Words("高度", "height"),
    "speed_mps": Words("速度", "speed"),
    "vehicles": Words("飞机", "aircraft"),
    "camera": Words("相机", "camera"),
    "home": Words("起飞点", "home"),
    "wind": Words("风", "wind"),
    "repeat": Words("重复次数", "repeated"),
    "direction_deg": Words("航线方向", "direction of the passes"),
    "width_m": Words("带宽", "width"),
    "radius_m": Words("半径", "radius"),
    "turns": Words("圈数", "turns"),
    "clockwise": Words("顺时针", "clockwise"),
    "offset_m": Words("外扩", "offset"),
    "pattern": Words("搜索方式", "pattern"),
    "spacing_m": Words("航线间距", "track spacing"),
    "stay_s": Words("停留", "stay"),
    "standoff_m": Words("保持距离", "stand-off"),
    "bearing_deg": Words("方位", "bearing"),
    "target_speed_mps": Words("目标速度", "target's speed"),
    "revisit_s": Words("重访间隔", "revisit"),
    "persist_s": Words("持续时间", "kept up for"),
}
CONCERNS: dict[str, tuple[str, ...]] = {
    "survey": ("direction_deg",),
    "corridor": ("width_m",),
    "perimeter": ("offset_m", "clockwise"),
    "orbit": ("radius_m", "turns", "clockwise"),
    "search": ("pattern", "spacing_m", "radius_m", "direction_deg", "clockwise"),
    "dispatch": ("stay_s", "standoff_m", "bearing_deg"),
    "gap": ("revisit_s",),
    "follow": ("standoff_m", "bearing_deg", "stay_s", "target_speed_mps"),
}
"""Which of the request's special fields a kind of mission uses."""

ALWAYS = ("altitude", "speed_mps", "vehicles", "camera", "home", "wind", "repeat")
CHOSEN_BY_PLANNING = Words("由规划选定", "chosen by planning")


def finding_list(courses: Sequence[Course], findings: Sequence[Sequence[Finding]]) -> str:
    """Every finding in words, the gravest first; what several plans share is said once."""
    said: dict[tuple[str, str], tuple[Finding, list[Course]]] = {}
    for course, found in zip(courses, findings, strict=True):
        for each in found:
            said.setdefault((each.rule, each.message), (each, []))[1].append(course)
    if not said:
        return f'<p class="none">{both(Words("检查未发现问题。", "The checks found nothing."))}</p>'
    ordered = sorted(said.values(), key=lambda pair: pair[0].severity != "blocking")
    return f"<ul>{''.join(_finding(each, who, len(courses)) for each, who in ordered)}</ul>"


def _finding(finding: Finding, who: Sequence[Course], plans: int) -> str:
    words = Words(finding.message_zh or finding.message, finding.message)
    swatches = "".join(f'<i class="swatch {colour(course.number - 1)}"></i>' for course in who) if plans > 1 else ""
    item = "" if finding.item is None else f" · {both(Words('第', 'item '))}{finding.item + 1}{both(Words('项', ''))}"
    margin = "" if finding.margin_m is None else f" · {finding.margin_m:+.0f} m"
    return (
        f'<li class="{escaped(finding.severity)}"><p>{both(words)}</p><p class="dim">{swatches}'
        f"<em>{both(known(SEVERITIES, finding.severity))}</em> {escaped(finding.rule)}{item}{margin}</p></li>"
    )


def assumptions(request: MissionRequest | None, courses: Sequence[Course]) -> str:
    """What the request said, what it left out and was filled in, and the figures of the aircraft."""
    rows = [*_request_rows(request), *_profile_rows(courses), *_note_rows([course.plan for course in courses])]
    return "".join(f"<div{css}><dt>{both(name)}</dt><dd>{value}</dd></div>" for name, value, css in rows)


def _request_rows(request: MissionRequest | None) -> Iterator[tuple[Words, str, str]]:
    if request is None:
        return
    shown = (*ALWAYS, *CONCERNS.get(request.kind, ()))
    for field, name in FIELDS.items():
        said = (
            field in request.model_fields_set and getattr(request, field) != MissionRequest.model_fields[field].default
        )
        if not said and field not in shown:
            continue
        value = _value(field, getattr(request, field))
        mark = "" if said else f" <em>{both(Words('默认', 'default'))}</em>"
        yield name, both(value) + mark, "" if said else ' class="default"'


def _value(field: str, value: Any) -> Words:
    """A value of a request in words."""
    if value is None:
        return {"wind": Words("无风", "calm"), "speed_mps": Words("巡航速度", "cruise")}.get(field, _unset(field))
    if isinstance(value, bool):
        return Words("是", "yes") if value else Words("否", "no")
    match field:
        case "altitude":
            datum = known(REFERENCES, value.reference)
            metres = number(value.value_m, 0)
            return Words(f"{datum.zh} {metres} 米", f"{metres} m {datum.en}")
        case "wind":
            return Words(
                f"{number(value.from_deg, 0)}° 来风 {number(value.speed_mps)} 米/秒",
                f"{number(value.speed_mps)} m/s from {number(value.from_deg, 0)}°",
            )
        case "camera":
            shares = f"{value.overlap:.0%} / {value.sidelap:.0%}"
            optics = f"{number(value.hfov_deg)}° × {number(value.vfov_deg)}°, {value.width_px} × {value.height_px} px"
            return Words(f"{optics}，重叠 {shares}", f"{optics}, overlap {shares}")
        case "home":
            return Words(*(f"{value.lat_deg:.5f}, {value.lon_deg:.5f}",) * 2)
        case "vehicles":
            return _crew(value)
    unit = next((unit for end, unit in _UNITS.items() if field.endswith(end)), "")
    text = f"{number(value)}{unit}" if isinstance(value, int | float) else str(value)
    return Words(text, text)


_UNITS = {"_mps": " m/s", "_deg": "°", "_m": " m", "_s": " s"}


def _unset(field: str) -> Words:
    return Words("辖区起飞点", "the district's home") if field == "home" else CHOSEN_BY_PLANNING


def _crew(value: Any) -> Words:
    counts: list[Any] = value if isinstance(value, list) else [value]
    said = [
        Words(each, each)
        if isinstance(each, str)
        else Words(
            f"{each.count} × {known(VEHICLES, each.kind or 'rotorcraft').zh}",
            f"{each.count} × {known(VEHICLES, each.kind or 'rotorcraft').en}",
        )
        for each in counts
    ]
    return Words("、".join(each.zh for each in said), ", ".join(each.en for each in said))


def _profile_rows(courses: Sequence[Course]) -> Iterator[tuple[Words, str, str]]:
    for kind, each in {course.plan.vehicle_kind: course.profile for course in courses}.items():
        name = known(VEHICLES, kind)
        minutes = number(each.endurance_s / 60, 0)
        zh = f"巡航 {number(each.cruise_mps)}，爬升 {number(each.climb_mps)}，下降 {number(each.sink_mps)} 米/秒"
        en = f"{number(each.cruise_mps)} m/s cruise, {number(each.climb_mps)} climb, {number(each.sink_mps)} sink"
        if each.bank_deg is not None:
            radius = number(each.turn_radius_m(), 0)
            zh, en = f"{zh}，转弯半径 {radius} 米", f"{en}, {radius} m turn radius"
        zh = f"{zh}；续航 {minutes} 分钟，备用 {each.reserve_fraction:.0%}"
        en = f"{en}; {minutes} min of battery, {each.reserve_fraction:.0%} reserve"
        yield Words(f"机型：{name.zh}", f"profile: {name.en}"), both(Words(zh, en)), ""


def _note_rows(plans: Sequence[Plan]) -> Iterator[tuple[Words, str, str]]:
    notes = dict.fromkeys(tuple(note) for plan in plans for note in plan.notes)
    for en, zh in notes:
        yield Words("说明", "note"), both(Words(zh, en)), ""


def item_tables(courses: Sequence[Course]) -> str:
    """The items of each plan, folded away; long plans are cut with a word about how much is left out."""
    rows = min(MAX_ROWS_OF_ONE, MAX_ROWS // max(1, len(courses)))
    return "".join(_table(course, rows) for course in courses)


def _table(course: Course, limit: int) -> str:
    head = "".join(f"<th>{both(words)}</th>" for words in _COLUMNS)
    rows = "".join(_row(course, index) for index in range(min(len(course.plan.items), limit)))
    left = len(course.plan.items) - limit
    more = Words(f"另有 {left} 项未列出；见计划文件。", f"{left} more are not listed; the plan file has them.")
    rest = f'<p class="dim">{both(more)}</p>' if left > 0 else ""
    count = len(course.plan.items)
    return (
        f'<details class="{colour(course.number - 1)}"><summary><i class="swatch"></i>{escaped(course.label)} '
        f"<small>{both(Words(f'{count} 项', f'{count} items'))}</small></summary>"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{rest}</details>'
    )


_COLUMNS = (
    Words("序号", "no."),
    Words("指令", "command"),
    Words("用途", "purpose"),
    Words("参数", "parameters"),
    Words("海拔（米）", "AMSL, m"),
    Words("离地（米）", "above ground, m"),
    Words("里程", "distance"),
    Words("时间", "time"),
)


def _row(course: Course, index: int) -> str:
    item = course.plan.items[index]
    name = COMMANDS.get(item.command, Words(f"指令 {item.command}", f"command {item.command}"))
    purpose = known(PURPOSES, item.purpose) if item.purpose else Words("", "")
    params = ", ".join("–" if value is None or not math.isfinite(value) else number(value) for value in item.params)
    sample = course.at_item(index)
    cells = ["", "", "", ""]
    if sample is not None and item.has_place:
        up = float(course.enu_m[sample, 2])
        cells[:2] = [number(up), number(up - float(course.ground_amsl_m[sample]))]
    if sample is not None:
        cells[2:] = [length(float(course.distance_m[sample])), clock(float(course.time_s[sample]))]
    words = "".join(f"<td>{cell}</td>" for cell in (both(name), both(purpose), escaped(params), *cells))
    return f"<tr><td>{index + 1}</td>{words}</tr>"
