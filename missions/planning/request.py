"""Mission requests: what a person asks for, before anything is planned."""

import math
from typing import Annotated, Any, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

Kind = Literal["survey", "route", "orbit", "corridor", "perimeter", "gap", "dispatch"]
MAX_VERTICES = 2_000

_GEOMETRY_OF: dict[str, tuple[str, ...]] = {
    "survey": ("Polygon",),
    "gap": ("Polygon",),
    "perimeter": ("Polygon",),
    "route": ("LineString", "Point"),
    "corridor": ("LineString",),
    "orbit": ("Point",),
    "dispatch": ("Point",),
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Altitude(_Part):
    """How high to fly, and from where that is measured."""

    value_m: Annotated[float, Field(ge=2, le=6_000)]
    reference: Literal["agl", "home", "amsl"] = "agl"


class CameraOptics(_Part):
    """The camera that images the ground, and how much neighbouring pictures share."""

    hfov_deg: Annotated[float, Field(gt=1, lt=150)] = 60.0
    vfov_deg: Annotated[float, Field(gt=1, lt=150)] = 36.0
    width_px: Annotated[int, Field(ge=16, le=20_000)] = 640
    height_px: Annotated[int, Field(ge=16, le=20_000)] = 360
    overlap: Annotated[float, Field(ge=0, le=0.95)] = 0.6
    sidelap: Annotated[float, Field(ge=0, le=0.95)] = 0.3


class HomePlace(_Part):
    """Where the vehicle takes off and returns to."""

    lat_deg: Annotated[float, Field(ge=-90, le=90)]
    lon_deg: Annotated[float, Field(ge=-180, le=180)]


class Wind(_Part):
    """A steady wind over the whole flight."""

    from_deg: Annotated[float, Field(ge=0, le=360)]
    speed_mps: Annotated[float, Field(ge=0, le=60)]


class VehicleCount(_Part):
    """So many vehicles of a kind, whichever they are."""

    count: Annotated[int, Field(ge=1, le=50)] = 1
    kind: Literal["rotorcraft", "fixed_wing", "vtol"] | None = None


class MissionRequest(_Part):
    """What to fly; DESIGN's mission request. Left-out parts have the defaults below.

    Attributes:
        kind: what for.
        geometry: GeoJSON in longitude and latitude: the area, line or place.
        altitude: of the flight, 80 m above the ground unless told.
        speed_mps: through the air; by default the profile's cruise.
        vehicles: ids, or how many of a kind; by default one rotorcraft.
        camera: optics; by default a 60 x 36 degree camera of 640 x 360 pixels.
        home: by default where the vehicle stands, else the district's home.
        wind: by default calm.
        repeat: how often the whole is flown.
        name: for people.
    """

    kind: Kind
    geometry: dict[str, Any]
    altitude: Altitude = Altitude(value_m=80.0)
    speed_mps: Annotated[float, Field(gt=0.5, le=60)] | None = None
    vehicles: list[Annotated[str, Field(min_length=1, max_length=64)]] | VehicleCount = VehicleCount()
    camera: CameraOptics = CameraOptics()
    home: HomePlace | None = None
    wind: Wind | None = None
    repeat: Annotated[int, Field(ge=1, le=20)] = 1
    name: Annotated[str, Field(max_length=200)] = ""

    @field_validator("geometry")
    @classmethod
    def _geometry_is_sound(cls, value: dict[str, Any]) -> dict[str, Any]:
        geometry = _geometry(value)
        if geometry.is_empty:
            raise ValueError("the geometry is empty: draw at least one place")
        if shapely.get_num_coordinates(geometry) > MAX_VERTICES:
            raise ValueError(f"the geometry has more than {MAX_VERTICES} vertices: simplify it")
        west, south, east, north = geometry.bounds
        if not all(math.isfinite(bound) for bound in geometry.bounds):
            raise ValueError("a coordinate is not a number")
        if west < -180 or east > 180 or south < -90 or north > 90:
            raise ValueError("coordinates must be [longitude, latitude] in degrees (are they swapped?)")
        return value

    @field_validator("vehicles")
    @classmethod
    def _vehicles_are_some(cls, value: list[str] | VehicleCount) -> list[str] | VehicleCount:
        if isinstance(value, list) and (not value or len(value) > 50 or len(set(value)) != len(value)):
            raise ValueError("name 1 to 50 vehicles, each once")
        return value

    @model_validator(mode="after")
    def _geometry_fits_kind(self) -> "MissionRequest":
        wanted = _GEOMETRY_OF[self.kind]
        if self.geometry.get("type") not in wanted:
            raise ValueError(f"a {self.kind} needs a {' or '.join(wanted)}, not a {self.geometry.get('type')}")
        return self

    @property
    def shape(self) -> BaseGeometry:
        """The geometry as shapely's, in degrees (longitude, latitude)."""
        return _geometry(self.geometry)


def _geometry(value: dict[str, Any]) -> BaseGeometry:
    try:
        return shape(value)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise ValueError(f"this is no GeoJSON geometry: {error}") from error
