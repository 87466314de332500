"""``liti watch``: the picture stream in a terminal."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from service.commands.terminal import FAILED, err, out, stop
from service.config import TOKEN_VARIABLE

AGAIN_S = (0.5, 1.0, 2.0, 5.0)
REFRESH_HZ = 4


class _RefusedError(Exception):
    """The service does not let this client look; the message says why."""


class Seen:
    """The picture as this client has it."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, Any]] = {}
        self.resume: dict[str, Any] | None = None
        self.status: dict[str, Any] = {}
        self.last_time = 0.0
        self.deltas = 0

    def take(self, message: dict[str, Any]) -> None:
        """Take one message of the stream."""
        self.last_time = time.time()
        match message["type"]:
            case "snapshot":
                self.entities = {entity["id"]: entity for entity in message["entities"]}
                self.resume = {"epoch": message["epoch"], "seq": message["seq"]}
            case "delta":
                self.deltas += 1
                self.entities.update({entity["id"]: entity for entity in message["changed"]})
                for name in message["removed"]:
                    self.entities.pop(name, None)
                if self.resume is not None:
                    self.resume["seq"] = message["seq"]
            case "status":
                self.status = message
            case _:
                pass


def watch(
    url: Annotated[
        str,
        typer.Argument(
            help="Address of the service, such as http://127.0.0.1:8080; a one-time sign-in address works as well."
        ),
    ],
    token: Annotated[str | None, typer.Option(help="A token of a session.", envvar=TOKEN_VARIABLE)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each message as a line of JSON.")] = False,
    layers: Annotated[list[str] | None, typer.Option("--layer", help="Only entities of this kind.")] = None,
    rate_hz: Annotated[float, typer.Option("--rate", help="Deltas a second, at most.", min=0.1, max=20)] = 2.0,
    seconds: Annotated[float | None, typer.Option(help="Stop after this many seconds.", min=0)] = None,
) -> None:
    """Show the picture as it changes; a lost connection is taken up again where it was."""
    address, _, fragment = url.partition("#")
    address = address.rstrip("/")
    if not address.startswith(("http://", "https://")):
        stop(f"{url}: give an address that begins with http:// or https://")
    if fragment.startswith("one_time="):
        token = _sign_in(address, fragment.removeprefix("one_time="))
    if not token:
        stop(
            "a token is needed",
            f"give --token or {TOKEN_VARIABLE}, or a one-time sign-in address (liti user code NAME)",
        )
    subscription: dict[str, Any] = {"type": "subscribe", "rate_hz": rate_hz}
    if layers:
        subscription["layers"] = layers
    try:
        asyncio.run(_watch(address, token, subscription, as_json, seconds))
    except KeyboardInterrupt:
        raise typer.Exit from None


def _sign_in(address: str, code: str) -> str:
    request = urllib.request.Request(
        f"{address}/api/v1/session", json.dumps({"one_time": code}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(json.load(answer)["token"])
    except urllib.error.HTTPError as error:
        stop(str(json.load(error).get("detail", error.reason)))
    except OSError as error:
        stop(f"{address} cannot be reached: {error}")


async def _watch(address: str, token: str, subscription: dict[str, Any], as_json: bool, seconds: float | None) -> None:
    seen = Seen()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_follow(address, token, subscription, seen, as_json))]
            if not as_json:
                tasks.append(group.create_task(_show(seen)))
            if seconds is not None:
                await asyncio.sleep(seconds)
                for task in tasks:
                    task.cancel()
    except* _RefusedError as refused:
        stop(str(refused.exceptions[0]), code=FAILED)


async def _follow(address: str, token: str, subscription: dict[str, Any], seen: Seen, as_json: bool) -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    url = address.replace("http", "ws", 1) + "/api/v1/picture"
    headers = {"Authorization": f"Bearer {token}"}
    failures = 0
    while True:
        try:
            async with connect(url, additional_headers=headers, max_size=None, compression=None) as socket:
                failures = 0
                first = {**subscription, "resume": seen.resume} if seen.resume else subscription
                await socket.send(json.dumps(first))
                async for text in socket:
                    message = json.loads(text)
                    if message["type"] == "error":
                        raise _RefusedError(str(message.get("detail") or message.get("message") or message))
                    seen.take(message)
                    if as_json:
                        typer.echo(text)
        except InvalidStatus as error:
            if error.response.status_code in {401, 403}:
                problem = json.loads(error.response.body or b"{}")
                raise _RefusedError(str(problem.get("detail", "not signed in"))) from error
            err.print(f"the service answers {error.response.status_code}; trying again")
        except (OSError, ConnectionClosed, TimeoutError) as error:
            err.print(f"connection lost ({escape(str(error))}); trying again")
        await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
        failures += 1


async def _show(seen: Seen) -> None:
    with Live(console=out, refresh_per_second=REFRESH_HZ, screen=False) as live:
        while True:
            live.update(_screen(seen, time.time()))
            await asyncio.sleep(1 / REFRESH_HZ)


def _screen(seen: Seen, now: float) -> Group:
    age = now - seen.last_time
    state = "connecting" if not seen.last_time else f"{age:.1f} s ago"
    color = "green" if age < 3 else "red"
    counts = Counter(entity["kind"] for entity in seen.entities.values())
    words = "  ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    degraded = "  [yellow]degraded: this client is slow[/]" if seen.status.get("degraded") else ""
    table = Table("entity", "age", "position", "height", "state", expand=False)
    moving = [entity for entity in seen.entities.values() if entity["kind"] in {"vehicle", "track", "mission"}]
    for entity in sorted(moving, key=lambda each: (each["kind"], each["id"]))[:40]:
        table.add_row(*_row(entity, now))
    head = f"newest message [{color}]{state}[/]  deltas {seen.deltas}{degraded}\n{words}"
    return Group(Text.from_markup(head), table)


def _row(entity: dict[str, Any], now: float) -> tuple[str, ...]:
    place, facts = entity.get("position"), entity.get("properties", {})
    where = f"{place['lat_deg']:.5f} {place['lon_deg']:.5f}" if place else ""
    height = f"{place['alt_amsl_m']:.0f} m" if place else ""
    keys = ("mode", "link", "state", "status", "kind", "battery_fraction")
    state = " ".join(str(facts[key]) for key in keys if key in facts)
    age = f"{now - entity['time']:.1f} s"
    return entity["id"], f"[red]{age}[/]" if now > entity["stale_time"] else age, where, height, escape(state)
