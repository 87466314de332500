"""Flight modes: ArduPilot's numbers and names, and what each one needs."""

from enum import IntEnum

from simulators.autopilots.settings import Kind


class CopterMode(IntEnum):
    """ArduCopter's custom modes that are simulated."""

    STABILIZE = 0
    ALT_HOLD = 2
    AUTO = 3
    GUIDED = 4
    LOITER = 5
    RTL = 6
    LAND = 9
    POSHOLD = 16
    BRAKE = 17
    SMART_RTL = 21
    AUTO_RTL = 27


class PlaneMode(IntEnum):
    """ArduPlane's custom modes that are simulated."""

    MANUAL = 0
    CIRCLE = 1
    STABILIZE = 2
    FBWA = 5
    FBWB = 6
    CRUISE = 7
    AUTO = 10
    RTL = 11
    LOITER = 12
    TAKEOFF = 13
    GUIDED = 15
    INITIALISING = 16
    QSTABILIZE = 17
    QHOVER = 18
    QLOITER = 19
    QLAND = 20
    QRTL = 21


Mode = CopterMode | PlaneMode

ON_ROTORS = frozenset({PlaneMode.QSTABILIZE, PlaneMode.QHOVER, PlaneMode.QLOITER, PlaneMode.QLAND, PlaneMode.QRTL})
"""Modes that only a quadplane has."""

_WITHOUT_POSITION: dict[type[Mode], frozenset[Mode]] = {
    CopterMode: frozenset({CopterMode.STABILIZE, CopterMode.ALT_HOLD}),
    PlaneMode: frozenset(
        {
            PlaneMode.MANUAL,
            PlaneMode.STABILIZE,
            PlaneMode.FBWA,
            PlaneMode.FBWB,
            PlaneMode.INITIALISING,
            PlaneMode.QSTABILIZE,
            PlaneMode.QHOVER,
        }
    ),
}
_NOT_FOR_ARMING: dict[type[Mode], frozenset[Mode]] = {
    CopterMode: frozenset(
        {CopterMode.RTL, CopterMode.LAND, CopterMode.BRAKE, CopterMode.SMART_RTL, CopterMode.AUTO_RTL}
    ),
    PlaneMode: frozenset({PlaneMode.RTL, PlaneMode.QLAND, PlaneMode.QRTL}),
}


def needs_position(mode: Mode) -> bool:
    """Whether the mode cannot be flown without a position."""
    return mode not in _WITHOUT_POSITION[type(mode)]


def may_arm(mode: Mode) -> bool:
    """Whether arming is allowed in this mode."""
    return mode not in _NOT_FOR_ARMING[type(mode)]


def find_mode(kind: Kind, number: int) -> Mode | None:
    """The mode with a custom_mode number; None when this autopilot has no such mode."""
    try:
        if kind is Kind.ROTORCRAFT:
            return CopterMode(number)
        mode = PlaneMode(number)
    except ValueError:
        return None
    return None if mode in ON_ROTORS and kind is not Kind.VTOL else mode


def base_mode(mode: Mode, armed: bool) -> int:
    """HEARTBEAT.base_mode as the two autopilots fill it."""
    if mode is PlaneMode.INITIALISING:
        return 17
    manual = mode in (CopterMode.STABILIZE, PlaneMode.MANUAL, PlaneMode.STABILIZE, PlaneMode.FBWA)
    value = 81 if manual or mode is CopterMode.ALT_HOLD else 89
    return value | (128 if armed else 0)
