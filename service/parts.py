"""The parts of a running service: started in order, stopped in reverse, each on its own feet.

A part runs until it is cancelled. One that fails is reported in ``/healthz`` and tried again after a pause; the others
go on. What a part makes for the others is a `Product`: they wait for it, doors answer 503 until it is there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar

from maps.instants import Clock, Instant
from service.problems import not_ready

log = logging.getLogger(__name__)

T = TypeVar("T")
State = Literal["waiting", "running", "failed", "done", "stopped"]

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STOP_WITHIN_S = 5.0


class Product(Generic[T]):
    """A value that one part makes and others use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._value: T | None = None
        self._there = asyncio.Event()

    def put(self, value: T) -> None:
        """Hand it out; a second value takes the place of the first."""
        self._value = value
        self._there.set()

    def withdraw(self) -> None:
        """It is gone: its part failed or stopped."""
        self._value = None
        self._there.clear()

    async def wait(self) -> T:
        """The value, as soon as there is one."""
        while self._value is None:
            await self._there.wait()
        return self._value

    @property
    def now(self) -> T | None:
        """The value, None when there is none."""
        return self._value

    def get(self) -> T:
        """The value.

        Raises:
            Problem: 503, there is none at this moment.
        """
        if self._value is None:
            raise not_ready(self.name, "it is starting, or it failed")
        return self._value


class PermanentError(Exception):
    """A part cannot do its work until somebody changes something; the message says what. It is not tried again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the table of parts.

    Attributes:
        run: does the part's work until it is cancelled or has nothing more to do; it calls ``begun`` when up.
        essential: whether ``/healthz`` calls the service unfit while this part has failed.
    """

    name: str
    run: Callable[[Callable[[], None]], Awaitable[None]]
    essential: bool = True


@dataclass(slots=True)
class Report:
    """How a part is."""

    state: State
    since: Instant
    essential: bool
    detail: str = ""
    failures: int = 0


class Parts:
    """Runs the table of parts; an asynchronous context manager."""

    def __init__(self, table: Sequence[Part], clock: Clock) -> None:
        self._table = tuple(table)
        self._clock = clock
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self.reports = {part.name: Report("waiting", clock(), part.essential) for part in self._table}

    async def __aenter__(self) -> "Parts":
        await self._group.__aenter__()
        for part in self._table:
            self._tasks.append(self._group.create_task(self._keep(part), name=part.name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        for task in reversed(self._tasks):
            task.cancel()
            _, late = await asyncio.wait({task}, timeout=STOP_WITHIN_S)
            if late:
                log.warning("part %s does not stop within %g s", task.get_name(), STOP_WITHIN_S)
        return await self._group.__aexit__(kind, error, trace)

    def healthy(self) -> bool:
        """Whether no essential part has failed."""
        return not any(report.essential and report.state == "failed" for report in self.reports.values())

    async def _keep(self, part: Part) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                await part.run(lambda: self._say(part, "running"))
            except asyncio.CancelledError:
                self._say(part, "stopped")
                raise
            except PermanentError as error:
                log.error("part %s cannot run: %s", part.name, error)
                self._failed(part, str(error))
                return
            except Exception as error:  # this is the owner of all parts: reported here, and nobody else goes down
                if not self.reports[part.name].failures:
                    log.error("part %s failed; it is tried again", part.name, exc_info=error)
                self._failed(part, f"{type(error).__name__}: {error}")
            else:
                self._say(part, "done")
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _say(self, part: Part, state: State) -> None:
        report = self.reports[part.name]
        if state == "running" and report.failures:
            log.info("part %s runs again", part.name)
        report.state, report.since, report.detail = state, self._clock(), ""

    def _failed(self, part: Part, detail: str) -> None:
        report = self.reports[part.name]
        report.state, report.since, report.detail = "failed", self._clock(), detail
        report.failures += 1
