"""Which sensors see a point now, and how well."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from fusion.messages import CameraPose, SensorState
from maps.optics import Lens, Pose
from maps.positions import FloatArray
from service.sights import Sight, Visibility

if TYPE_CHECKING:
    from maps.district import District

FRESH_S = 3.0
"""An airborne camera's pose older than this says nothing of the present."""
FARTHEST_M = 3000.0


def visibility(
    district: "District", sensors: Iterable[SensorState], lat_deg: float, lon_deg: float, height_m: float, now: float
) -> Visibility:
    """Who sees the point ``height_m`` above the ground (call it in a thread)."""
    states = {state.id: state for state in sensors}
    ground = float(district.terrain.height_amsl_m(lat_deg, lon_deg))
    point = district.frame.enu_from_geodetic(lat_deg, lon_deg, ground + height_m)
    looks = [*_fixed(district, point, states), *_airborne(district, states.values(), now)]
    framed = [(name, kind, pose, sight) for name, kind, lens, pose in looks if (sight := _in_frame(lens, pose, point))]
    if not framed:
        return Visibility(lat_deg, lon_deg, round(ground + height_m, 2), ())
    origins = np.array([pose.position_enu_m for _, _, pose, _ in framed])
    clear = district.surface.visible(origins, np.broadcast_to(point, origins.shape))
    seen = [
        _sight(name, kind, sight, float(np.linalg.norm(point - pose.position_enu_m)), states.get(name))
        for (name, kind, pose, sight), free in zip(framed, clear, strict=True)
        if free
    ]
    ordered = tuple(sorted(seen, key=lambda each: -each.px_per_m))
    return Visibility(lat_deg, lon_deg, round(ground + height_m, 2), ordered)


Look = tuple[str, Literal["fixed", "airborne"], Lens, Pose]
InFrame = tuple[float, tuple[float, float]]


def _fixed(district: "District", point: FloatArray, states: dict[str, SensorState]) -> Iterator[Look]:
    from maps.cameras import lens, pose

    cameras = district.cameras
    if cameras.empty:
        return
    places = district.frame.enu_from_geodetic(cameras.geometry.y, cameras.geometry.x, district.home.alt_amsl_m)
    away_m = np.hypot(places[:, 0] - point[0], places[:, 1] - point[1])
    reach_m = cameras["range_m"].fillna(FARTHEST_M).to_numpy(dtype=float)
    for index in np.flatnonzero(away_m <= reach_m):
        row = cameras.iloc[int(index)]
        name = str(row["id"])
        state = states.get(name)
        if state is not None and state.health in {"offline", "black", "frozen", "stalled"}:
            continue
        yield name, "fixed", lens(row), pose(row, district)


def _airborne(district: "District", states: Iterable[SensorState], now: float) -> Iterator[Look]:
    for state in states:
        pose = state.pose
        if state.vehicle_id is None or pose is None or now - pose.time > FRESH_S or state.health != "ok":
            continue
        yield state.id, "airborne", *_placed(district, state, pose)


def _placed(district: "District", state: SensorState, pose: CameraPose) -> tuple[Lens, Pose]:
    place = pose.position
    enu = district.frame.enu_from_geodetic(place.lat_deg, place.lon_deg, place.alt_amsl_m)
    lens = Lens(state.width_px or 640, state.height_px or 360, pose.hfov_deg, pose.vfov_deg)
    east, north, up = (float(value) for value in enu)
    return lens, Pose((east, north, up), pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)


def _in_frame(lens: Lens, pose: Pose, point: FloatArray) -> InFrame | None:
    """Pixel density and pixel of a point, None when it is not in the picture."""
    u, v = pose.pixels(lens, point)
    if not (0 <= u <= lens.width_px and 0 <= v <= lens.height_px):
        return None
    depth_m = float((point - np.asarray(pose.position_enu_m)) @ pose.enu_from_camera[:, 2])
    return lens.focal_px[0] / depth_m, (round(float(u), 1), round(float(v), 1))


def _sight(
    name: str, kind: Literal["fixed", "airborne"], sight: InFrame, distance_m: float, state: SensorState | None
) -> Sight:
    from maps.grades import GRADES

    density, pixel = sight
    reached = [grade.name for grade in GRADES if density >= grade.px_per_m]
    return Sight(
        sensor_id=name,
        kind=kind,
        px_per_m=round(density, 2),
        distance_m=round(distance_m, 1),
        pixel=pixel,
        grade=reached[-1] if reached else None,
        health=None if state is None else state.health,
    )
