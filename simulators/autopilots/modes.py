"""Flight modes: ArduPilot's numbers and names, and what each one needs."""

from enum import IntEnum


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


Mode = CopterMode | PlaneMode

_WITHOUT_POSITION = frozenset(
    {
        CopterMode.STABILIZE,
        CopterMode.ALT_HOLD,
        PlaneMode.MANUAL,
        PlaneMode.STABILIZE,
        PlaneMode.FBWA,
        PlaneMode.FBWB,
        PlaneMode.INITIALISING,
    }
)
_NOT_FOR_ARMING = frozenset(
    {CopterMode.RTL, CopterMode.LAND, CopterMode.BRAKE, CopterMode.SMART_RTL, CopterMode.AUTO_RTL, PlaneMode.RTL}
)


def needs_position(mode: Mode) -> bool:
    """Whether the mode cannot be flown without a position."""
    return mode not in _WITHOUT_POSITION


def may_arm(mode: Mode) -> bool:
    """Whether arming is allowed in this mode."""
    return mode not in _NOT_FOR_ARMING


def find_mode(kind_is_copter: bool, number: int) -> Mode | None:
    """The mode with a custom_mode number; None when this autopilot has no such mode."""
    try:
        return CopterMode(number) if kind_is_copter else PlaneMode(number)
    except ValueError:
        return None


def base_mode(mode: Mode, armed: bool) -> int:
    """HEARTBEAT.base_mode as the two autopilots fill it."""
    if mode is PlaneMode.INITIALISING:
        return 17
    manual = mode in (CopterMode.STABILIZE, PlaneMode.MANUAL, PlaneMode.STABILIZE, PlaneMode.FBWA)
    value = 81 if manual or mode is CopterMode.ALT_HOLD else 89
    return value | (128 if armed else 0)
