"""The processes of the demonstration: started as a user would, watched, and ended by their own ids."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

STOP_TIMEOUT_S = 15.0
KILOBYTES_PER_MB = 1024.0


class ProcessDiedError(Exception):
    """A process ended although it was to run on; the message ends with its last words."""


class Child:
    """One process: a module of Python's, its output in a log file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(cls, name: str, module: str, *arguments: str, log: Path) -> "Child":
        """Start ``python -m module``."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", module, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, process, log)

    async def watch(self) -> None:
        """Wait for the end that should not come.

        Raises:
            ProcessDiedError: when it comes.
        """
        code = await self._process.wait()
        raise ProcessDiedError(f"{self.name} ended with code {code}: {self.last_words()}")

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        text = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return "\n".join(text[-lines:])

    def peak_memory_mb(self) -> float:
        """The most memory it held at once (VmHWM of proc(5)); 0 when that cannot be read any more."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return float(line.split()[1]) / KILOBYTES_PER_MB
        return 0.0

    async def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
