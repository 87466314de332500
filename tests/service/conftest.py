"""A running service on a free port, and clients that are signed in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from maps.instants import utc_now
from service.app import create_app
from service.config import DistrictSettings, ServerSettings, Settings, StorageSettings
from service.house import House
from service.parts import Part
from service.roles import Role
from service.serving import Server, address, listen
from service.storage import accounts


class _Quiet(Server):
    """A server that leaves the test run's signal handlers alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Service:
    """A running service, as its clients see it."""

    url: str
    app: FastAPI
    house: House
    server: uvicorn.Server
    tokens: dict[Role, str] = field(default_factory=dict)

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    async def token(self, role: Role) -> str:
        if role not in self.tokens:
            name, now = f"a {role.word}", utc_now()

            def work(session):
                accounts.ensure_user(session, name, role, now)
                session.flush()
                return accounts.issue_token(session, name, 3600, now)[0]

            self.tokens[role] = await self.house.database.run(work)
        return self.tokens[role]

    async def client(self, role: Role | None) -> httpx.AsyncClient:
        headers = {} if role is None else {"Authorization": f"Bearer {await self.token(role)}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def audit(self) -> list[dict]:
        async with await self.client(Role.ADMIN) as admin:
            return (await admin.get("/api/v1/audit", params={"limit": 1000})).json()


def bare_settings(folder: Path, **changes: object) -> Settings:
    values = {
        "server": ServerSettings(port=0),
        "storage": StorageSettings(folder=folder),
        "district": DistrictSettings(folder="nanling"),
        "links": (),
        **changes,
    }
    return Settings(**values)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, table: Callable[[House], tuple[Part, ...]] | None = None, console_folder: Path | None = None
) -> AsyncIterator[Service]:
    listener = listen(settings.server)
    app = create_app(settings, console_folder=console_folder, **({} if table is None else {"table": table}))
    opened = asyncio.Event()
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, lifespan="on", log_config=None, access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Quiet(config, opened.set)
    with listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        ready = asyncio.create_task(opened.wait())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        assert opened.is_set(), "the service did not start"
        try:
            yield Service(address(settings.server, listener), app, app.state.house, server)
        finally:
            server.should_exit = True
            await task


def no_parts(house: House) -> tuple[Part, ...]:
    return ()


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(f"not so within {seconds} s")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service without parts: the doors, storage, sign-in and the (empty) picture."""
    async with running(bare_settings(tmp_path), no_parts) as it:
        yield it


@pytest.fixture
def start() -> Callable[..., contextlib.AbstractAsyncContextManager[Service]]:
    """Starts a service with settings of one's own."""
    return running


def receive_json(text: str | bytes) -> dict:
    return json.loads(text)


Wait = Callable[[Callable[[], bool]], Awaitable[None]]
