"""Options that several commands have, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from runners.options import Options


class Device(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


DataRoot = Annotated[
    Path | None, typer.Option(help="Folder of data sets; default: the user's cache.")
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Inception weights; default: torch-fidelity downloads."),
]
Trust = Annotated[
    bool, typer.Option("--trust-weights", help="Load weights even if that could run code.")
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="Load components from a Python file."),
]


def load(plugin: list[Path] | None) -> tuple[Path, ...]:
    """Load the installed plugins and those named, and return the latter for other processes."""
    from runners import plugins

    files = tuple(path.absolute() for path in plugin or ())
    plugins.load_all(files)
    return files


def judging(data_root: Path | None, weights: Path | None, trust: bool) -> Options:
    """Return the options of a command that scores and trains nothing."""
    from runners.options import Options

    options = Options(device="auto", inception_weights=weights, trust_weights=trust)
    return options if data_root is None else replace(options, data_root=data_root)


def names(text: str | None) -> tuple[str, ...] | None:
    """Return the names that are separated by commas, or None where none were given."""
    return None if text is None else tuple(name.strip() for name in text.split(","))
