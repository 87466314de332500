"""``liti plan`` and ``liti check``: plans without a running service."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from maps.instants import utc_now
from service.commands.terminal import FAILED, err, out, stop

if TYPE_CHECKING:
    from maps.district import District
    from maps.positions import Geodetic
    from missions.plan import Plan
    from missions.safety import Finding

DistrictOption = Annotated[
    str | None, typer.Option("--district", "-d", help="Folder of the district, or the name of an embedded one.")
]
Kind = Literal["rotorcraft", "fixed_wing", "vtol"]
MARKS = {"blocking": "[bold red]blocking[/]", "warning": "[yellow]warning[/]"}


def plan(
    request: Annotated[Path, typer.Argument(help="Mission request (JSON), as POST /api/v1/missions takes it.")],
    district: DistrictOption = "nanling",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Plan file: .plan, .waypoints or .geojson.")
    ] = None,
) -> None:
    """Turn a mission request into plans, one for each vehicle, and check them."""
    from missions.errors import MissionError
    from missions.execution.requests import parse_request
    from missions.planning import draft
    from missions.planning.errors import PlanningError
    from missions.planning.formats import write_plan

    area = _district(district or "nanling")
    try:
        asked = parse_request(_json(request))
        plans = draft(asked, area, (), utc_now())
    except MissionError as error:
        stop(f"{request}: {error.message_en}")
    except PlanningError as error:
        stop(f"{request}: {error.message_en}", code=FAILED)
    findings = [found for each in plans for found in _check(each, area)]
    for number, each in enumerate(plans, start=1):
        minutes = each.duration_s / 60
        err.print(
            f"plan {number}: {each.vehicle_kind}, {len(each.items)} items, {each.distance_m:.0f} m, {minutes:.1f} min"
        )
    _show(findings)
    if output is None:
        typer.echo(msgspec.json.format(msgspec.json.encode(plans)).decode())
    for number, each in enumerate(plans if output is not None else (), start=1):
        assert output is not None
        path = output if len(plans) == 1 else output.with_stem(f"{output.stem}-{number}")
        try:
            path.write_bytes(write_plan(each, path.suffix))
        except PlanningError as error:
            stop(error.message_en)
        except OSError as error:
            stop(f"{path} cannot be written: {error.strerror}")
        err.print(f"written: {escape(str(path))}")
    if any(found.severity == "blocking" for found in findings):
        raise typer.Exit(FAILED)


def check(
    plan: Annotated[Path, typer.Argument(help="Plan file: .plan or .waypoints.")],
    district: DistrictOption = None,
    vehicle: Annotated[Kind | None, typer.Option("--vehicle", help="Kind, where the file is silent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong with a plan; exit 1 when a finding blocks it."""
    from maps.positions import Geodetic
    from missions.planning.errors import PlanningError
    from missions.planning.formats import read_plan

    try:
        read = read_plan(plan, kind=vehicle)
    except PlanningError as error:
        stop(f"{plan}: {error.message_en}")
    except OSError as error:
        stop(f"{plan} cannot be read: {error.strerror}")
    home = Geodetic(read.home.lat_deg, read.home.lon_deg, read.home.alt_amsl_m)
    findings = _check(read, _district(district) if district is not None else _unknown_ground(home))
    blocked = any(found.severity == "blocking" for found in findings)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode({"cleared": not blocked, "findings": findings})).decode())
    else:
        _show(findings)
        out.print("[bold red]not cleared[/]" if blocked else "[bold green]cleared[/]")
    if blocked:
        raise typer.Exit(FAILED)


def _check(plan: "Plan", district: "District") -> "list[Finding]":
    from missions.safety.checks import check as check_plan

    return list(check_plan(plan, district, utc_now()))


def _show(findings: "list[Finding]") -> None:
    if not findings:
        err.print("no findings")
        return
    table = Table("severity", "rule", "item", "margin", "message")
    for each in findings:
        item = "" if each.item is None else str(each.item)
        margin = "" if each.margin_m is None else f"{each.margin_m:+.1f} m"
        table.add_row(MARKS[each.severity], each.rule, item, margin, escape(each.message))
    err.print(table)


def _district(name: str) -> "District":
    from service.district import load
    from service.parts import PermanentError

    try:
        return load(name)
    except PermanentError as error:
        stop(str(error))


def _unknown_ground(home: "Geodetic") -> "District":
    """A district of which nothing is known: every check that needs a layer says that it was not made."""
    from maps.district import District
    from maps.layers import LAYERS
    from maps.positions import LocalFrame
    from maps.reading import empty
    from maps.terrain import Terrain

    frame = LocalFrame(home)
    layers = {layer.name: empty(layer) for layer in LAYERS}
    return District(
        Path(), "", "", {}, frame, Terrain.flat(frame), missing=("terrain", *layers), **layers
    )  # fmt: skip


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}")
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        stop(f"{path} is not JSON: {error}")
    if not isinstance(content, dict):
        stop(f"{path}: a mission request is a JSON object")
    return content
