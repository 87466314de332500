"""``liti coverage``: what a district's cameras cover."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from service.commands.terminal import err, out, stop


def coverage(
    district: Annotated[str, typer.Argument(help="Folder of the district, or the name of an embedded one.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="GeoPackage to write.")] = None,
) -> None:
    """Compute the coverage of a district's cameras and which sites are covered."""
    if output is not None and output.suffix != ".gpkg":
        stop(f"{output}: coverage is written as a GeoPackage; give a name that ends with .gpkg")

    from maps.audit import COVERED_SHARE, summary
    from maps.coverage import coverage as cover
    from maps.coverage import sites_covered
    from service.district import load
    from service.parts import PermanentError

    try:
        area = load(district)
    except PermanentError as error:
        stop(str(error))
    columns = (TextColumn("cameras"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("cameras", total=len(area.cameras))
        seen = cover(area, progress=lambda done, _: progress.update(task, completed=done))
    sites = sites_covered(area, seen)
    numbers = summary(area, seen)
    out.print(f"{numbers.cameras} of {len(area.cameras)} cameras see {numbers.area_m2 / 1e6:.3f} km² of ground")
    out.print(f"{numbers.sites_covered} of {numbers.sites} sites are covered to {COVERED_SHARE:.0%} or more")
    table = Table("site", "name", "class", "grade", "share")
    for _, row in sites.iterrows():
        share = float(row["share"])
        color = "green" if share >= COVERED_SHARE else "red"
        words = (escape(str(row[name])) for name in ("id", "name", "class", "grade"))
        table.add_row(*words, f"[{color}]{share:.0%}[/]")
    out.print(table)
    if output is not None:
        output.unlink(missing_ok=True)
        seen.to_file(output, layer="coverage", driver="GPKG")
        sites.to_file(output, layer="sites", driver="GPKG")
        err.print(f"written: {escape(str(output))}")
