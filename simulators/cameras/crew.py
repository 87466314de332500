"""The world's side of the studio: starts the process, hands it shots, and gets access units back."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable

from simulators.cameras import messages
from simulators.cameras.messages import Ready, Setup, Shot, Taken

_END_WITHIN_S = 5.0


class StudioError(RuntimeError):
    """The process that draws the cameras' pictures ended or cannot be started."""


class Crew:
    """Runs the studio. At most one shot of each camera is under way; a further one is left out and counted.

    Attributes:
        ready: whether the studio takes shots; before that they are left out and not counted.
        skipped: shots that were left out because the one before was not ready.
    """

    def __init__(self) -> None:
        self.ready = False
        self.skipped = 0
        self._under_way: set[str] = set()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process; it then waits for `set_up`, and takes shots once `ready` is True."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulators.cameras.studio",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )

    def set_up(self, setup: Setup) -> None:
        """Tell it the district and the cameras."""
        self._write(setup)

    async def run(self, taken: Callable[[Taken], None]) -> None:
        """Hand over what the studio gives back, until cancelled.

        Raises:
            StudioError: the process ended.
        """
        while True:
            message = await self._read()
            self.ready = self.ready or isinstance(message, Ready)
            if isinstance(message, Taken):
                self._under_way.discard(message.unit.sensor_id)
                taken(message)

    def shoot(self, shot: Shot) -> bool:
        """Ask for a picture; False when the camera's picture before is not ready yet."""
        if not self.ready:
            return False
        if shot.sensor_id in self._under_way:
            self.skipped += 1
            return False
        self._under_way.add(shot.sensor_id)
        self._write(shot)
        return True

    async def close(self) -> None:
        """End the process."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        if not self.ready:  # it still prepares itself, and would not notice
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _write(self, message: messages.ToStudio) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(messages.framed(message))

    async def _read(self) -> messages.FromStudio:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            size = messages.length(await self._process.stdout.readexactly(4))
            return messages.decode_from_studio(await self._process.stdout.readexactly(size))
        except asyncio.IncompleteReadError as error:
            status = await self._process.wait()
            raise StudioError(f"the process that draws the cameras' pictures ended (status {status})") from error
