"""Show a run, or a grid's signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN_OR_RESULTS", help="A run's folder, or a grid's.")
    ],
) -> None:
    """Show a run: status, resolved spec, last scores; of a grid the signatures of its scores."""
    from bench import stored_runs

    for line in stored_runs.show(folder):
        typer.echo(line)
