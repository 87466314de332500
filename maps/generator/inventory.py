"""Cameras: on poles at crossings, along the streets, and a few on roofs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point

from maps.generator.buildings import Building
from maps.generator.streets import Block, Network, Node
from maps.positions import FloatArray
from maps.terrain import Terrain

_SIZES = ((1920, 1080), (2560, 1440), (3840, 2160))


@dataclass(frozen=True)
class Camera:
    """A camera in local metres; ``properties`` are the columns of the inventory but ``id``."""

    at: Point
    properties: dict[str, Any] = field(default_factory=dict)


def place(
    network: Network, buildings: list[Building], watched: list[Camera], terrain: Terrain, rng: np.random.Generator
) -> list[Camera]:
    """About eighty: every crossing near home first, then further out, then those that watch sites, roofs last."""
    distance = {node: float(np.hypot(*at)) for node, at in network.crossings.items()}
    crossings = sorted(network.crossings, key=lambda node: distance[node])
    near = [node for node in crossings if distance[node] < 520]
    far = [node for node in crossings if 520 <= distance[node] < 1850]
    poles = [_at_crossing(network, node, rng, order, high=True) for order, node in enumerate(near)]
    chosen = [far[k] for k in rng.permutation(len(far))[:26]]
    poles += [_at_crossing(network, node, rng, order, high=False) for order, node in enumerate(chosen)]
    solid = shapely.STRtree([building.footprint for building in buildings])
    poles = [pole for pole in [*poles, *watched] if not len(solid.query(pole.at, "intersects"))]
    tall = [
        building for building in buildings if 18 <= building.height_m <= 40 and building.use in ("offices", "flats")
    ]
    return poles + [_on_roof(tall[k], terrain, rng) for k in rng.permutation(len(tall))[:8]]


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


def watch(
    places: dict[str, Block], gates: list[tuple[str, str, Point]], corners: tuple[tuple[str, str], ...]
) -> list[Camera]:
    """Two cameras for each gate, and one in each corner of some places' lots."""
    cameras: list[Camera] = []
    for name, name_en, gate in gates:
        lot = next(block.lot for place, block in places.items() if name.startswith(place))
        along = lot.exterior.project(gate)
        for step in (13.0, -13.0):
            foot = lot.exterior.interpolate((along + step) % lot.exterior.length)
            look = np.array([gate.x - foot.x, gate.y - foot.y])
            tilt = -float(np.degrees(np.arctan2(5.5, np.linalg.norm(look))))
            words = (f"{name}{'东' if look[0] < 0 else '西'}", f"{name_en} {'east' if look[0] < 0 else 'west'}")
            cameras.append(Camera(foot, _columns(*words, 5.5, look, tilt, 60.0, _SIZES[2])))
    for name, name_en in corners:
        lot = places[name].lot
        middle = np.array(lot.centroid.coords[0])
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(lot))[:4]
        for number, corner in enumerate(box, 1):
            look = middle - corner
            at = corner + look / np.linalg.norm(look) * 7.0
            tilt = -_vfov(82.0, *_SIZES[2]) / 2 + 1.0
            columns = _columns(f"{name}{number}号", f"{name_en} {number}", 8.0, look, tilt, 82.0, _SIZES[2])
            cameras.append(Camera(Point(np.round(at, 2)), columns))
    return cameras


def domes(network: Network, crossings: list[Node]) -> list[Camera]:
    """On a corner of each crossing, turned to its middle, and able to turn all around."""
    links = network.links()
    cameras = []
    for node in crossings:
        here = network.crossings[node]
        neighbours = [b for a, b in links if a == node]
        street = max((links[node, other] for other in neighbours), key=lambda street: street.width_m)
        ahead = network.crossings[neighbours[0]] - here
        ahead = ahead / np.linalg.norm(ahead)
        away = (ahead + np.array([-ahead[1], ahead[0]])) * (max(links[node, b].width_m for b in neighbours) / 2 + 2.5)
        tilt = -float(np.degrees(np.arctan2(9.0, np.linalg.norm(away))))
        columns = _columns(f"{street.name}球机", f"{street.name_en} dome", 9.0, -away, tilt, 58.0, _SIZES[1])
        limits = {"ptz": True, "pan_min_deg": -180.0, "pan_max_deg": 180.0, "tilt_min_deg": -90.0, "tilt_max_deg": 10.0}
        cameras.append(Camera(Point(np.round(here + away, 2)), columns | limits))
    return cameras


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
