"""Flight modes by the autopilots' own words and numbers.

Sources: ArduPilot 4.6 ``ArduCopter/mode.h`` and ``ArduPlane/mode.h`` (mode numbers), PX4 1.16 ``px4_custom_mode.h``
(main mode in the third byte, sub mode in the fourth).
"""

from fusion.messages import VehicleKind
from missions.dialects import Autopilot

_COPTER = {
    0: "STABILIZE", 1: "ACRO", 2: "ALT_HOLD", 3: "AUTO", 4: "GUIDED", 5: "LOITER", 6: "RTL", 7: "CIRCLE", 9: "LAND",
    11: "DRIFT", 13: "SPORT", 14: "FLIP", 15: "AUTOTUNE", 16: "POSHOLD", 17: "BRAKE", 18: "THROW", 19: "AVOID_ADSB",
    20: "GUIDED_NOGPS", 21: "SMART_RTL", 22: "FLOWHOLD", 23: "FOLLOW", 24: "ZIGZAG", 25: "SYSTEMID", 26: "AUTOROTATE",
    27: "AUTO_RTL", 28: "TURTLE",
}  # fmt: skip
_PLANE = {
    0: "MANUAL", 1: "CIRCLE", 2: "STABILIZE", 3: "TRAINING", 4: "ACRO", 5: "FBWA", 6: "FBWB", 7: "CRUISE",
    8: "AUTOTUNE", 10: "AUTO", 11: "RTL", 12: "LOITER", 13: "TAKEOFF", 14: "AVOID_ADSB", 15: "GUIDED",
    16: "INITIALISING", 17: "QSTABILIZE", 18: "QHOVER", 19: "QLOITER", 20: "QLAND", 21: "QRTL", 22: "QAUTOTUNE",
    23: "QACRO", 24: "THERMAL", 25: "LOITER_ALT_QLAND", 26: "AUTOLAND",
}  # fmt: skip
_PX4_MAIN = {
    1: "MANUAL",
    2: "ALTCTL",
    3: "POSCTL",
    4: "AUTO",
    5: "ACRO",
    6: "OFFBOARD",
    7: "STABILIZED",
    8: "RATTITUDE",
}
_PX4_AUTO = {
    1: "READY", 2: "TAKEOFF", 3: "LOITER", 4: "MISSION", 5: "RTL", 6: "LAND", 8: "FOLLOW_TARGET", 9: "PRECLAND",
    10: "VTOL_TAKEOFF",
}  # fmt: skip

RETURNING = frozenset({"RTL", "SMART_RTL", "AUTO_RTL", "QRTL", "AUTO.RTL"})
LANDING = frozenset({"LAND", "QLAND", "AUTOLAND", "AUTO.LAND", "AUTO.PRECLAND"})
HOLDING = frozenset({"BRAKE", "LOITER", "POSHOLD", "CIRCLE", "QLOITER", "QHOVER", "AUTO.LOITER"})
MISSION = frozenset({"AUTO", "AUTO.MISSION"})


def mode_name(autopilot: Autopilot, kind: VehicleKind, custom_mode: int) -> str:
    """The autopilot's own word for a custom mode; ``MODE_<n>`` where there is none here."""
    if autopilot == "px4":
        main, sub = custom_mode >> 16 & 0xFF, custom_mode >> 24 & 0xFF
        name = _PX4_MAIN.get(main, f"MODE_{main}")
        return f"{name}.{_PX4_AUTO.get(sub, sub)}" if main == 4 else name
    if autopilot == "ardupilot":
        return (_COPTER if kind == "rotorcraft" else _PLANE).get(custom_mode, f"MODE_{custom_mode}")
    return f"MODE_{custom_mode}"


def mode_numbers(autopilot: Autopilot, kind: VehicleKind, name: str) -> tuple[int, int]:
    """Parameters 2 and 3 of MAV_CMD_DO_SET_MODE (custom mode and sub mode) for a mode's name.

    Raises:
        KeyError: when this autopilot has no such mode.
    """
    if autopilot == "px4":
        main_name, _, sub_name = name.partition(".")
        main = next((number for number, word in _PX4_MAIN.items() if word == main_name), None)
        sub = next((number for number, word in _PX4_AUTO.items() if word == sub_name), None) if sub_name else 0
        if main is None or sub is None:
            raise KeyError(name)
        return main, sub
    if autopilot == "ardupilot":
        for number, word in (_COPTER if kind == "rotorcraft" else _PLANE).items():
            if word == name:
                return number, 0
    raise KeyError(name)
