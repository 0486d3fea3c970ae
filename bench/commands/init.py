"""Write a grid file to begin from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The grid file, as my.yaml.")],
) -> None:
    """Write a grid file with a comment on every key, to begin from."""
    from bench.init import write_grid

    typer.echo(write_grid(file))
