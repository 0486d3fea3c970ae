"""How soon methods reach a target: on the seeds of a tuned grid, or across data sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.confirmation import claimed_column
from reports.stats.profiles import profiles, workload_times
from reports.stats.targets import Target, target, targets, times_to_target
from runners.tuning.plan import DEFAULT

DATASETS = ("spec.dataset.name", "spec.dataset.path")


@dataclass(frozen=True)
class Times:
    """When runs reached their target.

    Args:
        goals: the target of each cell, none where nothing is timed.
        column: of the score that they are targets of.
        compared: the cell that performance profiles compare, '' for all of them.
        workloads: what their workloads are.
        targets, profiles, profile_scores: each described by the function of its name.
    """

    goals: Mapping[str, Target]
    column: str
    compared: str
    workloads: str
    targets: Frame = field(repr=False)
    profiles: Frame = field(repr=False)
    profile_scores: Frame = field(repr=False)


def several_data_sets(results: Results) -> bool:
    """Whether an untuned grid compares methods on more than one data set."""
    several = any(column in results.runs for column in DATASETS)
    return results.tuning is None and several and bool(results.score_columns)


def times(results: Results, confirmed: Frame, scores: Frame) -> Times:
    """Return the times of a tuned grid, or of one with several data sets; of others none.

    With several data sets every cell is a workload with a target of its own. A tuned grid has one
    target, of the tuned cell where winners are known; its workloads are seeds.

    Args:
        results: of a grid.
        confirmed: the rows of :func:`reports.stats.confirmation.confirmation`.
        scores: the rows of :func:`reports.stats.run_scores.run_scores`.
    """
    if results.tuning:
        cells = [str(cell) for cell in confirmed["cell"].dropna().unique()]
        cell = next((cell for cell in reversed(cells) if cell != DEFAULT), DEFAULT)
        goals = dict.fromkeys(results.cells, target(confirmed, cell))
        column, sign = claimed_column(results), results.tuning.sign
        return _times(results, column, sign, goals, cell)
    if several_data_sets(results):
        score = results.score_columns[0]
        mine = scores[scores["metric"] == score.column]
        goals = {cell: target(mine, cell) for cell in results.cells}
        return _times(results, score.column, score.sign, goals, "")
    return Times({}, "", "", "", *(pd.DataFrame(columns=["measure", "cell"]) for _ in range(3)))


def _times(
    results: Results, column: str, sign: float, goals: Mapping[str, Target], compared: str
) -> Times:
    found = times_to_target(results, column, sign, goals)
    mine, workload = (found[found["cell"] == compared], "seed") if compared else (found, "cell")
    curves, scores = profiles(workload_times(mine, workload))
    return Times(goals, column, compared, workload, targets(found), curves, scores)
