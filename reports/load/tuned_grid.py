"""A tuned grid's plan made ready for frames: trials read, proof checked, cells named."""

from __future__ import annotations

import dataclasses

from reports.load.columns import Frame
from reports.load.plan import Plan
from reports.load.planned import Planned
from reports.load.proof import Claim, doubts
from reports.load.stored_specs import stored_specs
from reports.load.trials import no_trials, trials_frame
from reports.load.tuning import Tuning
from runners.store.grid import GridStore
from runners.tuning.plan import DEFAULT, TUNED

Appearance = tuple[str, str, Planned]
"""Cell, method's label and run."""


def read_tuned(grid: GridStore, plan: Plan) -> tuple[Plan, Frame]:
    """Return the plan with a row per appearance of its runs, and the frame of all trials.

    Args:
        grid: the results folder.
        plan: of the grid; one without tuning is returned as it is.
    """
    if plan.tuning is None:
        return plan, no_trials()
    planned = {**plan.runs, **plan.tuning.runs}
    stored = stored_specs(grid, planned)
    trials = trials_frame(grid, plan.tuning, stored)
    specs = {run_id: run.spec for run_id, run in planned.items()}
    found = doubts(Claim(plan.tuning, trials, specs, stored, plan.columns))
    rows = appearances(plan.tuning, plan)
    runs = {row: run for row, (_, _, run) in rows.items()}
    tuning = dataclasses.replace(
        plan.tuning,
        doubts=found,
        repeated=tuple(row for row, run in runs.items() if row != run.run_id),
    )
    tuning = dataclasses.replace(tuning, places=_places(rows, tuning))
    return dataclasses.replace(plan, runs=runs, tuning=tuning), trials


def appearances(tuning: Tuning, plan: Plan) -> dict[str, Appearance]:
    """Return every row that confirmation runs have in frames, by its id.

    A run that stands in two cells has a second row whose id ends in the cell's name. A run that
    no cell names yet is one of the defaults.
    """
    found: dict[str, Appearance] = {}
    for cell, method, run_id in tuning.confirming():
        row = f"{run_id} ({cell})" if run_id in found else run_id
        found[row] = cell, method, plan.runs[run_id]
    rest = {i: (DEFAULT, run.method_label, run) for i, run in plan.runs.items() if i not in found}
    return rest | found


def _places(rows: dict[str, Appearance], tuning: Tuning) -> dict[str, tuple[str, str]]:
    called = {DEFAULT: DEFAULT, TUNED: tuning.winners_cell}
    return {
        row: (called[cell], tuning.names.get(label, label))
        for row, (cell, label, _) in rows.items()
    }
