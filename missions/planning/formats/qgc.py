"""QGroundControl's ``.plan``, and the ``.mission`` files of its older versions.

Source: https://docs.qgroundcontrol.com (developer guide, file formats: plan). Everything is written as simple items;
complex items (surveys and the like) are read by `qgc_complex`.
"""

import json
from typing import Any

import msgspec

from fusion.messages import Position, VehicleKind
from missions.dialects import DO_JUMP, Autopilot, differs, names_place, renumbered, spoken
from missions.plan import Frame, Plan, PlanItem
from missions.planning.formats import qgc_complex, qgc_fence
from missions.planning.formats.checked import bad, latitude, longitude, number, numbers, optional_number, rows, whole
from missions.planning.formats.frames import (
    MAV_TYPES,
    SAME_FRAME,
    TERRAIN_FRAMES,
    assumed_home,
    bare_plan,
    purpose,
    tidied,
)
from missions.planning.formats.jsontext import parse
from missions.planning.formats.results import MAX_ITEMS, Read, Remarks, Written, figures_of, in_order
from missions.planning.profiles import profile

_VEHICLE: dict[VehicleKind, int] = {"fixed_wing": 1, "rotorcraft": 2, "vtol": 20}
_FIRMWARE: dict[Autopilot, int] = {"ardupilot": 3, "px4": 12, "unknown": 0}
_ALTITUDE_MODE = {int(Frame.HOME): 1, int(Frame.AMSL): 2, int(Frame.TERRAIN): 4}
_SIMPLE = ("SimpleItem", "missionItem")
_FROM_TERRAIN_DATA = 3
_KNOWN = {"fileType", "version", "groundStation", "mission", "geoFence", "rallyPoints", "liti"}


def write(plan: Plan, autopilot: Autopilot | None = None) -> Written:
    """A plan as QGroundControl's JSON, all of it simple items."""
    items = spoken(plan, autopilot or "unknown")
    content = {
        "fileType": "Plan",
        "version": 1,
        "groundStation": "Liti",
        "liti": {"name": plan.name, "vehicle_id": plan.vehicle_id},
        "mission": _mission(plan, items, _FIRMWARE[autopilot or "unknown"]),
        "geoFence": qgc_fence.fence_json(plan.fence),
        "rallyPoints": qgc_fence.rally_json(plan.rally, plan.home),
    }
    said = [("frames", any(item.frame in SAME_FRAME for item in plan.items)), ("figures", figures_of(plan))]
    losses = [name for name, lost in said if lost]
    data = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False).encode("utf-8", "replace")
    return Written(data, in_order(losses + list(differs(plan, autopilot or "unknown"))))


def _mission(plan: Plan, items: tuple[PlanItem, ...], firmware: int) -> dict[str, Any]:
    home, winged = plan.home, profile(plan.vehicle_kind).bank_deg is not None
    modes = {_ALTITUDE_MODE.get(item.frame, 0) for item in items if names_place(item)}
    return {
        "version": 2,
        "firmwareType": firmware,
        "vehicleType": _VEHICLE[plan.vehicle_kind],
        "cruiseSpeed": plan.speed_mps if winged else 15,
        "hoverSpeed": plan.speed_mps if not winged else 5,
        "globalPlanAltitudeMode": modes.pop() if len(modes) == 1 else 0,
        "plannedHomePosition": [home.lat_deg, home.lon_deg, home.alt_amsl_m],
        "items": [_simple_json(index, item) for index, item in enumerate(items)],
    }


def _simple_json(index: int, item: PlanItem) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "SimpleItem",
        "autoContinue": item.autocontinue,
        "command": item.command,
        "doJumpId": index + 1,
        "frame": item.frame,
        "params": [*item.params, item.lat_deg, item.lon_deg, item.alt_m],
    }
    if names_place(item) and item.frame in _ALTITUDE_MODE:
        said |= {"AltitudeMode": _ALTITUDE_MODE[item.frame], "Altitude": item.alt_m, "AMSLAltAboveTerrain": None}
    return said | ({"purpose": item.purpose} if item.purpose != purpose(item.command) else {})


def read(text: str, kind: VehicleKind | None = None) -> Read:
    """A plan from QGroundControl's JSON.

    Raises:
        PlanningError: when it cannot be read; says which part.
    """
    return read_value(parse(text), kind)


def read_value(data: Any, kind: VehicleKind | None = None) -> Read:
    """A plan from what QGroundControl's JSON says.

    Raises:
        PlanningError: when it cannot be read; says which part.
    """
    remarks = Remarks()
    mission, at = (
        (data.get("mission", data), "mission" if "mission" in data else "") if isinstance(data, dict) else ({}, "")
    )
    if not isinstance(mission, dict) or not isinstance(mission.get("items"), list):
        raise bad("the file has no mission.items: is it a QGroundControl plan?", "缺少 mission.items", "mission.items")
    path = f"{at}.items".lstrip(".")
    known = kind or _kind(mission)
    home = _home(mission.get("plannedHomePosition"), remarks)
    items = _items(mission, path, home, remarks)
    for key in sorted(set(data) - _KNOWN) if at else ():
        remarks.add(
            f"{str(key)[:40]!r} is not known and was left out", f"未知内容 {str(key)[:40]!r} 已忽略", str(key)[:40]
        )
    home = home or assumed_home(items, remarks)
    speed = optional_number(mission.get("hoverSpeed" if known == "rotorcraft" else "cruiseSpeed"), "mission.hoverSpeed")
    own = data.get("liti") if isinstance(data.get("liti"), dict) else {}
    remarks.rally_above_home = True
    plan = msgspec.structs.replace(
        bare_plan(items, home, known, speed if speed and speed > 0 else None),
        fence=qgc_fence.read_fence(data.get("geoFence"), remarks),
        rally=qgc_fence.read_rally(data.get("rallyPoints"), home),
        name=str(own.get("name", ""))[:200],
        vehicle_id=str(own.get("vehicle_id", ""))[:64],
    )
    return remarks.read(plan)


def _kind(mission: dict[str, Any]) -> VehicleKind:
    said = optional_number(mission.get("vehicleType"), "mission.vehicleType")
    return MAV_TYPES.get(int(said), "rotorcraft") if said is not None else "rotorcraft"


def _home(value: Any, remarks: Remarks) -> Position | None:
    where = "mission.plannedHomePosition"
    if isinstance(value, dict):  # the first versions wrote home as an item
        value = value.get("coordinate")
    if value is None:
        return None
    if isinstance(value, list) and len(value) > 2 and value[2] is None:
        remarks.home_assumed = True
        remarks.add("home has no height: 0 m above the sea is taken", "起飞点没有高度：海拔按 0 米计", where)
        value = [*value[:2], 0.0]
    lat, lon, alt = numbers(value, 3, where)
    return Position(latitude(lat, f"{where}[0]"), longitude(lon, f"{where}[1]"), alt)


def _items(mission: dict[str, Any], path: str, home: Position | None, remarks: Remarks) -> tuple[PlanItem, ...]:
    items: list[PlanItem] = []
    numbered: dict[int, int] = {}
    for index, said in enumerate(rows(mission["items"], path, MAX_ITEMS)):
        where = f"{path}[{index}]"
        if not isinstance(said, dict):
            raise bad(f"{where} must be an object", f"{where} 应为对象", where)
        if said.get("type") in _SIMPLE:
            jump_id = optional_number(said.get("doJumpId", said.get("id")), f"{where}.doJumpId")
            if jump_id is not None:
                numbered.setdefault(int(jump_id), len(items) + 1)
            items.append(simple_item(said, where, remarks))
        else:
            items += qgc_complex.expanded(said, where, home, simple_item, remarks)
        if len(items) > MAX_ITEMS:
            raise bad(f"the plan has more than {MAX_ITEMS} items", f"计划超过 {MAX_ITEMS} 项", where)
    return tuple(_jump(item, numbered) for item in items)


def _jump(item: PlanItem, numbered: dict[int, int]) -> PlanItem:
    target = item.params[0]
    if item.command != DO_JUMP or target is None or int(target) not in numbered:
        return item
    return renumbered(item, numbered[int(target)] - int(target))


def simple_item(said: dict[str, Any], where: str, remarks: Remarks) -> PlanItem:
    """One simple item, of any version of the format."""
    params = _params(said, where)
    command = whole(said.get("command"), f"{where}.command", 0, 65_535)
    frame = whole(said.get("frame", int(Frame.HOME)), f"{where}.frame", 0, 255)
    if params[6] is None and said.get("AltitudeMode") == _FROM_TERRAIN_DATA:
        frame, params[6] = _height_above_terrain(said, where, remarks)
    said_purpose = said.get("purpose")
    return tidied(
        PlanItem(
            command=command,
            frame=frame,
            lat_deg=params[4] or 0.0,
            lon_deg=params[5] or 0.0,
            alt_m=params[6] or 0.0,
            params=(params[0], params[1], params[2], params[3]),
            autocontinue=bool(said.get("autoContinue", True)),
            purpose=said_purpose[:40] if isinstance(said_purpose, str) else purpose(command),
        )
    )


def _params(said: dict[str, Any], where: str) -> list[float | None]:
    raw, at = said.get("params"), f"{where}.params"
    if raw is None and "param1" in said:
        raw = [said.get(f"param{index}") for index in range(1, 5)]
    if isinstance(raw, list) and len(raw) == 4 and isinstance(said.get("coordinate"), list):
        raw = raw + said["coordinate"]
    if not isinstance(raw, list) or len(raw) != 7:
        raise bad(f"{at} must be a list of 7 numbers", f"{at} 应为 7 个数", at)
    return [optional_number(value, f"{at}[{index}]") for index, value in enumerate(raw)]


def _height_above_terrain(said: dict[str, Any], where: str, remarks: Remarks) -> tuple[int, float]:
    """The height of an item that QGroundControl computes from terrain, where it has not yet written it out."""
    above_sea = optional_number(said.get("AMSLAltAboveTerrain"), f"{where}.AMSLAltAboveTerrain")
    if above_sea is not None:
        return int(Frame.AMSL), above_sea
    remarks.add(
        "the height above terrain was never computed: it is flown as a height above terrain",
        "相对地形高度未换算为海拔：按相对地形高度执行",
        where,
    )
    return TERRAIN_FRAMES[0], number(said.get("Altitude"), f"{where}.Altitude")
