"""The one table of all parts of the service, in the order in which they start; they stop in reverse."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fusion.bus import ENTITIES, SENSORS, VEHICLES
from maps.instants import Instant
from service import recordings
from service.house import House
from service.parts import Part
from service.storage import accounts, audit, incidents

if TYPE_CHECKING:
    from maps.district import District

Begun = Callable[[], None]

RETENTION_EVERY_S = 3600.0
DAY_S = 86_400.0


def table(house: House) -> tuple[Part, ...]:
    """All parts of a service."""
    return (
        Part("picture", partial(keep_picture, house)),
        Part("notice board", partial(keep_notice_board, house)),
        Part("district", partial(load_district, house)),
        Part("incidents", partial(show_incidents, house)),
        Part("retention", partial(forget_the_old, house), essential=False),
    )


async def keep_picture(house: House, begun: Begun) -> None:
    """Take out of the picture what nobody renews."""
    begun()
    await house.picture.run()


async def keep_notice_board(house: House, begun: Begun) -> None:
    """Keep the newest word of every sensor and vehicle for the doors."""
    with house.bus.subscribe(SENSORS) as sensors, house.bus.subscribe(VEHICLES) as vehicles:

        async def read_sensors() -> None:
            async for state in sensors:
                house.sensors[state.id] = state

        async def read_vehicles() -> None:
            async for state in vehicles:
                house.vehicles[state.id] = state

        begun()
        async with asyncio.TaskGroup() as group:
            group.create_task(read_sensors())
            group.create_task(read_vehicles())


async def load_district(house: House, begun: Begun) -> None:
    """Load the district in a thread, for its libraries alone take a second to import."""

    def load() -> "District":
        from service import district

        return district.load(house.settings.district.folder)

    house.district.put(await asyncio.to_thread(load))
    begun()


async def show_incidents(house: House, begun: Begun) -> None:
    """Put the incidents of the last day back into the picture after a restart."""
    from service.routes.incidents import CURRENT_FOR_S, entity_of

    since = house.clock() - CURRENT_FOR_S
    for incident in await house.database.run(lambda session: incidents.newest(session, 1000, since)):
        house.bus.publish(ENTITIES, entity_of(incident))
    begun()


async def forget_the_old(house: House, begun: Begun) -> None:
    """Delete what is older than the configuration wants it kept."""
    while True:
        await _forget_once(house)
        begun()
        await asyncio.sleep(RETENTION_EVERY_S)


async def _forget_once(house: House) -> None:
    keep, now = house.settings.retention, house.clock()
    audit_limit = Instant(now - keep.audit_days * DAY_S)
    await house.database.run(lambda session: accounts.forget_expired(session, now))
    await house.database.run(lambda session: audit.forget_before(session, audit_limit))
    await asyncio.to_thread(recordings.forget_before, house.recordings, Instant(now - keep.recordings_days * DAY_S))
