"""The picture: all entities now, what changed when, and each entity encoded once for everybody who reads it.

The picture is state, not a log. Every change gets the next sequence number; an entity remembers the number of its
newest change, and one that is removed is remembered as a tombstone until newer tombstones push it out. "What changed
since number n" is therefore answered from state alone, however long ago n was, as long as no tombstone newer than n has
been forgotten (`Picture.horizon`).

Entities live in numbered slots, so that filters over area and layer are single numpy expressions.
"""

import asyncio
import logging
import math
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from fusion.bus import ENTITIES, REMOVALS, Bus
from fusion.extents import EVERYWHERE, Box, ExtentError, extent
from fusion.messages import Entity, EntityKind, Removal
from maps.instants import Clock, utc_now

log = logging.getLogger(__name__)

Encoding = Literal["json", "msgpack"]
LAYERS: tuple[EntityKind, ...] = get_args(EntityKind)
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

FLEETING: dict[EntityKind, float] = {"track": 10.0, "footprint": 10.0}
"""Kinds that are taken out of the picture when nobody has renewed them this many seconds past their stale time.

All other kinds stay: the last known position of a lost aircraft is news, and its stale time tells its age."""

_ENCODERS: dict[Encoding, Callable[[object], bytes]] = {
    "json": msgspec.json.Encoder().encode,
    "msgpack": msgspec.msgpack.Encoder().encode,
}


@dataclass(slots=True)
class _Slot:
    """One place for one entity; without an entity it is a tombstone."""

    id: str
    entity: Entity | None = None
    json: bytes | None = None
    msgpack: bytes | None = None


class Picture:
    """All entities now.

    Attributes:
        epoch: tells this picture's sequence numbers from those of another run.
        seq: number of the newest change; 0 when there was none.
        horizon: changes up to this number can no longer be told apart; "since n" is answered for n >= horizon.
        rejected: entities refused because they cannot be placed or written.
        clock: tells the present.
    """

    def __init__(
        self,
        bus: Bus | None = None,
        clock: Clock = utc_now,
        *,
        history: int = 20_000,
        epoch: str | None = None,
    ) -> None:
        self.clock = clock
        self.epoch = epoch or secrets.token_hex(4)
        self.seq = 0
        self.horizon = 0
        self.rejected = 0
        self._history = max(1, history)
        self._slots: list[_Slot] = []
        self._by_id: dict[str, int] = {}
        self._free: list[int] = []
        self._tombstones: deque[tuple[int, int]] = deque()
        self._count = 0
        self._bounds = np.empty((0, 4))
        self._changed = np.empty(0, dtype=np.int64)
        self._alive = np.empty(0, dtype=np.bool_)
        self._layer = np.empty(0, dtype=np.int8)
        self._stale = np.empty(0)
        self._waiting: set[asyncio.Event] = set()
        self._ends: list[Callable[[], None]] = []
        if bus is not None:
            self._ends = [bus.listen(ENTITIES, self.put), bus.listen(REMOVALS, self.take_removal)]

    def close(self) -> None:
        """Stop listening to the bus."""
        for end in self._ends:
            end()
        self._ends.clear()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, entity_id: object) -> bool:
        return isinstance(entity_id, str) and self.get(entity_id) is not None

    def __iter__(self) -> Iterator[Entity]:
        return (slot.entity for slot in self._slots if slot.entity is not None)

    def get(self, entity_id: str) -> Entity | None:
        """The entity of this id, or None."""
        index = self._by_id.get(entity_id)
        return None if index is None else self._slots[index].entity

    def of_kind(self, kind: EntityKind) -> list[Entity]:
        """All entities of one kind."""
        return self.within(None, frozenset({kind}))

    def within(self, area: Box | None, layers: frozenset[str] | None = None) -> list[Entity]:
        """Entities of these layers whose extent touches an area (west, south, east, north in degrees)."""
        slots = np.flatnonzero(self._alive)
        return [self._entity(int(i)) for i in slots[self.matching(slots, area, layers)]]

    def put(self, entity: Entity) -> None:
        """Add an entity, or put it in the place of the one with the same id; never raises."""
        try:
            box = extent(entity)
            if not (math.isfinite(entity.time) and math.isfinite(entity.stale_time)):
                raise ExtentError(f"{entity.id}: time and stale_time must be finite numbers")
        except ExtentError as error:
            self._reject(error)
            return
        index = self._by_id.get(entity.id)
        if index is None:
            index = self._new_slot(entity.id)
        slot = self._slots[index]
        self._count += slot.entity is None
        slot.entity, slot.json, slot.msgpack = entity, None, None
        self._bounds[index] = box
        self._alive[index] = True
        self._layer[index] = LAYERS.index(entity.kind)
        self._stale[index] = entity.stale_time + FLEETING.get(entity.kind, math.inf)
        self._touch(index)

    def remove(self, entity_id: str) -> bool:
        """Take an entity out of the picture; False when it was not in it."""
        index = self._by_id.get(entity_id)
        if index is None or not self._alive[index]:
            return False
        slot = self._slots[index]
        slot.entity, slot.json, slot.msgpack = None, None, None
        self._alive[index] = False
        self._stale[index] = math.inf
        self._count -= 1
        self._touch(index)
        self._tombstones.append((self.seq, index))
        while len(self._tombstones) > self._history:
            self._forget(*self._tombstones.popleft())
        return True

    def take_removal(self, removal: Removal) -> None:
        """`remove`, as the bus says it."""
        self.remove(removal.id)

    def expire(self, now: float) -> int:
        """Take out fleeting entities (`FLEETING`) that nobody renews; returns how many."""
        old = np.flatnonzero(self._stale < now)
        for index in old:
            self.remove(self._slots[index].id)
        return len(old)

    async def run(self) -> None:
        """Keep the picture free of what nobody renews, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            self.expire(self.clock())

    def wake(self, event: asyncio.Event) -> None:
        """Have an event set at the next change."""
        self._waiting.add(event)

    def let_sleep(self, event: asyncio.Event) -> None:
        """Take back `wake`."""
        self._waiting.discard(event)

    # What views are made from: slots.

    @property
    def capacity(self) -> int:
        """Number of slots, in use or not; it only grows."""
        return len(self._alive)

    def changed_since(self, seq: int) -> IntArray:
        """Slots with a change (removal included) newer than ``seq``."""
        return np.flatnonzero(self._changed > seq)

    def in_order(self, slots: IntArray) -> IntArray:
        """These slots by their newest change, oldest first."""
        return slots[np.argsort(self._changed[slots], kind="stable")]

    def matching(self, slots: IntArray, area: Box | None, layers: frozenset[str] | None) -> BoolArray:
        """Which of these slots hold an entity that touches the area and is of one of the layers."""
        found = self._alive[slots].copy()
        if layers is not None:
            wanted = np.array([layer in layers for layer in LAYERS])
            found &= wanted[self._layer[slots]]
        if area is not None:
            west, south, east, north = area
            box = self._bounds[slots]
            found &= (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
        return np.asarray(found)

    def id_of(self, slot: int) -> str:
        """The id of a slot's entity or tombstone."""
        return self._slots[slot].id

    def encoded(self, slot: int, encoding: Encoding) -> bytes:
        """A slot's entity on the wire; encoded at the first call after a change."""
        entry = self._slots[slot]
        if encoding == "json":
            if entry.json is None:
                entry.json = _encode(self._entity(slot), "json")
            return entry.json
        if entry.msgpack is None:
            entry.msgpack = _encode(self._entity(slot), "msgpack")
        return entry.msgpack

    def _entity(self, index: int) -> Entity:
        entity = self._slots[index].entity
        if entity is None:
            raise LookupError(f"slot {index} holds no entity")
        return entity

    def _touch(self, index: int) -> None:
        self.seq += 1
        self._changed[index] = self.seq
        if self._waiting:
            for event in self._waiting:
                event.set()
            self._waiting.clear()

    def _new_slot(self, entity_id: str) -> int:
        if self._free:
            index = self._free.pop()
            self._slots[index] = _Slot(entity_id)
        else:
            index = len(self._slots)
            self._slots.append(_Slot(entity_id))
            if index >= self.capacity:
                self._grow(max(256, 2 * self.capacity))
        self._by_id[entity_id] = index
        return index

    def _grow(self, capacity: int) -> None:
        more = capacity - self.capacity
        self._bounds = np.vstack([self._bounds, np.tile(EVERYWHERE, (more, 1))])
        self._changed = np.concatenate([self._changed, np.zeros(more, dtype=np.int64)])
        self._alive = np.concatenate([self._alive, np.zeros(more, dtype=np.bool_)])
        self._layer = np.concatenate([self._layer, np.zeros(more, dtype=np.int8)])
        self._stale = np.concatenate([self._stale, np.full(more, math.inf)])

    def _forget(self, seq: int, index: int) -> None:
        self.horizon = max(self.horizon, seq)
        if not self._alive[index] and self._changed[index] == seq:
            del self._by_id[self._slots[index].id]
            self._changed[index] = 0
            self._free.append(index)

    def _reject(self, error: ExtentError) -> None:
        self.rejected += 1
        if self.rejected == 1 or self.rejected % 1000 == 0:
            log.warning("refused an entity (%d so far): %s", self.rejected, error)


def _encode(entity: Entity, encoding: Encoding) -> bytes:
    encode = _ENCODERS[encoding]
    if entity.properties:
        try:
            return encode(entity)
        except (TypeError, ValueError, OverflowError) as error:
            log.warning("%s goes out without its properties, which cannot be written: %s", entity.id, error)
            entity = msgspec.structs.replace(entity, properties={})
    builtins = msgspec.to_builtins(entity)
    builtins["properties"] = {}
    return encode(builtins)
