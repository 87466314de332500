"""The vehicle's own fence: heights, a circle about home, polygons and circles to keep within or out of."""

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from simulators.autopilots import items
from simulators.autopilots.board import DEBUG, INFO, NOTICE, Board
from simulators.autopilots.items import Item
from simulators.autopilots.places import Place
from simulators.autopilots.targets import Targets
from simulators.autopilots.transfer import StoredList

ALT_MAX, CIRCLE, POLYGON, ALT_MIN = 1, 2, 4, 8
"""FENCE_TYPE."""
_TEXT = {ALT_MAX: "Max Alt", CIRCLE: "Circle", POLYGON: "Polygon", ALT_MIN: "Min Alt"}
_BREACH_TYPE = {ALT_MIN: 1, ALT_MAX: 2, CIRCLE: 3, POLYGON: 3}
_CHECK_EVERY_S = 0.1
_Shape = tuple[int, list[Place], float]


def shapes_fit(listed: list[Item]) -> bool:
    """Whether the vertices of each polygon are together and as many as they say."""
    index = 0
    while index < len(listed):
        item = listed[index]
        if item.command in (items.INCLUSION_VERTEX, items.EXCLUSION_VERTEX):
            count = int(item.params[0])
            group = listed[index : index + count]
            if len(group) < count or any(v.command != item.command or v.params[0] != count for v in group):
                return False
            index += count
        else:
            index += 1
    return True


class Fence:
    """Watches where the vehicle is, and says once when it has left where it may be.

    Attributes:
        breached: FENCE_TYPE bit of the present breach, 0 for none.
    """

    def __init__(self, board: Board, targets: Targets, stored: StoredList) -> None:
        self._board, self._targets, self._stored = board, targets, stored
        self.breached = 0
        self._count = 0
        self._breach_ms = 0
        self._next_s = 0.0
        self._version = -1
        self._shapes: list[_Shape] = []

    @property
    def enabled(self) -> bool:
        """Whether it is watched."""
        return bool(self._board.parameters["FENCE_ENABLE"])

    def enable(self, on: bool) -> None:
        """DO_FENCE_ENABLE."""
        self._board.put_parameter("FENCE_ENABLE", float(on))

    def indexed(self) -> None:
        """A new list was uploaded."""
        self._board.say(DEBUG, "Fence Indexed OK")

    def step(self) -> bool:
        """Whether the fence has just been breached and the vehicle is to act."""
        board = self._board
        if board.boot_s < self._next_s:
            return False
        self._next_s = board.boot_s + _CHECK_EVERY_S
        if not self.enabled or not board.armed or board.body.on_ground:
            self.breached = 0
            return False
        before, self.breached = self.breached, self._breach()
        if self.breached and not before:
            self._count += 1
            self._breach_ms = board.boot_ms
            board.say(NOTICE, f"{_TEXT[self.breached]} fence breached")
            return True
        if before and not self.breached:
            board.say(NOTICE, "Fence breach cleared")
        return False

    def act(self) -> bool:
        """Whether a breach sends the vehicle home (it may be set to report only)."""
        if self._board.parameters["FENCE_ACTION"] == 0:
            return False
        self._board.say(INFO, "Manual recovery started")
        return True

    def _breach(self) -> int:
        parameters, board = self._board.parameters, self._board
        types = int(parameters["FENCE_TYPE"])
        place = board.body.place
        if types & ALT_MAX and board.relative_m > parameters["FENCE_ALT_MAX"]:
            return ALT_MAX
        if types & CIRCLE and place.distance(self._targets.home()) > parameters["FENCE_RADIUS"]:
            return CIRCLE
        if types & POLYGON and not self._within_shapes(place):
            return POLYGON
        if types & ALT_MIN and board.relative_m < parameters["FENCE_ALT_MIN"]:
            return ALT_MIN
        return 0

    def _within_shapes(self, place: Place) -> bool:
        if self._version != self._stored.version:
            self._version, self._shapes = self._stored.version, self._built()
        inclusions = [s for s in self._shapes if s[0] in (items.INCLUSION_VERTEX, items.INCLUSION_CIRCLE)]
        exclusions = [s for s in self._shapes if s[0] in (items.EXCLUSION_VERTEX, items.EXCLUSION_CIRCLE)]
        inside = not inclusions or any(_contains(shape, place) for shape in inclusions)
        return inside and not any(_contains(shape, place) for shape in exclusions)

    def _built(self) -> list[_Shape]:
        shapes: list[_Shape] = []
        listed, index = self._stored.items, 0
        while index < len(listed):
            item = listed[index]
            count = int(item.params[0]) if item.command in (items.INCLUSION_VERTEX, items.EXCLUSION_VERTEX) else 1
            ring = [self._board.chart.place(v.x * 1e-7, v.y * 1e-7, 0.0) for v in listed[index : index + count]]
            if item.command != items.RETURN_POINT:
                shapes.append((item.command, ring, item.params[0]))
            index += max(count, 1)
        return shapes

    def message(self) -> mavlink.MAVLink_fence_status_message:
        """FENCE_STATUS."""
        return mavlink.MAVLink_fence_status_message(
            int(bool(self.breached)), self._count, _BREACH_TYPE.get(self.breached, 0), self._breach_ms, 1
        )


def _contains(shape: _Shape, place: Place) -> bool:
    command, ring, radius = shape
    if command in (items.INCLUSION_CIRCLE, items.EXCLUSION_CIRCLE):
        return place.distance(ring[0]) <= radius
    inside = False
    for a, b in zip(ring, ring[-1:] + ring[:-1], strict=True):
        if (a.north > place.north) != (b.north > place.north):
            crossing = a.east + (place.north - a.north) / (b.north - a.north) * (b.east - a.east)
            inside ^= place.east < crossing
    return inside
