"""Those who watch a sensor's video: each has a bounded queue of access units, and starts at a key frame."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from fusion.sources.frames import AccessUnit

_WAITING_AT_MOST = 60


class Viewer:
    """One viewer's queue; it never holds back the source.

    When a viewer falls behind by more than the queue holds, what waits is thrown away and it goes on at the next key
    frame, for units in between could not be decoded.

    Attributes:
        dropped: units that this viewer did not get because it was slow.
    """

    def __init__(self, depth: int = _WAITING_AT_MOST) -> None:
        self.dropped = 0
        self._depth = depth
        self._queue: deque[AccessUnit] = deque()
        self._ready = asyncio.Event()
        self._in_step = False
        self._closed = False

    def put(self, unit: AccessUnit) -> None:
        """Hand over a unit; never waits."""
        if len(self._queue) >= self._depth:
            self.dropped += len(self._queue)
            self._queue.clear()
            self._in_step = False
        if unit.key:
            if len(self._queue) > self._depth // 2:
                self.dropped += len(self._queue)
                self._queue.clear()
            self._in_step = True
        if not self._in_step:
            self.dropped += 1
            return
        self._queue.append(unit)
        self._ready.set()

    def close(self) -> None:
        """End the viewing: `units` ends after what waits."""
        self._closed = True
        self._ready.set()

    async def units(self) -> AsyncIterator[AccessUnit]:
        """Units in order, from a key frame on, until the source is taken away."""
        while True:
            await self._ready.wait()
            while self._queue:
                yield self._queue.popleft()
            if self._closed:
                return
            self._ready.clear()


class Gallery:
    """All viewers of one sensor, and the units since the last key frame, so that a newcomer sees a picture at once."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self._since_key: deque[AccessUnit] = deque(maxlen=_WAITING_AT_MOST)

    def put(self, unit: AccessUnit) -> None:
        """Hand a unit to everyone."""
        if unit.key:
            self._since_key.clear()
        if unit.key or (self._since_key and len(self._since_key) < _WAITING_AT_MOST):
            self._since_key.append(unit)
        elif self._since_key:
            self._since_key.clear()  # a gap in it would not decode; wait for the next key frame
        for viewer in self.viewers:
            viewer.put(unit)

    def enter(self, depth: int = _WAITING_AT_MOST) -> Viewer:
        """A new viewer; it gets the newest key frame and what followed it first."""
        viewer = Viewer(depth)
        for unit in self._since_key:
            viewer.put(unit)
        viewer.dropped = 0
        self.viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Take a viewer off the list."""
        self.viewers.discard(viewer)

    def close(self) -> None:
        """End everyone's viewing."""
        for viewer in self.viewers:
            viewer.close()
