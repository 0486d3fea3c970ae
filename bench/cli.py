"""The commands, thin: parse, call, print."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ablation benchmarks of Lipschitz constraints on GAN discriminators.",
)


class Device(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Wandb(StrEnum):
    """What wandb does."""

    offline = "offline"
    online = "online"
    disabled = "disabled"


@app.callback()
def bench() -> None:
    """Keep ``run`` and ``report`` subcommands."""


@app.command()
def run(
    grid: Annotated[
        str, typer.Option(help="A grid file, or a built-in: lipschitz.yaml, smoke.yaml.")
    ],
    steps: Annotated[int | None, typer.Option(help="Generator steps of every run.")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="A count (3 means 0, 1, 2) or a list: 0,4,7.")
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Methods to run, separated by commas.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a field of base, as loss=hinge."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Results go to OUT/<grid>.")] = Path("results"),
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes at once; default: one a core.")
    ] = None,
    wandb: Annotated[Wandb, typer.Option(help="What wandb does.")] = Wandb.offline,
    data_root: Annotated[
        Path | None, typer.Option(help="Folder of data sets; default: the user's cache.")
    ] = None,
    run_timeout: Annotated[
        float | None,
        typer.Option(
            min=1, metavar="SECONDS", help="Stop a run that takes longer; default: never."
        ),
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, max=100, help="Attempts more at a crashed run.")
    ] = 0,
    redo_damaged: Annotated[
        bool, typer.Option("--redo-damaged", help="Set damaged runs aside and run them again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan only.")] = False,
) -> None:
    """Run a grid; runs that are done are skipped, unfinished ones go on where they stopped."""
    from bench import grid as grids
    from bench.session import print_plan, run_grid
    from runners.engines.local import default_workers
    from runners.options import Limits, Options

    overrides = grids.Overrides(
        steps=steps,
        seeds=seeds,
        methods=tuple(name.strip() for name in methods.split(",")) if methods else None,
        set=tuple(set_ or ()),
    )
    plan = grids.load(grids.find(grid), overrides)
    if dry_run:
        print_plan(plan, out)
        return
    options = Options(
        device=device.value, wandb=wandb.value, grid=plan.name, redo_damaged=redo_damaged
    )
    if data_root is not None:
        options = replace(options, data_root=data_root)
    limits = Limits(run_timeout, retries)
    raise typer.Exit(run_grid(plan, out, options, workers or default_workers(), limits))


@app.command()
def report(
    results: Annotated[
        Path | None,
        typer.Argument(help="A grid's results folder; default: the newest under results/."),
    ] = None,
) -> None:
    """Render a grid's results, finished or not, as tables, figures and one HTML page."""
    from reports.render import render
    from runners.store import newest_results

    page = render(results or newest_results(Path("results")))
    typer.echo(f"report: {page}")


@app.command()
def doctor(
    out: Annotated[Path, typer.Option(help="Where results would go.")] = Path("results"),
    data_root: Annotated[
        Path | None, typer.Option(help="Folder of data sets; default: the user's cache.")
    ] = None,
) -> None:
    """Check this machine: libraries, device, disk, data, wandb; say what to do."""
    from bench import doctor as checks
    from runners.options import Options

    options = Options() if data_root is None else Options(data_root=data_root)
    raise typer.Exit(checks.report(out, options))
