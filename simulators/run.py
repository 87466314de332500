"""Runs a scenario: the world's steps at their pace, the vehicles' links, the cameras' streams, faults and truth."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maps import districts
from maps.district import District
from maps.instants import Clock, utc_now
from simulators.autopilots.link import Link
from simulators.broadcast import Broadcast
from simulators.cameras.crew import Crew
from simulators.faults import Faults
from simulators.scenario import Scenario, ScenarioError
from simulators.truth import TruthWriter
from simulators.world import World

_log = logging.getLogger(__name__)
STEP_S = 0.02
_TRUTH_EVERY_S = 0.5
_CATCH_UP_STEPS = 50
_QUIET_S = 30.0  # between a skip and the next that is said


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where everything is to be found.

    Attributes:
        vehicles: MAVLink address by vehicle.
        videos: URL by sensor.
    """

    vehicles: dict[str, str]
    videos: dict[str, str]


def load_district(name: str) -> District:
    """A district by its embedded name or its folder.

    Raises:
        ScenarioError: there is no such district.
        DistrictError: its folder is wrong.
    """
    if (Path(name) / "district.toml").is_file():
        return District.load(Path(name))
    try:
        return District.load(districts.folder(name))
    except FileNotFoundError as error:
        raise ScenarioError(
            f"district: {name!r} is neither a folder with a district.toml nor comes with Liti"
        ) from error


async def run(
    scenario: Scenario,
    *,
    truth: Path | None = None,
    seconds: float | None = None,
    ready: Callable[[Endpoints], None] | None = None,
    clock: Clock = utc_now,
) -> None:
    """Run a scenario until cancelled, or for some seconds of its time.

    Args:
        scenario: what to run.
        truth: file to write the truth to.
        seconds: of the world's time, from when everything listens.
        ready: called once, when everything listens.
        clock: tells the instant at which the world begins.

    Raises:
        ScenarioError: the scenario does not fit its district.
        OSError: a port is taken, or the truth file cannot be written.
        StudioError: the process that draws the cameras' pictures ended.
    """
    crew = Crew()
    try:
        if scenario.sensor_ids:
            await crew.start()  # first, for it takes a while and the rest need not wait for it
        await _run(scenario, crew, truth, seconds, ready, clock)
    finally:
        await crew.close()


async def _run(
    scenario: Scenario,
    crew: Crew,
    truth: Path | None,
    seconds: float | None,
    ready: Callable[[Endpoints], None] | None,
    clock: Clock,
) -> None:
    world = World(scenario, load_district(scenario.district), clock())
    faults = Faults(scenario.faults, random.Random(f"{scenario.seed}/faults"))
    links = {section.id: Link(world.vehicles[section.id], section.mavlink) for section in scenario.vehicles}
    broadcast = Broadcast(world, faults, crew)
    writer = TruthWriter(truth) if truth is not None else None
    try:
        await broadcast.start()
        for link in links.values():
            await link.open()
        world.begin(clock())
        if ready is not None:
            addresses = {name: str(link.address) for name, link in links.items()}
            ready(Endpoints(addresses, broadcast.urls()))
        async with asyncio.TaskGroup() as group:
            receiving = group.create_task(broadcast.run())
            await _steps(world, links, broadcast, faults, writer, seconds)
            receiving.cancel()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    finally:
        for link in links.values():
            link.close()
        await broadcast.close()
        if writer is not None:
            writer.close()


async def _steps(
    world: World,
    links: dict[str, Link],
    broadcast: Broadcast,
    faults: Faults,
    writer: TruthWriter | None,
    seconds: float | None,
) -> None:
    loop = asyncio.get_running_loop()
    pace = STEP_S / world.scenario.speed
    due = loop.time()
    next_truth = 0.0
    quiet_until = due
    while seconds is None or world.elapsed_s < seconds:
        for name, link in links.items():
            link.broken = faults.active("link_loss", name, world.elapsed_s)
        world.step(STEP_S)
        for link in links.values():
            link.flush()
        broadcast.shoot()
        if writer is not None and world.elapsed_s >= next_truth:
            next_truth = max(next_truth + _TRUTH_EVERY_S, world.elapsed_s)
            writer.write(world.truth())
        due += pace
        late = loop.time() - due
        if late > _CATCH_UP_STEPS * pace:
            if loop.time() > quiet_until:
                _log.warning("the world is %.1f s behind and skips: this machine is too busy for it", late)
            quiet_until = loop.time() + _QUIET_S
            world.skip(late * world.scenario.speed)
            due += late
        await asyncio.sleep(max(0.0, due - loop.time()))
