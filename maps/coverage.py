"""Coverage: the ground that cameras can see, graded by pixel density.

For each camera the ground is taken in polar bins of its own, at most half a metre deep and about as wide; a bin is
covered when its middle lies in the picture, nothing stands between, and the pixel density reaches the lowest grade
(or ``range_m`` of the inventory, where that is nearer). Density is that of a surface facing the camera: focal length
in pixels over depth along the optical axis. Covered bins are joined to polygons and smoothed by `SMOOTH_M`.

A camera that turns is taken where its ``azimuth_deg`` and ``tilt_deg`` point it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from numpy.typing import NDArray

from maps.cameras import lens, pose
from maps.district import District
from maps.grades import GRADES, grade
from maps.optics import Lens, Pose
from maps.positions import FloatArray
from maps.shadows import Fan, seen

SMOOTH_M = 0.2
_NEAREST_M = 0.5
_FARTHEST_M = 3000.0
_BIN_M = 0.5
_BINS = 700  # of range, at most
_AZIMUTHS = 1440  # at most
_ARC_RAD = np.radians(1.0)  # arcs become chords no longer than this
_COLUMNS = ("camera_id", "grade", "px_per_m_min")


def coverage(
    district: District,
    cameras: geopandas.GeoDataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> geopandas.GeoDataFrame:
    """What each camera sees, by grade.

    Args:
        district: its terrain and buildings stand in the way.
        cameras: rows of the inventory; all of the district's when left out.
        progress: called with how many cameras are done, and how many there are.

    Returns:
        One row for each camera and grade it reaches, EPSG:4326, columns ``camera_id``, ``grade`` (name from
        `maps.grades`), ``px_per_m_min`` (density from which the grade holds) and ``geometry``. The grades of one
        camera do not overlap: each holds the ground that reaches it and not the next.
    """
    rows = district.cameras if cameras is None else cameras
    found: list[dict[str, Any]] = []
    for done, (_, row) in enumerate(rows.iterrows(), start=1):
        for index, polygon in _of_camera(row, district):
            level = GRADES[index]
            found.append(
                dict(zip(_COLUMNS, (str(row["id"]), level.name, level.px_per_m), strict=True), geometry=polygon)
            )
        if progress is not None:
            progress(done, len(rows))
    if not found:
        empty = {name: pd.Series(dtype="float64" if name == "px_per_m_min" else "object") for name in _COLUMNS}
        return geopandas.GeoDataFrame(empty, geometry=geopandas.GeoSeries([], crs=4326), crs=4326)
    frame = geopandas.GeoDataFrame(found, crs=district.frame.crs).to_crs(4326)
    return frame.set_geometry(geopandas.GeoSeries(_polygonal(np.asarray(frame.geometry.array)), crs=4326))


def sites_covered(district: District, covered: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """How much of each site is covered.

    Returns:
        The sites with ``id``, ``name``, ``class``, ``grade`` (asked for; the lowest where the site asks for none),
        ``share`` (0 to 1 of its open ground seen at that grade or better; of a point 0 or 1) and ``geometry``.
    """
    crs = district.frame.crs
    local = covered.to_crs(crs)
    sites = district.sites[["id", "name", "class", "grade", "geometry"]].copy()
    sites["grade"] = sites["grade"].fillna(GRADES[0].name)
    built = np.asarray(district.buildings.geometry.to_crs(crs).array)
    tree = shapely.STRtree(built)
    views = np.asarray(local.geometry.array)
    view_tree = shapely.STRtree(views)
    density = local["px_per_m_min"].to_numpy(dtype=np.float64)
    shares = []
    for geometry, name in zip(sites.geometry.to_crs(crs), sites["grade"], strict=True):
        near = view_tree.query(geometry, predicate="intersects")
        near = near[density[near] >= grade(str(name)).px_per_m]
        if geometry.area == 0:
            shares.append(1.0 if len(near) else 0.0)
            continue
        open_ground = geometry.difference(shapely.union_all(built[tree.query(geometry, predicate="intersects")]))
        overlap = open_ground.intersection(shapely.union_all(views[near])).area
        shares.append(min(overlap / open_ground.area, 1.0) if open_ground.area > 0 else 0.0)
    sites.insert(4, "share", shares)
    return sites


def _of_camera(row: "pd.Series[Any]", district: District) -> Iterator[tuple[int, shapely.Geometry]]:
    """Index of grade and polygon in the local frame."""
    optics, place = lens(row), pose(row, district)
    fan = _fan(optics, place, row["range_m"])
    if fan is None:
        return
    ground = fan.ground(district.surface)
    levels = _levels(optics, place, ground, row["range_m"])
    levels[~seen(fan, ground, district.surface)] = 0
    yield from _polygons(levels, fan)


def _fan(optics: Lens, place: Pose, range_m: float | None) -> Fan | None:
    """The part of the plane in which the picture's ground can lie; None when it shows no ground."""
    reach = optics.focal_px[0] / GRADES[0].px_per_m / np.cos(np.radians(min(optics.hfov_deg, 170.0)) / 2)
    if range_m is not None and not pd.isna(range_m):
        reach = min(reach, float(range_m))
    reach = float(np.clip(reach, 2.0, _FARTHEST_M))
    extent = _azimuths(optics, place)
    if extent is None:
        return None
    low, high = extent
    bins = min(_BINS, int(np.ceil((reach - _NEAREST_M) / _BIN_M)) + 1)
    depth = (reach - _NEAREST_M) / bins
    count = int(np.clip(np.ceil((high - low) * reach / 0.7), 32, _AZIMUTHS))
    width = (high - low) / count
    ranges = np.asarray(_NEAREST_M + (np.arange(bins) + 0.5) * depth, dtype=np.float64)
    azimuths = np.asarray(low + (np.arange(count) + 0.5) * width, dtype=np.float64)
    return Fan(place.position_enu_m, azimuths, ranges)


def _azimuths(optics: Lens, place: Pose) -> tuple[float, float] | None:
    """First and last azimuth (rad) at which ground can show, all around when the picture holds the nadir."""
    axis = np.radians(place.azimuth_deg)
    width, height = optics.width_px, optics.height_px
    nadir = place.pixels(optics, np.asarray(place.position_enu_m) - [0.0, 0.0, 1.0])
    if np.all(np.isfinite(nadir)) and 0 <= nadir[0] <= width and 0 <= nadir[1] <= height:
        return axis - np.pi, axis + np.pi
    u, v = np.linspace(0, width, 33), np.linspace(0, height, 33)
    rim = np.concatenate([np.column_stack([u, np.full(33, edge)]) for edge in (0, height)])
    rim = np.concatenate([rim, *(np.column_stack([np.full(33, edge), v]) for edge in (0, width))])
    rays = place.rays_enu(optics, rim)
    rays = rays[rays[:, 2] < np.radians(12.0)]  # ground may rise towards the camera's horizon
    if len(rays) == 0:
        return None
    relative = (np.arctan2(rays[:, 0], rays[:, 1]) - axis + np.pi) % (2 * np.pi) - np.pi
    return axis + float(relative.min()), axis + float(relative.max())


def _levels(optics: Lens, place: Pose, ground: FloatArray, range_m: float | None) -> NDArray[np.uint8]:
    """For each bin 1 + the index of its grade, 0 where it is not in the picture or too coarse."""
    relative = (ground - np.asarray(place.position_enu_m)) @ place.enu_from_camera
    focal_x, focal_y = optics.focal_px
    depth = np.maximum(relative[..., 2], 1e-6)
    inside = (relative[..., 2] > 1e-3) & (abs(relative[..., 0]) * focal_x <= optics.width_px / 2 * depth)
    inside &= abs(relative[..., 1]) * focal_y <= optics.height_px / 2 * depth
    if range_m is not None and not pd.isna(range_m):
        inside &= np.einsum("...i,...i", relative, relative) <= float(range_m) ** 2
    levels = np.zeros(depth.shape, dtype=np.uint8)
    for level in GRADES:
        levels += inside & (focal_x / depth >= level.px_per_m)
    return levels


def _polygons(levels: NDArray[np.uint8], fan: Fan) -> Iterator[tuple[int, shapely.Geometry]]:
    """Bins of the same grade joined, from the coarsest grade."""
    parts: dict[int, list[shapely.Polygon]] = {}
    for shape, value in rasterio.features.shapes(levels, mask=levels > 0, connectivity=4):
        rings = [np.asarray(ring, dtype=np.float64) for ring in shape["coordinates"]]
        parts.setdefault(int(value), []).append(shapely.Polygon(rings[0], rings[1:]))
    width = fan.azimuths_rad[1] - fan.azimuths_rad[0]
    depth = fan.ranges_m[1] - fan.ranges_m[0]
    arc = max(1.0, np.floor(_ARC_RAD / width))

    def plane(bins: FloatArray) -> FloatArray:
        azimuth = fan.azimuths_rad[0] + (bins[:, 1] - 0.5) * width
        distance = fan.ranges_m[0] + (bins[:, 0] * 1e6 - 0.5) * depth
        east, north = fan.origin_enu_m[:2]
        return np.column_stack([east + distance * np.sin(azimuth), north + distance * np.cos(azimuth)])

    for value in sorted(parts):
        polar = np.array(parts[value], dtype=object)
        polar = shapely.transform(polar, lambda bins: bins * [1e-6, 1.0])  # so that only arcs are long and get cut
        flat = shapely.transform(shapely.segmentize(polar, arc), plane)
        joined = shapely.union_all(shapely.make_valid(flat))
        smooth = _polygonal(np.array([shapely.simplify(joined, SMOOTH_M)], dtype=object))[0]
        if not smooth.is_empty:
            yield value - 1, smooth


def _polygonal(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Valid polygons or multi-polygons, whatever lines and points a repair leaves dropped."""
    repaired = geometries.copy()
    for k in np.flatnonzero(~shapely.is_valid(geometries)):
        pieces = shapely.get_parts(shapely.make_valid(geometries[k]))
        areas = [piece for piece in shapely.get_parts(pieces) if piece.geom_type in ("Polygon", "MultiPolygon")]
        repaired[k] = shapely.union_all(areas)
    return repaired
