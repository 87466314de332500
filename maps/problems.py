"""What is wrong with a district's data, said so that it can be put right.

DistrictError
  carries a tuple of Problem: layer, row, field, message
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    Attributes:
        layer: name of the layer, or of the file.
        row: the feature's id (fid) as QGIS shows it; None when the whole layer is meant.
        field: the column, or "geometry"; None when the whole row or layer is meant.
        message: what is wrong, and what would be right.
    """

    layer: str
    row: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        place = self.layer
        if self.row is not None:
            place += f", row {self.row}"
        if self.field is not None:
            place += f", {self.field}"
        return f"{place}: {self.message}"


class DistrictError(ValueError):
    """A district's folder cannot be used as it is.

    Attributes:
        folder: which one.
        problems: everything that was found, not only the first.
    """

    def __init__(self, folder: Path, problems: Sequence[Problem]) -> None:
        self.folder = folder
        self.problems = tuple(problems)
        lines = [f"  {problem}" for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"  … and {len(self.problems) - SHOWN} more")
        super().__init__(f"the district in {folder} has {len(self.problems)} problem(s):\n" + "\n".join(lines))
