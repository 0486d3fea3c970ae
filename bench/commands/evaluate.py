"""Score finished runs again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import completion
from bench.commands.options import DataRoot, Plugins, Trust, Weights, judging, load, names


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN_OR_RESULTS", help="A run's folder, or a grid's.")
    ],
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Metrics, separated by commas; default: the run's own.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Generated data per run.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help="classifier, inception, inception_bf16 or coordinates.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Of statistics that `bench stats import` took in."),
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Score finished runs again from their checkpoints, G itself and no average; appended."""
    from bench import stored_runs

    load(plugin)
    options = judging(data_root, inception_weights, trust_weights)
    changes = {
        "metrics": names(metrics),
        "samples": samples,
        "extractor": extractor,
        "reference": reference,
    }
    given = {key: value for key, value in changes.items() if value is not None}
    for line in stored_runs.evaluate(folder, given, options):
        typer.echo(line)
