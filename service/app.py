"""The application: all doors, their guards, and the parts behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from maps.instants import Clock, utc_now
from service import composition, problems
from service.config import Settings
from service.guards import BodyLimit, SafeHeaders
from service.house import House
from service.openapi import describe
from service.parts import Part, Parts
from service.replies import problem_responses
from service.routes import (
    audit,
    condition,
    console,
    district,
    incidents,
    missions,
    recordings,
    seen,
    session,
    streams,
    vehicles,
    weather,
    zones,
)
from service.version import __version__

ROUTERS = (
    session.router,
    district.router,
    weather.router,
    zones.router,
    vehicles.router,
    missions.router,
    incidents.router,
    seen.router,
    recordings.router,
    audit.router,
    condition.router,
    streams.router,
)


def create_app(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    table: Callable[[House], Sequence[Part]] = composition.table,
    console_folder: Path | None = None,
) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: the configuration.
        clock: tells the time to everything in it.
        table: the parts to run; tests may run fewer.
        console_folder: the built console; None for the one that was installed.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = House(settings, clock)
        app.state.house = house
        try:
            house.parts = Parts(table(house), clock)
            async with house.parts:
                yield
        finally:
            house.picture.close()
            await house.mission_store.settled()
            await asyncio.to_thread(house.database.close)

    app = FastAPI(
        title="Liti",
        version=__version__,
        summary="Missions, cameras and one picture in three dimensions.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=problem_responses(),
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    console.install(app, console_folder)
    app.add_middleware(BodyLimit, most=settings.server.body_bytes)
    app.add_middleware(SafeHeaders)
    return app
