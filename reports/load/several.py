"""Several grids at once: each with a name that no other has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports.choice import Choice
from reports.load.chosen import with_choice
from reports.load.loader import load
from reports.load.results import Results
from runners.errors import StoreProblem, UserProblem
from runners.store.grid import GridStore, found

DEPTHS = (1, 2, 3)
"""Folders of a path that a name may be made of."""


@dataclass(frozen=True)
class Grid:
    """One of several grids.

    Args:
        label: its name among them.
        store: where its files are.
        results: all that was read of it.
    """

    label: str
    store: GridStore
    results: Results


def load_several(folders: Sequence[Path], choice: Choice) -> list[Grid]:
    """Read several grids' results folders, in order.

    Args:
        folders: theirs.
        choice: what was asked for, of each of them.

    Raises:
        StoreProblem: one has no plan, or a damaged one.
        UserProblem: a name that one of them has not, or runs of one cell with several protocols.
    """
    stores = [found(folder) for folder in folders]
    grids = [_grid(*named, choice) for named in zip(labels(folders), stores, strict=True)]
    methods = tuple(dict.fromkeys(m for grid in grids for m in grid.results.planned_methods))
    return [replace(grid, results=replace(grid.results, beside=methods)) for grid in grids]


def _grid(label: str, store: GridStore, choice: Choice) -> Grid:
    try:
        return Grid(label, store, with_choice(load(store.folder), choice))
    except StoreProblem:  # which names the file
        raise
    except UserProblem as problem:
        raise UserProblem(f"{store.folder}: {problem}") from problem


def labels(folders: Sequence[Path]) -> list[str]:
    """Return the shortest ends of paths that tell folders apart; of one given twice, numbers."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in DEPTHS:
        names = ["/".join(one[-depth:]) for one in parts]
        if len({*names}) == len(names):
            return names
    names = [one[-1] for one in parts]
    return [
        name if names.count(name) == 1 else f"{name} ({place})"
        for place, name in enumerate(names, 1)
    ]
