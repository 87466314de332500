"""The payloads of the bus, and the entities of the picture.

Values are frozen. Times are `maps.instants.Instant`: UTC seconds, the *sensor's* time unless a name says otherwise.
What is unknown is `None` in code and left out on the wire, never null and never a made-up number.
"""

from typing import Any, Literal

import msgspec

VehicleKind = Literal["rotorcraft", "fixed_wing", "vtol"]
TargetKind = Literal["person", "vehicle", "other"]
TrackStatus = Literal["tentative", "confirmed", "coasting", "dropped"]
EntityKind = Literal["vehicle", "camera", "footprint", "track", "incident", "mission", "zone", "site", "unit"]
Health = Literal["ok", "connecting", "stalled", "offline", "frozen", "black", "degraded"]
Severity = Literal["info", "warning", "critical"]

Vector3 = tuple[float, float, float]
Covariance2 = tuple[tuple[float, float], tuple[float, float]]
Covariance3 = tuple[Vector3, Vector3, Vector3]


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """A WGS84 position: degrees, metres above mean sea level and, where known, above the ground."""

    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    alt_agl_m: float | None = None


class Attitude(msgspec.Struct, frozen=True):
    """Attitude of a body (forward, right, down) against north-east-down, in degrees; yaw clockwise from true north."""

    roll_deg: float
    pitch_deg: float
    yaw_deg: float


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Anything in the picture; the shape of DESIGN's WebSocket door.

    Attributes:
        id: unique in the picture; by custom ``<kind>/<name>``, such as ``vehicle/uav-1`` or ``camera/cam-012``.
        kind: what it is.
        time: instant it was true.
        stale_time: instant from which it must no longer be taken for the present.
        source: who says so (a vehicle's, sensor's or room's name).
        covariance_enu_m2: 3 x 3, position.
        geometry: GeoJSON.
        properties: what the kind adds; keys carry units.
    """

    id: str
    kind: EntityKind
    time: float
    stale_time: float
    source: str
    position: Position | None = None
    velocity_enu_mps: Vector3 | None = None
    attitude: Attitude | None = None
    covariance_enu_m2: Covariance3 | None = None
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] = {}


class Removal(msgspec.Struct, frozen=True):
    """An entity that is no more."""

    id: str
    time: float


class CameraPose(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a camera was and looked at one instant.

    Attributes:
        time: of the frame.
        position: of the camera.
        azimuth_deg: of the optical axis, clockwise from true north.
        tilt_deg: of the optical axis, 0 level, negative down.
        roll_deg: of the image about the axis, positive right side down.
        hfov_deg: full horizontal field of view.
        vfov_deg: full vertical field of view.
        position_sigma_m: standard deviation of each coordinate.
        angle_sigma_deg: standard deviation of each angle.
    """

    time: float
    position: Position
    azimuth_deg: float
    tilt_deg: float
    roll_deg: float
    hfov_deg: float
    vfov_deg: float
    position_sigma_m: float = 1.0
    angle_sigma_deg: float = 0.5


class SensorState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A camera, fixed or airborne, as its video tells.

    Attributes:
        id: the sensor's name (``cam-012``, ``uav-1-eo``).
        time: of the newest frame, or of this statement where there is none.
        health: what its video is fit for.
        protocol: ``rtsp``, ``mpegts``, ``file`` …
        vehicle_id: the aircraft that carries it; None for a fixed camera.
        latency_ms: from the sensor's time to the decoded frame, recent mean.
        detail: what to know or do about a health other than "ok".
    """

    id: str
    time: float
    health: Health
    protocol: str = ""
    vehicle_id: str | None = None
    pose: CameraPose | None = None
    width_px: int | None = None
    height_px: int | None = None
    frames: int = 0
    frames_per_s: float = 0.0
    latency_ms: float | None = None
    restarts: int = 0
    detail: str | None = None


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One detection put on the ground.

    Attributes:
        position: of the foot of the thing, on the surface.
        covariance_enu_m2: 2 x 2, east and north.
        box_px: x, y, width and height in the frame.
        score: 0 to 1.
    """

    position: Position
    covariance_enu_m2: Covariance2
    kind: TargetKind
    box_px: tuple[float, float, float, float]
    score: float = 1.0


class ObservationBatch(msgspec.Struct, frozen=True):
    """All observations of one analysed frame; published even when there is none, for that is news as well.

    Attributes:
        time: of the frame (sensor's time).
        arrival_time: when the frame was decoded here.
        sensor_id: who saw it.
        observations: what moved.
        seen: ground covered by the frame, GeoJSON polygon's outer ring as (lon, lat) pairs; empty where unknown.
    """

    time: float
    arrival_time: float
    sensor_id: str
    observations: tuple[Observation, ...]
    seen: tuple[tuple[float, float], ...] = ()


class TrackState(msgspec.Struct, frozen=True):
    """One track at one instant; position and velocity with their joint uncertainty left to the tracker."""

    id: str
    status: TrackStatus
    kind: TargetKind
    position: Position
    velocity_enu_mps: Vector3
    covariance_enu_m2: Covariance2
    sensors: tuple[str, ...]


class TrackBatch(msgspec.Struct, frozen=True):
    """All confirmed and coasting tracks, those just dropped, and the sensor time of this state of theirs."""

    time: float
    tracks: tuple[TrackState, ...]


class VehicleState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of an aircraft now.

    Attributes:
        id: its name here (``uav-1``).
        time: of the newest position, by the vehicle's clock brought to UTC; of this statement where there is none.
        received_time: arrival of the newest message from it.
        link: "up", "stale" (nothing for 2 s) or "lost" (nothing for 5 s).
        position: only from a fix_type of 3 or more.
        home: where it returns to.
        mode: the autopilot's own word, for instance ``GUIDED`` or ``AUTO.MISSION``.
        battery_fraction: 0 to 1, None when the vehicle does not know.
        camera_azimuth_deg: where the gimbal looks, from true north; tilt below the horizon is negative.
        mission_item: index into the plan of the item being flown, None when none is.
        faults: what the pilot must know, in the vehicle's words.
    """

    id: str
    kind: VehicleKind
    autopilot: Literal["ardupilot", "px4", "unknown"]
    time: float
    received_time: float
    link: Literal["up", "stale", "lost"]
    armed: bool = False
    mode: str = ""
    ready_to_arm: bool = False
    in_air: bool | None = None
    fix_type: int = 0
    satellites: int | None = None
    position: Position | None = None
    alt_home_m: float | None = None
    velocity_enu_mps: Vector3 | None = None
    attitude: Attitude | None = None
    home: Position | None = None
    battery_fraction: float | None = None
    battery_v: float | None = None
    wind_from_deg: float | None = None
    wind_mps: float | None = None
    camera_azimuth_deg: float | None = None
    camera_tilt_deg: float | None = None
    mission_item: int | None = None
    mission_items: int | None = None
    faults: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something people should learn of, in both languages.

    Attributes:
        code: for programs, dotted lower case, such as ``vehicle.link_lost``.
        subject: id of the entity it is about.
    """

    time: float
    code: str
    severity: Severity
    subject: str
    message_en: str
    message_zh: str
    properties: dict[str, Any] = {}
