"""Cameras: on poles at crossings, along the streets, and a few on roofs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point

from maps.generator.buildings import Building
from maps.generator.streets import Network, Node
from maps.positions import FloatArray
from maps.terrain import Terrain

_SIZES = ((1920, 1080), (2560, 1440), (3840, 2160))


@dataclass(frozen=True)
class Camera:
    """A camera in local metres; ``properties`` are the columns of the inventory but ``id``."""

    at: Point
    properties: dict[str, Any] = field(default_factory=dict)


def place(network: Network, buildings: list[Building], terrain: Terrain, rng: np.random.Generator) -> list[Camera]:
    """About eighty: every crossing near home first, then further out; domes on avenues; roofs last."""
    crossings = sorted(network.crossings, key=lambda node: float(np.hypot(*network.crossings[node])))
    near = [node for node in crossings if np.hypot(*network.crossings[node]) < 520]
    far = [node for node in crossings if 520 <= np.hypot(*network.crossings[node]) < 1850]
    solid = shapely.STRtree([building.footprint for building in buildings])
    cameras: list[Camera] = []
    for order, node in enumerate(near):
        cameras.append(_at_crossing(network, node, rng, order, high=True))
    chosen = [far[k] for k in rng.permutation(len(far))]
    for order, node in enumerate(chosen[:46]):
        cameras.append(_at_crossing(network, node, rng, order, high=False))
    for node in chosen[46:58]:
        cameras.append(_dome(network, node, rng))
    tall = [
        building for building in buildings if 18 <= building.height_m <= 40 and building.use in ("offices", "flats")
    ]
    for k in rng.permutation(len(tall))[:8]:
        cameras.append(_on_roof(tall[k], terrain, rng))
    return [
        camera
        for camera in cameras
        if "屋顶" in camera.properties["name"] or not len(solid.query(camera.at, "intersects"))
    ]


def _at_crossing(network: Network, node: Node, rng: np.random.Generator, order: int, high: bool) -> Camera:
    """On the corner's sidewalk, looking along one of the streets that meet there."""
    links = network.links()
    neighbours = [b for a, b in links if a == node]
    target = neighbours[order % len(neighbours)]
    here, street = network.crossings[node], links[node, target]
    crossing = max(links[node, other].width_m for other in neighbours)
    ahead = (network.crossings[target] - here) / np.linalg.norm(network.crossings[target] - here)
    side = np.array([-ahead[1], ahead[0]]) * (1 if rng.random() < 0.5 else -1)
    at = here + ahead * (crossing / 2 + 2.5) + side * (street.width_m / 2 + 2.0)
    look = here + ahead * (crossing / 2 + 62.0) - at
    height = rng.uniform(7.5, 9.0) if high else rng.uniform(5.0, 8.5)
    hfov = float(rng.choice([52.0, 58.0, 64.0, 72.0]))
    width, rows = _SIZES[rng.choice(3, p=[0.5, 0.3, 0.2])]
    tilt = -(_vfov(hfov, width, rows) / 2 - rng.uniform(0.0, 3.0))
    return Camera(
        Point(np.round(at, 2)),
        _columns(
            f"{street.name}杆{order + 1:02d}",
            f"{street.name_en} pole {order + 1}",
            height,
            look,
            tilt,
            hfov,
            (width, rows),
        ),
    )


def _dome(network: Network, node: Node, rng: np.random.Generator) -> Camera:
    links = network.links()
    neighbours = [b for a, b in links if a == node]
    street = max((links[node, other] for other in neighbours), key=lambda street: street.width_m)
    here = network.crossings[node]
    towards = network.crossings[neighbours[0]] - here
    ahead = towards / np.linalg.norm(towards)
    side = np.array([-ahead[1], ahead[0]])
    reach = max(links[node, other].width_m for other in neighbours) / 2 + 2.5
    at = here + (ahead + side) * reach
    columns = _columns(
        f"{street.name}球机", f"{street.name_en} dome", 9.0, here + ahead * 70 - at, -14.0, 58.0, _SIZES[0]
    )
    limits = {"ptz": True, "pan_min_deg": -180.0, "pan_max_deg": 180.0, "tilt_min_deg": -90.0, "tilt_max_deg": 10.0}
    return Camera(Point(np.round(at, 2)), columns | limits)


def _on_roof(building: Building, terrain: Terrain, rng: np.random.Generator) -> Camera:
    """On the parapet of the wall that is longest, looking out and down."""
    ring = shapely.get_coordinates(shapely.orient_polygons(building.footprint).exterior)
    lengths = np.linalg.norm(np.diff(ring, axis=0), axis=1)
    k = int(np.argmax(lengths))
    along = (ring[k + 1] - ring[k]) / lengths[k]
    outward = np.array([along[1], -along[0]])
    at = (ring[k] + ring[k + 1]) / 2 + outward * 0.3
    base = float(terrain.height_enu_m(ring[:, 0], ring[:, 1]).min())
    height = base + building.height_m + 1.5 - float(terrain.height_enu_m(at[0], at[1]))
    columns = _columns("屋顶", "Roof", height, outward, -24.0 - rng.uniform(0, 8), 70.0, _SIZES[2])
    return Camera(Point(np.round(at, 2)), columns)


def _vfov(hfov_deg: float, width: int, rows: int) -> float:
    return float(np.degrees(2 * np.arctan(np.tan(np.radians(hfov_deg) / 2) * rows / width)))


def _columns(
    name: str, name_en: str, height: float, look: FloatArray, tilt: float, hfov: float, size: tuple[int, int]
) -> dict[str, Any]:
    return {
        "name": name,
        "name_en": name_en,
        "height_m": round(height, 2),
        "azimuth_deg": round(float(np.degrees(np.arctan2(look[0], look[1]))) % 360, 1) % 360,
        "tilt_deg": round(tilt, 1),
        "hfov_deg": hfov,
        "vfov_deg": round(_vfov(hfov, *size), 2),
        "width_px": size[0],
        "height_px": size[1],
        "range_m": None,
        "ptz": False,
        "pan_min_deg": None,
        "pan_max_deg": None,
        "tilt_min_deg": None,
        "tilt_max_deg": None,
        "stream_url": None,
        "status": "ok",
    }
