"""Write a grid's results as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bundle(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A grid's results folder.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="A new file, as results.zip.")
    ],
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="Take the runs' checkpoints along.")
    ] = False,
) -> None:
    """Write a grid's results as one file that others can check with `bench verify`."""
    from rich.console import Console

    from bench.bundle.make import bundle as write_bundle

    write_bundle(results, out, checkpoints, Console(soft_wrap=True))
