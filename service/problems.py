"""Problems: every error a door gives, as RFC 9457 ``application/problem+json``.

Each has a ``type`` for programs, a ``title``, a ``detail`` sentence that says what to do, and the ``field`` to blame.
"""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from missions.errors import MissionError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:liti:problem:"


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error (RFC 9457, with members of our own).

    Attributes:
        type: for programs, ``urn:liti:problem:<what>``.
        title: the kind of error in a few words.
        status: HTTP status.
        detail: what is wrong and what to do (English).
        detail_zh: the same in Chinese, where there is one.
        field: dotted path of the value to blame.
        errors: all faults of the request, each with ``field`` and ``message``.
        findings: of a plan that was not cleared.
    """

    type: str
    title: str
    status: int
    detail: str
    detail_zh: str | None = None
    field: str | None = None
    errors: list[dict[str, Any]] | None = None
    findings: list[Any] | None = None


class Problem(HTTPException):
    """An error for the one who asked.

    A subclass of Starlette's exception, so that it also passes unchanged through the reading of a request's body.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        detail_zh: str | None = None,
        field: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        findings: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail=detail, headers=headers)
        self.document = ProblemDocument(
            type=TYPE_PREFIX + kind,
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            detail_zh=detail_zh,
            field=field,
            errors=errors,
            findings=findings,
        )


def not_signed_in() -> Problem:
    """401: no token, or one that is wrong, expired or revoked."""
    return Problem(
        401,
        "not-signed-in",
        "Sign in: POST /api/v1/session, then send the token as 'Authorization: Bearer …'.",
        detail_zh="请先登录。",
        headers={"WWW-Authenticate": 'Bearer realm="liti"'},
    )


def not_found(what: str, name: str) -> Problem:
    """404: there is no such thing."""
    return Problem(404, "not-found", f"There is no {what} {name!r}.", field="id")


def not_ready(what: str, why: str) -> Problem:
    """503: a part of the service is still starting, or failed."""
    return Problem(
        503, "not-ready", f"The {what} is not available: {why}. GET /healthz tells more.", headers={"Retry-After": "2"}
    )


MISSION_STATUS = {
    "mission.not_found": 404,
    "mission.bad_request": 422,
    "mission.which_plan": 422,
    "planning.failed": 422,
    "override.hard_rule": 403,
    "override.not_allowed": 403,
    "vehicle.missing": 404,
    "vehicle.upload_failed": 502,
    "vehicle.no_answer": 504,
    "service.stopping": 503,
}
"""HTTP status of what missions say; anything else is a conflict with how things stand (409)."""


def of_mission(error: MissionError) -> Problem:
    """What missions say, as a problem."""
    findings = getattr(error, "findings", None)
    return Problem(
        MISSION_STATUS.get(error.code, 409),
        error.code.replace(".", "-").replace("_", "-"),
        error.message_en,
        detail_zh=error.message_zh,
        field=error.field,
        findings=None if findings is None else list(findings),
    )


def answer(problem: Problem) -> Response:
    """The response that tells a problem."""
    return Response(msgspec.json.encode(problem.document), problem.status_code, dict(problem.headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of an application a problem document."""

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> Response:
        if isinstance(error, Problem):
            return answer(error)
        kinds = {404: "not-found", 405: "method-not-allowed", 400: "bad-request"}
        details = {
            404: f"There is nothing at {request.url.path}; GET /api/v1/openapi.json lists the doors.",
            405: f"{request.method} is not possible at {request.url.path}.",
        }
        detail = details.get(error.status_code, str(error.detail))
        kind = kinds.get(error.status_code, "http")
        return answer(Problem(error.status_code, kind, detail, headers=error.headers))

    @app.exception_handler(MissionError)
    async def of_missions(_: Request, error: MissionError) -> Response:
        return answer(of_mission(error))

    @app.exception_handler(RequestValidationError)
    async def of_validation(_: Request, error: RequestValidationError) -> Response:
        errors = [
            {"field": _path(fault["loc"]), "message": str(fault["msg"]).removeprefix("Value error, ")}
            for fault in error.errors()[:50]
        ]
        first = errors[0] if errors else {"field": "", "message": "the request cannot be understood"}
        detail = f"{first['field'] or 'body'}: {first['message']}"
        return answer(Problem(422, "invalid", detail, field=first["field"], errors=errors))

    @app.exception_handler(Exception)
    async def of_bug(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("%s %s failed (reference %s)", request.method, request.url.path, reference, exc_info=error)
        detail = f"The service made an error; its log tells more under the reference {reference}."
        return answer(Problem(500, "internal", detail))


def _path(location: tuple[Any, ...]) -> str:
    parts = location[1:] if location and location[0] in {"body", "query", "path", "header", "cookie"} else location
    return ".".join(str(part) for part in parts)
