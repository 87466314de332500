"""What stands still: the district, its layers and terrain, cameras and what they cover."""

import asyncio
import gzip
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from fusion.messages import Position
from service.access import Looker, TheHouse
from service.layer_names import LayerName
from service.problems import not_found
from service.replies import Reply, gives
from service.terrain_tiles import MAX_ZOOM, MIN_ZOOM

router = APIRouter(prefix="/api/v1", tags=["district"])

GEOJSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "A GeoJSON FeatureCollection", "content": {"application/geo+json": {}}}
}
Bounds = tuple[float, float, float, float]


class LayerNote(msgspec.Struct, frozen=True):
    """One layer: how many features it has, and where to get it."""

    features: int
    href: str


class DistrictAnswer(msgspec.Struct, frozen=True):
    """The district.

    Attributes:
        bounds: west, south, east and north in degrees.
        missing: layers that its folder lacks.
    """

    name: str
    name_en: str
    home: Position
    bounds: Bounds
    layers: dict[str, LayerNote]
    missing: tuple[str, ...]


class TerrainAnswer(msgspec.Struct, frozen=True):
    """How to read the terrain tiles."""

    encoding: str
    minzoom: int
    maxzoom: int
    tile_size_px: int
    bounds: Bounds
    tiles: str


@router.get("/district", summary="The district", responses=gives(DistrictAnswer, "The district"))
async def district(who: Looker, house: TheHouse) -> Response:
    """Name, home, bounds, and which layers there are."""
    it = house.district.get()
    home = it.home
    names = LayerName.__args__  # type: ignore[attr-defined]
    layers = {name: LayerNote(len(getattr(it, name)), f"/api/v1/district/layers/{name}") for name in names}
    place = Position(home.lat_deg, home.lon_deg, round(home.alt_amsl_m, 2))
    return Reply(DistrictAnswer(it.name, it.name_en, place, it.bounds_deg, layers, it.missing))


@router.get("/district/layers/{name}", summary="A layer", responses=GEOJSON, response_class=Response)
async def layer(request: Request, name: LayerName, who: Looker, house: TheHouse) -> Response:
    """A layer of the district, its columns as properties; buildings always have ``base_amsl_m``."""
    return await layer_of(request, name, house)


@router.get("/district/terrain", summary="Terrain tiles", responses=gives(TerrainAnswer, "How to read the tiles"))
async def terrain(who: Looker, house: TheHouse) -> Response:
    """Encoding, zooms and bounds of the terrain tiles."""
    bounds = house.district.get().terrain.bounds_deg
    tiles = "/api/v1/district/terrain/{z}/{x}/{y}.png"
    return Reply(TerrainAnswer("terrarium", MIN_ZOOM, MAX_ZOOM, 256, bounds, tiles))


@router.get(
    "/district/terrain/{z}/{x}/{y}.png",
    summary="A terrain tile",
    responses={200: {"description": "A tile, terrarium encoding", "content": {"image/png": {}}}},
    response_class=Response,
)
async def tile(z: int, x: int, y: int, who: Looker, house: TheHouse) -> Response:
    """The ground as a picture of 256 pixels: height = red * 256 + green + blue / 256 - 32768 metres AMSL."""
    tiles = house.tiles.get()
    try:
        content = await asyncio.to_thread(tiles.get, z, x, y)
    except KeyError:
        raise not_found("terrain tile", f"{z}/{x}/{y}") from None
    return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/cameras", summary="Fixed cameras", responses=GEOJSON, response_class=Response)
async def cameras(request: Request, who: Looker, house: TheHouse) -> Response:
    """The inventory of fixed cameras; their health is in the picture and at ``/sensors``."""
    return await layer_of(request, "cameras", house)


@router.get("/sites", summary="Sites that must be covered", responses=GEOJSON, response_class=Response)
async def sites(request: Request, who: Looker, house: TheHouse) -> Response:
    """The sites; what is covered of them is in ``/coverage/summary``."""
    return await layer_of(request, "sites", house)


@router.get("/coverage", summary="Coverage of the fixed cameras", responses=GEOJSON, response_class=Response)
async def coverage(
    request: Request,
    who: Looker,
    house: TheHouse,
    camera_id: Annotated[list[str] | None, Query(max_length=200, description="Only of these cameras.")] = None,
) -> Response:
    """Ground seen by each camera at each grade (``camera_id, grade, px_per_m_min``); grades do not overlap."""
    it = house.coverage.get()
    if camera_id is None:
        return await _geojson(request, it.compressed, it.tag)
    wanted = frozenset(camera_id)
    content = await asyncio.to_thread(_only, it.compressed, wanted)
    return Response(content, media_type="application/geo+json")


@router.get("/coverage/summary", summary="Coverage in numbers", responses=gives("CoverageSummary", "In numbers"))
async def coverage_summary(who: Looker, house: TheHouse) -> Response:
    """Area seen, sites covered, and the share of each site."""
    return Reply(house.coverage.get().summary)


async def layer_of(request: Request, name: LayerName, house: TheHouse) -> Response:
    """A layer as GeoJSON, or that it has not changed."""
    layers = house.layers.get()
    document = await asyncio.to_thread(layers.get, name)
    return await _geojson(request, document.compressed, document.tag)


async def _geojson(request: Request, compressed: bytes, tag: str) -> Response:
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(compressed, media_type="application/geo+json", headers=headers)
    content = await asyncio.to_thread(gzip.decompress, compressed)
    return Response(content, media_type="application/geo+json", headers=headers)


def _only(compressed: bytes, cameras: frozenset[str]) -> bytes:
    collection: dict[str, Any] = msgspec.json.decode(gzip.decompress(compressed))
    kept = [feature for feature in collection["features"] if feature["properties"]["camera_id"] in cameras]
    return msgspec.json.encode({"type": "FeatureCollection", "features": kept})
