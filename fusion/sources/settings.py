"""What a source is: a sensor's name and where its video comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Protocol = Literal["rtsp", "mpegts", "file"]


class SourceError(ValueError):
    """A source that cannot be set up; the message says what to change."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One video source.

    Attributes:
        sensor_id: the sensor's name, ``cam-001`` or ``uav-1-eo``.
        url: ``rtsp://…`` (or ``rtsps://…``), ``udp://address:port`` for MPEG-TS that is sent there, or a file's path.
        vehicle_id: the aircraft that carries the camera; None for a fixed one.
        analyse: whether moving things are looked for.
        hfov_deg, vfov_deg: of an airborne camera whose stream has no metadata.
        open_timeout_s: how long connecting may take.
        read_timeout_s: how long the stream may be silent before it is opened anew.
        pace: play a file in its own time rather than as fast as it can be read.
    """

    sensor_id: str
    url: str
    vehicle_id: str | None = None
    analyse: bool = True
    hfov_deg: float | None = None
    vfov_deg: float | None = None
    open_timeout_s: float = 5.0
    read_timeout_s: float = 4.0
    pace: bool = True

    def __post_init__(self) -> None:
        if not self.sensor_id:
            raise SourceError("a source needs a sensor_id")
        scheme = urlsplit(self.url).scheme
        if scheme in ("rtsp", "rtsps", "file") or (scheme == "" and self.url) or len(scheme) == 1:
            return
        if scheme != "udp":
            raise SourceError(
                f"{self.sensor_id}: {scheme or 'an empty address'} is not a kind of video that can be read; "
                "use rtsp://, udp:// (MPEG-TS) or the path of a file"
            )
        try:
            port = urlsplit(self.url).port
        except ValueError:
            port = None
        if not port:
            raise SourceError(f"{self.sensor_id}: {self.url} names no port; write udp://127.0.0.1:5600")

    @property
    def protocol(self) -> Protocol:
        """How the video travels."""
        scheme = urlsplit(self.url).scheme
        if scheme in ("rtsp", "rtsps"):
            return "rtsp"
        return "mpegts" if scheme == "udp" else "file"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a ``udp://`` address; an empty host listens on every interface."""
        parts = urlsplit(self.url)
        return (parts.hostname or "").lstrip("@"), int(parts.port or 0)

    @property
    def path(self) -> Path:
        """Of a file."""
        return Path(urlsplit(self.url).path if self.url.startswith("file://") else self.url)

    @property
    def shown_url(self) -> str:
        """The address without a password, for people to see."""
        parts = urlsplit(self.url)
        if parts.password is None:
            return self.url
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.username}:…@{host}"))
