"""Check this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import DataRoot


def doctor(
    out: Annotated[Path, typer.Option(help="Where results would go.")] = Path("results"),
    data_root: DataRoot = None,
) -> None:
    """Check this machine: libraries, device, disk, data, wandb; say what to do."""
    from bench import doctor as checks
    from runners.options import Options

    options = Options() if data_root is None else Options(data_root=data_root)
    raise typer.Exit(checks.print_findings(out, options))
