"""Failsafes: low battery, and the ground station's heartbeat lost."""

from enum import Enum

from simulators.autopilots.battery import Battery
from simulators.autopilots.board import CRITICAL, WARNING, Board


class Reaction(Enum):
    """What a failsafe asks for."""

    NOTHING = 0
    RETURN = 1
    LAND = 2


_COPTER_BATTERY = {1: Reaction.LAND, 2: Reaction.RETURN, 3: Reaction.RETURN, 4: Reaction.LAND, 6: Reaction.RETURN}
_PLANE_BATTERY = {1: Reaction.RETURN, 2: Reaction.LAND, 6: Reaction.LAND}
_COPTER_STATION = {1: Reaction.RETURN, 3: Reaction.RETURN, 4: Reaction.RETURN, 5: Reaction.LAND}


class Failsafes:
    """Watches; each failsafe is announced once.

    Attributes:
        active: whether any is on (HEARTBEAT.system_status is then CRITICAL).
    """

    def __init__(self, board: Board, battery: Battery) -> None:
        self._board, self._battery = board, battery
        self._heard_s: float | None = None
        self._station_lost = False
        self._below_s: dict[str, float] = {}
        self._announced: set[str] = set()

    @property
    def active(self) -> bool:
        """Whether any failsafe is on."""
        return self._station_lost or bool(self._announced)

    def station_heard(self) -> None:
        """A heartbeat of the ground station (SYSID_MYGCS) came."""
        self._heard_s = self._board.boot_s
        if self._station_lost:
            self._station_lost = False
            self._board.say(WARNING, "GCS Failsafe Cleared")

    def disarmed(self) -> None:
        """Landed: battery failsafes start anew at the next flight."""
        self._below_s.clear()

    def step(self) -> Reaction:
        """What is to be done now; asked for once when a failsafe comes on."""
        station = self._watch_station()
        return station if station is not Reaction.NOTHING else self._watch_battery()

    def _watch_station(self) -> Reaction:
        board, parameters = self._board, self._board.parameters
        copter = board.is_copter
        enabled = parameters["FS_GCS_ENABLE" if copter else "FS_GCS_ENABL"]
        if not enabled or self._heard_s is None or self._station_lost:
            return Reaction.NOTHING
        limit = max(parameters["FS_GCS_TIMEOUT" if copter else "FS_LONG_TIMEOUT"], 1.0)
        if board.boot_s - self._heard_s < limit:
            return Reaction.NOTHING
        self._station_lost = True
        board.say(WARNING, "GCS Failsafe")
        if not board.armed:
            return Reaction.NOTHING
        if copter:
            return _COPTER_STATION.get(int(enabled), Reaction.NOTHING)
        return Reaction.RETURN if parameters["FS_LONG_ACTN"] else Reaction.NOTHING

    def _watch_battery(self) -> Reaction:
        board, parameters, battery = self._board, self._board.parameters, self._battery
        for name, severity, word in (("CRT", CRITICAL, "critical"), ("LOW", WARNING, "low")):
            if name in self._announced or (name == "LOW" and "CRT" in self._announced):
                continue
            left_mah = battery.fraction * battery.capacity_mah
            volts, reserve = parameters[f"BATT_{name}_VOLT"], parameters[f"BATT_{name}_MAH"]
            if not ((volts > 0 and battery.voltage_v < volts) or (reserve > 0 and left_mah < reserve)):
                self._below_s.pop(name, None)
                continue
            since = self._below_s.setdefault(name, board.boot_s)
            if board.boot_s - since < parameters["BATT_LOW_TIMER"]:
                continue
            self._announced.add(name)
            used = round(battery.consumed_mah)
            board.say(severity, f"Battery 1 is {word} {battery.voltage_v:.2f}V used {used} mAh")
            if board.armed:
                actions = _COPTER_BATTERY if board.is_copter else _PLANE_BATTERY
                return actions.get(int(parameters[f"BATT_FS_{name}_ACT"]), Reaction.NOTHING)
        return Reaction.NOTHING
