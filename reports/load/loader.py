"""A grid's results folder to Results."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.load.calibrated import calibrated
from reports.load.columns import Frame
from reports.load.differences import differences
from reports.load.frames import Key, all_frames
from reports.load.labels import cell_labels, method_names, tuned
from reports.load.notes import all_notes
from reports.load.plan import Plan, read_plan
from reports.load.planned import Planned, plugin_files
from reports.load.results import Results
from reports.load.run_files import ODD, Run, odd_run, read_run
from reports.load.settings import component_text, shared, varying
from reports.load.tuned_grid import read_tuned
from runners.errors import UserProblem
from runners.store.grid import GridStore
from runners.store.run import RunStore


def load(folder: Path) -> Results:
    """Read a grid's results folder, complete or not.

    Raises:
        StoreProblem: the plan is missing or damaged.
        UserProblem: runs that would be compared were scored under different protocols.
    """
    grid = GridStore(folder)
    plan, trials = read_tuned(grid, read_plan(grid))
    frames = _frames(grid, plan)
    origins = {i: run.origin for i, run in plan.runs.items() if run.origin}
    _refuse_mixed_protocols(frames["scores"], AGAIN_IMPORTED if origins else AGAIN)
    plans = _plans(plan)
    paces, doubts = calibrated(folder, plans.values()) if plan.budget is not None else ({}, [])
    return Results(
        name=plan.name,
        description=plan.description,
        when=_imported(grid) if origins else _when(grid, plan),
        shared=shared(plan.runs),
        tuned=tuned(plan.runs),
        plugins=plugin_files(plan.runs.values()),
        columns=plan.columns.recorded_in(frames["scores"].columns),
        differences=differences(plan.runs, plan.axes, plan.tuning, plan.recipes, plan.budgeted),
        notes=(*_notes(grid, plan, frames["runs"]), *doubts),
        tuning=plan.tuning,
        budget=plan.budget,
        calibration=paces,
        trials=trials,
        origins=origins,
        plans=plans,
        axes=plan.axes or (),
        **frames,
    )


def _plans(plan: Plan) -> dict[str, Planned]:
    """Return all planned runs by id, each once also where it stands in two cells."""
    tried = plan.tuning.runs if plan.tuning else {}
    return {**tried, **{run.run_id: run for run in plan.runs.values()}}


def _frames(grid: GridStore, plan: Plan) -> dict[str, Frame]:
    """Return all frames; runs whose values would spoil those of all are damaged in them."""
    scored, keys, varied = plan.columns.names, _keys(plan), _varied(plan)
    runs = {i: read_run(grid.run(one.run_id), one, scored) for i, one in plan.runs.items()}
    try:
        return all_frames(runs, keys, varied, scored)
    except ODD:
        sound = {
            i: _alone(grid.run(plan.runs[i].run_id), plan.runs[i], run, varied[i], scored)
            for i, run in runs.items()
        }
        return all_frames(sound, keys, varied, scored)


def _keys(plan: Plan) -> dict[str, Key]:
    if plan.tuning:
        return {i: (i, *plan.tuning.places[i], run.seed) for i, run in plan.runs.items()}
    cells = cell_labels(plan.runs, plan.axes, plan.by_method)
    names = method_names(plan.runs, plan.recipes)
    return {i: (i, cells[i], names[i], run.seed) for i, run in plan.runs.items()}


def _varied(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return further columns of the runs: the whole method, and the settings that vary."""
    varied = varying(plan.runs)
    return {
        i: {"method_in_full": component_text(plan.runs[i].spec["method"])}
        | {f"spec.{name}": value for name, value in varied[i].items()}
        for i in varied
    }


def _alone(
    store: RunStore, plan: Planned, run: Run, varied: dict[str, Any], scored: tuple[str, ...]
) -> Run:
    """Return a run, or a damaged one if its odd values would spoil the frames of all."""
    try:
        all_frames({"": run}, {"": ("", "", "", 0)}, {"": varied}, scored)
        return run
    except ODD as error:
        return odd_run(store, plan, error)


AGAIN = "move one group away and run it again"
AGAIN_IMPORTED = "import each group to a folder of its own"


def _refuse_mixed_protocols(scores: Frame, way_out: str) -> None:
    for cell, mine in scores.groupby("cell", observed=True):
        runs = mine.groupby("protocol")["run_id"].unique()
        if len(runs) > 1:
            parts = [f"  {protocol}: {', '.join(ids)}" for protocol, ids in runs.items()]
            where = f" of cell {cell}" if cell else ""
            raise UserProblem(
                f"the runs{where} were scored under different protocols, and their scores must "
                f"not be compared; {way_out}:\n" + "\n".join(parts)
            )


def _notes(grid: GridStore, plan: Plan, runs: Frame) -> list[str]:
    """Return the notes on a plan's runs, each once also where it stands in two cells."""
    once = {row: run for row, run in plan.runs.items() if row == run.run_id}
    return all_notes(runs[runs["run_id"].isin(list(once))], once, grid.unplanned())


def _when(grid: GridStore, plan: Plan) -> str:
    ended = [grid.run(run.run_id).status_file for run in plan.runs.values()]
    times = [file.stat().st_mtime for file in ended if file.exists()]
    last = f", last run ended {_utc(max(times))}" if times else ", no run has ended yet"
    return f"planned {_utc(grid.plan_file.stat().st_mtime)}{last}"


def _imported(grid: GridStore) -> str:
    return f"imported {_utc(grid.plan_file.stat().st_mtime)}"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
