"""WPL, the plain text of Mission Planner, MAVProxy and older QGroundControl: ``.waypoints`` and ``.txt``.

Source: https://mavlink.io/en/file_formats/ (mission plain-text file format). In files of version 110 item 0 is home, as
ArduPilot numbers them; files of version 120 hold no home, which is how PX4 numbers them.
"""

import math
from itertools import islice

import msgspec

from fusion.messages import Position, VehicleKind
from missions.dialects import Autopilot, differs, renumbered, spoken, unsaid
from missions.plan import Command, Frame, Plan, PlanItem
from missions.planning.formats.checked import bad, latitude, longitude, number, optional_number, whole
from missions.planning.formats.frames import (
    AMSL_FRAMES,
    SAME_FRAME,
    assumed_home,
    bare_plan,
    kind_of,
    purpose,
    purposes_lost,
    tidied,
)
from missions.planning.formats.results import MAX_ITEMS, Read, Remarks, Written, figures_of, in_order
from missions.planning.formats.wpl_fence import parted
from missions.planning.profiles import profile

_COLUMNS = 12
_HOME_VERSION, _HOMELESS_VERSION = "110", "120"


def write(plan: Plan, autopilot: Autopilot | None = None) -> Written:
    """A plan as WPL: version 110 with home in front, or for PX4 version 120 without it."""
    speaks: Autopilot = autopilot or "ardupilot"
    with_home = speaks != "px4"
    items = spoken(plan, speaks) if autopilot is not None else plan.items
    lines = [f"QGC WPL {_HOME_VERSION if with_home else _HOMELESS_VERSION}"]
    if with_home:
        home = PlanItem(
            int(Command.WAYPOINT), int(Frame.AMSL), plan.home.lat_deg, plan.home.lon_deg, plan.home.alt_amsl_m
        )
        lines.append(_row(0, home, 0.0))
    first = len(lines) - 1
    items = items if with_home else tuple(renumbered(item, -1) for item in items)
    lines += [_row(index, item, unsaid(speaks)) for index, item in enumerate(items, start=first)]
    return Written(("\n".join(lines) + "\n").encode(), _losses(plan, autopilot, with_home))


def _row(index: int, item: PlanItem, instead: float) -> str:
    params = [instead if value is None else value for value in item.params]
    cells = [item.frame, item.command, *params, item.lat_deg, item.lon_deg, item.alt_m, int(item.autocontinue)]
    return "\t".join(_cell(value) for value in (index, int(index == 0), *cells))


def _cell(value: float) -> str:
    if isinstance(value, int) or math.isnan(value):
        return str(value)
    return f"{value:.8f}".rstrip("0").rstrip(".")


def _losses(plan: Plan, autopilot: Autopilot | None, with_home: bool) -> tuple[str, ...]:
    fence = plan.fence
    said = [
        ("home", not with_home),
        ("fence", bool(fence.inclusions or fence.exclusions)),
        ("ceiling", fence.ceiling_home_m is not None),
        ("rally", bool(plan.rally)),
        ("unset parameters", with_home and any(None in item.params for item in plan.items)),
        ("frames", any(item.frame in SAME_FRAME for item in plan.items)),
        ("purposes", purposes_lost(plan.items)),
        ("vehicle", bool(plan.vehicle_id)),
        ("kind", plan.vehicle_kind != kind_of(plan.items)),
        ("speed", plan.speed_mps != profile(plan.vehicle_kind).cruise_mps),
        ("name", bool(plan.name)),
        ("figures", figures_of(plan)),
    ]
    return in_order([name for name, lost in said if lost] + list(differs(plan, autopilot or "unknown")))


def read(text: str, kind: VehicleKind | None = None) -> Read:
    """A plan from WPL.

    Raises:
        PlanningError: when it cannot be read; says in which line and column.
    """
    remarks = Remarks()
    lines = text.splitlines()
    version = _version(lines[0] if lines else "", remarks)
    numbered = ((index, line) for index, line in enumerate(lines[1:], start=2) if _holds_item(line))
    rows = [_item(line, index) for index, line in islice(numbered, MAX_ITEMS + 2)]
    if len(rows) > MAX_ITEMS + 1:
        raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", f"line {MAX_ITEMS + 2}")
    if not rows:
        raise bad("the file holds no item", "文件中没有任务项", "line 2")
    first = rows[0]
    if version == _HOMELESS_VERSION or first.command != Command.WAYPOINT:
        items, home = tuple(renumbered(item, 1) for item in rows), None
    else:
        items, home = tuple(rows[1:]), _home(first, remarks)
    home = home or assumed_home(items, remarks)
    items, fence, rally = parted(items, home, remarks)
    plan = msgspec.structs.replace(bare_plan(items, home, kind, None), fence=fence, rally=rally)
    return remarks.read(plan)


def _version(line: str, remarks: Remarks) -> str:
    words = line.replace("\t", " ").split()
    if [word.upper() for word in words[:2]] != ["QGC", "WPL"]:
        raise bad('line 1 must be "QGC WPL 110"', "第 1 行应为 “QGC WPL 110”", "line 1")
    version = words[2] if len(words) > 2 else ""
    if version not in (_HOME_VERSION, _HOMELESS_VERSION):
        remarks.add(
            f"version {version[:20]!r} of WPL is not known: read as version {_HOME_VERSION}",
            f"WPL 版本未知：按 {_HOME_VERSION} 读取",
            "line 1",
        )
    return version


def _holds_item(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "//"))


def _item(line: str, number_of_line: int) -> PlanItem:
    where = f"line {number_of_line}"
    cells = [cell.strip() for cell in line.strip().split(",")] if "," in line else line.split()
    if len(cells) != _COLUMNS:
        raise bad(f"{where} has {len(cells)} columns, not 12", f"第 {number_of_line} 行应有 12 列", where)

    def at(column: int) -> str:
        return f"{where} column {column + 1}"

    whole(cells[0], at(0), 0, 65_535)
    frame, command = whole(cells[2], at(2), 0, 255), whole(cells[3], at(3), 0, 65_535)
    params = [optional_number(cells[column], at(column)) for column in range(4, 8)]
    lat, lon, alt = (optional_number(cells[column], at(column)) or 0.0 for column in range(8, 11))
    return tidied(
        PlanItem(
            command=command,
            frame=frame,
            lat_deg=lat,
            lon_deg=lon,
            alt_m=alt,
            params=(params[0], params[1], params[2], params[3]),
            autocontinue=number(cells[11], at(11)) != 0,
            purpose=purpose(command),
        )
    )


def _home(row: PlanItem, remarks: Remarks) -> Position | None:
    if row.lat_deg == 0 and row.lon_deg == 0:
        return None
    lat, lon = latitude(row.lat_deg, "line 2 column 9"), longitude(row.lon_deg, "line 2 column 10")
    if row.frame in AMSL_FRAMES:
        return Position(lat, lon, row.alt_m)
    remarks.home_assumed = True
    remarks.add(
        f"home's height is not given above the sea (frame {row.frame}): 0 m is taken",
        "起飞点高度不是海拔：按 0 米计",
        "line 2",
    )
    return Position(lat, lon, 0.0)
