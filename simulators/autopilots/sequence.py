"""The order in which a mission's items are flown: navigation, the commands between, jumps, and what is reported.

Commands between two navigation items are carried out once the first is done and the second begun, as ArduCopter 4.6.2
was seen to do; conditions hold those after them back. Every item that is done is reported with MISSION_ITEM_REACHED.
"""

from enum import IntEnum
from typing import Protocol

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.board import INFO, WARNING, Board
from simulators.autopilots.items import Item
from simulators.autopilots.transfer import StoredList

_NAMES = {
    16: "WP", 17: "LoitUnlim", 18: "LoitTurns", 19: "LoitTime", 20: "RTL", 21: "Land", 22: "Takeoff",
    30: "CntnueAltChange", 31: "LoitAltitude", 82: "SplineWP", 84: "VTOLTakeoff", 85: "VTOLLand", 93: "Delay",
    112: "CondDelay", 114: "CondDist", 115: "CondYaw", 177: "Jump", 178: "ChangeSpeed", 179: "SetHome",
    189: "LandStart", 195: "SetROILoc", 197: "SetROINone", 201: "SetROI", 203: "DigiCamCtrl", 205: "MountControl",
    206: "SetCamTrigDst", 207: "FenceEnable", 1000: "PitchYaw", 2000: "StartImgCapt", 2001: "StopImgCapt",
    2500: "VideoStartCap", 2501: "VideoStopCap",
}  # fmt: skip
_MOST_JUMPS = 64


class MissionState(IntEnum):
    """MISSION_STATE of MISSION_CURRENT."""

    NONE = 1
    NOT_STARTED = 2
    ACTIVE = 3
    PAUSED = 4
    COMPLETE = 5


class Flyer(Protocol):
    """Flies navigation items and carries out commands; the pilots are ones, with the modes of `Flight`."""

    def begin(self, item: Item) -> bool:
        """Start to fly an item; False when it cannot be flown (it is then skipped)."""
        ...

    def finished(self, item: Item) -> bool:
        """Whether the item that was begun is done."""
        ...

    def carry_out(self, item: Item) -> bool:
        """Carry out a command that is done at once; False when it is refused."""
        ...

    def mission_complete(self) -> None:
        """There is nothing more to fly."""
        ...


class Sequence:
    """Goes through the items of the stored mission.

    Attributes:
        index: the item being flown, or to be flown when AUTO begins; 0 before the start.
        running: whether AUTO is being flown.
        state: as MISSION_CURRENT tells it.
    """

    def __init__(self, board: Board, stored: StoredList, flyer: Flyer) -> None:
        self._board, self._stored, self._flyer = board, stored, flyer
        self.index = 0
        self.running = False
        self.state = MissionState.NONE
        self._flown: Item | None = None
        self._pending: list[int] = []
        self._after = 1
        self._wait_until_s = 0.0
        self._wait_distance_m: float | None = None
        self._jumps: dict[int, int] = {}
        self._asked: int | None = None

    @property
    def count(self) -> int:
        """Items held, home included."""
        return len(self._stored.items)

    @property
    def current_item(self) -> Item | None:
        """The navigation item being flown."""
        return self._flown if self.running else None

    def changed(self) -> None:
        """The stored mission was replaced or cleared."""
        self.index = 0
        self._jumps.clear()
        self._asked = None
        self.state = MissionState.NOT_STARTED if self.count > 1 else MissionState.NONE
        if self.running:
            self._flown, self._pending = None, []
            self._advance(1)

    def set_current(self, index: int) -> bool:
        """Fly this item next (at once when AUTO is flown); False when there is none."""
        if not 0 <= index < max(self.count, 1):
            return False
        self._jumps.clear()
        self._asked = max(index, 1)
        self.index = index
        if self.running:
            self._go(self._asked)
        elif self._board.is_copter and self.count > 1:
            self.state = MissionState.ACTIVE
            self._announce(self._asked)
        self.report()
        return True

    def start(self) -> None:
        """AUTO begins: go on with the item that was being flown, or from the start when the mission was complete."""
        self.running = True
        restart = self.state in (MissionState.COMPLETE, MissionState.NONE) or self._board.parameters["MIS_RESTART"] == 1
        first = self._asked if self._asked is not None else (1 if restart else max(self.index, 1))
        self._asked = None
        self._go(first)

    def stop(self) -> None:
        """Another mode takes over."""
        if self.running:
            self.running = False
            self._flown, self._pending = None, []
            if self.state in (MissionState.ACTIVE, MissionState.PAUSED):
                self.state = MissionState.NOT_STARTED

    def pause(self, paused: bool) -> None:
        """The mission is held where it is, or goes on."""
        if self.running:
            self.state = MissionState.PAUSED if paused else MissionState.ACTIVE

    def disarmed(self) -> None:
        """The vehicle was disarmed: a mission that was complete begins anew next time."""
        if self.state is MissionState.COMPLETE or self._board.is_copter:
            self.index, self._asked = 0, None
            self._jumps.clear()

    def next_navigation(self) -> Item | None:
        """The navigation item after the one being flown."""
        walked = self._walk(self._after, dict(self._jumps))
        return self._stored.items[walked[0]] if walked is not None else None

    def find_command(self, command: int) -> int | None:
        """Index of the first item with a command."""
        for index, item in enumerate(self._stored.items):
            if index and item.command == command:
                return index
        return None

    def step(self) -> None:
        """Once a step, while AUTO is flown."""
        if not self.running or self._flown is None:
            return
        self._do_commands()
        flown, index = self._flown, self.index
        if self._flyer.finished(flown):
            self._reached(index)
            if self.index == index and self._flown is flown:
                self._advance(self._after)

    def report(self) -> None:
        """Send MISSION_CURRENT."""
        self._board.send(self.message())

    def message(self) -> mavlink.MAVLink_mission_current_message:
        """MISSION_CURRENT; its total leaves home out."""
        return mavlink.MAVLink_mission_current_message(
            self.index, max(self.count - 1, 0), int(self.state), int(self.running)
        )

    def _go(self, first: int) -> None:
        self._flown, self._pending = None, []
        self._advance(first)

    def _advance(self, start: int) -> None:
        """Begin the next navigation item at or after an index; items that cannot be flown are skipped."""
        while (walked := self._walk(start, self._jumps)) is not None:
            found, commands = walked
            self._pending = commands
            if self._begin(found):
                return
            start = found + 1
        self._complete()

    def _begin(self, index: int) -> bool:
        item = self._stored.items[index]
        self.index, self._flown = index, item
        self.state = MissionState.ACTIVE
        self._after = index + 1
        self._wait_until_s, self._wait_distance_m = 0.0, None
        self._announce(index)
        if not self._flyer.begin(item):
            self._board.say(WARNING, f"Skipping invalid cmd #{item.command}")
            return False
        self.report()
        return True

    def _walk(self, index: int, jumps: dict[int, int]) -> tuple[int, list[int]] | None:
        """The next navigation item at or after an index, jumps followed, and the commands passed on the way.

        `jumps` counts the jumps taken, by index.
        """
        passed: list[int] = []
        for _ in range(self.count + _MOST_JUMPS):
            if not 0 < index < self.count:
                return None
            item = self._stored.items[index]
            if item.command in items.NAVIGATION:
                return index, passed
            if item.command == items.JUMP:
                target, times = int(item.params[0]), int(item.params[1])
                taken = jumps.get(index, 0)
                if 0 < target < self.count and (times < 0 or taken < times):
                    jumps[index] = taken + 1
                    index = target
                    continue
            else:
                passed.append(index)
            index += 1
        return None

    def _do_commands(self) -> None:
        while self._pending and not self._held_back():
            index = self._pending.pop(0)
            item = self._stored.items[index]
            self._announce(index)
            if item.command == items.CONDITION_DELAY:
                self._wait_until_s = self._board.boot_s + item.params[0]
            elif item.command == items.CONDITION_DISTANCE:
                self._wait_distance_m = item.params[0]
            elif not self._flyer.carry_out(item):
                continue
            self._reached(index, quietly=True)

    def _announce(self, index: int) -> None:
        command = self._stored.items[index].command
        self._board.say(INFO, f"Mission: {index} {_NAMES.get(command, command)}")

    def _held_back(self) -> bool:
        if self._board.boot_s < self._wait_until_s:
            return True
        item = self._flown
        if self._wait_distance_m is None or item is None or not item.has_place:
            return False
        place = self._board.chart.place(item.x * 1e-7, item.y * 1e-7, 0)
        return self._board.body.place.distance(place) > self._wait_distance_m

    def _reached(self, index: int, *, quietly: bool = False) -> None:
        self._board.send(mavlink.MAVLink_mission_item_reached_message(index))
        item = self._stored.items[index] if index < self.count else None
        if self._board.is_copter and not quietly and item is not None and item.command == items.WAYPOINT:
            self._board.say(INFO, f"Reached command #{index}")

    def _complete(self) -> None:
        self._flown, self._pending = None, []
        self.state = MissionState.COMPLETE if self.count > 1 else MissionState.NONE
        self.report()
        self._flyer.mission_complete()
