"""Sign in and out."""

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from maps.instants import Instant
from service.access import (
    COOKIE,
    Looker,
    TheHouse,
    address_of,
    bearer_of,
    require_same_origin,
)
from service.problems import Problem
from service.replies import Reply, gives
from service.roles import permissions
from service.storage.accounts import PASSWORD_LENGTHS, Identity

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class SignInRequest(BaseModel):
    """A name with a password, or a one-time code."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=64)
    password: str | None = Field(default=None, max_length=PASSWORD_LENGTHS[1])
    one_time: str | None = Field(default=None, max_length=128)

    @model_validator(mode="after")
    def _one_way(self) -> "SignInRequest":
        by_password = self.name is not None and self.password is not None
        if by_password == (self.one_time is not None):
            raise ValueError('send {"name", "password"} or {"one_time"}')
        return self


class NewPassword(BaseModel):
    """A new password for oneself."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(min_length=PASSWORD_LENGTHS[0], max_length=PASSWORD_LENGTHS[1])


class SessionAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is signed in; ``token`` only when it is new."""

    name: str
    role: str
    permissions: tuple[str, ...]
    expires_time: float
    token: str | None = None


@router.post("", status_code=201, summary="Sign in", responses=gives(SessionAnswer, "Signed in", 201))
async def sign_in(request: Request, body: SignInRequest, house: TheHouse) -> Response:
    """A token for a name and password, or for a one-time code; browsers also get it as an HttpOnly cookie."""
    require_same_origin(request, house.settings.server)
    address = address_of(request)
    tried = body.name or "one-time code"
    try:
        if body.one_time is not None:
            token, identity = await house.sign_in.with_code(body.one_time, address)
        else:
            token, identity = await house.sign_in.with_password(body.name or "", body.password or "", address)
    except Problem as problem:
        await house.audit.record(request, tried, "sign-in", result="refused", detail=problem.document.type)
        raise
    await house.audit.record(request, identity, "sign-in", detail="one-time" if body.one_time else "password")
    return _signed_in(house, token, identity)


@router.get("", summary="Who am I", responses=gives(SessionAnswer, "The sign-in this request belongs to"))
async def who_am_i(who: Looker) -> Response:
    """Name, role and permissions of the one who asks."""
    return Reply(_answer(who))


@router.delete("", status_code=204, summary="Sign out")
async def sign_out(request: Request, who: Looker, house: TheHouse) -> Response:
    """End this sign-in; its token is worth nothing from now on."""
    await house.sign_in.sign_out(bearer_of(request) or request.cookies.get(COOKIE, ""))
    await house.audit.record(request, who, "sign-out")
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", secure=house.settings.server.secure, httponly=True, samesite="strict")
    return response


@router.put("/password", summary="Set my password", responses=gives(SessionAnswer, "Changed; a new token"))
async def set_password(request: Request, body: NewPassword, who: Looker, house: TheHouse) -> Response:
    """Set one's own password; all other sign-ins of the same user end."""
    async with house.audit.command(request, who, "set-password", who.name):
        token, identity = await house.sign_in.set_password(who.name, body.password)
    return _signed_in(house, token, identity, status=200)


def _signed_in(house: TheHouse, token: str, identity: Identity, status: int = 201) -> Response:
    response = Reply(_answer(identity, token), status_code=status, headers={"Cache-Control": "no-store"})
    seconds = max(0, int(identity.expires_time - house.clock()))
    response.set_cookie(
        COOKIE, token, max_age=seconds, path="/", secure=house.settings.server.secure, httponly=True, samesite="strict"
    )
    return response


def _answer(identity: Identity, token: str | None = None) -> SessionAnswer:
    allowed = tuple(permission.value for permission in permissions(identity.role))
    return SessionAnswer(identity.name, identity.role.word, allowed, Instant(identity.expires_time), token)
