"""What was confirmed survives a killed process; what cannot be used is said clearly."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from maps.instants import Instant
from service.storage import audit
from service.storage.audit import AuditEntry
from service.storage.database import Database, StorageError

WRITER = """
import sys
from pathlib import Path
from service.storage import audit
from service.storage.audit import AuditEntry
from service.storage.database import Database

database = Database(Path(sys.argv[1]))
for number in range(1_000_000):
    entry = AuditEntry(0, float(number), "w", "pilot", "here", "write", str(number), "done")
    database.now(lambda session: audit.write(session, entry))
    print(number, flush=True)
"""


def test_kill_9_while_writing_loses_nothing_that_was_confirmed(tmp_path):
    path = tmp_path / "liti.sqlite"
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root)
    confirmed = -1
    while confirmed < 40:
        confirmed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    confirmed = int(rest[-1]) if rest else confirmed
    process.wait()

    database = Database(path)
    rows = database.now(lambda session: audit.newest(session, 100_000))
    database.close()
    subjects = {int(row.subject) for row in rows}
    assert set(range(confirmed + 1)) <= subjects
    assert len(subjects) == len(rows)
    assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_newer_or_broken_database_is_refused_with_advice(tmp_path):
    path = tmp_path / "liti.sqlite"
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(StorageError, match="newer Liti"):
        Database(path)
    garbage = tmp_path / "garbage.sqlite"
    garbage.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StorageError, match="move it away"):
        Database(garbage)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"set \[storage\] folder"):
        Database(tmp_path / "file" / "var" / "liti.sqlite")


def test_old_rows_of_the_audit_log_are_forgotten(tmp_path):
    database = Database(tmp_path / "liti.sqlite")
    for time in (1.0, 2.0, 3.0):
        entry = AuditEntry(0, time, "w", "pilot", "here", "write", "x", "done")
        database.now(lambda session, entry=entry: audit.write(session, entry))
    assert database.now(lambda session: audit.forget_before(session, Instant(2.5))) == 2
    assert [row.time for row in database.now(lambda session: audit.newest(session, 10))] == [3.0]
    database.close()
