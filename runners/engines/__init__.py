"""Engines: where runs are executed. One line each in ENGINES, imported when it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runners.engines import slots
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
        most: gives the most runs at once, None for any number.
    """

    summary: str
    make: Callable[[Options, int | None], Engine]
    most: Callable[[], int] | None = None


def _local(options: Options, workers: int | None) -> Engine:
    from runners.engines.local import LocalEngine

    return LocalEngine(options, workers)


ENGINES: dict[str, Entry] = {
    "local": Entry("worker processes on this machine, one per core or GPU", _local, slots.most),
}


def chosen(name: str, workers: int | None = None) -> Entry:
    """Return the engine of this name.

    Args:
        name: its key in ENGINES.
        workers: runs at once that are asked of it; None for its own choice.

    Raises:
        UserProblem: there is none, or it cannot take so many.
    """
    if name not in ENGINES:
        raise UserProblem(f"--engine {name}: unknown; choices: {', '.join(ENGINES)}")
    entry = ENGINES[name]
    if workers and entry.most and workers > entry.most():
        raise UserProblem(
            f"--workers {workers}: at most {entry.most()} here, each takes about half a GiB; leave "
            "it out for as many as have a core or GPU of their own"
        )
    return entry
