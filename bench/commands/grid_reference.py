"""Print all keys of a grid file."""

from __future__ import annotations

import typer

from bench.commands.options import Plugins, load


def grid_reference(plugin: Plugins = None) -> None:
    """Print all keys of a grid file: type, default, meaning."""
    from bench.reference import reference

    load(plugin)
    typer.echo(reference())
