"""Recordings of links and pictures."""

import asyncio
from pathlib import PurePosixPath

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from service.access import Looker, Planner, TheHouse
from service.problems import not_found
from service.recordings import SUFFIXES, Recording, all_recordings
from service.replies import Reply, gives

router = APIRouter(prefix="/api/v1/recordings", tags=["audit"])


@router.get("", summary="Recordings, newest first", responses=gives(list[Recording], "Recordings"))
async def recordings(request: Request, who: Looker, house: TheHouse) -> Response:
    """Telemetry logs of links and recorded pictures; play them with ``liti replay``."""
    await house.audit.record(request, who, "recordings.list")
    return Reply(await asyncio.to_thread(all_recordings, house.recordings))


@router.get(
    "/{name:path}",
    summary="One recording",
    responses={200: {"description": "The file", "content": {"application/octet-stream": {}}}},
    response_class=Response,
)
async def recording(request: Request, name: str, who: Planner, house: TheHouse) -> Response:
    """The file itself."""
    parts = PurePosixPath(name).parts
    path = house.recordings.joinpath(*parts)
    inside = path.resolve().is_relative_to(house.recordings.resolve())
    if ".." in parts or path.suffix not in SUFFIXES or not inside or not path.is_file():
        raise not_found("recording", name)
    await house.audit.record(request, who, "recording.read", name)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)
