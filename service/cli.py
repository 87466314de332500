"""The command line: ``liti``."""

from typing import Annotated

import typer

from service.commands import bench, coverage, doctor, planning, replay, serve, sim, user, watch
from service.demo import command as demonstration
from service.version import __version__

app = typer.Typer(
    name="liti",
    help="Liti: missions, cameras and one picture in three dimensions.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"liti {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Liti: missions, cameras and one picture in three dimensions."""


app.command("demo")(demonstration.demo)
app.command("serve")(serve.serve)
app.command("sim")(sim.sim)
app.command("watch")(watch.watch)
app.command("plan")(planning.plan)
app.command("check")(planning.check)
app.command("coverage")(coverage.coverage)
app.command("replay")(replay.replay)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)
app.add_typer(user.app, name="user")

if __name__ == "__main__":
    app()
