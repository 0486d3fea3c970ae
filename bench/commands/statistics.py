"""Statistics of real data as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import DataRoot, Plugins, Trust, Weights, judging, load


def export_statistics(
    name: Annotated[str, typer.Argument(metavar="DATASET_OR_GRID", help="What it is of.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A .safetensors file, or .npz for other tools.")
    ],
    split: Annotated[str, typer.Option(help="Of an .npz: train, validation or test.")] = "train",
    extractor: Annotated[
        str | None, typer.Option(help="classifier, inception, inception_bf16 or coordinates.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Write mean and covariance of real data's features, and what they were made of, as a file."""
    from bench.stats import export

    load(plugin)
    options = judging(data_root, inception_weights, trust_weights)
    for line in export(name, out, split, extractor, options):
        typer.echo(line)


def import_statistics(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Of export, or mu and sigma.")],
    dataset: Annotated[
        str | None, typer.Option(help="Of an .npz: the data set, or a grid with it.")
    ] = None,
    n: Annotated[int | None, typer.Option("--n", min=2, help="Of an .npz: of how many data.")] = (
        None
    ),
    extractor: Annotated[
        str | None, typer.Option(help="Of an .npz: what made its features.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Put a file of statistics where grids that name its id score against it."""
    from bench.stats import take_in

    load(plugin)
    options = judging(data_root, inception_weights, trust_weights)
    for line in take_in(file, dataset, n, extractor, options):
        typer.echo(line)
