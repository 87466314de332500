"""What the picture shows of a sensor: the camera, its footprint, its state."""

from typing import Any

import numpy as np

from fusion.footprints import Footprint, footprint
from fusion.geolocation import Ground
from fusion.messages import CameraPose, Entity, Health, Position, SensorState
from fusion.sources.health import Verdict
from fusion.sources.reader import Progress
from fusion.sources.settings import SourceSettings
from maps.cameras import lens as lens_of
from maps.cameras import pose as pose_of
from maps.district import District
from maps.instants import Instant

_FIXED_STALE_S = 30.0
_AIRBORNE_STALE_S = 3.0
_SURVEY_SIGMA_M = 0.3
_SURVEY_SIGMA_DEG = 0.1


def fixed_pose(district: District, sensor_id: str, time: float = 0.0) -> CameraPose | None:
    """The pose of a camera of the district's inventory; None where the inventory has none of that name."""
    row = district.cameras_by_id.get(sensor_id)
    if row is None:
        return None
    pose, lens = pose_of(row, district), lens_of(row)
    place = district.frame.to_geodetic(pose.position_enu_m)
    return CameraPose(
        time=time,
        position=Position(place.lat_deg, place.lon_deg, place.alt_amsl_m, float(row["height_m"])),
        azimuth_deg=pose.azimuth_deg,
        tilt_deg=pose.tilt_deg,
        roll_deg=pose.roll_deg,
        hfov_deg=lens.hfov_deg,
        vfov_deg=lens.vfov_deg,
        position_sigma_m=_SURVEY_SIGMA_M,
        angle_sigma_deg=_SURVEY_SIGMA_DEG,
    )


def fixed_range_m(district: District, sensor_id: str) -> float | None:
    """How far a camera of the inventory is of use; None where it does not say."""
    row = district.cameras_by_id.get(sensor_id)
    value = None if row is None else row.get("range_m")
    return float(value) if value is not None and np.isfinite(value) else None


def camera_entity(
    settings: SourceSettings,
    pose: CameraPose,
    time: float,
    health: Health,
    *,
    name: str | None = None,
    frames_per_s: float = 0.0,
    range_m: float | None = None,
) -> Entity:
    """A camera in the picture."""
    properties: dict[str, Any] = {
        "name": name or settings.sensor_id,
        "health": health,
        "fps": round(frames_per_s, 1),
        "hfov_deg": round(pose.hfov_deg, 3),
        "vfov_deg": round(pose.vfov_deg, 3),
        "azimuth_deg": round(pose.azimuth_deg, 3),
        "tilt_deg": round(pose.tilt_deg, 3),
        "roll_deg": round(pose.roll_deg, 3),
        "video": True,
    }
    if settings.vehicle_id is not None:
        properties["vehicle_id"] = settings.vehicle_id
    if range_m is not None:
        properties["range_m"] = range_m
    return Entity(
        id=f"camera/{settings.sensor_id}",
        kind="camera",
        time=time,
        stale_time=time + (_FIXED_STALE_S if settings.vehicle_id is None else _AIRBORNE_STALE_S),
        source=settings.sensor_id,
        position=pose.position,
        properties=properties,
    )


def footprint_entity(settings: SourceSettings, seen: Footprint, time: float) -> Entity:
    """The ground that an airborne camera sees now."""
    properties: dict[str, Any] = {"sensor_id": settings.sensor_id, "on_terrain": seen.on_terrain}
    if settings.vehicle_id is not None:
        properties["vehicle_id"] = settings.vehicle_id
    if seen.limited:
        properties["limited"] = True
    return Entity(
        id=f"footprint/{settings.sensor_id}",
        kind="footprint",
        time=time,
        stale_time=time + _AIRBORNE_STALE_S,
        source=settings.sensor_id,
        geometry=seen.geometry(),
        properties=properties,
    )


def seen_ground(district: District, pose: CameraPose, range_m: float | None = None) -> Footprint | None:
    """What a camera sees of the district's ground."""
    surface: Ground = district.surface
    return footprint(pose, district.frame, surface, max_range_m=range_m or 1500.0)


def sensor_state(
    settings: SourceSettings, progress: Progress, verdict: Verdict, pose: CameraPose | None, now: Instant, now_s: float
) -> SensorState:
    """The state of a sensor at this moment."""
    rate, latency_ms = progress.rate(now_s)
    return SensorState(
        id=settings.sensor_id,
        time=progress.last_time if progress.last_time is not None else now,
        health=verdict.health,
        protocol=settings.protocol,
        vehicle_id=settings.vehicle_id,
        pose=pose,
        width_px=progress.width_px,
        height_px=progress.height_px,
        frames=progress.frames,
        frames_per_s=round(rate, 2),
        latency_ms=None if latency_ms is None or settings.protocol == "file" else round(latency_ms, 1),
        restarts=progress.restarts,
        detail=verdict.detail,
    )
