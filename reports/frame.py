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

from reports import cells, reading
from reports.columns import KEYS, ROW_COLUMNS, SCORED, Frame, keyed, rows_frame, typed
from reports.labels import FAILURES, SCORES, Score, extractors
from reports.reading import Run
from runners.errors import StoreProblem, UserProblem
from runners.spec import RunSpec, from_dict
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State


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
        return extractors(self.scores["protocol"].unique())

    def only(self, cell: str) -> Results:
        """Return the results of one cell; methods keep their categories."""
        frames = {
            field.name: frame[frame["cell"] == cell]
            for field in dataclasses.fields(self)
            if isinstance(frame := getattr(self, field.name), pd.DataFrame)
        }
        return dataclasses.replace(self, **frames)


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
    keys = {i: (i, labels[i], names[i], spec.seed) for i, spec in specs.items()}
    varied = {i: {f"spec.{name}": value for name, value in axes[i].items()} for i in specs}
    runs = {i: reading.read(grid.run(i), spec) for i, spec in specs.items()}
    try:
        frames = _frames(runs, keys, varied)
    except reading.ODD:
        runs = {i: _alone(grid.run(i), specs[i], run, varied[i]) for i, run in runs.items()}
        frames = _frames(runs, keys, varied)
    _refuse_mixed_protocols(frames["scores"])
    judged = [run.outcomes["thresholds"] for run in runs.values() if run.outcomes]
    return Results(
        name=str(plan["name"]),
        when=_when(grid, runs),
        shared=cells.shared(specs),
        tuned=cells.tuned(specs),
        thresholds=judged[0] if judged else {},
        differences=cells.differences(specs),
        notes=(*_notes(frames["runs"], grid.unplanned()), *_changed_thresholds(judged)),
        **frames,
    )


def _frames(
    runs: Mapping[str, Run], keys: Mapping[str, Any], varied: Mapping[str, dict[str, Any]]
) -> dict[str, Frame]:
    """Return the frames of all runs, by their names in Results."""
    table = pd.DataFrame([keyed(keys[i], run.row | varied[i]) for i, run in runs.items()])
    if not runs:
        table = pd.DataFrame(columns=[*KEYS, *reading.NO_RUN])
    rows = {
        name: rows_frame(name, {i: run.rows[name] for i, run in runs.items()}, keys)
        for name in ROW_COLUMNS
    }
    return rows | {
        "runs": typed(table, keys),
        "outcomes": _outcomes_frame(runs, keys),
        "floors": _floors_frame(runs, keys),
        "samples": _files_frame({i: run.grids for i, run in runs.items()}, keys),
        "surfaces": _files_frame({i: run.surfaces for i, run in runs.items()}, keys),
    }


def _alone(store: RunStore, spec: RunSpec, run: Run, varied: dict[str, Any]) -> Run:
    """Return a run, or a damaged one if its odd values would spoil the frames of all."""
    try:
        _frames({"": run}, {"": ("", "", "", 0)}, {"": varied})
        return run
    except reading.ODD as error:
        return reading.odd(store, spec, error)


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


def _floors_frame(runs: Mapping[str, Run], keys: Mapping[str, Any]) -> Frame:
    rows = [keyed(keys[i], run.floor) for i, run in runs.items() if run.floor]
    scores = [column for column in SCORED if any(column in row for row in rows)]
    return typed(pd.DataFrame(rows, columns=[*KEYS, "protocol", *scores]), keys)


def _files_frame(files: Mapping[str, list[dict[str, Any]]], keys: Mapping[str, Any]) -> Frame:
    rows = [keyed(keys[i], row) for i, mine in files.items() for row in mine]
    return typed(pd.DataFrame(rows, columns=[*KEYS, "step", "path"]), keys)


def _outcomes_frame(runs: Mapping[str, Run], keys: Mapping[str, Any]) -> Frame:
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
    damaged = runs[runs["state"] == State.DAMAGED]
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
