"""``liti demo``: a simulated district, the service and a flown patrol."""

import asyncio
import secrets
import signal
import socket
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from service.commands.terminal import FAILED, err, out, stop

DEFAULT_PORT = 8080


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Without a browser: judge the run and exit.")] = False,
    seconds: Annotated[float | None, typer.Option(help="At most this long (headless: 240 s).", min=10)] = None,
    seed: Annotated[int | None, typer.Option(help="Of the world; another one each time unless given.", min=0)] = None,
    port: Annotated[int | None, typer.Option(help="Of the console.", min=1, max=65535)] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report here (JSON).")] = None,
    truth: Annotated[Path | None, typer.Option(help="Write where everything really was (JSON lines).")] = None,
) -> None:
    """Fly one patrol over an invented district and show it; with --headless, judge it against the truth."""
    chosen = seed if seed is not None else secrets.randbelow(1_000_000)
    limit = seconds if seconds is not None else (240.0 if headless else None)
    try:
        good = asyncio.run(_demo(headless, limit, chosen, port or _free_port(), report, truth))
    except KeyboardInterrupt:
        err.print("stopped")
        return
    if not good:
        raise typer.Exit(FAILED)


async def _demo(
    headless: bool, seconds: float | None, seed: int, port: int, report_file: Path | None, truth: Path | None
) -> bool:
    from service.demo.processes import ProcessDiedError
    from service.demo.show import running

    begun, started_time = time.monotonic(), time.time()

    def tell(words: str) -> None:
        out.print(f"[dim]{time.monotonic() - begun:6.1f} s[/]  {escape(words)}", highlight=False, soft_wrap=True)

    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    tell(f"starting the simulated district (seed {seed}) and the service")
    good = True
    try:
        async with running(seed, port, truth, started_time) as show:
            tell(f"the service is up at {show.address}")
            if not headless:
                out.print("\nOpen the console:  ", escape(show.sign_in), "\n", soft_wrap=True, highlight=False)
            until = begun + (seconds if seconds is not None else float("inf"))
            flying = asyncio.create_task(show.fly(tell, until))
            stopping = asyncio.create_task(interrupted.wait())
            await asyncio.wait({flying, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if flying.done():
                flying.result()
                tell("the patrol has ended")
            if not headless and not interrupted.is_set():
                tell("the district goes on; press Ctrl-C to stop")
                await _rest(stopping, until)
            flying.cancel()
            stopping.cancel()
            if report_file is not None or headless:
                good = _write(await show.judged(time.monotonic() - begun), report_file)
    except* ProcessDiedError as group:
        stop(str(group.exceptions[0]))
    return good or not headless


async def _rest(stopping: "asyncio.Task[object]", until: float) -> None:
    timeout = None if until == float("inf") else max(0.0, until - time.monotonic())
    await asyncio.wait({stopping}, timeout=timeout)


def _write(report: msgspec.Struct, file: Path | None) -> bool:
    from service.demo.report import Report

    assert isinstance(report, Report)
    text = msgspec.json.format(msgspec.json.encode(report)).decode()
    if file is not None:
        file.write_text(text + "\n", "utf-8")
    else:
        typer.echo(text)
    if report.verdict.ok:
        out.print("[bold green]verdict: good[/]")
    else:
        out.print("[bold red]verdict: not good[/]")
        for reason in report.verdict.reasons:
            out.print(f"  {escape(reason)}", highlight=False)
    return report.verdict.ok


def _free_port() -> int:
    """The usual port, or any other when somebody holds it."""
    for port in (DEFAULT_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return DEFAULT_PORT
