"""What reading and writing a plan file gives: the plan or the bytes, and what did not pass."""

from dataclasses import dataclass, field

import msgspec

from missions.plan import Command, Plan

MAX_ITEMS = 10_000
"""Items of a plan that are read; more is a mistake or an attack."""

MAX_FILE_BYTES = 4_000_000
"""Of a plan file; of KML, plain or in an archive, four times as much."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a file that was not taken over, or was taken to mean something.

    Attributes:
        message_en: a sentence (English).
        message_zh: the same in Chinese.
        where: the place in the file; None where it is about the whole file.
    """

    message_en: str
    message_zh: str
    where: str | None = None

    def __str__(self) -> str:
        return self.message_en if self.where is None else f"{self.where}: {self.message_en}"


@dataclass(frozen=True, slots=True)
class Read:
    """A plan out of a file, and what the file said beyond it.

    Attributes:
        plan: as the file says it.
        remarks: what was left out or assumed.
        home_assumed: the file does not say where home is, or how high.
        rally_above_home: heights of rally points were given above home.
    """

    plan: Plan
    remarks: tuple[Remark, ...] = ()
    home_assumed: bool = False
    rally_above_home: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as a file, and by name what of the plan the file does not say.

    Attributes:
        data: the file.
        losses: names, as docs/plan-files.md lists them: "fence", "rally", "ceiling", "purposes", "LOITER_TURNS" …
    """

    data: bytes
    losses: tuple[str, ...] = ()


@dataclass(slots=True)
class Remarks:
    """Collects remarks; the same sentence is kept once, and at most a hundred are."""

    found: list[Remark] = field(default_factory=list)
    home_assumed: bool = False
    rally_above_home: bool = False
    _said: set[str] = field(default_factory=set)

    def add(self, message_en: str, message_zh: str, where: str | None = None) -> None:
        """Note something about the file."""
        if message_en not in self._said and len(self.found) < 100:
            self._said.add(message_en)
            self.found.append(Remark(message_en, message_zh, where))

    def read(self, plan: Plan) -> Read:
        """A plan with what was noted about its file."""
        return Read(plan, tuple(self.found), self.home_assumed, self.rally_above_home)


def command_name(command: int) -> str:
    """A command as people call it: "LOITER_TURNS", or "MAV_CMD 31010" for one that Liti does not write."""
    try:
        return Command(command).name
    except ValueError:
        return f"MAV_CMD {command}"


def figures_of(plan: Plan) -> bool:
    """Whether a plan carries what a planner knows of its items: path, times, energy, ground to be imaged, notes."""
    return plan != msgspec.structs.replace(
        plan, path=(), duration_s=0.0, distance_m=0.0, energy_fraction=0.0, ground_resolution_m=None, swath_m=None,
        imaged=None, takeoffs_s=(0.0,), notes=(),
    )  # fmt: skip


def in_order(names: list[str]) -> tuple[str, ...]:
    """Names once each, in the order in which they were first said."""
    return tuple(dict.fromkeys(names))
