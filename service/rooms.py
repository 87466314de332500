"""Parts that run the other rooms of the house: maps, missions and fusion."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fusion.bus import ENTITIES
from service.house import House
from service.parts import PermanentError
from service.storage import zones

if TYPE_CHECKING:
    from fusion.sources import Sources
    from fusion.tracking.service import TrackingService
    from maps.district import District
    from missions.execution.missions import Missions
    from missions.vehicles.fleet import Fleet

Begun = Callable[[], None]

INVENTORY_EVERY_S = 6 * 3600.0


async def load_district(house: House, begun: Begun) -> None:
    """Load the district in a thread, for its libraries alone take a second to import.

    The zones that were added before the service ended are in it from the first moment.
    """
    kept = await house.database.run(zones.load_all)

    def load() -> "tuple[District, District]":
        from service import district
        from service.zoning import rows

        base = district.load(house.settings.district.folder)
        return base, base.with_zones(rows(kept))

    base, district = await asyncio.to_thread(load)

    from service.layers import Layers
    from service.terrain_tiles import TerrainTiles
    from service.zoning import Zoning

    house.district.put(district)
    house.layers.put(Layers(district))
    house.zoning.put(Zoning(house, base, kept))
    house.tiles.put(TerrainTiles(district.terrain))
    begun()


async def keep_zones(house: House, begun: Begun) -> None:
    """Bring zones that are added, changed or removed into force."""
    zoning = await house.zoning.wait()
    begun()
    await zoning.run()


async def show_inventory(house: House, begun: Begun) -> None:
    """Put zones, sites and cameras without a stream into the picture, and renew them before they get stale."""
    await house.district.wait()

    from service.inventory import entities

    streaming = {source.sensor_id for source in house.settings.sources}
    while True:
        district = house.district.get()
        for entity in await asyncio.to_thread(lambda now: list(entities(now, streaming, house.clock())), district):
            house.bus.publish(ENTITIES, entity)
        begun()
        await asyncio.sleep(INVENTORY_EVERY_S)


async def follow_fleet(house: House, begun: Begun) -> None:
    """Follow all vehicles; from the first moment, for hold, return and land must not wait for a map."""
    if (fleet := house.fleet.now) is None:
        fleet = await asyncio.to_thread(_fleet, house)
        house.fleet.put(fleet)
    begun()
    await fleet.run()


class _Ground:
    """The district's terrain as soon as there is one."""

    def __init__(self, house: House) -> None:
        self._house = house

    def height_amsl_m(self, lat_deg: Any, lon_deg: Any, /) -> Any:
        """Height of the ground, NaN while it is not known."""
        district = self._house.district.now
        return float("nan") if district is None else district.terrain.height_amsl_m(lat_deg, lon_deg)


def _fleet(house: House) -> "Fleet":
    from missions.vehicles.fleet import Fleet, FleetSettings
    from missions.vehicles.link import LinkError, LinkSettings
    from missions.vehicles.vehicle import VehicleSettings

    settings = FleetSettings(
        links=tuple(LinkSettings(link.url) for link in house.settings.links),
        vehicles=tuple(
            VehicleSettings(each.id, each.system_id, each.kind, each.camera) for each in house.settings.vehicles
        ),
    )
    try:
        return Fleet(settings, house.bus, house.clock, house.recordings / "links", _Ground(house))
    except LinkError as error:
        raise PermanentError(f"{error} (in [[links]])") from None


async def fly_missions(house: House, begun: Begun) -> None:
    """Plan, clear and fly missions; those of before a restart are taken up again."""
    district, fleet = await house.district.wait(), await house.fleet.wait()

    def make() -> "Missions":
        from missions.execution.missions import Missions

        profiles, rules = house.settings.profiles.table, house.settings.policy.made()
        return Missions(
            district,
            fleet,
            house.bus,
            house.mission_store,
            house.clock,
            profiles=profiles,
            rules=rules,
            weather=lambda: house.weather.now,
            station=house.settings.station.station(district.home),
            contingencies=house.settings.contingency.table,
            ledger=house.audit,
        )

    if (missions := house.missions.now) is None:
        missions = await asyncio.to_thread(make)
        missions.use(house.district.get())
        missions.recover()
        house.missions.put(missions)
    begun()
    await missions.run()


async def follow_weather(house: House, begun: Begun) -> None:
    """Take up the weather that was set, and read the feed where there is one."""
    await asyncio.to_thread(house.weather.load)
    begun()
    await house.weather.follow()


async def watch_missions(house: House, begun: Begun) -> None:
    """Judge again what is cleared and what flies, whenever circumstances change."""
    missions = await house.missions.wait()
    begun()
    await missions.watch.run()


async def track(house: House, begun: Begun) -> None:
    """Make tracks of observations."""
    district = await house.district.wait()

    def make() -> "TrackingService":
        from fusion.tracking.service import TrackingService

        return TrackingService(district, house.bus, house.clock)

    tracking = await asyncio.to_thread(make)
    house.tracking.put(tracking)
    begun()
    await tracking.run()


async def watch_sources(house: House, begun: Begun) -> None:
    """Read all video sources."""
    district = await house.district.wait()

    def make() -> "Sources":
        from fusion.sources import SourceError, Sources, SourceSettings

        try:
            settings = [SourceSettings(**source.model_dump()) for source in house.settings.sources]
            return Sources(settings, district, house.bus, house.clock)
        except SourceError as error:
            raise PermanentError(f"{error} (in [[sources]])") from None

    sources = await asyncio.to_thread(make)
    house.sources.put(sources)
    begun()
    try:
        await sources.run()
    finally:
        house.sources.withdraw()


async def record(house: House, begun: Begun) -> None:
    """Record the whole picture into a file of its own."""
    from fusion.recording import SUFFIX, Recorder

    path = house.recordings / f"{int(house.clock())}{SUFFIX}"
    begun()
    await Recorder(house.bus, path, house.clock, picture=house.picture).run()


async def compute_coverage(house: House, begun: Begun) -> None:
    """Compute the coverage of the district's cameras, or take it from the cache."""
    district = await house.district.wait()

    from service.covering import coverage

    house.coverage.put(await coverage(district.folder, house.settings.storage.folder / "cache"))
    begun()
