"""Telemetry: bytes of MAVLink to the state of a vehicle, beside a bare pymavlink receive loop that only decodes."""

from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.instants import Instant
from missions.vehicles.dialect import Framer
from missions.vehicles.telemetry import Telemetry
from service.benchmarks.measuring import Outcome, compare

MESSAGES = 10_000
EPOCH_S = 1_790_000_000.0


def measure() -> list[Outcome]:
    """Decode `MESSAGES` positions, attitudes and heartbeats."""
    datagrams = _datagrams()

    def ours() -> None:
        framer, known = Framer(), Telemetry("uav-1")
        for index, datagram in enumerate(datagrams):
            for packet in framer.feed(datagram, whole=True):
                if packet.message is not None:
                    known.receive(packet.message, Instant(EPOCH_S + index / 50))

    def peer() -> None:
        parser = mavlink.MAVLink(None)
        for datagram in datagrams:
            parser.parse_buffer(datagram)

    mine, theirs = compare(ours, peer)
    per = 1e6 / MESSAGES
    name, size = "MAVLink to vehicle state", f"{MESSAGES} messages"
    return [Outcome(name, size, mine * per, theirs * per, "µs a message", mine / theirs, "pymavlink, decoding only")]


def _datagrams() -> list[bytes]:
    encoder = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    kinds: list[Callable[[int], Any]] = [
        lambda t: encoder.global_position_int_encode(t, 438600000, 1253200000, 280000, 60000, 500, 0, 0, 9000),
        lambda t: encoder.attitude_encode(t, 0.01, 0.02, 1.0, 0.0, 0.0, 0.0),
        lambda t: encoder.gps_raw_int_encode(t * 1000, 3, 438600000, 1253200000, 280000, 90, 90, 500, 9000, 14),
        lambda _: encoder.heartbeat_encode(2, 3, 209, 3, 4),
    ]
    return [kinds[index % len(kinds)](index * 20).pack(encoder) for index in range(MESSAGES)]
