"""Putting a district together from a seed."""

from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point

from maps.generator.buildings import Building, fill
from maps.generator.duties import CORNERED, PLACES, cells, gates, sites, zones
from maps.generator.ground import Ground, roll
from maps.generator.inventory import domes, place, watch
from maps.generator.streets import AVENUE_M, Block, Network, Node, lay
from maps.positions import Geodetic, LocalFrame
from maps.terrain import Terrain

HOME = Geodetic(43.86, 125.32, 220.0)
HALF_M = 2000.0


@dataclass(frozen=True, eq=False)
class Invention:
    """An invented district, not yet written; layers in EPSG:4326.

    Attributes:
        seed: it was made from.
        layers: by the name of the layer.
    """

    seed: int
    home: Geodetic
    name: str
    name_en: str
    ground: Ground
    layers: dict[str, geopandas.GeoDataFrame]


def invent(seed: int) -> Invention:
    """The district of that seed."""
    ground_rng, street_rng, use_rng, camera_rng = (np.random.default_rng([seed, part]) for part in range(4))
    ground = roll(HOME, ground_rng)
    network = lay(street_rng)
    places, uses = _give_uses(network, use_rng)
    buildings = [
        building for block, use in zip(network.blocks, uses, strict=True) for building in fill(block, use, use_rng)
    ]
    busy = _busy_crossings(network)
    watched = domes(network, busy[:8]) + watch(places, gates(places), CORNERED)
    cameras = place(network, buildings, watched, ground.terrain, camera_rng)
    crs = LocalFrame(HOME).crs
    rows = {
        "buildings": _building_rows(buildings, ground.terrain),
        "cameras": [
            {"id": f"cam-{k:03d}"} | camera.properties | {"geometry": camera.at} for k, camera in enumerate(cameras, 1)
        ],
        "sites": sites(places, [network.crossings[node] for node in busy[:6]]),
        "zones": zones(places, HALF_M),
        "cells": cells(HALF_M),
        "streets": _street_rows(network),
    }
    layers = {name: _in_degrees(geopandas.GeoDataFrame(pd.DataFrame(r), crs=crs)) for name, r in rows.items()}
    return Invention(seed, HOME, "南岭", "Nanling", ground, layers)


def _give_uses(network: Network, rng: np.random.Generator) -> tuple[dict[str, Block], list[str]]:
    """Which block is which named place, and the use of every block."""
    middles = np.array([block.middle for block in network.blocks])
    uses = [_ordinary_use(block, rng) for block in network.blocks]
    single = np.array([len(block.cells) == 1 for block in network.blocks])
    places: dict[str, Block] = {}
    taken = np.zeros(len(middles), dtype=bool)
    for use, at, name, _ in PLACES:
        distance = np.hypot(*(middles - np.array(at)).T) + np.where(taken | ~single, 1e6, 0)
        k = int(np.argmin(distance))
        taken[k], uses[k], places[name] = True, use, network.blocks[k]
    home = next(k for k, block in enumerate(network.blocks) if block.outline.contains(Point(0, 0)))
    uses[home] = "field"
    return places, uses


def _ordinary_use(block: Block, rng: np.random.Generator) -> str:
    east, north = block.middle
    distance = np.hypot(east, north)
    if east > 1050 and north < -900:
        return "industry" if rng.random() < 0.8 else "offices"
    if distance < 620:
        return str(rng.choice(["flats", "offices", "houses"], p=[0.72, 0.18, 0.10]))
    if distance < 1200:
        return str(rng.choice(["flats", "offices", "towers", "houses", "park"], p=[0.58, 0.18, 0.10, 0.08, 0.06]))
    return str(rng.choice(["flats", "towers", "houses", "industry", "park"], p=[0.62, 0.10, 0.16, 0.04, 0.08]))


def _busy_crossings(network: Network) -> list[Node]:
    """Where avenues meet, nearest to home first."""
    meeting: dict[Node, int] = {}
    for street in network.streets:
        if street.width_m >= AVENUE_M:
            for node in street.nodes:
                meeting[node] = meeting.get(node, 0) + 1
    nodes = (node for node, count in meeting.items() if count > 1)
    return sorted(nodes, key=lambda node: float(np.hypot(*network.crossings[node])))


def _building_rows(buildings: list[Building], terrain: Terrain) -> list[dict[str, object]]:
    frame, rows = terrain.frame, []
    for number, building in enumerate(buildings, 1):
        ring = shapely.get_coordinates(building.footprint.exterior)
        up = terrain.height_enu_m(ring[:, 0], ring[:, 1])
        _, _, amsl = frame.geodetic_from_enu(np.column_stack([ring, up]))
        rows.append(
            {
                "id": f"b-{number:04d}",
                "height_m": building.height_m,
                "base_amsl_m": round(float(amsl.min()), 2),
                "use": building.use,
                "geometry": building.footprint,
            }
        )
    return rows


def _street_rows(network: Network) -> list[dict[str, object]]:
    return [
        {
            "id": f"st-{number:03d}",
            "name": street.name,
            "name_en": street.name_en,
            "width_m": street.width_m,
            "geometry": street.line,
        }
        for number, street in enumerate(network.streets, 1)
    ]


def _in_degrees(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """In EPSG:4326, rounded to a millimetre: what was shared stays shared."""
    frame = frame.to_crs(4326)
    return frame.set_geometry(
        geopandas.GeoSeries(shapely.transform(frame.geometry.array, lambda p: np.round(p, 8)), crs=4326)
    )
