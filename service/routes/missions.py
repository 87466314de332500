"""Missions: draft, clear, launch, follow, take back; plan files in and out."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.access import Clearer, Flyer, Looker, Overrider, Planner, TheHouse
from service.house import House
from service.problems import Problem
from service.replies import Reply, gives

if TYPE_CHECKING:
    from missions.execution.mission import Mission
    from missions.planning.formats import Written

router = APIRouter(prefix="/api/v1/missions", tags=["missions"])

FileFormat = Literal["plan", "mission", "waypoints", "txt", "geojson", "json", "kml", "kmz"]
"""What can be read: suffixes of `missions.planning.formats.READABLE`."""
Format = Literal["plan", "waypoints", "geojson", "kml", "kmz", "html"]
"""What can be written: suffixes of `missions.planning.formats.WRITABLE`, and a page to look at."""
MEDIA_TYPES: dict[Format, str] = {
    "plan": "application/json",
    "waypoints": "text/plain",
    "geojson": "application/geo+json",
    "kml": "application/vnd.google-earth.kml+xml",
    "kmz": "application/vnd.google-earth.kmz",
    "html": "text/html; charset=utf-8",
}
REQUEST_SCHEMA = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/MissionRequest"}}}}
FILE_SCHEMA = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class OverrideRequest(BaseModel):
    """Which rule's blocking findings are overridden, of whom (left out: of every vehicle), and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    rule: str = Field(min_length=1, max_length=64)
    vehicle_id: str | None = Field(default=None, min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500)


@router.get("", summary="Missions, newest first", responses=gives("list[Mission]", "Missions"))
async def missions(who: Looker, house: TheHouse, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> Response:
    """Every mission with its plans, findings and flights."""
    return Reply([shown(mission) for mission in house.missions.get().all()[:limit]])


@router.post(
    "",
    status_code=201,
    summary="Draft a mission",
    responses=gives("Mission", "Drafted, with plans and findings", 201),
    openapi_extra={"requestBody": {"required": True, **REQUEST_SCHEMA}},
)
async def draft(request: Request, body: Annotated[dict[str, Any], Body()], who: Planner, house: TheHouse) -> Response:
    """Plan what is asked for, one plan a vehicle, and check the plans; nothing flies."""
    async with house.audit.command(request, who, "mission.draft", str(body.get("kind", ""))):
        return await _confirmed(house, await house.missions.get().draft(body, who.name), 201)


@router.post(
    "/import",
    status_code=201,
    summary="A mission from a plan file",
    responses=gives("Mission", "Drafted, with findings", 201),
    openapi_extra={"requestBody": {"required": True, **FILE_SCHEMA}},
)
async def import_plan(
    request: Request,
    who: Planner,
    house: TheHouse,
    format: Annotated[FileFormat, Query(description="Of the file.")],
    vehicle_id: Annotated[str | None, Query(max_length=64, description="Who is to fly it.")] = None,
) -> Response:
    """The body is a plan file of QGroundControl, Mission Planner or DJI Pilot, KML or GeoJSON; it is checked as any is.

    What the file says beyond the plan, or was taken to mean, is in the plan's notes.
    """
    data = await request.body()
    async with house.audit.command(request, who, "mission.import", vehicle_id or ""):
        mission = await house.missions.get().import_plan(data, f".{format}", vehicle_id, who.name)
        return await _confirmed(house, mission, 201)


@router.get("/{mission_id}", summary="One mission", responses=gives("Mission", "The mission"))
async def mission(mission_id: str, who: Looker, house: TheHouse) -> Response:
    """A mission with its plans, findings and flights."""
    return Reply(shown(house.missions.get().get(mission_id)))


@router.get(
    "/{mission_id}/export",
    summary="A plan as a file",
    responses={200: {"description": "The file", "content": {"application/octet-stream": {}}}},
    response_class=Response,
)
async def export(
    request: Request,
    mission_id: str,
    who: Planner,
    house: TheHouse,
    format: Annotated[Format, Query()] = "plan",
    vehicle_id: Annotated[str | None, Query(max_length=64, description="Which plan, where there are several.")] = None,
    autopilot: Annotated[
        Literal["ardupilot", "px4"] | None, Query(description="Whose dialect; by default the vehicle's own.")
    ] = None,
) -> Response:
    """One plan of the mission, for other ground stations; the header `Liti-Losses` names what the file cannot say.

    As ``html`` it is a page for people, of all plans of the mission unless a vehicle is named.
    """
    async with house.audit.command(request, who, "mission.export", mission_id):
        if format == "html":
            written = await asyncio.to_thread(_page, house, house.missions.get().get(mission_id), vehicle_id)
        else:
            missions = house.missions.get()
            written = await asyncio.to_thread(missions.export, mission_id, format, vehicle_id, autopilot)
    name = f"{mission_id}{'-' + vehicle_id if vehicle_id else ''}.{format}"
    safe = "".join(character if character.isalnum() or character in "-_." else "_" for character in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe.encode("ascii", "replace").decode()}"'}
    headers["Liti-Losses"] = ", ".join(written.losses)
    return Response(written.data, media_type=MEDIA_TYPES[format], headers=headers)


@router.post(
    "/{mission_id}/clear",
    summary="Clear a mission for flight",
    responses={**gives("Mission", "Cleared"), 409: {"description": "Blocked; the problem has the findings"}},
)
async def clear(request: Request, mission_id: str, who: Clearer, house: TheHouse) -> Response:
    """Check the plans anew; without a blocking finding the mission may be launched within half an hour."""
    async with house.audit.command(request, who, "mission.clear", mission_id):
        return await _confirmed(house, await house.missions.get().clear(mission_id, who.name))


@router.post(
    "/{mission_id}/override",
    summary="Override a finding",
    responses={
        **gives("Mission", "Overridden"),
        403: {"description": "A hard rule, or one that policy does not allow to be overridden"},
        409: {"description": "No such finding blocks"},
    },
)
async def override(
    request: Request, mission_id: str, asked: OverrideRequest, who: Overrider, house: TheHouse
) -> Response:
    """Let the mission be cleared in spite of the blocking findings of a rule; holds while they grow no graver."""
    said = f"{asked.rule}{' of ' + asked.vehicle_id if asked.vehicle_id else ''}: {asked.reason}"
    async with house.audit.command(request, who, "mission.override", mission_id, said=said):
        missions = house.missions.get()
        mission = missions.override(mission_id, asked.rule, asked.vehicle_id, asked.reason, who.name)
        return await _confirmed(house, mission)


@router.post("/{mission_id}/launch", summary="Launch a cleared mission", responses=gives("Mission", "Begun"))
async def launch(request: Request, mission_id: str, who: Flyer, house: TheHouse) -> Response:
    """Upload, read back, arm and start every vehicle; answered when that has begun."""
    async with house.audit.command(request, who, "mission.launch", mission_id):
        return await _confirmed(house, await house.missions.get().launch(mission_id, who.name))


@router.post("/{mission_id}/pause", summary="Hold all vehicles of a mission", responses=gives("Mission", "Held"))
async def pause(request: Request, mission_id: str, who: Flyer, house: TheHouse) -> Response:
    """Every vehicle holds where it is."""
    async with house.audit.command(request, who, "mission.pause", mission_id, urgent=True):
        return Reply(shown(await house.missions.get().pause(mission_id, who.name)))


@router.post("/{mission_id}/resume", summary="Go on with a mission", responses=gives("Mission", "Flying on"))
async def resume(request: Request, mission_id: str, who: Flyer, house: TheHouse) -> Response:
    """Every vehicle goes on where it left its plan."""
    async with house.audit.command(request, who, "mission.resume", mission_id):
        return await _confirmed(house, await house.missions.get().resume(mission_id, who.name))


@router.post("/{mission_id}/abort", summary="Bring a mission home", responses=gives("Mission", "Returning"))
async def abort(request: Request, mission_id: str, who: Flyer, house: TheHouse) -> Response:
    """Every vehicle returns; those that have not taken off stay."""
    async with house.audit.command(request, who, "mission.abort", mission_id, urgent=True):
        return Reply(shown(await house.missions.get().abort(mission_id, who.name)))


def shown(mission: "Mission") -> dict[str, Any]:
    """A mission as the doors show it: each plan's path as a GeoJSON line, which takes the place of timed points."""
    document: dict[str, Any] = msgspec.to_builtins(mission)
    for plan, value in zip(document["plans"], mission.plans, strict=True):
        plan.pop("path", None)
        line = [[point.position.lon_deg, point.position.lat_deg, point.position.alt_amsl_m] for point in value.path]
        if len(line) > 1:
            plan["path_geojson"] = {"type": "LineString", "coordinates": line}
    return document


def _page(house: House, mission: "Mission", vehicle_id: str | None) -> "Written":
    """The plan page of a mission, or of one of its vehicles."""
    from missions.execution.requests import parse_request
    from missions.planning.formats import Written
    from service.plan_page import plan_page

    plans = [plan for plan in mission.plans if vehicle_id is None or plan.vehicle_id == vehicle_id]
    if not plans:
        raise Problem(404, "no-such-plan", f"Mission {mission.id} has no plan for {vehicle_id}.", field="vehicle_id")
    page = plan_page(
        plans,
        house.district.get(),
        house.clock(),
        request=parse_request(mission.request) if mission.request.get("geometry") else None,
        findings=[[each for each in mission.findings if each.vehicle_id == plan.vehicle_id] for plan in plans],
        profiles=house.settings.profiles.table,
    )
    return Written(page.encode())


async def _confirmed(house: House, mission: "Mission", status: int = 200) -> Response:
    """The answer, once all that was said of missions is on disk.

    Raises:
        Problem: 503 when it cannot be written.
    """
    if (error := await house.mission_store.settled()) is not None:
        raise Problem(503, "not-stored", f"The mission cannot be written: {error}. Look after the storage folder.")
    return Reply(shown(mission), status_code=status)
