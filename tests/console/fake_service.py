"""A stand-in for the service, for work on the console: its doors over the embedded district, with invented movement.

``python -m tests.console.fake_service --port 8090`` serves ``console/dist``; sign in as pilot / pilot, or with
``#one-time=demo``. District, planning, checks and the picture's stream are the real ones; aircraft follow their plans
on rails, tracks walk in circles, and videos show the district's streets from the camera's pose. POST /fake/cut cuts
every stream for some seconds, so that one sees how the console bears it.
"""

import argparse
import asyncio
import io
import json
import math
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import numpy as np
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from PIL import Image

import console
from fusion.messages import CameraPose
from maps import cameras
from maps.district import District
from maps.instants import Instant
from missions.planning import MissionRequest, PlanningError, draft
from missions.safety.checks import check
from tests.console.fake_world import STREAMING, Filming, World


def terrain_tile(district: District, z: int, x: int, y: int) -> bytes:
    size = 256 * 2**z
    px = (np.arange(256) + 0.5 + x * 256) / size
    py = (np.arange(256) + 0.5 + y * 256) / size
    lon = px * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * py))))
    heights = district.terrain.height_amsl_m(lat[:, None], lon[None, :])
    code = np.round((heights + 32768) * 256).astype(np.int64)
    image = np.stack([code >> 16, (code >> 8) & 255, code & 255], axis=-1).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "png")
    return out.getvalue()


def invented_coverage(district: District) -> dict[str, Any]:
    features = []
    for camera in district.cameras_by_id:
        row = district.cameras_by_id[camera]
        east, north, _ = cameras.pose(row, district).position_enu_m
        inner = 4.0
        for density in (250, 125, 80, 40, 20):
            reach = min(row.width_px / (2 * math.tan(math.radians(row.hfov_deg) / 2)) / density, 220.0)
            spread = np.radians(row.azimuth_deg + np.linspace(-row.hfov_deg / 2, row.hfov_deg / 2, 9))
            outer = [(east + reach * math.sin(a), north + reach * math.cos(a), 0.0) for a in spread]
            near = [(east + inner * math.sin(a), north + inner * math.cos(a), 0.0) for a in spread[::-1]]
            lat, lon, _ = district.frame.geodetic_from_enu(np.array([*outer, *near, outer[0]]))
            ring = [[float(a), float(b)] for a, b in zip(lon, lat, strict=True)]
            geometry = {"type": "Polygon", "coordinates": [ring]}
            properties = {"camera_id": camera, "px_per_m_min": density}
            features.append({"type": "Feature", "geometry": geometry, "properties": properties})
            inner = reach
    return {"type": "FeatureCollection", "features": features}


def create_app() -> FastAPI:
    district = District.embedded()
    world = World(district)
    filming: list[Filming] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async def run() -> None:
            while True:
                world.advance(time.time())
                await asyncio.sleep(0.2)

        task = asyncio.create_task(run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(lifespan=lifespan)

    @app.middleware("http")
    async def signed_in(request: Request, go: Callable[[Request], Awaitable[Response]]) -> Response:
        path = request.url.path
        if path.startswith("/api/") and path != "/api/v1/session" and "liti_session" not in request.cookies:
            return problem(401, "sign in first")
        return await go(request)

    def problem(status: int, detail: str, **more: Any) -> JSONResponse:
        body = {"type": "urn:liti:problem:fake", "title": "refused", "status": status, "detail": detail, **more}
        return JSONResponse(body, status, media_type="application/problem+json")

    allowed = ["look", "report", "plan", "clear", "fly"]
    who = {"name": "pilot", "role": "pilot", "permissions": allowed, "expires_time": time.time() + 86_400}

    @app.post("/api/v1/session")
    async def sign_in(request: Request) -> Response:
        body = await request.json()
        if body not in ({"name": "pilot", "password": "pilot"}, {"one_time": "demo"}):
            return problem(401, "wrong name or password")
        response = JSONResponse({"token": "t", **who})
        response.set_cookie("liti_session", "t", httponly=True, samesite="strict")
        return response

    @app.get("/api/v1/session")
    async def session(request: Request) -> Response:
        return JSONResponse(who) if "liti_session" in request.cookies else problem(401, "sign in first")

    @app.put("/api/v1/session/password")
    async def set_password(request: Request) -> Response:
        return JSONResponse({"token": "t", **who}) if (await request.json())["password"] else problem(422, "empty")

    @app.delete("/api/v1/session")
    async def sign_out() -> Response:
        response = Response(status_code=204)
        response.delete_cookie("liti_session")
        return response

    @app.get("/api/v1/district")
    async def about() -> dict[str, Any]:
        home = district.home
        place = {"lat_deg": home.lat_deg, "lon_deg": home.lon_deg, "alt_amsl_m": home.alt_amsl_m}
        bounds = district.bounds_deg
        return {"name": "南岭", "name_en": "Nanling", "home": place, "bounds": bounds, "missing": district.missing}

    @app.get("/api/v1/district/layers/{name}")
    async def layer(name: str) -> Response:
        frame = getattr(district, name)
        return Response(frame.to_json(drop_id=True), media_type="application/geo+json")

    @app.get("/api/v1/district/terrain")
    async def terrain() -> dict[str, Any]:
        return {"encoding": "terrarium", "minzoom": 10, "maxzoom": 15, "bounds": district.terrain.bounds_deg}

    tiles: dict[tuple[int, int, int], bytes] = {}

    @app.get("/api/v1/district/terrain/{z}/{x}/{y}.png")
    async def tile(z: int, x: int, y: int) -> Response:
        if (z, x, y) not in tiles:
            tiles[z, x, y] = terrain_tile(district, z, x, y)
        return Response(tiles[z, x, y], media_type="image/png")

    @app.get("/api/v1/coverage")
    async def coverage() -> dict[str, Any]:
        return invented_coverage(district)

    @app.get("/api/v1/missions")
    async def missions() -> list[dict[str, Any]]:
        return list(world.missions.values())

    @app.post("/api/v1/missions", status_code=201)
    async def new_mission(request: Request) -> Response:
        wanted = MissionRequest.model_validate(await request.json())
        now = Instant(time.time())
        try:
            plans = await asyncio.to_thread(draft, wanted, district, world.vehicle_states(now), now)
        except PlanningError as error:
            return problem(422, str(error), field="geometry")
        findings = [finding for plan in plans for finding in check(plan, district, now)]
        name = f"m-{next(world.numbers)}"
        mission = {
            "id": name,
            "kind": wanted.kind,
            "state": "draft",
            "plans": [
                {
                    **msgspec.to_builtins(plan),
                    "path_geojson": {
                        "type": "LineString",
                        "coordinates": [
                            [p.position.lon_deg, p.position.lat_deg, p.position.alt_amsl_m] for p in plan.path
                        ],
                    },
                }
                for plan in plans
            ],
            "findings": [msgspec.to_builtins(finding) for finding in findings],
            "flights": [],
            "created_time": now,
            "by": "pilot",
        }
        world.plans[name] = plans
        world.put_mission(mission)
        return JSONResponse(mission, 201)

    after = {"clear": "cleared", "launch": "flying", "pause": "paused", "resume": "flying", "abort": "returning"}

    @app.post("/api/v1/missions/{name}/{action}")
    async def act(name: str, action: str) -> Response:
        mission = world.missions.get(name)
        if mission is None or action not in after:
            raise HTTPException(404)
        blocking = [f for f in mission["findings"] if f["severity"] == "blocking"]
        if action == "clear" and blocking:
            return problem(409, "blocked by findings", findings=mission["findings"])
        if action == "launch":
            for plan in world.plans[name]:
                world.flown[plan.vehicle_id] = (name, plan, time.time())
            mission["flights"] = [
                {"vehicle_id": plan.vehicle_id, "state": "flying", "items": len(plan.items), "items_reached": 3}
                for plan in world.plans[name]
            ]
        world.put_mission({**mission, "state": after[action]})
        return JSONResponse(world.missions[name])

    @app.post("/api/v1/vehicles/{name}/commands", status_code=202)
    async def command(name: str, request: Request) -> Response:
        wanted = (await request.json())["command"]
        if wanted == "hold":
            world.held.add(name)
        elif wanted == "resume":
            world.held.discard(name)
        elif wanted == "land" and name == "uav-3":
            return problem(409, "a fixed-wing aircraft cannot land where it is", detail_zh="固定翼不能原地降落")
        return JSONResponse({"accepted": True}, 202)

    @app.post("/fake/cut")
    async def cut(seconds: float = 6.0) -> None:
        world.cut_until = time.time() + seconds
        for socket in list(world.sockets):
            with suppress(RuntimeError):
                await socket.close(1012)

    @app.websocket("/api/v1/picture")
    async def picture(socket: WebSocket) -> None:
        if time.time() < world.cut_until:
            await socket.close()
            return
        world.sockets.add(socket)
        try:
            await world.stream.serve(socket)
        finally:
            world.sockets.discard(socket)

    @app.websocket("/api/v1/video/{sensor}")
    async def video(socket: WebSocket, sensor: str) -> None:
        if not filming:
            filming.append(await asyncio.to_thread(Filming, world))
        airborne = sensor.removesuffix("-eo")
        if sensor not in STREAMING and airborne not in world.places:
            await socket.accept()
            await socket.close(4404)
            return
        await socket.accept()

        def pose_now(now: float) -> CameraPose:
            return world.fixed_pose(sensor, now) if sensor in STREAMING else world.airborne_pose(airborne, now)

        with suppress(WebSocketDisconnect, RuntimeError):
            async for pose, key, data in filming[0].units(pose_now):
                header = {"time": pose.time, "key": key, "codec": "avc1.42c01e", "width": 320, "height": 180}
                header |= {"sensor_id": sensor, "pose": msgspec.to_builtins(pose)}
                text = json.dumps(header).encode()
                await socket.send_bytes(b"LTV1" + struct.pack("<I", len(text)) + text + data)

    app.mount("/", StaticFiles(directory=console.DIST, html=True))
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    uvicorn.run(create_app(), port=parser.parse_args().port, log_level="warning")
