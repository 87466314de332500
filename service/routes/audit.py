"""Read the audit log."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.access import Auditor, TheHouse
from service.replies import Reply, gives
from service.storage import audit
from service.storage.audit import AuditEntry

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get("", summary="Who did what, newest first", responses=gives(list[AuditEntry], "Rows of the audit log"))
async def rows(
    request: Request,
    who: Auditor,
    house: TheHouse,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before_id: Annotated[int | None, Query(ge=1, description="Only older rows than this one.")] = None,
    name: Annotated[str | None, Query(max_length=64, description="Only of this user.")] = None,
    action: Annotated[str | None, Query(max_length=64, description="Only this action.")] = None,
) -> Response:
    """Looks that matter and commands: who, what, when, from where, and the result. Reading it is written into it."""
    await house.audit.record(request, who, "audit.read")
    return Reply(await house.database.run(lambda session: audit.newest(session, limit, before_id, name, action)))
