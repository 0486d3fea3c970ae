"""A grid's plan, as `bench run` records it for the report."""

from __future__ import annotations

from collections.abc import Sequence

from bench.grid import Grid
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.tuning.plan import TuningPlan


def write_plan(
    grid: Grid, store: GridStore, specs: Sequence[RunSpec], tuning: TuningPlan | None = None
) -> None:
    """Record the runs to compare.

    Args:
        grid: what they are of.
        store: its results.
        specs: the runs; of a grid with tuning, those that confirm.
        tuning: how it was tuned.
    """
    runs = {spec.run_id: spec.as_dict for spec in specs}
    metrics = dict.fromkeys(m for spec in specs for m in spec.evaluation.metrics)
    columns = {column.name: column for metric in metrics for column in metric.all_columns()}
    store.write_plan(grid.name, runs, grid.description, grid.axes, columns.values(), tuning)
