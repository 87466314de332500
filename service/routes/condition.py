"""How the service is: health for anyone, metrics for whoever is signed in."""

from fastapi import APIRouter, Response

from service.access import Looker, TheHouse
from service.metrics import exposition
from service.replies import Reply

router = APIRouter(tags=["condition"])


@router.get("/healthz", summary="Health of the service and its parts")
async def healthz(house: TheHouse) -> Response:
    """200 while every essential part is up or coming up, 503 otherwise; says the state of each part."""
    health = house.health()
    return Reply(health, status_code=200 if health["status"] == "ok" else 503)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(who: Looker, house: TheHouse) -> Response:
    """Counters and gauges in Prometheus' text format (scrape with a token as ``authorization`` credentials)."""
    body, media_type = exposition(house)
    return Response(body, media_type=media_type)
