"""The database: SQLite behind one thread of its own.

Write-ahead log, ``synchronous = FULL``: what a call has confirmed survives a killed process and a lost power supply.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from service.storage.tables import VERSION, Base

T = TypeVar("T")


class StorageError(Exception):
    """The storage folder or the database in it cannot be used; the message says what to do."""


class Database:
    """The service's database.

    Work is a function of a session; it runs in the database's thread within one transaction, which is committed when
    the function returns and undone when it raises.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._engine = _open(path)

    async def run(self, work: Callable[[Session], T]) -> T:
        """Do work in the database's thread; it is done to the end even when the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.now, work)

    def now(self, work: Callable[[Session], T]) -> T:
        """Do work in the calling thread (for the command line)."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    def close(self) -> None:
        """Finish what was begun and close the file."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()


def _open(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path.parent}: cannot be made ({error.strerror}); set [storage] folder") from None
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 10})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 10000"):
            connection.execute(f"PRAGMA {pragma}")

    try:
        _bring_up_to_date(engine, path)
    except DatabaseError as error:
        engine.dispose()
        raise StorageError(f"{path}: {error.orig}; move it away, or set another [storage] folder") from None
    return engine


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if version > VERSION:
            raise StorageError(
                f"{path}: made by a newer Liti (layout {version}, this one knows {VERSION}); update Liti"
            )
        if version < VERSION:
            Base.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
