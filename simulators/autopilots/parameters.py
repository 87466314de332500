"""Parameters: the table, and MAVLink's parameter protocol as ArduPilot speaks it.

Integers travel as plain floats. The whole list is sent in index order, a few at each step; a change is answered (to
all) with index 65535; a name that does not exist gets no answer at all.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from importlib import resources

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots.settings import Kind

NO_INDEX = 65535
_PER_STEP = 20
_INTEGER_RANGES = {1: (0, 255), 2: (-128, 127), 3: (0, 65535), 4: (-32768, 32767), 6: (-(2**31), 2**31 - 1)}
_FILES = {
    Kind.ROTORCRAFT: ("copter.param",),
    Kind.FIXED_WING: ("plane.param",),
    Kind.VTOL: ("plane.param", "quadplane.param"),
}
_READ_ONLY = frozenset({"STAT_RUNTIME", "STAT_FLTTIME", "STAT_BOOTCNT", "FENCE_TOTAL", "RALLY_TOTAL", "MIS_TOTAL"})


class ParameterTable:
    """Values by name, in ArduPilot's order, each with its MAV_PARAM_TYPE."""

    def __init__(self, kind: Kind, changes: Mapping[str, float] | None = None) -> None:
        self._values: dict[str, float] = {}
        self._types: dict[str, int] = {}
        folder = resources.files(__package__)
        text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES[kind])
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, number, type_ = line.split()
                self._values[name], self._types[name] = float(number), int(type_)
        self._names = tuple(self._values)
        self._index = {name: index for index, name in enumerate(self._names)}
        for name, value in (changes or {}).items():
            if name not in self._values:
                raise ValueError(f"there is no parameter {name!r} on a {kind.value}")
            self.put(name, value)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def put(self, name: str, value: float) -> bool:
        """Store a value as its type can hold it; False, and nothing stored, when it is not finite."""
        if not math.isfinite(value):
            return False
        if (limits := _INTEGER_RANGES.get(self._types[name])) is not None:
            value = float(min(max(round(value), limits[0]), limits[1]))
        elif abs(value) > 3.4e38:
            return False
        self._values[name] = struct.unpack("<f", struct.pack("<f", value))[0]
        return True

    def name_at(self, index: int) -> str | None:
        """The name at an index, None beyond the list."""
        return self._names[index] if 0 <= index < len(self._names) else None

    def message(self, name: str, *, indexed: bool) -> mavlink.MAVLink_param_value_message:
        """PARAM_VALUE of a parameter; with its index when it was asked for, else with 65535."""
        return mavlink.MAVLink_param_value_message(
            name.encode(),
            self._values[name],
            self._types[name],
            len(self._names),
            self._index[name] if indexed else NO_INDEX,
        )


class ParameterProtocol:
    """Answers PARAM_REQUEST_LIST, PARAM_REQUEST_READ and PARAM_SET."""

    def __init__(self, table: ParameterTable) -> None:
        self.table = table
        self._next = len(table)

    def receive(self, message: mavlink.MAVLink_message) -> list[mavlink.MAVLink_message]:
        """The answers to one of the three messages; none where ArduPilot stays silent."""
        match message.get_type():
            case "PARAM_REQUEST_LIST":
                self._next = 0
            case "PARAM_REQUEST_READ":
                index = message.param_index
                name: str | None = message.param_id if index < 0 else self.table.name_at(index)
                if name is not None and name in self.table:
                    return [self.table.message(name, indexed=True)]
            case "PARAM_SET" if message.param_id in self.table:
                if message.param_id not in _READ_ONLY:
                    self.table.put(message.param_id, message.param_value)
                return [self.table.message(message.param_id, indexed=False)]
        return []

    def step(self) -> list[mavlink.MAVLink_message]:
        """The next part of a whole list that is being fetched."""
        if self._next >= len(self.table):
            return []
        first, self._next = self._next, min(self._next + _PER_STEP, len(self.table))
        names = (self.table.name_at(index) for index in range(first, self._next))
        return [self.table.message(name, indexed=True) for name in names if name is not None]
