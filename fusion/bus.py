"""The bus: one table of topics, and the one place where rooms of the house hand values to each other.

A topic says its payload, its usual rate, how it is delivered, how much a reader may fall behind, and whether it is
recorded. Every reader has a bounded buffer of its own and counts what it dropped: a slow reader loses its own oldest
values and slows nobody. All of it lives on one event loop; threads hand over with ``loop.call_soon_threadsafe``.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from fusion import messages

T = TypeVar("T")


class Delivery(Enum):
    """How a topic's values reach a reader."""

    LATEST = "latest"
    """One slot for each key; a newer value takes the place of an unread older one."""
    QUEUE = "queue"
    """Every value in order; when the buffer is full the oldest is dropped and counted."""


@dataclass(frozen=True, slots=True)
class Topic(Generic[T]):
    """One row of the table of topics.

    Attributes:
        name: what it is called on the wire and in metrics.
        payload: type of its values.
        rate_hz: values a second in ordinary use (of one publisher), for planning.
        delivery: `Delivery.LATEST` or `Delivery.QUEUE`.
        depth: values a reader may fall behind (LATEST: distinct keys).
        recorded: whether the recorder keeps it.
        key: for LATEST, what tells one slot from another.
    """

    name: str
    payload: type[T]
    rate_hz: float
    delivery: Delivery
    depth: int
    recorded: bool
    key: Callable[[T], Hashable] | None = None


ENTITIES = Topic("entities", messages.Entity, 50, Delivery.LATEST, 50_000, True, lambda e: e.id)
REMOVALS = Topic("removals", messages.Removal, 1, Delivery.QUEUE, 50_000, True)
VEHICLES = Topic("vehicles", messages.VehicleState, 10, Delivery.LATEST, 1_000, True, lambda v: v.id)
SENSORS = Topic("sensors", messages.SensorState, 5, Delivery.LATEST, 50_000, True, lambda s: s.id)
OBSERVATIONS = Topic("observations", messages.ObservationBatch, 50, Delivery.QUEUE, 4_096, True)
TRACKS = Topic("tracks", messages.TrackBatch, 5, Delivery.QUEUE, 64, False)
EVENTS = Topic("events", messages.Event, 1, Delivery.QUEUE, 4_096, True)

TOPICS: tuple[Topic[Any], ...] = (ENTITIES, REMOVALS, VEHICLES, SENSORS, OBSERVATIONS, TRACKS, EVENTS)


class Subscription(Generic[T]):
    """One reader of one topic: an asynchronous iterator over its values.

    Attributes:
        topic: what is read.
        dropped: values lost because this reader was slow (LATEST: replaced values are not losses and do not count).
    """

    def __init__(self, bus: "Bus", topic: Topic[T]) -> None:
        self.topic = topic
        self.dropped = 0
        self._bus = bus
        self._queue: deque[T] = deque()
        self._slots: OrderedDict[Hashable, T] = OrderedDict()
        self._ready = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._queue) + len(self._slots)

    def put(self, value: T) -> None:
        """Hand a value to this reader; never waits."""
        if self.topic.delivery is Delivery.QUEUE or self.topic.key is None:
            if len(self._queue) >= self.topic.depth:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(value)
        else:
            key = self.topic.key(value)
            if key not in self._slots and len(self._slots) >= self.topic.depth:
                self._slots.popitem(last=False)
                self.dropped += 1
            self._slots[key] = value
        self._ready.set()

    def take(self) -> list[T]:
        """All waiting values, oldest first; empty when there is none."""
        values = [*self._queue, *self._slots.values()]
        self._queue.clear()
        self._slots.clear()
        if not self._closed:
            self._ready.clear()
        return values

    async def batch(self) -> list[T]:
        """Wait for at least one value, then `take` them all; empty once closed."""
        await self._ready.wait()
        return self.take()

    async def __aiter__(self) -> AsyncIterator[T]:
        while values := await self.batch():
            for value in values:
                yield value

    def close(self) -> None:
        """Stop reading: waiting values can still be taken, then iteration ends."""
        self._closed = True
        self._ready.set()
        self._bus.forget(self)

    def __enter__(self) -> "Subscription[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bus:
    """The bus within one process; to be used from its event loop only."""

    def __init__(self) -> None:
        self._readers: dict[str, list[Subscription[Any]]] = {topic.name: [] for topic in TOPICS}
        self._listeners: dict[str, list[Callable[[Any], None]]] = {topic.name: [] for topic in TOPICS}
        self.published: dict[str, int] = {topic.name: 0 for topic in TOPICS}

    def subscribe(self, topic: Topic[T]) -> Subscription[T]:
        """A new reader that gets every value published from now on; close it, or use it as a context manager."""
        subscription = Subscription(self, topic)
        self._readers[topic.name].append(subscription)
        return subscription

    def listen(self, topic: Topic[T], listener: Callable[[T], None]) -> Callable[[], None]:
        """Have a function called with every value at the moment it is published; returns what ends it.

        For readers that keep state and must see several topics in the order of publication (the picture). The function
        runs within the publisher: it must be quick, must not wait and must not raise.
        """
        listeners = self._listeners[topic.name]
        listeners.append(listener)

        def end() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return end

    def publish(self, topic: Topic[T], value: T) -> None:
        """Hand a value to every reader of a topic; never waits."""
        self.published[topic.name] += 1
        for listener in tuple(self._listeners[topic.name]):
            listener(value)
        for reader in self._readers[topic.name]:
            reader.put(value)

    def forget(self, subscription: Subscription[Any]) -> None:
        """Take a closed reader off the list."""
        readers = self._readers[subscription.topic.name]
        if subscription in readers:
            readers.remove(subscription)

    def dropped(self) -> dict[str, int]:
        """Values lost by today's readers, by topic."""
        return {name: sum(reader.dropped for reader in readers) for name, readers in self._readers.items()}
