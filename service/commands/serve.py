"""``liti serve``: the service."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from maps.instants import utc_now
from service.commands.terminal import FAILED, err, out, start_logging, stop
from service.config import FILE_VARIABLE, ConfigError, Settings, load
from service.roles import Role
from service.storage import accounts
from service.storage.database import Database, StorageError

FIRST_ADMIN = "admin"

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="The configuration; without one, defaults.", envvar=FILE_VARIABLE)
]


def configuration(path: Path | None, host: str | None = None, port: int | None = None) -> Settings:
    """The configuration a command runs with; ends the command when it cannot be used."""
    if path is None and Path("liti.toml").is_file():
        path = Path("liti.toml")
    try:
        return load(path, host=host, port=port)
    except ConfigError as error:
        stop(f"{error.source} cannot be used", *error.problems)


def prepare(settings: Settings) -> str | None:
    """Open the storage once; a one-time code for the administrator while nobody has set a password.

    Raises:
        StorageError: the storage cannot be used.
    """
    database = Database(settings.database)
    try:
        now = utc_now()
        if not database.now(accounts.needs_first_sign_in):
            return None
        database.now(lambda session: accounts.ensure_user(session, FIRST_ADMIN, Role.ADMIN, now))
        valid_s = settings.sign_in.one_time_minutes * 60
        return database.now(lambda session: accounts.issue_one_time(session, FIRST_ADMIN, valid_s, now))
    finally:
        database.close()


def sign_in_address(address: str, code: str) -> str:
    """The console's address that signs in once; the code stands behind ``#``, which browsers do not send."""
    return f"{address}/#one_time={code}"


def serve(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.", min=0, max=65535)] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Run the service until it is interrupted."""
    start_logging(verbose)
    settings = configuration(config, host, port)
    from service.serving import AddressError, address, listen, server

    try:
        code = prepare(settings)
        listener = listen(settings.server)
    except (StorageError, AddressError) as error:
        stop(str(error))
    url = address(settings.server, listener)

    def opened() -> None:
        out.print(f"Liti serves at {url}", highlight=False, soft_wrap=True)
        if code is not None:
            out.print("Sign in once as administrator, then set a password:", highlight=False)
            out.print(escape(sign_in_address(url, code)), highlight=False, soft_wrap=True)

    serving = server(settings, opened)
    with listener:
        asyncio.run(serving.serve(sockets=[listener]))
    if not serving.started:
        err.print("The service did not start; see the messages above.")
        raise typer.Exit(FAILED)
