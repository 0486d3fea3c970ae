"""Check a plugin's components."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    plugin: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file of components.")],
) -> None:
    """Run the contract suite on a plugin's components and say what is broken."""
    from bench.check import check as run_checks

    lines, sound = run_checks(plugin)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if sound else 1)
