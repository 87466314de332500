"""The map's ground as SVG: relief, streets, buildings, zones, sites and fixed cameras near a plan."""

import base64
import math
from collections.abc import Iterator
from typing import Any

import cv2
import geopandas
import numpy as np
import pandas as pd
import shapely

from maps.district import District
from maps.positions import FloatArray
from maps.zones import Zone, zones
from service.plan_page.view import View, area_path, line_path, lines
from service.plan_page.words import RULES, Words, both_svg, escaped, known, number, title

MAX_BUILDINGS = 9_000
STOREYS_M = (12.0, 24.0, 42.0, 70.0)
"""Heights between which buildings share a shade."""

RELIEF_POSTS = 220
RELIEF_EXAGGERATION = 2.5
MAX_MARKS = 150


def ground(district: District, view: View) -> str:
    """Everything below the plan, the lowest first."""
    wide = view.around()
    return "".join([_relief(district, wide), _streets(district, wide), _buildings(district, wide)])


def _relief(district: District, view: View) -> str:
    """The lie of the land as light and shade from the north-west; nothing where the ground is flat or unknown."""
    if not district.terrain.known:
        return ""
    step = max(view.width_m, view.height_m) / RELIEF_POSTS
    east = np.arange(view.west_m, view.east_m + step, step)
    north = np.arange(view.north_m, view.south_m - step, -step)
    heights = district.terrain.height_enu_m(*np.meshgrid(east, north))
    southward, eastward = np.gradient(cv2.GaussianBlur(heights, (0, 0), 1.2), step)
    lit = (eastward + southward) / math.sqrt(2) * RELIEF_EXAGGERATION
    light = np.clip(lit * 4, -1, 1)
    image = np.zeros((*light.shape, 4), dtype=np.uint8)
    image[..., :3] = np.where(light < 0, 0, 255)[..., None]
    image[..., 3] = np.rint(np.abs(light) * 60 / 4) * 4
    done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        return ""
    place = f'x="{number(east[0] - step / 2)}" y="{number(-north[0] - step / 2)}"'
    size = f'width="{number(len(east) * step)}" height="{number(len(north) * step)}"'
    source = base64.b64encode(data.tobytes()).decode("ascii")
    return f'<image class="relief" preserveAspectRatio="none" {place} {size} href="data:image/png;base64,{source}"/>'


def near(frame: geopandas.GeoDataFrame, district: District, view: View) -> geopandas.GeoDataFrame:
    """The rows of a layer that touch a view, their geometry in local metres."""
    if not len(frame):
        return frame
    west, south, east, north = view.degrees(district)
    return frame.cx[west:east, south:north].to_crs(district.frame.crs)


def _streets(district: District, view: View) -> str:
    found = near(district.streets, district, view)
    widths: dict[float, list[str]] = {}
    for _, row in found.iterrows():
        width = _number(row.get("width_m"), 8.0)
        for line in lines(row.geometry.intersection(view.box)):
            widths.setdefault(width, []).append(line_path(shapely.get_coordinates(line.simplify(0.5))))
    drawn = (f'<path stroke-width="{number(w)}" d="{"".join(paths)}"/>' for w, paths in sorted(widths.items()))
    return f'<g class="streets">{"".join(drawn)}</g>'


def _buildings(district: District, view: View) -> str:
    found = near(district.buildings, district, view)
    if len(found) > MAX_BUILDINGS:
        found = found.loc[found.geometry.area.nlargest(MAX_BUILDINGS).index]
    tolerance = 0.3 if len(found) < 2000 else 0.8
    storeys = np.searchsorted(STOREYS_M, found["height_m"].to_numpy(dtype=float))
    shapes = shapely.simplify(found.geometry.to_numpy(), tolerance)
    drawn = []
    for storey in range(len(STOREYS_M) + 1):
        outlines = "".join(area_path(shape) for shape in shapes[storeys == storey])
        if outlines:
            drawn.append(f'<path class="b{storey}" d="{outlines}"/>')
    return f'<g class="buildings">{"".join(drawn)}</g>'


def zone_names(district: District) -> dict[str, Words]:
    """What each zone is called, by id."""
    return {
        str(row["id"]): Words(_text(row.get("name")) or str(row["id"]), _english(row) or str(row["id"]))
        for _, row in district.zones.iterrows()
    }


def zone_areas(district: District, view: View) -> str:
    """Zones with the colour and the hatching of their rule; a flight area as what is left out."""
    wide = view.around().box
    drawn, names = [], zone_names(district)
    for zone in sorted(zones(district), key=lambda each: each.rule == "no_fly"):
        shown = zone.shape_m.intersection(wide)
        if shown.is_empty:
            continue
        hint = title(zone_title(zone, names[zone.id]))
        if zone.rule == "flight_area":
            outside = area_path(wide.difference(zone.shape_m))
            edge = "".join(line_path(shapely.get_coordinates(line)) for line in lines(zone.shape_m.boundary))
            drawn.append(f'<path class="beyond" d="{outside}"/><path class="edge flight_area" d="{edge}"/>')
        else:
            drawn.append(f'<path class="zone {escaped(zone.rule)}" d="{area_path(shown)}">{hint}</path>')
    return f'<g class="zones">{"".join(drawn)}</g>'


def zone_title(zone: Zone, name: Words) -> Words:
    """A zone's name, rule and heights in a line."""
    rule = known(RULES, zone.rule)
    if not math.isfinite(zone.ceiling_m):
        return Words(f"{name.zh} · {rule.zh}", f"{name.en} · {rule.en}")
    datum = Words("离地", "above ground") if zone.reference == "agl" else Words("海拔", "AMSL")
    top = number(zone.ceiling_m, 0)
    return Words(f"{name.zh} · {rule.zh} · {datum.zh} {top} 米", f"{name.en} · {rule.en} · {top} m {datum.en}")


def zone_marks(district: District, view: View) -> Iterator[str]:
    """The names of the zones on the map."""
    names = zone_names(district)
    for zone in zones(district):
        shown = zone.shape_m.intersection(view.box)
        if zone.rule == "flight_area" or shown.is_empty:
            continue
        place = shown.representative_point()
        yield pin(place.x, place.y, f'<text class="zone-name {escaped(zone.rule)}">{both_svg(names[zone.id])}</text>')


def site_marks(district: District, view: View) -> Iterator[str]:
    """Sites as small squares, with their names to hover for."""
    for _, row in near(district.sites, district, view).head(MAX_MARKS).iterrows():
        place = row.geometry.representative_point()
        name = Words(_text(row.get("name")) or str(row["id"]), _english(row) or str(row["id"]))
        mark = f'<rect class="site" x="-3" y="-3" width="6" height="6" rx="1">{title(name)}</rect>'
        yield pin(place.x, place.y, mark)


def camera_marks(district: District, view: View) -> Iterator[str]:
    """Fixed cameras as dots with the direction they look in."""
    for _, row in near(district.cameras, district, view).head(MAX_MARKS).iterrows():
        turned = number(_number(row.get("azimuth_deg"), 0.0))
        name = escaped(_text(row.get("name")) or row["id"])
        mark = f'<path class="camera" transform="rotate({turned})" d="M-2.6-7.5L0 0L2.6-7.5z"/>'
        dot = f'<circle class="camera" r="1.9"><title>{name}</title></circle>'
        yield pin(row.geometry.x, row.geometry.y, mark + dot)


def pin(east_m: float, north_m: float, content: str, extra: str = "") -> str:
    """A mark that keeps its size on the screen when the map is zoomed; its content is in pixels."""
    place = f"translate({number(east_m)} {number(-north_m)})"
    return f'<g class="pin{extra}" transform="{place}"><g>{content}</g></g>'


def label(place_m: FloatArray, words: Words, css: str, dx: float = 9, dy: float = 4) -> str:
    """Words beside a place (east, north)."""
    text = f'<text class="{css}" x="{number(dx)}" y="{number(dy)}">{both_svg(words)}</text>'
    return pin(float(place_m[0]), float(place_m[1]), text)


def _number(value: object, missing: float) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else missing


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _english(row: "pd.Series[Any]") -> str:
    return _text(row.get("name_en")) or _text(row.get("name"))
