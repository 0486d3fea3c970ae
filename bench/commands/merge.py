"""Merge results folders of one grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import Plugins, load


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RESULTS", help="Results folders of one grid.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder; named as the grid, runs go on there.")
    ],
    prefer: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Whose runs are kept where ended ones differ."),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Merge results folders of one grid, made in parts or on several machines, into a new one."""
    from rich.console import Console

    from bench.merge import merge as merge_folders

    load(plugin)
    merge_folders(folders, out, prefer, Console(soft_wrap=True))
