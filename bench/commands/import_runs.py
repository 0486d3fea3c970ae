"""Import runs that others made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import completion
from bench.commands.options import DataRoot, Plugins, Trust, Weights, judging, load, names


def import_runs(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE",
            help="Offline wandb folders, CSV files, TensorBoard event files, folders of images.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new results folder.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="NAME=COLUMN",
            help="Which column is run, method, seed, step, protocol, dataset, fid, loss_d, ...",
        ),
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A score the suite does not know; lower is better."),
    ] = None,
    higher: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A score the suite does not know; higher is better."),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="Of runs' names, with the groups (?P<method>) and (?P<seed>)."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="A data set, or a grid, that folders of images are scored against."),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Of images, separated by commas; default: the usual ones.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    extractor: Annotated[
        str | None, typer.Option(help="Of images: classifier, inception or inception_bf16.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Import runs that others made as a results folder for `bench report`, never as paired ones."""
    from rich.console import Console

    from bench.imports.asked import asked
    from bench.imports.command import import_runs as take_in
    from bench.imports.found import Judge
    from bench.judged import judged

    load(plugin)
    judge = None
    if dataset is not None:
        options = judging(data_root, inception_weights, trust_weights)
        judge = Judge(*judged(dataset, extractor, names(metrics)), options)
    said = asked(map_ or (), lower or (), higher or (), pattern, judge)
    take_in(sources, out, said, Console(soft_wrap=True))
