"""Zones: ground with a rule, read from a district's layer once for everybody who plans or checks by them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from maps.district import District


@dataclass(frozen=True, eq=False)
class Zone:
    """A row of the zones layer, in the district's local metres.

    Attributes:
        id, name: as the layer has them; the id stands for a missing name.
        rule: ``flight_area``, ``no_fly``, ``ceiling`` or ``alert``.
        shape_m: a valid area, east and north.
        floor_m, ceiling_m: the band of heights, measured as ``reference`` says; infinite where the layer is silent.
        reference: ``agl`` or ``amsl``.
        valid_from, valid_to: Unix seconds between which it is in force; infinite where the layer is silent.
    """

    id: str
    name: str
    rule: str
    shape_m: BaseGeometry
    floor_m: float
    ceiling_m: float
    reference: str
    valid_from: float
    valid_to: float

    def in_force(self, time: ArrayLike) -> NDArray[np.bool_]:
        """Whether the zone counts at Unix times; ``valid_to`` itself is no longer within."""
        moments = np.asarray(time, dtype=np.float64)
        return np.asarray((moments >= self.valid_from) & (moments < self.valid_to))


def zones(district: District) -> tuple[Zone, ...]:
    """The zones of a district, in the layer's order."""
    frame = district.zones
    if not len(frame):
        return ()
    shapes = frame.geometry.to_crs(district.frame.crs)
    return tuple(
        Zone(
            str(row["id"]),
            _text(row.get("name"), str(row["id"])),
            str(row["rule"]),
            shapely.make_valid(shape),
            _number(row.get("floor_m"), -np.inf),
            _number(row.get("ceiling_m"), np.inf),
            _text(row.get("reference"), "amsl"),
            _instant(row.get("valid_from"), -np.inf),
            _instant(row.get("valid_to"), np.inf),
        )
        for (_, row), shape in zip(frame.iterrows(), shapes, strict=True)
    )


def _text(value: Any, missing: str) -> str:
    return missing if value is None or pd.isna(value) or value == "" else str(value)


def _number(value: Any, missing: float) -> float:
    return missing if value is None or pd.isna(value) else float(value)


def _instant(value: Any, missing: float) -> float:
    if value is None or pd.isna(value) or value == "":
        return missing
    moment = pd.Timestamp(value) if not isinstance(value, datetime) else value
    stamp = pd.Timestamp(moment)
    return float((stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp).timestamp())
