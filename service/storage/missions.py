"""Missions on disk: written in order by the database's thread, so that flying never waits for a disk."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from maps.instants import Clock
from service.storage.database import Database
from service.storage.tables import MissionRow

if TYPE_CHECKING:
    from missions.execution.mission import Mission

log = logging.getLogger(__name__)


class SqliteMissionStore:
    """Keeps missions; `save` hands over at once, `settled` waits until all is on disk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writes: set[asyncio.Task[None]] = set()
        self._error: str | None = None

    def save(self, mission: "Mission") -> None:
        """Have this newest form of a mission written."""
        row = MissionRow(id=mission.id, saved_time=self._clock(), document=msgspec.json.encode(mission))
        task = asyncio.create_task(self._write(row))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    def load_all(self) -> "Sequence[Mission]":
        """Every mission kept; for the start, before anything else is written."""
        from missions.execution.mission import Mission

        found = []
        for name, document in self._database.now(_documents):
            try:
                found.append(msgspec.json.decode(document, type=Mission))
            except msgspec.ValidationError as error:
                log.error("mission %s cannot be read from the database and is left out: %s", name, error)
        return found

    async def settled(self) -> str | None:
        """Wait until all saved so far is on disk; the newest write's error, None when it went well."""
        if self._writes:
            await asyncio.wait(set(self._writes))
        return self._error

    async def _write(self, row: MissionRow) -> None:
        def work(session: Session) -> None:
            session.merge(row)

        try:
            await self._database.run(work)
        except DatabaseError as error:
            self._error = str(error.orig)
            log.error("mission %s cannot be written: %s", row.id, error.orig)
        else:
            self._error = None


def _documents(session: Session) -> list[tuple[str, bytes]]:
    return [(row.id, row.document) for row in session.scalars(select(MissionRow))]
