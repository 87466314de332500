"""Recorded conversations between a ground station and a real autopilot, and the same station facing a simulated one.

The `*_dialogue.tlog` files in tests/data/flights are cuts of whole flights recorded from ArduPilot 4.6.2 in simulation:
commands, missions, texts and changes of mode, both directions.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from maps.positions import Geodetic
from simulators.autopilots import STEP_S, Autopilot, Kind, VehicleSettings
from tests.simulators.autopilots.station import Message, Station

FOLDER = Path(__file__).parents[2] / "data" / "flights"
_STATION = 255
_BEFORE_HEARTBEAT_S = 0.95


@dataclass(frozen=True)
class Said:
    """One message: seconds after the vehicle's first heartbeat, who said it, and what."""

    time_s: float
    by_station: bool
    message: Message


def recorded(name: str) -> list[Said]:
    """A recording, in order."""
    data, at, said, parser = (FOLDER / f"{name}.tlog").read_bytes(), 0, [], mavlink.MAVLink(None)
    while at < len(data):
        (time_us,) = struct.unpack_from(">Q", data, at)
        start = at + 8
        v2 = data[start] == 0xFD
        length = data[start + 1] + (12 if v2 else 8) + (13 if v2 and data[start + 2] & 1 else 0)
        for message in parser.parse_buffer(data[start : start + length]) or ():
            said.append((time_us / 1e6, message))
        at = start + length
    first = next(t for t, m in said if m.get_type() == "HEARTBEAT" and m.get_srcSystem() != _STATION)
    return [Said(t - first, m.get_srcSystem() == _STATION, m) for t, m in said]


def replay(name: str, kind: Kind, system_id: int, *, arming_delay_s: float = 41.0, extra_s: float = 10.0) -> list[Said]:
    """Let the recorded station talk to a simulated vehicle at the recorded times; the conversation."""
    home = Geodetic(43.86, 125.3, 220.1)
    settings = VehicleSettings(kind=kind, system_id=system_id, position=home, arming_delay_s=arming_delay_s)
    station = Station(Autopilot(settings))
    script = [s for s in recorded(name) if s.by_station]
    conversation: list[Said] = []

    def note(messages: list[Message]) -> None:
        now = station.time_s - _BEFORE_HEARTBEAT_S
        conversation.extend(Said(now, False, m) for m in messages)

    end_s = script[-1].time_s + extra_s
    while station.time_s - _BEFORE_HEARTBEAT_S < end_s:
        note(station.wait(STEP_S))
        while script and script[0].time_s <= station.time_s - _BEFORE_HEARTBEAT_S:
            said = script.pop(0)
            conversation.append(said)
            note(station.send(said.message))
    return conversation


def acknowledged(conversation: list[Said]) -> list[tuple[int, int]]:
    """(command, result) of each acknowledgement."""
    return [(s.message.command, s.message.result) for s in conversation if s.message.get_type() == "COMMAND_ACK"]


def mission_dialogue(conversation: list[Said]) -> list[tuple[str, int, int]]:
    """What the vehicle says in the mission protocol: (message, its number, mission type)."""
    numbers = {"MISSION_REQUEST": "seq", "MISSION_ACK": "type", "MISSION_COUNT": "count", "MISSION_ITEM_INT": "seq"}
    return [
        (s.message.get_type(), getattr(s.message, numbers[s.message.get_type()]), s.message.mission_type)
        for s in conversation
        if not s.by_station and s.message.get_type() in numbers
    ]


def items_read_back(conversation: list[Said]) -> list[tuple[float, ...]]:
    """Fields of the items that the vehicle sends, but for home's own."""
    fields = ("seq", "frame", "command", "current", "autocontinue", "param1", "param2", "param3", "param4", "x", "y",
              "z", "mission_type")  # fmt: skip
    return [
        tuple(getattr(s.message, f) for f in fields)
        for s in conversation
        if not s.by_station and s.message.get_type() == "MISSION_ITEM_INT"
        if s.message.seq > 0 or s.message.mission_type != 0
    ]


def texts(conversation: list[Said], *starts: str) -> list[str]:
    """Status texts that start with one of some words."""
    spoken = [s.message.text for s in conversation if s.message.get_type() == "STATUSTEXT"]
    return [text for text in spoken if text.startswith(starts)]


def modes(conversation: list[Said]) -> list[tuple[int, bool]]:
    """(custom mode, armed) as they change."""
    beats = [s.message for s in conversation if not s.by_station and s.message.get_type() == "HEARTBEAT"]
    states = [(m.custom_mode, bool(m.base_mode & 128)) for m in beats]
    return [state for state, before in zip(states, [None, *states], strict=False) if state != before]


def reached(conversation: list[Said]) -> list[int]:
    """Items reported as reached."""
    return [s.message.seq for s in conversation if s.message.get_type() == "MISSION_ITEM_REACHED"]
