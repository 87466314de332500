"""The audit of coverage: how much is seen, and which sites are."""

from dataclasses import dataclass

import geopandas
import shapely

from maps.coverage import sites_covered
from maps.district import District

COVERED_SHARE = 0.75
"""A site counts as covered from this share of its open ground at the grade it asks for."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Coverage of a district in four numbers.

    Attributes:
        cameras: how many cameras see any ground.
        area_m2: ground that at least one camera sees at the lowest grade or better.
        sites: how many there are.
        sites_covered: of which at least `COVERED_SHARE` is seen at the grade asked for.
    """

    cameras: int
    area_m2: float
    sites: int
    sites_covered: int


def summary(district: District, covered: geopandas.GeoDataFrame) -> Summary:
    """The four numbers for what `maps.coverage.coverage` gave."""
    area = shapely.union_all(covered.geometry.to_crs(district.frame.crs).array).area
    shares = sites_covered(district, covered)["share"]
    return Summary(int(covered["camera_id"].nunique()), float(area), len(shares), int((shares >= COVERED_SHARE).sum()))
