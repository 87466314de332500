"""Report incidents and read them; each is an entity of the picture."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from fusion.bus import ENTITIES
from fusion.messages import Entity, Position
from service.access import Looker, Reporter, TheHouse
from service.problems import not_found
from service.replies import Reply, gives
from service.storage import incidents
from service.storage.incidents import Incident

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

CURRENT_FOR_S = 24 * 3600.0
"""How long an incident is shown as current in the picture."""


class IncidentPosition(BaseModel):
    """Where; without a height it is on the ground."""

    model_config = ConfigDict(extra="forbid")

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=180)
    alt_amsl_m: float | None = Field(default=None, ge=-500, le=10_000)


class IncidentReport(BaseModel):
    """What is reported."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    position: IncidentPosition
    time: float | None = Field(default=None, ge=0, description="When it happened, UTC seconds; left out: now.")
    severity: Literal["info", "warning", "critical"] = "warning"
    description: str = Field(default="", max_length=4000)
    source: str = Field(default="console", max_length=100)


@router.post("", status_code=201, summary="Report an incident", responses=gives(Incident, "Reported", 201))
async def report(request: Request, body: IncidentReport, who: Reporter, house: TheHouse) -> Response:
    """Keep an incident and show it in the picture."""
    now = house.clock()
    place = body.position
    height = place.alt_amsl_m
    if height is None:
        height = float(house.district.get().terrain.height_amsl_m(place.lat_deg, place.lon_deg))
    incident = Incident(
        id=secrets.token_hex(6),
        time=now if body.time is None else body.time,
        reported_time=now,
        title=body.title,
        position=Position(place.lat_deg, place.lon_deg, height),
        by=who.name,
        severity=body.severity,
        description=body.description,
        source=body.source,
    )
    async with house.audit.command(request, who, "incident.report", incident.id):
        await house.database.run(lambda session: incidents.save(session, incident))
    house.bus.publish(ENTITIES, entity_of(incident))
    return Reply(incident, status_code=201)


@router.get("", summary="Incidents, newest first", responses=gives(list[Incident], "Incidents"))
async def all_incidents(
    who: Looker,
    house: TheHouse,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    since: Annotated[float, Query(ge=0)] = 0.0,
) -> Response:
    """Incidents that happened since an instant (UTC seconds)."""
    return Reply(await house.database.run(lambda session: incidents.newest(session, limit, since)))


@router.get("/{incident_id}", summary="One incident", responses=gives(Incident, "The incident"))
async def one_incident(incident_id: str, who: Looker, house: TheHouse) -> Response:
    """The incident of that id."""
    incident = await house.database.run(lambda session: incidents.get(session, incident_id))
    if incident is None:
        raise not_found("incident", incident_id)
    return Reply(incident)


def entity_of(incident: Incident) -> Entity:
    """The incident as it stands in the picture."""
    return Entity(
        id=f"incident/{incident.id}",
        kind="incident",
        time=incident.time,
        stale_time=incident.time + CURRENT_FOR_S,
        source=incident.source or incident.by,
        position=incident.position,
        properties={
            "title": incident.title,
            "severity": incident.severity,
            "description": incident.description,
            "by": incident.by,
            "reported_time": incident.reported_time,
        },
    )
