"""``liti doctor``: what this machine has and lacks."""

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.table import Table

from service.commands.serve import ConfigOption
from service.commands.terminal import FAILED, out
from service.config import ConfigError, Settings, load

Grade = Literal["ok", "warning", "missing"]
MARKS: dict[Grade, str] = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "missing": "[red]missing[/]"}

LIBRARIES = (
    ("av", "av", "video cannot be read"),
    ("pymavlink", "pymavlink", "no vehicle can be spoken to"),
    ("mavsdk", "mavsdk", "gimbal, camera and parameters of vehicles"),
    ("fastcrc", "fastcrc", "MAVLink is decoded at half the speed"),
    ("geopandas", "geopandas", "no district can be loaded"),
    ("rasterio", "rasterio", "no terrain can be read"),
    ("cv2", "opencv-python-headless", "nothing moving is found in video"),
    ("stanag4609", "stanag4609", "poses inside video streams are not read"),
    ("fastapi", "fastapi", "the doors"),
    ("uvicorn", "uvicorn", "the doors"),
)


class Item(msgspec.Struct, frozen=True):
    """One thing that was looked at: what it is, how it is, and what to do about it."""

    name: str
    grade: Grade
    detail: str


def doctor(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at what this machine has and lacks; exit 1 when something needed is missing."""
    items = [item for look in (_python, _libraries, _machine, _console_and_tools) for item in look()]
    items.extend(_configuration(config))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(items)).decode())
    else:
        table = Table("what", "", "detail")
        for item in items:
            table.add_row(item.name, MARKS[item.grade], item.detail)
        out.print(table)
    if any(item.grade == "missing" for item in items):
        raise typer.Exit(FAILED)


def _python() -> Iterator[Item]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    yield Item("Python", "ok" if fits else "missing", version if fits else f"{version}; Liti needs 3.11 or newer")


def _libraries() -> Iterator[Item]:
    for module, distribution, without in LIBRARIES:
        if importlib.util.find_spec(module) is None:
            yield Item(distribution, "missing", f"not installed: {without}; run 'make setup'")
        else:
            yield Item(distribution, "ok", importlib.metadata.version(distribution))


def _machine() -> Iterator[Item]:
    cores = len(os.sched_getaffinity(0))
    yield Item("processor cores", "ok" if cores >= 2 else "warning", f"{cores}; two or more are advised")
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        yield Item("memory", "ok" if memory >= 2 else "warning", f"{memory:.1f} GiB; 2 GiB or more are advised")
    except (ValueError, OSError):
        yield Item("memory", "warning", "cannot be told on this system")
    plausible = time.time() > 1_700_000_000
    yield Item("clock", "ok" if plausible else "warning", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _console_and_tools() -> Iterator[Item]:
    import console

    built = (console.DIST / "index.html").is_file()
    yield Item("console", "ok" if built else "warning", str(console.DIST) if built else "not built; run 'make setup'")
    browser = next((found for name in ("chromium", "google-chrome", "firefox") if (found := shutil.which(name))), None)
    yield Item("browser", "ok" if browser else "warning", browser or "none on this machine; open the console elsewhere")


def _configuration(path: Path | None) -> Iterator[Item]:
    if path is None and Path("liti.toml").is_file():
        path = Path("liti.toml")
    try:
        settings = load(path)
    except ConfigError as error:
        yield Item("configuration", "missing", str(error))
        return
    yield Item("configuration", "ok", str(path) if path else "defaults (no liti.toml here)")
    yield from _storage(settings)
    yield from _district(settings)
    yield _port(settings)


def _storage(settings: Settings) -> Iterator[Item]:
    folder = settings.storage.folder
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(there, os.W_OK):
        yield Item("storage", "missing", f"{folder} cannot be written; set [storage] folder")
        return
    free = shutil.disk_usage(there).free / 2**30
    yield Item("storage", "ok" if free > 1 else "warning", f"{folder}, {free:.1f} GiB free")


def _district(settings: Settings) -> Iterator[Item]:
    from service.district import load as load_district
    from service.parts import PermanentError

    try:
        district = load_district(settings.district.folder)
    except PermanentError as error:
        yield Item("district", "missing", str(error))
        return
    lacking = f"; without {', '.join(district.missing)}" if district.missing else ""
    yield Item("district", "warning" if lacking else "ok", f"{district.name}{lacking}")


def _port(settings: Settings) -> Item:
    server = settings.server
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((server.host, server.port))
        except OSError as error:
            return Item(
                "port", "warning", f"{server.host} port {server.port}: {error.strerror}; is it running already?"
            )
    return Item("port", "ok", f"{server.host} port {server.port} is free")
