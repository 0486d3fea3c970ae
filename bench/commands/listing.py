"""List what there is to choose from."""

from __future__ import annotations

from typing import Annotated

import typer

from bench import completion
from bench.commands.options import Plugins, load


def listing(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="A kind of component, engines or grids; default: all.",
            autocompletion=completion.kinds,
        ),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """List what there is to choose from, one line each."""
    from bench.registries import listing as lines

    load(plugin)
    typer.echo(lines(kind))
