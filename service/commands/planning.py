"""``liti plan`` and ``liti check``: plans without a running service."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from maps.instants import utc_now
from service.commands.serve import ConfigOption, configuration
from service.commands.terminal import FAILED, err, out, stop
from service.config import Settings

if TYPE_CHECKING:
    from fusion.messages import VehicleKind
    from maps.district import District
    from maps.positions import Geodetic
    from missions.plan import Plan
    from missions.planning import MissionRequest
    from missions.planning.formats.results import Read
    from missions.planning.profiles import VehicleProfile
    from missions.safety import Finding
    from missions.safety.take_offs import Company
    from missions.safety.weather import Weather

DistrictOption = Annotated[
    str | None, typer.Option("--district", "-d", help="Folder of the district, or the name of an embedded one.")
]
Profiles = Mapping["VehicleKind", "VehicleProfile"]
Kind = Literal["rotorcraft", "fixed_wing", "vtol"]
Dialect = Literal["ardupilot", "px4"]
MARKS = {"blocking": "[bold red]blocking[/]", "warning": "[yellow]warning[/]"}
PAGE = ".html"


def plan(
    request: Annotated[Path, typer.Argument(help="Mission request (JSON), as POST /api/v1/missions takes it.")],
    district: DistrictOption = "nanling",
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, its format by its suffix: .html for a page to look at, .plan, .waypoints and others "
            "for ground stations. May be given several times.",
        ),
    ] = None,
    vehicle: Annotated[
        Kind | None, typer.Option("--vehicle", help="Kind of aircraft to plan for, instead of the request's.")
    ] = None,
    autopilot: Annotated[
        Dialect | None, typer.Option("--autopilot", help="Whose dialect to write; by default what both take.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Turn a mission request into plans, one for each vehicle, and check them."""
    from missions.errors import MissionError
    from missions.execution.proposals import propose
    from missions.execution.requests import parse_request
    from missions.planning.errors import PlanningError
    from missions.safety.take_offs import Company

    asked_for = output or []
    _can_be_written(asked_for)
    settings = configuration(config)
    profiles = settings.profiles.table
    with err.status("reading the district") as status:
        area = _district(district or "nanling")
        try:
            asked = parse_request(_for_vehicle(_json(request), vehicle))
            status.update("planning")
            plans = propose(asked, area, (), utc_now(), profiles)
        except MissionError as error:
            stop(f"{request}: {error.message_en}")
        except PlanningError as error:
            stop(f"{request}: {error.message_en}", code=FAILED)
        status.update("checking")
        company = Company(plans, area, asked.wind, profiles)
        findings = [_check(each, area, asked, settings, company=company) for each in plans]
        status.update("writing")
        page = partial(_page, plans, area, asked, findings, profiles)
        written = [each for path in asked_for for each in _written(path, plans, page, autopilot)]
    err.print(_summary(plans))
    for line in _together(plans, asked):
        err.print(escape(line), highlight=False, soft_wrap=True)
    _show([each for found in findings for each in found])
    if not asked_for:
        typer.echo(msgspec.json.format(msgspec.json.encode(plans)).decode())
    for path in written:
        err.print(f"written: {escape(str(path))}", highlight=False, soft_wrap=True)
    if any(each.severity == "blocking" for found in findings for each in found):
        raise typer.Exit(FAILED)


def check(
    plans: Annotated[list[Path], typer.Argument(help="Plan files of any formats that can be read.")],
    district: DistrictOption = None,
    vehicle: Annotated[Kind | None, typer.Option("--vehicle", help="Kind, where the file is silent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    page: Annotated[Path | None, typer.Option("--html", help="Page to write: map, altitude profile, findings.")] = None,
    weather: Annotated[
        Path | None, typer.Option("--weather", help="The weather (JSON), as PUT /api/v1/weather takes it.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Say what is wrong with a plan, or with several that take off together; exit 1 when a finding blocks one."""
    from maps.positions import Geodetic
    from missions.planning.formats import settled
    from missions.safety.separation import BETWEEN_MISSIONS
    from missions.safety.take_offs import Company

    settings = configuration(config)
    read = [_read(path, vehicle) for path in plans]
    home = Geodetic(read[0].plan.home.lat_deg, read[0].plan.home.lon_deg, read[0].plan.home.alt_amsl_m)
    area = _district(district) if district is not None else _unknown_ground(home)
    made = [settled(each, area) for each in read]
    for remark in (remark for each in made for remark in each.remarks):
        err.print(f"[yellow]note[/]: {escape(str(remark))}", highlight=False, soft_wrap=True)
    found, names = tuple(each.plan for each in made), tuple(map(str, plans))
    profiles = settings.profiles.table
    company = Company(found, area, None, profiles, BETWEEN_MISSIONS, names) if len(found) > 1 else None
    told = _weather(weather) if weather is not None else None
    findings = [_check(each, area, None, settings, told, company=company) for each in found]
    blocked = [any(each.severity == "blocking" for each in about) for about in findings]
    if page is not None:
        named = [
            msgspec.structs.replace(each, name=each.name or path.name) for each, path in zip(found, plans, strict=True)
        ]
        _write(page, _page(named, area, None, findings, profiles))
    answers = [{"cleared": not bad, "findings": about} for bad, about in zip(blocked, findings, strict=True)]
    if as_json and len(plans) == 1:
        typer.echo(msgspec.json.format(msgspec.json.encode(answers[0])).decode())
    elif as_json:
        each_plan = [{"plan": name, **answer} for name, answer in zip(names, answers, strict=True)]
        whole = {"cleared": not any(blocked), "plans": each_plan}
        typer.echo(msgspec.json.format(msgspec.json.encode(whole)).decode())
    else:
        for name, bad, about in zip(names, blocked, findings, strict=True):
            _show(about)
            of = f"{escape(name)}: " if len(plans) > 1 else ""
            out.print(f"{of}[bold red]not cleared[/]" if bad else f"{of}[bold green]cleared[/]", soft_wrap=True)
    if any(blocked):
        raise typer.Exit(FAILED)


def _read(path: Path, kind: Kind | None) -> "Read":
    from missions.planning.errors import PlanningError
    from missions.planning.formats import read

    try:
        return read(path, kind=kind)
    except PlanningError as error:
        stop(f"{path}: {error.message_en}")
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}")


def _for_vehicle(request: dict[str, object], kind: Kind | None) -> dict[str, object]:
    """The request with so many aircraft of another kind; unchanged without one."""
    if kind is None:
        return request
    asked = request.get("vehicles")
    crew = asked if isinstance(asked, list) else [asked]
    count = sum(int(each.get("count", 1)) if isinstance(each, dict) else 1 for each in crew)
    return {**request, "vehicles": {"count": count, "kind": kind}}


def _check(
    plan: "Plan",
    district: "District",
    request: "MissionRequest | None",
    settings: Settings,
    weather: "Weather | None" = None,
    company: "Company | None" = None,
) -> "list[Finding]":
    from missions.safety.checks import judge
    from missions.safety.circumstances import Circumstances

    observed = weather.wind if weather is not None else None
    given = Circumstances(
        now=utc_now(),
        wind=request.wind if request is not None and request.wind is not None else observed,
        profiles=settings.profiles.table,
        policy=settings.policy.made(),
        weather=weather,
        camera=request.camera if request is not None else None,
        station=settings.station.station(district.home),
        company=company,
    )
    return judge(plan, district, given)


def _weather(path: Path) -> "Weather":
    """The weather of a file, now where it does not say when it was observed."""
    from missions.safety.weather import Weather

    try:
        return msgspec.convert({"observed_time": utc_now(), **_json(path)}, Weather)
    except msgspec.ValidationError as error:
        stop(f"{path} is no weather: {error}")


def _can_be_written(paths: Sequence[Path]) -> None:
    """Stop before any work when a file's suffix names no format."""
    from missions.planning.formats import WRITABLE, format_of

    for path in paths:
        found = format_of(path.suffix)
        if path.suffix.lower() != PAGE and (found is None or found.write is None):
            stop(
                f"{path}: plans are written as {', '.join((PAGE, *WRITABLE))}, not {path.suffix or 'without a suffix'}"
            )


def _written(path: Path, plans: "Sequence[Plan]", page: Callable[[], bytes], autopilot: Dialect | None) -> list[Path]:
    """Write the plans to a file, or one file each where the format holds one plan; the files' names."""
    from missions.planning.errors import PlanningError
    from missions.planning.formats import export

    if path.suffix.lower() == PAGE:
        _write(path, page())
        return [path]
    paths = [path] if len(plans) == 1 else [path.with_stem(f"{path.stem}-{n}") for n in range(1, len(plans) + 1)]
    for each, target in zip(plans, paths, strict=True):
        try:
            made = export(each, target.suffix, autopilot)
        except PlanningError as error:
            stop(error.message_en)
        _write(target, made.data)
        if made.losses:
            said = f"{target} does not say the plan's {', '.join(made.losses)}"
            err.print(f"[yellow]note[/]: {escape(said)}", highlight=False, soft_wrap=True)
    return paths


def _page(
    plans: "Sequence[Plan]",
    district: "District",
    request: "MissionRequest | None",
    findings: "Sequence[Sequence[Finding]]",
    profiles: Profiles,
) -> bytes:
    from service.plan_page import plan_page

    return plan_page(plans, district, utc_now(), request=request, findings=findings, profiles=profiles).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        stop(f"{path} cannot be written: {error.strerror}")


def _summary(plans: "Sequence[Plan]") -> Table:
    """What flying each plan takes."""
    table = Table("plan", "aircraft", "items", "distance", "time", "battery", "take-off")
    for column in table.columns[2:]:
        column.justify = "right"
    for number, each in enumerate(plans, start=1):
        starts = ", ".join(f"+{_clock(start)}" for start in each.takeoffs_s[:3])
        table.add_row(
            escape(each.vehicle_id or f"#{number}"),
            each.vehicle_kind.replace("_", " "),
            f"{len(each.items)}",
            f"{each.distance_m:,.0f} m",
            _clock(each.duration_s),
            f"{each.energy_fraction:.0%}",
            starts + (" …" if len(each.takeoffs_s) > 3 else ""),
        )
    return table


def _together(plans: "Sequence[Plan]", asked: "MissionRequest") -> Iterator[str]:
    """What the plans are as one mission: order of take-off, time to finish, relief, and what planning decided."""
    from missions.planning import schedule

    planned = schedule.of(plans, asked.persist_s)
    if len(planned.takeoffs) > 1:
        order = ", ".join(each.vehicle_id or f"#{each.plan + 1}" for each in planned.takeoffs[:20])
        more = " …" if len(planned.takeoffs) > 20 else ""
        yield f"take-off order: {order}{more}; all landed after {_clock(planned.finish_s)}"
    if planned.worst_uncovered_s is not None:
        yield f"worst time without anybody on station: {planned.worst_uncovered_s:.0f} s"
    for number, plan in enumerate(plans, start=1):
        yield from (f"{plan.vehicle_id or f'#{number}'}: {english}" for english, _ in plan.notes)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _show(findings: "list[Finding]") -> None:
    if not findings:
        err.print("no findings")
        return
    table = Table("severity", "rule", "item", "margin", "message")
    for each in findings:
        item = "" if each.item is None else str(each.item + 1)
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
        stop(f"{path}: it must hold a JSON object")
    return content
