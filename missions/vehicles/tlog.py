"""The ``.tlog`` recording of a link: eight bytes of big-endian Unix microseconds, then the packet, both directions."""

import logging
from collections.abc import Iterator
from io import BufferedWriter
from pathlib import Path
from typing import NamedTuple

from maps.instants import Instant

_log = logging.getLogger(__name__)

_STAMP_BYTES = 8
_V1, _V2 = 0xFE, 0xFD


class TlogError(Exception):
    """A file is not a ``.tlog``, or is damaged; the message says where."""


class Recorded(NamedTuple):
    """One packet of a recording and the moment it passed."""

    time: Instant
    data: bytes


class TlogWriter:
    """Appends packets to a recording. A full disk ends the recording, is logged once, and disturbs nothing else.

    Attributes:
        path: the file, made with the first packet.
        failed: why recording ended, None while it goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed: str | None = None
        self._file: BufferedWriter | None = None

    def write(self, time: Instant, data: bytes) -> None:
        """Record one packet; never raises."""
        if self.failed is not None:
            return
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("ab")
            self._file.write(int(time * 1e6).to_bytes(_STAMP_BYTES, "big") + data)
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        """Hand what is buffered to the operating system; never raises."""
        if self._file is None or self.failed is not None:
            return
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """End the recording; never raises."""
        self.flush()
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        if self.failed is None:
            self.failed = f"{self.path}: {error.strerror or error}"
            _log.error("recording of the link has ended: %s", self.failed)


def read_tlog(path: Path) -> Iterator[Recorded]:
    """The packets of a recording in order; a packet cut off by the end of the file is left out.

    Raises:
        TlogError: when something other than a packet follows a time stamp.
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        at = 0
        while len(stamp := file.read(_STAMP_BYTES)) == _STAMP_BYTES:
            start = file.read(3)
            if len(start) < 3:
                return
            if start[0] not in (_V1, _V2):
                raise TlogError(
                    f"{path}: byte {at + _STAMP_BYTES} should begin a MAVLink packet; this is no .tlog file"
                )
            length = 8 + start[1] if start[0] == _V1 else 12 + start[1] + (13 if start[2] & 1 else 0)
            rest = file.read(length - 3)
            if len(rest) < length - 3:
                return
            yield Recorded(Instant(int.from_bytes(stamp, "big") / 1e6), start + rest)
            at += _STAMP_BYTES + length
