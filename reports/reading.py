"""One run's files to checked Python values; files with odd contents make the run damaged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reports.columns import PROOFS, ROW_COLUMNS, fits
from runners.errors import StoreProblem
from runners.files import read_json
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.store.states import State

ODD = (TypeError, ValueError, KeyError, AttributeError, OverflowError)
"""What working on values of the wrong type raises."""

NO_RUN: dict[str, Any] = {
    "state": "", "step": 0, "steps": 0, "reason": "", "traceback": "",
    "seconds_per_step": None, **dict.fromkeys(PROOFS),
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a report knows of one run.

    Args:
        row: state, step, steps, reason, traceback, seconds_per_step and the proof's hashes.
        rows: the rows of every row file.
        grids, surfaces: step and path of what was drawn.
        outcomes, floor: as stored, {} where there is none.
    """

    row: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ROW_COLUMNS}
    )
    grids: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, Any] = field(default_factory=dict)
    floor: dict[str, Any] = field(default_factory=dict)
    surfaces: list[dict[str, Any]] = field(default_factory=list)


def read(store: RunStore, spec: RunSpec) -> Run:
    """Return all of a run, or a damaged one without any numbers that says why."""
    try:
        return _read_whole(store, spec)
    except StoreProblem as problem:
        return _damaged(spec, str(problem))
    except ODD as error:
        return odd(store, spec, error)


def odd(store: RunStore, spec: RunSpec, error: Exception) -> Run:
    """Return the run whose files hold values that raised ``error``."""
    return _damaged(spec, f"{store.folder}: holds values of the wrong type: {error}")


def _damaged(spec: RunSpec, reason: str) -> Run:
    """Return a run of which nothing is used."""
    return Run(NO_RUN | {"state": State.DAMAGED, "steps": spec.steps, "reason": reason})


def _read_whole(store: RunStore, spec: RunSpec) -> Run:
    status, proof = store.status(), store.proof()
    rows = {name: _complete_rows(store, name) for name in ROW_COLUMNS}
    reached = max((row["step"] for name in rows for row in rows[name]), default=0)
    row = {
        "state": status.state,
        "step": reached if status.step is None else status.step,
        "steps": spec.steps,
        "reason": status.reason or "",
        "traceback": status.traceback,
        "seconds_per_step": status.seconds_per_step or _pace(rows["timing"]),
    }
    grids = [{"step": step, "path": path} for step, path in store.sample_grids()]
    outcomes = {} if status["state"] == State.MISSING else _checked(store.outcomes())
    row |= {name: proof.get(name) for name in PROOFS}
    if not all(row[name] is None or isinstance(row[name], str) for name in PROOFS):
        raise TypeError("a hash is not text")
    return Run(row, rows, grids, outcomes, _floor(store), _surfaces(store, spec))


def _checked(outcomes: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(value, int | float) for value in outcomes["thresholds"].values()):
        raise TypeError("a threshold is not a number")
    if not all(value in (True, False, None) for value in outcomes["failures"].values()):
        raise TypeError("a failure is neither true nor false")
    return outcomes


def _floor(store: RunStore) -> dict[str, Any]:
    if not store.floor_file.exists():  # of an older run, or one that has not begun
        return {}
    floor = read_json(store.floor_file)
    if not isinstance(floor.get("protocol"), str):
        raise StoreProblem(f"{store.floor_file}: lacks its protocol")
    return floor


def _surfaces(store: RunStore, spec: RunSpec) -> list[dict[str, Any]]:
    """Return the one surface of a run, drawn at its last step, if it has any."""
    present = store.surface_file.exists()
    return [{"step": spec.steps, "path": store.surface_file}] if present else []


def _complete_rows(store: RunStore, name: str) -> list[dict[str, Any]]:
    rows = store.rows(name)
    for number, row in enumerate(rows, 1):
        lacks = [column for column in ROW_COLUMNS[name] if column not in row]
        if lacks:
            where = f"{store.rows_file(name)}:{number}"
            raise StoreProblem(f"{where}: damaged row: lacks {', '.join(lacks)}")
        wrong = [column for column in row if not fits(column, row[column])]
        if wrong:
            where = f"{store.rows_file(name)}:{number}"
            raise StoreProblem(f"{where}: damaged row: {', '.join(wrong)} of the wrong type")
    return rows


def _pace(timing: list[dict[str, Any]]) -> float | None:
    last = timing[-1] if timing else {"step": 0}
    return last["seconds"] / last["step"] if last["step"] else None
