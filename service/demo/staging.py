"""Staging: the scenario of the demonstration, and the service's configuration that fits it."""

import math
import socket
from dataclasses import dataclass
from pathlib import Path

from maps.cameras import pose
from maps.district import District

STREAM_WIDTH_PX = 640
STREAM_HEIGHT_PX = 360
FRAMES_PER_S = 8
FIXED_CAMERAS = 6
KINDS = {"uav-1": "rotorcraft", "uav-2": "rotorcraft", "uav-3": "fixed_wing"}
MOVERS_AREA_M = 350.0
ARMING_DELAY_S = 6.0
TAKE_OFF_HEADING_DEG = 245.0
"""Toward the first pass of the fixed-wing survey: an aircraft with wings takes off the way it stands."""

STANDS_M = {"uav-3": (120.0, -60.0)}
"""East and north of home: the fixed wing glides in beside the pads of the others. These stand at home."""

STEEP_ENOUGH_DEG = -4.0
FAR_M = 100.0
APART_M = 40.0


@dataclass(frozen=True)
class Stage:
    """The demonstration's files and addresses.

    Attributes:
        scenario: the world, for ``liti sim``.
        config: the service, for ``liti serve``.
        fixed: ids of the fixed cameras that send video.
        airborne: sensor id of each vehicle's camera, by vehicle id.
        kinds: kind of each vehicle, by id.
    """

    scenario: Path
    config: Path
    fixed: tuple[str, ...]
    airborne: dict[str, str]
    kinds: dict[str, str]

    @property
    def sensors(self) -> tuple[str, ...]:
        """Every camera that sends video."""
        return (*self.fixed, *self.airborne.values())


@dataclass(frozen=True)
class _Cast:
    """Who takes part, and where each is reached.

    Attributes:
        kinds: kind of each vehicle, by id; system ids count from 1 in this order.
        video: UDP port of each vehicle's video.
        fixed: ids of the fixed cameras.
        mavlink, rtsp, console: ports.
    """

    kinds: dict[str, str]
    video: dict[str, int]
    fixed: tuple[str, ...]
    mavlink: int
    rtsp: int
    console: int

    @property
    def airborne(self) -> dict[str, str]:
        """Sensor id of each vehicle's camera."""
        return {vehicle: f"{vehicle}-eo" for vehicle in self.kinds}


def stage(folder: Path, district: District, seed: int, port: int) -> Stage:
    """Write the scenario and the configuration into a folder, with ports that are free now."""
    mavlink, *video = free_ports(1 + len(KINDS), socket.SOCK_DGRAM)
    (rtsp,) = free_ports(1, socket.SOCK_STREAM)
    fixed = watching_cameras(district, FIXED_CAMERAS)
    cast = _Cast(KINDS, dict(zip(KINDS, video, strict=True)), fixed, mavlink, rtsp, port)
    scenario, config = folder / "scenario.toml", folder / "liti.toml"
    scenario.write_text(_scenario(cast, seed, district), "utf-8")
    config.write_text(_config(cast, folder), "utf-8")
    return Stage(scenario, config, cast.fixed, cast.airborne, cast.kinds)


def free_ports(count: int, kind: socket.SocketKind) -> list[int]:
    """Ports on loopback that nobody holds at this moment."""
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def watching_cameras(district: District, count: int) -> tuple[str, ...]:
    """Fixed cameras that look at ground within the movers' area, far from one another, nearest to home first.

    Where a camera looks is taken as if the ground were level: near home it nearly is.
    """
    looking = []
    for camera_id, row in district.cameras_by_id.items():
        where = pose(row, district)
        east, north, _ = where.position_enu_m
        if where.tilt_deg > STEEP_ENOUGH_DEG:
            continue
        ahead = min(float(row["height_m"]) / math.tan(math.radians(-where.tilt_deg)), FAR_M)
        azimuth = math.radians(where.azimuth_deg)
        target = (east + ahead * math.sin(azimuth), north + ahead * math.cos(azimuth))
        if max(abs(target[0]), abs(target[1])) < MOVERS_AREA_M:
            looking.append((math.hypot(east, north), camera_id, target))
    chosen: list[tuple[str, tuple[float, float]]] = []
    for _, camera_id, target in sorted(looking):
        if all(math.dist(target, other) > APART_M for _, other in chosen):
            chosen.append((camera_id, target))
    return tuple(camera_id for camera_id, _ in chosen[:count])


def _scenario(cast: _Cast, seed: int, district: District) -> str:
    parts = [
        f'name = "Demonstration patrol"\ndistrict = "nanling"\nseed = {seed}\nspeed = 1.0\n',
        "[wind]\nfrom_deg = 250.0\nspeed_mps = 2.0\ngust_mps = 1.0\n",
        f"[movers]\npeople = 30\ncars = 20\narea_m = {MOVERS_AREA_M}\n",
    ]
    for number, (vehicle, kind) in enumerate(cast.kinds.items(), start=1):
        parts.append(
            f'[[vehicles]]\nid = "{vehicle}"\nkind = "{kind}"\nsystem_id = {number}\n'
            f'mavlink = "udpout:127.0.0.1:{cast.mavlink}"\narming_delay_s = {ARMING_DELAY_S}\n'
            f"heading_deg = {TAKE_OFF_HEADING_DEG}\n{_stands(vehicle, district)}[vehicles.camera]\n"
            f'url = "udp://127.0.0.1:{cast.video[vehicle]}"\nsensor_id = "{cast.airborne[vehicle]}"\n'
            f"width_px = {STREAM_WIDTH_PX}\nheight_px = {STREAM_HEIGHT_PX}\nhfov_deg = 60.0\nfps = {FRAMES_PER_S}\n"
        )
    ids = ", ".join(f'"{camera}"' for camera in cast.fixed)
    parts.append(
        f"[fixed_cameras]\nrtsp_port = {cast.rtsp}\nids = [{ids}]\nwidth_px = {STREAM_WIDTH_PX}\n"
        f"height_px = {STREAM_HEIGHT_PX}\nfps = {FRAMES_PER_S}\n"
    )
    return "\n".join(parts)


def _stands(vehicle: str, district: District) -> str:
    """Where a vehicle stands, when it is not at home."""
    if vehicle not in STANDS_M:
        return ""
    place = district.frame.to_geodetic([*STANDS_M[vehicle], 0.0])
    return f"lat_deg = {place.lat_deg:.7f}\nlon_deg = {place.lon_deg:.7f}\n"


def _config(cast: _Cast, folder: Path) -> str:
    parts = [
        f'[server]\nhost = "127.0.0.1"\nport = {cast.console}\n',
        '[district]\nfolder = "nanling"\n',
        f'[storage]\nfolder = "{folder / "var"}"\n',
        f'[[links]]\nurl = "udpin:127.0.0.1:{cast.mavlink}"\n',
    ]
    for number, (vehicle, kind) in enumerate(cast.kinds.items(), start=1):
        camera = cast.airborne[vehicle]
        parts.append(
            f'[[vehicles]]\nid = "{vehicle}"\nsystem_id = {number}\nkind = "{kind}"\ncamera = "{camera}"\n'
            f'[[sources]]\nsensor_id = "{camera}"\nurl = "udp://127.0.0.1:{cast.video[vehicle]}"\n'
            f'vehicle_id = "{vehicle}"\n'
        )
    for camera in cast.fixed:
        parts.append(f'[[sources]]\nsensor_id = "{camera}"\nurl = "rtsp://127.0.0.1:{cast.rtsp}/{camera}"\n')
    return "\n".join(parts)
