"""Scenarios: what is in the simulated world, read from a TOML file and checked before anything starts.

Every key is checked; an unknown one is an error, for a misspelt key that is silently ignored is a scenario that does
not do what its author believes.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_MAVLINK_URL = re.compile(r"^(udpout|udpin|tcpin):(?P<host>\[[0-9a-fA-F:]+\]|[^:/\s]+):(?P<port>\d{1,5})$")
_VIDEO_URL = re.compile(r"^udp://(?P<host>\[[0-9a-fA-F:]+\]|[^:/\s]+):(?P<port>\d{1,5})$")

Port = Annotated[int, Field(ge=0, le=65535)]
Name = Annotated[str, Field(pattern=NAME)]
FaultKind = Literal["link_loss", "stall_video", "corrupt_video", "black_video", "freeze_video"]
VIDEO_FAULTS: frozenset[str] = frozenset({"stall_video", "corrupt_video", "black_video", "freeze_video"})


class ScenarioError(ValueError):
    """A scenario that cannot be run; the message has one line for each wrong key and says what is expected."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WindSection(_Section):
    """Steady wind with gusts; from_deg is where it blows from, clockwise from true north."""

    from_deg: float = Field(default=0.0, ge=0, le=360)
    speed_mps: float = Field(default=0.0, ge=0, le=40)
    gust_mps: float = Field(default=0.0, ge=0, le=20)


class MoversSection(_Section):
    """How many people and cars move about, and within which half-size of a square around home."""

    people: int = Field(default=0, ge=0, le=2000)
    cars: int = Field(default=0, ge=0, le=2000)
    area_m: float = Field(default=500.0, ge=50, le=20000)


class CameraSection(_Section):
    """An aircraft's camera: where its MPEG-TS goes, and its picture."""

    url: str
    sensor_id: Name
    width_px: int = Field(default=640, ge=64, le=3840, multiple_of=2)
    height_px: int = Field(default=360, ge=64, le=2160, multiple_of=2)
    hfov_deg: float = Field(default=60.0, ge=2, le=120)
    fps: float = Field(default=8.0, ge=1, le=30)
    bitrate_kbps: int = Field(default=1500, ge=100, le=20000)

    @field_validator("url")
    @classmethod
    def _is_udp(cls, url: str) -> str:
        _endpoint(_VIDEO_URL, url, "udp://HOST:PORT")
        return url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the stream is sent to."""
        return _endpoint(_VIDEO_URL, self.url, "udp://HOST:PORT")


class VehicleSection(_Section):
    """One aircraft. Without a position it stands near home, each some metres from the next."""

    id: Name
    kind: Literal["rotorcraft", "fixed_wing", "vtol"]
    system_id: int = Field(ge=1, le=250)
    mavlink: str
    lat_deg: float | None = Field(default=None, ge=-90, le=90)
    lon_deg: float | None = Field(default=None, ge=-180, le=180)
    heading_deg: float = Field(default=0.0, ge=0, lt=360.0001)
    arming_delay_s: float = Field(default=41.0, ge=0, le=600)
    battery_minutes: float = Field(default=25.0, gt=0, le=1440)
    camera: CameraSection | None = None

    @field_validator("mavlink")
    @classmethod
    def _is_mavlink(cls, url: str) -> str:
        _endpoint(_MAVLINK_URL, url, "udpout:HOST:PORT, udpin:HOST:PORT or tcpin:HOST:PORT")
        return url

    @model_validator(mode="after")
    def _position_is_whole(self) -> "VehicleSection":
        if (self.lat_deg is None) != (self.lon_deg is None):
            raise ValueError("give both lat_deg and lon_deg, or neither (then it stands near home)")
        return self


class FixedCamerasSection(_Section):
    """Cameras of the district's inventory that are served over RTSP; sizes are those of the stream."""

    rtsp_port: Port = 8554
    ids: tuple[str, ...] = ()
    width_px: int = Field(default=640, ge=64, le=3840, multiple_of=2)
    height_px: int = Field(default=360, ge=64, le=2160, multiple_of=2)
    fps: float = Field(default=8.0, ge=1, le=30)
    bitrate_kbps: int = Field(default=1000, ge=100, le=20000)


class FaultSection(_Section):
    """Something that goes wrong at a time: on a vehicle's link, or on a sensor's video."""

    at_s: float = Field(ge=0)
    kind: FaultKind
    target: str
    duration_s: float = Field(default=10.0, gt=0)


class Scenario(_Section):
    """A whole scenario; `load` reads and checks it."""

    name: str
    district: str = "nanling"
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    speed: float = Field(default=1.0, gt=0, le=20)
    wind: WindSection = WindSection()
    movers: MoversSection = MoversSection()
    vehicles: tuple[VehicleSection, ...] = ()
    fixed_cameras: FixedCamerasSection = FixedCamerasSection()
    faults: tuple[FaultSection, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> "Scenario":
        _unique("vehicles: id", (vehicle.id for vehicle in self.vehicles))
        _unique("vehicles: system_id", (vehicle.system_id for vehicle in self.vehicles))
        _unique("sensor_id or fixed camera", self.sensor_ids)
        for fault in self.faults:
            known = self.sensor_ids if fault.kind in VIDEO_FAULTS else tuple(vehicle.id for vehicle in self.vehicles)
            if fault.target not in known:
                raise ValueError(f"faults: {fault.kind} has the target {fault.target!r}; known are {', '.join(known)}")
        return self

    @property
    def sensor_ids(self) -> tuple[str, ...]:
        """Every camera of the scenario, fixed ones first."""
        airborne = tuple(vehicle.camera.sensor_id for vehicle in self.vehicles if vehicle.camera)
        return (*self.fixed_cameras.ids, *airborne)

    @staticmethod
    def load(source: Path | str | Mapping[str, Any]) -> "Scenario":
        """Read a scenario from a TOML file, or take one that is already a mapping.

        Raises:
            ScenarioError: the file cannot be read, is not TOML, or a key is wrong; the message names it.
        """
        if isinstance(source, Mapping):
            return Scenario._checked(source, "scenario")
        return Scenario._read(Path(source))

    @staticmethod
    def _read(path: Path) -> "Scenario":
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{path}: is not TOML: {error}") from error
        return Scenario._checked(values, str(path))

    @staticmethod
    def _checked(values: Mapping[str, Any], where: str) -> "Scenario":
        try:
            return Scenario.model_validate(dict(values))
        except ValidationError as error:
            raise ScenarioError("\n".join(_lines(error, where))) from error

    def changed(self, *, seed: int | None = None, speed: float | None = None) -> "Scenario":
        """The same scenario with another seed or speed, checked again.

        Raises:
            ScenarioError: the new value is out of range.
        """
        values = self.model_dump(exclude_unset=True)
        changes = {"seed": seed, "speed": speed}
        return Scenario.load(values | {key: value for key, value in changes.items() if value is not None})


def _endpoint(pattern: re.Pattern[str], url: str, expected: str) -> tuple[str, int]:
    match = pattern.match(url)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"{url!r} is not of the form {expected}")
    return match["host"].strip("[]"), int(match["port"])


def _unique(what: str, values: Iterable[object]) -> None:
    twice = [str(value) for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} is used more than once")


def _lines(error: ValidationError, where: str) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "is not a key that is known here; check its spelling, or take it out"
        lines.append(f"{where}: {key + ': ' if key else ''}{message}")
    return lines
