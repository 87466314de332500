"""The folder of recordings: telemetry logs of links (``.tlog``) and recorded pictures (``.liti``)."""

from pathlib import Path

import msgspec

from maps.instants import Instant

SUFFIXES = {".tlog": "link", ".liti": "picture"}


class Recording(msgspec.Struct, frozen=True):
    """One file that can be replayed."""

    name: str
    kind: str
    bytes: int
    changed_time: float


def all_recordings(folder: Path) -> list[Recording]:
    """Recordings in a folder and its folders, newest first."""
    found = []
    for path in folder.rglob("*"):
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            status = path.stat()
            name = path.relative_to(folder).as_posix()
            found.append(Recording(name, SUFFIXES[path.suffix], status.st_size, status.st_mtime))
    return sorted(found, key=lambda recording: -recording.changed_time)


def forget_before(folder: Path, time: Instant) -> int:
    """Delete recordings that were last written before an instant; returns how many."""
    old = [recording for recording in all_recordings(folder) if recording.changed_time < time]
    for recording in old:
        (folder / recording.name).unlink(missing_ok=True)
    return len(old)
