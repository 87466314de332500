"""A client of the service's doors: requests over HTTP, and the picture as it comes over the WebSocket."""

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

REQUEST_TIMEOUT_S = 20.0
MAX_SAMPLES = 20_000


class DoorError(Exception):
    """The service answered with an error; the message is its own sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


@dataclass
class Doors:
    """Requests to one service, signed in as one user."""

    base_url: str
    token: str = ""

    async def sign_in(self, one_time: str) -> None:
        """Trade a one-time code for a token.

        Raises:
            DoorError: when the code is refused.
        """
        answer = await self.call("POST", "/api/v1/session", {"one_time": one_time})
        self.token = answer["token"]

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its answer as Python values.

        Raises:
            DoorError: for an answer of 400 and above.
            OSError: when the service cannot be reached.
        """
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            problem = json.loads(error.read() or b"{}")
            raise DoorError(error.code, str(problem.get("detail", error.reason))) from error
        return json.loads(text) if text else None


@dataclass
class PictureWatch:
    """The picture as one client sees it, and how it got there.

    Attributes:
        entities: by id, as last told.
        first_time: when there first was something in the picture; None before.
        deltas: received so far.
        snapshots: received so far.
        delivery_ms: from the server's time in a delta to its arrival here, the newest `MAX_SAMPLES`.
        track_latency_ms: from the sensor time of a track's newest observation to its arrival here.
    """

    doors: Doors
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_time: float | None = None
    deltas: int = 0
    snapshots: int = 0
    delivery_ms: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))
    track_latency_ms: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))
    _newest: dict[str, float] = field(default_factory=dict)
    _resume: dict[str, Any] | None = None

    async def run(self) -> None:
        """Keep the picture until cancelled; a lost connection is resumed."""
        url = self.doors.base_url.replace("http", "ws", 1) + "/api/v1/picture"
        headers = {"Authorization": f"Bearer {self.doors.token}"}
        while True:
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake):
                async with connect(url, additional_headers=headers, max_size=64_000_000, compression=None) as socket:
                    subscription: dict[str, Any] = {"type": "subscribe", "rate_hz": 10}
                    if self._resume is not None:
                        subscription["resume"] = self._resume
                    await socket.send(json.dumps(subscription))
                    async for message in socket:
                        self._take(json.loads(message), time.time())
            await asyncio.sleep(0.5)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """All entities of a kind."""
        return [entity for entity in self.entities.values() if entity["kind"] == kind]

    def _take(self, message: dict[str, Any], now: float) -> None:
        match message["type"]:
            case "snapshot":
                self.snapshots += 1
                self.entities = {entity["id"]: entity for entity in message["entities"]}
                self._resume = {"epoch": message["epoch"], "seq": message["seq"]}
            case "delta":
                self.deltas += 1
                self.delivery_ms.append((now - message["time"]) * 1000)
                for entity in message["changed"]:
                    self.entities[entity["id"]] = entity
                    self._note_latency(entity, now)
                for removed in message["removed"]:
                    self.entities.pop(removed, None)
                    self._newest.pop(removed, None)
                if self._resume is not None:
                    self._resume["seq"] = message["seq"]
            case _:
                return
        if self.first_time is None and self.entities:
            self.first_time = now

    def _note_latency(self, entity: dict[str, Any], now: float) -> None:
        seen_time = entity.get("properties", {}).get("last_seen_time") if entity["kind"] == "track" else None
        if seen_time is not None and seen_time > self._newest.get(entity["id"], 0.0):
            self._newest[entity["id"]] = seen_time
            self.track_latency_ms.append((now - seen_time) * 1000)
