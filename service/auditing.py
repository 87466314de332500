"""Writing the audit log from the doors."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DatabaseError
from starlette.requests import HTTPConnection

from maps.instants import Clock
from service.problems import Problem
from service.storage import audit
from service.storage.accounts import Identity
from service.storage.audit import AuditEntry, Result
from service.storage.database import Database

log = logging.getLogger(__name__)


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
        self, connection: HTTPConnection, who: Identity, action: str, subject: str = "", *, urgent: bool = False
    ) -> AsyncIterator[None]:
        """Write a command before it is given, and how it ended after it.

        What is ``urgent`` (hold, return, land) is done even when the log cannot be written; everything else is not.
        """
        try:
            row = await self.record(connection, who, action, subject, "begun")
        except DatabaseError as error:
            if not urgent:
                raise Problem(503, "not-audited", f"The audit log cannot be written: {error.orig}.") from error
            log.error("%s %s by %s is not in the audit log: %s", action, subject, who.name, error)
            yield
            return
        try:
            yield
        except Problem as problem:
            result: Result = "refused" if problem.status_code < 500 else "failed"
            await self._finish(row, result, problem.document.detail)
            raise
        except BaseException as error:
            await self._finish(row, "failed", f"{type(error).__name__}: {error}")
            raise
        await self._finish(row, "done", "")

    async def _finish(self, row: int, result: Result, detail: str) -> None:
        now = self._clock()
        try:
            await self._database.run(lambda session: audit.finish(session, row, result, detail, now))
        except DatabaseError as error:
            log.error("audit row %d stays unfinished (%s): %s", row, result, error)
