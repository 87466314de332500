"""Mission requests: what a person asks for, before anything is planned."""

import math
from typing import Annotated, Any, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

Kind = Literal["survey", "route", "orbit", "corridor", "perimeter", "search", "gap", "dispatch", "follow"]
Pattern = Literal["expanding_square", "sector", "creeping_line"]
MAX_VERTICES = 2_000
MAX_TASKS = 50
DEFAULT_HEIGHT_M = 80.0

_GEOMETRY_OF: dict[Kind, tuple[str, ...]] = {
    "survey": ("Polygon", "MultiPolygon"),
    "gap": ("Polygon", "MultiPolygon"),
    "perimeter": ("Polygon",),
    "route": ("LineString", "Point", "MultiPoint"),
    "corridor": ("LineString", "MultiLineString"),
    "orbit": ("Point", "MultiPoint", "Polygon"),
    "search": ("Point", "Polygon"),
    "dispatch": ("Point", "MultiPoint"),
    "follow": ("Point", "LineString"),
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Altitude(_Part):
    """How high to fly, and from where that is measured."""

    value_m: Annotated[float, Field(ge=2, le=6_000)]
    reference: Literal["agl", "home", "amsl"] = "agl"


class CameraOptics(_Part):
    """The camera that images the ground, and how much neighbouring pictures share.

    Attributes:
        ground_resolution_m: metres of ground a pixel may at most be wide; decides the height where none is asked for.
    """

    hfov_deg: Annotated[float, Field(gt=1, lt=150)] = 60.0
    vfov_deg: Annotated[float, Field(gt=1, lt=150)] = 36.0
    width_px: Annotated[int, Field(ge=16, le=20_000)] = 640
    height_px: Annotated[int, Field(ge=16, le=20_000)] = 360
    overlap: Annotated[float, Field(ge=0, le=0.95)] = 0.6
    sidelap: Annotated[float, Field(ge=0, le=0.95)] = 0.3
    ground_resolution_m: Annotated[float, Field(gt=0.001, le=10)] | None = None

    def height_for_m(self, ground_resolution_m: float) -> float:
        """The height from which a pixel is so many metres of ground wide, looking straight down."""
        return ground_resolution_m * self.width_px / (2 * math.tan(math.radians(self.hfov_deg / 2)))


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


_VehicleId = Annotated[str, Field(min_length=1, max_length=64)]
Crew = (
    Annotated[list[_VehicleId], Field(min_length=1, max_length=50)]
    | VehicleCount
    | Annotated[list[VehicleCount], Field(min_length=1, max_length=10)]
)
"""Names of vehicles, or so many of a kind, or several such counts."""


class MissionRequest(_Part):
    """What to fly; DESIGN's mission request. Left-out parts have the defaults below.

    Attributes:
        kind: what for.
        geometry: GeoJSON in longitude and latitude: the area, line or place; the parts of a Multi… are so many tasks
            shared among the vehicles.
        altitude: of the flight; by default `DEFAULT_HEIGHT_M` above the ground, or the height that gives the camera's
            ``ground_resolution_m``.
        speed_mps: through the air; by default the profile's cruise.
        vehicles: ids, or how many of a kind, or several such counts; by default one rotorcraft.
        camera: optics; by default a 60 x 36 degree camera of 640 x 360 pixels.
        home: by default where the vehicle stands, else the district's home.
        wind: by default calm.
        repeat: how often the whole is flown.
        name: for people.
        direction_deg: of the passes of a survey, a gap or a creeping line, clockwise from north, by default the best
            one; of the first leg of the other searches, by default into the wind.
        width_m: of the ground that a corridor images, centred on its line; by default what one pass images.
        radius_m: of an orbit (60 m), a sector search (300 m) or an expanding square (half its side, 300 m).
        turns: round an orbit.
        clockwise: sense of an orbit, a perimeter and a search.
        offset_m: of a perimeter from the area's edge, outward positive.
        pattern: of a search; by default a creeping line over an area, an expanding square round a place.
        spacing_m: between the tracks of a search; by default a swath less its sidelap.
        stay_s: how long a dispatched or following vehicle watches.
        standoff_m: how far from its target it stays; by default over a place dispatched to, 60 m from what it follows.
        bearing_deg: of the vehicle seen from its target, clockwise from north; by default where it comes from.
        target_speed_mps: of what is followed along a line.
        revisit_s: how old the last look at a gap may become.
        battery_swaps: whether work longer than a battery is flown in several flights; else it is one plan for each
            aircraft, which clearance refuses when the battery does not carry it.
        persist_s: how long a patrol is kept up, vehicles relieving each other.
    """

    kind: Kind
    geometry: dict[str, Any]
    altitude: Altitude = Altitude(value_m=DEFAULT_HEIGHT_M)
    speed_mps: Annotated[float, Field(gt=0.5, le=60)] | None = None
    vehicles: Crew = VehicleCount()
    camera: CameraOptics = CameraOptics()
    home: HomePlace | None = None
    wind: Wind | None = None
    repeat: Annotated[int, Field(ge=1, le=20)] = 1
    name: Annotated[str, Field(max_length=200)] = ""
    direction_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    width_m: Annotated[float, Field(gt=0, le=5_000)] | None = None
    radius_m: Annotated[float, Field(ge=5, le=5_000)] | None = None
    turns: Annotated[float, Field(gt=0, le=50)] = 1.0
    clockwise: bool = True
    offset_m: Annotated[float, Field(ge=-1_000, le=1_000)] = 0.0
    pattern: Pattern | None = None
    spacing_m: Annotated[float, Field(ge=2, le=5_000)] | None = None
    stay_s: Annotated[float, Field(ge=0, le=7_200)] = 60.0
    standoff_m: Annotated[float, Field(ge=0, le=2_000)] | None = None
    bearing_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    target_speed_mps: Annotated[float, Field(ge=0, le=40)] | None = None
    revisit_s: Annotated[float, Field(ge=30, le=86_400)] | None = None
    persist_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    battery_swaps: bool = False

    @model_validator(mode="before")
    @classmethod
    def _height_from_resolution(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("altitude") is not None or not isinstance(data.get("camera"), dict):
            return data
        try:
            camera = CameraOptics.model_validate(data["camera"])
        except ValidationError:
            return data  # said again, with its place, when the camera itself is validated
        if camera.ground_resolution_m is None:
            return data
        return {**data, "altitude": {"value_m": camera.height_for_m(camera.ground_resolution_m)}}

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
    def _vehicles_are_some(cls, value: Crew) -> Crew:
        if isinstance(value, VehicleCount):
            return value
        names = [each for each in value if isinstance(each, str)]
        if len(set(names)) != len(names):
            raise ValueError("name each vehicle once")
        if sum(each.count for each in value if isinstance(each, VehicleCount)) > MAX_TASKS:
            raise ValueError(f"ask for {MAX_TASKS} vehicles at most")
        return value

    @model_validator(mode="after")
    def _geometry_fits_kind(self) -> "MissionRequest":
        wanted = _GEOMETRY_OF[self.kind]
        if self.geometry.get("type") not in wanted:
            raise ValueError(f"a {self.kind} needs a {' or '.join(wanted)}, not a {self.geometry.get('type')}")
        if len(self.tasks) > MAX_TASKS:
            raise ValueError(f"one request holds {MAX_TASKS} tasks at most")
        if self.pattern == "creeping_line" and self.geometry["type"] == "Point":
            raise ValueError("a creeping line searches an area: give a Polygon, or choose another pattern")
        return self

    @property
    def shape(self) -> BaseGeometry:
        """The geometry as shapely's, in degrees (longitude, latitude)."""
        return _geometry(self.geometry)

    @property
    def tasks(self) -> tuple[BaseGeometry, ...]:
        """The parts of the geometry, each a task of its own; in degrees (longitude, latitude)."""
        whole = self.shape
        return tuple(getattr(whole, "geoms", (whole,)))


def _geometry(value: dict[str, Any]) -> BaseGeometry:
    try:
        return shape(value)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise ValueError(f"this is no GeoJSON geometry: {error}") from error
