"""A grid's plan, as `bench run` records it for the report, and the plan that was there before.

What an earlier command planned in the same folder is never dropped by the way: runs that are part
of it leave it as it is, more runs extend it, and others need the user's word.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench.budget import require_entries
from bench.grid import Grid
from runners import identity
from runners.errors import StoreProblem, UserProblem
from runners.spec import RunSpec
from runners.store import imported
from runners.store.grid import GridStore, budget
from runners.tuning.plan import DEFAULT, TuningPlan, from_json


class Former(StrEnum):
    """What becomes of runs that were planned before and are not part of this command."""

    ADD = "add"
    REPLACE = "replace"


OTHER_BUDGET = (
    "{file}: its runs and those of this grid have another budget of seconds, or one of them has "
    "none, so that a method would stand there with several numbers of steps; choose --out OTHER, "
    "or --plan replace, which leaves the folders of those runs where they are and reports them no "
    "more"
)


def require_budget(grid: Grid, store: GridStore, former: Former | None) -> None:
    """Refuse what :func:`require_kept` would, as far as it is sure before steps are known.

    Args:
        grid: what is to be run; one without a budget is left to :func:`require_kept`.
        store: its results.
        former: what the user said.

    Raises:
        UserProblem: the plan that is there has another budget, cannot be read, or is of imports.
        StoreProblem: the calibration lacks what gave its runs their steps.
    """
    if grid.budget is None:
        return
    if former == Former.REPLACE:
        _require_no_import(store)
        return
    before = _stored(store)
    if before.get("runs") and before.get("budget") != budget(grid.budget):
        raise UserProblem(OTHER_BUDGET.format(file=store.plan_file))
    require_entries(store)


def require_kept(grid: Grid, store: GridStore, former: Former | None) -> list[str]:
    """Refuse to leave out what an earlier command planned, unless the user said what to do.

    Args:
        grid: what is to be run.
        store: its results.
        former: what the user said.

    Returns:
        In words, how many runs stay planned beside those of the grid, and how many that an earlier
        version made do not.

    Raises:
        UserProblem: how many runs would be left out, and what may be done; or the plan that is
            there cannot be read.
    """
    return _words(grid, store, former, _kept(grid, store, former))


def write_plan(
    grid: Grid,
    store: GridStore,
    specs: Sequence[RunSpec],
    tuning: TuningPlan | None = None,
    former: Former | None = None,
) -> None:
    """Record the runs to compare; a plan that they are part of stays as it is.

    Args:
        grid: what they are of.
        store: its results.
        specs: the runs; of a grid with tuning, those that confirm.
        tuning: how it was tuned.
        former: what becomes of runs planned before.

    Raises:
        UserProblem: another command planned runs meanwhile, which this plan would leave out.
    """
    with store.planning():
        _write(grid, store, specs, tuning, former)


def _write(
    grid: Grid,
    store: GridStore,
    specs: Sequence[RunSpec],
    tuning: TuningPlan | None,
    former: Former | None,
) -> None:
    before = _kept(grid, store, former)
    if _is_part(grid, before):
        store.touch_plan()
        return
    kept = before.get("runs", {}) if former == Former.ADD else {}
    runs = kept | {spec.run_id: spec.as_dict for spec in specs}
    metrics = dict.fromkeys(m for spec in specs for m in spec.evaluation.metrics)
    columns = {c.name: dataclasses.asdict(c) for metric in metrics for c in metric.all_columns()}
    if kept:
        columns = {column["name"]: column for column in before.get("columns", ())} | columns
    axes = grid.axes if not kept or before.get("axes") == list(grid.axes) else None
    store.write_plan(
        grid.name,
        runs,
        grid.description,
        axes,
        columns.values(),
        tuning,
        grid.recipes,
        grid.budget,
    )


def _kept(grid: Grid, store: GridStore, former: Former | None) -> dict[str, Any]:
    """Return the plan that is there, {} if there is none or it is to be replaced.

    Raises:
        UserProblem: runs of it would be left out without the user's word.
    """
    if former == Former.REPLACE:
        _require_no_import(store)
        return {}
    before = _stored(store)
    left = len(_required(before, store.plan_file) - _ids(grid))
    tuned = grid.tuning is not None or "tuning" in before
    if not left or _is_part(grid, before):
        return before
    if former == Former.ADD and list(grid.recipes) != before.get("recipes", []):
        raise UserProblem(
            f"{store.plan_file}: its methods and those of this grid set different keys for "
            "themselves (with: ...), and one page cannot tell both; choose --out OTHER"
        )
    if former == Former.ADD and before.get("budget") != budget(grid.budget):
        raise UserProblem(OTHER_BUDGET.format(file=store.plan_file))
    if former == Former.ADD and grid.budget is not None:
        _require_same_steps(grid, before, store.plan_file)
    if former == Former.ADD and not tuned:
        return before
    either = "" if tuned else "--plan add, which compares all of them on one page; "
    raise UserProblem(
        f"{store.plan_file}: plans {left} runs that this command does not run. Choose --out OTHER "
        f"for a plan of its own; {either}or --plan replace, which leaves their folders where they "
        "are and reports them no more"
    )


def _require_same_steps(grid: Grid, before: Mapping[str, Any], where: Path) -> None:
    """Refuse to add runs to a plan of the same budget that gave their like other steps.

    Raises:
        UserProblem: a method, and both numbers.
    """
    planned = {_but_steps(spec): spec.get("steps") for spec in before.get("runs", {}).values()}
    for spec in grid.specs:
        steps = planned.get(_but_steps(spec.as_dict), spec.steps)
        if steps != spec.steps:
            raise UserProblem(
                f"{where}: gives {spec.method_label} {steps} steps, and the calibration "
                f"beside it now {spec.steps}; bring back the calibration that it was planned "
                "by, or choose --out OTHER"
            )


def _but_steps(spec: Mapping[str, Any]) -> str:
    """Return what runs share that may differ in seed and steps alone, as text."""
    shared = {name: value for name, value in spec.items() if name not in ("seed", "steps")}
    return json.dumps(shared, sort_keys=True)


def _require_no_import(store: GridStore) -> None:
    """Refuse to plan over imported runs, whatever became of their plan.

    Raises:
        UserProblem: which there are.
    """
    if named := [name for name in store.folders() if imported.is_name(name)]:
        raise UserProblem(
            f"{store.folder}: no grid can be run there: it holds {len(named)} runs of `bench "
            f"import`, as {named[0]}; choose --out OTHER"
        )


def _words(
    grid: Grid, store: GridStore, former: Former | None, before: Mapping[str, Any]
) -> list[str]:
    others, old = len(before.get("runs", {}).keys() - _ids(grid)), before.get(EARLIER, 0)
    part = _is_part(grid, before)
    said = []
    if others and (part or former == Former.ADD):
        said.append(f"{others} runs planned before stay planned in {store.plan_file}")
    if old and not part:
        said.append(f"{old} runs of an earlier version are planned no more; their folders stay")
    return said


EARLIER = "earlier"
"""Added to a plan that was read: how many runs of earlier versions it named."""


def _stored(store: GridStore) -> dict[str, Any]:
    """Return the plan that is there, without runs of earlier versions; {} if there is none.

    Raises:
        UserProblem: it cannot be read.
    """
    if not store.plan_file.exists() and not store.plan_file.is_symlink():
        return {}
    try:
        plan = store.plan()
        stored = plan.get("runs")
        if not isinstance(stored, dict) or not all(isinstance(s, dict) for s in stored.values()):
            raise StoreProblem(f"{store.plan_file}: lacks its runs")
    except StoreProblem as problem:
        raise UserProblem(
            f"{problem}\nWhat it plans is not known, so nothing is planned over it: --plan replace "
            "writes the plan of this command in its place, --out OTHER leaves it alone"
        ) from problem
    imported.require_own(stored, f"{store.folder}: no grid can be run there")
    mine = {i: one for i, one in stored.items() if not identity.earlier(one)}
    return plan | {"runs": mine, EARLIER: len(stored) - len(mine)}


def _ids(grid: Grid) -> set[str]:
    tried = grid.tuning.specs if grid.tuning else ()
    return {spec.run_id for spec in (*grid.specs, *tried)}


def _is_part(grid: Grid, before: Mapping[str, Any]) -> bool:
    """Whether all runs of an untuned grid are planned already, and others with them."""
    planned = before.get("runs", {}).keys()
    return grid.tuning is None and _ids(grid) < planned


def _required(before: Mapping[str, Any], where: Path) -> set[str]:
    """Return the planned runs that are not there because trials chose them."""
    planned, tuning = set(before.get("runs", {})), before.get("tuning")
    if tuning is None:
        return planned
    plan = from_json(tuning, where)
    defaults = {run_id for runs in plan.cells.get(DEFAULT, {}).values() for run_id in runs}
    tried = {run_id for run_id, spec in plan.runs.items() if not identity.earlier(spec)}
    return tried | (defaults & planned)
