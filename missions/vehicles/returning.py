"""How high an aircraft returns by itself: what its own parameters say.

ArduCopter 4.6 has RTL_ALT in centimetres, later ones RTL_ALT_M; ArduPlane has RTL_ALTITUDE in metres, before 4.5
ALT_HOLD_RTL in centimetres; PX4 has RTL_RETURN_ALT in metres. All are floats on the wire or travel as such.
"""

import math

from missions.vehicles.commands import ParameterExchange
from missions.vehicles.dialogue import Dialogue

KEEPS_ITS_HEIGHT_M = -1.0
"""It returns at the height at which it is."""

_TRIES = 3
_METRES = {
    ("ardupilot", "rotorcraft"): {"RTL_ALT": 0.01, "RTL_ALT_M": 1.0},
    ("ardupilot", "fixed_wing"): {"RTL_ALTITUDE": 1.0, "ALT_HOLD_RTL": 0.01},
    ("ardupilot", "vtol"): {"RTL_ALTITUDE": 1.0, "ALT_HOLD_RTL": 0.01},
    ("px4", "rotorcraft"): {"RTL_RETURN_ALT": 1.0},
    ("px4", "fixed_wing"): {"RTL_RETURN_ALT": 1.0},
    ("px4", "vtol"): {"RTL_RETURN_ALT": 1.0},
}


async def return_height_m(dialogue: Dialogue) -> float | None:
    """Over home, the height to which it climbs (on wings: changes) before or while it returns.

    Returns:
        Metres; `KEEPS_ITS_HEIGHT_M` when it stays where it is; None when it does not say, which takes some seconds.
    """
    telemetry = dialogue.telemetry
    for name, metres in _METRES.get((telemetry.autopilot, telemetry.kind), {}).items():
        told = (await dialogue.perform(ParameterExchange(name, dialogue.target, tries=_TRIES))).value
        if told is not None and math.isfinite(told):
            return told * metres if told >= 0 else KEEPS_ITS_HEIGHT_M
    return None
