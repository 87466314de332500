"""``liti user``: who may sign in."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from maps.instants import utc_now
from service.commands.serve import ConfigOption, configuration
from service.commands.terminal import out, stop
from service.roles import Role
from service.storage import accounts
from service.storage.database import Database, StorageError

T = TypeVar("T")

app = typer.Typer(help="Who may sign in.", no_args_is_help=True)

RoleOption = Annotated[str, typer.Option(help="viewer, commander, pilot or admin.")]


@app.command("add")
def add(name: str, role: RoleOption = "viewer", config: ConfigOption = None) -> None:
    """Make a user and print a one-time code to sign in with."""
    settings = configuration(config)
    now = utc_now()
    try:
        wanted = Role.from_word(role)
    except ValueError as error:
        stop(str(error))

    def work(session: Session) -> str:
        accounts.add_user(session, name, wanted, None, now)
        session.flush()
        return accounts.issue_one_time(session, name, settings.sign_in.one_time_minutes * 60, now)

    out.print(_do(config, work), highlight=False)


@app.command("code")
def code(name: str, config: ConfigOption = None) -> None:
    """Print a new one-time code for a user who cannot sign in."""
    valid_s = configuration(config).sign_in.one_time_minutes * 60
    out.print(_do(config, lambda session: accounts.issue_one_time(session, name, valid_s, utc_now())), highlight=False)


@app.command("remove")
def remove(name: str, config: ConfigOption = None) -> None:
    """Remove a user and end the user's sign-ins."""
    _do(config, lambda session: accounts.remove_user(session, name))


@app.command("list")
def all_users(config: ConfigOption = None) -> None:
    """List the users."""
    table = Table("name", "role", "password")
    for name, role, has_password in _do(config, accounts.users):
        table.add_row(name, role.word, "set" if has_password else "not set")
    out.print(table)


def _do(config: ConfigOption, work: Callable[[Session], T]) -> T:
    try:
        database = Database(configuration(config).database)
    except StorageError as error:
        stop(str(error))
    try:
        return database.now(work)
    except accounts.AccountError as error:
        stop(str(error))
    finally:
        database.close()
