"""Configuration: one commented ``liti.toml``, ``LITI_*`` variables that override it, and errors that name the key.

Every key has a default, so an empty or missing file is a working configuration. A variable's name is the path of the
key in capitals, sections joined by two underscores: ``LITI_SERVER__PORT=9000``; lists are JSON.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.contingency_settings import ContingencySettings
from service.policy_settings import PolicySettings
from service.profile_settings import ProfilesSettings
from service.weather_settings import StationSettings, WeatherSettings

ENV_PREFIX = "LITI_"
FILE_VARIABLE = "LITI_CONFIG"
TOKEN_VARIABLE = "LITI_TOKEN"
"""Of the command line, not of the configuration."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A name that is safe in addresses and file names."""


class ConfigError(Exception):
    """The configuration cannot be used.

    Attributes:
        problems: one sentence for each problem, beginning with the key it is about.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source}: " + "; ".join(problems))


class Section(BaseModel):
    """A table of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Section):
    """Where the doors are.

    Attributes:
        host: address to listen on.
        port: 0 lets the operating system choose.
        allowed_origins: other origins (``https://map.example``) whose pages may use the doors with a cookie.
        tls_certificate: PEM file; with ``tls_key`` the doors speak https.
        body_bytes: largest request body that is read.
        clients: most WebSocket connections at a time.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    allowed_origins: tuple[str, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    clients: int = Field(default=500, ge=1, le=10_000)

    @field_validator("host")
    @classmethod
    def _host_is_plain(cls, host: str) -> str:
        if not host or (any(character in host for character in "/ :") and not _is_address(host)):
            raise ValueError("must be a host name or an address, without a port")
        return host

    @model_validator(mode="after")
    def _certificate_has_key(self) -> "ServerSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key must be given together")
        return self

    @property
    def secure(self) -> bool:
        """Whether the doors speak https."""
        return self.tls_certificate is not None

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.secure else "http"


class DistrictSettings(Section):
    """Which district: the name of an embedded one, or a folder."""

    folder: str = Field(default="nanling", min_length=1)


class StorageSettings(Section):
    """Where what must last is kept."""

    folder: Path = Path("var")


class LinkSettings(Section):
    """One MAVLink connection: ``udpin:HOST:PORT``, ``udpout:HOST:PORT`` or ``tcp:HOST:PORT``."""

    url: str = Field(max_length=256)

    @field_validator("url")
    @classmethod
    def _is_link(cls, url: str) -> str:
        if not re.match(r"^(udpin|udpout|tcp):(//)?[^\s/]*:\d{1,5}$", url):
            raise ValueError("write udpin:HOST:PORT, udpout:HOST:PORT or tcp:HOST:PORT, such as udpin:0.0.0.0:14550")
        return url


class VehicleSettings(Section):
    """A vehicle known by its MAVLink system id."""

    id: Name
    system_id: int = Field(ge=1, le=254)
    kind: Literal["rotorcraft", "fixed_wing", "vtol"] = "rotorcraft"
    camera: Name | None = None


class SourceSettings(Section):
    """A video stream: of a camera in the district's inventory, or of a vehicle's camera.

    Attributes:
        url: ``rtsp://…``, ``udp://ADDRESS:PORT`` (MPEG-TS) or a file.
        vehicle_id: who carries the camera; left out for a fixed one.
        analyse: whether moving things are looked for.
        hfov_deg, vfov_deg: of an airborne camera whose stream has no metadata.
    """

    sensor_id: Name
    url: str = Field(max_length=1024)
    vehicle_id: Name | None = None
    analyse: bool = True
    hfov_deg: float | None = Field(default=None, gt=0, lt=180)
    vfov_deg: float | None = Field(default=None, gt=0, lt=180)

    @field_validator("url")
    @classmethod
    def _is_video(cls, url: str) -> str:
        if not re.match(r"^(rtsps?://[^\s/]+|udp://\S*:\d{1,5}(/|$)|file://|[^:\s]+$)", url):
            raise ValueError("write rtsp://HOST:PORT/PATH, udp://ADDRESS:PORT (MPEG-TS) or the path of a file")
        return url


class SignInSettings(Section):
    """How long a sign-in lasts, and how many wrong attempts one address or name has."""

    session_hours: float = Field(default=12.0, gt=0, le=24 * 90)
    one_time_minutes: float = Field(default=15.0, gt=0, le=24 * 60)
    attempts: int = Field(default=8, ge=1, le=1000)
    window_s: float = Field(default=300.0, ge=1, le=86_400)


class RetentionSettings(Section):
    """How many days things are kept before they are deleted."""

    audit_days: float = Field(default=365.0, gt=0)
    recordings_days: float = Field(default=30.0, gt=0)


class RecordingSettings(Section):
    """Whether the whole picture is recorded while the service runs."""

    enabled: bool = False


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    server: ServerSettings = ServerSettings()
    district: DistrictSettings = DistrictSettings()
    storage: StorageSettings = StorageSettings()
    sign_in: SignInSettings = SignInSettings()
    retention: RetentionSettings = RetentionSettings()
    recording: RecordingSettings = RecordingSettings()
    profiles: ProfilesSettings = ProfilesSettings()
    policy: PolicySettings = PolicySettings()
    weather: WeatherSettings = WeatherSettings()
    station: StationSettings = StationSettings()
    contingency: ContingencySettings = ContingencySettings()
    links: tuple[LinkSettings, ...] = (LinkSettings(url="udpin:127.0.0.1:14550"),)
    vehicles: Annotated[tuple[VehicleSettings, ...], Field(max_length=254)] = ()
    sources: Annotated[tuple[SourceSettings, ...], Field(max_length=1000)] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables come before the file."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Settings":
        _unique("vehicles", "id", [vehicle.id for vehicle in self.vehicles])
        _unique("vehicles", "system_id", [vehicle.system_id for vehicle in self.vehicles])
        _unique("sources", "sensor_id", [source.sensor_id for source in self.sources])
        return self

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.storage.folder / "liti.sqlite"


def load(path: Path | None = None, *, host: str | None = None, port: int | None = None) -> Settings:
    """The configuration from a file (None: defaults), variables over it, and command-line options over those.

    Folders and files that the file names are relative to the file's own folder.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, or a value is not allowed.
    """
    data = {} if path is None else _read(path)
    source = str(path) if path is not None else "configuration"
    if unknown := _unknown_variables(os.environ):
        raise ConfigError("environment", unknown)
    try:
        settings = Settings(**data)
        server = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
        if server:
            changed = ServerSettings(**{**settings.server.model_dump(), **server})
            settings = settings.model_copy(update={"server": changed})
    except ValidationError as error:
        raise ConfigError(source, [_sentence(detail) for detail in error.errors()]) from None
    except ValueError as error:  # pydantic-settings: a variable that should be JSON is not
        raise ConfigError("environment", [str(error)]) from None
    return settings if path is None else _anchored(settings, path.resolve().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(str(path), ["no such file; give --config the path of a liti.toml"]) from None
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), ["is not UTF-8 text; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [f"is not TOML: {error}"]) from None


def _anchored(settings: Settings, folder: Path) -> Settings:
    storage = StorageSettings(folder=folder / settings.storage.folder)
    server = settings.server.model_copy(
        update={
            key: folder / value
            for key in ("tls_certificate", "tls_key")
            if (value := getattr(settings.server, key)) is not None
        }
    )
    district = settings.district
    beside = folder / district.folder
    if beside.is_dir():
        district = DistrictSettings(folder=str(beside))
    weather = settings.weather
    if weather.metar_file is not None:
        weather = weather.model_copy(update={"metar_file": folder / weather.metar_file})
    return settings.model_copy(update={"storage": storage, "server": server, "district": district, "weather": weather})


def _unknown_variables(variables: Mapping[str, str]) -> list[str]:
    known = {name.upper() for name in Settings.model_fields}
    problems = []
    for variable in sorted(variables):
        if not variable.startswith(ENV_PREFIX) or variable in {FILE_VARIABLE, TOKEN_VARIABLE}:
            continue
        section = variable[len(ENV_PREFIX) :].split("__")[0]
        if section not in known:
            problems.append(f"{variable}: unknown variable{_guess(section, known)}")
    return problems


def _sentence(detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{where}: unknown key{_guess(str(detail['loc'][-1]), _siblings(detail['loc']))}"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _siblings(location: tuple[Any, ...]) -> set[str]:
    model: Any = Settings
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        if field is None:
            return set()
        model = _model_of(field.annotation)
        if model is None:
            return set()
    return set(model.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (model := _model_of(argument)) is not None:
            return model
    return None


def _guess(word: str, known: set[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(known))}"


def _unique(table: str, key: str, values: list[Any]) -> None:
    doubled = sorted({str(value) for value in values if values.count(value) > 1})
    if doubled:
        raise ValueError(f"{table}.{key}: given twice: {', '.join(doubled)}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
