"""``python -m simulators SCENARIO``: the simulated world alone."""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from pathlib import Path

from maps.district import DistrictError
from simulators import scenarios
from simulators.cameras.crew import StudioError
from simulators.run import Endpoints, run
from simulators.scenario import Scenario, ScenarioError


def main(arguments: list[str] | None = None) -> int:
    """Run a scenario; the exit status is 0, or 1 with a message when it cannot be run."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = _parser().parse_args(arguments)
    try:
        file = options.scenario if options.scenario.suffix else scenarios.path(str(options.scenario))
        scenario = Scenario.load(file).changed(seed=options.seed, speed=options.speed)
        asyncio.run(_until_stopped(scenario, options.truth, options.seconds))
    except (ScenarioError, DistrictError, OSError, StudioError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description="The simulated world alone.")
    parser.add_argument("scenario", type=Path, help="a scenario file (.toml), or the name of one that comes with Liti")
    parser.add_argument("--seed", type=int, help="another seed than the scenario's")
    parser.add_argument("--speed", type=float, help="how fast the world's time passes; 1 is real time")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write where everything really is (JSON lines)")
    parser.add_argument("--seconds", type=float, help="end after so many seconds of the world's time")
    return parser


async def _until_stopped(scenario: Scenario, truth: Path | None, seconds: float | None) -> None:
    """Run until the end, an interrupt or a termination signal."""
    task = asyncio.ensure_future(run(scenario, truth=truth, seconds=seconds, ready=_say_ready))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _say_ready(endpoints: Endpoints) -> None:
    """Print one line that programs can read: the word, then where everything is."""
    where = json.dumps({"vehicles": endpoints.vehicles, "videos": endpoints.videos})
    sys.stdout.write(f"ready {where}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
