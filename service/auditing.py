"""Writing the audit log from the doors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from sqlalchemy.exc import DatabaseError
from starlette.requests import HTTPConnection

from maps.instants import Clock
from missions.errors import MissionError
from service.problems import Problem, of_mission
from service.storage import audit
from service.storage.accounts import Identity
from service.storage.audit import AuditEntry, Result
from service.storage.database import Database

log = logging.getLogger(__name__)


ITSELF = "liti"
"""Who gives an order that nobody gave: a contingency of policy."""


class Auditor:
    """Writes who did what into the audit log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(
        self,
        connection: HTTPConnection,
        who: Identity | str,
        action: str,
        subject: str = "",
        result: Result = "done",
        detail: str = "",
    ) -> int:
        """Write one row and return its id once it is on disk."""
        entry = AuditEntry(
            id=0,
            time=self._clock(),
            who=who if isinstance(who, str) else who.name,
            role="" if isinstance(who, str) else who.role.word,
            address=connection.client.host if connection.client else "unknown",
            action=action,
            subject=subject,
            result=result,
            detail=detail,
        )
        return await self._database.run(lambda session: audit.write(session, entry))

    @asynccontextmanager
    async def command(
        self,
        connection: HTTPConnection,
        who: Identity,
        action: str,
        subject: str = "",
        *,
        said: str = "",
        urgent: bool = False,
    ) -> AsyncIterator[None]:
        """Write a command before it is given with what was ``said`` with it, and how it ended after it.

        What is ``urgent`` (hold, return, land) does not wait until the row is on disk, and is done even when it cannot
        be written; everything else is not. What missions refuse becomes a `Problem`.
        """
        row = asyncio.create_task(self._begin(self.record(connection, who, action, subject, "begun", said)))
        if not urgent and (error := (await row)[1]) is not None:
            raise Problem(503, "not-audited", f"The audit log cannot be written: {error}.")
        result: Result = "failed"
        detail = "interrupted"
        try:
            try:
                yield
            except MissionError as error_of_missions:
                raise of_mission(error_of_missions) from error_of_missions
            result, detail = "done", said
        except Problem as problem:
            result, detail = (
                ("refused" if problem.status_code < 500 else "failed"),
                problem.document.detail + (f" [{said}]" if said else ""),
            )
            raise
        except Exception as error_of_ours:
            detail = f"{type(error_of_ours).__name__}: {error_of_ours}"
            raise
        finally:
            await self._finish(row, result, detail)

    @asynccontextmanager
    async def order(self, action: str, subject: str, detail: str) -> AsyncIterator[None]:
        """Write an order of the service's own, and why, as `ITSELF`; it does not wait until the row is on disk."""
        entry = AuditEntry(0, self._clock(), ITSELF, "", "", action, subject, "begun", detail)
        writing = self._database.run(lambda session: audit.write(session, entry))
        row = asyncio.create_task(self._begin(writing))
        result: Result = "failed"
        try:
            yield
            result = "done"
        except MissionError as error:
            detail = f"{error.message_en} [{detail}]"
            raise
        finally:
            await self._finish(row, result, detail)

    async def _begin(self, writing: Coroutine[None, None, int]) -> tuple[int, str | None]:
        """The row's id, and the error when it could not be written."""
        try:
            return await writing, None
        except DatabaseError as error:
            log.error("the audit log cannot be written: %s", error.orig)
            return 0, str(error.orig)

    async def _finish(self, row: asyncio.Task[tuple[int, str | None]], result: Result, detail: str) -> None:
        row_id, error = await row
        if error is not None:
            return
        now = self._clock()
        try:
            await self._database.run(lambda session: audit.finish(session, row_id, result, detail, now))
        except DatabaseError as broken:
            log.error("audit row %d stays unfinished (%s): %s", row_id, result, broken.orig)
