"""Check a bundle."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import DataRoot, Device, Plugins, Trust, Weights


class Rerun(StrEnum):
    """How many runs of a bundle are made again."""

    one = "one"
    none = "none"
    all = "all"


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `bench bundle`.")],
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="What the file's hash was said to be.")
    ] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="The run to make again.")
    ] = None,
    rerun: Annotated[
        Rerun | None,
        typer.Option(help="How many runs to make again; default: one by the hash, if possible."),
    ] = None,
    device: Annotated[
        Device, typer.Option(help="Where to make it again; auto: where it was made, if possible.")
    ] = Device.auto,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Check a bundle: every hash, every table, and one run made again; runs no code of it."""
    from rich.console import Console

    from bench.bundle.verify import Asked
    from bench.bundle.verify import verify as check_bundle
    from runners.options import Options

    options = Options(
        device=device.value,
        inception_weights=inception_weights,
        trust_weights=trust_weights,
        plugins=tuple(path.absolute() for path in plugin or ()),
    )
    if data_root is not None:
        options = replace(options, data_root=data_root)
    asked = Asked(digest or "", run_id or "", rerun.value if rerun else "")
    raise typer.Exit(check_bundle(file, asked, options, Console(soft_wrap=True)))
