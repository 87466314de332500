"""COMMAND_LONG and COMMAND_INT, brought to one form."""

import math
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as mavlink

RELATIVE_FRAME = 3


@dataclass(frozen=True, slots=True)
class Order:
    """One command.

    Attributes:
        command: MAV_CMD number.
        params: param1 to param4, as they came.
        p5, p6, p7: the last three as floats; of a COMMAND_INT, x and y unscaled.
        lat_e7, lon_e7: the place, for commands that have one; None when it makes no sense.
        frame: MAV_FRAME of the place.
        is_int: whether it was a COMMAND_INT.
        source: system and component that sent it.
    """

    command: int
    params: tuple[float, float, float, float]
    p5: float
    p6: float
    p7: float
    place_e7: tuple[int, int] | None
    frame: int
    is_int: bool
    source: tuple[int, int]


def order_of(message: mavlink.MAVLink_message) -> Order:
    """The order in a COMMAND_LONG or COMMAND_INT."""
    source = (message.get_srcSystem(), message.get_srcComponent())
    params = (message.param1, message.param2, message.param3, message.param4)
    if message.get_type() == "COMMAND_INT":
        place = (message.x, message.y)
        return Order(
            message.command, params, float(message.x), float(message.y), message.z, place, message.frame, True, source
        )
    p5, p6 = message.param5, message.param6
    sensible = math.isfinite(p5) and math.isfinite(p6) and abs(p5) <= 90 and abs(p6) <= 180
    place_e7 = (round(p5 * 1e7), round(p6 * 1e7)) if sensible else None
    return Order(message.command, params, p5, p6, message.param7, place_e7, RELATIVE_FRAME, False, source)
