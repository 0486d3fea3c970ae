"""Run a grid."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench import built_in, completion
from bench.commands.options import DataRoot, Device, Plugins, Trust, Weights, load, names

ENGINES_PANEL = "Engines"
WATCHED = (
    "--detach: --retries and --run-timeout need somebody who watches the runs; leave them out, or "
    "leave --detach out"
)


class Plan(StrEnum):
    """What becomes of what was planned before."""

    ADD = "add"
    REPLACE = "replace"


class Wandb(StrEnum):
    """What wandb does."""

    offline = "offline"
    online = "online"
    disabled = "disabled"


def run(
    grid: Annotated[
        str,
        typer.Option(
            help=f"A grid file, or a built-in: {', '.join(built_in.names())}.",
            autocompletion=completion.grids,
        ),
    ],
    steps: Annotated[int | None, typer.Option(help="Generator steps of every run.")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="A count (3 means 0, 1, 2) or a list: 0,4,7.")
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Methods to run, separated by commas.", autocompletion=completion.methods
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials per method, in a grid with tuning.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a field of base, as loss=hinge."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Results go to OUT/<grid>.")] = Path("results"),
    former: Annotated[
        Plan | None,
        typer.Option(
            "--plan", help="What becomes of runs planned there before that this does not run."
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    engine: Annotated[
        str,
        typer.Option(
            help="What executes the runs; see `bench list engines`.",
            autocompletion=completion.engines,
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs at once, of SLURM jobs; default: one per core or GPU.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    devices: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Devices of this machine: cpu, or cuda:0,cuda:1.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    per_device: Annotated[
        int | None,
        typer.Option(min=1, help="Runs at once on each device.", rich_help_panel=ENGINES_PANEL),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Head of a Ray cluster, or auto; default: one started here.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    cpus: Annotated[
        float | None,
        typer.Option(help="Cores of a run, or of a SLURM job.", rich_help_panel=ENGINES_PANEL),
    ] = None,
    gpus: Annotated[
        float | None,
        typer.Option(
            help="GPUs of a run, or share of one, or of a SLURM job.", rich_help_panel=ENGINES_PANEL
        ),
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Run the I-th of N shares of the grid, of equal cost."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="LIMIT", help="Of a SLURM job, as 2:00:00.", rich_help_panel=ENGINES_PANEL
        ),
    ] = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPTION",
            help="For sbatch, as --partition=gpu, or a file of #SBATCH lines.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            help="End once SLURM has everything; the same command looks again.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = False,
    wandb: Annotated[Wandb, typer.Option(help="What wandb does.")] = Wandb.offline,
    data_root: DataRoot = None,
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
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and what it costs here.")
    ] = False,
) -> None:
    """Run a grid; runs that are done are skipped, unfinished ones go on where they stopped."""
    from bench import grid as grids
    from bench.budget import require_known
    from bench.calibrate import alone
    from bench.dry_run import print_plan
    from bench.plan import Former
    from bench.session import run_grid
    from bench.shard import ALL, parse
    from runners.engines import chosen
    from runners.engines.resources import Resources
    from runners.errors import UserProblem
    from runners.options import Limits, Options

    files = load(plugin)
    resources = Resources(
        workers=workers,
        devices=names(devices) or (),
        per_device=per_device,
        cpus=cpus,
        gpus=gpus,
        time=time,
        sbatch=tuple(sbatch or ()),
        detach=detach,
        address=address,
    )
    limits = Limits(run_timeout, retries)
    if detach and limits != Limits():
        raise UserProblem(WATCHED)
    entry = chosen(engine, resources)
    kept, part = Former(former.value) if former else None, parse(share)
    overrides = grids.Overrides(
        steps=steps,
        seeds=seeds,
        methods=names(methods),
        set=tuple(set_ or ()),
        trials=trials,
    )
    plan = grids.load(grids.find(grid), overrides)
    if not dry_run:
        require_known(plan, out, engine, part != ALL)
    options = Options(
        device=device.value,
        wandb=wandb.value,
        grid=plan.name,
        redo_damaged=redo_damaged,
        inception_weights=inception_weights,
        trust_weights=trust_weights,
        plugins=files,
    )
    if data_root is not None:
        options = replace(options, data_root=data_root)
    one = partial(alone, devices=resources.devices)
    if dry_run:
        print_plan(plan, out, options, one, kept, part)
        return
    made = partial(entry.made, resources)
    raise typer.Exit(run_grid(plan, out, options, made, limits, kept, part, one))
