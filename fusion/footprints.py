"""Footprints: the ground that a camera sees at one instant."""

from dataclasses import dataclass

import numpy as np

from fusion.geolocation import Ground
from fusion.messages import CameraPose, Position
from maps.optics import Lens, Pose
from maps.positions import FloatArray, Geodetic, LocalFrame

_NEAR_M = 30_000.0
_PER_SIDE = (8, 5)  # rays along the upper and lower edges, and along the sides
_SKY_TILT_DEG = -2.0  # rays above this are let down to it: they meet the ground only far away, if at all


@dataclass(frozen=True, slots=True)
class Footprint:
    """Ground seen by a camera.

    Attributes:
        ring_deg: outer ring as (lon, lat) pairs, closed, anticlockwise.
        on_terrain: whether it was computed on the district's ground; if not, on a level plane.
        limited: whether its far edge is a limit of range rather than the edge of the picture.
    """

    ring_deg: tuple[tuple[float, float], ...]
    on_terrain: bool
    limited: bool

    def geometry(self) -> dict[str, object]:
        """GeoJSON."""
        return {"type": "Polygon", "coordinates": [[list(point) for point in self.ring_deg]]}


def footprint(
    pose: CameraPose, frame: LocalFrame, surface: Ground | None, *, max_range_m: float = 1500.0
) -> Footprint | None:
    """The ground that a camera sees, from the outline of its picture; None where it sees none.

    Outside the district (beyond 30 km from its origin), or without a surface, the ground is a level plane at sea level
    or, within the district, at the height of its origin; the range is then not limited to ``max_range_m`` but to four
    times the height above that plane.
    """
    local = frame
    east, north, up = frame.enu_from_geodetic(pose.position.lat_deg, pose.position.lon_deg, pose.position.alt_amsl_m)
    inside = float(np.hypot(east, north)) < _NEAR_M
    if not inside:
        local = LocalFrame(Geodetic(pose.position.lat_deg, pose.position.lon_deg, 0.0))
        east, north, up = local.to_enu(_geodetic(pose.position))
    placed = Pose((float(east), float(north), float(up)), pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)
    lens = Lens(1600, 900, pose.hfov_deg, pose.vfov_deg)
    rays = _outline_rays(placed, lens)
    if rays is None:
        return None
    on_terrain = inside and surface is not None
    if surface is not None and inside:
        points, limited = _on_surface(placed, rays, surface, max_range_m)
    else:
        points, limited = _on_plane(placed, rays)
    if points is None:
        return None
    lat, lon, _ = local.geodetic_from_enu(points)
    return Footprint(_ring(points, lat, lon), on_terrain, limited)


def _geodetic(position: Position) -> Geodetic:
    return Geodetic(position.lat_deg, position.lon_deg, position.alt_amsl_m)


def _outline_rays(pose: Pose, lens: Lens) -> FloatArray | None:
    """Rays around the picture's edge, in order; those towards the sky are let down to just below the horizon."""
    wide, high = _PER_SIDE
    x = np.linspace(0, lens.width_px, wide, endpoint=False)
    y = np.linspace(0, lens.height_px, high, endpoint=False)
    edge = np.concatenate(
        [
            np.column_stack([x, np.zeros(wide)]),
            np.column_stack([np.full(high, lens.width_px), y]),
            np.column_stack([lens.width_px - x, np.full(wide, lens.height_px)]),
            np.column_stack([np.zeros(high), lens.height_px - y]),
        ]
    )
    rays = pose.rays_enu(lens, edge)
    limit = np.sin(np.radians(_SKY_TILT_DEG))
    if (rays[:, 2] >= limit).all():
        return None
    sky = rays[:, 2] > limit
    level = np.linalg.norm(rays[:, :2], axis=1, keepdims=True)
    flat = rays[:, :2] / np.maximum(level, 1e-9) * np.cos(np.radians(_SKY_TILT_DEG))
    rays[sky] = np.column_stack([flat, np.full(len(rays), limit)])[sky]
    return rays


def _on_surface(pose: Pose, rays: FloatArray, surface: Ground, max_range_m: float) -> tuple[FloatArray | None, bool]:
    """Where the rays meet ground or buildings (the point beneath); where they meet nothing, their ends."""
    origin = np.asarray(pose.position_enu_m)
    hits = surface.cast(origin, rays, max_range_m)
    missed = hits.on == 0
    if missed.all():
        return None, False
    points = np.where(missed[:, None], origin + rays * max_range_m, hits.points_enu_m)
    points[:, 2] = surface.ground_enu_m(points[:, 0], points[:, 1])
    return points, bool(missed.any())


def _on_plane(pose: Pose, rays: FloatArray) -> tuple[FloatArray | None, bool]:
    height = pose.position_enu_m[2]
    if height <= 1.0:
        return None, False
    reach = height / np.maximum(-rays[:, 2], 1e-6)
    limit = 4.0 * height
    limited = reach > limit
    points = np.asarray(pose.position_enu_m) + rays * np.minimum(reach, limit)[:, None]
    points[:, 2] = 0.0
    return points, bool(limited.any())


def _ring(points: FloatArray, lat: FloatArray, lon: FloatArray) -> tuple[tuple[float, float], ...]:
    """Closed ring of (lon, lat), anticlockwise as RFC 7946 wants."""
    x, y = points[:, 0], points[:, 1]
    area = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    order = np.arange(len(points)) if area >= 0 else np.arange(len(points))[::-1]
    ring = [(round(float(lon[i]), 7), round(float(lat[i]), 7)) for i in order]
    return (*ring, ring[0])
