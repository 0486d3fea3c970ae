"""Say how a grid stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def status(
    results: Annotated[
        Path | None,
        typer.Argument(help="A grid's results folder; default: the newest under results/."),
    ] = None,
) -> None:
    """Say how a grid stands, whatever executes it and wherever: nothing is changed."""
    from bench.status import print_status
    from runners.store.grid import found, newest_results

    print_status(found(results or newest_results(Path("results"))))
