"""Write samples of a run's generator."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import Plugins, load


class Format(StrEnum):
    """How samples are written."""

    png = "png"
    npz = "npz"


def sample(
    folder: Annotated[Path, typer.Argument(help="results/<grid>/runs/<run>.", metavar="RUN")],
    n: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="How many.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    form: Annotated[Format, typer.Option("--format", help="One PNG an image, or one array.")] = (
        Format.png
    ),
    plugin: Plugins = None,
) -> None:
    """Write samples of a run's generator itself, not of its average."""
    from bench import stored_runs

    load(plugin)
    typer.echo(stored_runs.sample(folder, n, out, form.value))
