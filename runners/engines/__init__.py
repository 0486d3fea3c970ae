"""Engines: where runs are executed. One line each in ENGINES, imported when it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runners.errors import UserProblem

if TYPE_CHECKING:  # the server that workers are forked from imports this package in milliseconds
    from runners.engines.base import Engine
    from runners.options import Options


@dataclass(frozen=True)
class Entry:
    """An engine to choose.

    Args:
        summary: its line in ``bench list``.
        make: builds it from options and the number of runs at once, None for its own choice.
    """

    summary: str
    make: Callable[[Options, int | None], Engine]


def _local(options: Options, workers: int | None) -> Engine:
    from runners.engines.local import LocalEngine

    return LocalEngine(options, workers)


ENGINES: dict[str, Entry] = {
    "local": Entry("worker processes on this machine, one per core or GPU", _local),
}


def chosen(name: str) -> Entry:
    """Return the engine of this name.

    Raises:
        UserProblem: there is none.
    """
    if name not in ENGINES:
        raise UserProblem(f"--engine {name}: unknown; choices: {', '.join(ENGINES)}")
    return ENGINES[name]
