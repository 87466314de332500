"""Configuration of contingencies: what is done with an aircraft in the air when something comes up against its flight.

The defaults are those of `missions.execution.contingency`, which is not imported here: it is large, and the command
line reads this module before it says a word.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

Action = Literal["tell", "hold", "return", "land"]


class ContingencySettings(BaseModel):
    """The table ``[contingency]``, by rule.

    Attributes:
        no_fly, flight_area, ceiling, terrain, fence: the path ahead breaks such a rule as it did not when cleared.
        separation: another flight comes too near.
        endurance: the battery would not bring it home with the reserve untouched.
        way_home: its way home from somewhere ahead is not clear any more.
        weather: it is not weather to fly in any more.
        sensor: its camera shows nothing.
        position: it does not know where it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    no_fly: Action = "hold"
    flight_area: Action = "hold"
    ceiling: Action = "hold"
    terrain: Action = "hold"
    fence: Action = "hold"
    separation: Action = "hold"
    endurance: Action = "return"
    way_home: Action = "tell"
    weather: Action = "tell"
    sensor: Action = "tell"
    position: Action = "tell"

    @property
    def table(self) -> Mapping[str, Action]:
        """Actions by rule."""
        return dict(self)
