"""The audit log: who looked or commanded, what, when, from where, and with what result.

A command is written before it is given ("begun") and finished after it; a row that stays "begun" tells of a
service that was killed in between. Rows are never changed otherwise, and deleted only by retention.
"""

from typing import Literal

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from maps.instants import Instant
from service.storage.tables import AuditRow

Result = Literal["begun", "done", "refused", "failed"]


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the audit log; ``id`` grows with time."""

    id: int
    time: float
    who: str
    role: str
    address: str
    action: str
    subject: str
    result: Result
    detail: str = ""
    finished_time: float | None = None


def write(session: Session, entry: AuditEntry) -> int:
    """Append a row (its id is chosen here and returned)."""
    row = AuditRow(
        time=entry.time,
        who=entry.who[:64],
        role=entry.role,
        address=entry.address[:64],
        action=entry.action[:64],
        subject=entry.subject[:128],
        result=entry.result,
        detail=entry.detail[:2000],
        finished_time=entry.finished_time,
    )
    session.add(row)
    session.flush()
    return row.id


def finish(session: Session, row_id: int, result: Result, detail: str, now: Instant) -> None:
    """Say how a begun command ended."""
    session.execute(
        update(AuditRow)
        .where(AuditRow.id == row_id, AuditRow.result == "begun")
        .values(result=result, detail=detail[:2000], finished_time=now)
    )


def newest(
    session: Session, limit: int, before_id: int | None = None, who: str | None = None, action: str | None = None
) -> list[AuditEntry]:
    """Rows, newest first."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    if who is not None:
        query = query.where(AuditRow.who == who)
    if action is not None:
        query = query.where(AuditRow.action == action)
    names = AuditEntry.__struct_fields__
    rows = session.scalars(query)
    return [msgspec.convert({name: getattr(row, name) for name in names}, AuditEntry) for row in rows]


def forget_before(session: Session, time: Instant) -> int:
    """Delete older rows; returns how many."""
    return len(session.scalars(delete(AuditRow).where(AuditRow.time < time).returning(AuditRow.id)).all())
