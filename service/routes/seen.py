"""What is seen now: tracks, sensors, and who sees a point."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from fusion.messages import Entity, SensorState
from service.access import Looker, TheHouse
from service.problems import not_found
from service.replies import Reply, gives
from service.sights import Visibility

router = APIRouter(prefix="/api/v1", tags=["picture"])


@router.get("/tracks", summary="What moves", responses=gives(list[Entity], "Tracks"))
async def tracks(
    who: Looker,
    house: TheHouse,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """All tracks of the picture, the newest first."""
    found = sorted(house.picture.of_kind("track"), key=lambda entity: -entity.time)
    return Reply(found[:limit])


@router.get("/sensors", summary="Sensors that stream", responses=gives(list[SensorState], "States"))
async def sensors(who: Looker, house: TheHouse) -> Response:
    """Health, frame rate, delay and pose of every sensor that has a stream."""
    return Reply(list(house.sensors.values()))


@router.get("/sensors/{sensor_id}", summary="One sensor", responses=gives(SensorState, "Its state"))
async def sensor(sensor_id: str, who: Looker, house: TheHouse) -> Response:
    """The state of one sensor."""
    state = house.sensors.get(sensor_id)
    if state is None:
        raise not_found("sensor with a stream", sensor_id)
    return Reply(state)


@router.get("/visibility", summary="Who sees this point", responses=gives(Visibility, "Sensors that see it"))
async def sees(
    request: Request,
    who: Looker,
    house: TheHouse,
    lat_deg: Annotated[float, Query(ge=-90, le=90)],
    lon_deg: Annotated[float, Query(ge=-180, le=180)],
    height_m: Annotated[float, Query(ge=0, le=1000, description="Above the ground.")] = 0.0,
) -> Response:
    """Sensors that see a point now, with terrain and buildings in the way, the sharpest first."""
    district = house.district.get()
    await house.audit.record(request, who, "visibility", f"{lat_deg:.6f},{lon_deg:.6f}")
    states, now = list(house.sensors.values()), house.clock()

    def look() -> Visibility:
        from service.visibility import visibility  # brings scipy, which takes long to import

        return visibility(district, states, lat_deg, lon_deg, height_m, now)

    return Reply(await asyncio.to_thread(look))
