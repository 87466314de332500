"""Incidents, as reported."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from fusion.messages import Position
from service.storage.tables import IncidentRow


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something reported at a place and time.

    Attributes:
        time: when it happened (UTC seconds).
        reported_time: when it was reported here.
        by: the user who reported it.
        source: where the report came from (``console``, an emergency call's number …).
    """

    id: str
    time: float
    reported_time: float
    title: str
    position: Position
    by: str
    severity: str = "info"
    description: str = ""
    source: str = ""


def save(session: Session, incident: Incident) -> None:
    """Keep an incident; one of the same id is replaced."""
    document = msgspec.json.encode(incident)
    session.merge(IncidentRow(id=incident.id, time=incident.time, by=incident.by, document=document))


def newest(session: Session, limit: int, since: float = 0.0) -> list[Incident]:
    """Incidents since an instant, newest first."""
    query = select(IncidentRow).where(IncidentRow.time >= since).order_by(IncidentRow.time.desc()).limit(limit)
    return [msgspec.json.decode(row.document, type=Incident) for row in session.scalars(query)]


def get(session: Session, incident_id: str) -> Incident | None:
    """The incident of that id."""
    row = session.get(IncidentRow, incident_id)
    return None if row is None else msgspec.json.decode(row.document, type=Incident)
