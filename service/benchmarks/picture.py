"""The picture: one tick for many clients, beside encoding the same tick for each client as a web handler would."""

import json

import msgspec

from fusion.messages import Entity, Position
from fusion.picture import Picture
from fusion.stream import PictureStream
from maps.instants import Instant
from service.benchmarks.measuring import Outcome, compare

ENTITIES = 200
CLIENTS = (10, 50, 200)
TICKS = 5
EPOCH_S = 1_790_000_000.0


def measure() -> list[Outcome]:
    """Deltas of 200 moving things; the curve over the number of clients."""
    return [_for_clients(clients) for clients in CLIENTS]


def _entities(tick: int) -> list[Entity]:
    now = EPOCH_S + tick / 10
    return [
        Entity(
            id=f"track/{number}",
            kind="track",
            time=now,
            stale_time=now + 5,
            source="tracking",
            position=Position(43.86 + number * 1e-5 + tick * 1e-6, 125.32, 220.0),
            velocity_enu_mps=(1.0, 0.5, 0.0),
            properties={"status": "confirmed", "kind": "person"},
        )
        for number in range(ENTITIES)
    ]


def _for_clients(clients: int) -> Outcome:
    def ours() -> None:
        clock = [EPOCH_S]
        held = Picture(clock=lambda: Instant(clock[0]))
        stream = PictureStream(held)
        sessions = [stream.session("json", clock[0]) for _ in range(clients)]
        for session in sessions:
            session.receive('{"type": "subscribe", "rate_hz": 10}', clock[0])
            session.outgoing(clock[0])
            session.sent(clock[0])
        for tick in range(1, TICKS + 1):
            clock[0] = EPOCH_S + tick / 5
            for entity in _entities(tick):
                held.put(entity)
            for session in sessions:
                session.outgoing(clock[0])
                session.sent(clock[0])

    def peer() -> None:
        for tick in range(1, TICKS + 1):
            changed = [msgspec.to_builtins(entity) for entity in _entities(tick)]
            for _ in range(clients):
                json.dumps({"type": "delta", "seq": tick, "time": EPOCH_S, "changed": changed, "removed": []})

    mine, theirs = compare(ours, peer)
    size = f"{ENTITIES} entities, {clients} clients"
    per = 1e3 / TICKS
    return Outcome(
        "One tick of the picture", size, mine * per, theirs * per, "ms", mine / theirs, "json for each client"
    )
