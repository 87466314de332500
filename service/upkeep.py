"""Parts that keep the service itself in order: the picture's expiry, the notice board, incidents, retention."""

import asyncio
import logging
from collections.abc import Callable

from fusion.bus import ENTITIES, EVENTS, REMOVALS, SENSORS, VEHICLES
from fusion.messages import Event
from maps.instants import Instant
from service import recordings
from service.house import House
from service.storage import accounts, audit, incidents

log = logging.getLogger(__name__)

Begun = Callable[[], None]

RETENTION_EVERY_S = 3600.0
DAY_S = 86_400.0
LOG_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}


async def keep_picture(house: House, begun: Begun) -> None:
    """Take out of the picture what nobody renews."""
    begun()
    await house.picture.run()


async def keep_notice_board(house: House, begun: Begun) -> None:
    """Keep the newest word of every sensor and vehicle for the doors; log events."""
    with (
        house.bus.subscribe(SENSORS) as sensors,
        house.bus.subscribe(VEHICLES) as vehicles,
        house.bus.subscribe(EVENTS) as events,
        house.bus.subscribe(REMOVALS) as removals,
    ):

        async def read_sensors() -> None:
            async for state in sensors:
                house.sensors[state.id] = state

        async def read_vehicles() -> None:
            async for state in vehicles:
                house.vehicles[state.id] = state

        async def read_events() -> None:
            async for event in events:
                _log_event(event)

        async def read_removals() -> None:
            async for removal in removals:
                kind, _, name = removal.id.partition("/")
                if kind == "camera":
                    house.sensors.pop(name, None)
                elif kind == "vehicle":
                    house.vehicles.pop(name, None)

        begun()
        async with asyncio.TaskGroup() as group:
            for reading in (read_sensors(), read_vehicles(), read_events(), read_removals()):
                group.create_task(reading)


def _log_event(event: Event) -> None:
    log.log(LOG_LEVELS[event.severity], "%s: %s", event.code, event.message_en)


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
