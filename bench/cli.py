"""The command line: what `bench` offers, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.arguments import Command
from bench.commands.bundle import bundle
from bench.commands.check import check
from bench.commands.doctor import doctor
from bench.commands.evaluate import evaluate
from bench.commands.grid_reference import grid_reference
from bench.commands.import_runs import import_runs
from bench.commands.init import init
from bench.commands.listing import listing
from bench.commands.merge import merge
from bench.commands.report import report
from bench.commands.run import run
from bench.commands.sample import sample
from bench.commands.show import show
from bench.commands.statistics import export_statistics, import_statistics
from bench.commands.status import status
from bench.commands.sync import sync
from bench.commands.verify import verify

COMMANDS = {
    "run": run,
    "init": init,
    "grid-reference": grid_reference,
    "report": report,
    "status": status,
    "merge": merge,
    "import": import_runs,
    "bundle": bundle,
    "verify": verify,
    "sync": sync,
    "doctor": doctor,
    "eval": evaluate,
    "sample": sample,
    "list": listing,
    "show": show,
    "check": check,
}
STATISTICS = {"export": export_statistics, "import": import_statistics}

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
stats = typer.Typer(
    no_args_is_help=True, help="Statistics of real data as files, to score against one reference."
)
for place, commands in ((app, COMMANDS), (stats, STATISTICS)):
    for name, function in commands.items():
        place.command(name, cls=Command)(function)
app.add_typer(stats, name="stats")


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        try:
            typer.echo(f"lipschitz-bench {metadata.version('lipschitz-bench')}")
        except metadata.PackageNotFoundError:
            typer.echo(f"lipschitz-bench in {Path(__file__).parents[1]}, not installed")
        raise typer.Exit


@app.callback()
def bench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Ablation benchmarks of Lipschitz constraints on GAN discriminators."""
