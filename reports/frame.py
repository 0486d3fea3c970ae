"""A store's folder to tidy frames: one row a planned run, one row a recorded step of a run.

Every frame begins with run_id, cell, method and seed; methods and cells keep the plan's order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from reports import cells
from reports.columns import KEYS, PROOFS, ROW_COLUMNS, SCORED, Frame, fits, keyed, rows_frame, typed
from reports.labels import FAILURES, SCORES, Score, extractors
from runners.errors import UserProblem
from runners.spec import RunSpec, from_dict
from runners.store import DAMAGED, MISSING, GridStore, RunStore, StoreProblem, read_json


@dataclass(frozen=True)
class Results:
    """All a report shows.

    Args:
        name: the grid's.
        when: when it was planned and when its last run ended.
        shared: settings that are the same in all runs.
        tuned: full labels of the methods with parameters that are not their defaults.
        runs: one row a planned run: run_id, cell, method, seed, state, step, steps, reason,
            traceback, seconds_per_step, proof hashes, and the settings that vary.
        metrics, scores, spectra, diagnostics, timing, evals: the rows of the store.
        outcomes: one row a run that began: its failures, collapse_step, observed_until, fid_area
            and fid_ratio.
        floors: one row a run: scores of held-out real data, under a protocol of their own.
        samples: one row a sample grid: step and path.
        surfaces: one row a run of data in the plane: step and path of D's values there.
        thresholds: what failures were judged by.
        differences: every field of the specs that is not the same in all runs.
        notes: what a reader must know about runs that are absent or unreadable.
    """

    name: str
    when: str
    shared: dict[str, Any]
    tuned: tuple[str, ...]
    runs: Frame
    metrics: Frame
    scores: Frame
    spectra: Frame
    diagnostics: Frame
    timing: Frame
    evals: Frame
    outcomes: Frame
    floors: Frame
    samples: Frame
    surfaces: Frame
    thresholds: dict[str, float]
    differences: tuple[cells.Difference, ...]
    notes: tuple[str, ...]

    @property
    def methods(self) -> list[str]:
        """The planned methods, in order."""
        return list(self.runs["method"].cat.categories)

    @property
    def cells(self) -> list[str]:
        """The planned cells of these runs, in order."""
        return [c for c in self.runs["cell"].cat.categories if (self.runs["cell"] == c).any()]

    @property
    def score_columns(self) -> list[Score]:
        """The scores that some run recorded."""
        return [score for score in SCORES if score.column in self.scores]

    def protocol(self, cell: str) -> str | None:
        """The protocol that a cell's runs were scored under, None while none was."""
        mine = self.scores.loc[self.scores["cell"] == cell, "protocol"]
        return mine.iloc[0] if len(mine) else None

    @property
    def extractors(self) -> dict[str, str]:
        """The extractor's short name of every protocol."""
        return extractors(self.scores["protocol"])

    def only(self, cell: str) -> Results:
        """Return the results of one cell; methods keep their categories."""
        frames = {
            field.name: frame[frame["cell"] == cell]
            for field in dataclasses.fields(self)
            if isinstance(frame := getattr(self, field.name), pd.DataFrame)
        }
        return dataclasses.replace(self, **frames)


@dataclass(frozen=True)
class _Run:
    row: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    grids: list[dict[str, Any]]
    outcomes: dict[str, Any]
    floor: dict[str, Any]
    surfaces: list[dict[str, Any]]


def load(folder: Path) -> Results:
    """Read a grid's results folder, complete or not.

    Raises:
        StoreProblem: the plan is missing or damaged.
        UserProblem: runs that would be compared were scored under different protocols.
    """
    grid = GridStore(folder)
    plan = grid.plan()
    specs = {run_id: _spec(grid, run_id, data) for run_id, data in _planned(grid, plan).items()}
    labels, axes, names = cells.labels(specs), cells.varying(specs), cells.method_names(specs)
    runs = {run_id: _read(grid.run(run_id), spec) for run_id, spec in specs.items()}
    keys = {i: (i, labels[i], names[i], spec.seed) for i, spec in specs.items()}
    frames = {
        name: rows_frame(name, {i: run.rows[name] for i, run in runs.items()}, keys)
        for name in ROW_COLUMNS
    }
    _refuse_mixed_protocols(frames["scores"])
    varied = {i: {f"spec.{name}": value for name, value in axes[i].items()} for i in runs}
    table = pd.DataFrame([keyed(keys[i], run.row | varied[i]) for i, run in runs.items()])
    table = typed(table if len(table) else pd.DataFrame(columns=[*KEYS, *_NO_RUN]), keys)
    judged = [run.outcomes["thresholds"] for run in runs.values() if run.outcomes]
    return Results(
        name=str(plan["name"]),
        when=_when(grid, runs),
        shared=cells.shared(specs),
        tuned=cells.tuned(specs),
        runs=table,
        outcomes=_outcomes_frame(runs, keys),
        floors=_floors_frame(runs, keys),
        samples=_files_frame({i: run.grids for i, run in runs.items()}, keys),
        surfaces=_files_frame({i: run.surfaces for i, run in runs.items()}, keys),
        thresholds=judged[0] if judged else {},
        differences=cells.differences(specs),
        notes=(*_notes(table, grid.unplanned()), *_changed_thresholds(judged)),
        **frames,
    )


_NO_RUN = {
    "state": "", "step": 0, "steps": 0, "reason": "", "traceback": "",
    "seconds_per_step": None, **dict.fromkeys(PROOFS),
}  # fmt: skip


def _planned(grid: GridStore, plan: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(plan.get("runs"), dict) or "name" not in plan:
        raise StoreProblem(f"{grid.plan_file}: lacks the grid's name or runs; plan it again")
    return plan["runs"]


def _spec(grid: GridStore, run_id: str, data: object) -> RunSpec:
    try:
        return from_dict(data)
    except ValidationError as error:
        where = f"{grid.plan_file}: run {run_id} cannot be read by this version"
        raise StoreProblem(f"{where}: {error}") from error


def _read(store: RunStore, spec: RunSpec) -> _Run:
    try:
        run = _read_whole(store, spec)
        _try_frames(run)
        return run
    except StoreProblem as problem:
        reason = str(problem)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        reason = f"{store.folder}: holds values of the wrong type: {error}"
    row = {"state": DAMAGED, "steps": spec.steps, "reason": reason}
    return _Run(_NO_RUN | row, {name: [] for name in ROW_COLUMNS}, [], {}, {}, [])


def _try_frames(run: _Run) -> None:
    """Make every frame of one run alone, so that its odd values cannot spoil those of all."""
    one, keys = {"": run}, {"": ("", "", "", 0)}
    for name in ROW_COLUMNS:
        rows_frame(name, {"": run.rows[name]}, keys)
    typed(pd.DataFrame([keyed(keys[""], run.row)]), keys)
    _outcomes_frame(one, keys)
    _floors_frame(one, keys)
    if run.outcomes:
        _check_outcomes(run.outcomes)
    if not all(run.row[name] is None or isinstance(run.row[name], str) for name in PROOFS):
        raise TypeError("a hash is not text")


def _check_outcomes(outcomes: dict[str, Any]) -> None:
    if not all(isinstance(value, int | float) for value in outcomes["thresholds"].values()):
        raise TypeError("a threshold is not a number")
    if not all(value in (True, False, None) for value in outcomes["failures"].values()):
        raise TypeError("a failure is neither true nor false")


def _read_whole(store: RunStore, spec: RunSpec) -> _Run:
    status, proof = store.status(), store.proof()
    if not isinstance(status.get("state"), str):
        raise StoreProblem(f"{store.status_file}: says no state")
    rows = {name: _complete_rows(store, name) for name in ROW_COLUMNS}
    reached = max((row["step"] for name in rows for row in rows[name]), default=0)
    row = {
        "state": status["state"],
        "step": status.get("step", reached),
        "steps": spec.steps,
        "reason": status.get("reason") or "",
        "traceback": status.get("traceback") or "",
        "seconds_per_step": status.get("seconds_per_step", _pace(rows["timing"])),
    }
    grids = [{"step": step, "path": path} for step, path in store.sample_grids()]
    outcomes = {} if status["state"] == MISSING else store.outcomes()
    row |= {name: proof.get(name) for name in PROOFS}
    return _Run(row, rows, grids, outcomes, _floor(store), _surfaces(store, spec))


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


def _floors_frame(runs: Mapping[str, _Run], keys: Mapping[str, Any]) -> Frame:
    rows = [keyed(keys[i], run.floor) for i, run in runs.items() if run.floor]
    scores = [column for column in SCORED if any(column in row for row in rows)]
    return typed(pd.DataFrame(rows, columns=[*KEYS, "protocol", *scores]), keys)


def _files_frame(files: Mapping[str, list[dict[str, Any]]], keys: Mapping[str, Any]) -> Frame:
    rows = [keyed(keys[i], row) for i, mine in files.items() for row in mine]
    return typed(pd.DataFrame(rows, columns=[*KEYS, "step", "path"]), keys)


def _outcomes_frame(runs: Mapping[str, _Run], keys: Mapping[str, Any]) -> Frame:
    rows = [keyed(keys[i], _flat(run.outcomes)) for i, run in runs.items() if run.outcomes]
    columns = [*KEYS, "observed_until", "collapse_step", "fid_area", "fid_ratio", *FAILURES]
    return typed(pd.DataFrame(rows, columns=columns), keys)


def _flat(outcomes: dict[str, Any]) -> dict[str, Any]:
    return {
        "observed_until": outcomes["observed_until"],
        "collapse_step": outcomes.get("collapse_step"),
        "fid_area": outcomes.get("fid_area"),
        "fid_ratio": outcomes.get("fid", {}).get("ratio"),
        **{name: outcomes["failures"].get(name) for name in FAILURES},
    }


def _changed_thresholds(judged: list[dict[str, float]]) -> list[str]:
    if all(thresholds == judged[0] for thresholds in judged):
        return []
    return ["Failures of some runs were judged by other thresholds; those shown are of the first."]


def _refuse_mixed_protocols(scores: Frame) -> None:
    for cell, mine in scores.groupby("cell", observed=True):
        runs = mine.groupby("protocol")["run_id"].unique()
        if len(runs) > 1:
            parts = [f"  {protocol}: {', '.join(ids)}" for protocol, ids in runs.items()]
            where = f" of cell {cell}" if cell else ""
            raise UserProblem(
                f"the runs{where} were scored under different protocols, and their scores must "
                "not be compared; move one group away and run it again:\n" + "\n".join(parts)
            )


def _notes(runs: Frame, unplanned: list[str]) -> tuple[str, ...]:
    open_states = ("crashed", "unfinished", "missing")
    counts = {state: int((runs["state"] == state).sum()) for state in open_states}
    notes = [
        f"{n} of {len(runs)} planned runs: {state}; run the grid again to complete the comparison."
        for state, n in counts.items()
        if n
    ]
    damaged = runs[runs["state"] == DAMAGED]
    notes += [
        f"Run {i} is damaged and none of its numbers are used: {reason}"
        for i, reason in zip(damaged["run_id"], damaged["reason"], strict=True)
    ]
    if unplanned:
        names = ", ".join(unplanned)
        notes.append(f"In the folder but not in the newest plan, hence not shown: {names}")
    return tuple(notes)


def _when(grid: GridStore, runs: Iterable[str]) -> str:
    ended = [grid.run(run_id).status_file for run_id in runs]
    times = [file.stat().st_mtime for file in ended if file.exists()]
    last = f", last run ended {_utc(max(times))}" if times else ", no run has ended yet"
    return f"planned {_utc(grid.plan_file.stat().st_mtime)}{last}"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
