"""The truth file: where everything really was, one JSON object a line."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TruthLine:
    """One thing at one instant; a mover's position is the centre of its footprint on the ground.

    Attributes:
        time: UTC seconds.
        kind: person, vehicle, rotorcraft, fixed_wing or vtol.
        heading_deg: clockwise from true north.
    """

    time: float
    id: str
    kind: str
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    speed_mps: float
    heading_deg: float


_DIGITS = {"time": 3, "lat_deg": 8, "lon_deg": 8, "alt_amsl_m": 2, "speed_mps": 2, "heading_deg": 1}


class TruthWriter:
    """Writes truth lines, flushed each time, so that a reader beside it is never far behind."""

    def __init__(self, path: Path) -> None:
        """Open the file anew.

        Raises:
            OSError: it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")

    def write(self, lines: Iterable[TruthLine]) -> None:
        """Append lines."""
        for line in lines:
            values = {
                key: round(value, _DIGITS[key]) if key in _DIGITS else value for key, value in asdict(line).items()
            }
            self._file.write(json.dumps(values) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
