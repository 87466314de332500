"""``liti sim``: the simulated world alone, as its own process."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def sim(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's.")] = None,
    speed: Annotated[float | None, typer.Option(help="Times real time.", min=0.01, max=100)] = None,
    truth: Annotated[Path | None, typer.Option(help="Write where everything really was (JSON lines).")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this many seconds.", min=0)] = None,
) -> None:
    """Run simulated aircraft, cameras and traffic for any ground station."""
    options = {"--seed": seed, "--speed": speed, "--truth": truth, "--seconds": seconds}
    arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    # This process becomes the world's, so that signals, output and exit code are the world's own.
    os.execv(sys.executable, [sys.executable, "-m", "simulators", str(scenario), *arguments])
