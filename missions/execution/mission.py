"""Missions and their flights as values, and where they are kept."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from fusion.messages import Entity, Event, Position
from maps.instants import Instant
from missions.plan import Plan
from missions.planning.schedule import Schedule
from missions.safety import Finding
from missions.safety.overrides import Override

MissionState = Literal["draft", "cleared", "uploading", "flying", "paused", "returning", "done", "aborted", "failed"]
FlightState = Literal[
    "waiting", "uploading", "uploaded", "arming", "flying", "paused", "returning", "done", "aborted", "failed"
]

ENDED: frozenset[str] = frozenset({"done", "aborted", "failed"})
ACTIVE: frozenset[str] = frozenset({"uploading", "flying", "paused", "returning"})
IN_FLIGHT: frozenset[str] = frozenset({"flying", "paused", "returning"})


class MissionFinding(Finding, frozen=True, omit_defaults=True):
    """A finding, and whose plan it is about.

    Attributes:
        vehicle_id: whose plan.
        overridable: whether it blocks and policy lets a commander override it.
        overridden: by whom, when and why it does not block; None when nobody overrode it.
    """

    vehicle_id: str = ""
    overridable: bool = False
    overridden: Override | None = None

    @property
    def blocks(self) -> bool:
        """Whether it keeps the mission from being cleared."""
        return self.severity == "blocking" and self.overridden is None


class Contingency(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that came up against a flight in the air, and what was done about it.

    Attributes:
        rule: as in findings.
        about: id of what it is broken at, such as a zone.
        severity: of the finding.
        action: "tell", "hold", "return" or "land".
        time: when people were told, and the vehicle where it was ordered something.
        message: what came up (English).
        message_zh: the same in Chinese.
    """

    rule: str
    about: str
    severity: Literal["blocking", "warning"]
    action: str
    time: float
    message: str
    message_zh: str = ""


def _always(zero: Callable[[], Any]) -> Any:
    """A default that is nevertheless written: what is 0 must not look like what is unknown."""
    return msgspec.field(default_factory=zero)


class FlightRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One vehicle's part of a mission.

    Attributes:
        vehicle_id: who flies it.
        state: where it stands.
        items: of its plan.
        item: index of the item being flown.
        items_reached: items done, counted from the first.
        upload_progress: 0 to 1.
        read_back_equal: whether the vehicle's items were read back and equal the plan's.
        distance_m: flown so far.
        reason_en: why it waits, was interrupted or has failed.
        reason_zh: the same in Chinese.
        commanded: the last thing we told the vehicle to do.
        takeoff_time: when it is to take off, for one that starts later than the launch.
        started_time: when it left the ground's state of rest.
        ended_time: when it ended.
        contingencies: what came up while it flew, the newest last.
    """

    vehicle_id: str
    state: FlightState = _always(lambda: "waiting")
    items: int = _always(int)
    item: int | None = None
    items_reached: int = _always(int)
    upload_progress: float = _always(float)
    read_back_equal: bool = _always(bool)
    distance_m: float = _always(float)
    reason_en: str = ""
    reason_zh: str = ""
    commanded: str = ""
    takeoff_time: float | None = None
    started_time: float | None = None
    ended_time: float | None = None
    contingencies: tuple[Contingency, ...] = ()


class Mission(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be flown, by whom, and how far it has come.

    Attributes:
        id: unique, such as ``m-3f2a9c01``.
        kind: as the request says; "import" for plan files.
        state: of the whole.
        request: as it was asked for.
        plans: one for each vehicle.
        findings: of the newest check.
        flights: one for each plan, in the same order.
        created_time: when it was drafted.
        by: who drafted it.
        name: for people.
        overrides: what was overridden, by whom and why, also findings that are no longer so.
        schedule: who takes off and lands when, and the longest time a station is left; None for missions of old.
        cleared_time: when it was last cleared.
        cleared_by: by whom.
        launched_by: by whom.
    """

    id: str
    kind: str
    state: MissionState
    request: dict[str, Any]
    plans: tuple[Plan, ...]
    findings: tuple[MissionFinding, ...]
    flights: tuple[FlightRecord, ...]
    created_time: float
    by: str
    name: str = ""
    overrides: tuple[Override, ...] = ()
    schedule: Schedule | None = None
    cleared_time: float | None = None
    cleared_by: str | None = None
    launched_by: str | None = None


class MissionStore(Protocol):
    """Where missions are kept; called at every change of state."""

    def save(self, mission: Mission) -> None:
        """Keep this newest form of a mission."""

    def load_all(self) -> Sequence[Mission]:
        """Every mission kept, in its newest form."""


class MemoryStore:
    """Keeps missions while the process lives."""

    def __init__(self) -> None:
        self._missions: dict[str, Mission] = {}

    def save(self, mission: Mission) -> None:
        """Keep this newest form of a mission."""
        self._missions[mission.id] = mission

    def load_all(self) -> Sequence[Mission]:
        """Every mission kept, in its newest form."""
        return tuple(self._missions.values())


def state_of(flights: Sequence[FlightRecord]) -> MissionState:
    """The state of a launched mission from those of its flights."""
    states = {flight.state for flight in flights}
    if states <= ENDED:
        return "failed" if "failed" in states else "aborted" if "aborted" in states else "done"
    live = states - ENDED
    if "flying" in live:
        return "flying"
    if live & {"waiting", "uploading", "uploaded", "arming"}:
        return "uploading"
    return "paused" if "paused" in live else "returning"


_DRAFT_SHOWN_S = 24 * 3600.0
_ENDED_SHOWN_S = 3600.0
_ACTIVE_SHOWN_S = 15.0
_CONTINGENCIES_SHOWN = 5


def mission_entity(mission: Mission, now: Instant) -> Entity:
    """The entity ``mission/<id>``: the plans' paths as geometry, states in its properties."""
    lines = [_line(plan) for plan in mission.plans]
    lines = [line for line in lines if len(line) > 1]
    geometry: dict[str, Any] | None = None
    if len(lines) == 1:
        geometry = {"type": "LineString", "coordinates": lines[0]}
    elif lines:
        geometry = {"type": "MultiLineString", "coordinates": lines}
    shown_s = _ACTIVE_SHOWN_S if mission.state in ACTIVE else _ENDED_SHOWN_S
    if mission.state in ("draft", "cleared"):
        shown_s = _DRAFT_SHOWN_S
    return Entity(
        id=f"mission/{mission.id}",
        kind="mission",
        time=now,
        stale_time=now + shown_s,
        source="missions",
        geometry=geometry,
        properties={
            "kind": mission.kind,
            "name": mission.name,
            "state": mission.state,
            "by": mission.by,
            "flights": [msgspec.to_builtins(_newest(flight)) for flight in mission.flights],
            "blocking": sum(finding.blocks for finding in mission.findings),
            **_blocked_by(mission),
            **({"schedule": msgspec.to_builtins(mission.schedule)} if mission.schedule is not None else {}),
        },
    )


def _newest(flight: FlightRecord) -> FlightRecord:
    """A flight with only the newest of what came up while it flew."""
    return msgspec.structs.replace(flight, contingencies=flight.contingencies[-_CONTINGENCIES_SHOWN:])


def _blocked_by(mission: Mission) -> dict[str, Any]:
    """The first finding that keeps the mission on the ground, in both languages."""
    first = next((each for each in mission.findings if each.blocks), None)
    return {} if first is None else {"blocked_by": {"en": first.message, "zh": first.message_zh or first.message}}


def _line(plan: Plan) -> list[list[float]]:
    places: list[Position] = [point.position for point in plan.path]
    if not places:
        home = plan.home.alt_amsl_m
        places = [
            Position(item.lat_deg, item.lon_deg, item.alt_m + (home if item.frame == 3 else 0.0))
            for item in plan.items
            if item.has_place
        ]
    return [[place.lon_deg, place.lat_deg, round(place.alt_amsl_m, 2)] for place in places]


def flight_event(mission: Mission, flight: FlightRecord, now: Instant) -> Event:
    """What people should learn when a flight comes to its present state."""
    severity, words_en, words_zh = _FLIGHT_WORDS[flight.state]
    reason_en = f": {flight.reason_en}" if flight.reason_en else ""
    reason_zh = f"：{flight.reason_zh}" if flight.reason_zh else ""
    return Event(
        now,
        f"flight.{flight.state}",
        severity,
        f"vehicle/{flight.vehicle_id}",
        f"{flight.vehicle_id}: {words_en}{reason_en}",
        f"{flight.vehicle_id}：{words_zh}{reason_zh}",
        {"mission": mission.id, "items": flight.items, "items_reached": flight.items_reached},
    )


_FLIGHT_WORDS: dict[str, tuple[Literal["info", "warning", "critical"], str, str]] = {
    "waiting": ("info", "waiting", "等待"),
    "uploading": ("info", "uploading its plan", "正在上传航线"),
    "uploaded": ("info", "plan uploaded and read back equal", "航线已上传并核对一致"),
    "arming": ("info", "arming", "正在解锁"),
    "flying": ("info", "flying its plan", "正在执行航线"),
    "paused": ("warning", "holding", "悬停待命"),
    "returning": ("warning", "returning", "返航中"),
    "done": ("info", "plan completed, landed", "航线完成，已降落"),
    "aborted": ("warning", "ended before its plan was completed", "未完成航线即结束"),
    "failed": ("critical", "flight failed", "飞行失败"),
}
