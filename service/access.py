"""Who is asking, and whether they may: the dependency every door has, for HTTP and for WebSockets.

A program sends ``Authorization: Bearer TOKEN``. The console has the cookie ``liti_session`` (HttpOnly,
SameSite=Strict); with a cookie, whatever changes something must also come from a page of this service or of an allowed
origin.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, WebSocket
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from service.config import ServerSettings
from service.house import House
from service.problems import Problem
from service.roles import LEAST_ROLE, Permission, may
from service.storage.accounts import Identity

COOKIE = "liti_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="The token that POST /api/v1/session gives.")
SESSION_COOKIE = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="cookie", description="The console's sign-in.")


def house_of(connection: HTTPConnection) -> House:
    """The running service that a request or WebSocket came to."""
    house: House = connection.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


def address_of(connection: HTTPConnection) -> str:
    """Where a request came from."""
    return connection.client.host if connection.client else "unknown"


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def same_origin(connection: HTTPConnection, settings: ServerSettings) -> bool:
    """Whether a browser's page of this service, or of an allowed origin, is asking; true where no browser says."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    if origin in settings.allowed_origins:
        return True
    scheme, _, authority = origin.partition("://")
    return scheme in {"http", "https"} and authority == connection.headers.get("host")


def require_same_origin(connection: HTTPConnection, settings: ServerSettings) -> None:
    """Refuse what a foreign page makes a browser send.

    Raises:
        Problem: 403.
    """
    if not same_origin(connection, settings):
        raise Problem(
            403,
            "foreign-origin",
            "This came from a page of another origin; add it to [server] allowed_origins if that is meant.",
            field="Origin",
        )


def needs(permission: Permission) -> Callable[..., Awaitable[Identity]]:
    """A dependency that lets in whoever has a permission, and tells who it is."""

    async def let_in(
        request: Request,
        _bearer: Annotated[object, Depends(BEARER)],
        _cookie: Annotated[object, Depends(SESSION_COOKIE)],
    ) -> Identity:
        house = house_of(request)
        token = bearer_of(request)
        if token is None:
            token = request.cookies.get(COOKIE)
            if token and request.method not in SAFE_METHODS:
                require_same_origin(request, house.settings.server)
        return allowed(await house.sign_in.identify(token), permission)

    return let_in


def allowed(identity: Identity, permission: Permission) -> Identity:
    """The same identity, when it has the permission.

    Raises:
        Problem: 403.
    """
    if not may(identity.role, permission):
        least = LEAST_ROLE[permission].word
        raise Problem(
            403,
            "not-permitted",
            f"This takes the role {least}; {identity.name} is a {identity.role.word}. Ask an administrator.",
            detail_zh=f"此操作需要 {least} 权限。",
        )
    return identity


async def let_in_websocket(websocket: WebSocket, permission: Permission) -> Identity:
    """Who opens a WebSocket: by Authorization header, ``?token=`` or cookie; always from an allowed origin.

    Raises:
        Problem: 401 or 403.
    """
    house = house_of(websocket)
    if "origin" in websocket.headers:
        require_same_origin(websocket, house.settings.server)
    token = bearer_of(websocket) or websocket.query_params.get("token") or websocket.cookies.get(COOKIE)
    return allowed(await house.sign_in.identify(token), permission)


Looker = Annotated[Identity, Depends(needs(Permission.LOOK))]
Reporter = Annotated[Identity, Depends(needs(Permission.REPORT))]
Planner = Annotated[Identity, Depends(needs(Permission.PLAN))]
Zoner = Annotated[Identity, Depends(needs(Permission.ZONES))]
Overrider = Annotated[Identity, Depends(needs(Permission.OVERRIDE))]
WeatherTeller = Annotated[Identity, Depends(needs(Permission.WEATHER))]
Clearer = Annotated[Identity, Depends(needs(Permission.CLEAR))]
Flyer = Annotated[Identity, Depends(needs(Permission.FLY))]
Auditor = Annotated[Identity, Depends(needs(Permission.AUDIT))]
