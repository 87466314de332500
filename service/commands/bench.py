"""``liti bench``: hot paths beside their peers, as ratios."""

from typing import Annotated

import msgspec
import typer
from rich.table import Table

from service.commands.terminal import err, out, stop


def bench(
    name: Annotated[str | None, typer.Argument(help="One benchmark; without a name, all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure hot paths beside what one would take instead; the ratio is what counts."""
    from service.benchmarks import BENCHMARKS, Outcome

    if name is not None and name not in BENCHMARKS:
        stop(f"there is no benchmark {name!r}", f"there are: {', '.join(BENCHMARKS)}")
    outcomes: list[Outcome] = []
    for each in [name] if name else list(BENCHMARKS):
        err.print(f"[dim]{each} …[/]", highlight=False)
        outcomes += BENCHMARKS[each]()
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(outcomes)).decode())
        return
    table = Table("what", "of", "Liti", "peer", "unit", "ratio", "the peer")
    for outcome in outcomes:
        table.add_row(
            outcome.name,
            outcome.size,
            f"{outcome.ours:.4g}",
            f"{outcome.peer:.4g}",
            outcome.unit,
            f"{outcome.ratio:.2f}",
            outcome.peer_name,
        )
    out.print(table)
