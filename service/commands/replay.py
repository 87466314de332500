"""``liti replay``: recordings, played into a picture that can be looked at like the present."""

import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from service.commands.serve import prepare, sign_in_address
from service.commands.terminal import FAILED, err, out, start_logging, stop
from service.config import DistrictSettings, ServerSettings, Settings, StorageSettings
from service.house import House
from service.parts import Part, PermanentError


def replay(
    files: Annotated[list[Path], typer.Argument(help="Recordings: .tlog (links) or .liti (pictures).")],
    speed: Annotated[float, typer.Option(help="Times the recorded pace.", min=0.01, max=1000)] = 1.0,
    district: Annotated[str, typer.Option("--district", "-d", help="Folder, or name of an embedded one.")] = "nanling",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.", min=0, max=65535)] = 8080,
    leave: Annotated[bool, typer.Option("--exit", help="Exit when everything is played.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Play recordings as if they were the present; the console and ``liti watch`` show them."""
    start_logging(verbose)
    for file in files:
        if file.suffix not in {".tlog", ".liti"}:
            stop(f"{file}: recordings end with .tlog or .liti")
        if not file.is_file():
            stop(f"{file}: no such file")
    with tempfile.TemporaryDirectory(prefix="liti-replay-") as folder:
        settings = Settings(
            server=ServerSettings(host=host, port=port),
            district=DistrictSettings(folder=district),
            storage=StorageSettings(folder=Path(folder)),
            links=(),
        )
        _serve(settings, files, speed, leave)


def _serve(settings: Settings, files: list[Path], speed: float, leave: bool) -> None:
    from service import rooms, upkeep
    from service.serving import AddressError, address, listen, server

    failure: list[str] = []

    def table(house: House) -> tuple[Part, ...]:
        return (
            Part("picture", partial(upkeep.keep_picture, house)),
            Part("notice board", partial(upkeep.keep_notice_board, house)),
            Part("district", partial(rooms.load_district, house)),
            Part("inventory", partial(rooms.show_inventory, house)),
            Part("coverage", partial(rooms.compute_coverage, house), essential=False),
            Part("replay", partial(_play, house, files, speed, ended)),
        )

    def ended(error: str | None) -> None:
        if error is not None:
            failure.append(error)
        err.print("everything is played" if error is None else f"[red]error[/]: {escape(error)}")
        if leave or error is not None:
            serving.should_exit = True

    code = prepare(settings)
    try:
        listener = listen(settings.server)
    except AddressError as error:
        stop(str(error))
    url = address(settings.server, listener)

    def opened() -> None:
        shown = sign_in_address(url, code) if code else url
        out.print(f"Replaying; look at {escape(shown)}", highlight=False, soft_wrap=True)

    serving = server(settings, opened, table)
    with listener:
        asyncio.run(serving.serve(sockets=[listener]))
    if failure or not serving.started:
        raise typer.Exit(FAILED)


async def _play(
    house: House,
    files: list[Path],
    speed: float,
    ended: Callable[[str | None], None],
    begun: Callable[[], None],
) -> None:
    from fusion.recording import RecordingError, play
    from missions.replay import Replay
    from missions.vehicles.tlog import TlogError

    district = await house.district.wait()
    begun()
    links = [file for file in files if file.suffix == ".tlog"]
    error: str | None = None
    try:
        async with asyncio.TaskGroup() as group:
            if links:
                playing = Replay(links, house.bus, house.clock, speed=speed, ground=district.terrain)
                group.create_task(playing.run())
            for file in files:
                if file.suffix == ".liti":
                    group.create_task(play(file, house.bus, speed=speed, clock=house.clock))
    except* (TlogError, RecordingError, OSError) as failed:
        error = "; ".join(str(each) for each in _leaves(failed))
    ended(error)
    if error is not None:
        raise PermanentError(error)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for each in group.exceptions:
        found.extend(_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    return found
