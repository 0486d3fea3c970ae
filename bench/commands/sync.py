"""Upload what wandb wrote offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sync(
    results: Annotated[
        Path | None,
        typer.Argument(help="A grid's results folder; default: the newest under results/."),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(min=1, metavar="SECONDS", help="Stop an upload in which nothing gets done."),
    ] = 120,
) -> None:
    """Upload what wandb wrote offline of a grid's ended runs, each once."""
    from rich.console import Console

    from bench.sync import sync as upload
    from runners.store.grid import newest_results

    folder = results or newest_results(Path("results"))
    raise typer.Exit(upload(folder, patience, Console(soft_wrap=True)))
