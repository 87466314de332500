"""The doors let in whom they should, and say clearly why they do not."""

import re

import httpx
import pytest
import websockets
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.asyncio.client import connect

from service.roles import Role

OPEN = {("GET", "/healthz"), ("POST", "/api/v1/session"), ("GET", "/")}


def walk(routes):
    for route in routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                yield method, route.path
        elif isinstance(route, APIWebSocketRoute):
            yield "WEBSOCKET", route.path
        elif hasattr(route, "original_router"):  # how newer FastAPI keeps an included router
            yield from walk(route.original_router.routes)


async def test_every_route_but_health_and_sign_in_needs_a_token(service):
    doors = {door for door in walk(service.app.routes) if door not in OPEN}
    assert len(doors) > 8
    async with await service.client(None) as stranger:
        for method, path in sorted(doors):
            address = re.sub(r"{[^}]+}", "1", path)
            if method == "WEBSOCKET":
                with pytest.raises(websockets.InvalidStatus) as refused:
                    await connect(service.websocket_url + address).__aenter__()
                status = refused.value.response.status_code
            else:
                status = (await stranger.request(method, address)).status_code
            assert status == 401, f"{method} {path} answers {status} to a stranger"


async def test_a_wrong_token_is_a_problem_document(service):
    async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": "Bearer wrong"}) as client:
        answer = await client.get("/api/v1/session")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:liti:problem:not-signed-in"
    assert "POST /api/v1/session" in answer.json()["detail"]


async def test_a_viewer_may_not_report_and_not_read_the_audit_log(service):
    async with await service.client(Role.VIEWER) as viewer:
        report = {"title": "fire", "position": {"lat_deg": 43.86, "lon_deg": 125.32, "alt_amsl_m": 220}}
        assert (await viewer.post("/api/v1/incidents", json=report)).status_code == 403
        refused = await viewer.get("/api/v1/audit")
    assert refused.status_code == 403
    assert "admin" in refused.json()["detail"]


async def test_a_body_that_is_too_large_is_refused_whether_announced_or_not(service):
    most = service.house.settings.server.body_bytes

    async def endless():
        for _ in range(most // 65536 + 2):
            yield b"x" * 65536

    async with await service.client(Role.ADMIN) as client:
        announced = await client.post("/api/v1/incidents", content=b"x" * (most + 1))
        streamed = await client.post(
            "/api/v1/incidents", content=endless(), headers={"content-type": "application/json"}
        )
    assert announced.status_code == streamed.status_code == 413
    assert announced.json()["type"] == streamed.json()["type"] == "urn:liti:problem:too-large"


async def test_an_invalid_body_names_the_field(service):
    async with await service.client(Role.ADMIN) as client:
        answer = await client.post("/api/v1/incidents", json={"title": "x", "position": {"lat_deg": 95, "lon_deg": 1}})
        garbled = await client.post("/api/v1/incidents", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "position.lat_deg"
    assert garbled.status_code == 422
    assert garbled.headers["content-type"] == "application/problem+json"


async def test_what_is_not_there_is_a_problem_document(service):
    async with await service.client(Role.ADMIN) as client:
        missing = await client.get("/api/v1/nothing")
        wrong_way = await client.delete("/api/v1/incidents")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:liti:problem:not-found")
    assert (wrong_way.status_code, wrong_way.json()["type"]) == (405, "urn:liti:problem:method-not-allowed")


async def test_answers_carry_headers_that_keep_browsers_safe(service):
    async with await service.client(None) as client:
        headers = (await client.get("/healthz")).headers
    policy = headers["content-security-policy"]
    assert "worker-src 'self' blob:" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_reference_describes_every_door_with_tag_and_summary(service):
    async with await service.client(Role.VIEWER) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    operations = [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    assert len(operations) >= 8
    for name, operation in operations:
        assert operation.get("tags"), name
        assert operation.get("summary"), name
    assert "Incident" in document["components"]["schemas"]
    assert "ProblemDocument" in document["components"]["schemas"]
