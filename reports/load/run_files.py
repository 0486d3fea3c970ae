"""One run's files to checked Python values; files with odd contents make the run damaged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from reports.load.columns import COSTS, PROOFS, RAN_ON, ROW_COLUMNS, fits
from reports.load.floors import floor_rows, of_real_data
from reports.load.planned import Planned
from reports.load.stored_specs import require_sound
from reports.load.verdicts import verdicts
from runners.errors import StoreProblem
from runners.files import read_json, require_own
from runners.store.proof import ran_on
from runners.store.run import RunStore
from runners.store.states import State, Status

ODD = (TypeError, ValueError, KeyError, AttributeError, OverflowError)
"""What working on values of the wrong type raises."""

NO_RUN: dict[str, Any] = {
    "state": "", "step": 0, "steps": 0, "reason": "", "traceback": "",
    **dict.fromkeys((*COSTS, *PROOFS, *RAN_ON)),
}  # fmt: skip

Rows = dict[str, list[dict[str, Any]]]
"""The rows of every row file, by its name."""


@dataclass(frozen=True)
class Run:
    """What a report knows of one run.

    Args:
        row: state, step, steps, reason, traceback, what it cost, the proof's hashes and what it
            ran on.
        rows: the rows of every row file.
        grids, surfaces: step and path of what was drawn.
        outcomes: its failures, observed_until, fall and collapse_step; {} before it began.
        floors: what real data scored, one row per kind and score.
    """

    row: dict[str, Any]
    rows: Rows = field(default_factory=lambda: {name: [] for name in ROW_COLUMNS})
    grids: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, Any] = field(default_factory=dict)
    floors: list[dict[str, Any]] = field(default_factory=list)
    surfaces: list[dict[str, Any]] = field(default_factory=list)


def read_run(store: RunStore, plan: Planned, scored: Collection[str]) -> Run:
    """Return all of a run, or a damaged one without any numbers that says why.

    Args:
        store: its folder.
        plan: what it should be.
        scored: the names of the columns that hold scores.
    """
    try:
        return _read_whole(store, plan, scored)
    except StoreProblem as problem:
        return _damaged(plan, str(problem))
    except ODD as error:
        return odd_run(store, plan, error)


def odd_run(store: RunStore, plan: Planned, error: Exception) -> Run:
    """Return the run whose files hold values that raised ``error``."""
    return _damaged(plan, f"{store.folder}: holds values of the wrong type: {error}")


def _damaged(plan: Planned, reason: str) -> Run:
    """Return a run of which nothing is used."""
    return Run(NO_RUN | {"state": State.DAMAGED.value, "steps": plan.steps, "reason": reason})


def _read_whole(store: RunStore, plan: Planned, scored: Collection[str]) -> Run:
    require_sound(store, plan)
    status = store.status()
    rows = {name: _complete_rows(store, name, scored) for name in ROW_COLUMNS}
    grids = [{"step": step, "path": path} for step, path in store.sample_grids()]
    floor = _floor(store)
    seen = status.state != State.MISSING
    outcomes = verdicts(plan, status, rows, of_real_data(floor)) if seen else {}
    row = _row(status, plan, rows) | _proof(store)
    floors = floor_rows(floor, scored) if floor else []
    return Run(row, rows, grids, outcomes, floors, _surfaces(store, plan))


def _row(status: Status, plan: Planned, rows: Rows) -> dict[str, Any]:
    reached = max((row["step"] for name in rows for row in rows[name]), default=0)
    return {
        "state": status.state.value,
        "step": reached if status.step is None else status.step,
        "steps": plan.steps,
        "reason": status.reason or "",
        "traceback": status.traceback,
        "seconds_per_step": status.seconds_per_step or _pace(rows["timing"]),
        "flops_per_step": status.flops_per_step,
        "peak_bytes": status.peak_bytes,
    }


def _proof(store: RunStore) -> dict[str, Any]:
    proof = store.proof()
    found = {name: proof.get(name) for name in PROOFS}
    if not all(value is None or isinstance(value, str) for value in found.values()):
        raise TypeError("a hash is not text")
    ran = ran_on(proof)
    return found | {column: ran.get(key) for column, key in RAN_ON.items()}


def _floor(store: RunStore) -> dict[str, Any]:
    if not store.floor_file.exists():  # of an older run, or one that has not begun
        return {}
    floor = read_json(store.floor_file)
    if not isinstance(floor.get("protocol"), str):
        raise StoreProblem(f"{store.floor_file}: lacks its protocol")
    return floor


def _surfaces(store: RunStore, plan: Planned) -> list[dict[str, Any]]:
    """Return the one surface of a run, drawn at its last step, if it has any."""
    require_own(store.surface_file)
    present = store.surface_file.exists()
    return [{"step": plan.steps, "path": store.surface_file}] if present else []


def _complete_rows(store: RunStore, name: str, scored: Collection[str]) -> list[dict[str, Any]]:
    rows = store.rows(name)
    for number, row in enumerate(rows, 1):
        lacks = [column for column in ROW_COLUMNS[name] if column not in row]
        if lacks:
            where = f"{store.rows_file(name)}:{number}"
            raise StoreProblem(f"{where}: damaged row: lacks {', '.join(lacks)}")
        wrong = [column for column in row if not fits(column, row[column], scored)]
        if wrong:
            where = f"{store.rows_file(name)}:{number}"
            raise StoreProblem(f"{where}: damaged row: {', '.join(wrong)} of the wrong type")
    return rows


def _pace(timing: list[dict[str, Any]]) -> float | None:
    last = timing[-1] if timing else {"step": 0}
    return last["seconds"] / last["step"] if last["step"] else None
