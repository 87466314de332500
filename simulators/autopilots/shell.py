"""Letting vehicles fly in real time (or a multiple of it) in an event loop."""

import asyncio
from collections.abc import Sequence

from simulators.autopilots.autopilot import STEP_S
from simulators.autopilots.link import Link

_MOST_STEPS_AT_ONCE = 25


async def fly(links: Sequence[Link], stop: asyncio.Event, *, speed: float = 1.0) -> None:
    """Step the vehicles at 50 Hz of simulated time and send what they say, until `stop` is set.

    Args:
        links: opened links, each with its vehicle.
        stop: ends it.
        speed: simulated seconds in a second. A machine that cannot keep up falls behind; it does not jump.
    """
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not stop.is_set():
        steps = 0
        while due <= loop.time() and steps < _MOST_STEPS_AT_ONCE:
            due += STEP_S / speed
            steps += 1
            for link in links:
                link.vehicle.step(STEP_S)
                link.flush()
        if steps == _MOST_STEPS_AT_ONCE:
            due = max(due, loop.time() - STEP_S)
        await asyncio.sleep(max(due - loop.time(), 0.0))
