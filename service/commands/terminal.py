"""What commands say to people: results on standard output, everything else on standard error."""

import logging
from typing import NoReturn

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

FAILED = 1
"""Exit code: the command did its work and the answer is no, or the work could not be done."""
MISUSED = 2
"""Exit code: the command was called wrongly, or its configuration or files cannot be used."""

out = Console()
err = Console(stderr=True)


def stop(message: str, *more: str, code: int = MISUSED) -> NoReturn:
    """End the command with a readable error."""
    err.print(f"[bold red]error[/]: {escape(message)}", highlight=False, soft_wrap=True)
    for line in more:
        err.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def start_logging(verbose: bool) -> None:
    """Log to standard error."""
    handler = RichHandler(console=err, show_path=False, rich_tracebacks=False, log_time_format="%H:%M:%S")
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", handlers=[handler], force=True)
    logging.getLogger("uvicorn").setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO if verbose else logging.WARNING)
    if verbose:
        for room in ("maps", "fusion", "missions", "service"):
            logging.getLogger(room).setLevel(logging.DEBUG)
