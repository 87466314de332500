"""Serving the application with uvicorn: the socket first, so that a taken port is a clear error."""

import socket
from collections.abc import Callable, Sequence

import uvicorn

from service import composition
from service.app import create_app
from service.config import ServerSettings, Settings
from service.house import House
from service.parts import Part

GRACE_S = 5
"""How long open requests may take when the service stops."""


class AddressError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class Server(uvicorn.Server):
    """uvicorn, telling when the doors are open."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; then say so."""
        await super().startup(sockets)
        if self.started:
            self._opened()


def listen(settings: ServerSettings) -> socket.socket:
    """A socket bound to the configured address.

    Raises:
        AddressError: the address is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise AddressError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
            "choose another with --host and --port (0: any free port)"
        ) from None
    listener.set_inheritable(True)
    return listener


def address(settings: ServerSettings, listener: socket.socket) -> str:
    """The address for people: what was bound, as a URL."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "127.0.0.1"
    return f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def server(
    settings: Settings, opened: Callable[[], None], table: Callable[[House], Sequence[Part]] = composition.table
) -> Server:
    """A server for a configuration and a table of parts; run it with the socket that `listen` gave."""
    certificate, key = settings.server.tls_certificate, settings.server.tls_key
    config = uvicorn.Config(
        create_app(settings, table=table),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=1024 * 1024,
        lifespan="on",
        access_log=False,  # tokens may stand in the address of a WebSocket; the audit log says who looked
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=settings.server.clients + 500,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    return Server(config, opened)
