"""Zones that change while the service runs: kept, put over the district's own, and in force before the door answers.

The district's folder stays as it is. Many changes at once are taken together: the district is made anew in a thread,
once after the other, each time with all that has come in meanwhile.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import geopandas
import msgspec
import numpy as np
import shapely

from fusion.bus import ENTITIES, REMOVALS
from fusion.messages import Entity, Removal
from maps.instants import Instant
from maps.layers import LAYERS
from maps.reading import NEAR_HOME_KM, empty
from service.inventory import zone_entities
from service.problems import Problem, not_found
from service.storage import zones
from service.storage.zones import AddedZone

if TYPE_CHECKING:
    from maps.district import District
    from service.house import House

MOST_ZONES = 1_000
"""Zones added beside the district's own; more belong into its folder."""

REST_S = 0.2
"""Between two times that the district is made anew: the first change comes into force at once, a flood in few steps."""

_LAYER = next(layer for layer in LAYERS if layer.name == "zones")
_COLUMNS = [column.name for column in _LAYER.columns]


def rows(added: Iterable[AddedZone]) -> geopandas.GeoDataFrame:
    """Added zones as rows of the layer zones, with the user who added them as ``by``."""
    known = list(added)
    if not known:
        return empty(_LAYER)
    columns = {name: [getattr(zone, name) for zone in known] for name in (*_COLUMNS, "by")}
    shapes = shapely.force_2d(shapely.from_geojson([msgspec.json.encode(zone.geometry) for zone in known]))
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=4326)
    return frame.astype({column.name: "float64" for column in _LAYER.columns if column.kind == "number"})


def checked(zone: AddedZone, district: "District") -> AddedZone:
    """A zone whose area is one, near the district's home, and whose values fit together.

    Raises:
        Problem: 422, naming the field.
    """
    try:
        shape = shapely.from_geojson(msgspec.json.encode(zone.geometry))
    except shapely.errors.GEOSException as error:
        raise _invalid("geometry", f"it is no area: {error}") from None
    if not shape.is_valid or not shape.area > 0:
        raise _invalid("geometry", f"the area is not valid: {shapely.is_valid_reason(shape)}")
    west, south, east, north = shape.bounds
    away_m = np.hypot(*district.frame.enu_from_geodetic((south + north) / 2, (west + east) / 2, 0.0)[:2])
    if away_m > NEAR_HOME_KM * 1000:
        raise _invalid(
            "geometry",
            f"it lies {away_m / 1000:.0f} km from the district's home: longitude comes before latitude, in degrees",
        )
    for field, message in _LAYER.row_check(msgspec.to_builtins(zone)) if _LAYER.row_check else ():
        raise _invalid(field, message)
    return zone


class Zoning:
    """The zones added to one district; `run` must be running for changes to come into force.

    Args:
        house: whose district, layers and missions follow.
        base: the district as its folder has it.
        kept: zones from the database; they must be in force already.
    """

    def __init__(self, house: "House", base: "District", kept: Iterable[AddedZone]) -> None:
        self._house, self._base = house, base
        self._own = frozenset(str(name) for name in base.zones["id"])
        self._kept = {zone.id: zone for zone in kept}
        self._shown = dict(self._kept)
        self._wanted = self._reached = 0
        self._writing = asyncio.Lock()
        self._changes = asyncio.Condition()

    async def put(self, zone: AddedZone, *, new: bool) -> AddedZone:
        """Add a zone, or with ``new=False`` also change one; in force and on disk when this returns.

        Raises:
            Problem: 422 it is no zone; 409 its id is taken, or there are too many.
        """
        zone = await asyncio.to_thread(checked, zone, self._base)
        async with self._writing:
            self._require_not_own(zone.id)
            if new and zone.id in self._kept:
                raise Problem(409, "zone-exists", f"There is a zone {zone.id} already: PUT changes it.", field="id")
            if zone.id not in self._kept and len(self._kept) >= MOST_ZONES:
                raise Problem(
                    409,
                    "too-many-zones",
                    f"{MOST_ZONES} zones were added already: remove some, or put them into the district's folder.",
                    detail_zh=f"已添加 {MOST_ZONES} 个空域：请删除部分空域，或将其写入辖区数据。",
                )
            await self._house.database.run(lambda session: zones.save(session, zone))
            self._kept[zone.id] = zone
        await self._come_into_force()
        return zone

    async def remove(self, zone_id: str) -> None:
        """Take an added zone away; out of force when this returns.

        Raises:
            Problem: 404 there is none; 409 it is the district's own.
        """
        async with self._writing:
            self._require_not_own(zone_id)
            if zone_id not in self._kept:
                raise not_found("zone", zone_id)
            await self._house.database.run(lambda session: zones.forget(session, zone_id))
            del self._kept[zone_id]
        await self._come_into_force()

    def __contains__(self, zone_id: object) -> bool:
        return zone_id in self._kept

    async def run(self) -> None:
        """Bring changes into force, until cancelled."""
        while True:
            async with self._changes:
                await self._changes.wait_for(lambda: self._reached < self._wanted)
            wanted, kept = self._wanted, dict(self._kept)
            district, entities = await asyncio.to_thread(self._made, kept, self._house.clock())
            self._hand_over(district, kept, entities)
            async with self._changes:
                self._reached = wanted
                self._changes.notify_all()
            await asyncio.sleep(REST_S)

    def _require_not_own(self, zone_id: str) -> None:
        if zone_id in self._own:
            raise Problem(
                409,
                "zone-of-the-district",
                f"Zone {zone_id} belongs to the district's folder: change it there, and start the service again.",
                detail_zh=f"空域 {zone_id} 属于辖区数据：请在辖区目录中修改后重启服务。",
                field="id",
            )

    async def _come_into_force(self) -> None:
        self._wanted += 1
        mine = self._wanted
        async with self._changes:
            self._changes.notify_all()
            await self._changes.wait_for(lambda: self._reached >= mine)

    def _made(self, kept: Mapping[str, AddedZone], now: Instant) -> tuple["District", list[Entity]]:
        """The district with these zones, and entities of those that changed."""
        frame = rows(kept.values())
        changed = [zone.id for zone in kept.values() if self._shown.get(zone.id) != zone]
        return self._base.with_zones(frame), list(zone_entities(frame[frame["id"].isin(changed)], now))

    def _hand_over(self, district: "District", kept: dict[str, AddedZone], entities: list[Entity]) -> None:
        house = self._house
        house.district.put(district)
        house.layers.put(house.layers.get().with_zones_of(district))
        changed = {name for name in self._shown.keys() | kept.keys() if self._shown.get(name) != kept.get(name)}
        removed = self._shown.keys() - kept.keys()
        if (missions := house.missions.now) is not None:
            missions.use(district, changed)
        self._shown = kept
        for entity in entities:
            house.bus.publish(ENTITIES, entity)
        for zone_id in removed:
            house.bus.publish(REMOVALS, Removal(f"zone/{zone_id}", house.clock()))


def _invalid(field: str, message: str) -> Problem:
    return Problem(422, "invalid", f"{field}: {message}", field=field)
