"""The invented world behind the stand-in service: aircraft on rails, tracks in circles, videos of the streets."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from itertools import count
from typing import Any

import av
import numpy as np
from fastapi import WebSocket
from rasterio.features import rasterize

from fusion.messages import Attitude, CameraPose, Entity, Position, VehicleState
from fusion.picture import Picture
from fusion.stream import PictureStream
from maps import cameras
from maps.district import District
from maps.optics import Lens, Pose
from maps.positions import Geodetic
from missions.plan import Plan

VEHICLES = (("uav-1", "rotorcraft", 70.0), ("uav-2", "rotorcraft", 85.0), ("uav-3", "fixed_wing", 105.0))
STREAMING = tuple(f"cam-{i:03d}" for i in range(1, 7))
LENS = Lens(320, 180, 60.0, 36.0)


class World:
    """Invented aircraft, tracks and missions over a district."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.picture = Picture()
        self.stream = PictureStream(self.picture)
        self.missions: dict[str, dict[str, Any]] = {}
        self.plans: dict[str, tuple[Plan, ...]] = {}
        self.flown: dict[str, tuple[str, Plan, float]] = {}
        self.held: set[str] = set()
        self.cut_until = 0.0
        self.sockets: set[WebSocket] = set()
        self.numbers = count(1)
        self.places: dict[str, tuple[np.ndarray, Attitude]] = {}

    def position(self, enu: np.ndarray) -> Position:
        at = self.district.frame.to_geodetic(enu)
        ground = float(self.district.terrain.height_amsl_m(at.lat_deg, at.lon_deg))
        return Position(at.lat_deg, at.lon_deg, at.alt_amsl_m, at.alt_amsl_m - ground)

    def above_ground(self, east: float, north: float, height: float) -> np.ndarray:
        return np.array([east, north, float(self.district.terrain.height_enu_m(east, north)) + height])

    def advance(self, now: float) -> None:
        for index, (name, kind, height) in enumerate(VEHICLES):
            self._vehicle(now, index, name, kind, height)
        for index in range(14):
            self._track(now, index)
        for index, sensor in enumerate(STREAMING):
            self._fixed_camera(now, sensor, "stalled" if index == 5 else "ok")

    def _where(self, now: float, index: int, name: str, height: float) -> tuple[np.ndarray, np.ndarray]:
        if name in self.flown:
            _, plan, started = self.flown[name]
            times = [point.time_s for point in plan.path]
            points = np.array([self.district.frame.to_enu(_geodetic(p.position)) for p in plan.path])

            def at(when: float) -> np.ndarray:
                return np.array([np.interp(when, times, points[:, axis]) for axis in range(3)])

            elapsed = min(now - started, times[-1])
            return at(elapsed), (at(elapsed + 0.5) - at(elapsed - 0.5))
        radius, rate = 140.0 + 90 * index, (0.05, -0.04, 0.075)[index]
        angle = rate * now + 2.1 * index

        def on_circle(phase: float) -> np.ndarray:
            return self.above_ground(radius * math.cos(phase), radius * math.sin(phase), height)

        return on_circle(angle), (on_circle(angle + rate / 2) - on_circle(angle - rate / 2))

    def _vehicle(self, now: float, index: int, name: str, kind: str, height: float) -> None:
        enu, velocity = self._where(now, index, name, height)
        heading = math.degrees(math.atan2(velocity[0], velocity[1])) % 360
        roll = (24.0 if kind == "fixed_wing" else 6.0) * (1 if index == 1 else -1)
        attitude = Attitude(roll, -8.0 if kind == "rotorcraft" else 2.0, heading)
        self.places[name] = (enu, attitude)
        mission = self.flown.get(name)
        self.picture.put(
            Entity(
                f"vehicle/{name}",
                "vehicle",
                now,
                now + 5,
                name,
                position=self.position(enu),
                velocity_enu_mps=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
                attitude=attitude,
                properties={
                    "kind": kind,
                    "autopilot": "ardupilot",
                    "link": "up",
                    "armed": True,
                    "in_air": True,
                    "mode": "LOITER" if name in self.held else "AUTO" if mission else "GUIDED",
                    "battery_fraction": 0.82 - 0.26 * index,
                    "mission_item": 7 if mission else 0,
                    "mission_items": len(mission[1].items) if mission else 0,
                    **({"faults": ["EKF variance: GPS glitch"]} if index == 2 else {}),
                },
            )
        )
        pose = self.airborne_pose(name, now)
        self.picture.put(_camera_entity(f"{name}-eo", pose, now, "ok", name))
        self.picture.put(self._footprint(f"{name}-eo", name, pose, now))

    def airborne_pose(self, name: str, now: float) -> CameraPose:
        enu, attitude = self.places[name]
        return CameraPose(now, self.position(enu), attitude.yaw_deg, -48.0, 0.0, LENS.hfov_deg, LENS.vfov_deg)

    def _footprint(self, sensor: str, vehicle: str, pose: CameraPose, now: float) -> Entity:
        hits = self.ground_hits(pose, np.array([[0, 0], [320, 0], [320, 180], [0, 180], [0, 0]], dtype=float))
        lat, lon, _ = self.district.frame.geodetic_from_enu(hits)
        ring = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
        return Entity(
            f"footprint/{sensor}",
            "footprint",
            now,
            now + 4,
            sensor,
            geometry={"type": "Polygon", "coordinates": [ring]},
            properties={"sensor_id": sensor, "vehicle_id": vehicle},
        )

    def ground_hits(self, pose: CameraPose, pixels: np.ndarray) -> np.ndarray:
        """Where rays meet the plane of the ground below the middle of the view, refined once by its height there."""
        p = pose.position
        origin = self.district.frame.enu_from_geodetic(p.lat_deg, p.lon_deg, p.alt_amsl_m)
        look = Pose(tuple(origin), pose.azimuth_deg, pose.tilt_deg, pose.roll_deg)
        rays = look.rays_enu(LENS, pixels)
        fall = np.where(rays[..., 2] < -0.05, rays[..., 2], np.nan)
        hits = origin + rays * ((origin[2] - (p.alt_agl_m or 50) - origin[2]) / fall)[..., None]
        for _ in range(3):
            ground = self.district.terrain.height_enu_m(np.nan_to_num(hits[..., 0]), np.nan_to_num(hits[..., 1]))
            hits = origin + rays * ((ground - origin[2]) / fall)[..., None]
        return hits

    def _track(self, now: float, index: int) -> None:
        kind = ("person", "vehicle", "person", "other")[index % 4]
        radius, rate = 60.0 + 25 * index, (0.02 + 0.004 * index) * (-1) ** index
        angle = rate * now + index
        enu = self.above_ground(radius * math.cos(angle), radius * math.sin(angle), 0)
        speed = radius * rate
        spread = 1.0 + index % 5
        self.picture.put(
            Entity(
                f"track/{index + 1}",
                "track",
                now if index != 9 else now - 6,
                now + 3 if index != 9 else now - 3,
                "tracking",
                position=self.position(enu),
                velocity_enu_mps=(-speed * math.sin(angle), speed * math.cos(angle), 0.0),
                covariance_enu_m2=((spread, 0.6 * spread, 0), (0.6 * spread, spread * 1.6, 0), (0, 0, 1)),
                properties={
                    "status": ("confirmed", "confirmed", "tentative", "coasting")[index % 4],
                    "kind": kind,
                    "sensors": ["cam-001", "uav-1-eo"],
                },
            )
        )

    def _fixed_camera(self, now: float, sensor: str, health: str) -> None:
        self.picture.put(_camera_entity(sensor, self.fixed_pose(sensor, now), now, health, None))

    def fixed_pose(self, sensor: str, now: float) -> CameraPose:
        row = self.district.cameras_by_id[sensor]
        pose, lens = cameras.pose(row, self.district), cameras.lens(row)
        at = self.position(np.asarray(pose.position_enu_m))
        return CameraPose(now, at, pose.azimuth_deg, pose.tilt_deg, 0.0, lens.hfov_deg, lens.vfov_deg)

    def vehicle_states(self, now: float) -> list[VehicleState]:
        home = self.district.home
        at = Position(home.lat_deg, home.lon_deg, home.alt_amsl_m, 0.0)
        return [
            VehicleState(name, kind, "ardupilot", now, now, "up", position=at, home=at, battery_fraction=0.9)  # type: ignore[arg-type]
            for name, kind, _ in VEHICLES
        ]

    def put_mission(self, mission: dict[str, Any]) -> None:
        now = time.time()
        lines = [plan["path_geojson"]["coordinates"] for plan in mission["plans"]]
        self.missions[mission["id"]] = mission
        self.picture.put(
            Entity(
                f"mission/{mission['id']}",
                "mission",
                now,
                now + 3_600,
                "missions",
                geometry={"type": "MultiLineString", "coordinates": lines},
                properties={
                    "state": mission["state"],
                    "kind": mission["kind"],
                    "flights": mission["flights"] or [{"vehicle_id": plan["vehicle_id"]} for plan in mission["plans"]],
                },
            )
        )


def _geodetic(position: Position) -> Geodetic:
    return Geodetic(position.lat_deg, position.lon_deg, position.alt_amsl_m)


def _camera_entity(sensor: str, pose: CameraPose, now: float, health: str, vehicle: str | None) -> Entity:
    view = {name: getattr(pose, name) for name in ("azimuth_deg", "tilt_deg", "roll_deg", "hfov_deg", "vfov_deg")}
    carrier = {} if vehicle is None else {"vehicle_id": vehicle}
    return Entity(
        f"camera/{sensor}",
        "camera",
        now,
        now + 6,
        sensor,
        position=pose.position,
        properties={"health": health, "video": True, **view, **carrier},
    )


class Filming:
    """Pictures of the streets from a pose, as H.264 access units."""

    def __init__(self, world: World) -> None:
        self.world = world
        streets = world.district.streets.to_crs(world.district.frame.crs)
        shapes = [(line.buffer(width / 2), 2) for line, width in zip(streets.geometry, streets.width_m, strict=True)]
        houses = world.district.buildings.to_crs(world.district.frame.crs)
        shapes += [(shape, 1) for shape in houses.geometry]
        self.map = rasterize(shapes, out_shape=(4400, 4400), transform=(1, 0, -2200, 0, -1, 2200), dtype="uint8")
        self.pixels = np.stack(np.meshgrid(np.arange(320) + 0.5, np.arange(180) + 0.5), axis=-1)

    def frame(self, pose: CameraPose) -> np.ndarray:
        hits = self.world.ground_hits(pose, self.pixels.reshape(-1, 2)).reshape(180, 320, 3)
        column = np.nan_to_num(hits[..., 0] + 2200, nan=-1).astype(int)
        row = np.nan_to_num(2200 - hits[..., 1], nan=-1).astype(int)
        inside = (column >= 0) & (column < 4400) & (row >= 0) & (row < 4400)
        what = np.where(inside, self.map[row.clip(0, 4399), column.clip(0, 4399)], 3)
        colours = np.array([[84, 108, 74], [150, 128, 110], [196, 192, 184], [130, 160, 190]], dtype=np.uint8)
        image = colours[what]
        checker = ((np.nan_to_num(hits[..., 0]) // 10 + np.nan_to_num(hits[..., 1]) // 10) % 2 == 0) & (what == 0)
        image[checker] += 10
        image[:6, :] = [255, 80, 80]
        return image

    async def units(self, pose_now: Callable[[float], CameraPose]) -> AsyncIterator[tuple[CameraPose, bool, bytes]]:
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
        encoder.time_base, encoder.gop_size = Fraction(1, 8), 8
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        for number in count():
            pose = pose_now(time.time())
            frame = av.VideoFrame.from_ndarray(self.frame(pose), format="rgb24").reformat(format="yuv420p")
            frame.pts = number
            for packet in encoder.encode(frame):
                yield pose, packet.is_keyframe, bytes(packet)
            await asyncio.sleep(0.125)
