"""Zones that people added while the service ran; the district's own stay in its folder."""

import logging
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.storage.tables import ZoneRow

log = logging.getLogger(__name__)


class AddedZone(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ground with a rule, as it was added.

    Attributes:
        id: unique among all zones of the district.
        rule: ``flight_area``, ``no_fly``, ``ceiling`` or ``alert``.
        geometry: GeoJSON Polygon or MultiPolygon, degrees.
        by: the user who added or last changed it.
        changed_time: when (UTC seconds).
        floor_m, ceiling_m: the band of heights, measured from what ``reference`` says; None: unbounded.
        reference: ``agl`` or ``amsl``; None where there is no band.
        valid_from, valid_to: ISO 8601, UTC; None: always.
    """

    id: str
    name: str
    rule: str
    geometry: dict[str, Any]
    by: str
    changed_time: float
    floor_m: float | None = None
    ceiling_m: float | None = None
    reference: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


def save(session: Session, zone: AddedZone) -> None:
    """Keep a zone; one of the same id is replaced."""
    session.merge(ZoneRow(id=zone.id, changed_time=zone.changed_time, document=msgspec.json.encode(zone)))


def forget(session: Session, zone_id: str) -> None:
    """Keep a zone no longer."""
    session.execute(delete(ZoneRow).where(ZoneRow.id == zone_id))


def load_all(session: Session) -> list[AddedZone]:
    """Every zone kept, in the order of their changes; what cannot be read is logged and left out."""
    found = []
    for row in session.scalars(select(ZoneRow).order_by(ZoneRow.changed_time)):
        try:
            found.append(msgspec.json.decode(row.document, type=AddedZone))
        except msgspec.DecodeError as error:
            log.error("zone %s cannot be read from the database and is not in force: %s", row.id, error)
    return found
