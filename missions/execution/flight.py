"""One flight as a state machine without I/O: what the vehicle says goes in, the flight's record comes out.

The vehicle is the truth: whoever changed its mode, the flight says what it does. Items are counted from MISSION_CURRENT
and MISSION_ITEM_REACHED together, for either may get lost, PX4 repeats the second, and neither autopilot reports every
item (commands without a place, the landing of a plane, PX4's return).
"""

import math
from collections.abc import Iterable

import msgspec

from fusion.messages import Position, VehicleState
from maps.instants import Instant
from missions.execution.mission import ENDED, Contingency, FlightRecord, FlightState
from missions.plan import Command, Plan, landing_index
from missions.vehicles.modes import HOLDING, LANDING, MISSION, RETURNING

_ENDING_COMMANDS = {Command.RETURN_TO_LAUNCH, Command.LAND, Command.VTOL_LAND}
_TAKE_TIME = {*_ENDING_COMMANDS, Command.TAKEOFF, Command.VTOL_TAKEOFF, Command.DELAY}
_DONE_AT_ONCE = {Command.LAND_START, Command.SET_ROI_LOCATION}
_ODOMETER_STEP_M = 1.0
_STARTED_WITHIN_S = 30.0
_CONTINGENCIES_KEPT = 100


class Flight:
    """Follows one vehicle through its plan.

    Attributes:
        record: how far it has come.
    """

    def __init__(self, plan: Plan, record: FlightRecord) -> None:
        self.record = record
        self._plan = plan
        self._travelled = frozenset(
            index
            for index, item in enumerate(plan.items)
            if (item.has_place and item.command not in _DONE_AT_ONCE) or item.command in _TAKE_TIME
        )
        self._last = max(self._travelled, default=len(plan.items) - 1)
        self._landing = landing_index(plan)
        self._place: Position | None = None
        self._words = ""
        self._explained = True
        self._farthest = max(record.item or 0, record.items_reached - 1)
        self._recovering_since: Instant | None = None

    def recover(self, now: Instant) -> None:
        """Go on with a flight that was under way when the service ended."""
        self._recovering_since = now

    def told(self, what: str) -> None:
        """Note what the vehicle was told: "start", "hold", "resume", "return", "land" or "goto"."""
        if what and what != self.record.commanded:
            self.record = msgspec.structs.replace(self.record, commanded=what)

    def progress(self, share: float) -> None:
        """Note how much of the upload is done, 0 to 1."""
        self.record = msgspec.structs.replace(self.record, upload_progress=share)

    def delivered(self) -> None:
        """Note that the vehicle holds the plan: read back and equal."""
        self.record = msgspec.structs.replace(self.record, upload_progress=1.0, read_back_equal=True)

    @property
    def starts_after_s(self) -> float:
        """How long after the launch its plan wants it to take off, the first time."""
        return max(0.0, self._plan.takeoffs_s[0]) if self._plan.takeoffs_s else 0.0

    def due(self, takeoff_time: Instant) -> None:
        """Note when it is to take off."""
        self.record = msgspec.structs.replace(self.record, takeoff_time=takeoff_time)

    def met(self, contingencies: Iterable[Contingency]) -> None:
        """Note what came up; of very many the newest are kept."""
        kept = (*self.record.contingencies, *contingencies)[-_CONTINGENCIES_KEPT:]
        self.record = msgspec.structs.replace(self.record, contingencies=kept)

    def change(self, state: FlightState, now: Instant, reason_en: str = "", reason_zh: str = "") -> None:
        """Go to a state; ended flights stay ended."""
        if self.record.state in ENDED:
            return
        self.record = msgspec.structs.replace(
            self.record,
            state=state,
            reason_en=reason_en,
            reason_zh=reason_zh,
            started_time=now if state == "flying" and self.record.started_time is None else self.record.started_time,
            ended_time=now if state in ENDED else None,
        )

    def observe(self, state: VehicleState, reached: tuple[int, ...], now: Instant, words: tuple[str, ...] = ()) -> None:
        """Take what the vehicle says: its state, the plan items it reported reached in this flight, its last words."""
        self._words = "; ".join(words[-2:])
        if self.record.state not in ("arming", "flying", "paused", "returning") or state.link == "lost":
            return
        if self.record.state == "arming" and not self._has_started(state, now):
            return
        self._travel(state)
        if self.record.state == "flying" and not self._comes_home_by_its_plan(state):
            self._count(state, reached)
        if not state.armed:
            self._end(state, reached, now)
        else:
            self._follow_mode(state, now)
        self._recovering_since = None

    def _has_started(self, state: VehicleState, now: Instant) -> bool:
        if state.armed and state.mode in MISSION:
            if self._recovering_since is not None:
                self.change("flying", now)
            return self._recovering_since is not None
        if self._recovering_since is not None and now - self._recovering_since > _STARTED_WITHIN_S:
            self.change("failed", now, "the service ended while it was being launched", "发射过程中服务中断")
        return False

    def _count(self, state: VehicleState, reached: tuple[int, ...]) -> None:
        item, count = state.mission_item, len(self._plan.items)
        passed = self.record.items_reached
        for index in reached:
            # ArduCopter also reports commands that it carries out beside the item being flown.
            if index in self._travelled:
                passed = max(passed, index + 1)
        if state.armed and item is not None:
            passed = max(passed, item)
            self._farthest = max(self._farthest, item)
            if item != self.record.item:
                self.record = msgspec.structs.replace(self.record, item=item)
        if (passed := min(passed, count)) != self.record.items_reached:
            self.record = msgspec.structs.replace(self.record, items_reached=passed)

    def _follow_mode(self, state: VehicleState, now: Instant) -> None:
        if state.mode in MISSION:
            if self.record.commanded == "land" or self._comes_home_by_its_plan(state):
                self._enter("returning", now)
            else:
                self._enter("flying", now)
        elif state.mode in RETURNING or state.mode in LANDING:
            if not self._plan_ends_here(state):
                reason = self._why(state)
                self._enter("returning", now, *reason)
        elif state.mode in HOLDING:
            self._enter("paused", now, *self._why(state))
        elif state.mode:
            self._enter("paused", now, f"taken over in mode {state.mode}", f"已由 {state.mode} 模式接管")

    def _comes_home_by_its_plan(self, state: VehicleState) -> bool:
        """Whether it was told to come home and has jumped to its plan's landing, the items between not flown.

        ArduPlane does so from RTL by itself (``RTL_AUTOLAND``), and is then in AUTO again.
        """
        if self.record.commanded not in ("return", "land") or self._landing is None or state.mission_item is None:
            return False
        return state.mission_item >= self._landing

    def _enter(self, state: FlightState, now: Instant, reason_en: str = "", reason_zh: str = "") -> None:
        if state != self.record.state:
            self.change(state, now, reason_en, reason_zh)
        elif not self._explained and reason_en.startswith(self.record.reason_en):
            # The vehicle changes its mode first and says why a moment later.
            self.record = msgspec.structs.replace(self.record, reason_en=reason_en, reason_zh=reason_zh)
        self._explained = bool(self._words)

    def _why(self, state: VehicleState) -> tuple[str, str]:
        """Why it left its plan: nothing where we told it to, else the vehicle's own words."""
        asked = {"hold"} if state.mode in HOLDING else {"return", "land"}
        if self.record.commanded in asked:
            return "", ""
        said_en, said_zh = (f": {self._words}", f"：{self._words}") if self._words else ("", "")
        return f"by itself ({state.mode}){said_en}", f"自行进入 {state.mode}{said_zh}"

    def _plan_ends_here(self, state: VehicleState) -> bool:
        """Whether returning or landing is what the plan itself asks for now."""
        if self.record.commanded in ("return", "land"):
            return False
        item = state.mission_item if state.mission_item is not None else self._farthest
        following = self._plan.items[max(item, self._farthest) :]
        return bool(following) and following[0].command in _ENDING_COMMANDS

    def _end(self, state: VehicleState, reached: tuple[int, ...], now: Instant) -> None:
        """It has been disarmed: was that the end of its plan?"""
        if state.in_air:
            return  # the landed state lags behind, or says that this is no landing: wait for it
        came_to_the_end = max(self._farthest, *self._travelled.intersection(reached), -1) >= self._last
        if self.record.commanded in ("return", "land"):
            self.change("aborted", now, "brought home before the end of its plan", "按指令提前返航")
        elif came_to_the_end:
            self.record = msgspec.structs.replace(self.record, items_reached=len(self._plan.items), item=None)
            self.change("done", now)
        elif self._recovering_since is not None:
            self.change("failed", now, "it ended while nobody watched", "服务中断期间飞行已结束")
        elif self.record.state == "returning":
            reason = (self.record.reason_en, self.record.reason_zh)
            self.change("failed", now, f"came home early {reason[0]}".strip(), f"提前返航 {reason[1]}".strip())
        else:
            done, count = self.record.items_reached, len(self._plan.items)
            said_en, said_zh = (f": {self._words}", f"：{self._words}") if self._words else ("", "")
            self.change(
                "failed",
                now,
                f"disarmed after {done} of {count} items{said_en}",
                f"完成 {done}/{count} 项后上锁{said_zh}",
            )

    def _travel(self, state: VehicleState) -> None:
        if state.position is None or not state.armed:
            return
        if self._place is None:
            self._place = state.position
            return
        step_m = _distance_m(self._place, state.position)
        if step_m >= _ODOMETER_STEP_M:
            self._place = state.position
            self.record = msgspec.structs.replace(self.record, distance_m=self.record.distance_m + step_m)


def _distance_m(a: Position, b: Position) -> float:
    """Metres between two near positions (equirectangular, 6371 km)."""
    north = math.radians(b.lat_deg - a.lat_deg) * 6_371_000.0
    east = math.radians(b.lon_deg - a.lon_deg) * 6_371_000.0 * math.cos(math.radians(a.lat_deg))
    return math.hypot(north, east, b.alt_amsl_m - a.alt_amsl_m)
