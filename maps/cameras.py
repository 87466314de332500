"""Fixed cameras: from a row of the inventory to a lens and a pose."""

from typing import Any, Protocol

import pandas as pd

from maps.optics import Lens, Pose
from maps.positions import LocalFrame
from maps.terrain import Terrain


class Placed(Protocol):
    """Where cameras stand; a `maps.district.District` is one."""

    @property
    def frame(self) -> LocalFrame:
        """The local frame."""

    @property
    def terrain(self) -> Terrain:
        """The ground."""


def lens(row: "pd.Series[Any]") -> Lens:
    """The lens of a row of ``cameras``."""
    return Lens(int(row["width_px"]), int(row["height_px"]), float(row["hfov_deg"]), float(row["vfov_deg"]))


def pose(row: "pd.Series[Any]", district: Placed) -> Pose:
    """Where the camera of a row stands and looks; its ``height_m`` is above the ground, also on a roof."""
    point = row["geometry"]
    ground = float(district.terrain.height_amsl_m(point.y, point.x))
    east, north, up = district.frame.enu_from_geodetic(point.y, point.x, ground + float(row["height_m"]))
    return Pose((float(east), float(north), float(up)), float(row["azimuth_deg"]) % 360.0, float(row["tilt_deg"]))


def turns(row: "pd.Series[Any]") -> bool:
    """Whether it can pan and tilt."""
    return not pd.isna(row["ptz"]) and bool(row["ptz"])
