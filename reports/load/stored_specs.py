"""The specs that run folders hold, and whether they are what the plan says they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from reports.load.planned import Planned, planned
from runners.errors import StoreProblem
from runners.store.grid import GridStore
from runners.store.run import RunStore

Spec: TypeAlias = Mapping[str, Any]


def stored_specs(grid: GridStore, runs: Mapping[str, Planned]) -> dict[str, Spec | None]:
    """Return the stored spec of every run that has begun, by id; None where it is damaged.

    Args:
        grid: the results folder.
        runs: the planned runs by id.
    """
    begun = {i: run for i, run in runs.items() if grid.run(i).spec_file.exists()}
    return {run_id: _stored(grid, run_id, run) for run_id, run in begun.items()}


def require_sound(store: RunStore, run: Planned) -> None:
    """Refuse a folder that is another run's, or an ended run that was changed.

    Args:
        store: the folder.
        run: what it should be.

    Raises:
        StoreProblem: what is wrong with which file.
    """
    store.check_seal()
    if store.spec_file.exists() and not _is_of(store, run):
        raise StoreProblem(f"{store.spec_file}: not the spec that {run.run_id} stands for")


def _is_of(store: RunStore, run: Planned) -> bool:
    spec = store.spec()
    return spec == run.spec or planned(run.run_id, spec, store.spec_file).spec == run.spec


def _stored(grid: GridStore, run_id: str, run: Planned) -> Spec | None:
    store = grid.run(run_id)
    try:
        spec = store.spec()
        return run.spec if spec == run.spec else planned(run_id, spec, store.spec_file).spec
    except StoreProblem:
        return None
